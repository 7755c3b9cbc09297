/** Stacks that grow in one way each: what they cost must grow with them, and no faster. */
import type { Settings } from "../../src/settings/schema";
import { UNKNOWN, type TestResource } from "./host";
import { apisixRoute, deployment, service } from "./resources";

const list = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

export interface WorstCase {
  name: string;
  size: number;
  /** Each of the one is compared with each of the other: the API allows few of one of them. */
  isProduct?: boolean;
  /** The stack of so many of what the name says; the last resource is also analyzed and repaired by itself. */
  of: (count: number) => TestResource[];
  settings?: (count: number) => Settings;
}

const route = (name: string, spec: object): TestResource => {
  const made = apisixRoute(name);
  return { ...made, props: { ...made.props, spec: { ingressClassName: "apisix", ...spec } } };
};

const containers = (count: number, more: (i: number) => object = () => ({})) => ({
  containers: list(count, (i) => ({ name: `c${i}`, ports: [{ containerPort: 1000 + i }], ...more(i) })),
});

export const worstCases: WorstCase[] = [
  {
    name: "containers of one Pod",
    size: 1000,
    of: (count) => [service("web"), apisixRoute("web"), deployment("web", {}, { pod: containers(count) })],
  },
  {
    name: "containers of one Pod, with hooks",
    size: 1000,
    of: (count) => {
      const pod = containers(count, (i) => ({
        lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", `sleep ${i % 40}; /drain`] } } },
      }));
      return [service("web"), apisixRoute("web"), deployment("web", {}, { pod })];
    },
  },
  {
    name: "dropped fields of one Pod",
    size: 1000,
    of: (count) => {
      const pod = containers(count, () => ({ preStop: {}, lifecycle: { prestop: {} }, gracePeriodSeconds: 60 }));
      return [service("web"), apisixRoute("web"), deployment("web", {}, { pod })];
    },
  },
  {
    name: "autoscalers of as many Deployments",
    size: 500,
    of: (count) =>
      list(count, (i) => {
        const scaler = (name: string): TestResource => ({
          type: "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
          name,
          props: {
            apiVersion: "autoscaling/v2",
            kind: "HorizontalPodAutoscaler",
            metadata: { name, namespace: "shop" },
            spec: { scaleTargetRef: { kind: "Deployment", name } },
          },
        });
        return [scaler(`web-${i}`), service(`web-${i}`), apisixRoute(`web-${i}`), deployment(`web-${i}`)];
      }).flat(),
  },
  {
    name: "containers of one Pod, with files and variables of one ConfigMap",
    size: 1000,
    of: (count) => {
      const pod = {
        volumes: list(count, (i) => ({ name: `v${i}`, configMap: { name: "conf" } })),
        ...containers(count, (i) => ({
          command: ["sh", "-c", "exec gunicorn --graceful-timeout $T"],
          env: [{ name: "T", valueFrom: { configMapKeyRef: { name: "conf", key: "T" } } }],
          envFrom: [{ configMapRef: { name: "conf" } }],
          volumeMounts: [{ name: `v${i}`, mountPath: "/config" }],
        })),
      };
      const data = { T: "40", "application.yml": "server: { shutdown: graceful }\n".repeat(9) };
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "conf", namespace: "shop" }, data };
      const conf = { type: "kubernetes:core/v1:ConfigMap", name: "conf", props: body };
      return [conf, service("web"), apisixRoute("web"), deployment("web", {}, { pod })];
    },
  },
  {
    name: "ports of one container and its Service",
    size: 1000,
    of: (count) => [
      service("web", { ports: list(count, (i) => ({ name: `p${i}`, port: i + 1, targetPort: `p${i}` })) }),
      route("web", {
        http: list(count, (i) => ({ name: `r${i}`, backends: [{ serviceName: "web", servicePort: i + 1 }] })),
      }),
      deployment("web", { ports: list(count, (i) => ({ name: `p${i}`, containerPort: i + 1 })) }),
    ],
  },
  {
    name: "serving containers of one Pod",
    size: 500,
    settings: () => ({ containers: "serving" }),
    of: (count) => [
      service("web", { ports: list(count, (i) => ({ port: i + 1, targetPort: 1000 + i })) }),
      route("web", {
        http: list(count, (i) => ({ name: `r${i}`, backends: [{ serviceName: "web", servicePort: i + 1 }] })),
      }),
      deployment("web", {}, { pod: containers(count) }),
    ],
  },
  {
    name: "routes to one Service",
    size: 1000,
    of: (count) => [service("web"), ...list(count, (i) => apisixRoute(`r${i}`, "web")), deployment("web")],
  },
  {
    name: "Services with one selector",
    size: 1000,
    of: (count) => [
      ...list(count, (i) => service(`s${i}`, { selector: { app: "web" } })),
      ...list(count, (i) => apisixRoute(`s${i}`)),
      deployment("web"),
    ],
  },
  {
    name: "Deployments with the same labels",
    size: 1000,
    of: (count) => [
      service("web"),
      apisixRoute("web"),
      ...list(count, (i) => deployment(`web-${i}`, {}, { labels: { app: "web" } })),
    ],
  },
  {
    name: "Deployments of one label, each with a Service of its own",
    size: 1000,
    of: (count) => [
      ...list(count, (i) => service(`web-${i}`, { selector: { part: "shop", app: `web-${i}` } })),
      ...list(count, (i) => apisixRoute(`web-${i}`)),
      ...list(count, (i) => deployment(`web-${i}`, {}, { labels: { part: "shop", app: `web-${i}` } })),
    ],
  },
  {
    name: "backends of one route",
    size: 1000,
    of: (count) => [
      ...list(count, (i) => service(`s${i}`, { selector: { app: "web" } })),
      route("web", {
        http: [{ name: "r", backends: list(count, (i) => ({ serviceName: `s${i}`, servicePort: 80 })) }],
      }),
      deployment("web"),
    ],
  },
  {
    name: "rules of one route",
    size: 1000,
    of: (count) => [
      service("web"),
      route("web", {
        http: list(count, (i) => ({ name: `r${i}`, backends: [{ serviceName: "web", servicePort: 80 }] })),
      }),
      deployment("web"),
    ],
  },
  {
    name: "rules with plugin configs",
    size: 1000,
    of: (count) => [
      service("web"),
      route("web", {
        http: list(count, (i) => ({
          name: `r${i}`,
          plugin_config_name: "shared",
          backends: [{ serviceName: "web", servicePort: 80 }],
        })),
      }),
      {
        type: "kubernetes:apisix.apache.org/v2:ApisixPluginConfig",
        name: "shared",
        props: {
          apiVersion: "apisix.apache.org/v2",
          kind: "ApisixPluginConfig",
          metadata: { name: "shared", namespace: "shop" },
          spec: {
            ingressClassName: "apisix",
            plugins: [{ name: "http-logger", enable: true, config: { uri: "http://web.shop.svc/log" } }],
          },
        },
      },
      deployment("web"),
    ],
  },
  {
    name: "exemptions",
    size: 500,
    settings: (count) => ({ exempt: list(count, (i) => ({ name: `web-${i}`, reason: "moved later" })) }),
    of: () => [service("web"), apisixRoute("web"), deployment("web")],
  },
  {
    name: "exemptions that all match",
    size: 500,
    settings: (count) => ({ exempt: list(count, (i) => ({ name: "web*", reason: `reason ${i}` })) }),
    of: () => [service("web"), apisixRoute("web"), deployment("web")],
  },
  {
    name: "Services without a workload",
    size: 1000,
    of: (count) => [...list(count, (i) => service(`s${i}`)), ...list(count, (i) => apisixRoute(`s${i}`))],
  },
  {
    name: "routes without a Service",
    size: 1000,
    of: (count) => list(count, (i) => apisixRoute(`s${i}`, "gone")),
  },
  {
    name: "catalog entries of one namespace",
    size: 2500,
    settings: (count) => ({
      catalog: list(count, (i) => ({
        namespace: "shop",
        name: `s${i}`,
        selector: { app: `s${i}` },
        evidence: [`r${i}`],
      })),
    }),
    of: () => [deployment("web")],
  },
  {
    name: "catalog entries of one selector",
    size: 2500,
    settings: (count) => ({
      catalog: list(count, (i) => ({
        namespace: "shop",
        name: `s${i}`,
        selector: { app: "web" },
        evidence: [`r${i}`],
      })),
    }),
    of: () => [deployment("web")],
  },
  {
    name: "patches of one Deployment",
    size: 500,
    of: (count) => [
      service("web"),
      apisixRoute("web"),
      deployment("web"),
      ...list(count, (i) => {
        const patch = deployment("web", {}, { kind: "DeploymentPatch" });
        return { ...patch, name: `p${i}` };
      }),
    ],
  },
  {
    name: "annotations of one Deployment",
    size: 5000,
    of: (count) => [
      service("web"),
      apisixRoute("web"),
      deployment("web", {}, { annotations: Object.fromEntries(list(count, (i) => [`a${i}`, "x"])) }),
    ],
  },
  {
    name: "dependencies of one Service",
    size: 1000,
    of: (count) => [
      ...list(count, (i) => deployment(`web-${i}`)),
      {
        ...service("s", { selector: UNKNOWN }),
        propertyDependencies: { spec: list(count, (i) => `web-${i}`) },
      },
      apisixRoute("s"),
    ],
  },
  {
    name: "containers of one Pod that isn't repaired",
    size: 500,
    of: (count) => {
      const pod = containers(count, () => ({ ports: [] }));
      return [service("web"), apisixRoute("web"), deployment("web", {}, { pod })];
    },
  },
  {
    name: "sidecars of one Pod",
    size: 500,
    of: (count) => {
      const { containers: initContainers } = containers(count, () => ({ restartPolicy: "Always" }));
      return [service("web"), apisixRoute("web"), deployment("web", {}, { pod: { initContainers } })];
    },
  },
  {
    name: "containers and as many ignored paths",
    size: 500,
    of: (count) => {
      const pod = containers(count, () => ({ ports: [] }));
      const ignoreChanges = list(count, (i) => `spec.template.spec.containers[${i + 10_000}].lifecycle`);
      return [service("web"), apisixRoute("web"), { ...deployment("web", {}, { pod }), ignoreChanges }];
    },
  },
  {
    name: "containers and as many exemptions",
    size: 500,
    settings: (count) => ({ exempt: list(count, (i) => ({ name: `web-${i}`, reason: "moved later" })) }),
    of: (count) => {
      const pod = containers(count, () => ({ ports: [] }));
      return [service("web"), apisixRoute("web"), deployment("web", {}, { pod })];
    },
  },
  {
    name: "ignored containers, each by its name",
    size: 500,
    settings: (count) => ({ ignoreContainers: list(count, (i) => `c${i}`) }),
    of: (count) => [service("web"), apisixRoute("web"), deployment("web", {}, { pod: containers(count) })],
  },
  {
    name: "Deployments and as many exemptions",
    size: 200,
    settings: (count) => ({ exempt: list(count, (i) => ({ name: `web-${i}`, reason: "moved later" })) }),
    of: (count) => [service("web"), apisixRoute("web"), ...list(count, (i) => deployment(`web-${i}`))],
  },
  {
    name: "routes to one Service of as many Deployments",
    size: 200,
    of: (count) => [
      service("web"),
      ...list(count, (i) => apisixRoute(`r${i}`, "web")),
      ...list(count, (i) => deployment(`web-${i}`, {}, { labels: { app: "web" } })),
    ],
  },
  {
    name: "Services that select as many Deployments",
    size: 200,
    of: (count) => [
      ...list(count, (i) => service(`s${i}`, { selector: { app: "web" } })),
      ...list(count, (i) => apisixRoute(`s${i}`)),
      ...list(count, (i) => deployment(`web-${i}`, {}, { labels: { app: "web" } })),
    ],
  },
  {
    name: "routes, Services and Deployments of one name",
    isProduct: true,
    size: 200,
    of: (count) =>
      list(count, (i) =>
        [service("web"), apisixRoute("web"), deployment("web")].map((each) => ({ ...each, name: `web-${i}` })),
      ).flat(),
  },
  {
    name: "routes and as many listeners of one Gateway",
    isProduct: true,
    size: 100,
    of: (count) => [
      service("web"),
      deployment("web"),
      {
        type: "kubernetes:gateway.networking.k8s.io/v1:Gateway",
        name: "edge",
        props: {
          apiVersion: "gateway.networking.k8s.io/v1",
          kind: "Gateway",
          metadata: { name: "edge", namespace: "shop" },
          spec: {
            gatewayClassName: "apisix",
            listeners: list(count, (i) => ({
              name: `l${i}`,
              protocol: "HTTP",
              port: i + 1,
              hostname: `h${i}.example.com`,
            })),
          },
        },
      },
      ...list(count, (i) => ({
        type: "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
        name: `r${i}`,
        props: {
          apiVersion: "gateway.networking.k8s.io/v1",
          kind: "HTTPRoute",
          metadata: { name: `r${i}`, namespace: "shop" },
          spec: {
            parentRefs: [{ name: "edge" }],
            hostnames: [`h${i}.example.com`],
            rules: [{ backendRefs: [{ name: "web", port: 80 }] }],
          },
        },
      })),
    ],
  },
  {
    name: "environment variables of a container with a hook",
    size: 2500,
    of: (count) => {
      const env = list(count, (i) => ({ name: `V${i}`, value: "x" }));
      const lifecycle = { preStop: { exec: { command: ["/bin/sh", "-c", "sleep $V7"] } } };
      return [service("web"), apisixRoute("web"), deployment("web", { env, lifecycle })];
    },
  },
  {
    name: "Services and as many Deployments of unknown labels",
    size: 500,
    of: (count) => [
      ...list(count, (i) => service(`s${i}`)),
      ...list(count, (i) => apisixRoute(`s${i}`)),
      ...list(count, (i) => deployment(`web-${i}`, {}, { labels: UNKNOWN })),
    ],
  },
  {
    name: "ways of one catalog entry to as many Deployments",
    size: 500,
    settings: (count) => ({
      catalog: [
        {
          namespace: "shop",
          name: "web",
          selector: { app: "web" },
          evidence: list(count, (i) => `ApisixRoute shop/r${i} › Service shop/web:80`),
        },
      ],
    }),
    of: (count) => list(count, (i) => deployment(`web-${i}`, {}, { labels: { app: "web" } })),
  },
  {
    name: "ConfigMaps, and one Deployment",
    size: 1500,
    of: (count) => [
      ...list(count, (i) => ({
        type: "kubernetes:core/v1:ConfigMap",
        name: `c${i}`,
        props: {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: `c${i}`, namespace: "shop" },
          data: { a: "1" },
        },
      })),
      deployment("web"),
    ],
  },
];
