/**
 * Plugins that make APISIX send requests to hosts which their configuration names.
 *
 * Source: the schemas in apache/apisix 3.18 apisix/plugins/*.lua. Plugins that run code (`serverless-*`,
 * `ext-plugin-*`) can send anything anywhere: they are not followed, and not said either, as nearly none of them do.
 */
import { isSecret, type Resource } from "../../kubernetes/resource";
import { hidden } from "../../kubernetes/secrets";
import {
  get,
  getBoolean,
  getList,
  getNumber,
  getObject,
  getString,
  isKnown,
  unknown,
  type Maybe,
} from "../../kubernetes/values";
import { requestTimeout } from "./duration";
import {
  elements,
  lasting,
  noted,
  shownName,
  through,
  stepOf,
  unknownValue,
  weighted,
  type Context,
  type Found,
  type Way,
} from "../follow/reference";
import { below, cantFollow, upstream, urlReference, type Place } from "./upstream";

/** Where in a plugin's configuration the host stands. `[]` stands for each element of a list. */
interface Field {
  url: string;
  /** Where the port stands, if the host and it are two fields. */
  port?: string;
}

/** Requests wait for the answer of these. */
const asked: Readonly<Record<string, readonly Field[]>> = {
  "ai-proxy": [{ url: "override.endpoint" }],
  "ai-proxy-multi": [{ url: "instances[].override.endpoint" }],
  "authz-casdoor": [{ url: "endpoint_addr" }],
  "authz-keycloak": [{ url: "discovery" }, { url: "token_endpoint" }, { url: "resource_registration_endpoint" }],
  "aws-lambda": [{ url: "function_uri" }],
  "azure-functions": [{ url: "function_uri" }],
  "cas-auth": [{ url: "idp_uri" }],
  "forward-auth": [{ url: "uri" }],
  "ldap-auth": [{ url: "ldap_uri" }],
  "limit-conn": [{ url: "redis_host", port: "redis_port" }, { url: "redis_cluster_nodes[]" }],
  "limit-count": [{ url: "redis_host", port: "redis_port" }, { url: "redis_cluster_nodes[]" }],
  "limit-req": [{ url: "redis_host", port: "redis_port" }, { url: "redis_cluster_nodes[]" }],
  opa: [{ url: "host" }],
  openfunction: [{ url: "function_uri" }],
  "openid-connect": [{ url: "discovery" }, { url: "introspection_endpoint" }],
  openwhisk: [{ url: "api_host" }],
  "wolf-rbac": [{ url: "server" }],
};

/** What goes to these, no client waits for. */
const told: Readonly<Record<string, readonly Field[]>> = {
  "clickhouse-logger": [{ url: "endpoint_addr" }, { url: "endpoint_addrs[]" }],
  "elasticsearch-logger": [{ url: "endpoint_addr" }, { url: "endpoint_addrs[]" }],
  "http-logger": [{ url: "uri" }],
  "kafka-logger": [{ url: "brokers[].host", port: "brokers[].port" }],
  "loki-logger": [{ url: "endpoint_addrs[]" }],
  "proxy-mirror": [{ url: "host" }],
  "rocketmq-logger": [{ url: "nameserver_list[]" }],
  "skywalking-logger": [{ url: "endpoint_addr" }],
  "splunk-hec-logging": [{ url: "endpoint.uri" }],
  syslog: [{ url: "host", port: "port" }],
  "tcp-logger": [{ url: "host", port: "port" }],
  "udp-logger": [{ url: "host", port: "port" }],
  zipkin: [{ url: "endpoint" }],
};

/** The names of the plugins that are followed. */
export const plugins: readonly string[] = ["traffic-split", ...Object.keys(asked), ...Object.keys(told)];

/** Which part of a way a plugin may take: all of it, or what `traffic-split` is left by the controller. */
export interface PluginRules {
  /** What becomes of the way of a `traffic-split`. */
  trafficSplit?: (way: Way) => Way;
}

/**
 * A list of plugins as the CRDs have it: `{name, enable, config, secretRef}`. `enable` has to be true on 1.x and is by
 * default on 2.x; GatewayProxy spells it `enabled`, and the other kinds of v1alpha1 have no such field.
 */
export function* pluginList(
  way: Way,
  list: Maybe<unknown[]> | undefined,
  place: Place,
  rules: PluginRules = {},
): Generator<Found> {
  yield* elements(list, { ...place, way }, function* (body, path) {
    const name = getString(body, "name");
    if (getBoolean(body, "enable") === false || getBoolean(body, "enabled") === false) return;
    if (name === unknown) {
      yield unknownValue(place.from, `${path}.name`, way.steps);
      return;
    }
    if (name === undefined) return;
    const found = [...plugin(way, name, get(body, "config"), { ...place, path: `${path}.config` }, rules)];
    yield* found;
    // A Secret's keys are merged into the configuration.
    if (found.length === 0 && isFollowed(name) && getString(body, "secretRef") !== undefined) {
      yield cantFollow(way, { ...place, path: `${path}.secretRef` }, "upstream-in-secret");
    }
  });
}

/** Plugins as APISIX's own configuration has them: a map from name to configuration. */
export function* pluginMap(
  way: Way,
  map: Maybe<object> | undefined,
  place: Place,
  rules: PluginRules = {},
): Generator<Found> {
  if (map === undefined) return;
  if (map === unknown) {
    yield unknownValue(place.from, place.path, way.steps);
    return;
  }
  for (const name of Object.keys(map)) yield* plugin(way, name, get(map, name), below(place, name), rules);
}

function isFollowed(name: string): boolean {
  return name === "traffic-split" || Object.hasOwn(asked, name) || Object.hasOwn(told, name);
}

/** Where one plugin sends requests. */
export function* plugin(
  way: Way,
  name: string,
  config: unknown,
  place: Place,
  rules: PluginRules = {},
): Generator<Found> {
  if (!isFollowed(name)) return;
  if (config === unknown) {
    yield unknownValue(place.from, place.path, way.steps);
    return;
  }
  if (getBoolean(config, "_meta", "disable") === true) return;
  if (name === "traffic-split") {
    yield* trafficSplit(rules.trafficSplit?.(way) ?? way, config, place);
    return;
  }
  const isTold = Object.hasOwn(told, name);
  // In a list it stands beside its configuration.
  const isHidden = [place.path, place.path.replace(/\.config$/, ".name")].some((path) => isSecret(place.from, path));
  const printed = isHidden ? hidden : name;
  // Whatever the route's own connections are, the plugin makes requests.
  const { longLived: _, ...own } = way;
  const to: Way = isTold
    ? noted({ ...own, via: "mirror" }, { code: "fed-by-plugin", plugin: printed })
    : noted(own, { code: "asked-by-plugin", plugin: printed });
  for (const field of (isTold ? told : asked)[name] ?? []) yield* hosts(to, config, field, place);
}

/** The hosts of one field of a plugin. */
function* hosts(way: Way, config: unknown, { url, port }: Field, place: Place): Generator<Found> {
  const [list, keys] = splitField(url);
  const portKeys = port === undefined ? undefined : splitField(port)[1];
  const host = (parent: unknown, path: string) => {
    const number = portKeys && getNumber(parent, ...portKeys);
    const at = { ...place, path: [path, ...keys].join(".") };
    return urlReference(way, getString(parent, ...keys), at, isKnown(number) ? number : undefined);
  };
  if (list === undefined) yield* host(config, place.path);
  else yield* elements(getList(config, list), { ...below(place, list), way }, host);
}

/** `brokers[].host` → `brokers`, and the path `host`. */
function splitField(field: string): [list: string | undefined, keys: string[]] {
  const at = field.indexOf("[]");
  const rest = at < 0 ? field : field.slice(at + 3);
  return [at < 0 ? undefined : field.slice(0, at), rest === "" ? [] : rest.split(".")];
}

function* trafficSplit(way: Way, config: unknown, place: Place): Generator<Found> {
  yield* elements(getList(config, "rules"), { ...below(place, "rules"), way }, (rule, path) =>
    elements(
      getList(rule, "weighted_upstreams"),
      { from: place.from, path: `${path}.weighted_upstreams`, way },
      function* (body, path) {
        const to = weighted(way, getNumber(body, "weight"));
        const inline = getObject(body, "upstream");
        if (inline === unknown) yield unknownValue(place.from, `${path}.upstream`, way.steps);
        else if (inline !== undefined) {
          yield* upstream(lasting(to, requestSeconds(inline), place.from), inline, {
            ...place,
            path: `${path}.upstream`,
          });
        } else if (get(body, "upstream_id") !== undefined) {
          yield cantFollow(to, { ...place, path: `${path}.upstream_id` }, "upstream-id-not-followed");
        }
      },
    ),
  );
}

/** `timeout: {connect, send, read}` of APISIX's own configuration, whose numbers are seconds. */
export function requestSeconds(body: unknown): number | undefined {
  const values = ["send", "read"]
    .map((key) => getNumber(body, "timeout", key))
    .filter((value) => typeof value === "number");
  return values.length > 0 ? Math.max(...values) : requestTimeout(body);
}

/** The plugins of an ApisixPluginConfig or PluginConfig that a route names. */
export function* pluginConfig(
  context: Context,
  way: Way,
  named: {
    kind: "ApisixPluginConfig" | "PluginConfig";
    name: Maybe<string> | undefined;
    namespace?: Maybe<string> | undefined;
  },
  at: { from: Resource; path: string },
  rules: PluginRules = {},
): Generator<Found> {
  const { index, settings } = context;
  const { kind, name, namespace } = named;
  if (name === undefined || name === "") return;
  const place = namespace
    ? isKnown(namespace)
      ? index.placeNamed(at.from.cluster, namespace)
      : undefined
    : index.placeOf(at.from);
  if (name === unknown || place === undefined) {
    const origin = index.origin(at.from, at.path.split(".")[0] ?? "", (other) => other.kind === kind);
    if (origin) yield* pluginsOf(origin, way, settings.apisixNamespace, rules);
    else yield unknownValue(at.from, at.path, way.steps);
    return;
  }
  const configs = index.named(place, `apisix.apache.org/${kind}`, name);
  for (const config of configs) yield* pluginsOf(config, way, settings.apisixNamespace, rules);
  if (configs.length > 0) return;
  const shown = `${kind} ${shownName(at.from, at.path, index.nameIn(place, name))}`;
  yield {
    code: "plugin-config-not-in-stack",
    data: { config: shown },
    cause: `${place} ${kind} ${name}`,
    resource: at.from,
    steps: [...way.steps, { label: shown }],
  };
}

/** The plugins of a resource with `spec.plugins`. */
export function* pluginsOf(
  resource: Resource,
  way: Way,
  searchNamespace: string | undefined,
  rules: PluginRules = {},
): Generator<Found> {
  const isStart = way.steps.at(-1)?.id === resource.id;
  yield* pluginList(
    isStart ? way : through(way, stepOf(resource)),
    getList(resource.body, "spec", "plugins"),
    { from: resource, path: "spec.plugins", searchNamespace },
    rules,
  );
}
