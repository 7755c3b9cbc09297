import * as k8s from "@pulumi/kubernetes";

// The platform team's stack: routes, and the Services that they lead to. The workloads are in the stack "shop".
const namespace = "shop";
for (const name of ["web", "api"]) {
  const service = new k8s.core.v1.Service(name, {
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
  });
  new k8s.apiextensions.CustomResource(name, {
    apiVersion: "apisix.apache.org/v2",
    kind: "ApisixRoute",
    metadata: { name, namespace },
    spec: {
      ingressClassName: "apisix",
      http: [
        {
          name: "all",
          match: { paths: ["/*"] },
          backends: [{ serviceName: service.metadata.name, servicePort: 80 }],
        },
      ],
    },
  });
}
