/**
 * Ingress: `spec.rules[].http.paths[].backend`, and the annotations that lead elsewhere.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/ingress, 2.2.0 internal/adc/translator/ingress.go; the
 * annotations in .../annotations/types.go of both.
 */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { get, getList, getString, getStringMap, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { longestOf } from "../apisix/duration";
import { classOfIngress } from "../apisix/ownership";
import { plugin, pluginConfig } from "../apisix/plugins";
import {
  elements,
  isReference,
  lasting,
  longLived,
  portAt,
  unknownValue,
  withScheme,
  type Context,
  type Found,
  type PortReference,
  type Way,
} from "../follow/reference";
import { taken } from "../follow/ruling";

const prefix = "k8s.apisix.apache.org/";

export function* ingresses(context: Context): Generator<Found> {
  for (const kind of ["networking/Ingress", "extensions/Ingress"] as const) {
    for (const ingress of context.index.ofKind(kind)) {
      yield* taken(
        context,
        ingress,
        (line) => classOfIngress(context, line, ingress),
        (way) => spec(context, ingress, way),
      );
    }
  }
}

function* spec(context: Context, ingress: Resource, start: Way): Generator<Found> {
  const annotations = getStringMap(ingress.body, "metadata", "annotations");
  // One of them may move all backends elsewhere.
  if (annotations === unknown) {
    yield unknownValue(ingress, "metadata.annotations", start.steps);
    return;
  }
  const annotation = (name: string) => annotations?.get(prefix + name);
  // Both lines take `60s` and `60`, and nothing else.
  const timeouts = ["upstream-send-timeout", "upstream-read-timeout"].map((name) => {
    const text = annotation(name);
    return typeof text === "string" ? text.replace(/^\d+$/, "$&s") : text;
  });
  const from = ingress;
  const path = "metadata.annotations";
  const timed = lasting(start, longestOf(timeouts), ingress);
  const way = withConnections(timed, annotation, ingress);

  // Moves all backends of the Ingress.
  const namespace = annotation("svc-namespace") || undefined;
  yield* elements(getList(ingress.body, "spec", "rules"), { way, from, path: "spec.rules" }, (rule, path) =>
    elements(getList(rule, "http", "paths"), { way, from, path: `${path}.http.paths` }, (each, path) =>
      backend(ingress, way, get(each, "backend"), `${path}.backend`, namespace),
    ),
  );
  const unread = get(ingress.body, "spec", "defaultBackend") ?? get(ingress.body, "spec", "backend");
  if (unread !== undefined) {
    yield {
      code: "default-backend-not-read",
      data: { ingress: labelOf(ingress) },
      resource: ingress,
      steps: way.steps,
    };
  }
  yield* pluginConfig(
    context,
    way,
    { kind: "ApisixPluginConfig", name: annotation("plugin-config-name") },
    { from, path },
  );
  const place = { from, path, searchNamespace: context.settings.apisixNamespace };
  const uri = annotation("auth-uri");
  if (uri === undefined) return;
  // The controller makes a plugin of the annotation.
  for (const found of plugin(way, "forward-auth", isKnown(uri) ? { uri } : unknown, place)) {
    yield isReference(found) ? { ...found, path: `${path}["${prefix}auth-uri"]` } : found;
  }
}

/** Both lines take `true`, and a scheme in any case (`GetBoolAnnotation`, annotations/upstream). */
function withConnections(way: Way, annotation: (name: string) => Maybe<string> | undefined, ingress: Resource): Way {
  const at = (name: string) => `metadata.annotations["${prefix}${name}"]`;
  const scheme = annotation("upstream-scheme");
  const lower = isKnown(scheme) ? scheme?.toLowerCase() : scheme;
  const to = withScheme(way, lower, ingress, at("upstream-scheme"));
  const isOn = annotation("enable-websocket") === "true";
  return isOn ? longLived(to, "websocket", ingress, at("enable-websocket"), '"true"') : to;
}

function* backend(
  ingress: Resource,
  way: Way,
  body: unknown,
  path: string,
  namespace: Maybe<string> | undefined,
): Generator<Found> {
  if (body === unknown) {
    yield unknownValue(ingress, path, way.steps);
    return;
  }
  if (get(body, "resource") !== undefined) {
    yield {
      code: "backend-resource-not-read",
      data: { field: `${path}.resource`, ingress: labelOf(ingress) },
      resource: ingress,
      steps: way.steps,
    };
    return;
  }
  // v1 has an object `service`; v1beta1 has `serviceName` and `servicePort`.
  const isOld = get(body, "service") === undefined && get(body, "serviceName") !== undefined;
  const service = isOld ? getString(body, "serviceName") : getString(body, "service", "name");
  if (service === undefined || service === "") return;
  const port: PortReference = isOld
    ? portAt(body, "servicePort")
    : (portAt(body, "service", "port", "number") ?? getString(body, "service", "port", "name"));
  yield {
    way,
    from: ingress,
    path: isOld ? `${path}.serviceName` : `${path}.service.name`,
    target: {
      service,
      port,
      granularity: "endpoints",
      resolvedBy: "controller",
      portKeeps: ["1", "2"],
      ...(namespace === undefined
        ? {}
        : { namespace, namespacePath: `metadata.annotations["${prefix}svc-namespace"]` }),
    },
  };
}
