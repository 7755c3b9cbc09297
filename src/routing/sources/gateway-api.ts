/**
 * Gateway API: HTTPRoute, GRPCRoute, TLSRoute, TCPRoute and UDPRoute, of any version.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/gateway/translation; 2.2.0
 * internal/adc/translator/{http,grpc,tls,tcp,udp}route.go.
 */
import { addTo } from "../../multimap";
import { labelOf, nameOf, type Resource } from "../../kubernetes/resource";
import { get, getList, getNumber, getObject, getString, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { longest } from "../apisix/duration";
import { parentsOf } from "../gateway/gateway-parents";
import { routeKinds } from "../gateway/listeners";
import { pluginConfig, pluginsOf, splitOf, splitOfConfig } from "../apisix/plugin-config";
import { besideSplit, type Split } from "../apisix/traffic-split";
import {
  elements,
  lasting,
  longLived,
  noted,
  onlyOn,
  portNumberAt,
  startAt,
  unknownValue,
  weighted,
  type Context,
  type Found,
  type Way,
} from "../follow/reference";
import { inStages, refused, taken, yes, type Verdict } from "../follow/ruling";
import { lacksPort, servicesNamed } from "../follow/service";
import type { ControllerLine, LongLived } from "../routes";
import { isGranted, readGrants, type Grants } from "../gateway/reference-grant";

/** What stands beside the routes, and tells how to follow them. */
interface Beside {
  grants: Grants;
  policies: Policies;
}

/** L4RoutePolicies. */
interface Policies {
  /** Those of each route. */
  of: ReadonlyMap<Resource, readonly Resource[]>;
  /** Those whose routes aren't known. */
  unclear: readonly Resource[];
  all: readonly Resource[];
}

export function* gatewayApi(context: Context): Generator<Found> {
  const beside = { grants: readGrants(context), policies: readPolicies(context) };
  for (const kind of Object.keys(routeKinds)) {
    for (const route of context.index.ofKind(`gateway.networking/${kind}`)) {
      yield* taken(
        context,
        route,
        (line) => takes(context, line, route),
        (way) => rules(context, beside, route, way),
      );
    }
  }
  if (!context.lines.includes("2")) return;
  for (const policy of beside.policies.unclear) {
    const way = startAt(policy, ["2"]);
    const [first] = pluginsOf(policy, way, context.settings.apisixNamespace);
    if (first) yield unknownValue(policy, "spec.targetRefs", way.steps);
  }
}

function takes(context: Context, line: ControllerLine, route: Resource): Verdict {
  return inStages(
    () => parentsOf(context, line, route),
    () => hasHostnames(route),
  );
}

/** Both lines make a stream route for each host name of a TLSRoute. */
function hasHostnames(route: Resource): Verdict {
  const hostnames = getList(route.body, "spec", "hostnames");
  if (hostnames === undefined && route.isPatch) return yes;
  const hasNone = hostnames === undefined || (isKnown(hostnames) && hostnames.length === 0);
  return route.kind === "TLSRoute" && hasNone ? refused({ code: "hostnames-missing" }) : yes;
}

/** The kinds of routes whose connections stay open. UDP has none. */
const longLivedRoutes: Readonly<Record<string, LongLived["kind"]>> = {
  GRPCRoute: "grpc",
  TCPRoute: "stream",
  TLSRoute: "stream",
};

function* rules(context: Context, beside: Beside, route: Resource, way: Way): Generator<Found> {
  const lasts = longLivedRoutes[route.kind];
  const start = lasts ? longLived(way, lasts, route) : way;
  const from = route;
  const { apisixNamespace } = context.settings;
  const policies = beside.policies.of.get(route) ?? [];
  const hasFilters = route.kind === "HTTPRoute" || route.kind === "GRPCRoute";
  const splitAt = (rule: unknown, path: string): Maybe<Split> | undefined => {
    if (!start.lines.includes("2")) return undefined;
    if (hasFilters) return splitOfFilters(context, route, rule, path);
    const isSplit = (policy: Resource) => splitOf(policy, apisixNamespace) !== undefined;
    const own = policies.map((policy) => splitOf(policy, apisixNamespace)).find((split) => split !== undefined);
    const { unclear, all } = beside.policies;
    const candidates = typeof nameOf(route) === "string" ? unclear : all;
    return own ?? (candidates.some(isSplit) ? unknown : undefined);
  };
  yield* elements(
    getList(route.body, "spec", "rules"),
    { way: start, from, path: "spec.rules" },
    function* (rule, path) {
      const to = lasting(start, longest(get(rule, "timeouts"), "request", "backendRequest"), from);
      const refs = getList(rule, "backendRefs");
      const first = isKnown(refs) && route.kind === "TLSRoute" ? (refs?.findIndex(mayBeService) ?? -1) : -1;
      const weights = weightsOf(context, route, refs);
      const isAny = [...weights.values()].some((weight) => weight !== 0);
      const [ownUpstream] = weights.keys();
      const split = splitAt(rule, path);
      yield* elements(refs, { way: to, from, path: `${path}.backendRefs` }, (ref, path, i) => {
        const narrowed = first >= 0 && i > first ? onlyOn("2", to, { code: "first-backend-only" }) : to;
        // Where it leads says what one lacks that is left out.
        const own = weights.has(i) ? besideSplit(split, narrowed, i === ownUpstream) : narrowed;
        if (!own || own.lines.length === 0) return [];
        // Beside a split of the user's, only that one's weights count.
        const isFree = split !== undefined && own === narrowed;
        const way = isFree ? own : weighted(own, weights.get(i), isAny);
        return backendRef(context, beside.grants, route, way, ref, path);
      });
      // APISIX answers for a rule without backends itself, before it would send a copy.
      const hasBackends = isKnown(refs) && refs !== undefined && refs.length > 0;
      if (hasFilters) yield* filters(context, route, to, rule, path, hasBackends);
    },
  );
  if (!way.lines.includes("2")) return;
  for (const policy of policies)
    yield* pluginsOf(policy, { ...startAt(route, ["2"]), notes: way.notes }, apisixNamespace);
}

/** The split of the PluginConfigs that a rule's filters name: of several, the last one's. */
function splitOfFilters(context: Context, route: Resource, rule: unknown, path: string): Maybe<Split> | undefined {
  const filters = getList(rule, "filters");
  if (filters === unknown) return unknown;
  let found: Maybe<Split> | undefined;
  for (const filter of filters ?? []) {
    const kind = getString(filter, "extensionRef", "kind");
    if (kind === unknown) found = unknown;
    if (kind !== "PluginConfig") continue;
    const name = getString(filter, "extensionRef", "name");
    found = splitOfConfig(context, { kind, name }, { from: route, path: `${path}.filters` }) ?? found;
  }
  return found;
}

/**
 * The weights of a rule's backends, by their places in the list, without those of which 2.x makes no upstream: it takes
 * the first weight for the first that it has left, and so on. (1.x drops such a route whole.) Source: 2.2.0
 * internal/adc/translator/httproute.go (translateBackendsToUpstreams), {grpc,tcp,tls,udp}route.go.
 */
function weightsOf(
  context: Context,
  route: Resource,
  list: Maybe<unknown[]> | undefined,
): ReadonlyMap<number, Maybe<number> | undefined> {
  const refs = isKnown(list) ? (list ?? []) : [];
  const left = [...refs.keys()].filter((i) => !isLeftOut(context, route, refs[i]));
  return new Map(left.map((i, rank) => [i, getNumber(refs[rank], "weight")] as const));
}

/** Does 2.x surely make no upstream of a backend? */
function isLeftOut({ index }: Context, route: Resource, ref: unknown): boolean {
  if (!mayBeService(ref)) return true;
  const name = getString(ref, "name");
  const namespace = getString(ref, "namespace") || undefined;
  if (typeof name !== "string" || namespace === unknown) return false;
  const place = namespace === undefined ? index.placeOf(route) : index.placeNamed(route.cluster, namespace);
  return place !== undefined && lacksPort(servicesNamed(index, place, name), portNumberAt(ref, "port"));
}

/** May a backend be a Service with a port? 1.x passes over others (1.8.4 translation/gateway_tlsroute.go). */
function mayBeService(ref: unknown): boolean {
  const kind = getString(ref, "kind") ?? "Service";
  return (kind === "Service" || kind === unknown) && getNumber(ref, "port") !== undefined;
}

function* backendRef(
  context: Context,
  grants: Grants,
  route: Resource,
  way: Way,
  ref: unknown,
  path: string,
): Generator<Found> {
  const kind = getString(ref, "kind") ?? "Service";
  const service = getString(ref, "name");
  const namespace = getString(ref, "namespace") || undefined;
  const port = portNumberAt(ref, "port");
  if (kind === unknown) yield unknownValue(route, `${path}.kind`, way.steps);
  // Other kinds are refused, and so is a Service without a port.
  if (kind !== "Service" || service === undefined || port === undefined) return;
  let to = way;
  const granted = namespace === undefined || isGranted(context, grants, route, service, namespace);
  if (granted === unknown) {
    const field = namespace === unknown ? `${path}.namespace` : service === unknown ? `${path}.name` : undefined;
    yield unknownValue(route, field ?? "metadata.namespace", way.steps);
    return;
  }
  if (!granted) {
    to = onlyOn("1", to, { code: "reference-grant-not-in-stack" });
    if (to.lines.length === 0) {
      yield {
        code: "reference-grant-not-in-stack",
        data: { route: labelOf(route) },
        cause: `${typeof namespace === "string" ? namespace : ""} ${route.kind}`,
        resource: route,
        steps: way.steps,
      };
      return;
    }
  }
  yield {
    way: to,
    from: route,
    path: `${path}.name`,
    target: {
      service,
      port,
      granularity: "endpoints",
      resolvedBy: "controller",
      portKeeps: ["1"],
      ...(namespace === undefined ? {} : { namespace, namespacePath: `${path}.namespace` }),
    },
  };
}

function* filters(
  context: Context,
  route: Resource,
  way: Way,
  rule: unknown,
  path: string,
  hasBackends: boolean,
): Generator<Found> {
  const list = getList(rule, "filters");
  let mirror: Found | undefined;
  yield* elements(list, { way, from: route, path: `${path}.filters` }, function* (filter, path) {
    const at = { from: route, path: `${path}.extensionRef.name` };
    const ref = hasBackends ? getObject(filter, "requestMirror", "backendRef") : undefined;
    if (ref === unknown) {
      yield unknownValue(route, `${path}.requestMirror.backendRef`, way.steps);
      mirror = undefined;
    } else if (ref !== undefined) {
      const service = getString(ref, "name");
      const namespace = getString(ref, "namespace");
      // Of several mirrors APISIX keeps the last. It is a host name of the Service: no ReferenceGrant is asked for.
      if (service !== undefined) {
        mirror = {
          way: noted({ ...way, via: "mirror" }, { code: "mirror" }),
          from: route,
          path: `${path}.requestMirror.backendRef.name`,
          target: {
            service,
            port: getNumber(ref, "port") ?? 80,
            granularity: "service",
            resolvedBy: "mirror",
            ...(namespace ? { namespace, namespacePath: `${path}.requestMirror.backendRef.namespace` } : {}),
          },
        };
      }
    }
    const extension = getObject(filter, "extensionRef");
    const kind = getString(extension, "kind");
    if (kind === unknown) yield unknownValue(route, `${path}.extensionRef`, way.steps);
    else if (kind === "PluginConfig") {
      const to = onlyOn("2", way, { code: "plugin-config-not-read" });
      if (to.lines.length > 0) {
        yield* pluginConfig(context, to, { kind: "PluginConfig", name: getString(extension, "name") }, at);
      }
    }
  });
  const mayBeLater = isKnown(list) && (list ?? []).includes(unknown);
  if (mirror && !mayBeLater) yield mirror;
}

/**
 * The L4RoutePolicies of TCP, UDP and TLS routes. Those for a section aren't taken. Source: 2.2.0
 * internal/adc/translator/policies.go.
 */
function readPolicies({ index }: Context): Policies {
  const of = new Map<Resource, Resource[]>();
  const unclear: Resource[] = [];
  const all = index.ofKind("apisix.apache.org/L4RoutePolicy");
  for (const policy of all) {
    const place = index.placeOf(policy);
    const refs = getList(policy.body, "spec", "targetRefs");
    const texts = (refs === unknown ? [unknown] : (refs ?? [])).map((ref) =>
      ["kind", "name", "sectionName"].map((key) => getString(ref, key)),
    );
    if (place === undefined || texts.flat().includes(unknown)) {
      unclear.push(policy);
      continue;
    }
    for (const [kind, name, section] of texts) {
      if (typeof kind !== "string" || typeof name !== "string" || section) continue;
      for (const route of index.named(place, `gateway.networking/${kind}`, name)) {
        addTo(of, route, policy);
      }
    }
  }
  return { of, unclear, all };
}
