/**
 * What following all routes of a stack costs: it grows with the stack, and not faster.
 *
 *     node -r ts-node/register/transpile-only bench/routing.ts
 */
import { fromManifest, type Resource } from "../src/kubernetes/resource";
import { resolveRoutes } from "../src/routing";

const settings = {
  controller: "auto",
  ingressClasses: ["*apisix*"],
  gatewayClasses: ["*apisix*"],
  gateways: [],
  gatewayProxies: [],
  controllerNames: ["apisix.apache.org/apisix-ingress-controller"],
  clusterDomain: "cluster.local",
} as const;

/** As many routes as Services and workloads, in namespaces of a hundred each; a third each of the route kinds. */
function stack(size: number): Resource[] {
  const resources: Resource[] = [];
  const add = (apiVersion: string, kind: string, i: number, spec: unknown) => {
    const metadata = { namespace: `team-${Math.floor(i / 100)}`, name: `app-${i}` };
    const resource = fromManifest({ apiVersion, kind, metadata, spec }, `${kind}-${i}`);
    if (resource) resources.push(resource);
  };
  const listeners = [{ name: "http", protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } }];
  add("gateway.networking.k8s.io/v1", "Gateway", 0, { gatewayClassName: "apisix", listeners });
  for (let i = 0; i < size; i++) {
    const name = `app-${i}`;
    // One label is common to all, as labels of teams and of Helm charts are.
    const labels = { app: name, "app.kubernetes.io/part-of": "shop" };
    add("apps/v1", "Deployment", i, { template: { metadata: { labels }, spec: { containers: [{ name: "app" }] } } });
    add("v1", "Service", i, { selector: labels, ports: [{ port: 80 }] });
    if (i % 3 === 0) {
      const backends = [{ serviceName: name, servicePort: 80 }];
      add("apisix.apache.org/v2", "ApisixRoute", i, { ingressClassName: "apisix", http: [{ backends }] });
    } else if (i % 3 === 1) {
      const paths = [{ backend: { service: { name, port: { number: 80 } } } }];
      add("networking.k8s.io/v1", "Ingress", i, { ingressClassName: "apisix", rules: [{ http: { paths } }] });
    } else {
      const parentRefs = [{ namespace: "team-0", name: "app-0" }];
      add("gateway.networking.k8s.io/v1", "HTTPRoute", i, {
        parentRefs,
        rules: [{ backendRefs: [{ name, port: 80 }] }],
      });
    }
  }
  return resources;
}

/** CPU milliseconds of the cheapest of some runs: the others shared the machine with something else. */
function measure(size: number, runs: number): number {
  const resources = stack(size);
  let cheapest = Infinity;
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage();
    const { workloads, blindSpots } = resolveRoutes(resources, settings);
    const { user, system } = process.cpuUsage(before);
    cheapest = Math.min(cheapest, (user + system) / 1000);
    if (workloads.length !== size || blindSpots.length > 0)
      throw new Error(`${workloads.length} of ${size} are routed`);
  }
  return cheapest;
}

export function benchRouting(): void {
  measure(100, 5);
  const small = measure(1_000, 10);
  const large = measure(10_000, 5);
  console.log(`routing  1,000 routes, Services and workloads  ${small.toFixed(1)} ms`);
  console.log(`routing 10,000 routes, Services and workloads  ${large.toFixed(1)} ms`);
  console.log(`ratio   ${(large / small).toFixed(1)}`);
}

if (require.main === module) benchRouting();
