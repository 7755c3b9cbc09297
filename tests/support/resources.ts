/** Short ways to write resources for tests. */
import type { TestResource } from "./host";

interface WorkloadOptions {
  kind?: string;
  type?: string;
  labels?: unknown;
  annotations?: Record<string, unknown>;
  podAnnotations?: Record<string, unknown>;
  pod?: Record<string, unknown>;
  namespace?: string;
  propertyDependencies?: Record<string, string[]>;
}

/** A port, and a probe that keeps requests away until the app listens. */
export const served = {
  ports: [{ name: "http", containerPort: 8080 }],
  startupProbe: { tcpSocket: { port: "http" } },
};

/** A Deployment `shop/<name>` whose container "web" declares a port; fields of the container go over it. */
export function deployment(
  name: string,
  container: Record<string, unknown> = {},
  options: WorkloadOptions = {},
): TestResource {
  const { kind = "Deployment", type = `kubernetes:apps/v1:${kind}`, namespace = "shop" } = options;
  const labels = options.labels ?? { app: name };
  return {
    type,
    name,
    props: {
      apiVersion: type.split(":")[1]?.replace(/^core\//, "") ?? "",
      kind: kind.replace(/Patch$/, ""),
      metadata: { name, namespace, ...(options.annotations && { annotations: options.annotations }) },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, ...(options.podAnnotations && { annotations: options.podAnnotations }) },
          spec: {
            containers: [{ ...served, name: "web", image: "web:1", ...container }],
            ...options.pod,
          },
        },
      },
    },
    ...(options.propertyDependencies && { propertyDependencies: options.propertyDependencies }),
  };
}

/** The Pod of such a Deployment, bare. */
export function barePod(name: string, options: WorkloadOptions = {}): TestResource {
  const { props } = deployment(name, {}, options);
  const { spec, metadata: pods } = (props.spec as { template: { spec: object; metadata: object } }).template;
  const metadata = { ...(props.metadata as object), ...pods };
  return { type: "kubernetes:core/v1:Pod", name, props: { apiVersion: "v1", kind: "Pod", metadata, spec } };
}

/** A Service `shop/<name>` with port 80. */
export function service(name: string, spec: Record<string, unknown> = {}): TestResource {
  return {
    type: "kubernetes:core/v1:Service",
    name,
    props: {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "shop" },
      spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
    },
  };
}

/** An ApisixRoute `shop/<name>` to port 80 of a Service, by default of the same name. */
export function apisixRoute(name: string, serviceName: unknown = name): TestResource {
  return {
    type: "kubernetes:apisix.apache.org/v2:ApisixRoute",
    name,
    props: {
      apiVersion: "apisix.apache.org/v2",
      kind: "ApisixRoute",
      metadata: { name, namespace: "shop" },
      spec: {
        ingressClassName: "apisix",
        http: [{ name, match: { paths: ["/*"] }, backends: [{ serviceName, servicePort: 80 }] }],
      },
    },
  };
}

/** A preStop hook that runs a command. */
export function hook(...command: unknown[]): Record<string, unknown> {
  return { lifecycle: { preStop: { exec: { command } } } };
}

/** A preStop hook that is a native sleep. */
export function nativeSleep(seconds: unknown): Record<string, unknown> {
  return { lifecycle: { preStop: { sleep: { seconds } } } };
}

/** For a workload that is to be taken for routed. */
export const routed = { annotations: { "apisix-graceful-termination/routed": "true" } };

/** The workload "web" behind a Service and a route. */
export function behind(workload: TestResource, serviceSpec: Record<string, unknown> = {}): TestResource[] {
  return [workload, service("web", serviceSpec), apisixRoute("web")];
}

/** The Pod's spec in a workload's props. */
export function podSpec(props: Record<string, unknown>): {
  containers: { name: string; lifecycle?: unknown; env?: unknown }[];
  terminationGracePeriodSeconds?: unknown;
} {
  const spec = props.spec as { template?: { spec: unknown } } | undefined;
  return (spec?.template ? spec.template.spec : spec) as never;
}
