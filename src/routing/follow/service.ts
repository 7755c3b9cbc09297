/** From a Service to the workloads whose Pods it selects, and to the containers that serve its port. */
import { addTo } from "../../multimap";
import { oncePer } from "../../once";
import { nameOf, namespaceOf, type Resource } from "../../kubernetes/resource";
import { selects, type Labels } from "../../kubernetes/selector";
import { getList, getNumber, getString, getStringMap, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { portsOf, protocolOf, type Workload } from "../../kubernetes/workload";
import type { PortReference } from "./reference";
import { kindOf, type Kind, type Place, type ResourceIndex } from "./resource-index";

const serviceKind: Kind = "/Service";

/** A port of a Service: how it is named from outside, and where it leads to in the Pods. */
export interface ServicePort {
  name: Maybe<string> | undefined;
  number: Maybe<number> | undefined;
  /** A number, or the name of a container's port. */
  target: Maybe<number | string> | undefined;
  protocol: Maybe<string>;
  appProtocol: Maybe<string> | undefined;
  /** Its place in the list. */
  index: number;
}

/** The ports of a Service; unknown where the list is. */
export const servicePorts = oncePer((service: Resource): Maybe<readonly ServicePort[]> => {
  const ports = getList(service.body, "spec", "ports");
  if (ports === unknown || (ports === undefined && service.isPatch)) return unknown;
  return (ports ?? []).map((port, index) => {
    const number = getNumber(port, "port");
    return {
      name: getString(port, "name"),
      number,
      // The API sets the port for 0 and for an empty text, too.
      target: targetAt(port) || number,
      protocol: protocolOf(port),
      appProtocol: getString(port, "appProtocol"),
      index,
    };
  });
});

/** Digits in a text are a number here: no name of a port is without a letter. */
function targetAt(port: unknown): PortReference {
  const target = getNumber(port, "targetPort");
  return target === unknown ? getString(port, "targetPort") : target;
}

/** The first port of each number and name of a Service; `unknown` among the keys where one of them can't be known. */
const portTables = oncePer((service: Resource) => {
  const ports = servicePorts(service);
  return ports === unknown ? unknown : { numbers: firstBy(ports, "number"), names: firstBy(ports, "name") };
});

function firstBy(ports: readonly ServicePort[], key: "number" | "name") {
  const first = new Map<PortReference, ServicePort>();
  for (const port of ports) if (!first.has(port[key])) first.set(port[key], port);
  return first;
}

/** The port of a Service that a route names; undefined where the Service doesn't have it. */
export function findPort(
  service: Resource,
  wanted: Maybe<number | string> | undefined,
): Maybe<ServicePort> | undefined {
  const tables = portTables(service);
  if (tables === unknown || wanted === unknown || wanted === undefined) return unknown;
  const { numbers, names } = tables;
  // Without a name is with an empty one.
  const [found, mayBe] =
    typeof wanted === "number" ? [numbers.get(wanted), numbers] : [names.get(wanted || undefined), names];
  return found ?? (mayBe.has(unknown) ? unknown : undefined);
}

/** Do the Services of one name surely lack a port? An ExternalName needs none. */
export function lacksPort(services: readonly Resource[], wanted: Maybe<number | string> | undefined): boolean {
  if (wanted === undefined || wanted === unknown) return false;
  const lacks = (service: Resource) => {
    const type = getString(service.body, "spec", "type");
    return type !== unknown && type !== "ExternalName" && findPort(service, wanted) === undefined;
  };
  return services.length > 0 && services.every(lacks);
}

/** The number of a Service's port that a route names. A number is one, whether or not the Service has it. */
export function portNumber(service: Resource, wanted: Maybe<number | string> | undefined): Maybe<number> | undefined {
  if (typeof wanted === "number") return wanted;
  const port = findPort(service, wanted);
  return port === unknown ? unknown : port?.number;
}

/**
 * The containers of a workload that serve a port, by name; undefined if that can't be known. A containerPort is
 * information only: a container may serve a port that it doesn't declare.
 */
export function servingContainers(
  workload: Workload,
  target: Maybe<number | string> | undefined,
): string[] | undefined {
  const { containers } = workload.pod;
  if (containers === unknown || workload.pod.isPatch) return undefined;
  const [only, ...others] = containers;
  if (only && others.length === 0) return [only.name];
  if (target === unknown || target === undefined) return undefined;
  return portsServed(workload)?.get(target);
}

/** The containers of a workload by the numbers and names of the ports that they declare; undefined if one can't be known. */
const portsServed = oncePer(({ pod: { containers } }: Workload) => {
  const serving = new Map<unknown, string[]>();
  for (const container of isKnown(containers) ? containers : []) {
    const ports = portsOf(container);
    if (ports === unknown) return undefined;
    for (const key of new Set(ports.flatMap(({ name, number }) => [name, number]))) {
      if (key === undefined || key === unknown) continue;
      addTo(serving, key, container.name);
    }
  }
  return serving;
});

/** The workloads that a Service selects. */
export interface Selection {
  workloads: readonly Workload[];
  /** Those of which it can't be known. */
  unclear: readonly Workload[];
  /** What else makes Pods that it selects: Jobs, and kinds that aren't known as workloads. */
  others: readonly Workload[];
  /** Why it selects none, where it doesn't. */
  nothing?: "no selector" | "unknown selector" | "unknown namespace" | "unknown labels" | "no match";
}

/**
 * Does a Service with this namespace and selector select the workload's Pods? For Services that are known from elsewhere,
 * as those of a catalog are.
 */
export function selectsWorkload(
  service: { namespace: Maybe<string>; selector: Labels },
  workload: Workload,
): Maybe<boolean> {
  const namespace = namespaceOf(workload.resource);
  if (isKnown(service.namespace) && isKnown(namespace) && service.namespace !== namespace) return false;
  const answer = selects(service.selector, workload.podLabels, workload.resource.isPatch);
  return answer === true && (service.namespace === unknown || namespace === unknown) ? unknown : answer;
}

/** The workloads that a Service of the stack selects: the Pod template's labels have all the selector's. */
export function workloadsOf(index: ResourceIndex, service: Resource): Selection {
  const selector = getStringMap(service.body, "spec", "selector");
  const place = index.placeOf(service);
  if (selector === undefined || (isKnown(selector) && selector.size === 0)) {
    return { ...nothing, nothing: service.isPatch ? "unknown selector" : "no selector" };
  }
  const found = isKnown(selector) && place !== undefined ? index.selected(place, selector) : undefined;
  if (found && found.workloads.length + found.others.length > 0) return found;
  const origin = originOf(index, service, selector);
  if (origin) return { ...nothing, workloads: [origin] };
  const { unclear } = found ?? nothing;
  if (place === undefined) return { ...nothing, unclear, nothing: "unknown namespace" };
  if (hasUnknown(selector)) return { ...nothing, unclear, nothing: "unknown selector" };
  return { ...nothing, unclear, nothing: unclear.length > 0 ? "unknown labels" : "no match" };
}

const nothing: Selection = { workloads: [], unclear: [], others: [] };

function hasUnknown(selector: Labels): boolean {
  return selector === unknown || [...selector.values()].includes(unknown);
}

/** The one workload that the Service's selector comes from, by Pulumi's dependencies. */
function originOf(index: ResourceIndex, service: Resource, selector: Labels): Workload | undefined {
  if (!hasUnknown(selector) && index.placeOf(service) !== undefined) return undefined;
  const origin = index.origin(service, "spec", (other) => index.workloadOf(other) !== undefined);
  const workload = origin && index.workloadOf(origin);
  if (!workload || selects(selector, workload.podLabels, workload.resource.isPatch) === false) return undefined;
  const [here, there] = [index.placeOf(service), index.placeOf(workload.resource)];
  return here !== undefined && there !== undefined && here !== there ? undefined : workload;
}

/** The Services that a name means in a place. What a `*Patch` leaves alone is the patched Service's. */
export function servicesNamed(index: ResourceIndex, place: Place, name: string): Resource[] {
  const all = index.named(place, serviceKind, name);
  const isPatched = all.some((service) => !service.isPatch);
  return all.filter(
    (service) => !service.isPatch || !isPatched || getStringMap(service.body, "spec", "selector") !== undefined,
  );
}

/** The Service that an unknown name in a resource comes from. */
export function serviceFrom(
  index: ResourceIndex,
  from: Resource,
  property: string,
  place: Place | undefined,
): Resource | undefined {
  return index.origin(from, property, (other) => {
    const there = index.placeOf(other);
    return kindOf(other) === serviceKind && (place === undefined || there === undefined || there === place);
  });
}

/** The host that an ExternalName Service stands for; undefined where it isn't one. */
export function externalName(service: Resource): Maybe<string> | undefined {
  return getString(service.body, "spec", "type") === "ExternalName"
    ? (getString(service.body, "spec", "externalName") ?? unknown)
    : undefined;
}

/** A headless Service has no cluster IP: its name resolves to its Pods' addresses. */
export function isHeadless(service: Resource): boolean {
  return getString(service.body, "spec", "clusterIP") === "None";
}

/** Are there Endpoints or EndpointSlices in the stack, written by hand for a Service without a selector? */
export function hasWrittenEndpoints(index: ResourceIndex, service: Resource): boolean {
  const place = index.placeOf(service);
  const name = nameOf(service);
  if (place === undefined || typeof name !== "string") return false;
  if (index.named(place, "/Endpoints", name).length > 0) return true;
  return index.slicesOf(place, name).length > 0;
}

/** The Service of that name in an unknown namespace which a resource depends on. */
export function serviceNamedFrom(
  index: ResourceIndex,
  from: Resource,
  property: string,
  name: string,
): Resource | undefined {
  return index.origin(from, property, (other) => kindOf(other) === serviceKind && nameOf(other) === name);
}
