/**
 * Which listeners of a Gateway accept a route: their protocol, kinds, host names and namespaces.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/gateway/validator.go, 2.2.0 internal/controller/utils.go
 * (ParseRouteParentRefs).
 */
import { isNamespaceSecret, labelOf, type Resource } from "../../kubernetes/resource";
import { matchesLabelSelector, type Labels } from "../../kubernetes/selector";
import {
  get,
  getList,
  getNumber,
  getObject,
  getString,
  getStringMap,
  isKnown,
  unknown,
  type Maybe,
} from "../../kubernetes/values";
import { shown, stepOf, type Context } from "../follow/reference";
import { best, refused, unclear, yes, type Verdict } from "../follow/ruling";
import type { ControllerLine } from "../routes";
import type { Place } from "../follow/resource-index";

export const group = "gateway.networking.k8s.io";

/** The listener protocols that a kind of route attaches to, per controller line. */
export const routeKinds: Readonly<Record<string, Readonly<Record<ControllerLine, readonly string[]>>>> = {
  HTTPRoute: { "1": ["HTTP"], "2": ["HTTP", "HTTPS"] },
  GRPCRoute: { "1": [], "2": ["HTTP", "HTTPS"] },
  // 1.x wants an HTTPS listener for it, and lets TLS listeners alone allow its kind.
  TLSRoute: { "1": [], "2": ["TLS"] },
  TCPRoute: { "1": ["TCP"], "2": ["TCP"] },
  UDPRoute: { "1": ["UDP"], "2": ["UDP"] },
};

/** The kind of routes that 1.x has for a listener's protocol. */
const kindsOn1: Readonly<Record<string, string>> = {
  HTTP: "HTTPRoute",
  HTTPS: "HTTPRoute",
  TLS: "TLSRoute",
  TCP: "TCPRoute",
  UDP: "UDPRoute",
};

/**
 * 1.x drops all listeners of a Gateway if it doesn't know the protocol of one, and fails a route that names a Gateway or
 * a listener which it dropped, whatever its other parents are (1.8.4 pkg/providers/gateway/translation/gateway.go,
 * validator.go).
 */
export function knowsListeners(route: Resource, gateway: Resource, parent: unknown): Verdict {
  const list = getList(gateway.body, "spec", "listeners");
  const section = getString(parent, "sectionName");
  const steps = [stepOf(route), stepOf(gateway)];
  if (list === unknown || (list === undefined && gateway.isPatch)) return unclear(gateway, "spec.listeners", steps);
  if (section === unknown) return unclear(route, "spec.parentRefs[].sectionName", steps);
  const listeners = list ?? [];
  const protocols = listeners.map((listener) => getString(listener, "protocol"));
  if (protocols.some((protocol) => isKnown(protocol) && protocol && !Object.hasOwn(kindsOn1, protocol)))
    return refused({ code: "no-listener" });
  const answers = listeners.map((listener): Maybe<boolean> => {
    const name = getString(listener, "name");
    if (section && name === unknown) return unknown;
    return !section || name === section ? isKept(listener) : false;
  });
  if (answers.includes(true) && !protocols.includes(unknown)) return yes;
  return answers.some((answer) => answer !== false)
    ? unclear(gateway, "spec.listeners", steps)
    : refused({ code: "no-listener" });
}

/** Does 1.x keep a listener? It has to allow the routes of its protocol, and to have `tls` if that is a part of it. */
function isKept(listener: unknown): Maybe<boolean> {
  const protocol = getString(listener, "protocol");
  if (protocol === unknown) return unknown;
  const needsTls = protocol === "HTTPS" || protocol === "TLS";
  if (needsTls && get(listener, "tls") === undefined) return false;
  return allowsKinds(kindsOn1[protocol ?? ""] ?? "", listener);
}

/** Does one of a Gateway's listeners accept a route? */
export function listenersOf(
  context: Context,
  line: ControllerLine,
  route: Resource,
  gateway: Resource,
  parent: unknown,
): Verdict {
  const listeners = getList(gateway.body, "spec", "listeners");
  const steps = [stepOf(route), stepOf(gateway)];
  if (listeners === unknown || (listeners === undefined && gateway.isPatch))
    return unclear(gateway, "spec.listeners", steps);
  const section = getString(parent, "sectionName");
  const port = getNumber(parent, "port");
  if (section === unknown) return unclear(route, "spec.parentRefs[].sectionName", steps);
  // 1.x doesn't read it.
  if (port === unknown && line === "2") return unclear(route, "spec.parentRefs[].port", steps);
  const modes = line === "2" && route.kind === "TLSRoute" ? tlsModes(listeners ?? []) : undefined;
  const verdicts: Verdict[] = [];
  for (const [i, listener] of (listeners ?? []).entries()) {
    const ownName = getString(listener, "name");
    const ownPort = getNumber(listener, "port");
    if ((section && ownName === unknown) || (line === "2" && port !== undefined && ownPort === unknown)) {
      verdicts.push(unclear(gateway, `spec.listeners[${i}]`, steps));
      continue;
    }
    if (section && ownName !== section) continue;
    if (line === "2" && port !== undefined && ownPort !== port) continue;
    const answer = takes(context, line, route, gateway, listener);
    if (answer === true && modes && typeof ownPort === "number" && (modes.get(ownPort)?.size ?? 0) > 1) {
      verdicts.push(
        refused({
          code: "tls-modes-differ",
          gateway: labelOf(gateway),
          port: shown(gateway, "spec.listeners", String(ownPort)),
        }),
      );
    } else if (answer === true) return yes;
    else if (answer === unknown) verdicts.push(unclear(gateway, `spec.listeners[${i}]`, steps));
    else if (answer) verdicts.push(answer);
  }
  return verdicts.length > 0 ? best(verdicts) : refused({ code: "no-listener" });
}

/**
 * The modes of the TLS listeners of each port. 2.x serves none of a port that has two of them (2.2.0
 * internal/controller/utils.go, portsWithConflictingTLSMode). What isn't known is taken for the same.
 */
function tlsModes(listeners: readonly unknown[]): ReadonlyMap<number, ReadonlySet<string>> {
  const modes = new Map<number, Set<string>>();
  for (const listener of listeners) {
    const port = getNumber(listener, "port");
    const mode = getString(listener, "tls", "mode") ?? "Terminate";
    if (getString(listener, "protocol") !== "TLS" || typeof port !== "number" || mode === unknown) continue;
    const known = modes.get(port);
    if (known) known.add(mode);
    else modes.set(port, new Set([mode]));
  }
  return modes;
}

/** Does a listener take a route? Unknown or an obstacle if that can't be known. */
function takes(
  context: Context,
  line: ControllerLine,
  route: Resource,
  gateway: Resource,
  listener: unknown,
): Maybe<boolean> | Verdict {
  const protocol = getString(listener, "protocol");
  if (protocol === unknown) return unknown;
  if (protocol === undefined || !routeKinds[route.kind]?.[line].includes(protocol)) return false;
  if (protocol === "HTTPS") {
    const tls = getObject(listener, "tls");
    const mode = getString(tls, "mode");
    if (tls === unknown || mode === unknown) return unknown;
    if (tls === undefined || (mode ?? "Terminate") !== "Terminate") return false;
  }
  const isAllowed = allowsKinds(route.kind, listener);
  if (isAllowed !== true) return isAllowed;
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

/** Does a listener allow routes of a kind? Without a list, it allows those of its protocol. */
function allowsKinds(wanted: string, listener: unknown): Maybe<boolean> {
  const kinds = getList(listener, "allowedRoutes", "kinds");
  if (kinds === unknown) return unknown;
  if (!kinds || kinds.length === 0) return true;
  const answers = kinds.map((each) => allowsKind(wanted, each));
  return answers.includes(true) || (answers.includes(unknown) ? unknown : false);
}

/** Is an entry of `allowedRoutes.kinds` the kind? */
function allowsKind(wanted: string, allowed: unknown): Maybe<boolean> {
  const kind = getString(allowed, "kind");
  const ownGroup = getString(allowed, "group") ?? group;
  const isOther = (kind !== unknown && kind !== wanted) || (ownGroup !== unknown && ownGroup !== group);
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
