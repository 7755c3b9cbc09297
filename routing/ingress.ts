/**
 * Ingress: `spec.rules[].http.paths[].backend`. APISIX reads neither `defaultBackend` nor `backend.resource`.
 *
 * Source: apisix-ingress-controller v1.8.4 pkg/providers/ingress, 2.2.0 internal/adc/translator/ingress.go.
 */
import type { Resource } from "../kubernetes/resource";
import { get, getList, getString, unknown, type Maybe } from "../kubernetes/values";
import { portAt } from "./apisix-route";
import { ownerOfIngress } from "./ownership";
import { isObstacle, startAt, unknownValue, type Context, type Found, type Way } from "./reference";

export function* ingresses(context: Context): Generator<Found> {
  for (const kind of ["networking/Ingress", "extensions/Ingress"] as const) {
    for (const ingress of context.index.ofKind(kind)) {
      const owner = ownerOfIngress(context, ingress);
      if (isObstacle(owner)) yield owner;
      else if (owner.lines.length > 0) yield* rules(ingress, startAt(ingress, owner.lines, owner.notes));
    }
  }
}

function* rules(ingress: Resource, way: Way): Generator<Found> {
  const rules = getList(ingress.body, "spec", "rules");
  if (rules === unknown) yield unknownValue(ingress, "spec.rules", way.steps);
  for (const [i, rule] of rules === unknown ? [] : (rules ?? []).entries()) {
    const paths = getList(rule, "http", "paths");
    if (paths === unknown) yield unknownValue(ingress, `spec.rules[${i}].http.paths`, way.steps);
    for (const [j, path] of paths === unknown ? [] : (paths ?? []).entries()) {
      yield* backend(ingress, way, get(path, "backend"), `spec.rules[${i}].http.paths[${j}].backend`);
    }
  }
}

function* backend(ingress: Resource, way: Way, body: unknown, path: string): Generator<Found> {
  // v1 has an object `service`; v1beta1 has `serviceName` and `servicePort`.
  const isOld = get(body, "service") === undefined && get(body, "serviceName") !== undefined;
  const service = isOld ? getString(body, "serviceName") : getString(body, "service", "name");
  if (service === undefined) return;
  const port: Maybe<number | string> | undefined = isOld
    ? portAt(body, "servicePort")
    : (portAt(body, "service", "port", "number") ?? getString(body, "service", "port", "name"));
  yield {
    way,
    from: ingress,
    path: isOld ? `${path}.serviceName` : `${path}.service.name`,
    target: { service, port, granularity: "endpoints", externalName: "2.x" },
  };
}
