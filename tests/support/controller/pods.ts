/**
 * What Kubernetes' controllers make of workloads and Services, without Kubernetes' controllers: a Pod for each workload,
 * and the Endpoints and EndpointSlices of each Service. A Pod's address tells its workload.
 */
import type { KubernetesObject } from "../kubernetes";

interface Labels {
  [name: string]: string;
}
interface ContainerPort {
  name?: string;
  containerPort: number;
  protocol?: string;
}
interface Container {
  ports?: ContainerPort[];
  restartPolicy?: string;
}
interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
}
export interface ServicePort {
  name?: string;
  port: number;
  targetPort?: number | string;
  protocol?: string;
}
export interface ServiceSpec {
  type?: string;
  clusterIP?: string;
  externalName?: string;
  selector?: Labels;
  ports?: ServicePort[];
}

/** A workload's one Pod. */
export interface FakePod {
  /** `Deployment shop/web` */
  workload: string;
  namespace: string;
  labels: Labels;
  spec: PodSpec;
  ip: string;
  /** What is to be stored, first without its status. */
  object: KubernetesObject;
}

const templated = new Set([
  ...["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Rollout", "CloneSet"],
]);

export const isTemplated = ({ kind }: KubernetesObject): boolean => templated.has(kind);

const namespaceOf = ({ metadata }: KubernetesObject) => metadata?.namespace ?? "default";
export const nameOf = (object: KubernetesObject): string =>
  `${object.kind} ${namespaceOf(object)}/${object.metadata?.name}`;

/** Addresses are never used again: the controller remembers which Pod had one. */
let count = 0;
function nextAddress(): string {
  count++;
  return `10.128.${count >> 8}.${count & 255}`;
}

/** The Pods of the workloads among the objects; a bare Pod is its own. */
export function podsOf(objects: readonly KubernetesObject[]): FakePod[] {
  const owners = objects.filter((object) => isTemplated(object) || object.kind === "Pod");
  return owners.map((owner) => {
    const isPod = owner.kind === "Pod";
    const template = (isPod ? owner : (owner.spec as { template?: object } | undefined)?.template) as
      { metadata?: { labels?: Labels }; spec?: PodSpec } | undefined;
    const labels = template?.metadata?.labels ?? {};
    const ip = nextAddress();
    const namespace = namespaceOf(owner);
    const name = isPod ? (owner.metadata?.name ?? "") : `${owner.kind.toLowerCase()}-${owner.metadata?.name}-${count}`;
    const spec = template?.spec ?? {};
    const containers = (list: Container[] | undefined, kind: string) =>
      (Array.isArray(list) ? list : undefined)?.map((each, i) => ({ name: `${kind}-${i}`, image: "app:1", ...each }));
    const object: KubernetesObject = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace, name, labels },
      spec: {
        nodeName: "node",
        containers: containers(spec.containers, "app") ?? [{ name: "app", image: "app:1" }],
        initContainers: containers(spec.initContainers, "init") ?? [],
      },
    };
    return { workload: nameOf(owner), namespace, labels, spec, ip, object };
  });
}

/** The status of a Pod that runs and is ready. */
export function runningStatus({ ip }: FakePod): object {
  const ready = { status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" };
  return {
    phase: "Running",
    podIP: ip,
    podIPs: [{ ip }],
    conditions: ["Ready", "ContainersReady"].map((type) => ({ type, ...ready })),
  };
}

/** The Pods that a Service selects. A Service without a selector selects none. */
export function selectedPods(service: KubernetesObject, pods: readonly FakePod[]): FakePod[] {
  const selector = Object.entries((service.spec as ServiceSpec | undefined)?.selector ?? {});
  if (selector.length === 0) return [];
  return pods.filter(
    ({ namespace, labels }) =>
      namespace === namespaceOf(service) && selector.every(([name, value]) => labels[name] === value),
  );
}

/** The port of a Pod behind a Service's port (Kubernetes, pkg/api/v1/pod FindPort); undefined where it has none. */
export function podPort({ port, targetPort = port, protocol = "TCP" }: ServicePort, spec: PodSpec): number | undefined {
  if (typeof targetPort === "number") return targetPort;
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...(spec.containers ?? []), ...sidecars]
    .flatMap(({ ports }) => ports ?? [])
    .find((each) => each.name === targetPort && (each.protocol ?? "TCP") === protocol)?.containerPort;
}

/** The Endpoints and EndpointSlices that Kubernetes would write for a Service that has a selector. */
export function endpointsOf(service: KubernetesObject, pods: readonly FakePod[]): KubernetesObject[] {
  const { type, selector, ports = [] } = (service.spec as ServiceSpec | undefined) ?? {};
  if (type === "ExternalName" || Object.keys(selector ?? {}).length === 0) return [];
  const { name = "" } = service.metadata ?? {};
  const namespace = namespaceOf(service);
  // One subset for each Pod: Kubernetes would join those with the same ports, which means the same.
  const subsets = selectedPods(service, pods).map((pod) => ({
    pod,
    ports: ports.flatMap((port) => {
      const number = podPort(port, pod.spec);
      return number === undefined ? [] : [{ name: port.name ?? "", port: number, protocol: port.protocol ?? "TCP" }];
    }),
  }));
  const serving = subsets.filter((subset) => subset.ports.length > 0 || ports.length === 0);
  const target = ({ object }: FakePod) => ({ kind: "Pod", namespace, name: object.metadata?.name });
  const endpoints: KubernetesObject = {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { namespace, name },
    subsets: serving.map(({ pod, ports }) => ({ addresses: [{ ip: pod.ip, targetRef: target(pod) }], ports })),
  };
  const slices = serving.map(({ pod, ports }, i): KubernetesObject => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      namespace,
      name: `${name}-${i}`,
      labels: {
        "kubernetes.io/service-name": name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: [pod.ip], conditions: { ready: true, serving: true }, targetRef: target(pod) }],
    ports,
  }));
  return [endpoints, ...slices];
}
