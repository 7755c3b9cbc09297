/**
 * Which Gateway API routes are APISIX's: parentRef → Gateway → GatewayClass → controller.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/gateway/validator.go, 2.2.0 internal/controller/utils.go
 * (ParseRouteParentRefs).
 */
import { labelOf, nameOf, namespaceOf, type Resource } from "../../kubernetes/resource";
import { getList, getString, isKnown, unknown } from "../../kubernetes/values";
import { matcherOf } from "../../globs";
import { proxyOfGateway } from "../apisix/gateway-proxy";
import { controllersOf1 } from "../apisix/ownership";
import { shown, shownName, stepOf, type Context } from "../follow/reference";
import { best, foreign, inStages, refused, unclear, yes, type Verdict } from "../follow/ruling";
import type { ControllerLine } from "../routes";
import { kindOf, wholeOf, type Kind } from "../follow/resource-index";
import { group, knowsListeners, listenersOf } from "./listeners";

export const gatewayKind: Kind = "gateway.networking/Gateway";
const classKind: Kind = "gateway.networking/GatewayClass";

/** A parent of a route that is, or may be, a Gateway of the line's. */
interface Parent {
  /** Is it one? */
  owner: Verdict;
  /** Does one of its listeners accept the route? */
  listener: Verdict;
  /** Does it lead to an APISIX? */
  proxy: Verdict;
  /** 1.x: does it know such listeners at all? */
  known: Verdict;
}

/** What a line makes of a route, by its parents. */
export function parentsOf(context: Context, line: ControllerLine, route: Resource): Verdict {
  if (line === "1" && route.kind === "GRPCRoute") return foreign({ code: "grpc-route-not-read" });
  const list = getList(route.body, "spec", "parentRefs");
  if (list === unknown || (list === undefined && route.isPatch))
    return unclear(route, "spec.parentRefs", [stepOf(route)]);
  if (list === undefined || list.length === 0) {
    return line === "1" ? yes : foreign({ code: "no-gateway-named" });
  }
  const parentsIf = (isLikely: boolean) =>
    list.map((parent, i) => parentOf(context, line, route, parent, `spec.parentRefs[${i}]`, isLikely));
  const parents = parentsIf(false);
  // A Gateway of whose class nothing is known is another controller's, unless the route names one of APISIX's, too.
  const isLikely = parents.some(({ owner }) => owner.takes === true);
  return (line === "1" ? onLine1 : onLine2)(isLikely ? parentsIf(true) : parents);
}

/** 1.x fails a route of which one parent is none of its own Gateways (validateParentRef). */
function onLine1(parents: readonly Parent[]): Verdict {
  const owners = parents.map(({ owner }) => owner);
  const other = owners.find(({ takes }) => takes === false);
  if (other) return owners.some(({ takes }) => takes === true) ? refused({ code: "other-parent" }) : other;
  return inStages(...parents.flatMap(({ owner, known }) => [() => owner, () => known]), () =>
    best(parents.map(({ listener }) => listener)),
  );
}

/**
 * 2.x passes over what isn't its own (ParseRouteParentRefs). One Gateway that accepts the route is enough, and so is
 * one with a GatewayProxy, be it another one.
 */
function onLine2(parents: readonly Parent[]): Verdict {
  const own = parents.filter(({ owner }) => owner.takes !== false);
  if (own.length === 0) return best(parents.map(({ owner }) => owner));
  return inStages(
    () => best(own.map(({ listener }) => listener)),
    () => best(own.map(({ proxy }) => proxy)),
  );
}

/** Nothing more can be said than whose it is. */
function only(owner: Verdict): Parent {
  return { owner, listener: owner, proxy: owner, known: owner };
}

const otherParent = only(foreign({ code: "other-parent" }));

function parentOf(
  context: Context,
  line: ControllerLine,
  route: Resource,
  parent: unknown,
  path: string,
  isLikely: boolean,
): Parent {
  const { index, settings } = context;
  const kind = getString(parent, "kind") ?? "Gateway";
  const name = getString(parent, "name");
  const namespace = getString(parent, "namespace");
  if (kind === unknown || name === unknown || namespace === unknown) {
    const origin = index.origin(route, "spec", (other) => kindOf(other) === gatewayKind);
    const at = name === unknown ? "name" : kind === unknown ? "kind" : "namespace";
    if (!origin || kind === unknown) return only(unclear(route, `${path}.${at}`, [stepOf(route)]));
    return ofGateway(context, line, route, origin, parent, isLikely);
  }
  const ownGroup = getString(parent, "group") ?? group;
  if (ownGroup === unknown) return only(unclear(route, `${path}.group`, [stepOf(route)]));
  if (kind !== "Gateway" || ownGroup !== group || name === undefined) return otherParent;
  const place = namespace ? index.placeNamed(route.cluster, namespace) : index.placeOf(route);
  if (place === undefined) return only(unclear(route, "metadata.namespace", [stepOf(route)]));
  const gateway = wholeOf(index.named(place, gatewayKind, name));
  if (gateway) return ofGateway(context, line, route, gateway, parent, isLikely);
  if (settings.gateways.includes(`${index.namespaceText(place) ?? ""}/${name}`)) return only(yes);
  // Who lists the Gateways of other stacks that are APISIX's says by that which ones are not.
  if (settings.gateways.length > 0) return otherParent;
  const label = shownName(
    route,
    `${path}.name`,
    index.nameIn(place, name),
    namespace ? `${path}.namespace` : undefined,
  );
  return only({
    takes: {
      code: "gateway-not-in-stack",
      data: { gateway: label },
      cause: `${place} ${name}`,
      resource: route,
      steps: [stepOf(route), { label: `Gateway ${label}` }],
    },
  });
}

/** A Gateway of the stack. */
function ofGateway(
  context: Context,
  line: ControllerLine,
  route: Resource,
  gateway: Resource,
  parent: unknown,
  isLikely: boolean,
): Parent {
  const owner = ownerOfGateway(context, line, gateway, route, isLikely);
  if (owner.takes !== true) return only(owner);
  const steps = [stepOf(route), stepOf(gateway)];
  return {
    owner,
    listener: listenersOf(context, line, route, gateway, parent),
    // 1.x has no GatewayProxies.
    proxy: line === "1" ? yes : proxyOfGateway(context, gateway, steps),
    known: line === "1" ? knowsListeners(route, gateway, parent) : yes,
  };
}

/** @param isLikely whether anything else says that a Gateway of an unknown class is APISIX's */
export function ownerOfGateway(
  context: Context,
  line: ControllerLine,
  gateway: Resource,
  user: Resource,
  isLikely = false,
): Verdict {
  const { index, settings } = context;
  const steps = user === gateway ? [stepOf(gateway)] : [stepOf(user), stepOf(gateway)];
  let name = getString(gateway.body, "spec", "gatewayClassName");
  if (name === unknown) {
    const origin = index.origin(gateway, "spec", (other) => kindOf(other) === classKind);
    name = origin ? (nameOf(origin) ?? unknown) : unknown;
    if (origin && name === unknown) return ofController(origin);
  }
  if (name === unknown || (name === undefined && gateway.isPatch))
    return unclear(gateway, "spec.gatewayClassName", steps);
  if (name === undefined) return foreign({ code: "other-parent" });
  const inStack = wholeOf(index.namedAnywhere(gateway.cluster, classKind, name));
  if (inStack) return ofController(inStack);
  const namespace = namespaceOf(gateway);
  const id = `${isKnown(namespace) ? namespace : ""}/${String(nameOf(gateway))}`;
  if (matcherOf(settings.gatewayClasses)(name) || settings.gateways.includes(id)) return yes;
  const parameters = getString(gateway.body, "spec", "infrastructure", "parametersRef", "group");
  // Gateways of other controllers are common, and no business of ours.
  if (!isLikely && !/apisix/i.test(name) && parameters !== "apisix.apache.org")
    return foreign({ code: "class-not-known" });
  return {
    takes: {
      code: "gateway-class-not-in-stack",
      data: { class: shown(gateway, "spec.gatewayClassName", name) },
      cause: name,
      resource: gateway,
      steps,
    },
  };

  function ofController(gatewayClass: Resource): Verdict {
    const controller = getString(gatewayClass.body, "spec", "controllerName");
    if (controller === unknown || (controller === undefined && gatewayClass.isPatch))
      return unclear(gatewayClass, "spec.controllerName", [...steps, stepOf(gatewayClass)]);
    const its = lineOf(controller);
    if (its === line) return yes;
    if (its === undefined || controller === undefined) return foreign({ code: "other-parent" });
    return refused({
      code: "class-of-other-line",
      class: labelOf(gatewayClass),
      controller: shown(gatewayClass, "spec.controllerName", controller),
      of: its,
    });
  }

  function lineOf(controller: string | undefined): ControllerLine | undefined {
    if (controller !== undefined && settings.controllerNames.includes(controller)) return "2";
    return controller === controllersOf1.gateway ? "1" : undefined;
  }
}
