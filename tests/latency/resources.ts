/** Parts of APISIX as their public charts make them, as manifests, and what is known of them. */
import { fromManifest, type Resource } from "../../src/kubernetes/resource";
import { evidenceOf, type Evidence } from "../../src/latency";
import { resolveRoutes } from "../../src/routing";
import { configMapsOf } from "../../src/shutdown/app";
import { settings } from "../routing/resources";

interface ControllerOptions {
  name?: string;
  image?: unknown;
  adc?: object;
  replicas?: unknown;
  volumes?: object[];
  volumeMounts?: object[];
}

export const publicController = (version: string) => `apache/apisix-ingress-controller:${version}`;

/** A controller; with ADC beside it where `adc` gives its container's fields. */
export function controller({ name = "aic", image = publicController("2.2.0"), ...more }: ControllerOptions = {}) {
  const { adc, replicas, volumes, volumeMounts } = more;
  const containers = [
    { name: "manager", image, ...(volumeMounts && { volumeMounts }) },
    ...(adc ? [{ name: "adc-server", image: "ghcr.io/api7/adc:0.27.1", ...adc }] : []),
  ];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "infra" },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers, ...(volumes && { volumes }) } },
    },
  };
}

/** A controller of 1.x with its config.yaml. */
export function configured(text: string): object[] {
  return [
    controller({
      image: publicController("1.8.4"),
      volumeMounts: [{ name: "config", mountPath: "/ingress-apisix/conf/config.yaml", subPath: "config.yaml" }],
      volumes: [{ name: "config", configMap: { name: "aic" } }],
    }),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "aic", namespace: "infra" },
      data: { "config.yaml": text },
    },
  ];
}

export function gatewayProxy(controlPlane: object = { mode: "apisix" }, name = "apisix") {
  return {
    apiVersion: "apisix.apache.org/v1alpha1",
    kind: "GatewayProxy",
    metadata: { name, namespace: "infra" },
    spec: { provider: { type: "ControlPlane", controlPlane } },
  };
}

/** An ApisixRoute with so many rules, and the Service that they lead to. */
export function routes(rules: number): object[] {
  const http = Array.from({ length: rules }, (_, i) => ({
    name: `rule-${i}`,
    match: { paths: [`/${i}`] },
    backends: [{ serviceName: "web", servicePort: 80 }],
  }));
  return [
    {
      apiVersion: "apisix.apache.org/v2",
      kind: "ApisixRoute",
      metadata: { name: "web", namespace: "shop" },
      spec: { ingressClassName: "apisix", http },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: "shop" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
    },
  ];
}

export function ofClass(kind: "ApisixUpstream" | "ApisixPluginConfig", ingressClassName?: string) {
  const metadata = { name: "web", namespace: "shop" };
  return { apiVersion: "apisix.apache.org/v2", kind, metadata, spec: { ingressClassName } };
}

export const ingressClass = {
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name: "apisix" },
  spec: { controller: "apisix.apache.org/apisix-ingress-controller" },
};

export function read(manifests: readonly object[]): Resource[] {
  return manifests.flatMap((manifest, i) => fromManifest(manifest, `#${i}`) ?? []);
}

export function evidenceIn(resources: readonly Resource[], line?: "1" | "2"): Evidence[] {
  return evidenceOf({
    resources,
    routes: resolveRoutes(resources, { ...settings, controller: line ?? "auto" }),
    configMapsOf: configMapsOf(resources),
    controllerNames: settings.controllerNames,
    ...(line && { line }),
  });
}
