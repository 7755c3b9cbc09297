import { oncePer } from "../once";
import { isKubernetesType, isSecret, type Resource } from "./resource";
import { get, getList, getNumber, getObject, getString, getStringMap, isKnown, unknown, type Maybe } from "./values";

/** A resource with a Pod template, or a Pod. */
export interface Workload {
  resource: Resource;
  /** Where the Pod's spec stands in the resource, e.g. `spec.template.spec`; empty text never occurs. */
  podSpecPath: string;
  pod: Pod;
  /** Labels and annotations of its Pods. */
  podLabels: Maybe<ReadonlyMap<string, Maybe<string>>>;
  podAnnotations: Maybe<ReadonlyMap<string, Maybe<string>>>;
  /** Annotations of the resource itself. */
  annotations: Maybe<ReadonlyMap<string, Maybe<string>>>;
  /** The settings name its kind: how its controller treats its Pods isn't known. */
  isCustom?: true;
  /** An Argo Rollout may take its Pod template from another workload: `spec.workloadRef`. */
  templateFrom?: { kind: Maybe<string>; name: Maybe<string> };
}

/** The parts of a Pod's spec that decide how it terminates. */
export interface Pod {
  /** The spec itself, for remedies to write to; undefined where there is none or it can't be known. */
  spec: object | undefined;
  /** `terminationGracePeriodSeconds` in seconds; undefined where it is not set, which means 30. */
  gracePeriod: Maybe<number> | undefined;
  /** Containers that may have a preStop hook: the ordinary ones and native sidecars. Unknown where the list is. */
  containers: Maybe<Container[]>;
  /** Part of a `*Patch`: what is not set is unknown. */
  isPatch: boolean;
}

export interface Container {
  /** Its name, or its place in the list where it has none that is known and may be printed. */
  name: string;
  /** Its name where that is a secret: to be compared, and never printed. */
  secretName?: string;
  /** Where it stands in the Pod's spec: `containers[0]`. */
  path: string;
  /**
   * A native sidecar: an init container with `restartPolicy: Always` (KEP-753), stopped after the ordinary containers.
   * Unknown where the restart policy is.
   */
  isSidecar: Maybe<boolean>;
  /** The container itself, for remedies to write to. */
  body: object;
  /** `lifecycle.preStop`: undefined where there is no hook. */
  preStop: Maybe<object> | undefined;
}

/** A container port: `containerPort`, its name and its protocol. */
export interface Port {
  name: Maybe<string> | undefined;
  number: Maybe<number> | undefined;
  protocol: Maybe<string>;
}

/** A kind with a Pod template that isn't among those known here. */
export interface WorkloadKind {
  /** `apps.openshift.io/v1`. Other versions of the group are meant, too. */
  apiVersion: string;
  kind: string;
  /** Where the Pod's spec stands in the resource, beside the metadata of the Pods: `spec.template.spec` if left out. */
  podSpec?: string;
}

const podTemplate = "spec.template.spec";

const templated = new Map<string, readonly string[]>([
  ["Deployment", ["apps", "extensions"]],
  ["StatefulSet", ["apps", "apps.kruise.io"]],
  ["DaemonSet", ["apps", "extensions", "apps.kruise.io"]],
  ["ReplicaSet", ["apps", "extensions"]],
  ["ReplicationController", [""]],
  ["Rollout", ["argoproj.io"]],
  ["CloneSet", ["apps.kruise.io"]],
]);

/** Where the metadata of its Pods stands in the resource, e.g. `spec.template.metadata`. */
export function podMetadataPath({ podSpecPath }: Workload): string {
  return podSpecPath.replace(/spec$/, "metadata");
}

/** The kinds with their group, and where their Pod's spec stands. */
const pathsOf = oncePer(
  (kinds: readonly WorkloadKind[]): ReadonlyMap<string, string> =>
    new Map(
      kinds.map(({ apiVersion, kind, podSpec = podTemplate }) => [`${groupOf({ apiVersion })}/${kind}`, podSpec]),
    ),
);

/** `apps.openshift.io` of `apps.openshift.io/v1`; empty for the core group. */
export function groupOf({ apiVersion }: Pick<WorkloadKind, "apiVersion">): string {
  return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/** Is it a workload by its kind, whatever the settings say? Jobs and CronJobs are none: they end by themselves. */
export function isKnownKind({ kind, group }: Pick<Resource, "kind" | "group">): boolean {
  return (kind === "Pod" && group === "") || templated.get(kind)?.includes(group) === true;
}

/** Is it a Job, or a CronJob that makes them? Their Pods end by themselves. */
export function isJob({ kind, group }: Pick<Resource, "kind" | "group">): boolean {
  return group === "batch" && (kind === "Job" || kind === "CronJob");
}

/** Is it a workload, by its kind? @param kinds those of the settings */
export function isWorkload(resource: Resource, kinds: readonly WorkloadKind[] = []): boolean {
  return isKnownKind(resource) || customPath(resource, kinds) !== undefined;
}

function customPath({ group, kind }: Resource, kinds: readonly WorkloadKind[]): string | undefined {
  return kinds.length === 0 ? undefined : pathsOf(kinds).get(`${group}/${kind}`);
}

/**
 * May a resource of this Pulumi type be a workload? Its kind alone decides: the API group is in its `apiVersion`.
 *
 * @param type such as `kubernetes:apps/v1:Deployment`
 * @param kinds those of the settings
 */
export function mayBeWorkload(type: string, kinds: readonly WorkloadKind[] = []): boolean {
  if (!isKubernetesType(type)) return false;
  const own = type.slice(type.lastIndexOf(":") + 1);
  const patched = own.replace(/Patch$/, "");
  return patched === "Pod" || templated.has(patched) || kinds.some(({ kind }) => kind === own || kind === patched);
}

/** A resource as a workload; undefined where it is none. @param kinds those of the settings */
export function readWorkload(resource: Resource, kinds: readonly WorkloadKind[] = []): Workload | undefined {
  if (isKnownKind(resource)) return readPods(resource, resource.kind === "Pod" ? "spec" : podTemplate);
  const path = customPath(resource, kinds);
  return path === undefined ? undefined : { ...readPods(resource, path), isCustom: true };
}

/** The Pods that a resource makes which is no workload: a Job, or a kind with a Pod template that isn't known here. */
export function readOtherPods(resource: Resource): Workload | undefined {
  const isCronJob = isJob(resource) && resource.kind === "CronJob";
  const path = isCronJob ? `spec.jobTemplate.${podTemplate}` : podTemplate;
  const hasContainers = Array.isArray(get(resource.body, ...path.split("."), "containers"));
  return hasContainers && resource.group !== "" ? readPods(resource, path) : undefined;
}

function readPods(resource: Resource, podSpecPath: string): Workload {
  const template = get(resource.body, ...podSpecPath.split(".").slice(0, -1));
  // In a patch an absent map is not an empty one.
  const map = (owner: unknown, key: string) =>
    getStringMap(owner, "metadata", key) ?? (resource.isPatch ? unknown : new Map<string, string>());
  const workload: Workload = {
    resource,
    podSpecPath,
    pod: readPod(get(template, "spec"), resource.isPatch, (path) => isSecret(resource, `${podSpecPath}.${path}`)),
    podLabels: map(template, "labels"),
    podAnnotations: map(template, "annotations"),
    annotations: map(resource.body, "annotations"),
  };
  const reference = get(resource.body, "spec", "workloadRef");
  if (resource.kind === "Rollout" && reference !== undefined) {
    workload.templateFrom = {
      kind: getString(reference, "kind") ?? unknown,
      name: getString(reference, "name") ?? unknown,
    };
    // The referred workload's template replaces whatever the Rollout holds itself.
    workload.pod = readPod(unknown);
    workload.podLabels = unknown;
  }
  return workload;
}

/**
 * Reads a Pod's spec. Never throws.
 *
 * @param isHidden is what stands at a path of the spec a secret?
 */
export function readPod(spec: unknown, isPatch = false, isHidden: (path: string) => boolean = () => false): Pod {
  const body = getObject(spec);
  if (body === undefined || !isKnown(body)) {
    return { spec: undefined, gracePeriod: unknown, containers: unknown, isPatch };
  }
  const grace = getNumber(body, "terminationGracePeriodSeconds");
  return {
    spec: body,
    gracePeriod: grace === undefined && isPatch ? unknown : grace,
    containers: readContainers(body, isPatch, isHidden),
    isPatch,
  };
}

function readContainers(spec: object, isPatch: boolean, isHidden: (path: string) => boolean): Maybe<Container[]> {
  const ordinary = getList(spec, "containers");
  const init = getList(spec, "initContainers") ?? [];
  if (ordinary === unknown || init === unknown) return unknown;
  // A Pod needs a container: a missing list (not an empty one) is an object that the API refuses, or part of a patch.
  if (ordinary === undefined && !isPatch) return unknown;
  const containers: Container[] = [];
  const add = (body: unknown, path: string, isSidecar: Maybe<boolean>): boolean => {
    const object = getObject(body);
    if (object === undefined || !isKnown(object)) return false;
    const name = getString(object, "name");
    const known = typeof name === "string" && name !== "" ? name : undefined;
    const isNameHidden = known !== undefined && isHidden(`${path}.name`);
    containers.push({
      name: isNameHidden ? path : (known ?? path),
      ...(isNameHidden && { secretName: known }),
      path,
      isSidecar,
      body: object,
      preStop: readPreStop(object, isPatch),
    });
    return true;
  };
  for (const [i, body] of (ordinary ?? []).entries()) {
    if (!add(body, `containers[${i}]`, false)) return unknown;
  }
  for (const [i, body] of init.entries()) {
    const restartPolicy = getString(body, "restartPolicy");
    if (restartPolicy === unknown) {
      if (!add(body, `initContainers[${i}]`, unknown)) return unknown;
    } else if (restartPolicy === "Always") {
      if (!add(body, `initContainers[${i}]`, true)) return unknown;
    }
  }
  return containers;
}

function readPreStop(container: object, isPatch: boolean): Maybe<object> | undefined {
  const preStop = getObject(container, "lifecycle", "preStop");
  if (!isPatch) return preStop;
  // A patch may set a part of a hook that is there already.
  const sets = [["exec", "command"], ["sleep", "seconds"], ["httpGet"], ["tcpSocket"]];
  return sets.some((path) => get(preStop, ...path) !== undefined) ? preStop : unknown;
}

/** The protocol of a port, of a container's as of a Service's: TCP where it is not set. */
export function protocolOf(port: unknown): Maybe<string> {
  return getString(port, "protocol") || "TCP";
}

/** The ports that a container declares; unknown where the list is. */
export function portsOf(container: Container): Maybe<Port[]> {
  const ports = getList(container.body, "ports");
  if (ports === unknown) return unknown;
  return (ports ?? []).map((port) => ({
    name: getString(port, "name"),
    number: getNumber(port, "containerPort"),
    protocol: protocolOf(port),
  }));
}

/**
 * Does the workload look reachable: does a container declare a port, or have a readiness probe? Unknown where no known
 * container does and one can't be known.
 */
export function isExposed(pod: Pod): Maybe<boolean> {
  if (pod.containers === unknown) return unknown;
  let answer: Maybe<boolean> = false;
  for (const container of pod.containers) {
    const ports = portsOf(container);
    const probe = get(container.body, "readinessProbe");
    if ((isKnown(ports) && ports.length > 0) || (probe !== undefined && probe !== unknown)) return true;
    if (ports === unknown || probe === unknown) answer = unknown;
  }
  return answer;
}
