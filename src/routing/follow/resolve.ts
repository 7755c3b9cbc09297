/** From references to Services to workloads, in one shared place for all route sources. */
import { addTo } from "../../multimap";
import { sortedBy, type Key } from "../../order";
import { labelOf, type Resource } from "../../kubernetes/resource";
import { selects } from "../../kubernetes/selector";
import { isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { isJob, podMetadataPath, type Workload } from "../../kubernetes/workload";
import { once, withoutDropped } from "./arrivals";
import { arrive, type Arrival, type Ends } from "./arrive";
import { blindSpots } from "./blind-spots";
import { hasEndpoints, withEndpoints } from "./endpoints";
import {
  isDead,
  isDropped,
  isObstacle,
  stepOf,
  through,
  unknownValue,
  type Context,
  type Found,
  type Obstacle,
  type PortReference,
  type Way,
} from "./reference";
import { wayKey, type Chain, type DeadRoute, type RoutedService, type RoutedWorkload, type Routes } from "../routes";
import {
  findPort,
  hasWrittenEndpoints,
  isHeadless,
  servingContainers,
  workloadsOf,
  type Selection,
  type ServicePort,
} from "./service";

/** Follows what the sources found to the workloads. */
export function resolve(context: Context, found: Iterable<Found>): Routes {
  const obstacles: Obstacle[] = [];
  const ends: Ends = { arrivals: [], dropped: [], obstacles, outside: [] };
  const dead: DeadRoute[] = [];
  for (const each of found) {
    if (isObstacle(each)) obstacles.push(each);
    else if (isDead(each)) dead.push(each);
    else if (isDropped(each)) ends.dropped.push(each);
    else if (each.way.lines.length > 0) arrive(context, each, ends);
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
  for (const arrival of once(withoutDropped(ends, dead))) {
    if (arrival.way.isDormant) {
      dormant.push(arrival);
      continue;
    }
    const { service, way } = arrival;
    const port = findPort(service, arrival.port);
    const number = isKnown(port) ? port?.number : undefined;
    const selection = select(service);
    if (selection.nothing) obstacles.push(selectsNothing(context, service, selection, way));
    for (const other of selection.others) obstacles.push(...otherPods(arrival, port, other));
    const target = targetOf(arrival, port);
    const { subset } = arrival;
    const chosen = selection.workloads.filter((workload) => !subset || isInSubset(workload, subset, way, obstacles));
    const reached = withEndpoints(context, arrival, port, chosen, obstacles);
    // It gets no requests if none of its Pods has the port.
    if (reached.length > 0 || chosen.length === 0 || selection.unclear.length > 0) {
      services.add(service, { ...chainOf(way), ...(typeof number === "number" ? { port: number } : {}) });
    }
    for (const workload of reached) {
      const chain = chainOf(through(way, stepOf(workload.resource)));
      const serving = servingContainers(workload, target);
      if (serving) chain.serving = serving;
      workloads.add(workload, chain);
    }
  }
  for (const { service, way } of dormant) {
    if (select(service).workloads.some((workload) => !workloads.has(workload))) obstacles.push(asleep(service, way));
  }
  // What is below a dead route is nobody's question.
  const isBelow = new Set(dead.map(({ route }) => route.id));
  const open = obstacles.filter(({ steps: [first] }) => first?.id === undefined || !isBelow.has(first.id));
  return {
    allWorkloads: context.index.allWorkloads(),
    workloads: workloads.list((workload, chains): RoutedWorkload => ({ workload, chains })),
    services: services.list((service, chains): RoutedService => ({ service, chains })),
    blindSpots: blindSpots(open),
    deadRoutes: sortedBy(dead, ({ route }) => [labelOf(route), route.id]),
  };
}

/** The port of the Pods: what the Service makes of the port, or the port itself where DNS gives the Pods' addresses. */
function targetOf({ service, port, isByHost }: Arrival, found: Maybe<ServicePort> | undefined): PortReference {
  if (isByHost && isHeadless(service)) return port;
  return isKnown(found) ? found?.target : unknown;
}

function isInSubset(
  workload: Workload,
  subset: NonNullable<Arrival["subset"]>,
  way: Way,
  obstacles: Obstacle[],
): boolean {
  // A subset without labels is the whole Service.
  const answer = subset.size > 0 ? selects(subset, workload.podLabels, workload.resource.isPatch) : true;
  if (answer === unknown)
    obstacles.push(unknownValue(workload.resource, `${podMetadataPath(workload)}.labels`, way.steps));
  return answer === true;
}

function selectsNothing(context: Context, service: Resource, selection: Selection, way: Way): Obstacle {
  const about = { data: { service: labelOf(service) }, cause: service.id, resource: service, steps: way.steps };
  switch (selection.nothing ?? "no match") {
    case "no selector":
      return hasWrittenEndpoints(context.index, service)
        ? { ...about, code: "endpoints-written-by-hand" }
        : { ...about, code: "service-without-selector" };
    case "unknown namespace":
      return unknownValue(service, "metadata.namespace", way.steps);
    case "unknown selector":
      return unknownValue(service, "spec.selector", way.steps);
    case "unknown labels":
      return unknownLabels(service, selection.unclear, way);
    case "no match":
      return { ...about, code: "service-selects-nothing" };
  }
}

/** What is said of Pods that get requests and aren't a workload's, as far as that is known for certain. */
function otherPods(
  { service, way, subset }: Arrival,
  port: Maybe<ServicePort> | undefined,
  other: Workload,
): Obstacle[] {
  const { podLabels, resource } = other;
  const isChosen = subset === undefined || subset.size === 0 || selects(subset, podLabels, resource.isPatch) === true;
  const isReached = !isKnown(port) || hasEndpoints(other, port?.target, port?.protocol) !== false;
  if (!isChosen || !isReached || way.via === "mirror") return [];
  const steps = [...way.steps, stepOf(resource)];
  const about = { cause: `${service.id} ${resource.id}`, resource, steps };
  const workload = labelOf(resource);
  if (isJob(resource)) {
    return [{ ...about, code: "job-behind-service", data: { job: workload, service: labelOf(service) } }];
  }
  const { group, version, kind } = resource;
  return [{ ...about, code: "workload-kind-unknown", data: { workload, apiVersion: `${group}/${version}`, kind } }];
}

function unknownLabels(service: Resource, workloads: readonly Workload[], way: Way): Obstacle {
  const [first, ...others] = workloads;
  if (!first) return unknownValue(service, "spec", way.steps);
  const workload = others.reduce((a, b) => (labelOf(b.resource) < labelOf(a.resource) ? b : a), first);
  const field = `${podMetadataPath(workload)}.labels`;
  return {
    code: "pod-labels-unknown",
    data: { service: labelOf(service), workload: labelOf(workload.resource), field, more: others.length },
    cause: service.id,
    resource: service,
    steps: way.steps,
  };
}

/** Why a Service that a route names gets no requests. */
function asleep(service: Resource, { route, steps, takenBy }: Way): Obstacle {
  const about = { cause: service.id, resource: route, steps };
  const label = labelOf(service);
  return takenBy
    ? { ...about, code: "split-takes-all", data: { service: label, ...takenBy } }
    : { ...about, code: "weight-zero", data: { service: label } };
}

function chainOf(way: Way): Chain {
  return {
    steps: [...way.steps],
    via: way.via,
    notes: [...way.notes],
    ...(way.timeout === undefined ? {} : { timeout: way.timeout }),
    ...(way.isTimeoutSecret && { isTimeoutSecret: true }),
    ...(way.longLived && { longLived: way.longLived }),
    ...(way.noRetries && { noRetries: way.noRetries }),
  };
}

/** Chains by what they lead to. */
class Collected<T> {
  private readonly chains = new Map<T, Chain[]>();

  has(goal: T): boolean {
    return this.chains.has(goal);
  }

  add(goal: T, chain: Chain): void {
    addTo(this.chains, goal, chain);
  }

  /** Goals by their first way; of each, requests before mirrors, short ways before long ones, then by text. */
  list<R>(make: (goal: T, chains: Chain[]) => R): R[] {
    const goals = [...this.chains].map(([goal, chains]) => ({ goal, chains: sortedBy(chains, keyOf) }));
    return sortedBy(goals, ({ chains: [first] }) => (first ? keyOf(first) : [])).map(({ goal, chains }) =>
      make(goal, chains),
    );
  }
}

function keyOf(chain: Chain): Key {
  return [chain.via === "mirror" ? 1 : 0, ...wayKey(chain)];
}
