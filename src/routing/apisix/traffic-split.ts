/**
 * Who gets the requests of a route that has the plugin `traffic-split`.
 *
 * Of its `rules`, the first that matches decides, and one without `match` matches always. An entry of its
 * `weighted_upstreams` without an upstream means the route's own. Source: apache/apisix 3.18
 * apisix/plugins/traffic-split.lua.
 */
import { labelOf } from "../../kubernetes/resource";
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
import {
  elements,
  isAnyWeighed,
  lasting,
  onlyOn,
  unknownValue,
  weighted,
  type Found,
  type Way,
} from "../follow/reference";
import { requestTimeout } from "./duration";
import { below, cantFollow, nodesOf, type Place } from "./upstream";

/** A `traffic-split` and where its configuration stands. */
export interface Split {
  config: unknown;
  place: Place;
}

export const trafficSplitName = "traffic-split";

/** Is an entry of a list of plugins switched off? `GatewayProxy` spells it `enabled`. */
export function isSwitchedOff(body: unknown): boolean {
  return getBoolean(body, "enable") === false || getBoolean(body, "enabled") === false;
}

/** The split among a list of plugins, of which the controllers make a map by name: the last one. */
export function splitInList(list: Maybe<unknown[]> | undefined, place: Place): Maybe<Split> | undefined {
  if (list === unknown) return unknown;
  let found: Maybe<Split> | undefined;
  for (const [i, body] of (list ?? []).entries()) {
    if (isSwitchedOff(body)) continue;
    const name = getString(body, "name");
    // An unknown plugin may be one.
    if (name === unknown) found = unknown;
    else if (name === trafficSplitName) {
      found = { config: get(body, "config"), place: { ...place, path: `${place.path}[${i}].config` } };
    }
  }
  return found;
}

/** The same of a map from name to configuration, as APISIX has it. */
export function splitInMap(map: Maybe<object> | undefined, place: Place): Maybe<Split> | undefined {
  if (map === unknown) return unknown;
  const config = get(map, trafficSplitName);
  return config === undefined ? undefined : { config, place: below(place, trafficSplitName) };
}

/**
 * The way to the route's own upstream beside a split: asleep where the split sends all requests elsewhere, and
 * undefined where that can't be known. The place of what isn't known is found where the split itself is followed.
 */
export function leftBy(split: Maybe<Split> | undefined, way: Way): Way | undefined {
  if (split === undefined) return way;
  if (split === unknown) return undefined;
  const leaves = leavesRequests(split.config);
  if (leaves === unknown) return undefined;
  if (leaves) return way;
  const { from, path } = split.place;
  return { ...way, isDormant: true, takenBy: { resource: labelOf(from), field: path } };
}

/**
 * The way to one of several backends, over which the controller makes a split of its own, beside one that the user
 * wrote. The user's wins on 2.x, where one backend is the route's own upstream, and loses on 1.x or isn't read there.
 */
export function besideSplit(split: Maybe<Split> | undefined, way: Way, isOwn: boolean): Way | undefined {
  if (split === undefined) return way;
  if (!isOwn) return onlyOn("1", way, { code: "plugin-replaces-split" });
  const left = leftBy(split, way);
  if (left === way) return way;
  const on1 = onlyOn("1", way, { code: "plugin-takes-all" });
  return on1.lines.length > 0 ? on1 : left;
}

/** Does a split leave requests to the route's own upstream? */
function leavesRequests(config: unknown): Maybe<boolean> {
  if (getBoolean(config, "_meta", "disable") === true) return true;
  const rules = reachedRules(config);
  if (rules === undefined || rules === unknown) return rules ?? true;
  const shares = rules.map((rule, i) => (matchesOf(rule, i) === "never" ? false : hasDefault(rule)));
  if (shares.includes(true)) return true;
  const last = rules.length > 0 ? matchesOf(rules.at(-1), rules.length - 1) : "never";
  if (last === unknown || shares.includes(unknown)) return unknown;
  return last !== "always";
}

/** The rules that requests may come to: up to the first that takes all, or may. */
export function reached(
  rules: Maybe<unknown[]> | undefined,
  mayTakeAll: (rule: unknown, index: number) => boolean,
): Maybe<unknown[]> | undefined {
  if (rules === undefined || rules === unknown) return rules;
  const last = rules.findIndex(mayTakeAll);
  return last < 0 ? rules : rules.slice(0, last + 1);
}

function reachedRules(config: unknown): Maybe<unknown[]> | undefined {
  return reached(getList(config, "rules"), (rule, i) => ["always", unknown].includes(matchesOf(rule, i)));
}

/** Does one rule give the route's own upstream requests? */
function hasDefault(rule: unknown): Maybe<boolean> {
  const list = getList(rule, "weighted_upstreams");
  // Without a list, the schema fills one in with the route's own upstream.
  if (list === undefined || list === unknown) return list ?? true;
  // Several entries for it are one, of the last one's weight.
  const own = list.filter((body) => body !== unknown && isDefault(body)).at(-1);
  if (own !== undefined) return getNumber(own, "weight") !== 0 || !isAnyWeighed(list);
  return list.includes(unknown) ? unknown : false;
}

function isDefault(body: unknown): boolean {
  return get(body, "upstream") === undefined && get(body, "upstream_id") === undefined;
}

/** An empty `match` doesn't change what the rules before it have left: true at first, false after one that failed. */
function matchesOf(rule: unknown, index: number): Maybe<"always" | "sometimes" | "never"> {
  const match = getList(rule, "match");
  if (match === undefined) return "always";
  if (match === unknown) return unknown;
  if (match.length > 0) return "sometimes";
  return index === 0 ? "always" : "never";
}

/** Where a split sends requests, besides the route's own upstream. */
export function* followSplit(way: Way, config: unknown, place: Place): Generator<Found> {
  const { from } = place;
  yield* elements(reachedRules(config), { ...below(place, "rules"), way }, function* (rule, path, i) {
    const matches = matchesOf(rule, i);
    if (matches === "never") return;
    if (matches === unknown) yield unknownValue(from, `${path}.match`, way.steps);
    if (matches === unknown && i > 0) return;
    const list = getList(rule, "weighted_upstreams");
    const isAny = isAnyWeighed(isKnown(list) ? list : undefined);
    yield* elements(list, { from, path: `${path}.weighted_upstreams`, way }, function* (body, path) {
      const to = weighted(way, getNumber(body, "weight"), isAny);
      const at = (key: string) => ({ ...place, path: `${path}.${key}` });
      const inline = getObject(body, "upstream");
      if (get(body, "upstream_id") !== undefined) {
        yield cantFollow(to, at("upstream_id"), "upstream-id-not-followed");
      } else if (inline === unknown) yield unknownValue(from, `${path}.upstream`, way.steps);
      else if (inline !== undefined && get(inline, "nodes") !== undefined) {
        yield* nodesOf(lasting(to, requestSeconds(inline), from), inline, at("upstream"));
      } else if (get(inline, "discovery_type") !== undefined) {
        // The plugin takes nodes only, and fails on anything else.
        yield cantFollow(to, at("upstream"), "discovery-not-followed");
      }
    });
  });
}

/** `timeout: {connect, send, read}` of APISIX's own configuration, whose numbers are seconds. */
export function requestSeconds(body: unknown): number | undefined {
  const values = ["send", "read"]
    .map((key) => getNumber(body, "timeout", key))
    .filter((value) => typeof value === "number");
  return values.length > 0 ? Math.max(...values) : requestTimeout(body);
}
