/** Deletes Pods on a real node, and takes the time of each container's stop signal and end. */
import { join } from "node:path";
import { type ApiServer, type Node } from "../support/kubernetes";
import { until } from "../support/kubernetes/processes";
import { readStamps } from "../support/kubernetes/stamps";
import { containersOf, references, type Container, type MeasuredPod } from "./pods";

/** Seconds from the delete call. */
export interface Times {
  /** The first stop signal that the app got; undefined where it was killed without one. */
  sigterm?: number;
  /** The end of the container's main process. */
  gone?: number;
  /** Was it killed, i.e. did it not end by itself? */
  killed?: boolean;
}

/** What was measured of one Pod. */
export interface Measurement {
  containers: Map<string, Times>;
  /** The longest that the kubelet itself took just then: when a Pod in `references` got its SIGTERM. */
  startUp: number;
}

export interface MeasureOptions {
  /** How many Pods run at a time; more disturb each other. */
  atOnce?: number;
  tell?: (progress: string) => void;
}

/** Milliseconds. */
const settle = 2500;
const namespace = "measure";
let run = 0;
const podsPath = `/api/v1/namespaces/${namespace}/pods`;

/**
 * Runs Pods, a few at a time, and deletes them. The Pods in `references` are measured beside each few. Answers by the Pods' names.
 *
 * @throws Error when a Pod doesn't start, or isn't gone long after its grace period.
 */
export async function measure(
  api: ApiServer,
  node: Node,
  pods: MeasuredPod[],
  { atOnce = 8, tell = () => {} }: MeasureOptions = {},
): Promise<Map<string, Measurement>> {
  await api.createNamespace(namespace);
  const ends = new Map<string, { at: number; exitCode: number }>();
  node.onProcessEnd(({ containerId, isMain, at, exitCode }) => {
    if (isMain) ends.set(containerId, { at, exitCode });
  });
  const measured = new Map<string, Measurement>();
  for (let first = 0; first < pods.length; first += atOnce) {
    const few = pods.slice(first, first + atOnce);
    tell(`Pods ${first + 1} to ${first + few.length} of ${pods.length}`);
    // A name is used once: each Pod has its own file of time stamps.
    run++;
    const named = [...few, ...references].map((pod) => ({ ...pod, name: `${pod.name}-${run}` }));
    const results = await measureFew(api, node, named, ends);
    const startUp = Math.max(...results.slice(few.length).map((containers) => containers.get("app")!.sigterm!));
    few.forEach(({ name }, i) => measured.set(name, { containers: results[i]!, startUp }));
  }
  return measured;
}

async function measureFew(
  api: ApiServer,
  node: Node,
  pods: MeasuredPod[],
  ends: Map<string, { at: number; exitCode: number }>,
): Promise<Map<string, Times>[]> {
  for (const pod of pods) await api.ask("POST", podsPath, manifest(pod, node));
  const ids = await until(() => startedContainers(api, node, pods), `${names(pods)} run`, 60);
  // The kubelet deals with a change of a Pod only after it has listed the containers again since the last change; it
  // does that each second. Right after the start it would add up to a second or two by chance.
  await new Promise((resolve) => setTimeout(resolve, settle));
  const deleted: number[] = [];
  for (const { name } of pods) {
    deleted.push(Date.now() / 1000);
    await api.ask("DELETE", `${podsPath}/${name}`);
  }
  const longest = Math.max(...pods.map(({ spec }) => spec.terminationGracePeriodSeconds ?? 30));
  await until(
    async () => ids.every((ids) => [...ids.values()].every((id) => ends.has(id))) && (await podsOf(api)).length === 0,
    `${names(pods)} are gone`,
    longest + 30,
  );
  return pods.map((pod, i) => {
    const times = new Map<string, Times>();
    for (const container of containersOf(pod)) {
      const { at, exitCode } = ends.get(ids[i]!.get(container.name)!)!;
      const signal = stamps(node, pod, container).find(([event]) => event.startsWith("SIG"));
      times.set(container.name, {
        ...(signal ? { sigterm: signal[1] - deleted[i]! } : {}),
        gone: at - deleted[i]!,
        killed: exitCode === 137,
      });
    }
    return times;
  });
}

const names = (pods: MeasuredPod[]) => pods.map(({ name }) => name).join(", ");

interface PodObject {
  metadata: { name: string };
  status?: { containerStatuses?: ContainerStatus[]; initContainerStatuses?: ContainerStatus[] };
}
interface ContainerStatus {
  name: string;
  containerID?: string;
  restartCount: number;
}

async function podsOf(api: ApiServer): Promise<PodObject[]> {
  return (await api.ask<{ items: PodObject[] }>("GET", podsPath)).items;
}

/** containerd's id of each Pod's containers by name, when the apps of all of them are ready for signals. */
async function startedContainers(
  api: ApiServer,
  node: Node,
  pods: MeasuredPod[],
): Promise<Map<string, string>[] | undefined> {
  if (!pods.every((pod) => containersOf(pod).every((container) => stamps(node, pod, container).length > 0))) return;
  const objects = await podsOf(api);
  const ids = pods.map(({ name }) => {
    const status = objects.find(({ metadata }) => metadata.name === name)?.status;
    const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    const restarted = statuses.find(({ restartCount }) => restartCount > 0);
    if (restarted) throw new Error(`${name}: container ${restarted.name} ended by itself`);
    return new Map(
      statuses.flatMap(({ name, containerID }) => (containerID ? [[name, containerID.split("//")[1]!]] : [])),
    );
  });
  return ids.every((ids, i) => ids.size === containersOf(pods[i]!).length) ? ids : undefined;
}

/** A container's app writes where it outlives the Pod: the kubelet removes the logs. */
const stampsFile = (pod: MeasuredPod, container: Container) => `${pod.name}.${container.name}`;

/** What a container's app has noted: events with their Unix time. */
const stamps = (node: Node, pod: MeasuredPod, container: Container) =>
  readStamps(join(node.sharedFolder, stampsFile(pod, container)));

/** The Pod as sent to the API: with what it needs to run on this node and to be measured. */
function manifest(pod: MeasuredPod, node: Node): object {
  const measurable = (container: Container) => ({
    ...container,
    command: [...container.command, "-to", `/shared/${stampsFile(pod, container)}`],
    imagePullPolicy: "Never",
    volumeMounts: [{ name: "shared", mountPath: "/shared" }],
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: pod.name },
    spec: {
      ...pod.spec,
      initContainers: pod.spec.initContainers?.map(measurable),
      containers: pod.spec.containers.map(measurable),
      nodeName: node.name,
      hostNetwork: true,
      enableServiceLinks: false,
      automountServiceAccountToken: false,
      volumes: [{ name: "shared", hostPath: { path: node.sharedFolder } }],
    },
  };
}
