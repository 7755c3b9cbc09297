import * as k8s from "@pulumi/kubernetes";

// Workloads that declare no port and have no readiness probe: nothing in this stack tells that requests come to them.
const namespace = "shop";
const hooks: Record<string, k8s.types.input.core.v1.Lifecycle> = {
  web: {},
  api: { preStop: { exec: { command: ["/drain", "--all"] } } },
  worker: {},
};
for (const [name, lifecycle] of Object.entries(hooks)) {
  new k8s.apps.v1.Deployment(name, {
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "app", image: `ghcr.io/example/${name}:1`, lifecycle }] },
      },
    },
  });
}
