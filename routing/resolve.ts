/** From references to Services to workloads, in one shared place for all route sources. */
import { labelOf, type Resource } from "../kubernetes/resource";
import { isKnown, unknown } from "../kubernetes/values";
import type { Workload } from "../kubernetes/workload";
import {
  isObstacle,
  stepOf,
  through,
  unknownValue,
  type Context,
  type Found,
  type Obstacle,
  type Reference,
  type ServiceTarget,
  type Way,
} from "./reference";
import type { BlindSpot, Chain, RoutedService, RoutedWorkload, Routes, Step } from "./routes";
import {
  findPort,
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
  target: ServiceTarget;
}

export function resolve(context: Context, found: Iterable<Found>): Routes {
  const obstacles: Obstacle[] = [];
  const arrivals: Arrival[] = [];
  for (const each of found) {
    if (isObstacle(each)) obstacles.push(each);
    else if (each.way.lines.length > 0) {
      for (const arrived of arrive(context, each)) {
        if (isObstacle(arrived)) obstacles.push(arrived);
        else arrivals.push(arrived);
      }
    }
  }
  const services = new Collected<Resource>();
  const workloads = new Collected<Workload>();
  const selections = new Map<Resource, Selection>();
  for (const { service, way, target } of arrivals) {
    if (way.isDormant) continue;
    services.add(service, chainOf(way));
    let selection = selections.get(service);
    if (!selection) selections.set(service, (selection = workloadsOf(context.index, service)));
    if (selection.nothing) obstacles.push(selectsNothing(service, selection, way));
    const port = findPort(servicePorts(service), target.port);
    for (const workload of selection.workloads) {
      const chain = chainOf(through(way, stepOf(workload.resource)));
      const serving = servingContainers(workload, isKnown(port) ? port?.target : unknown);
      if (serving) chain.serving = serving;
      workloads.add(workload, chain);
    }
  }
  return {
    workloads: workloads.list((workload, chains): RoutedWorkload => ({ workload, chains })),
    services: services.list((service, chains): RoutedService => ({ service, chains })),
    blindSpots: blindSpots(obstacles),
  };
}

function* arrive(context: Context, { way, from, path, target }: Reference): Generator<Arrival | Obstacle> {
  if ("host" in target) return;
  const { index } = context;
  const property = path.split(".")[0] ?? "";
  const { namespace, service: name, port } = target;
  const place =
    namespace === undefined
      ? index.placeOf(from)
      : isKnown(namespace)
        ? index.placeNamed(from.cluster, namespace)
        : index.placeFrom(from, property);
  const services: Resource[] = [];
  if (name === unknown || place === undefined) {
    const service =
      name === unknown ? serviceFrom(index, from, property, place) : serviceNamedFrom(index, from, property, name);
    if (!service) {
      yield unknownValue(from, name === unknown ? path : "metadata.namespace", way.steps);
      return;
    }
    services.push(service);
  } else {
    services.push(...servicesNamed(index, place, name));
    if (services.length === 0) {
      yield outsideStack(from, way, name, place, port);
      return;
    }
  }
  for (const service of services) {
    yield { service, way: through(way, stepOf(service, port)), target };
  }
}

function outsideStack(from: Resource, way: Way, name: string, place: string, port: ServiceTarget["port"]): Obstacle {
  const namespace = /\0=(.*)$/.exec(place)?.[1];
  const label = `Service ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  const shown = isKnown(port) && port !== undefined ? `${label}:${port}` : label;
  return {
    cause: `outside ${place} ${name}`,
    message: `${label} is not in this stack: what it selects can't be judged.`,
    help: 'Help: where its workload is deployed, annotate it with apisix-graceful-termination/routed: "true", or give that stack a catalog.',
    resource: from,
    steps: [...way.steps, { label: shown }],
  };
}

function selectsNothing(service: Resource, selection: Selection, way: Way): Obstacle {
  const label = labelOf(service);
  const obstacle = { cause: `${selection.nothing} ${service.id}`, resource: service, steps: way.steps };
  switch (selection.nothing) {
    case "no selector":
      return { ...obstacle, message: `${label} has no selector: the Pods behind it can't be seen.` };
    case "unknown namespace":
      return unknownValue(service, "metadata.namespace", way.steps);
    case "unknown selector":
      return unknownValue(service, "spec.selector", way.steps);
    case "no match":
    case undefined:
      return {
        ...obstacle,
        message: `${label} selects no Pods of this stack's workloads: an operator or another stack makes them, and they can't be judged.`,
      };
  }
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

  add(goal: T, chain: Chain): void {
    const key = `${chain.via}\0${chain.steps.map((step) => `${step.label}\0${step.id ?? ""}`).join("\0")}`;
    let chains = this.chains.get(goal);
    if (!chains) this.chains.set(goal, (chains = new Map<string, Chain>()));
    const same = chains.get(key);
    if (!same) chains.set(key, chain);
    else {
      for (const note of chain.notes) if (!same.notes.includes(note)) same.notes.push(note);
      if (chain.timeout !== undefined) same.timeout = Math.max(chain.timeout, same.timeout ?? 0);
    }
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

/** One blind spot for each cause: what, one way that leads there and how many more, and what would help. */
function blindSpots(obstacles: readonly Obstacle[]): BlindSpot[] {
  const byCause = new Map<string, { first: Obstacle; ways: Set<string> }>();
  for (const obstacle of obstacles) {
    const way = obstacle.steps.map((step: Step) => step.label).join(" › ");
    const same = byCause.get(obstacle.cause);
    if (same) same.ways.add(way);
    else byCause.set(obstacle.cause, { first: obstacle, ways: new Set([way]) });
  }
  return [...byCause.values()].map(({ first, ways }) => {
    const [shown = ""] = ways;
    const more = ways.size > 1 ? ` (and ${ways.size - 1} more)` : "";
    return {
      resource: first.resource,
      message: [first.message, ...(shown === "" ? [] : [shown + more]), ...(first.help ? [first.help] : [])].join("\n"),
    };
  });
}
