/**
 * Plugins that make APISIX send requests to hosts which their configuration names: those of plugin-hosts.ts,
 * `traffic-split`, and two that hold others. Any other plugin is said where it holds the name of a Service.
 */
import { isSecret } from "../../kubernetes/resource";
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
import { elements, entries, noted, unknownValue, type Found, type Way } from "../follow/reference";
import { pluginHosts, type HostField } from "./plugin-hosts";
import { followSplit, isSwitchedOff, reached, trafficSplitName } from "./traffic-split";
import { below, cantFollow, urlReference, type Place } from "./upstream";

/** What becomes of what a plugin adds. */
export interface PluginRules {
  /** What becomes of the way of a `traffic-split`. */
  trafficSplit?: (way: Way) => Way;
  /** The names of plugins that stand where they win over these; unknown where any may. */
  except?: Maybe<ReadonlySet<string>>;
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
  const isLast = lastOfEach(list);
  yield* elements(list, { ...place, way }, function* (body, path, i) {
    const name = getString(body, "name");
    if (isSwitchedOff(body)) return;
    if (name === unknown) {
      yield unknownValue(place.from, `${path}.name`, way.steps);
      return;
    }
    if (name === undefined || !isLast(name, i)) return;
    const found = [...plugin(way, name, get(body, "config"), { ...place, path: `${path}.config` }, rules)];
    yield* found;
    // A Secret's keys are merged into the configuration.
    if (found.length === 0 && isFollowed(name) && getString(body, "secretRef") !== undefined) {
      yield cantFollow(way, { ...place, path: `${path}.secretRef` }, "upstream-in-secret");
    }
  });
}

/** Is a plugin the last one of its name? The controllers make a map of the list. One that isn't known may be any. */
function lastOfEach(list: Maybe<unknown[]> | undefined): (name: string, index: number) => boolean {
  const last = new Map<Maybe<string> | undefined, number>();
  for (const [i, body] of isKnown(list) && list ? list.entries() : []) {
    if (!isSwitchedOff(body)) last.set(getString(body, "name"), i);
  }
  return (name, index) => last.get(name) === index && index > (last.get(unknown) ?? -1);
}

/** The names of the plugins in a list that are on. */
export function namesInList(list: Maybe<unknown[]> | undefined): Maybe<ReadonlySet<string>> {
  if (list === unknown) return unknown;
  const names = (list ?? []).filter((body) => !isSwitchedOff(body)).map((body) => getString(body, "name"));
  return names.includes(unknown) ? unknown : new Set(names.filter((name) => typeof name === "string"));
}

/** Plugins as APISIX's own configuration has them: a map from name to configuration. */
export function* pluginMap(
  way: Way,
  map: Maybe<object> | undefined,
  place: Place,
  rules: PluginRules = {},
): Generator<Found> {
  yield* entries(map, { ...place, way }, (name) => plugin(way, name, get(map, name), below(place, name), rules));
}

/** The metadata of plugins: a map from name to what all plugins of the name share. */
export function* pluginMetadata(way: Way, map: Maybe<object> | undefined, place: Place): Generator<Found> {
  yield* entries(map, { ...place, way }, (name) => {
    const fields = hostFields(name).filter(({ metadata }) => metadata);
    return sends(way, name, fields, get(map, name), below(place, name));
  });
}

/** Plugins that hold others. */
const holders: Readonly<Record<string, (way: Way, config: unknown, place: Place) => Iterable<Found>>> = {
  "multi-auth": multiAuth,
  workflow,
};

function hostFields(name: string): readonly HostField[] {
  return Object.hasOwn(pluginHosts, name) ? (pluginHosts[name] ?? []) : [];
}

function isFollowed(name: string): boolean {
  return (
    name === trafficSplitName || Object.hasOwn(holders, name) || hostFields(name).some(({ metadata }) => !metadata)
  );
}

/** Where one plugin sends requests. */
export function* plugin(
  way: Way,
  name: string,
  config: unknown,
  place: Place,
  rules: PluginRules = {},
): Generator<Found> {
  if (getBoolean(config, "_meta", "disable") === true) return;
  if (rules.except === unknown || rules.except?.has(name)) return;
  if (name === trafficSplitName) {
    const to = rules.trafficSplit ? rules.trafficSplit(way) : way;
    if (to.lines.length === 0) return;
    if (config === unknown) yield unknownValue(place.from, place.path, way.steps);
    else yield* followSplit(to, config, place);
  } else if (Object.hasOwn(holders, name)) {
    if (config === unknown) yield unknownValue(place.from, place.path, way.steps);
    else yield* holders[name]?.(way, config, place) ?? [];
  } else if (Object.hasOwn(pluginHosts, name)) yield* configured(way, name, config, place);
  else yield* held(way, name, config, place);
}

/** Where a plugin sends requests by its own configuration. */
function configured(way: Way, name: string, config: unknown, place: Place): Generator<Found> {
  const fields = hostFields(name).filter(({ metadata }) => !metadata);
  return sends(way, name, fields, config, place);
}

function* sends(way: Way, name: string, fields: readonly HostField[], config: unknown, place: Place): Generator<Found> {
  if (fields.length === 0) return;
  if (config === unknown) {
    yield unknownValue(place.from, place.path, way.steps);
    return;
  }
  // Whatever the route's own connections are, the plugin makes requests.
  const { longLived: _, ...own } = way;
  const printed = shownPlugin(name, place);
  for (const field of fields) {
    const to: Way = field.told
      ? noted({ ...own, via: "mirror" }, { code: "fed-by-plugin", plugin: printed })
      : noted(own, { code: "asked-by-plugin", plugin: printed });
    yield* hosts(to, config, field, place);
  }
}

/** The name of a plugin, as messages print it. In a list it stands beside its configuration. */
function shownPlugin(name: string, { from, path }: Place): string {
  return [path, path.replace(/\.config$/, ".name")].some((each) => isSecret(from, each)) ? hidden : name;
}

/** The hosts of one field of a plugin. */
function* hosts(way: Way, config: unknown, { url, map, port, only }: HostField, place: Place): Generator<Found> {
  if (only !== undefined) {
    const [field, value] = only;
    const actual = getString(config, ...field.split("."));
    if (actual === unknown) {
      if (isSet(config, url)) yield unknownValue(place.from, below(place, field).path, way.steps);
      return;
    }
    if (actual !== value) return;
  }
  if (map) {
    const at = below(place, url);
    yield* entries(getObject(config, url), { ...at, way }, (key) => urlReference(way, key, at));
    return;
  }
  const [list, keys] = splitField(url);
  const portKeys = port === undefined ? undefined : splitField(port)[1];
  const host = (parent: unknown, path: string) => {
    const number = portKeys && getNumber(parent, ...portKeys);
    const at = { ...place, path: [path, ...keys].join(".") };
    return urlReference(way, getString(parent, ...keys), at, isKnown(number) ? number : undefined);
  };
  if (list === undefined) yield* host(config, place.path);
  else yield* elements(getList(config, ...list.split(".")), { ...below(place, list), way }, host);
}

function isSet(config: unknown, field: string): boolean {
  const [list, keys] = splitField(field);
  return get(config, ...(list?.split(".") ?? keys)) !== undefined;
}

/** `brokers[].host` → `brokers`, and the path `host`. */
function splitField(field: string): [list: string | undefined, keys: string[]] {
  const at = field.indexOf("[]");
  const rest = at < 0 ? field : field.slice(at + 3);
  return [at < 0 ? undefined : field.slice(0, at), rest === "" ? [] : rest.split(".")];
}

/**
 * `multi-auth`: each of its `auth_plugins` maps names to configurations, and a request goes through them until one lets
 * it in. It calls them itself, so their `_meta` doesn't count. Source: apache/apisix 3.18 apisix/plugins/multi-auth.lua.
 */
function* multiAuth(way: Way, config: unknown, place: Place): Generator<Found> {
  yield* elements(getList(config, "auth_plugins"), { ...below(place, "auth_plugins"), way }, (each, path) => {
    const at = { ...place, path };
    return entries(getObject(each), { ...at, way }, (name) => configured(way, name, get(each, name), below(at, name)));
  });
}

/** What `workflow` runs as an action, and registers itself. Source: apache/apisix 3.18 `workflow.register`. */
const actions: ReadonlySet<string> = new Set(["limit-conn", "limit-count"]);

/** Is a rule of `workflow` always run, or may it be? */
function mayAlwaysRun(rule: unknown): boolean {
  const condition = get(rule, "case");
  return condition === undefined || condition === unknown;
}

/**
 * `workflow`: the first of its `rules` whose `case` holds runs the first of its `actions`, `[name, configuration]`.
 * Source: apache/apisix 3.18 apisix/plugins/workflow.lua.
 */
function* workflow(way: Way, config: unknown, place: Place): Generator<Found> {
  yield* elements(
    reached(getList(config, "rules"), mayAlwaysRun),
    { ...below(place, "rules"), way },
    function* (rule, path) {
      const at = `${path}.actions[0]`;
      const name = getString(rule, "actions", 0, 0);
      if (name === unknown) yield unknownValue(place.from, at, way.steps);
      else if (name !== undefined && actions.has(name))
        yield* configured(way, name, get(rule, "actions", 0, 1), { ...place, path: `${at}[1]` });
    },
  );
}

/** How much of the configuration of a plugin is looked through: values, levels, and characters of a text. */
const limits = { values: 1000, levels: 10, characters: 10_000 };

/** The names of Services, with their namespace, in the texts of a plugin that isn't known. */
function* held(way: Way, name: string, config: unknown, place: Place): Generator<Found> {
  const heldBy = shownPlugin(name, place);
  const seen = new Set<string>();
  // The loop also comes to what it adds.
  const open = [{ value: config, path: place.path, level: 0 }];
  for (const { value, path, level } of open) {
    const texts = typeof value === "string" ? [value] : [];
    if (typeof value === "object" && value !== null && level < limits.levels) {
      const isList = Array.isArray(value);
      for (const key of Object.keys(value)) {
        if (open.length >= limits.values) break;
        open.push({ value: get(value, key), path: isList ? `${path}[${key}]` : `${path}.${key}`, level: level + 1 });
        if (!isList) texts.push(key);
      }
    }
    for (const host of texts.flatMap(serviceNames)) {
      if (seen.has(host)) continue;
      seen.add(host);
      yield { way, from: place.from, path, target: { host, port: undefined, searchNamespace: undefined, heldBy } };
    }
  }
}

/** The host names in a text that end as a Service's do: `web.shop.svc`, and what may follow. */
function serviceNames(text: string): string[] {
  return text
    .slice(0, limits.characters)
    .split(/[^a-z0-9._-]+/i)
    .filter((word) => /\.svc(\.|$)/i.test(word));
}
