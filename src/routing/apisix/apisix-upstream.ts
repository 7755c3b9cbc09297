/**
 * ApisixUpstream as the target of a route (`http[].upstreams[]`): external nodes, or a service discovery.
 *
 * One with the name of a Service only tunes how that Service is reached, and is no route by itself. Source:
 * apisix-ingress-controller v1.8.4 pkg/providers/apisix/translation/apisix_upstream.go, 2.2.0
 * internal/adc/translator/apisixupstream.go.
 */
import { labelOf, nameOf, type Resource } from "../../kubernetes/resource";
import {
  getList,
  getNumber,
  getObject,
  getString,
  getStringMap,
  isKnown,
  unknown,
  type Maybe,
} from "../../kubernetes/values";
import { defaultPort } from "../follow/cluster-dns";
import { requestTimeout } from "./duration";
import {
  adviceOn,
  elements,
  isAnyWeighed,
  lasting,
  shownName,
  stepOf,
  through,
  unknownValue,
  weighted,
  withScheme,
  without,
  type Context,
  type Fault,
  type Found,
  type Obstacle,
  type Way,
} from "../follow/reference";
import { discovery } from "./upstream";
import { settingsOf, type Settings } from "./upstream-settings";
import { faultOfNamed } from "./upstream-validation";

const kind = "apisix.apache.org/ApisixUpstream";

/** Where the ApisixUpstream leads that a route names. */
export function* namedUpstream(
  context: Context,
  way: Way,
  name: Maybe<string> | undefined,
  at: { from: Resource; path: string },
): Generator<Found> {
  const { index } = context;
  if (name === undefined || name === "") return;
  const place = index.placeOf(at.from);
  if (name === unknown || place === undefined) {
    const origin = index.origin(at.from, "spec", (other) => other.kind === "ApisixUpstream");
    if (origin) yield* nodes(context, origin, way);
    else yield unknownValue(at.from, at.path, way.steps);
    return;
  }
  const found = index.named(place, kind, name);
  for (const each of found) yield* nodes(context, each, way);
  if (found.length > 0) return;
  const shown = `ApisixUpstream ${shownName(at.from, at.path, index.nameIn(place, name))}`;
  yield {
    code: "apisix-upstream-not-in-stack",
    data: { upstream: shown },
    cause: `${place} ${name}`,
    resource: at.from,
    steps: [...way.steps, { label: shown }],
  };
}

function* nodes(context: Context, upstream: Resource, before: Way): Generator<Found> {
  const there = through(before, stepOf(upstream));
  const faults: Fault[] = [];
  let advice: Obstacle | undefined;
  for (const line of there.lines) {
    const because = faultOfNamed(context, line, upstream, before.route);
    if (!because) continue;
    faults.push({ line, because, isWhole: false });
    advice ??= adviceOn(because, upstream, there);
  }
  if (advice) yield { way: there, faults, advice };
  const taken = without(faults, there);
  if (taken.lines.length === 0) return;
  const timed = lasting(taken, requestTimeout(getObject(upstream.body, "spec")), upstream);
  const searchNamespace = context.settings.apisixNamespace;
  const scheme = getString(upstream.body, "spec", "scheme");
  const way = withScheme(timed, scheme, upstream, "spec.scheme");
  // APISIX takes nodes or a discovery, and both lines push the discovery alone.
  if (getString(upstream.body, "spec", "discovery", "type")) {
    yield* discoveryOf(context, settingsOf(upstream).whole, way);
    return;
  }
  const list = getList(upstream.body, "spec", "externalNodes");
  const isAny = isAnyWeighed(isKnown(list) ? list : undefined);
  yield* elements(list, { way, from: upstream, path: "spec.externalNodes" }, function* (node, path) {
    const type = getString(node, "type");
    const name = getString(node, "name");
    const port = getNumber(node, "port") ?? defaultPort(isKnown(scheme) ? scheme : undefined);
    const to = weighted(way, getNumber(node, "weight"), isAny);
    if (type === unknown) yield unknownValue(upstream, `${path}.type`, way.steps);
    else if (name === undefined) return;
    else if (type === "Domain") {
      yield { way: to, from: upstream, path: `${path}.name`, target: { host: name, port, searchNamespace } };
    } else if (type === "Service") {
      const target = { service: name, port, granularity: "service", resolvedBy: "external node" } as const;
      yield { way: to, from: upstream, path: `${path}.name`, target };
    }
  });
}

/** What the discovery of an ApisixUpstream finds. @param way the way to it */
export function* discoveryOf({ settings }: Context, { upstream, body, path }: Settings, way: Way): Generator<Found> {
  const type = getString(body, "discovery", "type");
  const at = { from: upstream, path: `${path}.discovery.serviceName`, searchNamespace: settings.apisixNamespace };
  if (type !== undefined) yield* discovery(way, type, getString(body, "discovery", "serviceName"), at);
}

/** The labels of a subset, from the ApisixUpstream with the Service's name. */
export type Subset = ReadonlyMap<string, Maybe<string>>;

/**
 * The subset of a backend: its labels, or what keeps it from being known.
 *
 * Where the ApisixUpstream has no subset of that name, both lines take all Pods: labels without entries. Where there is
 * no ApisixUpstream, 1.x takes none and 2.x all; but it may be in another stack.
 */
export function findSubset(
  context: Context,
  route: Resource,
  service: Maybe<string>,
  subset: Maybe<string>,
  at: { path: string; way: Way },
): Subset | Obstacle {
  const { index } = context;
  const place = index.placeOf(route);
  const { steps } = at.way;
  if (subset === unknown || service === unknown || place === undefined) return unknownValue(route, at.path, steps);
  const upstreams = index.named(place, kind, service);
  for (const upstream of upstreams) {
    const list = getList(upstream.body, "spec", "subsets");
    if (list === unknown) return unknownValue(upstream, "spec.subsets", steps);
    for (const [i, each] of (list ?? []).entries()) {
      const name = getString(each, "name");
      if (name === unknown) return unknownValue(upstream, `spec.subsets[${i}].name`, steps);
      if (name !== subset) continue;
      const labels = getStringMap(each, "labels");
      if (labels === unknown) return unknownValue(upstream, `spec.subsets[${i}].labels`, steps);
      return labels ?? new Map();
    }
  }
  if (upstreams.length > 0) return new Map();
  const shown = `ApisixUpstream ${shownName(route, at.path, index.nameIn(place, service))}`;
  return {
    code: "subset-not-in-stack",
    data: { upstream: shown, field: at.path, route: labelOf(route) },
    cause: `${place} ${service}`,
    resource: route,
    steps,
  };
}

/** A request timeout in seconds, and the resource that sets it. */
export interface Timeout {
  seconds: number;
  from: Resource;
}

/** The ApisixUpstream with a Service's name, if there is one. */
export function upstreamsOf({ index }: Context, service: Resource): readonly Resource[] {
  const [place, name] = [index.placeOf(service), nameOf(service)];
  return place !== undefined && typeof name === "string" ? index.named(place, kind, name) : [];
}

/** The request timeout that the ApisixUpstream with a Service's name sets. */
export function timeoutOfService(context: Context, service: Resource): Timeout | undefined {
  for (const upstream of upstreamsOf(context, service)) {
    const seconds = requestTimeout(getObject(upstream.body, "spec"));
    if (seconds !== undefined) return { seconds, from: upstream };
  }
  return undefined;
}
