/** What a route source finds: references to Services and hosts, and obstacles where it can't see. */
import { isDeepStrictEqual } from "node:util";
import { isNamespaceSecret, isSecret, labelOf, type Resource } from "../../kubernetes/resource";
import { hidden } from "../../kubernetes/secrets";
import type { Releases } from "./helm";
import { get, getNumber, getString, unknown, type Maybe } from "../../kubernetes/values";
import type { ResourceIndex } from "./resource-index";
import {
  longLivedKinds,
  type BlindSpotCode,
  type Chain,
  type ControllerLine,
  type DeadRoute,
  type DropCode,
  type LineRefusal,
  type LongLived,
  type Mark,
  type Note,
  type Problem,
  type Refusal,
  type RoutingSettings,
  type Step,
} from "../routes";

/** What every source needs. */
export interface Context {
  index: ResourceIndex;
  settings: RoutingSettings;
  /** The stack's Helm releases. */
  releases: Releases;
  /** The controller lines that the settings allow. */
  lines: readonly ControllerLine[];
}

/** How a request comes from a route to what a reference names. Never changed in place: ways share their beginnings. */
export interface Way {
  /** Where it starts. */
  route: Resource;
  start: {
    /** The lines that take the route, and why the others refuse it. */
    lines: readonly ControllerLine[];
    refusals: readonly LineRefusal[];
    /** What keeps from seeing whether another line takes it. */
    unclear?: Obstacle;
    /** Without its upstreams the route does nothing: no plugin answers by itself. */
    isNothingElse?: boolean;
  };
  steps: readonly Step[];
  via: Chain["via"];
  /** The controller lines that take this way; where it is empty, no request goes this way. */
  lines: readonly ControllerLine[];
  notes: readonly Note[];
  /** Seconds. */
  timeout?: number;
  /** The timeout may come from a secret. */
  isTimeoutSecret?: true;
  longLived?: LongLived;
  /** Its route lets no WebSocket through, whatever the Service says; or it may not. */
  isWebSocketOff?: true;
  noRetries?: Mark;
  /** Its weight is 0, or a split takes all requests: configured, but no request goes this way until that is changed. */
  isDormant?: boolean;
  /** The split that takes them, by the resource and the field where it stands. */
  takenBy?: { resource: string; field: string };
}

/** Names and numbers of ports both occur. */
export type PortReference = Maybe<number | string> | undefined;

/** A port as a number or as the name of a Service's port, by its type: to Kubernetes and APISIX `"80"` is a name. */
export function portAt(parent: unknown, ...path: string[]): PortReference {
  return typeof get(parent, ...path) === "number" ? getNumber(parent, ...path) : getString(parent, ...path);
}

/** A port where only a number may stand: the API refuses text. */
export function portNumberAt(parent: unknown, ...path: string[]): Maybe<number> | undefined {
  const port = portAt(parent, ...path);
  return typeof port === "string" ? unknown : port;
}

/** A Service by name, as APISIX's and the Gateway API's objects name it. */
export interface ServiceTarget {
  service: Maybe<string>;
  /** Undefined: the namespace of the resource that names it. */
  namespace?: Maybe<string>;
  /** Where that is written. */
  namespacePath?: string;
  port: PortReference;
  /** `endpoints`: APISIX balances over the Pods itself. `service`: it sends to the Service's cluster IP. */
  granularity: "endpoints" | "service";
  /** Pods must have these labels, too (`subset`). */
  subset?: ReadonlyMap<string, Maybe<string>> | undefined;
  /**
   * Who looks it up, as ExternalName Services and missing ports mean different things to them: the ingress controller
   * for a backend or for an external node of an ApisixUpstream, or the data plane: its Kubernetes discovery, or its
   * DNS for a mirror, of which the controller makes a host name.
   */
  resolvedBy: "controller" | "external node" | "discovery" | "mirror";
  /** The lines that push nothing of the whole route if they can't make an upstream of the Service. */
  portKeeps?: readonly ControllerLine[];
}

/** A host that the data plane looks up itself. */
export interface HostTarget {
  host: Maybe<string>;
  port: PortReference;
  /** Where a name of one label is looked up; undefined where that isn't known. */
  searchNamespace: string | undefined;
  /** The port comes from a secret that stands elsewhere. */
  isPortSecret?: boolean;
  /** The plugin that only holds its name, and isn't known to send requests there. */
  heldBy?: string;
}

export interface Reference {
  way: Way;
  /** The resource that holds the reference, and where in it: `spec.http[0].backends[0].serviceName`. */
  from: Resource;
  path: string;
  target: ServiceTarget | HostTarget;
}

/** Something that can't be seen, or doesn't work. */
export type Obstacle = Problem & {
  /** Those of one code with the same cause make one blind spot; left out: all of that code. */
  cause?: string;
  /** The resource where it was met, and the way that leads there. */
  resource: Resource;
  steps: readonly Step[];
};

/** A backend or an upstream that a line, or each of them, drops: no request goes this way. */
export interface Dropped {
  /** The way there, with the lines that it would have. */
  way: Way;
  faults: readonly Fault[];
  /** What is said of it if no line takes it. */
  advice?: Obstacle;
}

export interface Fault {
  line: ControllerLine;
  because: Refusal<DropCode>;
  /** Does the line drop the whole route for it? */
  isWhole: boolean;
}

/** Faults of which advice says no more than what they are. */
type PlainFault = Refusal<Exclude<DropCode & BlindSpotCode, "service-port-missing">>;

/** @param resource the one that has the fault */
export function adviceOn({ code, ...data }: PlainFault, resource: Resource, { steps }: Way): Obstacle {
  return { code, data, cause: `${resource.id} ${JSON.stringify(data)}`, resource, steps } as Obstacle;
}

export type Found = Reference | Obstacle | Dropped | DeadRoute;

export function isObstacle(found: object): found is Obstacle {
  return "code" in found;
}

export function isDead(found: object): found is DeadRoute {
  return "refusals" in found;
}

export function isDropped(found: object): found is Dropped {
  return "faults" in found;
}

export function isReference(found: object): found is Reference {
  return "target" in found;
}

/** A resource as a step. */
export function stepOf(resource: Resource, port?: PortReference): Step {
  return { label: withPort(labelOf(resource), port), id: resource.id };
}

export function withPort(label: string, port: PortReference): string {
  return typeof port === "number" || (typeof port === "string" && port !== "") ? `${label}:${port}` : label;
}

export function startAt(route: Resource, lines: readonly ControllerLine[], notes: readonly Note[] = []): Way {
  return { route, start: { lines, refusals: [] }, steps: [stepOf(route)], via: "upstream", lines, notes };
}

export function through(way: Way, step: Step): Way {
  return { ...way, steps: [...way.steps, step] };
}

export function noted(way: Way, ...notes: Note[]): Way {
  const isNew = (note: Note) => !way.notes.some((other) => isDeepStrictEqual(other, note));
  return { ...way, notes: [...way.notes, ...notes.filter(isNew)] };
}

/** The way, as far as one controller line takes it. Notes so if the settings leave the other line open. */
export function onlyOn(line: ControllerLine, way: Way, because: Refusal): Way {
  const lines = way.lines.filter((taking) => taking === line);
  const narrowed = { ...way, lines };
  const isNarrower = lines.length > 0 && lines.length < way.lines.length;
  return isNarrower ? noted(narrowed, { code: "controller-line", line, because }) : narrowed;
}

/**
 * A weight of 0 gets no requests, as long as another one of those that requests are balanced over has a weight.
 *
 * @param isAny whether one has
 */
export function weighted(way: Way, weight: Maybe<number> | undefined, isAny: boolean): Way {
  return weight === 0 && isAny ? { ...way, isDormant: true } : way;
}

/**
 * Does one of those that requests are balanced over have a weight? Where none has, APISIX takes them in turn, and where
 * there is only one, that. Source: apache/apisix 3.18 apisix/balancer/roundrobin.lua, lua-resty-balancer 0.05
 * lib/resty/roundrobin.lua.
 */
export function isAnyWeighed(entries: readonly unknown[] | undefined): boolean {
  return (entries ?? []).some((entry) => getNumber(entry, "weight") !== 0);
}

/** The way, as far as it has no fault. */
export function without(faults: readonly Fault[], way: Way): Way {
  return faults.reduce((to, { line, because }) => onlyOn(line === "1" ? "2" : "1", to, because), way);
}

/**
 * The way with the timeout of a request on it, in seconds, unless an earlier step has set one: the route's wins.
 *
 * @param from the resource that sets it
 */
export function lasting(way: Way, seconds: number | undefined, { secrets, kind }: Resource): Way {
  if (seconds === undefined || way.timeout !== undefined) return way;
  const isPath = (path: readonly string[]) => path.some((key) => /timeout/i.test(key));
  // A ConfigMap holds all of it in one text.
  const isHidden = secrets !== undefined && (secrets.hasObjects || kind === "ConfigMap" || secrets.some(isPath));
  return { ...way, timeout: seconds, ...(isHidden && { isTimeoutSecret: true }) };
}

/**
 * The way with a mark of connections that stay open. What is a secret isn't one.
 *
 * @param path where it is written, and `value` what; left out: the kind of the resource says it
 */
export function longLived(way: Way, kind: LongLived["kind"], from: Resource, path?: string, value?: string): Way {
  if (path !== undefined && from.secrets?.touch(path)) return way;
  const mark = { kind, resource: labelOf(from), ...(path === undefined ? {} : { field: `${path}: ${value}` }) };
  return { ...way, longLived: way.longLived ? moreTelling(way.longLived, mark) : mark };
}

/** The same for the scheme of an upstream: gRPC's streams stay open. */
export function withScheme(way: Way, scheme: Maybe<string> | undefined, from: Resource, path: string): Way {
  return scheme === "grpc" || scheme === "grpcs" ? longLived(way, "grpc", from, path, scheme) : way;
}

export function moreTelling(one: LongLived, other: LongLived): LongLived {
  return longLivedKinds.indexOf(other.kind) < longLivedKinds.indexOf(one.kind) ? other : one;
}

/** A text from a resource, as messages print it. @param path where it stands, or the object that holds it */
export function shown(resource: Resource, path: string, text: string): string {
  return resource.secrets?.touch(path) ? hidden : text;
}

export function isPortSecret({ from, path, target }: Reference): boolean {
  if ("isPortSecret" in target && target.isPortSecret) return true;
  return from.secrets?.touchBeside(path, /port|number|name/i) ?? false;
}

/** The port of a reference, as messages print it. */
export function shownPort(reference: Reference): PortReference {
  const { port } = reference.target;
  return port !== undefined && port !== unknown && isPortSecret(reference) ? hidden : port;
}

/**
 * How messages name what a resource refers to and the stack doesn't hold.
 *
 * @param path where the name stands
 * @param named where its namespace stands; left out: it is the resource's own
 */
export function shownName(from: Resource, path: string, text: string, named?: string): string {
  if (!from.secrets) return text;
  const isHidden = from.secrets.touchBeside(path, /name/i);
  const isNamespaceHidden = named === undefined ? isNamespaceSecret(from) : isSecret(from, named);
  return isHidden || isNamespaceHidden ? hidden : text;
}

/** A value that can't be known. One blind spot for all of the same field, however many resources it is unknown in. */
export function unknownValue(resource: Resource, path: string, steps: readonly Step[]): Obstacle {
  return {
    code: "value-unknown",
    data: { field: path, resource: labelOf(resource) },
    cause: `${resource.kind} ${path.replace(/\[\d+\]/g, "[]")}`,
    resource,
    steps,
  };
}

/** The elements of a list, none where there is none; an unknown list is an obstacle, and so is an unknown element. */
export function* elements(
  list: Maybe<unknown[]> | undefined,
  at: { way: Way; from: Resource; path: string },
  each: (element: unknown, path: string, index: number) => Iterable<Found>,
): Generator<Found> {
  if (list === undefined) return;
  if (list === unknown) {
    yield unknownValue(at.from, at.path, at.way.steps);
    return;
  }
  for (const [i, element] of list.entries()) {
    if (element === unknown) yield unknownValue(at.from, `${at.path}[${i}]`, at.way.steps);
    else yield* each(element, `${at.path}[${i}]`, i);
  }
}

/** The keys of a map, none where there is none; an unknown map is an obstacle. */
export function* entries(
  map: Maybe<object> | undefined,
  at: { way: Way; from: Resource; path: string },
  each: (key: string) => Iterable<Found>,
): Generator<Found> {
  if (map === unknown) yield unknownValue(at.from, at.path, at.way.steps);
  else for (const key of Object.keys(map ?? {})) yield* each(key);
}
