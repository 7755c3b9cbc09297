/** Resources for tests, in short: `service("shop/web", { app: "web" })`. A name without `/` has no namespace. */
import { fromManifest, type Resource } from "../../src/kubernetes/resource";
import type { RoutingSettings } from "../../src/routing";

export const settings: RoutingSettings = {
  controller: "auto",
  ingressClasses: ["*apisix*"],
  gatewayClasses: ["*apisix*"],
  gateways: [],
  gatewayProxies: ["infra/apisix", "edge/apisix", "shop/apisix"],
  controllerNames: ["apisix.apache.org/apisix-ingress-controller"],
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

/** With a GatewayProxy, which only 2.x reads, of another stack. */
export function ingressClass(name: string, controller: unknown, annotations: Fields = {}): Resource {
  const parameters = {
    apiGroup: "apisix.apache.org",
    kind: "GatewayProxy",
    name: "apisix",
    namespace: "infra",
    scope: "Namespace",
  };
  const spec = { controller, parameters };
  return object("networking.k8s.io/v1", "IngressClass", name, { metadata: { annotations }, spec });
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

export function apisixUpstream(name: string, spec: unknown): Resource {
  return object("apisix.apache.org/v2", "ApisixUpstream", name, { spec });
}

export function plugin(name: string, config: unknown, more: Fields = {}): Fields {
  return { name, enable: true, config, ...more };
}

/** A spec with one HTTP rule whose backend is `web:80` and that has these plugins. */
export function withPlugins(...plugins: Fields[]): Fields {
  return { ingressClassName: "apisix", http: [{ backends: [backend("web")], plugins }] };
}

export function gatewayClass(name: string, controllerName: unknown): Resource {
  return object("gateway.networking.k8s.io/v1", "GatewayClass", name, { spec: { controllerName } });
}

export function gateway(name: string, gatewayClassName: unknown, listeners?: unknown, more: Fields = {}): Resource {
  const all = listeners ?? [
    { name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } },
    { name: "tcp", port: 90, protocol: "TCP", allowedRoutes: { namespaces: { from: "All" } } },
    { name: "udp", port: 91, protocol: "UDP", allowedRoutes: { namespaces: { from: "All" } } },
    { name: "tls", port: 92, protocol: "TLS", allowedRoutes: { namespaces: { from: "All" } } },
  ];
  // A GatewayProxy, which only 2.x reads, of another stack.
  const parametersRef = { group: "apisix.apache.org", kind: "GatewayProxy", name: "apisix" };
  const infrastructure = gatewayClassName === "istio" ? {} : { infrastructure: { parametersRef } };
  return object("gateway.networking.k8s.io/v1", "Gateway", name, {
    spec: { gatewayClassName, listeners: all, ...infrastructure, ...more },
  });
}

/** A Gateway API route to `web:80` through the Gateway `edge/apisix`. */
export function gatewayRoute(
  kind: string,
  name: string,
  more: Fields = {},
  rule: Fields = {},
  version = "v1",
): Resource {
  return object(`gateway.networking.k8s.io/${version}`, kind, name, {
    spec: {
      parentRefs: [{ namespace: "edge", name: "apisix" }],
      rules: [{ backendRefs: [{ name: "web", port: 80 }], ...rule }],
      ...more,
    },
  });
}

/** The controller names of the two lines. */
export const controller1 = "apisix.apache.org/gateway-controller";
export const controller2 = "apisix.apache.org/apisix-ingress-controller";

/** A Gateway `edge/apisix` and its class, taken by both lines: the class is not in the stack. */
export const edge = () => [gateway("edge/apisix", "apisix")];

export function external(name: string, host: unknown): Resource {
  return object("v1", "Service", name, { spec: { type: "ExternalName", externalName: host } });
}

export function configMap(name: string, text: string): Resource {
  return object("v1", "ConfigMap", name, { data: { "apisix.yaml": text } });
}
