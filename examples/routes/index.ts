import * as k8s from "@pulumi/kubernetes";

const apisix = "apisix.apache.org/apisix-ingress-controller";
const proxyGroup = "apisix.apache.org";
const proxy = { kind: "GatewayProxy", name: "apisix" };

/** A Deployment and its Service, without a preStop hook. */
function app(name: string, namespace: string): k8s.core.v1.Service {
  const labels = { app: name };
  new k8s.apps.v1.Deployment(name, {
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name,
              image: `ghcr.io/example/${name}:1.0.0`,
              ports: [{ name: "http", containerPort: 8080 }],
              readinessProbe: { httpGet: { path: "/ready", port: "http" } },
            },
          ],
        },
      },
    },
  });
  return new k8s.core.v1.Service(name, {
    metadata: { name, namespace },
    spec: { selector: labels, ports: [{ port: 80, targetPort: "http" }] },
  });
}

// An ApisixRoute, in the namespace of its Service.
const catalog = app("catalog", "shop");
new k8s.apiextensions.CustomResource("catalog", {
  apiVersion: "apisix.apache.org/v2",
  kind: "ApisixRoute",
  metadata: { name: "catalog", namespace: "shop" },
  spec: {
    ingressClassName: "edge",
    http: [
      {
        name: "catalog",
        match: { paths: ["/catalog/*"] },
        backends: [{ serviceName: catalog.metadata.name, servicePort: 80 }],
      },
    ],
  },
});

// An Ingress of a class whose name doesn't tell that it is APISIX's; its controller does. The GatewayProxy is in another
// stack: the setting gatewayProxies names it.
new k8s.networking.v1.IngressClass("edge", {
  metadata: { name: "edge" },
  spec: { controller: apisix, parameters: { ...proxy, apiGroup: proxyGroup, scope: "Namespace", namespace: "shop" } },
});
const checkout = app("checkout", "shop");
new k8s.networking.v1.Ingress("checkout", {
  metadata: { name: "checkout", namespace: "shop" },
  spec: {
    ingressClassName: "edge",
    rules: [
      {
        http: {
          paths: [
            {
              path: "/checkout",
              pathType: "Prefix",
              backend: { service: { name: checkout.metadata.name, port: { number: 80 } } },
            },
          ],
        },
      },
    ],
  },
});

// The Gateway API, with the Gateway and its class in the stack, and a Service in another namespace that allows it.
new k8s.apiextensions.CustomResource("apisix", {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "GatewayClass",
  metadata: { name: "apisix-edge" },
  spec: { controllerName: apisix },
});
new k8s.apiextensions.CustomResource("public", {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "public", namespace: "shop" },
  spec: {
    gatewayClassName: "apisix-edge",
    infrastructure: { parametersRef: { ...proxy, group: proxyGroup } },
    listeners: [{ name: "http", protocol: "HTTP", port: 80 }],
  },
});
app("inventory", "stock");
new k8s.apiextensions.CustomResource("inventory", {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "inventory", namespace: "shop" },
  spec: {
    parentRefs: [{ name: "public" }],
    rules: [{ backendRefs: [{ name: "inventory", namespace: "stock", port: 80 }] }],
  },
});
new k8s.apiextensions.CustomResource("from-shop", {
  apiVersion: "gateway.networking.k8s.io/v1beta1",
  kind: "ReferenceGrant",
  metadata: { name: "from-shop", namespace: "stock" },
  spec: {
    from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" }],
    to: [{ group: "", kind: "Service" }],
  },
});

// Behind nothing: not to be blamed.
app("reports", "shop");
