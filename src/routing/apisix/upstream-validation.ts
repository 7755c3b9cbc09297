/**
 * What the lines refuse of an ApisixUpstream: then they make no upstream of it, whether a route names it or it tunes the
 * Service of its name.
 *
 * Sources: 1.8.4 pkg/providers/translation/{service,apisix_upstream}.go,
 * pkg/providers/apisix/translation/apisix_upstream.go; 2.2.0 internal/adc/translator/apisixupstream.go,
 * internal/controller/apisixroute_controller.go (processExternalNodes). What an API refuses never gets that far, and isn't
 * looked for: 1.x' takes no negative `retries`, 2.x' none of the other kinds of a load balancer.
 */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { oncePer } from "../../once";
import { elementsOf, get, getList, getNumber, getString, unknown, type Maybe } from "../../kubernetes/values";
import type { Context } from "../follow/reference";
import { servicesNamed } from "../follow/service";
import type { ControllerLine, Refusal } from "../routes";
import { isBelow, isUnreadable } from "./duration";
import { classOfCrd } from "./ownership";
import { settingsOf, type Settings } from "./upstream-settings";

export type UpstreamFault = Refusal<
  "apisix-upstream-refused" | "apisix-upstream-empty" | "external-node-of-wrong-type"
>;

/** Why a line makes no upstream of an ApisixUpstream that a route names in `upstreams[]`. */
export function faultOfNamed(
  context: Context,
  line: ControllerLine,
  upstream: Resource,
  route: Resource,
): UpstreamFault | undefined {
  // What a patch doesn't set, it doesn't unset.
  if (upstream.isPatch) return undefined;
  const field = unreadableField(upstream);
  if (field !== undefined) return { code: "apisix-upstream-refused", upstream: labelOf(upstream), field };
  return settingFault[line](settingsOf(upstream).whole) ?? nodeFault(context, line, upstream, route, true);
}

/**
 * Why a line makes no upstream of a Service because of the ApisixUpstream with its name.
 *
 * @param port the Service's port by number
 */
export function faultOfNamesake(
  context: Context,
  line: ControllerLine,
  upstream: Resource,
  route: Resource,
  port: Maybe<number> | undefined,
): UpstreamFault | undefined {
  if (upstream.isPatch || !isRead(context, line, upstream)) return undefined;
  const { whole, ofPort: byPort } = settingsOf(upstream);
  const ofPort = (typeof port === "number" && byPort.get(port)) || [];
  const fault = settingFault[line];
  // On 1.x the first of a port's own settings replaces the others, and the nodes aren't looked at.
  if (line === "1") return fault(ofPort[0] ?? whole);
  return (
    fault(whole) ??
    nodeFault(context, line, upstream, route, false) ??
    ofPort.map(fault).find((each) => each !== undefined)
  );
}

/**
 * Does a line read an ApisixUpstream that it finds by a Service's name? 1.x looks at its class, 2.x doesn't. One that can't
 * be decoded isn't found, and the Service is reached as if there were none.
 */
export function isRead(context: Context, line: ControllerLine, upstream: Resource): boolean {
  if (unreadableField(upstream) !== undefined) return false;
  return line === "2" || classOfCrd(context, line, upstream).takes === true;
}

/** The path of a duration for which the controllers can't decode an ApisixUpstream. */
const unreadableField = oncePer((upstream: Resource): string | undefined => {
  const { whole, ofPort } = settingsOf(upstream);
  for (const { body, path } of [whole, ...[...ofPort.values()].flat()]) {
    const field = durationFields.find((keys) => isUnreadable(getString(body, ...keys)));
    if (field) return `${path}.${field.join(".")}`;
  }
  return undefined;
});

const durationFields = [
  ...["connect", "read", "send"].map((key) => ["timeout", key]),
  ...["healthy", "unhealthy"].map((state) => ["healthCheck", "active", state, "interval"]),
];

/** Why a line refuses settings. */
const settingFault = { "1": oncePer(faultsOn("1")), "2": oncePer(faultsOn("2")) };

function faultsOn(line: ControllerLine) {
  return ({ upstream, body, path }: Settings): UpstreamFault | undefined => {
    const field = refusedSetting(line, body);
    return field === undefined
      ? undefined
      : { code: "apisix-upstream-refused", upstream: labelOf(upstream), field: `${path}.${field}` };
  };
}

/** The path of a setting that a line refuses. */
function refusedSetting(line: ControllerLine, config: unknown): string | undefined {
  const retries = getNumber(config, "retries");
  if (line === "2" && typeof retries === "number" && retries < 0) return "retries";
  for (const key of ["connect", "read", "send"]) {
    const timeout = getString(config, "timeout", key);
    if (isBelow(timeout, 0)) return `timeout.${key}`;
  }
  for (const state of ["healthy", "unhealthy"]) {
    const check = get(config, "healthCheck", "active", state);
    if (check === undefined || check === unknown) continue;
    const interval = getString(check, "interval");
    if (interval === undefined || isBelow(interval, 1)) return `healthCheck.active.${state}.interval`;
  }
  const isUnhashed =
    getString(config, "loadbalancer", "type") === "chash" && get(config, "loadbalancer", "hashOn") === undefined;
  // The CRD of 2.x has a default.
  return line === "1" && isUnhashed ? "loadbalancer.hashOn" : undefined;
}

/** Source of the pattern: MatchHostDef, 1.8.4 pkg/providers/utils/schema.go, 2.2.0 internal/utils/k8s.go. */
const host = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const nodeTypes: readonly (Maybe<string> | undefined)[] = ["Domain", "Service", unknown];

/** The external nodes of an ApisixUpstream, as a line reads them: up to the first that it refuses as it stands. */
interface Nodes {
  isEmpty: boolean;
  /** Those that are Services, each name once. */
  services: readonly { name: string; path: string; isNamedSo: boolean }[];
  /** The path of what is refused. */
  refused?: string;
}

const nodesOn = { "1": oncePer(readNodes("1")), "2": oncePer(readNodes("2")) };

function readNodes(line: ControllerLine) {
  // 2.x takes every other type for `Service`, 1.x passes over the node.
  const isPassedOver = (node: unknown) => line === "1" && !nodeTypes.includes(getString(node, "type"));
  return (upstream: Resource): Nodes => {
    const list = getList(upstream.body, "spec", "externalNodes") ?? [];
    if (list === unknown) return { isEmpty: false, services: [] };
    const isEmpty = list.every(isPassedOver);
    const services = new Map<string, Nodes["services"][number]>();
    for (const [i, node] of list.entries()) {
      const type = getString(node, "type");
      const name = getString(node, "name") ?? "";
      const path = `spec.externalNodes[${i}]`;
      if (type === unknown || name === unknown || isPassedOver(node)) continue;
      if (type !== "Domain") {
        const isNamedSo = type === "Service";
        const key = `${isNamedSo} ${name}`;
        if (!services.has(key)) services.set(key, { name, path, isNamedSo });
      } else if (!host.test(name)) return { isEmpty, services: [...services.values()], refused: `${path}.name` };
    }
    return { isEmpty, services: [...services.values()] };
  };
}

/**
 * One bad node, and none of them is taken.
 *
 * @param isNamed whether a route names the ApisixUpstream: only then does 2.x look its Services up
 */
function nodeFault(
  { index }: Context,
  line: ControllerLine,
  upstream: Resource,
  route: Resource,
  isNamed: boolean,
): UpstreamFault | undefined {
  const { isEmpty, services, refused } = nodesOn[line](upstream);
  const label = labelOf(upstream);
  if (isNamed && isEmpty && get(upstream.body, "spec", "discovery") === undefined) {
    return { code: "apisix-upstream-empty", upstream: label };
  }
  for (const { name, path, isNamedSo } of services) {
    if (!(isNamed && isNamedSo) && !mayLoad(route, name))
      return { code: "apisix-upstream-refused", upstream: label, field: `${path}.type` };
    // One that the stack doesn't hold may be elsewhere.
    const place = index.placeOf(upstream);
    const found = place === undefined ? [] : servicesNamed(index, place, name);
    const [first] = found;
    if (first && found.every(isOrdinary)) return { code: "external-node-of-wrong-type", service: labelOf(first) };
  }
  return refused === undefined ? undefined : { code: "apisix-upstream-refused", upstream: label, field: refused };
}

/** Is it surely no ExternalName? */
function isOrdinary(service: Resource): boolean {
  const type = getString(service.body, "spec", "type");
  return type === undefined ? !service.isPatch : type !== unknown && type !== "ExternalName";
}

/** Might 2.x have looked a Service up for another part of the route? Then it takes it for a node of any type, too. */
function mayLoad(route: Resource, service: string): boolean {
  const { isAny, names } = loadedBy(route);
  return isAny || names.has(service);
}

/** The Services that 2.x looks up for a route; any, where that isn't known. */
const loadedBy = oncePer((route: Resource): { isAny: boolean; names: ReadonlySet<unknown> } => {
  const rules = elementsOf(route.body, "spec", "http");
  const streams = elementsOf(route.body, "spec", "stream").map((rule) => get(rule, "backend"));
  const backends = [...rules.flatMap((rule) => elementsOf(rule, "backends")), ...streams];
  const names = new Set<unknown>(backends.map((backend) => getString(backend, "serviceName")));
  const upstreams = rules.flatMap((rule) => elementsOf(rule, "upstreams"));
  return { isAny: rules.includes(unknown) || names.has(unknown) || upstreams.length > 1, names };
});
