/**
 * ApisixRoute: the first version, v2, with its `http[].backends[]` and `stream[].backend`.
 *
 * Source: apisix-ingress-controller v1.8.4 pkg/kube/apisix/apis/config/v2/types.go, 2.2.0 api/v2/apisixroute_types.go.
 */
import type { Resource } from "../kubernetes/resource";
import { get, getList, getNumber, getString, unknown, type Maybe } from "../kubernetes/values";
import { ownerOfCrd } from "./ownership";
import { isObstacle, startAt, unknownValue, type Context, type Found, type Way } from "./reference";

export function* apisixRoutes(context: Context): Generator<Found> {
  for (const route of context.index.ofKind("apisix.apache.org/ApisixRoute")) {
    const owner = ownerOfCrd(context, route);
    if (isObstacle(owner)) yield owner;
    else if (owner.lines.length > 0) yield* rules(route, startAt(route, owner.lines, owner.notes));
  }
}

function* rules(route: Resource, way: Way): Generator<Found> {
  for (const protocol of ["http", "stream"] as const) {
    const list = getList(route.body, "spec", protocol);
    if (list === unknown) yield unknownValue(route, `spec.${protocol}`, way.steps);
    for (const [i, rule] of list === unknown ? [] : (list ?? []).entries()) {
      const path = `spec.${protocol}[${i}]`;
      if (protocol === "stream") {
        yield* backend(route, way, get(rule, "backend"), `${path}.backend`);
        continue;
      }
      const backends = getList(rule, "backends");
      if (backends === unknown) yield unknownValue(route, `${path}.backends`, way.steps);
      for (const [j, each] of backends === unknown ? [] : (backends ?? []).entries()) {
        yield* backend(route, way, each, `${path}.backends[${j}]`);
      }
    }
  }
}

function* backend(route: Resource, way: Way, body: unknown, path: string): Generator<Found> {
  const service = getString(body, "serviceName");
  if (service === undefined) return;
  yield {
    way: getNumber(body, "weight") === 0 ? { ...way, isDormant: true } : way,
    from: route,
    path: `${path}.serviceName`,
    target: {
      service,
      port: portAt(body, "servicePort"),
      granularity: getString(body, "resolveGranularity") === "service" ? "service" : "endpoints",
      externalName: "2.x",
    },
  };
}

/** A port as a number or as the name of a Service's port. */
export function portAt(parent: unknown, ...path: string[]): Maybe<number | string> | undefined {
  const number = getNumber(parent, ...path);
  return number === unknown ? getString(parent, ...path) : number;
}
