/**
 * What the lines check of an ApisixRoute before they push any of it: one fault, and they refuse the whole route.
 *
 * Sources: 1.8.4 pkg/providers/apisix/translation/apisix_route.go (translateHTTPRouteV2, TranslateRouteMatchExprs,
 * translateStreamRouteV2), pkg/providers/translation/util.go (ValidateRemoteAddrs); 2.2.0
 * internal/controller/apisixroute_controller.go (processApisixRoute), api/v2/apisixroute_types.go (ToVars),
 * internal/adc/translator/apisixroute.go (buildPluginConfig).
 */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { elementsOf, get, getBoolean, getList, getString, unknown } from "../../kubernetes/values";
import type { ControllerLine, Refusal } from "../routes";
import { isAddressOrRange } from "./address";
import { isUnreadable } from "./duration";

/** The first fault of a route for a line, in the line's order. @param configs the ApisixPluginConfigs of a rule */
export function faultOf(
  line: ControllerLine,
  route: Resource,
  configs: (rule: unknown) => readonly Resource[],
): Refusal | undefined {
  const [first] = faults(line, route, configs);
  return first;
}

function* faults(
  line: ControllerLine,
  route: Resource,
  configs: (rule: unknown) => readonly Resource[],
): Generator<Refusal> {
  const http = rulesOf(route, "http");
  const streams = rulesOf(route, streamsKey(route));
  // The object isn't read at all, and with it no other of its kind: the list of them is decoded as one.
  for (const { rule, path } of http) {
    const key = ["connect", "read", "send"].find((each) => isUnreadable(getString(rule, "timeout", each)));
    if (key !== undefined) yield { code: "duration-unreadable", field: `${path}.timeout.${key}` };
  }
  if (hasNoRules(route)) yield { code: "no-rules" };
  const names = new Set<string>();
  for (const { rule, path } of http) {
    if (isTaken(names, rule)) yield { code: "rule-name-twice", field: `${path}.name` };
    yield* matchFaults(line, rule, `${path}.match`);
    if (line === "2" && namesServiceTwice(rule)) yield { code: "service-named-twice", field: path };
  }
  // 1.x keeps the names of streams apart.
  const taken = line === "1" ? new Set<string>() : names;
  for (const { rule, path } of streams) {
    if (isTaken(taken, rule)) yield { code: "rule-name-twice", field: `${path}.name` };
  }
  if (line === "1") return;
  for (const { rule, path } of [...http, ...streams]) {
    yield* pluginFaults(route, rule, `${path}.plugins`);
    for (const config of configs(rule)) yield* pluginFaults(config, get(config.body, "spec"), "spec.plugins");
  }
}

function streamsKey({ version }: Resource): string {
  return version === "v2alpha1" ? "tcp" : "stream";
}

function rulesOf(route: Resource, key: string): { rule: unknown; path: string }[] {
  return elementsOf(route.body, "spec", key).map((rule, i) => ({ rule, path: `spec.${key}[${i}]` }));
}

/** The API of 1.x refuses a route without rules, 2.x takes it and makes nothing of it. */
function hasNoRules(route: Resource): boolean {
  if (route.isPatch) return false;
  const keys = route.version === "v1" ? ["rules"] : ["http", streamsKey(route)];
  return keys.every((key) => {
    const list = getList(route.body, "spec", key);
    return list === undefined || (list !== unknown && list.length === 0);
  });
}

/** Has another rule that name? */
function isTaken(names: Set<string>, rule: unknown): boolean {
  const name = getString(rule, "name");
  if (name === undefined || name === unknown) return false;
  if (names.has(name)) return true;
  names.add(name);
  return false;
}

function namesServiceTwice(rule: unknown): boolean {
  const names = elementsOf(rule, "backends")
    .map((backend) => getString(backend, "serviceName"))
    .filter((name) => typeof name === "string");
  return new Set(names).size < names.length;
}

function* matchFaults(line: ControllerLine, rule: unknown, path: string): Generator<Refusal> {
  for (const [i, expression] of elementsOf(rule, "match", "exprs").entries()) {
    if (isFaulty(line, expression)) yield { code: "expression-invalid", field: `${path}.exprs[${i}]` };
  }
  for (const [i, address] of elementsOf(rule, "match", "remoteAddrs").entries()) {
    const isRefused = typeof address === "string" && !isAddressOrRange(address);
    if (isRefused) yield { code: "remote-address-invalid", field: `${path}.remoteAddrs[${i}]` };
  }
}

const scopes = ["Cookie", "Header", "Path", "Query", "Variable"];
const withSet = ["In", "NotIn"];
const withValue = [
  ...["Equal", "NotEqual", "GreaterThan", "GreaterThanEqual", "LessThan", "LessThanEqual", "RegexMatch"],
  ...["RegexNotMatch", "RegexMatchCaseInsensitive", "RegexNotMatchCaseInsensitive"],
];

function isFaulty(line: ControllerLine, expression: unknown): boolean {
  const scope = getString(expression, "subject", "scope");
  const name = getString(expression, "subject", "name");
  const op = getString(expression, "op");
  if (expression === unknown || scope === unknown || name === unknown || op === unknown) return false;
  if (!name && scope !== "Path") return true;
  if (!scope || !(scopes.includes(scope) || (line === "2" && scope === "Body"))) return true;
  if (op !== undefined && withSet.includes(op)) return get(expression, "set") === undefined;
  return op === undefined || !withValue.includes(op) || get(expression, "value") === undefined;
}

/** 2.x wants an object, and its API takes anything; that of 1.x takes objects only. */
function* pluginFaults(from: Resource, parent: unknown, path: string): Generator<Refusal> {
  for (const [i, plugin] of elementsOf(parent, "plugins").entries()) {
    const value = get(plugin, "config");
    const isOn = getBoolean(plugin, "enable") ?? true;
    if (value === undefined || value === unknown || isOn !== true) continue;
    if (typeof value === "object" && !Array.isArray(value)) continue;
    yield { code: "plugin-config-unreadable", field: `${path}[${i}].config`, resource: labelOf(from) };
  }
}
