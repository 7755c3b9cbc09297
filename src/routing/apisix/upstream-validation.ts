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
import { elementsOf, get, getList, getNumber, getString, unknown, type Maybe } from "../../kubernetes/values";
import type { Context } from "../follow/reference";
import { servicesNamed } from "../follow/service";
import type { ControllerLine, Refusal } from "../routes";
import { isBelow, isUnreadable } from "./duration";
import { classOfCrd } from "./ownership";

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
  return (
    settingFault(line, upstream, get(upstream.body, "spec"), "spec") ?? nodeFault(context, line, upstream, route, true)
  );
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
  const ofPort = elementsOf(upstream.body, "spec", "portLevelSettings")
    .map((body, i) => ({ body, path: `spec.portLevelSettings[${i}]` }))
    .filter(({ body }) => typeof port === "number" && getNumber(body, "port") === port);
  const whole = { body: get(upstream.body, "spec"), path: "spec" };
  const fault = ({ body, path }: { body: unknown; path: string }) => settingFault(line, upstream, body, path);
  // On 1.x the first of a port's own settings replaces the others, and the nodes aren't looked at.
  if (line === "1") return fault(ofPort[0] ?? whole);
  return (
    fault(whole) ??
    nodeFault(context, line, upstream, route, false) ??
    ofPort.map(fault).find((each) => each !== undefined)
  );
}

/** 1.x looks at the class of an ApisixUpstream that it finds by a Service's name, 2.x doesn't. */
export function isRead(context: Context, line: ControllerLine, upstream: Resource): boolean {
  return line === "2" || classOfCrd(context, line, upstream).takes === true;
}

function settingFault(
  line: ControllerLine,
  upstream: Resource,
  config: unknown,
  path: string,
): UpstreamFault | undefined {
  const field = refusedSetting(line, config);
  return field === undefined
    ? undefined
    : { code: "apisix-upstream-refused", upstream: labelOf(upstream), field: `${path}.${field}` };
}

/** The path of a setting that a line refuses. */
function refusedSetting(line: ControllerLine, config: unknown): string | undefined {
  const retries = getNumber(config, "retries");
  if (line === "2" && typeof retries === "number" && retries < 0) return "retries";
  for (const key of ["connect", "read", "send"]) {
    const timeout = getString(config, "timeout", key);
    if (isUnreadable(timeout) || isBelow(timeout, 0)) return `timeout.${key}`;
  }
  for (const state of ["healthy", "unhealthy"]) {
    const check = get(config, "healthCheck", "active", state);
    if (check === undefined || check === unknown) continue;
    const interval = getString(check, "interval");
    const isRefused = interval === undefined || isUnreadable(interval) || isBelow(interval, 1);
    if (isRefused) return `healthCheck.active.${state}.interval`;
  }
  const isUnhashed =
    getString(config, "loadbalancer", "type") === "chash" && get(config, "loadbalancer", "hashOn") === undefined;
  // The CRD of 2.x has a default.
  return line === "1" && isUnhashed ? "loadbalancer.hashOn" : undefined;
}

/** Source of the pattern: MatchHostDef, 1.8.4 pkg/providers/utils/schema.go, 2.2.0 internal/utils/k8s.go. */
const host = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const nodeTypes: readonly (Maybe<string> | undefined)[] = ["Domain", "Service", unknown];

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
  const nodes = getList(upstream.body, "spec", "externalNodes") ?? [];
  // 2.x takes every other type for `Service`, 1.x passes over the node.
  const isPassedOver = (node: unknown) => line === "1" && !nodeTypes.includes(getString(node, "type"));
  const isEmpty = nodes !== unknown && nodes.every(isPassedOver);
  if (isNamed && isEmpty && get(upstream.body, "spec", "discovery") === undefined) {
    return { code: "apisix-upstream-empty", upstream: labelOf(upstream) };
  }
  for (const [i, node] of (nodes === unknown ? [] : nodes).entries()) {
    const type = getString(node, "type");
    const name = getString(node, "name") ?? "";
    const at = (key: string) =>
      ({
        code: "apisix-upstream-refused",
        upstream: labelOf(upstream),
        field: `spec.externalNodes[${i}].${key}`,
      }) as const;
    if (type === unknown || name === unknown) continue;
    if (type === "Domain") {
      if (!host.test(name)) return at("name");
      continue;
    }
    if (isPassedOver(node)) continue;
    if (!(isNamed && type === "Service") && !mayLoad(route, name)) return at("type");
    // One that the stack doesn't hold may be elsewhere.
    const place = index.placeOf(upstream);
    const services = place === undefined ? [] : servicesNamed(index, place, name);
    const [first] = services;
    if (first && services.every(isOrdinary)) return { code: "external-node-of-wrong-type", service: labelOf(first) };
  }
  return undefined;
}

/** Is it surely no ExternalName? */
function isOrdinary(service: Resource): boolean {
  const type = getString(service.body, "spec", "type");
  return type === undefined ? !service.isPatch : type !== unknown && type !== "ExternalName";
}

/** Might 2.x have looked a Service up for another part of the route? Then it takes it for a node of any type, too. */
function mayLoad(route: Resource, service: string): boolean {
  const named = (parent: unknown) => {
    const name = getString(parent, "serviceName");
    return name === unknown || name === service;
  };
  const rules = elementsOf(route.body, "spec", "http");
  return (
    rules.some((rule) => rule === unknown || elementsOf(rule, "backends").some(named)) ||
    rules.flatMap((rule) => elementsOf(rule, "upstreams")).length > 1 ||
    elementsOf(route.body, "spec", "stream").some((rule) => named(get(rule, "backend")))
  );
}
