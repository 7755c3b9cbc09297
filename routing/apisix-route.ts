/**
 * ApisixRoute, every version that was ever served.
 *
 * | version | HTTP | streams |
 * |---|---|---|
 * | v1 | `rules[].http.paths[].backend` | |
 * | v2alpha1 | `http[].backends[]`, or `http[].backend` where that is empty | `tcp[].backend` |
 * | v2beta1 | the same | `stream[].backend` |
 * | v2beta2, v2beta3 | `http[].backends[]` | `stream[].backend` |
 * | v2 | and `http[].upstreams[]`, which name ApisixUpstreams | `stream[].backend` |
 *
 * Source: apisix-ingress-controller pkg/kube/apisix/apis/config/<version>/types.go of 0.6 to 1.8, and 2.2.0
 * api/v2/apisixroute_types.go, internal/adc/translator/apisixroute.go.
 */
import { labelOf, type Resource } from "../kubernetes/resource";
import { get, getBoolean, getList, getNumber, getString, isKnown, unknown, type Maybe } from "../kubernetes/values";
import { findSubset, namedUpstream, type Subset } from "./apisix-upstream";
import { requestTimeout } from "./duration";
import { ownerOfCrd } from "./ownership";
import { plugin, pluginConfig, pluginList } from "./plugins";
import {
  elements,
  isObstacle,
  lasting,
  noted,
  onlyOn,
  portAt,
  startAt,
  unknownValue,
  weighted,
  type Context,
  type Found,
  type Way,
} from "./reference";

export function* apisixRoutes(context: Context): Generator<Found> {
  for (const route of context.index.ofKind("apisix.apache.org/ApisixRoute")) {
    const owner = ownerOfCrd(context, route);
    if (isObstacle(owner)) yield owner;
    else if (owner.lines.length > 0) yield* rules(context, route, startAt(route, owner.lines, owner.notes));
  }
}

function* rules(context: Context, route: Resource, start: Way): Generator<Found> {
  const { version } = route;
  let way = start;
  if (version !== "v2") {
    way = onlyOn("1", way, `2.x doesn't serve ${version} of ApisixRoute`);
    if (way.lines.length === 0) {
      yield {
        cause: `version ${version}`,
        message: `APISIX ingress controller 2.x doesn't serve ${version} of ApisixRoute: what it leads to isn't judged.`,
        help: "Help: write it as apisix.apache.org/v2.",
        resource: route,
        steps: way.steps,
      };
      return;
    }
  }
  const twice = namedTwice(route);
  if (twice !== undefined) {
    const narrowed = onlyOn("1", way, "2.x refuses an ApisixRoute that names a Service twice in one rule");
    if (narrowed.lines.length === 0 && way.lines.length > 0) {
      yield {
        cause: "a Service twice in a rule",
        message: `${twice} of ${labelOf(route)} names a Service twice: APISIX ingress controller 2.x refuses the whole route.`,
        resource: route,
        steps: way.steps,
      };
      return;
    }
    way = narrowed;
  }
  // 2.x keeps the endpoints of a Service once for the whole route: of several subsets, the last one's.
  const subsets = new Map<string, Subset>();
  const found: Found[] = [...spec(context, route, way)];
  for (const each of found) {
    if (isObstacle(each) || !("service" in each.target) || each.target.subset === undefined) continue;
    if (isKnown(each.target.service)) subsets.set(each.target.service, each.target.subset);
  }
  for (const each of found) {
    const isOnly2 = !isObstacle(each) && each.way.lines.every((line) => line === "2");
    if (isOnly2 && "service" in each.target && each.target.subset && isKnown(each.target.service)) {
      const { target } = each;
      yield { ...each, target: { ...target, subset: subsets.get(target.service as string) ?? target.subset } };
    } else yield each;
  }
}

/** The path of a rule that names a Service twice. */
function namedTwice(route: Resource): string | undefined {
  const list = getList(route.body, "spec", "http");
  for (const [i, rule] of isKnown(list) && list ? list.entries() : []) {
    const backends = getList(rule, "backends");
    const seen = new Set<string>();
    for (const backend of isKnown(backends) && backends ? backends : []) {
      const name = getString(backend, "serviceName");
      if (typeof name !== "string") continue;
      if (seen.has(name)) return `spec.http[${i}]`;
      seen.add(name);
    }
  }
  return undefined;
}

function* spec(context: Context, route: Resource, way: Way): Generator<Found> {
  const list = (key: string) => getList(route.body, "spec", key);
  const at = (key: string) => ({ way, from: route, path: `spec.${key}` });
  if (get(route.body, "spec") === unknown) {
    yield unknownValue(route, "spec", way.steps);
    return;
  }
  if (route.version === "v1") {
    yield* elements(list("rules"), at("rules"), (rule, path) =>
      elements(getList(rule, "http", "paths"), { way, from: route, path: `${path}.http.paths` }, (each, path) =>
        backend(context, route, way, get(each, "backend"), `${path}.backend`),
      ),
    );
    return;
  }
  yield* elements(list("http"), at("http"), (rule, path) => httpRule(context, route, way, rule, path));
  const stream = route.version === "v2alpha1" ? "tcp" : "stream";
  yield* elements(list(stream), at(stream), function* (rule, path) {
    yield* backend(context, route, way, get(rule, "backend"), `${path}.backend`);
    yield* pluginList(way, getList(rule, "plugins"), pluginPlace(context, route, `${path}.plugins`));
  });
}

function pluginPlace(context: Context, from: Resource, path: string) {
  return { from, path, searchNamespace: context.settings.apisixNamespace };
}

function* httpRule(context: Context, route: Resource, start: Way, rule: unknown, path: string): Generator<Found> {
  const way = lasting(start, requestTimeout(rule));
  const backends = getList(rule, "backends");
  const upstreams = route.version === "v2" ? getList(rule, "upstreams") : undefined;
  const plugins = getList(rule, "plugins");

  // Several backends become a `traffic-split` of the controller's. On 1.x it replaces one that the user wrote; on 2.x
  // it is the Service's, and the route's own wins. Whatever the split, the first backend is the route's upstream.
  const hasSeveral = countOf(backends) + countOf(upstreams) > 1;
  const hasOwnSplit = isKnown(plugins) && (plugins ?? []).some(isTrafficSplit);
  const further = (to: Way, isFirst: boolean) =>
    hasOwnSplit && hasSeveral && !isFirst
      ? onlyOn("1", to, "on 2.x the route's own traffic-split replaces the one of its backends")
      : to;
  const ownSplit = (to: Way) =>
    hasSeveral ? onlyOn("2", to, "on 1.x the traffic-split of the backends replaces the route's own") : to;

  const isOld = route.version === "v2alpha1" || route.version === "v2beta1";
  if (isOld && countOf(backends) === 0 && backends !== unknown) {
    yield* backend(context, route, way, get(rule, "backend"), `${path}.backend`);
  }
  yield* elements(backends, { way, from: route, path: `${path}.backends` }, (body, path, i) =>
    backend(context, route, weighted(further(way, i === 0), getNumber(body, "weight")), body, path),
  );
  yield* elements(upstreams, { way, from: route, path: `${path}.upstreams` }, (body, path, i) => {
    const to = weighted(further(way, i === 0 && countOf(backends) === 0), getNumber(body, "weight"));
    return namedUpstream(context, to, getString(body, "name"), { from: route, path: `${path}.name` });
  });
  yield* pluginList(way, plugins, pluginPlace(context, route, `${path}.plugins`), { trafficSplit: ownSplit });
  yield* pluginConfig(
    context,
    way,
    {
      kind: "ApisixPluginConfig",
      name: getString(rule, "plugin_config_name"),
      namespace: getString(rule, "plugin_config_namespace"),
    },
    { from: route, path: `${path}.plugin_config_name` },
    { trafficSplit: ownSplit },
  );
  if (getBoolean(rule, "authentication", "enable") === true) {
    const ldap = get(rule, "authentication", "ldapAuth");
    if (getString(rule, "authentication", "type") === "ldapAuth") {
      yield* plugin(way, "ldap-auth", ldap, pluginPlace(context, route, `${path}.authentication.ldapAuth`));
    }
  }
}

function isTrafficSplit(body: unknown): boolean {
  return (
    getString(body, "name") === "traffic-split" &&
    getBoolean(body, "enable") !== false &&
    getBoolean(body, "config", "_meta", "disable") !== true
  );
}

function countOf(list: Maybe<unknown[]> | undefined): number {
  return isKnown(list) ? (list?.length ?? 0) : 0;
}

function* backend(context: Context, route: Resource, start: Way, body: unknown, path: string): Generator<Found> {
  if (body === unknown) {
    yield unknownValue(route, path, start.steps);
    return;
  }
  const service = getString(body, "serviceName");
  if (service === undefined || service === "") return;
  let way = start;
  let labels: Subset | undefined;
  const subset = getString(body, "subset");
  if (subset !== undefined && subset !== "") {
    const found = findSubset(context, route, service, subset, { path: `${path}.subset`, way });
    if (found === "undefined") {
      way = onlyOn("2", way, "its subset is not defined in this stack, and 1.x takes no Pods then");
      if (way.lines.length === 0) {
        yield {
          cause: `subset ${path.replace(/\[\d+\]/g, "[]")}`,
          message: `${path}.subset of ${labelOf(route)} is not defined by an ApisixUpstream in this stack: which Pods get requests can't be told.`,
          resource: route,
          steps: start.steps,
        };
        return;
      }
      if (start.lines.length === way.lines.length)
        way = noted(way, "its subset is not defined in this stack: 2.x takes all Pods");
    } else if (isObstacle(found)) {
      yield found;
      return;
    } else labels = found;
  }
  yield {
    way,
    from: route,
    path: `${path}.serviceName`,
    target: {
      service,
      port: portAt(body, "servicePort"),
      granularity: getString(body, "resolveGranularity") === "service" ? "service" : "endpoints",
      resolvedBy: "controller",
      ...(labels ? { subset: labels } : {}),
    },
  };
}
