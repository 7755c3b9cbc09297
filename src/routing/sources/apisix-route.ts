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
import { isSecret, type Resource } from "../../kubernetes/resource";
import { hidden } from "../../kubernetes/secrets";
import {
  elementsOf,
  get,
  getBoolean,
  getList,
  getNumber,
  getString,
  isKnown,
  unknown,
  type Maybe,
} from "../../kubernetes/values";
import { findSubset, namedUpstream, type Subset } from "../apisix/apisix-upstream";
import { requestTimeout } from "../apisix/duration";
import { configsByName, pluginConfig, splitOfConfig, type NamedConfig } from "../apisix/plugin-config";
import { namesInList, plugin, pluginList } from "../apisix/plugins";
import { besideSplit, leftBy, splitInList } from "../apisix/traffic-split";
import { classOfConfig, classOfCrd } from "../apisix/ownership";
import { faultOf } from "../apisix/route-validation";
import {
  elements,
  isAnyWeighed,
  isObstacle,
  isReference,
  lasting,
  longLived,
  onlyOn,
  portAt,
  unknownValue,
  weighted,
  type Context,
  type Found,
  type Reference,
  type ServiceTarget,
  type Way,
} from "../follow/reference";
import { inStages, refused, taken, yes, type Verdict } from "../follow/ruling";
import { lacksPort, servicesNamed } from "../follow/service";
import type { ControllerLine } from "../routes";

export function* apisixRoutes(context: Context): Generator<Found> {
  for (const route of context.index.ofKind("apisix.apache.org/ApisixRoute")) {
    yield* taken(
      context,
      route,
      (line) => takes(context, line, route),
      (way) => {
        const start = { ...way.start, isNothingElse: hasNoPlugins(route) };
        return lastSubsets([...spec(context, route, { ...way, start })]);
      },
    );
  }
}

/** What a line makes of an ApisixRoute. What becomes of missing ports shows when its Services are looked up. */
function takes(context: Context, line: ControllerLine, route: Resource): Verdict {
  return inStages(
    () => classOfCrd(context, line, route),
    () => (line === "1" ? yes : isServed(route)),
    () => takesPluginConfigs(context, line, route),
    () => isValid(context, line, route),
  );
}

/** 2.x has one version. */
function isServed(route: Resource): Verdict {
  const { version } = route;
  if (version === "v2") return yes;
  return refused({ code: "version-not-served", version: isSecret(route, "apiVersion") ? hidden : version });
}

function isValid(context: Context, line: ControllerLine, route: Resource): Verdict {
  const fault = faultOf(line, route, (rule) => pluginConfigsOf(context, route, rule));
  return fault ? refused(fault) : yes;
}

/** A line refuses a route that names an ApisixPluginConfig which it doesn't take. */
function takesPluginConfigs(context: Context, line: ControllerLine, route: Resource): Verdict {
  const configs = elementsOf(route.body, "spec", "http").flatMap((rule) => pluginConfigsOf(context, route, rule));
  return inStages(...configs.map((config) => () => classOfConfig(context, line, route, config)));
}

/** Plugins may answer themselves, also where no upstream is left. */
function hasNoPlugins(route: Resource): boolean {
  const rules = ["http", "stream"].map((key) => getList(route.body, "spec", key));
  return (
    !route.isPatch &&
    rules.every(isKnown) &&
    rules.flatMap((list) => list ?? []).every((rule) => !get(rule, "plugins") && !get(rule, "plugin_config_name"))
  );
}

function pluginConfigsOf(context: Context, route: Resource, rule: unknown): readonly Resource[] {
  return configsByName(context, configNamed(rule), route) ?? [];
}

/** The ApisixPluginConfig that a rule names. */
function configNamed(rule: unknown): NamedConfig {
  const name = getString(rule, "plugin_config_name");
  return { kind: "ApisixPluginConfig", name, namespace: getString(rule, "plugin_config_namespace") };
}

/** 2.x keeps the endpoints of a Service once for the whole route: of several rules, the last one's subset. */
function* lastSubsets(found: readonly Found[]): Generator<Found> {
  const last = new Map<string, Subset | undefined>();
  for (const each of found) {
    const name = isReference(each) ? backendName(each) : undefined;
    if (name !== undefined && isReference(each)) last.set(name, (each.target as ServiceTarget).subset);
  }
  for (const each of found) {
    const name = isReference(each) && !each.way.lines.includes("1") ? backendName(each) : undefined;
    if (name === undefined || !isReference(each)) yield each;
    else yield { ...each, target: { ...(each.target as ServiceTarget), subset: last.get(name) } };
  }
}

/** The Service of a backend of an HTTP rule. */
function backendName({ path, target }: Reference): string | undefined {
  if (!("service" in target) || target.granularity !== "endpoints" || target.resolvedBy !== "controller")
    return undefined;
  return path.startsWith("spec.http") && isKnown(target.service) ? target.service : undefined;
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
    // UDP has no connections that could be cut.
    const isTcp = stream === "tcp" || getString(rule, "protocol") === "TCP";
    const to = isTcp ? longLived(way, "stream", route, `${path}.protocol`, "TCP") : way;
    const plugins = getList(rule, "plugins");
    const at = pluginPlace(context, route, `${path}.plugins`);
    const own = leftBy(splitInList(plugins, at), to);
    if (own) yield* backend(context, route, own, get(rule, "backend"), `${path}.backend`, ["1", "2"]);
    yield* pluginList(way, plugins, at);
  });
}

function pluginPlace(context: Context, from: Resource, path: string) {
  return { from, path, searchNamespace: context.settings.apisixNamespace };
}

function* httpRule(context: Context, route: Resource, start: Way, rule: unknown, path: string): Generator<Found> {
  const way = withWebSocket(lasting(start, requestTimeout(rule), route), route, rule, `${path}.websocket`);
  const backends = getList(rule, "backends");
  const upstreams = route.version === "v2" ? getList(rule, "upstreams") : undefined;
  const plugins = getList(rule, "plugins");
  const at = pluginPlace(context, route, `${path}.plugins`);
  const config = configNamed(rule);

  // Several backends become a `traffic-split` of the controller's. On 1.x it replaces one that the user wrote; on 2.x
  // it is the Service's, and the route's own wins. Whatever the split, the first backend is the route's upstream; on
  // 2.x, the first that the controller can translate.
  const all = [...(isKnown(backends) ? (backends ?? []) : []), ...(isKnown(upstreams) ? (upstreams ?? []) : [])];
  const valid = all.filter((body) => !isLeftOut(context, route, body));
  const isValid = new Set(valid);
  const mayBeSeveral = all.length > 1 || backends === unknown || upstreams === unknown;
  const named = { from: route, path: `${path}.plugin_config_name` };
  // A route's own plugin wins over that of its plugin config.
  const split = splitInList(plugins, at) ?? splitOfConfig(context, config, named);
  const isAny = isAnyWeighed(valid);
  const toOwn = (body: unknown): Way | undefined => {
    const weight = getNumber(body, "weight");
    if (!mayBeSeveral) return leftBy(split, way);
    // Where it leads says what it lacks.
    if (!isValid.has(body)) return way;
    const to = besideSplit(split, way, body === valid[0]);
    // Beside a split of the user's, only that one's weights count.
    const isFree = split !== undefined && to === way;
    const on2 = isFree && weight === 0 ? onlyOn("2", way, { code: "split-replaces-plugin" }) : undefined;
    return on2 && on2.lines.length > 0 ? on2 : to && weighted(to, weight, isAny);
  };
  const userSplit = (to: Way) => (mayBeSeveral ? onlyOn("2", to, { code: "split-replaces-plugin" }) : to);

  const isOld = route.version === "v2alpha1" || route.version === "v2beta1";
  if (isOld && countOf(backends) === 0 && backends !== unknown) {
    const to = leftBy(split, way);
    if (to) yield* backend(context, route, to, get(rule, "backend"), `${path}.backend`);
  }
  yield* elements(backends, { way, from: route, path: `${path}.backends` }, (body, path) => {
    const to = toOwn(body);
    return to ? backend(context, route, to, body, path) : [];
  });
  yield* elements(upstreams, { way, from: route, path: `${path}.upstreams` }, (body, path) => {
    const to = toOwn(body);
    return to ? namedUpstream(context, to, getString(body, "name"), { from: route, path: `${path}.name` }) : [];
  });
  yield* pluginList(way, plugins, at, { trafficSplit: userSplit });
  yield* pluginConfig(context, way, config, named, { trafficSplit: userSplit, except: namesInList(plugins) });
  if (getBoolean(rule, "authentication", "enable") === true) {
    const ldap = get(rule, "authentication", "ldapAuth");
    if (getString(rule, "authentication", "type") === "ldapAuth") {
      yield* plugin(way, "ldap-auth", ldap, pluginPlace(context, route, `${path}.authentication.ldapAuth`));
    }
  }
}

/** What a rule says itself wins over its Services' appProtocol. */
function withWebSocket(way: Way, route: Resource, rule: unknown, path: string): Way {
  const own = getBoolean(rule, "websocket");
  if (own === true) return longLived(way, "websocket", route, path, "true");
  return own === undefined ? way : { ...way, isWebSocketOff: true };
}

/** Is it a backend whose Service is there and lacks the port? 2.x makes no upstream of it. */
function isLeftOut({ index }: Context, route: Resource, body: unknown): boolean {
  const name = getString(body, "serviceName");
  const port = portAt(body, "servicePort");
  const place = index.placeOf(route);
  return typeof name === "string" && place !== undefined && lacksPort(servicesNamed(index, place, name), port);
}

function countOf(list: Maybe<unknown[]> | undefined): number {
  return isKnown(list) ? (list?.length ?? 0) : 0;
}

/** @param portKeeps the lines that drop the whole route if the Service doesn't have the port: 2.x only for a stream */
function* backend(
  context: Context,
  route: Resource,
  way: Way,
  body: unknown,
  path: string,
  portKeeps: readonly ControllerLine[] = ["1"],
): Generator<Found> {
  if (body === unknown) {
    yield unknownValue(route, path, way.steps);
    return;
  }
  const service = getString(body, "serviceName");
  if (service === undefined || service === "") return;
  const granularity = getString(body, "resolveGranularity") === "service" ? "service" : "endpoints";
  const subset = getString(body, "subset");
  let labels: Subset | undefined;
  // Behind a cluster IP there are no subsets.
  if (subset !== undefined && subset !== "" && granularity === "endpoints") {
    const found = findSubset(context, route, service, subset, { path: `${path}.subset`, way });
    if (isObstacle(found)) {
      yield found;
      return;
    }
    labels = found;
  }
  yield {
    way,
    from: route,
    path: `${path}.serviceName`,
    target: {
      service,
      port: portAt(body, "servicePort"),
      granularity,
      resolvedBy: "controller",
      portKeeps,
      ...(labels ? { subset: labels } : {}),
    },
  };
}
