/** Resources for tests, in short: `service("shop/web", { app: "web" })`. A name without `/` has no namespace. */
import { fromManifest, type Resource } from "../../kubernetes/resource";
import type { RoutingSettings } from "../../routing";

export const settings: RoutingSettings = {
  controller: "auto",
  ingressClasses: ["apisix"],
  gatewayClasses: ["apisix"],
  gateways: [],
  controllerNames: [
    "apisix.apache.org/apisix-ingress-controller",
    "apisix.apache.org/apisix-ingress",
    "apisix.apache.org/gateway-controller",
  ],
  clusterDomain: "cluster.local",
};

type Fields = Record<string, unknown>;

let count = 0;

/** Any object. Fields besides `metadata` are the object's own; `metadata` adds to its name and namespace. */
export function object(apiVersion: string, kind: string, name: string, fields: Fields = {}): Resource {
  const [first = "", second] = name.split("/");
  const metadata = second === undefined ? { name: first } : { namespace: first, name: second };
  const manifest = { apiVersion, kind, ...fields, metadata: { ...metadata, ...(fields.metadata as Fields) } };
  const resource = fromManifest(manifest, `#${++count} ${kind} ${name}`);
  if (!resource) throw new Error(`${kind} ${name} is no manifest`);
  return resource;
}

export function service(name: string, selector?: unknown, spec: Fields = {}): Resource {
  return object("v1", "Service", name, { spec: { ports: [{ port: 80 }], selector, ...spec } });
}

export function deployment(name: string, labels: unknown, podSpec: Fields = {}): Resource {
  return object("apps/v1", "Deployment", name, {
    spec: { template: { metadata: { labels }, spec: { containers: [{ name: "app" }], ...podSpec } } },
  });
}

/** A Service and the Deployment that it selects. */
export function app(name: string, spec: Fields = {}): Resource[] {
  const [namespace, short = name] = name.split("/");
  const labels = { app: short, in: namespace };
  return [service(name, labels, spec), deployment(name, labels)];
}

export function apisixRoute(name: string, spec: unknown, version = "v2"): Resource {
  return object(`apisix.apache.org/${version}`, "ApisixRoute", name, { spec });
}

/** `web:80` as a backend of an ApisixRoute. */
export function backend(text: string, more: Fields = {}): Fields {
  const [serviceName, port = "80"] = text.split(":");
  return { serviceName, servicePort: /^\d+$/.test(port) ? Number(port) : port, ...more };
}

/** The spec of an ApisixRoute with one HTTP rule. */
export function http(...backends: Fields[]): Fields {
  return { http: [{ name: "rule", match: { paths: ["/*"] }, backends }] };
}

/** `web:80` as the backend of an Ingress v1 path. */
export function path(text: string): Fields {
  const [name, port = "80"] = text.split(":");
  return { backend: { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } } };
}

export function ingress(name: string, className: string | undefined, paths: unknown[], more: Fields = {}): Resource {
  const spec = { ingressClassName: className, rules: [{ http: { paths } }], ...(more.spec as Fields) };
  return object((more.apiVersion as string) ?? "networking.k8s.io/v1", "Ingress", name, {
    metadata: more.metadata,
    spec,
  });
}

export function ingressClass(name: string, controller: unknown, annotations: Fields = {}): Resource {
  return object("networking.k8s.io/v1", "IngressClass", name, { metadata: { annotations }, spec: { controller } });
}

/** A value that isn't known: a property that throws when it is read, as the policy SDK's do. */
export function withUnknown<T extends object>(body: T, ...names: string[]): T {
  for (const name of names) {
    Object.defineProperty(body, name, {
      enumerable: true,
      configurable: true,
      get() {
        throw new Error("unknown");
      },
    });
  }
  return body;
}
