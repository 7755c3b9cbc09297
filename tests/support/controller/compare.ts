/** Our answer to which workloads APISIX 1.x routes to, beside that of its controller. */
import { matcherOf } from "../../../src/globs";
import { fromManifest, labelOf, type Resource } from "../../../src/kubernetes/resource";
import { get } from "../../../src/kubernetes/values";
import { resolveRoutes, type BlindSpot, type RoutingSettings } from "../../../src/routing";
import type { KubernetesObject } from "../kubernetes";
import { Refused, type Controller } from ".";
import { completed } from "./objects";
import { nameOf } from "./pods";

/** Resources whose routes are to be followed, with the settings that our answer depends on. */
export interface Question {
  name: string;
  given: readonly Resource[];
  settings: RoutingSettings;
}

/** Why a question can't be put to the controller. */
export type Skipped =
  | "values aren't known"
  | "a part of an object"
  | "of two clusters"
  | "a file of APISIX's, which the controller doesn't read"
  | "the API refuses it";

export type Comparison =
  | { name: string; skipped: Skipped; detail: string }
  | {
      name: string;
      /** Workloads that we call routed, and the controller doesn't send to. */
      onlyOurs: string[];
      /** Workloads that the controller sends to, and we don't call routed. */
      onlyTheirs: string[];
      /** The codes of our blind spots, each once. */
      blind: string[];
      log: string[];
    };

export async function compare(controller: Controller, { name, given, settings }: Question): Promise<Comparison> {
  const skipped = (reason: Skipped, detail = "") => ({ name, skipped: reason, detail });
  if (given.some(({ isPatch }) => isPatch)) return skipped("a part of an object");
  if (new Set(given.map(({ cluster }) => cluster)).size > 1) return skipped("of two clusters");
  if (given.some(({ body }) => get(body, "data", "apisix.yaml") !== undefined))
    return skipped("a file of APISIX's, which the controller doesn't read");
  let objects: KubernetesObject[];
  try {
    objects = given.map(objectOf).map(completed);
  } catch (error) {
    return skipped("values aren't known", String(error));
  }
  const resources = objects.map((object, i) => fromManifest(object, `${name}#${i}`)).filter((each) => !!each);
  const routes = resolveRoutes(resources, { ...settings, controller: "1" });
  const { clusterDomain, apisixNamespace } = settings;
  const ingressClass = classOf(objects, settings);
  const options = { ingressClass, clusterDomain, ...(apisixNamespace === undefined ? {} : { apisixNamespace }) };
  let outcome;
  try {
    outcome = await controller.judge([...objects, ...elsewhere(objects, settings, routes.blindSpots)], options);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return skipped("the API refuses it", error.message);
  }
  const ours = new Set(routes.workloads.map(({ workload }) => labelOf(workload.resource)));
  const { nodes, named, log } = outcome;
  return {
    name,
    onlyOurs: [...ours].filter((each) => !nodes.has(each) && !named.has(each)),
    onlyTheirs: [...nodes].filter((each) => !ours.has(each)),
    blind: [...new Set(routes.blindSpots.map(({ code }) => code))],
    log,
  };
}

/** Where we say what we can't tell, the controller may know. The other blind spots say what doesn't happen. */
const tells = new Set<string>([
  ...["version-not-served", "service-named-twice", "plugin-config-of-other-class", "service-port-missing"],
  ...["weight-zero", "headless-service-as-host", "external-node-of-wrong-type"],
  ...["default-backend-not-read", "backend-resource-not-read"],
]);

/**
 * What is wrong with our answer, in words; undefined where nothing is. A workload that we don't see is no fault where we
 * say that there may be one.
 */
export function faultOf(comparison: Comparison): string | undefined {
  if ("skipped" in comparison) return undefined;
  const { onlyOurs, onlyTheirs, blind, log } = comparison;
  const missed = blind.every((code) => tells.has(code)) ? onlyTheirs : [];
  const faults = [
    ...onlyOurs.map((workload) => `${workload}: we call it routed, the controller doesn't send to it`),
    ...missed.map((workload) => `${workload}: the controller sends to it, we don't call it routed`),
  ];
  return faults.length === 0 ? undefined : [...faults, ...log.map((line) => `  ${line}`)].join("\n");
}

/** A resource as an object that can be sent. Throws where a value isn't known. */
function objectOf({ body }: Resource): KubernetesObject {
  const object = JSON.parse(JSON.stringify(body)) as KubernetesObject;
  return { ...object, metadata: { ...object.metadata } };
}

/** Takes objects of every class. Source: 1.8.4 pkg/config/config.go, IngressClassApisixAndAll. */
const every = "apisix-and-all";

/** The class that the controller is started with: APISIX's one in the stack, or one that the settings list. */
function classOf(objects: readonly KubernetesObject[], settings: RoutingSettings): string {
  if (settings.ingressClasses.includes(every)) return every;
  const classes = objects.filter(({ kind }) => kind === "IngressClass");
  const ours = [...settings.controllerNames, "apisix.apache.org/apisix-ingress"];
  const own = classes.find(({ spec }) => ours.includes((spec as { controller: string }).controller));
  if (own) return own.metadata?.name ?? "";
  // A class of another stack.
  const inStack = new Set(classes.map(({ metadata }) => metadata?.name));
  const named = objects.map(({ spec, metadata }) => {
    const { annotations } = (metadata ?? {}) as { annotations?: Record<string, string> };
    return (
      (spec as { ingressClassName?: string } | undefined)?.ingressClassName ??
      annotations?.["kubernetes.io/ingress.class"]
    );
  });
  const outside = named.filter((name) => name !== undefined && !inStack.has(name)) as string[];
  return outside.find(matcherOf(settings.ingressClasses)) ?? outside[0] ?? "apisix";
}

/**
 * What other stacks hold: GatewayClasses and Gateways that are APISIX's by the settings, and of the objects that we miss those whose
 * absence would stop the whole route.
 */
function elsewhere(
  objects: readonly KubernetesObject[],
  { gatewayClasses, gateways }: RoutingSettings,
  blindSpots: readonly BlindSpot[],
): KubernetesObject[] {
  const given = new Set(objects.map((object) => nameOf(object)));
  const named = objects.map(({ spec }) => (spec as { gatewayClassName?: string } | undefined)?.gatewayClassName);
  const names = named.filter((name) => name !== undefined && matcherOf(gatewayClasses)(name)) as string[];
  const classes = [...new Set(["apisix", ...names])].map((name) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name },
    spec: { controllerName: "apisix.apache.org/gateway-controller" },
  }));
  const ports = { HTTP: 80, TCP: 90, UDP: 91 };
  const listeners = Object.entries(ports).map(([protocol, port]) => {
    return { name: protocol.toLowerCase(), protocol, port, allowedRoutes: { namespaces: { from: "All" } } };
  });
  const edges = gateways.map((name) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: metadataOf(`Gateway ${name}`),
    spec: { gatewayClassName: "apisix", listeners },
  }));
  const missing = blindSpots.flatMap((spot) => {
    if (spot.code === "service-not-in-stack") return [serviceOf(spot.data.service, spot.evidence[0] ?? "")];
    const config = spot.code === "plugin-config-not-in-stack" ? spot.data.config : undefined;
    return config === undefined ? [] : [pluginConfigOf(config)];
  });
  return [...classes, ...edges, ...missing].filter((each) => !given.has(nameOf(each)));
}

const metadataOf = (label: string) => {
  const [, namespace = "", name = ""] = /^\w+ ([^/]+)\/(.+)$/.exec(label) ?? [];
  return { namespace, name };
};

/** A Service without Pods, with the port that is asked for: `… › Service shop/web:80`. */
function serviceOf(label: string, evidence: string): KubernetesObject {
  const port = /:(\d+)(?: \(|$)/.exec(evidence)?.[1] ?? "80";
  const spec = { selector: { app: "elsewhere" }, ports: [{ name: "http", port: Number(port) }] };
  return { apiVersion: "v1", kind: "Service", metadata: metadataOf(label), spec };
}

const pluginConfigOf = (label: string): KubernetesObject => ({
  apiVersion: "apisix.apache.org/v2",
  kind: "ApisixPluginConfig",
  metadata: metadataOf(label),
  spec: { plugins: [{ name: "echo", enable: true, config: {} }] },
});
