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

/** What the controller's lines make of a backend that they drop. */
function cost(it: string, isLast: true | undefined): string {
  return isLast ? `and ${it} has no other upstream for the route` : `and ${it} drops the whole route for that`;
}

/** Which line says so, unless the sentence has named it. */
function by(it: string): string {
  return it === "it" ? "" : `for ${it}, `;
}

export const nameBackend = "name the Service in the backends of the ApisixRoute, or set its type to ExternalName.";
export const dropGranularity = "remove resolveGranularity from the backend.";

export function portFix(port: number | string): string {
  return typeof port === "string" && /^\d+$/.test(port)
    ? `write ${port} without quotes, as a port in quotes is the name of one.`
    : `add port ${quoted(port)} to the Service, or name one of its ports instead.`;
}

export function giveNodes(upstream: string): string {
  return `give ${upstream} externalNodes or a discovery.`;
}

export function correctUpstream(upstream: string, field: string): string {
  return `correct ${field} of ${upstream}.`;
}

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
        : `replace ${name} (its controller can't be changed in place).`,
  },
  "class-not-known": {
    why: (_, it) => `${by(it)}its class is not known to be APISIX's`,
    fix: () => "name a class of APISIX's, or add its class to ingressClasses.",
  },
  "no-class": {
    why: (_, it) => `${by(it)}it has no class`,
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
  "no-rules": {
    why: () => "it has no rules",
    fix: () => "write its rules in spec.http or spec.stream, or remove the route.",
  },
  "expression-invalid": {
    why: ({ field }, it) => `${it} refuses a route with an expression that it can't read, and ${field} is one`,
    fix: ({ field }) =>
      `give ${field} a subject with a name (Path needs none), an op that the CRD lists, and a set for In and NotIn or a value for the others.`,
  },
  "remote-address-invalid": {
    why: ({ field }, it) => `${it} refuses a route with a bad address, and ${field} is neither an IP nor a CIDR`,
    fix: ({ field }) => `write an IP or a CIDR at ${field}.`,
  },
  "duration-unreadable": {
    why: ({ field }, it) => `${it} can't read any ApisixRoute of the cluster while ${field} isn't a duration`,
    fix: ({ field }) => `write ${field} with a unit, such as 20s.`,
  },
  "plugin-config-unreadable": {
    why: ({ field, resource }, it) =>
      `${it} refuses a route if a plugin's config isn't an object, and ${field} of ${resource} isn't`,
    fix: ({ field }) => `write ${field} as an object, not as text or a list.`,
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
    why: ({ service, port, isLast }, it) => `${service} has no port ${quoted(port)}, ${cost(it, isLast)}`,
    fix: ({ port }) => portFix(port),
  },
  "external-node-of-wrong-type": {
    why: ({ service, isLast }, it) =>
      `${service} is an external node without being an ExternalName, ${cost(it, isLast)}`,
    fix: () => nameBackend,
  },
  "apisix-upstream-refused": {
    why: ({ upstream, field, isLast }, it) => `${upstream} is refused for its ${field}, ${cost(it, isLast)}`,
    fix: ({ upstream, field }) => correctUpstream(upstream, field),
  },
  "apisix-upstream-empty": {
    why: ({ upstream, isLast }, it) => `${upstream} has no nodes, ${cost(it, isLast)}`,
    fix: ({ upstream }) => giveNodes(upstream),
  },
  "external-name-without-cluster-ip": {
    why: ({ service, isLast }, it) =>
      `resolveGranularity is "service", and ${service} is an ExternalName without a cluster IP, ${cost(it, isLast)}`,
    fix: () => dropGranularity,
  },
  "service-name-with-dot": {
    why: ({ service, isLast }, it) => `a Service can't have a name with dots such as "${service}", ${cost(it, isLast)}`,
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
  "discovery-differs": {
    why: ({ upstream }, it) => `${it} treats the discovery of ${upstream} differently`,
    fix: ({ upstream }) => `name ${upstream} in an ApisixRoute's upstreams, without settings for single ports.`,
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
    why: (_, it) => `${by(it)}no listener of its Gateways accepts it`,
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
  const [line, other] = first.lines;
  if (other !== undefined) {
    return `Neither APISIX ingress controller ${line} nor ${other} takes anything of ${what}: ${first.why}.`;
  }
  const rest = others.map(({ lines, why }) => ` Controller ${lines.join()} takes nothing of it either: ${why}.`);
  return `APISIX ingress controller ${line} takes nothing of ${what}: ${first.why}.${rest.join("")}`;
}

/** What to do about it. Where the lines differ, either is enough. */
export function deadFix(all: readonly LineRefusal[]): string {
  const fixes = new Map(all.map(({ line, because }) => [fixText(because), line]));
  if (fixes.size > 1) {
    return [...fixes].map(([fix, line]) => `for ${line}.x, ${fix.replace(/\.$/, "")}`).join("; ") + ".";
  }
  const [first] = all;
  const fix = first ? fixText(first.because) : "";
  if (all.length > 1 || first?.because.code !== "class-of-other-line") return fix;
  return `${fix} Or set controller to "${first.because.of}" if that is what the cluster runs.`;
}

/** What to do, so that the other line takes it, too. */
export function fixText<C extends RefusalCode>(because: Refusal<C>): string {
  return refusals[because.code].fix(because);
}

/** Lines that refuse for the same reason, together. */
function groups(all: readonly LineRefusal[]): { lines: string[]; why: string }[] {
  const byWhy = new Map<string, string[]>();
  for (const { line, because } of all) {
    const why = refusals[because.code].why(because as never, "it");
    byWhy.set(why, [...(byWhy.get(why) ?? []), `${line}.x`]);
  }
  return [...byWhy].map(([why, lines]) => ({ lines, why }));
}
