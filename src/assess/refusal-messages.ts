/** The words for why a line of the controller takes nothing of a route, or of a path. Data in, text out. */
import type { ControllerLine, LineRefusal, Refusal, RefusalCode, RefusalData } from "../routing";

interface RefusalMessage<D> {
  /** The end of a sentence. @param it the line: `2.x`, or `it` where the sentence has named it */
  why: (data: D, it: string) => string;
  /** What to do, so that the line takes the route: an imperative. */
  fix: (data: D) => string;
}

const nameApisix = "name a Gateway of APISIX's in spec.parentRefs.";
const dropSplit = "write the whole split as a traffic-split plugin, or the whole of it as backends.";

const refusals: { readonly [C in RefusalCode]: RefusalMessage<RefusalData[C]> } = {
  "class-of-other-controller": {
    why: ({ class: name, field }, it) => `${it} goes by ${field}, and ${name} belongs to another controller`,
    fix: () => "name a class of APISIX's.",
  },
  "class-of-other-line": {
    why: ({ class: name, controller, of }, it) =>
      `${it} takes classes of its own controller name, and ${name} has ${controller}, which is controller ${of}.x'`,
    fix: ({ class: name, of }) =>
      of === "1"
        ? `replace ${name} (its controller can't be changed in place), or add the name to controllerNames if controller 2.x is configured with it.`
        : `replace ${name} (its controller can't be changed in place), or set controller to "2" if that line is installed.`,
  },
  "class-not-known": {
    why: (_, it) => `for ${it}, its class is not known to be APISIX's`,
    fix: () => "name a class of APISIX's, or add its class to ingressClasses.",
  },
  "no-class": {
    why: (_, it) => `for ${it}, it has no class`,
    fix: () => "set spec.ingressClassName to the name of APISIX's IngressClass.",
  },
  "class-without-gateway-proxy": {
    why: ({ class: name }) => `${name} names no GatewayProxy in spec.parameters, so nothing of its class is pushed`,
    fix: ({ class: name }) => `name a GatewayProxy in spec.parameters of ${name}.`,
  },
  "gateway-without-gateway-proxy": {
    why: ({ gateway }) =>
      `${gateway} names no GatewayProxy in spec.infrastructure.parametersRef, so nothing of its routes is pushed`,
    fix: ({ gateway }) => `name a GatewayProxy in spec.infrastructure.parametersRef of ${gateway}.`,
  },
  "gateway-proxy-incomplete": {
    why: ({ proxy, field }) => `${proxy} has no ${field}, so nothing is pushed`,
    fix: ({ proxy, field }) => `set ${field} of ${proxy}.`,
  },
  "version-not-served": {
    why: ({ version }, it) => `${it} doesn't serve ${version} of ApisixRoute`,
    fix: () => "rewrite the route as apisix.apache.org/v2.",
  },
  "service-named-twice": {
    why: ({ field }, it) => `${it} refuses a route that names a Service twice in one rule, and ${field} does`,
    fix: () => "name each Service only once in a rule.",
  },
  "rule-name-twice": {
    why: ({ field }, it) => `${it} refuses a route with two rules of one name, and ${field} is taken already`,
    fix: () => "give each rule of the route a name of its own, those of http and stream together.",
  },
  "plugin-config-of-other-class": {
    why: ({ config }) => `it names ${config}, which belongs to another controller's class`,
    fix: () => "give it the ingressClassName of the route, or remove plugin_config_name from the route.",
  },
  "split-replaces-plugin": {
    why: (_, it) => `on ${it} the split over the backends replaces the route's own traffic-split plugin`,
    fix: () => dropSplit,
  },
  "plugin-replaces-split": {
    why: (_, it) => `on ${it} the route's own traffic-split plugin replaces the split over the backends`,
    fix: () => dropSplit,
  },
  "service-port-missing": {
    why: ({ service, port }, it) =>
      `${it} drops a route whole if a port is missing, and ${service} has no port ${quoted(port)}`,
    fix: ({ port }) => `add port ${quoted(port)} to the Service, or name one of its ports instead.`,
  },
  "service-name-with-dot": {
    why: ({ service }, it) =>
      `${it} drops a route whole if a Service is missing, and "${service}" is none, as the name of a Service has no dots`,
    fix: ({ kind }) => insteadOfDots(kind),
  },
  "external-name-not-read": {
    why: (_, it) => `${it} takes ExternalName Services only from ApisixUpstreams`,
    fix: () => "name the Service in an ApisixUpstream's externalNodes.",
  },
  "gateway-proxy-not-read": {
    why: (_, it) => `${it} has no GatewayProxy`,
    fix: () => "move the plugins to an ApisixGlobalRule.",
  },
  "plugin-config-not-read": {
    why: (_, it) => `${it} has no PluginConfig`,
    fix: () => "use an ApisixRoute with an ApisixPluginConfig.",
  },
  "plugin-takes-all": {
    why: (_, it) => `on ${it} a traffic-split plugin sends all its requests elsewhere`,
    fix: () => dropSplit,
  },
  "consumer-plugins-not-read": {
    why: (_, it) => `${it} doesn't read the plugins of an ApisixConsumer`,
    fix: () => "move the plugins to the routes.",
  },
  "grpc-route-not-read": {
    why: (_, it) => `${it} doesn't read GRPCRoutes`,
    fix: () => "use an HTTPRoute.",
  },
  "no-gateway-named": {
    why: (_, it) => `${it} ignores a route that names no Gateway`,
    fix: () => nameApisix,
  },
  "other-parent": {
    why: (_, it) => `${it} refuses a route if one of its parents isn't a Gateway of its own`,
    fix: () => "name Gateways of APISIX's only.",
  },
  "no-listener": {
    why: (_, it) => `for ${it}, no listener of its Gateways accepts it`,
    fix: () =>
      "compare its kind, namespace, host names, sectionName and port with the listeners of the Gateway; allowedRoutes takes routes of the Gateway's own namespace alone unless it says otherwise.",
  },
  "tls-modes-differ": {
    why: ({ gateway, port }, it) =>
      `${it} serves none of the TLS listeners of a port if their tls.mode differs, and that is so of port ${port} of ${gateway}`,
    fix: ({ gateway }) => `give TLS listeners with different modes ports of their own in ${gateway}.`,
  },
  "hostnames-missing": {
    why: (_, it) => `${it} ignores a TLSRoute without hostnames`,
    fix: () => "set spec.hostnames.",
  },
  "first-backend-only": {
    why: (_, it) => `${it} sends requests only to the first backend of a TLSRoute's rule`,
    fix: () => "put one Service behind each rule.",
  },
  "tls-secret-not-named": {
    why: ({ field }, it) => `${it} drops an Ingress whole if ${field} is missing`,
    fix: ({ field }) => `set ${field}, or remove the entry.`,
  },
  "reference-grant-not-in-stack": {
    why: (_, it) => `${it} needs a ReferenceGrant, and this stack has none for it`,
    fix: () => "add a ReferenceGrant to the Service's namespace.",
  },
};

/** What works in place of a Service's name with dots, by the kind of the resource that has it. */
export function insteadOfDots(kind: string): string {
  switch (kind) {
    case "ApisixRoute":
      return "name a Service in the route's namespace. For a host or another namespace, name an ApisixUpstream in upstreams, with an external node of type Domain.";
    case "ApisixUpstream":
      return "set the type of the external node to Domain.";
    case "Ingress":
      return "write the name of the Service alone. For another namespace, set the annotation k8s.apisix.apache.org/svc-namespace.";
    default:
      return "write the name of the Service alone. For another namespace, set the namespace of the backendRef, and add a ReferenceGrant there.";
  }
}

/** A port's name stands out; a number does by itself. */
export function quoted(port: number | string): string {
  return typeof port === "number" ? String(port) : `"${port}"`;
}

/** Why a line doesn't take a path: the end of a sentence. */
export function refusalText<C extends RefusalCode>(because: Refusal<C>, line: ControllerLine): string {
  return refusals[because.code].why(because, `${line}.x`);
}

/** Why a route is dead, in whole sentences. @param what the route, and how many more */
export function deadText(all: readonly LineRefusal[], what: string): string {
  const [first, ...others] = groups(all);
  if (!first) return `No request is sent on ${what}.`;
  const rest = others.map(({ lines, why }) => ` Controller ${lines} takes nothing of it either: ${why}.`);
  return `APISIX ingress controller ${first.lines} takes nothing of ${what}: ${first.why}.${rest.join("")}`;
}

/** What to do about it: once for each reason. */
export function deadFix(all: readonly LineRefusal[]): string {
  const fixes = all.map(({ because }) => fixText(because));
  return [...new Set(fixes)].map((fix) => fix.replace(/\.$/, "")).join(", and ") + ".";
}

function fixText<C extends RefusalCode>(because: Refusal<C>): string {
  return refusals[because.code].fix(because);
}

/** Lines that refuse for the same reason, together. */
function groups(all: readonly LineRefusal[]): { lines: string; why: string }[] {
  const byWhy = new Map<string, string[]>();
  for (const { line, because } of all) {
    const why = refusals[because.code].why(because as never, "it");
    byWhy.set(why, [...(byWhy.get(why) ?? []), `${line}.x`]);
  }
  return [...byWhy].map(([why, lines]) => ({ lines: lines.join(" and "), why }));
}
