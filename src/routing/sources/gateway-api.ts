/**
 * Gateway API: HTTPRoute, GRPCRoute, TLSRoute, TCPRoute and UDPRoute, of any version.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/gateway/translation; 2.2.0
 * internal/adc/translator/{http,grpc,tls,tcp,udp}route.go.
 */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { get, getList, getNumber, getObject, getString, isKnown, unknown } from "../../kubernetes/values";
import { longest } from "../apisix/duration";
import { gatewayKind, ownerOfGateway, parentsOf, routeKinds } from "../gateway/gateway-parents";
import { pluginConfig, pluginsOf } from "../apisix/plugins";
import {
  elements,
  isObstacle,
  lasting,
  longLived,
  noted,
  onlyOn,
  startAt,
  stepOf,
  unknownValue,
  weighted,
  type Context,
  type Found,
  type Way,
} from "../follow/reference";
import { ask, inStages, refused, taken, yes, type Verdict } from "../follow/ruling";
import type { ControllerLine, LongLived } from "../routes";
import { isGranted, readGrants, type Grants } from "../gateway/reference-grant";

export function* gatewayApi(context: Context): Generator<Found> {
  const grants = readGrants(context);
  for (const kind of Object.keys(routeKinds)) {
    for (const route of context.index.ofKind(`gateway.networking/${kind}`)) {
      yield* taken(
        context,
        route,
        (line) => takes(context, line, route),
        (way) => rules(context, grants, route, way),
      );
    }
  }
  yield* policies(context);
}

function takes(context: Context, line: ControllerLine, route: Resource): Verdict {
  return inStages(
    () => parentsOf(context, line, route),
    () => (line === "1" ? yes : hasHostnames(route)),
  );
}

/** Without a host name there is nothing that 2.x could tell TLS connections apart by. */
function hasHostnames(route: Resource): Verdict {
  const hostnames = getList(route.body, "spec", "hostnames");
  const hasNone = hostnames === undefined || (isKnown(hostnames) && hostnames.length === 0);
  return route.kind === "TLSRoute" && hasNone ? refused({ code: "hostnames-missing" }) : yes;
}

/** The kinds of routes whose connections stay open. UDP has none. */
const longLivedRoutes: Readonly<Record<string, LongLived["kind"]>> = {
  GRPCRoute: "grpc",
  TCPRoute: "stream",
  TLSRoute: "stream",
};

function* rules(context: Context, grants: Grants, route: Resource, way: Way): Generator<Found> {
  const lasts = longLivedRoutes[route.kind];
  const start = lasts ? longLived(way, lasts, route) : way;
  const from = route;
  yield* elements(
    getList(route.body, "spec", "rules"),
    { way: start, from, path: "spec.rules" },
    function* (rule, path) {
      const to = lasting(start, longest(get(rule, "timeouts"), "request", "backendRequest"), from);
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
  const granted = namespace === undefined || isGranted(context, grants, route, service, namespace);
  if (granted === unknown) {
    const field = namespace === unknown ? `${path}.namespace` : service === unknown ? `${path}.name` : undefined;
    yield unknownValue(route, field ?? "metadata.namespace", way.steps);
    return;
  }
  if (!granted) {
    to = onlyOn("1", to, { code: "reference-grant-not-in-stack" });
    if (to.lines.length === 0) {
      yield {
        code: "reference-grant-not-in-stack",
        data: { route: labelOf(route) },
        cause: `${typeof namespace === "string" ? namespace : ""} ${route.kind}`,
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
      portKeeps: ["1"],
      ...(namespace === undefined ? {} : { namespace, namespacePath: `${path}.namespace` }),
    },
  };
}

function* filters(context: Context, route: Resource, way: Way, rule: unknown, path: string): Generator<Found> {
  const list = getList(rule, "filters");
  let mirror: Found | undefined;
  yield* elements(list, { way, from: route, path: `${path}.filters` }, function* (filter, path) {
    const at = { from: route, path: `${path}.extensionRef.name` };
    const ref = getObject(filter, "requestMirror", "backendRef");
    if (ref === unknown) {
      yield unknownValue(route, `${path}.requestMirror.backendRef`, way.steps);
      mirror = undefined;
    } else if (ref !== undefined) {
      const service = getString(ref, "name");
      const namespace = getString(ref, "namespace");
      // Of several mirrors APISIX keeps the last. It is a host name of the Service: no ReferenceGrant is asked for.
      if (service !== undefined) {
        mirror = {
          way: noted({ ...way, via: "mirror" }, { code: "mirror" }),
          from: route,
          path: `${path}.requestMirror.backendRef.name`,
          target: {
            service,
            port: getNumber(ref, "port") ?? 80,
            granularity: "service",
            resolvedBy: "mirror",
            ...(namespace ? { namespace, namespacePath: `${path}.requestMirror.backendRef.namespace` } : {}),
          },
        };
      }
    }
    const extension = getObject(filter, "extensionRef");
    if (isKnown(extension) && extension !== undefined && getString(extension, "kind") === "PluginConfig") {
      const to = onlyOn("2", way, { code: "plugin-config-not-read" });
      if (to.lines.length > 0) {
        yield* pluginConfig(context, to, { kind: "PluginConfig", name: getString(extension, "name") }, at);
      }
    }
  });
  const mayBeLater = isKnown(list) && (list ?? []).includes(unknown);
  if (mirror && !mayBeLater) yield mirror;
}

/** Plugins of APISIX's own policies: for Consumers of a Gateway, and for TCP, UDP and TLS routes. */
function* policies(context: Context): Generator<Found> {
  const { index, settings } = context;
  if (!context.lines.includes("2")) return;
  for (const consumer of index.ofKind("apisix.apache.org/Consumer")) {
    const found = [...pluginsOf(consumer, startAt(consumer, ["2"]), settings.apisixNamespace)];
    if (found.length === 0) continue;
    const namespace = getString(consumer.body, "spec", "gatewayRef", "namespace");
    const name = getString(consumer.body, "spec", "gatewayRef", "name");
    if (namespace === unknown || name === unknown) {
      yield unknownValue(consumer, "spec.gatewayRef", [stepOf(consumer)]);
      continue;
    }
    const place = namespace ? index.placeNamed(consumer.cluster, namespace) : index.placeOf(consumer);
    const [gateway] = place !== undefined && name !== undefined ? index.named(place, gatewayKind, name) : [];
    // An object of APISIX's own group: a Gateway that isn't in the stack can only be APISIX's.
    const answer = gateway ? ownerOfGateway(context, "2", gateway, gateway) : yes;
    if (answer.takes === true) yield* found;
    else if (typeof answer.takes === "object") yield answer.takes;
    else if ("because" in answer) yield { route: consumer, refusals: [{ line: "2", because: answer.because }] };
  }
  for (const policy of index.ofKind("apisix.apache.org/L4RoutePolicy")) {
    const place = index.placeOf(policy);
    const refs = getList(policy.body, "spec", "targetRefs");
    for (const ref of isKnown(refs) && refs ? refs : []) {
      const [kind, name] = [getString(ref, "kind"), getString(ref, "name")];
      if (place === undefined || typeof kind !== "string" || typeof name !== "string") continue;
      for (const route of index.named(place, `gateway.networking/${kind}`, name)) {
        const ruling = ask(context, (line) => takes(context, line, route));
        if (isObstacle(ruling) || !ruling.lines.includes("2")) continue;
        yield* pluginsOf(policy, startAt(route, ["2"], ruling.notes), settings.apisixNamespace);
      }
    }
  }
}
