/**
 * Which Gateway API routes are APISIX's: parentRef → Gateway → GatewayClass → controller, and the listeners between.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/gateway/validator.go, 2.2.0 internal/controller/utils.go
 * (ParseRouteParentRefs).
 */
import { isNamespaceSecret, labelOf, nameOf, namespaceOf, type Resource } from "../../kubernetes/resource";
import { matchesLabelSelector, type Labels } from "../../kubernetes/selector";
import {
  get,
  getList,
  getNumber,
  getString,
  getStringMap,
  isKnown,
  unknown,
  type Maybe,
} from "../../kubernetes/values";
import { matcherOf } from "../../globs";
import { proxyOfGateway } from "../apisix/gateway-proxy";
import { controllersOf1 } from "../apisix/ownership";
import { shown, shownName, stepOf, type Context, type Obstacle } from "../follow/reference";
import { foreign, refused, unclear, yes, type Verdict } from "../follow/ruling";
import type { ControllerLine, Refusal } from "../routes";
import { kindOf, type Kind, type Place } from "../follow/resource-index";

/** The listener protocols that a kind of route attaches to, per controller line. */
export const routeKinds: Readonly<Record<string, Readonly<Record<ControllerLine, readonly string[]>>>> = {
  HTTPRoute: { "1": ["HTTP"], "2": ["HTTP", "HTTPS"] },
  GRPCRoute: { "1": [], "2": ["HTTP", "HTTPS"] },
  // 1.x wants an HTTPS listener for it, and lets TLS listeners alone allow its kind.
  TLSRoute: { "1": [], "2": ["TLS"] },
  TCPRoute: { "1": ["TCP"], "2": ["TCP"] },
  UDPRoute: { "1": ["UDP"], "2": ["UDP"] },
};

const group = "gateway.networking.k8s.io";
export const gatewayKind: Kind = "gateway.networking/Gateway";
const classKind: Kind = "gateway.networking/GatewayClass";

/** Whose a route is. 1.x fails a route of which one parent is unknown to it; 2.x passes such a parent over. */
export function parentsOf(context: Context, line: ControllerLine, route: Resource): Verdict {
  if (line === "1" && route.kind === "GRPCRoute") return foreign({ code: "grpc-route-not-read" });
  const parents = getList(route.body, "spec", "parentRefs");
  if (parents === unknown) return unclear(route, "spec.parentRefs", [stepOf(route)]);
  if (parents === undefined || parents.length === 0) {
    return line === "1" ? yes : foreign({ code: "no-gateway-named" });
  }
  const verdicts = parents.map((parent, i) => attaches(context, line, route, parent, `spec.parentRefs[${i}]`));
  if (line === "1" && verdicts.includes(notOurs)) return foreign({ code: "other-parent" });
  const taking = verdicts.some(({ takes }) => takes === true) ? yes : undefined;
  const open = verdicts.find((verdict) => isOpen(verdict));
  // A parent that can't be seen may be one that fails the route.
  const answer = line === "1" ? (open ?? taking) : (taking ?? open);
  if (answer) return answer;
  const own = verdicts.find((verdict) => "because" in verdict);
  return own ? refused(own.because) : foreign({ code: "no-listener" });
}

/** It can't be seen. */
type Open = { takes: Obstacle };

/** What becomes of a route at one of its parents; `refuses`: the parent is a Gateway of APISIX's. */
type Parent = { takes: true } | Open | typeof notOurs | { takes: "refuses"; because: Refusal };
/** The parent isn't a Gateway of APISIX's. */
const notOurs = { takes: "nothing" } as const;

function isOpen(parent: Parent): parent is Open {
  return typeof parent.takes === "object";
}

function attaches(context: Context, line: ControllerLine, route: Resource, parent: unknown, path: string): Parent {
  const { index, settings } = context;
  const kind = getString(parent, "kind") ?? "Gateway";
  const name = getString(parent, "name");
  const namespace = getString(parent, "namespace");
  if (kind === unknown || name === unknown || namespace === unknown) {
    const origin = index.origin(route, "spec", (other) => kindOf(other) === gatewayKind);
    const at = name === unknown ? "name" : kind === unknown ? "kind" : "namespace";
    if (!origin || kind === unknown) return unclear(route, `${path}.${at}`, [stepOf(route)]);
    return ofGateway(context, line, route, origin, parent);
  }
  const ownGroup = getString(parent, "group") ?? group;
  if (ownGroup === unknown) return unclear(route, `${path}.group`, [stepOf(route)]);
  if (kind !== "Gateway" || ownGroup !== group || name === undefined) return notOurs;
  const place = namespace ? index.placeNamed(route.cluster, namespace) : index.placeOf(route);
  if (place === undefined) return unclear(route, "metadata.namespace", [stepOf(route)]);
  const [gateway] = index.named(place, gatewayKind, name);
  if (gateway) return ofGateway(context, line, route, gateway, parent);
  if (settings.gateways.includes(`${index.namespaceText(place) ?? ""}/${name}`)) return yes;
  // Who lists the Gateways of other stacks that are APISIX's says by that which ones are not.
  if (settings.gateways.length > 0) return notOurs;
  const label = shownName(
    route,
    `${path}.name`,
    index.nameIn(place, name),
    namespace ? `${path}.namespace` : undefined,
  );
  return {
    takes: {
      code: "gateway-not-in-stack",
      data: { gateway: label },
      cause: `${place} ${name}`,
      resource: route,
      steps: [stepOf(route), { label: `Gateway ${label}` }],
    },
  };
}

/** Does a route attach to a Gateway of the stack? */
function ofGateway(
  context: Context,
  line: ControllerLine,
  route: Resource,
  gateway: Resource,
  parent: unknown,
): Parent {
  const owner = ownerOfGateway(context, line, gateway, route);
  if (owner.takes !== true) return owner;
  const listeners = getList(gateway.body, "spec", "listeners");
  const steps = [stepOf(route), stepOf(gateway)];
  if (listeners === unknown) return unclear(gateway, "spec.listeners", steps);
  const section = getString(parent, "sectionName");
  const port = getNumber(parent, "port");
  if (section === unknown) return unclear(route, "spec.parentRefs[].sectionName", steps);
  // 1.x doesn't read it.
  if (port === unknown && line === "2") return unclear(route, "spec.parentRefs[].port", steps);
  let closest: Open | undefined;
  for (const [i, listener] of (listeners ?? []).entries()) {
    const ownName = getString(listener, "name");
    const ownPort = getNumber(listener, "port");
    if ((section && ownName === unknown) || (line === "2" && port !== undefined && ownPort === unknown)) {
      closest ??= unclear(gateway, `spec.listeners[${i}]`, steps);
      continue;
    }
    if (section && ownName !== section) continue;
    if (line === "2" && port !== undefined && ownPort !== port) continue;
    const answer = takes(context, line, route, gateway, listener);
    if (answer === true) return yes;
    if (answer === unknown) closest ??= unclear(gateway, `spec.listeners[${i}]`, steps);
    else if (answer) closest ??= answer;
  }
  return closest ?? { takes: "refuses", because: { code: "no-listener" } };
}

/** Is a Gateway APISIX's? */
export function ownerOfGateway(context: Context, line: ControllerLine, gateway: Resource, user: Resource): Parent {
  const { index, settings } = context;
  const steps = user === gateway ? [stepOf(gateway)] : [stepOf(user), stepOf(gateway)];
  let name = getString(gateway.body, "spec", "gatewayClassName");
  if (name === unknown) {
    const origin = index.origin(gateway, "spec", (other) => kindOf(other) === classKind);
    name = origin ? (nameOf(origin) ?? unknown) : unknown;
    if (origin && name === unknown) return ofController(origin);
  }
  if (name === undefined) return notOurs;
  if (name === unknown) return unclear(gateway, "spec.gatewayClassName", steps);
  const [inStack] = index.namedAnywhere(gateway.cluster, classKind, name);
  if (inStack) return ofController(inStack);
  const namespace = namespaceOf(gateway);
  const id = `${isKnown(namespace) ? namespace : ""}/${String(nameOf(gateway))}`;
  if (matcherOf(settings.gatewayClasses)(name) || settings.gateways.includes(id)) return proxied();
  const parameters = getString(gateway.body, "spec", "infrastructure", "parametersRef", "group");
  // Gateways of other controllers are common, and no business of ours.
  if (!/apisix/i.test(name) && parameters !== "apisix.apache.org") return notOurs;
  return {
    takes: {
      code: "gateway-class-not-in-stack",
      data: { class: shown(gateway, "spec.gatewayClassName", name) },
      cause: name,
      resource: gateway,
      steps,
    },
  };

  function ofController(gatewayClass: Resource): Parent {
    const controller = getString(gatewayClass.body, "spec", "controllerName");
    if (controller === unknown) return unclear(gatewayClass, "spec.controllerName", [...steps, stepOf(gatewayClass)]);
    const isOurs = controller !== undefined && settings.controllerNames.includes(controller);
    if (line === "1") return controller === controllersOf1.gateway ? yes : notOurs;
    return isOurs ? proxied() : notOurs;
  }

  /** 1.x has no GatewayProxies. */
  function proxied(): Parent {
    const verdict: Verdict = line === "1" ? yes : proxyOfGateway(context, gateway, steps);
    return verdict.takes === false ? { takes: "refuses", because: verdict.because } : verdict;
  }
}

/** Does a listener take a route? Unknown or an obstacle if that can't be known. */
function takes(
  context: Context,
  line: ControllerLine,
  route: Resource,
  gateway: Resource,
  listener: unknown,
): Maybe<boolean> | Open {
  const protocol = getString(listener, "protocol");
  if (protocol === unknown) return unknown;
  if (protocol === undefined || !routeKinds[route.kind]?.[line].includes(protocol)) return false;
  const mode = protocol === "HTTPS" ? getString(listener, "tls", "mode") : undefined;
  if (mode === unknown) return unknown;
  if (mode === "Passthrough") return false;
  const kinds = getList(listener, "allowedRoutes", "kinds");
  if (kinds === unknown) return unknown;
  if (kinds && kinds.length > 0) {
    const answers = kinds.map((each) => allowsKind(route, each));
    if (!answers.includes(true)) return answers.includes(unknown) ? unknown : false;
  }
  const wanted = getString(listener, "hostname");
  if (wanted === unknown && route.kind !== "TCPRoute" && route.kind !== "UDPRoute") return unknown;
  const hostname = matchesHostname(line, route, isKnown(wanted) ? wanted : undefined);
  if (hostname === unknown) return unclear(route, "spec.hostnames", [stepOf(route), stepOf(gateway)]);
  if (!hostname) return false;
  const namespace = allowsNamespace(context, route, gateway, listener);
  if (namespace === unknown) {
    const place = context.index.placeOf(route);
    const name = place === undefined || isNamespaceSecret(route) ? undefined : context.index.namespaceText(place);
    return {
      takes: {
        code: "listener-namespaces-unknown",
        data: { gateway: labelOf(gateway), ...(name === undefined ? {} : { namespace: name }) },
        cause: `${gateway.id} ${place}`,
        resource: route,
        steps: [stepOf(route), stepOf(gateway)],
      },
    };
  }
  return namespace;
}

/** Is an entry of `allowedRoutes.kinds` the route's kind? */
function allowsKind(route: Resource, allowed: unknown): Maybe<boolean> {
  const kind = getString(allowed, "kind");
  const ownGroup = getString(allowed, "group") ?? group;
  const isOther = (kind !== unknown && kind !== route.kind) || (ownGroup !== unknown && ownGroup !== group);
  if (isOther) return false;
  return [kind, ownGroup].includes(unknown) ? unknown : true;
}

/** 1.x wants all of a route's host names to match the listener's, 2.x one of them. */
function matchesHostname(line: ControllerLine, route: Resource, wanted: string | undefined): Maybe<boolean> {
  if (route.kind === "TCPRoute" || route.kind === "UDPRoute") return true;
  const hostnames = getList(route.body, "spec", "hostnames");
  if (wanted === undefined || wanted === "") return true;
  if (hostnames === unknown) return unknown;
  if (!hostnames || hostnames.length === 0) return true;
  const answers = hostnames.map((each) => (typeof each === "string" ? hostnamesMeet(wanted, each) : unknown));
  const [decisive, other] = line === "1" ? [false, true] : [true, false];
  if (answers.includes(decisive)) return decisive;
  return answers.includes(unknown) ? unknown : other;
}

/** Do two host names, either of which may start with a wildcard label, have a host in common? */
export function hostnamesMeet(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  if (one === other) return true;
  const covers = (wild: string, host: string) =>
    wild.startsWith("*.") && host.endsWith(wild.slice(1)) && host.length > wild.length - 1;
  return covers(one, other) || covers(other, one);
}

/** `allowedRoutes.namespaces.from` is `Same` by default, also where other parts of `allowedRoutes` are set. */
function allowsNamespace(context: Context, route: Resource, gateway: Resource, listener: unknown): Maybe<boolean> {
  const { index } = context;
  const from = getString(listener, "allowedRoutes", "namespaces", "from") ?? "Same";
  const [here, there] = [index.placeOf(route), index.placeOf(gateway)];
  if (from === unknown || here === undefined || there === undefined) return from === "All" ? true : unknown;
  if (from === "All") return true;
  if (from !== "Selector") return from === "Same" && here === there;
  const { labels, isComplete } = labelsOfNamespace(context, route, here);
  return matchesLabelSelector(get(listener, "allowedRoutes", "namespaces", "selector"), labels, !isComplete);
}

function labelsOfNamespace(context: Context, route: Resource, place: Place): { labels: Labels; isComplete: boolean } {
  const name = context.index.namespaceText(place);
  // The API server gives every namespace this label.
  const own: [string, string][] = name === undefined ? [] : [["kubernetes.io/metadata.name", name]];
  const [namespace] = name === undefined ? [] : context.index.namedAnywhere(route.cluster, "/Namespace", name);
  const written = namespace && getStringMap(namespace.body, "metadata", "labels");
  if (written === unknown) return { labels: unknown, isComplete: false };
  return { labels: new Map([...(written ?? []), ...own]), isComplete: namespace !== undefined };
}
