/**
 * Ingress: `spec.rules[].http.paths[].backend`, and the annotations that lead elsewhere.
 *
 * Sources: apisix-ingress-controller v1.8.4 pkg/providers/ingress, 2.2.0 internal/adc/translator/ingress.go; the
 * annotations in .../annotations/types.go of both.
 */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { get, getList, getString, getStringMap, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { longestOf } from "../apisix/duration";
import {
  annotatedClass,
  annotationPrefix as prefix,
  classOfConfig,
  classOfIngress,
  readsConfig,
} from "../apisix/ownership";
import { configsByName, pluginConfig, splitOfConfig } from "../apisix/plugin-config";
import { plugin } from "../apisix/plugins";
import { leftBy } from "../apisix/traffic-split";
import {
  elements,
  isReference,
  lasting,
  longLived,
  onlyOn,
  portAt,
  shown,
  portNumberAt,
  unknownValue,
  withScheme,
  type Context,
  type Found,
  type PortReference,
  type Way,
} from "../follow/reference";
import { wholeOf } from "../follow/resource-index";
import { inStages, refused, taken, yes, type Verdict } from "../follow/ruling";
import type { ControllerLine } from "../routes";

export function* ingresses(context: Context): Generator<Found> {
  for (const kind of ["networking/Ingress", "extensions/Ingress"] as const) {
    for (const ingress of context.index.ofKind(kind)) {
      yield* taken(
        context,
        ingress,
        (line) => takes(context, line, ingress),
        (way) => spec(context, ingress, way),
      );
    }
  }
}

function takes(context: Context, line: ControllerLine, ingress: Resource): Verdict {
  return inStages(
    () => classOfIngress(context, line, ingress),
    () => (line === "1" ? namesSecrets(ingress) : yes),
    () => (line === "1" ? takesPluginConfig(context, ingress) : yes),
  );
}

/** 1.x looks up the Secret of each entry of `spec.tls`, and 2.x only of those that name one. */
function namesSecrets(ingress: Resource): Verdict {
  const list = getList(ingress.body, "spec", "tls");
  const all = isKnown(list) && list && !ingress.isPatch ? list : [];
  const lacking = all.findIndex((each) => isKnown(each) && !getString(each, "secretName"));
  return lacking < 0 ? yes : refused({ code: "tls-secret-not-named", field: `spec.tls[${lacking}].secretName` });
}

/** 1.x doesn't push the plugins of another class, and APISIX refuses a route that names what it doesn't have. */
function takesPluginConfig(context: Context, ingress: Resource): Verdict {
  const config = pluginConfigOf(context, ingress);
  return config ? classOfConfig(context, "1", ingress, config) : yes;
}

/** The ApisixPluginConfig of the stack that an Ingress names. */
function pluginConfigOf(context: Context, ingress: Resource): Resource | undefined {
  const annotations = getStringMap(ingress.body, "metadata", "annotations");
  const name = isKnown(annotations) ? annotations?.get(`${prefix}plugin-config-name`) : undefined;
  return wholeOf(configsByName(context, { kind: "ApisixPluginConfig", name }, ingress) ?? []);
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

  const named = { kind: "ApisixPluginConfig", name: annotation("plugin-config-name") } as const;
  const left = leftBy(splitOfConfig(context, named, { from, path }), way);
  const { toBackends, toPlugins, unclear } = besideConfig(context, ingress, way, left);
  if (unclear) yield unclear;

  // Moves all backends of the Ingress.
  const namespace = annotation("svc-namespace") || undefined;
  yield* elements(getList(ingress.body, "spec", "rules"), { way, from, path: "spec.rules" }, (rule, path) =>
    elements(getList(rule, "http", "paths"), { way, from, path: `${path}.http.paths` }, (each, path) =>
      toBackends ? backend(ingress, toBackends, get(each, "backend"), `${path}.backend`, namespace) : [],
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
  yield* namedTwice(ingress, way);
  if (toPlugins) yield* pluginConfig(context, toPlugins, named, { from, path });
  const place = { from, path, searchNamespace: context.settings.apisixNamespace };
  const uri = annotation("auth-uri");
  if (uri === undefined) return;
  // The controller makes a plugin of the annotation.
  for (const found of plugin(way, "forward-auth", isKnown(uri) ? { uri } : unknown, place)) {
    yield isReference(found) ? { ...found, path: `${path}["${prefix}auth-uri"]` } : found;
  }
}

/**
 * The ways to the backends of an Ingress and to the plugins of the ApisixPluginConfig that it names, as far as the lines
 * read that one.
 *
 * @param left the way that the config's split leaves to the backends
 */
function besideConfig(context: Context, ingress: Resource, way: Way, left: Way | undefined) {
  const config = pluginConfigOf(context, ingress);
  if (!config || !way.lines.includes("2")) return { toBackends: left, toPlugins: way };
  const isRead = readsConfig(context, ingress, config);
  if (isRead === true) return { toBackends: left, toPlugins: way };
  if (isRead !== false) return { toBackends: left === way ? way : undefined, unclear: isRead };
  const on1 = onlyOn("1", way, { code: "plugin-config-of-other-class", config: labelOf(config) });
  const on2 = left === way ? way : onlyOn("2", way, { code: "plugin-takes-all" });
  return { toBackends: on2, ...(on1.lines.length > 0 && { toPlugins: on1 }) };
}

/** Kubernetes refuses a new Ingress whose classes differ (pkg/apis/networking/validation, ValidateIngressCreate). */
function* namedTwice(ingress: Resource, way: Way): Generator<Found> {
  const [annotation, field] = [annotatedClass(ingress), getString(ingress.body, "spec", "ingressClassName")];
  if (typeof annotation !== "string" || typeof field !== "string" || annotation === field) return;
  yield {
    code: "ingress-class-named-twice",
    data: {
      ingress: labelOf(ingress),
      annotation: shown(ingress, "metadata.annotations", annotation),
      field: shown(ingress, "spec.ingressClassName", field),
    },
    cause: ingress.id,
    resource: ingress,
    steps: way.steps,
  };
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
    : (portNumberAt(body, "service", "port", "number") ?? getString(body, "service", "port", "name"));
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
