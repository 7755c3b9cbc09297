/**
 * Which Pods are endpoints of a Service's port, on both controller lines and for all ways to a Service.
 *
 * True for Kubernetes 1.32 and later: FindPort in pkg/api/v1/pod/util.go, and its like in
 * staging/src/k8s.io/endpointslice/utils.go; getEndpointPorts there leaves a port that isn't found out of the Pod's
 * endpoints. 2.2.0 goes by the port's name in the EndpointSlices (internal/adc/translator/httproute.go
 * translateEndpointSlice), 1.8.4 likewise (pkg/providers/translation/service.go), kube-proxy, too.
 */
import type { Resource } from "../../src/kubernetes/resource";
import type { Case, Spot } from "./case";
import {
  apisixRoute,
  apisixUpstream,
  backend,
  configMap,
  deployment,
  edge,
  gatewayRoute,
  http,
  ingress,
  object,
  path,
  service,
} from "./resources";

type Fields = Record<string, unknown>;

const toWeb = (more: Fields = {}) =>
  apisixRoute("shop/web", { ingressClassName: "apisix", ...http(backend("web", more)) });
const web = "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web";

/** A Service whose port 80 leads to the container port `http`. */
function byName(spec: Fields = {}, port: Fields = {}): Resource {
  return service("shop/web", { app: "web" }, { ports: [{ port: 80, targetPort: "http", ...port }], ...spec });
}

function pods(podSpec: Fields, name = "shop/web"): Resource {
  return deployment(name, { app: "web" }, podSpec);
}

/** A Pod spec of one container with these ports. */
function withPorts(...ports: unknown[]): Fields {
  return { containers: [{ name: "app", ports }] };
}

function missing(data: Fields = {}): Spot {
  const all = { service: "Service shop/web", port: 80, targetPort: "http", workload: "Deployment shop/web", more: 0 };
  return { code: "target-port-missing", data: { ...all, ...data } };
}

const http8080 = { name: "http", containerPort: 8080 };
const none = withPorts({ containerPort: 8080 });
const ordinary = { name: "app" };

function maybeSidecar(...ports: unknown[]): Fields {
  return { containers: [ordinary], initContainers: [{ name: "init", restartPolicy: 1, ports }] };
}

/** The port of the Service, the Pods' spec, and whether requests arrive. */
const ofPorts: [name: string, port: Fields, podSpec: Fields, reaches: boolean][] = [
  ["the name is declared", {}, withPorts(http8080), true],
  ["the name is declared as the second port", {}, withPorts({ containerPort: 9 }, http8080), true],
  ["by another container", {}, { containers: [ordinary, { name: "web", ports: [http8080] }] }, true],
  ["no container declares a port", {}, { containers: [ordinary] }, false],
  ["the port has no name", {}, none, false],
  ["the port has another name", {}, withPorts({ name: "web", containerPort: 8080 }), false],
  ["names differ in case", {}, withPorts({ name: "HTTP", containerPort: 8080 }), false],
  ["the name is declared for UDP", {}, withPorts({ ...http8080, protocol: "UDP" }), false],
  ["both are UDP", { protocol: "UDP" }, withPorts({ ...http8080, protocol: "UDP" }), true],
  ["the Service's port is UDP, the container's TCP", { protocol: "UDP" }, withPorts(http8080), false],
  ["TCP is written out", { protocol: "TCP" }, withPorts(http8080), true],
  ["TCP and UDP have one name", {}, withPorts({ ...http8080, protocol: "UDP" }, http8080), true],
  [
    "of an ordinary init container",
    {},
    { containers: [ordinary], initContainers: [{ name: "i", ports: [http8080] }] },
    false,
  ],
  [
    "of a native sidecar",
    {},
    { containers: [ordinary], initContainers: [{ name: "i", restartPolicy: "Always", ports: [http8080] }] },
    true,
  ],
  [
    "of an init container with another restart policy",
    {},
    { containers: [ordinary], initContainers: [{ name: "i", restartPolicy: "OnFailure", ports: [http8080] }] },
    false,
  ],
  [
    "of an ephemeral container",
    {},
    { containers: [ordinary], ephemeralContainers: [{ name: "e", ports: [http8080] }] },
    false,
  ],
  ["a number needs no declaration", { targetPort: 8080 }, { containers: [ordinary] }, true],
  ["no targetPort is the port's number", { targetPort: undefined }, { containers: [ordinary] }, true],
  ["an empty targetPort is the port's number", { targetPort: "" }, { containers: [ordinary] }, true],
  ["a targetPort of 0 is the port's number", { targetPort: 0 }, { containers: [ordinary] }, true],
  ["a mesh's container may declare it", { targetPort: "dapr-http" }, { containers: [ordinary] }, true],
  // What can't be known stays routed: here, values of a wrong type.
  ["an unknown name", {}, withPorts({ name: 7, containerPort: 8080 }), true],
  ["an unknown protocol", {}, withPorts({ ...http8080, protocol: 6 }), true],
  ["the Service's protocol is unknown", { protocol: 6 }, withPorts(http8080), true],
  ["the Service's protocol is unknown, and no name fits", { protocol: 6 }, none, false],
  ["unknown ports", {}, { containers: [{ name: "app", ports: "http" }] }, true],
  ["an unknown port", {}, withPorts(7), true],
  ["unknown containers", {}, { containers: "web" }, true],
  ["an unknown targetPort", { targetPort: {} }, none, true],
  ["an init container with an unknown restart policy", {}, maybeSidecar(http8080), true],
  ["the same without the port", {}, maybeSidecar(), false],
];

const patch = (resource: Resource): Resource => ({ ...resource, id: `${resource.id} patch`, isPatch: true });

export const endpointCases: Case[] = [
  ...ofPorts.map(([name, port, podSpec, reaches]): Case => ({
    name,
    given: [toWeb(), byName({}, port), pods(podSpec)],
    ...(reaches ? { routed: [web] } : { blind: [missing()] }),
  })),
  {
    name: "of two workloads, the one with the port",
    given: [toWeb(), byName(), pods(withPorts(http8080)), pods(none, "shop/old")],
    routed: [web],
    blind: [missing({ workload: "Deployment shop/old" })],
  },
  {
    name: "two workloads without it are said once, by the first name",
    given: [toWeb(), byName(), pods(none, "shop/b"), pods(none, "shop/a")],
    blind: [missing({ workload: "Deployment shop/a", more: 1 })],
  },
  {
    name: "a route by the port's name",
    given: [toWeb({ servicePort: "main" }), byName({}, { name: "main" }), pods(none)],
    blind: [missing({ port: "main" })],
  },
  {
    name: "each of a Service's ports for itself",
    given: [
      apisixRoute("shop/web", {
        ingressClassName: "apisix",
        http: [
          { name: "a", backends: [backend("web:80")] },
          { name: "b", backends: [backend("web:81")] },
        ],
      }),
      byName({
        ports: [
          { name: "a", port: 80, targetPort: "http" },
          { name: "b", port: 81, targetPort: 8081 },
        ],
      }),
      pods(none),
    ],
    routed: ["ApisixRoute shop/web › Service shop/web:81 › Deployment shop/web"],
    blind: [missing()],
  },
  {
    name: "through the cluster IP: kube-proxy has no endpoint either",
    given: [toWeb({ resolveGranularity: "service" }), byName(), pods(none)],
    blind: [missing()],
  },
  {
    name: "through a host name",
    given: [
      apisixRoute("shop/web", { ingressClassName: "apisix", http: [{ upstreams: [{ name: "up" }] }] }),
      apisixUpstream("shop/up", { externalNodes: [{ type: "Domain", name: "web.shop.svc", port: 80 }] }),
      byName(),
      pods(none),
    ],
    blind: [missing()],
  },
  {
    name: "the host name of a headless Service gives all addresses",
    given: [
      apisixRoute("shop/web", { ingressClassName: "apisix", http: [{ upstreams: [{ name: "up" }] }] }),
      apisixUpstream("shop/up", { externalNodes: [{ type: "Domain", name: "web.shop.svc", port: 8080 }] }),
      byName({ clusterIP: "None" }),
      pods(none),
    ],
    routed: ["ApisixRoute shop/web › ApisixUpstream shop/up › Service shop/web:8080 › Deployment shop/web"],
  },
  {
    name: "the endpoints of a headless Service need the port",
    given: [toWeb(), byName({ clusterIP: "None" }), pods(none)],
    blind: [missing()],
  },
  {
    name: "APISIX's own discovery reads endpoints, too",
    given: [
      configMap(
        "apisix/apisix",
        'routes: [{uri: /, upstream: {discovery_type: kubernetes, service_name: "shop/web:main"}}]\n#END',
      ),
      byName({}, { name: "main" }),
      pods(none),
    ],
    blind: [missing({ port: "main" })],
  },
  {
    name: "an Ingress",
    given: [ingress("shop/web", "apisix", [path("web")]), byName(), pods(none)],
    blind: [missing()],
  },
  {
    name: "an HTTPRoute",
    given: [...edge(), gatewayRoute("HTTPRoute", "shop/web"), byName(), pods(none)],
    blind: [missing()],
  },
  {
    name: "a stream",
    given: [
      apisixRoute("shop/web", {
        ingressClassName: "apisix",
        stream: [{ name: "s", protocol: "TCP", backend: backend("web") }],
      }),
      byName(),
      pods(none),
    ],
    blind: [missing()],
  },
  {
    name: "a patch of the workload may declare it",
    given: [toWeb(), byName(), pods(none), patch(pods({ containers: [ordinary] }))],
    routed: [web, "ApisixRoute shop/web › Service shop/web:80 › DeploymentPatch shop/web"],
  },
  {
    name: "a patch of the Service may change its ports",
    given: [toWeb(), byName(), pods(none), patch(service("shop/web", undefined, { ports: undefined }))],
    routed: [web],
  },
  {
    name: "Pods and other kinds likewise",
    given: [
      toWeb(),
      byName(),
      object("v1", "Pod", "shop/one", { metadata: { labels: { app: "web" } }, spec: none }),
      object("apps/v1", "StatefulSet", "shop/two", {
        spec: { template: { metadata: { labels: { app: "web" } }, spec: withPorts(http8080) } },
      }),
    ],
    routed: ["ApisixRoute shop/web › Service shop/web:80 › StatefulSet shop/two"],
    blind: [missing({ workload: "Pod shop/one" })],
  },
];

const openshift = { apiVersion: "apps.openshift.io/v1", kind: "DeploymentConfig" };

/** What has a Pod template of these labels, at `spec.template`. */
function templated(apiVersion: string, kind: string, name: string, podSpec: Fields = withPorts(http8080)): Resource {
  return object(apiVersion, kind, name, {
    spec: { template: { metadata: { labels: { app: "web" } }, spec: podSpec } },
  });
}

const config = (podSpec?: Fields) => templated(openshift.apiVersion, openshift.kind, "shop/web", podSpec);
const unknownKind = (more: Fields = {}): Spot => ({
  code: "workload-kind-unknown",
  data: { workload: "DeploymentConfig shop/web", ...openshift, ...more },
});
const configWeb = "ApisixRoute shop/web › Service shop/web:80 › DeploymentConfig shop/web";

/** Kinds with a Pod template that aren't known: the setting `workloads` names them. */
export const kindCases: Case[] = [
  { name: "one that isn't listed", given: [toWeb(), byName(), config()], blind: [unknownKind()] },
  {
    name: "one that is listed",
    given: [toWeb(), byName(), config()],
    routed: [configWeb],
    settings: { workloads: [openshift] },
  },
  {
    name: "another version of its group",
    given: [toWeb(), byName(), config()],
    routed: [configWeb],
    settings: { workloads: [{ ...openshift, apiVersion: "apps.openshift.io/v2" }] },
  },
  {
    name: "the kind of another group",
    given: [toWeb(), byName(), config()],
    blind: [unknownKind()],
    settings: { workloads: [{ ...openshift, apiVersion: "example.org/v1" }] },
  },
  {
    name: "the path of its Pod's spec, with the labels beside it",
    given: [
      toWeb(),
      byName(),
      object("example.org/v1", "Shop", "shop/web", {
        spec: { server: { pods: { metadata: { labels: { app: "web" } }, spec: withPorts(http8080) } } },
      }),
    ],
    routed: ["ApisixRoute shop/web › Service shop/web:80 › Shop shop/web"],
    settings: { workloads: [{ apiVersion: "example.org/v1", kind: "Shop", podSpec: "spec.server.pods.spec" }] },
  },
  {
    name: "a path that leads nowhere",
    given: [toWeb(), byName(), config()],
    blind: [{ code: "service-selects-nothing", data: { service: "Service shop/web" } }],
    settings: { workloads: [{ ...openshift, podSpec: "spec.pods.spec" }] },
  },
  {
    name: "endpoints are those of any workload",
    given: [toWeb(), byName(), config(none)],
    blind: [missing({ workload: "DeploymentConfig shop/web" })],
    settings: { workloads: [openshift] },
  },
  {
    name: "one that isn't listed and lacks the port",
    given: [toWeb(), byName(), config(none)],
  },
  {
    name: "beside a workload",
    given: [toWeb(), byName(), config(), pods(withPorts(http8080))],
    routed: [web],
    blind: [unknownKind()],
  },
  {
    name: "one without containers is none",
    given: [toWeb(), byName(), config({ volumes: [] })],
    blind: [{ code: "service-selects-nothing", data: { service: "Service shop/web" } }],
  },
  { name: "one that no route leads to", given: [byName(), config()] },
  {
    name: "one in another namespace",
    given: [toWeb(), byName(), templated(openshift.apiVersion, openshift.kind, "other/web")],
    blind: [{ code: "service-selects-nothing", data: { service: "Service shop/web" } }],
  },
];

function jobBehind(job: string): Spot {
  return { code: "job-behind-service", data: { job, service: "Service shop/web" } };
}

/** The Pods of a Job have its labels, and are endpoints while they are ready (ShouldPodBeInEndpoints). */
export const jobCases: Case[] = [
  {
    name: "beside a workload",
    given: [toWeb(), byName(), pods(withPorts(http8080)), templated("batch/v1", "Job", "shop/migrate")],
    routed: [web],
    blind: [jobBehind("Job shop/migrate")],
  },
  {
    name: "alone",
    given: [toWeb(), byName(), templated("batch/v1", "Job", "shop/migrate")],
    blind: [jobBehind("Job shop/migrate")],
  },
  {
    name: "a CronJob",
    given: [
      toWeb(),
      byName(),
      object("batch/v1", "CronJob", "shop/tidy", {
        spec: {
          jobTemplate: {
            spec: { template: { metadata: { labels: { app: "web" } }, spec: withPorts(http8080) } },
          },
        },
      }),
    ],
    blind: [jobBehind("CronJob shop/tidy")],
  },
  {
    name: "one without the port has no endpoint",
    given: [toWeb(), byName(), pods(withPorts(http8080)), templated("batch/v1", "Job", "shop/migrate", none)],
    routed: [web],
  },
  {
    name: "a number is any Pod's",
    given: [toWeb(), byName({}, { targetPort: 8080 }), templated("batch/v1", "Job", "shop/migrate", none)],
    blind: [jobBehind("Job shop/migrate")],
  },
  {
    name: "other labels",
    given: [
      toWeb(),
      byName(),
      pods(withPorts(http8080)),
      object("batch/v1", "Job", "shop/migrate", {
        spec: { template: { metadata: { labels: { app: "migrate" } }, spec: withPorts(http8080) } },
      }),
    ],
    routed: [web],
  },
  {
    name: "labels that aren't known",
    given: [
      toWeb(),
      byName(),
      pods(withPorts(http8080)),
      object("batch/v1", "Job", "shop/migrate", {
        spec: { template: { metadata: { labels: { app: 5 } }, spec: withPorts(http8080) } },
      }),
    ],
    routed: [web],
  },
  { name: "one behind no route", given: [byName(), templated("batch/v1", "Job", "shop/migrate")] },
];
