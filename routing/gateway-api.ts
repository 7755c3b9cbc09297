/**
 * Gateway API: HTTPRoute, GRPCRoute, TLSRoute, TCPRoute and UDPRoute, of any version.
 *
 * A route is APISIX's if a Gateway that it attaches to is: parentRef → Gateway → GatewayClass → controller. Sources:
 * apisix-ingress-controller v1.8.4 pkg/providers/gateway/validator.go and its translation; 2.2.0
 * internal/controller/utils.go (ParseRouteParentRefs), internal/adc/translator/{http,grpc,tls,tcp,udp}route.go.
 */
import { labelOf, nameOf, namespaceOf, type Resource } from "../kubernetes/resource";
import { matchesLabelSelector, type Labels } from "../kubernetes/selector";
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
} from "../kubernetes/values";
import { longest } from "./duration";
import { ask, no, unclear, yes, type Ownership, type Verdict } from "./ownership";
import { pluginConfig, pluginsOf } from "./plugins";
import {
  elements,
  isObstacle,
  lasting,
  noted,
  onlyOn,
  startAt,
  stepOf,
  unknownValue,
  weighted,
  type Context,
  type Found,
  type Line,
  type Obstacle,
  type Way,
} from "./reference";
import { kindOf, type Kind, type Place } from "./resource-index";

/** The listener protocols that a kind of route attaches to, per controller line. */
const routeKinds: Readonly<Record<string, Readonly<Record<Line, readonly string[]>>>> = {
  HTTPRoute: { "1": ["HTTP"], "2": ["HTTP", "HTTPS"] },
  GRPCRoute: { "1": [], "2": ["HTTP", "HTTPS"] },
  // 1.x wants an HTTPS listener for it, and lets TLS listeners alone allow its kind.
  TLSRoute: { "1": [], "2": ["TLS"] },
  TCPRoute: { "1": ["TCP"], "2": ["TCP"] },
  UDPRoute: { "1": ["UDP"], "2": ["UDP"] },
};

/** 1.x's name is a constant of its code; 2.x takes the one that it is configured with. */
const controllerOf1 = "apisix.apache.org/gateway-controller";

const group = "gateway.networking.k8s.io";
const gatewayKind: Kind = "gateway.networking/Gateway";
const classKind: Kind = "gateway.networking/GatewayClass";

export function* gatewayApi(context: Context): Generator<Found> {
  const grants = readGrants(context);
  for (const kind of Object.keys(routeKinds)) {
    for (const route of context.index.ofKind(`gateway.networking/${kind}`)) {
      const owner = ownerOfRoute(context, route);
      if (isObstacle(owner)) yield owner;
      else if (owner.lines.length > 0) yield* rules(context, grants, route, startAt(route, owner.lines, owner.notes));
    }
  }
  yield* policies(context);
}

/** Who takes a route. 1.x fails a route of which one parent is unknown to it; 2.x passes such a parent over. */
function ownerOfRoute(context: Context, route: Resource): Ownership | Obstacle {
  const parents = getList(route.body, "spec", "parentRefs");
  return ask(context, (line) => {
    if (line === "1" && route.kind === "GRPCRoute") return no("1.x doesn't read GRPCRoutes");
    if (parents === unknown) return unclear(route, "spec.parentRefs", [stepOf(route)]);
    if (parents === undefined || parents.length === 0) return line === "1" ? yes : no("it names no Gateway");
    const verdicts = parents.map((parent, i) => attaches(context, line, route, parent, `spec.parentRefs[${i}]`));
    const foreign = verdicts.find(({ takes }) => takes === "foreign");
    if (line === "1" && foreign) return no("1.x takes no route of which one parent isn't a Gateway of APISIX's");
    return (
      verdicts.find((verdict): verdict is Verdict => verdict.takes === true) ??
      verdicts.find((verdict): verdict is Verdict => typeof verdict.takes === "object") ??
      no("no listener of a Gateway of APISIX's takes it")
    );
  });
}

/** A parent that is no Gateway of APISIX's. */
type Parent = Verdict | { takes: "foreign" };
const foreign: Parent = { takes: "foreign" };

function attaches(context: Context, line: Line, route: Resource, parent: unknown, path: string): Parent {
  const { index, settings } = context;
  const kind = getString(parent, "kind") ?? "Gateway";
  const name = getString(parent, "name");
  const namespace = getString(parent, "namespace");
  if (kind === unknown || name === unknown || namespace === unknown) {
    const origin = index.origin(route, "spec", (other) => kindOf(other) === gatewayKind);
    const at = [kind, name].includes(unknown) ? (name === unknown ? "name" : "kind") : "namespace";
    if (!origin || kind === unknown) return unclear(route, `${path}.${at}`, [stepOf(route)]);
    return ofGateway(context, line, route, origin, parent);
  }
  if (kind !== "Gateway" || (getString(parent, "group") ?? group) !== group || name === undefined) return foreign;
  const place = namespace ? index.placeNamed(route.cluster, namespace) : index.placeOf(route);
  if (place === undefined) return unclear(route, "metadata.namespace", [stepOf(route)]);
  const [gateway] = index.named(place, gatewayKind, name);
  if (gateway) return ofGateway(context, line, route, gateway, parent);
  if (settings.gateways.includes(`${index.namespaceText(place) ?? ""}/${name}`)) return yes;
  // Who lists the Gateways of other stacks that are APISIX's says by that which ones are not.
  if (settings.gateways.length > 0) return foreign;
  const shown = index.describe(place, "Gateway", name);
  return {
    takes: {
      cause: `gateway ${place} ${name}`,
      message: `${shown} is not in this stack: it can't be told whether it is APISIX's.`,
      help: "Help: list the Gateways of other stacks that are APISIX's in the setting gateways.",
      resource: route,
      steps: [stepOf(route), { label: shown }],
    },
    because: `${shown} is not in this stack`,
  };
}

/** Does a route attach to a Gateway of the stack? */
function ofGateway(context: Context, line: Line, route: Resource, gateway: Resource, parent: unknown): Parent {
  const owner = ownerOfGateway(context, line, gateway, route);
  if (owner.takes !== true) return owner.takes === false ? foreign : owner;
  const listeners = getList(gateway.body, "spec", "listeners");
  const steps = [stepOf(route), stepOf(gateway)];
  if (listeners === unknown) return unclear(gateway, "spec.listeners", steps);
  const section = getString(parent, "sectionName");
  const port = getNumber(parent, "port");
  let closest: Verdict | undefined;
  for (const [i, listener] of (listeners ?? []).entries()) {
    if (section && isKnown(section) && getString(listener, "name") !== section) continue;
    // 1.x doesn't read it.
    if (line === "2" && isKnown(port) && port !== undefined && getNumber(listener, "port") !== port) continue;
    const why = refuses(context, line, route, gateway, listener);
    if (why === undefined) return yes;
    if (why === unknown) closest ??= unclear(gateway, `spec.listeners[${i}]`, steps);
    else if (typeof why === "object") closest ??= why;
  }
  return closest ?? no(`no listener of ${labelOf(gateway)} takes it`);
}

/** Is a Gateway APISIX's? */
function ownerOfGateway(context: Context, line: Line, gateway: Resource, user: Resource): Verdict {
  const { index, settings } = context;
  const steps = user === gateway ? [stepOf(gateway)] : [stepOf(user), stepOf(gateway)];
  let name = getString(gateway.body, "spec", "gatewayClassName");
  if (name === unknown) {
    const origin = index.origin(gateway, "spec", (other) => kindOf(other) === classKind);
    name = origin ? (nameOf(origin) ?? unknown) : unknown;
    if (origin && name === unknown) return ofController(origin);
  }
  if (name === undefined) return no("its Gateway has no class");
  if (name === unknown) return unclear(gateway, "spec.gatewayClassName", steps);
  const [inStack] = index.namedAnywhere(gateway.cluster, classKind, name);
  if (inStack) return ofController(inStack);
  const namespace = namespaceOf(gateway);
  const id = `${isKnown(namespace) ? namespace : ""}/${String(nameOf(gateway))}`;
  if (settings.gatewayClasses.includes(name) || settings.gateways.includes(id)) return yes;
  const parameters = getString(gateway.body, "spec", "infrastructure", "parametersRef", "group");
  // Gateways of other controllers are common, and no business of ours.
  if (!/apisix/i.test(name) && parameters !== "apisix.apache.org")
    return no("the class of its Gateway is not APISIX's");
  return {
    takes: {
      cause: `gateway class ${name}`,
      message: `GatewayClass ${name} is not in this stack, and not among the setting gatewayClasses: it can't be told whether it is APISIX's.`,
      help: "Help: add it to gatewayClasses if it is.",
      resource: gateway,
      steps,
    },
    because: `GatewayClass ${name} is not in this stack`,
  };

  function ofController(gatewayClass: Resource): Verdict {
    const controller = getString(gatewayClass.body, "spec", "controllerName");
    if (controller === unknown) return unclear(gatewayClass, "spec.controllerName", [...steps, stepOf(gatewayClass)]);
    const isOurs = controller !== undefined && settings.controllerNames.includes(controller);
    if (!isOurs) return no(`the controller of ${labelOf(gatewayClass)} is not APISIX's`);
    if ((controller === controllerOf1) === (line === "1")) return yes;
    return no(`${line}.x isn't the controller of ${labelOf(gatewayClass)}`);
  }
}

/** Why a listener doesn't take a route: undefined where it does, unknown or an obstacle where that can't be told. */
function refuses(
  context: Context,
  line: Line,
  route: Resource,
  gateway: Resource,
  listener: unknown,
): "protocol" | "kind" | "hostname" | "namespace" | undefined | Verdict | typeof unknown {
  const protocol = getString(listener, "protocol");
  if (protocol === unknown || listener === unknown) return unknown;
  if (protocol === undefined || !routeKinds[route.kind]?.[line].includes(protocol)) return "protocol";
  if (protocol === "HTTPS" && getString(listener, "tls", "mode") === "Passthrough") return "protocol";
  const kinds = getList(listener, "allowedRoutes", "kinds");
  if (kinds === unknown) return unknown;
  const isAllowed = (each: unknown) =>
    getString(each, "kind") === route.kind && (getString(each, "group") ?? group) === group;
  if (kinds && kinds.length > 0 && !kinds.some(isAllowed)) return "kind";
  const hostname = matchesHostname(line, route, getString(listener, "hostname"));
  if (hostname === unknown) return unclear(route, "spec.hostnames", [stepOf(route), stepOf(gateway)]);
  if (!hostname) return "hostname";
  const namespace = allowsNamespace(context, route, gateway, listener);
  if (namespace === unknown) {
    const place = context.index.placeOf(route);
    const shown = place === undefined ? "" : ` ${context.index.namespaceText(place) ?? ""}`.trimEnd();
    return {
      takes: {
        cause: `allowed namespaces ${gateway.id} ${place}`,
        message: `a listener of ${labelOf(gateway)} chooses namespaces by label, and the labels of the namespace${shown} are not in this stack: it can't be told whether it takes the routes there.`,
        resource: route,
        steps: [stepOf(route), stepOf(gateway)],
      },
      because: "it can't be told whether its namespace is allowed",
    };
  }
  return namespace ? undefined : "namespace";
}

/** 1.x wants all of a route's host names to match the listener's, 2.x one of them. */
function matchesHostname(line: Line, route: Resource, wanted: Maybe<string> | undefined): Maybe<boolean> {
  if (route.kind === "TCPRoute" || route.kind === "UDPRoute") return true;
  const hostnames = getList(route.body, "spec", "hostnames");
  if (wanted === undefined || wanted === "") return true;
  if (wanted === unknown || hostnames === unknown) return unknown;
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

function* rules(context: Context, grants: Grants, route: Resource, way: Way): Generator<Found> {
  const hostnames = getList(route.body, "spec", "hostnames");
  // Without a host name there is nothing that 2.x could tell TLS connections apart by.
  const isDead = route.kind === "TLSRoute" && (hostnames === undefined || (isKnown(hostnames) && !hostnames.length));
  const start = isDead ? onlyOn("1", way, "2.x makes no route of a TLSRoute without hostnames") : way;
  const from = route;
  yield* elements(
    getList(route.body, "spec", "rules"),
    { way: start, from, path: "spec.rules" },
    function* (rule, path) {
      const to = lasting(start, longest(get(rule, "timeouts"), "request", "backendRequest"));
      yield* elements(getList(rule, "backendRefs"), { way: to, from, path: `${path}.backendRefs` }, (ref, path) =>
        backendRef(context, grants, route, to, ref, path),
      );
      if (route.kind === "HTTPRoute" || route.kind === "GRPCRoute") yield* filters(context, route, to, rule, path);
    },
  );
}

function* backendRef(
  context: Context,
  grants: Grants,
  route: Resource,
  way: Way,
  ref: unknown,
  path: string,
): Generator<Found> {
  const kind = getString(ref, "kind") ?? "Service";
  const service = getString(ref, "name");
  const namespace = getString(ref, "namespace") || undefined;
  const port = getNumber(ref, "port");
  if (kind === unknown) yield unknownValue(route, `${path}.kind`, way.steps);
  // Other kinds are refused, and so is a Service without a port.
  if (kind !== "Service" || service === undefined || port === undefined) return;
  let to = weighted(way, getNumber(ref, "weight"));
  if (namespace !== undefined && !isGranted(context, grants, route, service, namespace)) {
    to = onlyOn("1", to, "no ReferenceGrant in this stack allows it, and 2.x asks for one");
    if (to.lines.length === 0) {
      yield {
        cause: `grant ${String(isKnown(namespace) ? namespace : "")} ${route.kind}`,
        message: `no ReferenceGrant in this stack lets ${labelOf(route)} name a Service of another namespace: APISIX ingress controller 2.x doesn't follow it without one.`,
        resource: route,
        steps: way.steps,
      };
      return;
    }
  }
  yield {
    way: to,
    from: route,
    path: `${path}.name`,
    target: {
      service,
      port,
      granularity: "endpoints",
      resolvedBy: "controller",
      ...(namespace === undefined ? {} : { namespace }),
    },
  };
}

/** What ReferenceGrants allow: `grantKey`s. */
type Grants = ReadonlySet<string>;

function grantKey(there: Place, kind: string, fromNamespace: string, service: string): string {
  return [there, kind, fromNamespace, service].join("\0");
}

/** Reads all ReferenceGrants that let routes name Services. */
function readGrants({ index }: Context): Grants {
  const grants = new Set<string>();
  for (const grant of index.ofKind("gateway.networking/ReferenceGrant")) {
    const place = index.placeOf(grant);
    const froms = getList(grant.body, "spec", "from");
    const tos = getList(grant.body, "spec", "to");
    if (place === undefined || froms === unknown || tos === unknown) continue;
    const services = (tos ?? [])
      .filter((to) => (getString(to, "group") ?? "") === "" && getString(to, "kind") === "Service")
      .map((to) => getString(to, "name") ?? "");
    for (const from of froms ?? []) {
      const kind = getString(from, "kind");
      const namespace = getString(from, "namespace");
      if (getString(from, "group") !== group || typeof kind !== "string" || typeof namespace !== "string") continue;
      for (const service of services) if (isKnown(service)) grants.add(grantKey(place, kind, namespace, service));
    }
  }
  return grants;
}

/** Does a ReferenceGrant in the Service's namespace let the route name it? */
function isGranted(
  { index }: Context,
  grants: Grants,
  route: Resource,
  service: Maybe<string>,
  namespace: Maybe<string>,
): boolean {
  const here = index.placeOf(route);
  const there = isKnown(namespace) ? index.placeNamed(route.cluster, namespace) : index.placeFrom(route, "spec");
  if (here === undefined || there === undefined || here === there) return true;
  const own = index.namespaceText(here) ?? "";
  return (
    grants.has(grantKey(there, route.kind, own, "")) ||
    (isKnown(service) && grants.has(grantKey(there, route.kind, own, service)))
  );
}

function* filters(context: Context, route: Resource, way: Way, rule: unknown, path: string): Generator<Found> {
  const list = getList(rule, "filters");
  let mirror: Found | undefined;
  yield* elements(list, { way, from: route, path: `${path}.filters` }, function* (filter, path) {
    const at = { from: route, path: `${path}.extensionRef.name` };
    const ref = getObject(filter, "requestMirror", "backendRef");
    if (isKnown(ref) && ref !== undefined) {
      const service = getString(ref, "name");
      // Of several mirrors APISIX keeps the last. It is a host name of the Service: no ReferenceGrant is asked for.
      if (service !== undefined) {
        mirror = {
          way: noted({ ...way, via: "mirror" }, "a mirror: clients don't see its answers"),
          from: route,
          path: `${path}.requestMirror.backendRef.name`,
          target: {
            service,
            port: getNumber(ref, "port") ?? 80,
            granularity: "service",
            resolvedBy: "mirror",
            ...(getString(ref, "namespace") ? { namespace: getString(ref, "namespace") } : {}),
          },
        };
      }
    }
    const extension = getObject(filter, "extensionRef");
    if (isKnown(extension) && extension !== undefined && getString(extension, "kind") === "PluginConfig") {
      const to = onlyOn("2", way, "1.x has no PluginConfig");
      if (to.lines.length > 0) {
        yield* pluginConfig(context, to, { kind: "PluginConfig", name: getString(extension, "name") }, at);
      }
    }
  });
  if (mirror) yield mirror;
}

/** Plugins of APISIX's own policies: for Consumers of a Gateway, and for TCP, UDP and TLS routes. */
function* policies(context: Context): Generator<Found> {
  const { index, settings } = context;
  if (!context.lines.includes("2")) return;
  for (const consumer of index.ofKind("apisix.apache.org/Consumer")) {
    const namespace = getString(consumer.body, "spec", "gatewayRef", "namespace");
    const name = getString(consumer.body, "spec", "gatewayRef", "name");
    const place =
      namespace && isKnown(namespace) ? index.placeNamed(consumer.cluster, namespace) : index.placeOf(consumer);
    const [gateway] = place !== undefined && typeof name === "string" ? index.named(place, gatewayKind, name) : [];
    // An object of APISIX's own group: a Gateway that isn't in the stack can only be APISIX's.
    if (gateway && ownerOfGateway(context, "2", gateway, gateway).takes === false) continue;
    yield* pluginsOf(consumer, startAt(consumer, ["2"]), settings.apisixNamespace);
  }
  for (const policy of index.ofKind("apisix.apache.org/L4RoutePolicy")) {
    const place = index.placeOf(policy);
    const refs = getList(policy.body, "spec", "targetRefs");
    for (const ref of isKnown(refs) && refs ? refs : []) {
      const [kind, name] = [getString(ref, "kind"), getString(ref, "name")];
      if (place === undefined || typeof kind !== "string" || typeof name !== "string") continue;
      for (const route of index.named(place, `gateway.networking/${kind}`, name)) {
        const owner = ownerOfRoute(context, route);
        if (isObstacle(owner) || !owner.lines.includes("2")) continue;
        yield* pluginsOf(policy, startAt(route, ["2"], owner.notes), settings.apisixNamespace);
      }
    }
  }
}
