import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const namespace = "shop";

new k8s.core.v1.Secret("payment", {
  metadata: { name: "payment", namespace },
  stringData: { key: config.requireSecret("paymentKey") },
});

// The storefront: behind an ApisixRoute, without a preStop hook. In a rolling update its users get 5xx.
const storefrontLabels = { app: "storefront" };
new k8s.apps.v1.Deployment("storefront", {
  metadata: { name: "storefront", namespace },
  spec: {
    replicas: 3,
    selector: { matchLabels: storefrontLabels },
    template: {
      metadata: { labels: storefrontLabels },
      spec: {
        containers: [
          {
            name: "web",
            image: "ghcr.io/example/storefront:1.7.0",
            ports: [{ name: "http", containerPort: 8080 }],
            readinessProbe: { httpGet: { path: "/ready", port: "http" } },
            env: [{ name: "PAYMENT_KEY", valueFrom: { secretKeyRef: { name: "payment", key: "key" } } }],
          },
        ],
      },
    },
  },
});
const storefrontService = new k8s.core.v1.Service("storefront", {
  metadata: { name: "storefront", namespace },
  spec: { selector: storefrontLabels, ports: [{ name: "http", port: 80, targetPort: "http" }] },
});
new k8s.apiextensions.CustomResource("storefront", {
  apiVersion: "apisix.apache.org/v2",
  kind: "ApisixRoute",
  metadata: { name: "storefront", namespace },
  spec: {
    ingressClassName: "apisix",
    http: [
      {
        name: "storefront",
        match: { hosts: ["shop.example.com"], paths: ["/*"] },
        backends: [{ serviceName: storefrontService.metadata.name, servicePort: 80 }],
      },
    ],
  },
});

// The API: behind an Ingress. It sleeps for 40 s, in a grace period of 30 s (the default): SIGKILL comes first.
const apiLabels = { app: "api" };
new k8s.apps.v1.Deployment("api", {
  metadata: { name: "api", namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: apiLabels },
    template: {
      metadata: { labels: apiLabels },
      spec: {
        containers: [
          {
            name: "api",
            image: "ghcr.io/example/api:4.2.1",
            ports: [{ containerPort: 9000 }],
            readinessProbe: { httpGet: { path: "/ready", port: 9000 } },
            lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", "sleep 40"] } } },
          },
        ],
      },
    },
  },
});
new k8s.core.v1.Service("api", {
  metadata: { name: "api", namespace },
  spec: { selector: apiLabels, ports: [{ port: 9000 }] },
});
new k8s.networking.v1.Ingress("api", {
  metadata: { name: "api", namespace },
  spec: {
    ingressClassName: "apisix",
    rules: [
      {
        host: "api.example.com",
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "api", port: { number: 9000 } } } }],
        },
      },
    ],
  },
});

// The search: its hook was meant to sleep for 5 s. It runs `sleep` without an operand, as the 5 is an operand of sh.
const searchLabels = { app: "search" };
new k8s.apps.v1.Deployment("search", {
  metadata: { name: "search", namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: searchLabels },
    template: {
      metadata: { labels: searchLabels },
      spec: {
        containers: [
          {
            name: "search",
            image: "ghcr.io/example/search:2.0.0",
            ports: [{ containerPort: 9200 }],
            readinessProbe: { httpGet: { path: "/ready", port: 9200 } },
            lifecycle: { preStop: { exec: { command: ["sh", "-c", "sleep", "5"] } } },
          },
        ],
      },
    },
  },
});
new k8s.core.v1.Service("search", {
  metadata: { name: "search", namespace },
  spec: { selector: searchLabels, ports: [{ port: 9200 }] },
});
new k8s.apiextensions.CustomResource("search", {
  apiVersion: "apisix.apache.org/v2",
  kind: "ApisixRoute",
  metadata: { name: "search", namespace },
  spec: {
    ingressClassName: "apisix",
    http: [
      {
        name: "search",
        match: { hosts: ["shop.example.com"], paths: ["/search"] },
        backends: [{ serviceName: "search", servicePort: 9200 }],
      },
    ],
  },
});

// A queue worker: no ports, no route. Nobody sends it requests, and the pack leaves it alone.
const workerLabels = { app: "queue-worker" };
new k8s.apps.v1.Deployment("queue-worker", {
  metadata: { name: "queue-worker", namespace },
  spec: {
    selector: { matchLabels: workerLabels },
    template: {
      metadata: { labels: workerLabels },
      spec: { containers: [{ name: "worker", image: "ghcr.io/example/queue-worker:1.0.3" }] },
    },
  },
});
