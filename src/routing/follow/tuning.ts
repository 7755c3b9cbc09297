/**
 * What is written beside a Service about how APISIX reaches it: its ports' appProtocol, the ApisixUpstream of its name,
 * and the BackendTrafficPolicies that target it.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/translation/{service,apisix_upstream}.go; 2.2.0
 * internal/adc/translator/{apisixroute,apisixupstream,httproute,ingress,policies}.go.
 */
import { oncePer } from "../../once";
import { labelOf, type Resource } from "../../kubernetes/resource";
import { get, getList, getNumber, getObject, getString, isKnown } from "../../kubernetes/values";
import { discoveryOf, timeoutOfService, upstreamsOf, type Timeout } from "../apisix/apisix-upstream";
import { requestTimeout } from "../apisix/duration";
import { discoverySettings, type Settings } from "../apisix/upstream-settings";
import { isRead } from "../apisix/upstream-validation";
import type { ControllerLine } from "../routes";
import {
  lasting,
  longLived,
  onlyOn,
  stepOf,
  through,
  withScheme,
  type Context,
  type Found,
  type PortReference,
  type ServiceTarget,
  type Way,
} from "./reference";
import { findPort, portNumber, servicesNamed } from "./service";

/** The way with the timeout that an ApisixUpstream or a BackendTrafficPolicy sets for a Service. */
export function withTimeoutOf(context: Context, service: Resource, way: Way): Way {
  if (way.timeout !== undefined) return way;
  const timeout = timeoutOfService(context, service) ?? policyTimeouts(context).get(service);
  return timeout ? lasting(way, timeout.seconds, timeout.from) : way;
}

const policyTimeouts = oncePer((context: Context): ReadonlyMap<Resource, Timeout> => {
  const timeouts = new Map<Resource, Timeout>();
  for (const { service, policy } of targets(context)) {
    const seconds = requestTimeout(getObject(policy.body, "spec"));
    if (seconds !== undefined) timeouts.set(service, { seconds, from: policy });
  }
  return timeouts;
});

/** The policies of whole Services: one with a `sectionName` is about a port. */
const policies = oncePer((context: Context): ReadonlyMap<Resource, Resource> => {
  const whole = [...targets(context)].filter(({ ref }) => get(ref, "sectionName") === undefined);
  return new Map(whole.map(({ service, policy }) => [service, policy]));
});

function* targets({ index }: Context): Iterable<{ service: Resource; policy: Resource; ref: unknown }> {
  for (const policy of index.ofKind("apisix.apache.org/BackendTrafficPolicy")) {
    const refs = getList(policy.body, "spec", "targetRefs");
    const place = index.placeOf(policy);
    if (place === undefined || !isKnown(refs)) continue;
    for (const ref of refs ?? []) {
      const name = getString(ref, "name");
      if (typeof name !== "string") continue;
      for (const service of servicesNamed(index, place, name)) yield { service, policy, ref };
    }
  }
}

/**
 * The way of the ingress controller to a Service, with what is written of its connections and of retries. 1.x reads the
 * ApisixUpstream for every route; 2.x for ApisixRoutes, and BackendTrafficPolicies for the others.
 */
export function tuned(context: Context, service: Resource, target: ServiceTarget, way: Way): Way {
  let to = withAppProtocol(service, target.port, way);
  const isApisixRoute = way.route.kind === "ApisixRoute";
  const policy = isApisixRoute ? undefined : policies(context).get(service);
  const readers = [
    ...(isApisixRoute || way.lines.includes("1") ? upstreamsOf(context, service) : []),
    ...(policy && way.lines.includes("2") ? [policy] : []),
  ];
  for (const reader of readers) {
    to = withScheme(to, getString(reader.body, "spec", "scheme"), reader, "spec.scheme");
    // A port's own settings replace it, also where they don't set it; and a cluster IP is one node, never tried again.
    const isWhole = target.granularity === "endpoints" && get(reader.body, "spec", "portLevelSettings") === undefined;
    const isOff = isWhole && getNumber(reader.body, "spec", "retries") === 0;
    if (isOff && !reader.secrets?.touch("spec.retries")) {
      to = { ...to, noRetries: { resource: labelOf(reader), field: "spec.retries: 0" } };
    }
  }
  return to;
}

/** 2.x lets WebSockets through to a port that says so, unless an ApisixRoute says itself whether it does. */
function withAppProtocol(service: Resource, port: PortReference, way: Way): Way {
  const isRead = ["ApisixRoute", "Ingress", "HTTPRoute"].includes(way.route.kind) && way.longLived?.kind !== "stream";
  if (!isRead || way.isWebSocketOff || !way.lines.includes("2")) return way;
  const found = findPort(service, port);
  const { appProtocol, index } = isKnown(found) && found ? found : {};
  return appProtocol === "kubernetes.io/ws" || appProtocol === "kubernetes.io/wss"
    ? longLived(way, "websocket", service, `spec.ports[${index}].appProtocol`, appProtocol)
    : way;
}

/**
 * Where the controller sends requests for a Service whose ApisixUpstream has a discovery: to what that finds, and to none
 * of the Service's Pods.
 *
 * @returns and the way of the lines that send them to the Pods all the same
 */
export function discoveryInstead(
  context: Context,
  service: Resource,
  target: ServiceTarget,
  way: Way,
): { instead: Found[]; rest: Way } {
  const upstreams = upstreamsOf(context, service);
  const port = portNumber(service, target.port);
  const settingsOn = (line: ControllerLine) =>
    upstreams
      .filter((upstream) => (line === "1" || way.route.kind === "ApisixRoute") && isRead(context, line, upstream))
      .map((upstream) => discoverySettings(line, upstream, port))
      .filter((settings) => settings !== undefined);
  const ofLines = way.lines.map((line) => ({ line, settings: settingsOn(line) }));
  const all = ofLines.flatMap(({ settings }) => settings);
  const [first] = all;
  if (!first) return { instead: [], rest: way };
  const follow = (to: Way, found: readonly Settings[]) =>
    found.flatMap((each) => [...discoveryOf(context, each, through(to, stepOf(each.upstream)))]);
  if (ofLines.every(({ settings }) => isSame(settings, ofLines[0]?.settings)))
    return { instead: follow(way, ofLines[0]?.settings ?? []), rest: { ...way, lines: [] } };
  const because = { code: "discovery-differs", upstream: labelOf(first.upstream) } as const;
  const toPods = ofLines.find(({ settings }) => settings.length === 0);
  return {
    instead: ofLines.flatMap(({ line, settings }) => follow(onlyOn(line, way, because), settings)),
    rest: toPods ? onlyOn(toPods.line, way, because) : { ...way, lines: [] },
  };
}

/** Settings are read once, so the same are one object. */
function isSame(one: readonly Settings[], other: readonly Settings[] = []): boolean {
  return one.length === other.length && one.every((settings, i) => settings === other[i]);
}
