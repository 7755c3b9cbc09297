/** From references to Services to workloads, in one shared place for all route sources. */
import { labelOf, nameOf, type Resource } from "../kubernetes/resource";
import { selects } from "../kubernetes/selector";
import { getList, getObject, getString, isKnown, unknown } from "../kubernetes/values";
import type { Workload } from "../kubernetes/workload";
import { timeoutOfService } from "./apisix-upstream";
import { isAddress, parseClusterName } from "./cluster-dns";
import { requestTimeout } from "./duration";
import {
  isObstacle,
  lasting,
  noted,
  onlyOn,
  stepOf,
  through,
  unknownValue,
  withPort,
  type Context,
  type Found,
  type HostTarget,
  type Obstacle,
  type PortReference,
  type Reference,
  type ServiceTarget,
  type Way,
} from "./reference";
import type { Place } from "./resource-index";
import type { BlindSpot, Chain, RoutedService, RoutedWorkload, Routes } from "./routes";
import {
  externalName,
  findPort,
  hasWrittenEndpoints,
  isHeadless,
  serviceFrom,
  serviceNamedFrom,
  servicePorts,
  servicesNamed,
  servingContainers,
  workloadsOf,
  type Selection,
} from "./service";

/** A way that has reached a Service. */
interface Arrival {
  service: Resource;
  way: Way;
  port: PortReference;
  subset?: ServiceTarget["subset"];
  /** The ingress controller looked it up, and wants the Service to have that port. */
  isChecked: boolean;
}

const clusterIpNote =
  "through the Service's cluster IP: APISIX's keep-alive connections to a Pod outlive its sleep, so the app has to close them on SIGTERM";
const headlessNote = "through DNS: APISIX goes on using a Pod's address until the record's TTL is over";

/** Follows what the sources found to the workloads. */
export function resolve(context: Context, found: Iterable<Found>): Routes {
  const obstacles: Obstacle[] = [];
  const arrivals: Arrival[] = [];
  for (const each of found) {
    if (isObstacle(each)) obstacles.push(each);
    else if (each.way.lines.length > 0) arrive(context, each, arrivals, obstacles);
  }
  const services = new Collected<Resource>();
  const workloads = new Collected<Workload>();
  const selections = new Map<Resource, Selection>();
  const select = (service: Resource) => {
    let selection = selections.get(service);
    if (!selection) selections.set(service, (selection = workloadsOf(context.index, service)));
    return selection;
  };
  const dormant: Arrival[] = [];
  for (const arrival of withoutMissingPorts(arrivals, obstacles)) {
    if (arrival.way.isDormant) {
      dormant.push(arrival);
      continue;
    }
    const { service, way } = arrival;
    const port = findPort(servicePorts(service), arrival.port);
    const number = isKnown(port) ? port?.number : undefined;
    services.add(service, { ...chainOf(way), ...(typeof number === "number" ? { port: number } : {}) });
    const selection = select(service);
    if (selection.nothing) obstacles.push(selectsNothing(context, service, selection, way));
    for (const workload of selection.workloads) {
      if (arrival.subset && !isInSubset(workload, arrival, obstacles)) continue;
      const chain = chainOf(through(way, stepOf(workload.resource)));
      const serving = servingContainers(workload, isKnown(port) ? port?.target : unknown);
      if (serving) chain.serving = serving;
      workloads.add(workload, chain);
    }
  }
  for (const { service, way } of dormant) {
    if (select(service).workloads.some((workload) => !workloads.has(workload)))
      obstacles.push(weightZero(service, way));
  }
  return {
    workloads: workloads.list((workload, chains): RoutedWorkload => ({ workload, chains })),
    services: services.list((service, chains): RoutedService => ({ service, chains })),
    blindSpots: blindSpots(obstacles),
  };
}

/** Follows one reference to its Services: also through ExternalName Services, each of which is visited once. */
function arrive(context: Context, start: Reference, arrivals: Arrival[], obstacles: Obstacle[]): void {
  const visited = new Set<Resource>();
  const open: Reference[] = [start];
  for (let reference = open.pop(); reference; reference = open.pop()) {
    const { target, way } = reference;
    const isHost = "host" in target;
    const services = isHost ? servicesOfHost(context, reference, target) : servicesOf(context, reference, target);
    if (isObstacle(services)) {
      obstacles.push(services);
      continue;
    }
    for (const service of services) {
      if (visited.has(service)) continue;
      visited.add(service);
      const to = through(way, stepOf(service, target.port));
      const host = externalName(service);
      const isExternalNode = !isHost && target.resolvedBy === "external node";
      if (host !== undefined) {
        const isController = !isHost && target.resolvedBy === "controller";
        const narrowed = isController
          ? onlyOn("2", to, "1.x takes ExternalName Services from ApisixUpstreams only")
          : to;
        if (narrowed.lines.length === 0) continue;
        const searchNamespace = context.settings.apisixNamespace;
        const target2: HostTarget = { host, port: target.port, searchNamespace };
        open.push({ way: narrowed, from: service, path: "spec.externalName", target: target2 });
        continue;
      }
      if (isExternalNode) {
        obstacles.push({
          cause: `no ExternalName ${service.id}`,
          message: `${labelOf(service)} is an external node of an ApisixUpstream, and has to be of type ExternalName for that: APISIX gets no upstream.`,
          resource: reference.from,
          steps: to.steps,
        });
        continue;
      }
      const arrival = reach(context, reference, service, to);
      if (isObstacle(arrival)) obstacles.push(arrival);
      else arrivals.push(arrival);
    }
  }
}

/** What is known on arrival at a Service that isn't an ExternalName. */
function reach(context: Context, { target, way: before }: Reference, service: Resource, to: Way): Arrival | Obstacle {
  const isHost = "host" in target;
  const isByName = isHost || target.granularity === "service";
  let way = to;
  if (isByName && isHeadless(service)) {
    if (!isHost && target.resolvedBy === "controller") {
      return {
        cause: `headless ${service.id}`,
        message: `resolveGranularity is "service", but ${labelOf(service)} is headless: APISIX gets "None" for a host, and no request arrives.`,
        help: 'Help: leave resolveGranularity out, or set it to "endpoint".',
        resource: before.route,
        steps: to.steps,
      };
    }
    way = noted(way, headlessNote);
  } else if (isByName) way = noted(way, clusterIpNote);
  return {
    service,
    way: lasting(way, timeoutOf(context, service, way)),
    port: target.port,
    // The controller compares the port with those of the Service, and so does DNS with a cluster IP.
    isChecked: !isHost && target.resolvedBy === "controller",
    ...("subset" in target && target.subset ? { subset: target.subset } : {}),
  };
}

/** The timeout that an ApisixUpstream or a BackendTrafficPolicy sets for a Service, in seconds. */
function timeoutOf(context: Context, service: Resource, way: Way): number | undefined {
  const name = nameOf(service);
  if (way.timeout !== undefined || typeof name !== "string") return undefined;
  return timeoutOfService(context, service, name) ?? policyTimeouts(context).get(service);
}

const policyTimeoutsOf = new WeakMap<Context, ReadonlyMap<Resource, number>>();

function policyTimeouts(context: Context): ReadonlyMap<Resource, number> {
  const known = policyTimeoutsOf.get(context);
  if (known) return known;
  const timeouts = new Map<Resource, number>();
  policyTimeoutsOf.set(context, timeouts);
  const { index } = context;
  for (const policy of index.ofKind("apisix.apache.org/BackendTrafficPolicy")) {
    const seconds = requestTimeout(getObject(policy.body, "spec"));
    const refs = getList(policy.body, "spec", "targetRefs");
    const place = index.placeOf(policy);
    if (seconds === undefined || place === undefined || !isKnown(refs)) continue;
    for (const ref of refs ?? []) {
      const name = getString(ref, "name");
      if (typeof name !== "string") continue;
      for (const service of servicesNamed(index, place, name)) timeouts.set(service, seconds);
    }
  }
  return timeouts;
}

/** The Services of the stack that a name means, or why there are none. */
function servicesOf(
  { index }: Context,
  { way, from, path }: Reference,
  { namespace, service: name, port }: ServiceTarget,
): Resource[] | Obstacle {
  const property = path.split(".")[0] ?? "";
  const place =
    namespace === undefined
      ? index.placeOf(from)
      : isKnown(namespace)
        ? index.placeNamed(from.cluster, namespace)
        : index.placeFrom(from, property);
  if (name !== unknown && place !== undefined) {
    const services = servicesNamed(index, place, name);
    return services.length > 0
      ? services
      : outsideStack(index.describe(place, "Service", name), place, from, way, port);
  }
  const service =
    name === unknown ? serviceFrom(index, from, property, place) : serviceNamedFrom(index, from, property, name);
  if (service) return [service];
  return unknownValue(from, name === unknown ? path : "metadata.namespace", way.steps);
}

/** The Services of the stack that a host means: none for a host outside the cluster. */
function servicesOfHost(
  { index, settings }: Context,
  { way, from, path }: Reference,
  { host, port, searchNamespace }: HostTarget,
): Resource[] | Obstacle {
  if (host === unknown) {
    const service = serviceFrom(index, from, path.split(".")[0] ?? "", undefined);
    return service ? [service] : unknownValue(from, path, way.steps);
  }
  if (isAddress(host)) return [...index.servicesAt(from.cluster, host)];
  const name = parseClusterName(host, settings.clusterDomain);
  if (name.kind === "outside") return [];
  if (name.kind === "other domain") {
    return {
      cause: "other domain",
      message: `${path} of ${labelOf(from)} names a Service of another cluster domain than the setting clusterDomain: it isn't followed.`,
      resource: from,
      steps: way.steps,
    };
  }
  const namespace = name.namespace ?? searchNamespace;
  if (namespace === undefined) {
    const namesakes = index.namedAnywhere(from.cluster, "/Service", name.name);
    if (namesakes.length === 0) return [];
    return {
      cause: `relative ${name.name}`,
      message: `${path} of ${labelOf(from)} is a host name without a namespace: it is looked up in APISIX's own, which is not known.`,
      help: "Help: set apisixNamespace, or write the namespace into the host name.",
      resource: from,
      steps: way.steps,
    };
  }
  const place = index.placeNamed(from.cluster, namespace);
  const services = servicesNamed(index, place, name.name);
  if (services.length > 0) return services;
  // `a.b` may as well be a host of the Internet; a name in a namespace of this stack is likelier to be a Service.
  if (name.kind === "maybe" && (name.namespace === undefined || !index.isKnownPlace(place))) return [];
  return outsideStack(index.describe(place, "Service", name.name), place, from, way, port);
}

function outsideStack(label: string, place: Place, from: Resource, way: Way, port: PortReference): Obstacle {
  return {
    cause: `outside ${place} ${label}`,
    message: `${label} is not in this stack: what it selects can't be judged.`,
    help: 'Help: where its workload is deployed, annotate it with apisix-graceful-termination/routed: "true", or give that stack a catalog.',
    resource: from,
    steps: [...way.steps, { label: withPort(label, port) }],
  };
}

/**
 * Leaves out the ways to ports that a Service doesn't have. One such port makes 1.x push nothing of the whole route;
 * 2.x leaves that backend out, but drops an Ingress whole.
 */
function withoutMissingPorts(arrivals: readonly Arrival[], obstacles: Obstacle[]): Arrival[] {
  const broken = new Set<Resource>();
  const there: Arrival[] = [];
  for (const arrival of arrivals) {
    const { service, port, way } = arrival;
    // A headless Service's name gives its Pods' addresses, whatever its ports are.
    const isFree = !arrival.isChecked && (isHeadless(service) || typeof port !== "number");
    if (isFree || findPort(servicePorts(service), port) !== undefined) {
      there.push(arrival);
      continue;
    }
    if (arrival.isChecked) broken.add(way.route);
    obstacles.push({
      cause: `port ${service.id} ${String(port)}`,
      message: `${labelOf(service)} has no port ${String(port)}: ${consequence(arrival)}.`,
      resource: way.route,
      steps: way.steps,
    });
  }
  if (broken.size === 0) return there;
  return there
    .map((arrival) => {
      if (!broken.has(arrival.way.route)) return arrival;
      if (arrival.way.route.kind === "Ingress") return { ...arrival, way: { ...arrival.way, lines: [] } };
      return { ...arrival, way: onlyOn("2", arrival.way, "1.x pushes nothing of a route that names a missing port") };
    })
    .filter(({ way }) => way.lines.length > 0);
}

function consequence({ way, isChecked }: Arrival): string {
  if (!isChecked) return "no request arrives";
  if (way.route.kind === "Ingress") return "APISIX gets nothing of the whole Ingress";
  return way.lines.includes("1")
    ? "APISIX gets no upstream for it, with controller 1.x nothing of the whole route"
    : "APISIX gets no upstream for it";
}

function isInSubset(workload: Workload, { subset, way }: Arrival, obstacles: Obstacle[]): boolean {
  // A subset without labels is the whole Service.
  const answer = subset && subset.size > 0 ? selects(subset, workload.podLabels, workload.resource.isPatch) : true;
  if (answer === unknown)
    obstacles.push(unknownValue(workload.resource, `${templatePath(workload)}.labels`, way.steps));
  return answer === true;
}

function templatePath({ podSpecPath }: Workload): string {
  return podSpecPath.replace(/spec$/, "metadata");
}

function selectsNothing(context: Context, service: Resource, selection: Selection, way: Way): Obstacle {
  const label = labelOf(service);
  const obstacle = { cause: `${selection.nothing} ${service.id}`, resource: service, steps: way.steps };
  switch (selection.nothing) {
    case "no selector": {
      const endpoints = hasWrittenEndpoints(context.index, service) ? ", and its endpoints are written by hand" : "";
      return { ...obstacle, message: `${label} has no selector${endpoints}: the Pods behind it can't be judged.` };
    }
    case "unknown namespace":
      return unknownValue(service, "metadata.namespace", way.steps);
    case "unknown selector":
      return unknownValue(service, "spec.selector", way.steps);
    case "unknown labels": {
      const [first] = selection.unclear;
      return first
        ? unknownLabels(service, first, selection.unclear.length - 1, way)
        : unknownValue(service, "spec", way.steps);
    }
    case "no match":
    case undefined:
      return {
        ...obstacle,
        message: `${label} selects no Pods of this stack's workloads: what another stack or an operator makes can't be judged.`,
      };
  }
}

function unknownLabels(service: Resource, workload: Workload, more: number, way: Way): Obstacle {
  const others = more > 0 ? ` and ${more} more` : "";
  return {
    cause: `unknown labels ${service.id}`,
    message: `whether ${labelOf(service)} selects ${labelOf(workload.resource)}${others} is not known in this preview: ${templatePath(workload)}.labels can't be read.`,
    resource: service,
    steps: way.steps,
  };
}

function weightZero(service: Resource, way: Way): Obstacle {
  return {
    cause: `weight ${service.id}`,
    message: `the weight of ${labelOf(service)} is 0: its workloads get no requests, and aren't judged until it is raised.`,
    resource: way.route,
    steps: way.steps,
  };
}

function chainOf(way: Way): Chain {
  return {
    steps: [...way.steps],
    via: way.via,
    notes: [...way.notes],
    ...(way.timeout === undefined ? {} : { timeout: way.timeout }),
  };
}

/** Chains by what they lead to; equal ones once. */
class Collected<T> {
  private readonly chains = new Map<T, Map<string, Chain>>();

  has(goal: T): boolean {
    return this.chains.has(goal);
  }

  add(goal: T, chain: Chain): void {
    const key = `${chain.via}\0${chain.steps.map((step) => `${step.label}\0${step.id ?? ""}`).join("\0")}`;
    let chains = this.chains.get(goal);
    if (!chains) this.chains.set(goal, (chains = new Map<string, Chain>()));
    const same = chains.get(key);
    if (same) merge(same, chain);
    else chains.set(key, chain);
  }

  /** In the order in which they were first reached; requests before mirrors, short ways before long ones. */
  list<R>(make: (goal: T, chains: Chain[]) => R): R[] {
    return [...this.chains].map(([goal, chains]) =>
      make(
        goal,
        [...chains.values()].sort(
          (a, b) => Number(a.via === "mirror") - Number(b.via === "mirror") || a.steps.length - b.steps.length,
        ),
      ),
    );
  }
}

/** Two rules of one route that lead the same way. */
function merge(into: Chain, chain: Chain): void {
  for (const note of chain.notes) if (!into.notes.includes(note)) into.notes.push(note);
  if (chain.timeout !== undefined) into.timeout = Math.max(chain.timeout, into.timeout ?? 0);
}

/** One blind spot for each cause: what, one way that leads there and how many more, and what would help. */
function blindSpots(obstacles: readonly Obstacle[]): BlindSpot[] {
  const byCause = new Map<string, { first: Obstacle; ways: Set<string> }>();
  for (const obstacle of obstacles) {
    const way = obstacle.steps.map((step) => step.label).join(" › ");
    const same = byCause.get(obstacle.cause);
    if (same) same.ways.add(way);
    else byCause.set(obstacle.cause, { first: obstacle, ways: new Set([way]) });
  }
  return [...byCause.values()].map(({ first, ways }) => {
    const [shown = ""] = ways;
    const more = ways.size > 1 ? ` (and ${ways.size - 1} more)` : "";
    const lines = [
      upperFirst(first.message),
      ...(shown === "" ? [] : [shown + more]),
      ...(first.help ? [first.help] : []),
    ];
    return { resource: first.resource, message: lines.join("\n") };
  });
}

/** A sentence; a field's path at its start stays as it is spelt. */
function upperFirst(text: string): string {
  return /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
