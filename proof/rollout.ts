/** One roll-out under load: what became of the requests, and when what happened to each of the old Pods. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dump, loadAll } from "js-yaml";
import { cli } from "../tests/cli/run";
import { apply, remove, type KubernetesObject } from "../tests/support/kubernetes";
import { until } from "../tests/support/kubernetes/processes";
import type { Cluster } from "./cluster";
import type { Retries } from "./data-plane";
import { isLost, startLoad, type Request } from "./load";
import { startMeasure } from "./measure";
import { podsOf, timesOf } from "./pods";
import { binWidth, type Bin, type Counts, type Kind, type Rollout } from "./result";
import { namespace, objectsOf, slowSeconds, type Scenario } from "./scenarios";

/** Requests a second, to each data plane. */
export const rates: Record<Kind, number> = { quick: 100, slow: 5 };
/** Seconds of load before the roll-out: as many slow requests as there will be are under way then. */
const before = slowSeconds + 2;
/** Seconds of load after the last Pod has gone. */
const after = 2;
/** Seconds that anything may take. */
const patience = 90;

/**
 * @param repaired whether the pack repairs the manifests first, as `check --fix` does
 * @throws Error when the roll-out, or anything that watches it, fails: lost requests are no failure
 */
export async function rollOut(cluster: Cluster, scenario: Scenario, repaired: boolean): Promise<Rollout> {
  const { api, node, apisix } = cluster;
  const { name, replicas, delaySeconds } = scenario;
  apisix.delaySeconds = delaySeconds;
  const given = objectsOf(scenario, { nodeName: node.name, sharedFolder: node.sharedFolder });
  const objects = repaired ? await repairedBy(given, api.folder) : given;
  await apply(api, ...objects);
  const measured = startMeasure(cluster, `${namespace}/${name}`);
  await waitFor(cluster, () => isRolledOut(cluster, name), `Deployment ${name} is available`);
  const isRouted = async () => (await fetch(`${apisix.proxies.off}/${name}/`)).ok;
  await waitFor(cluster, isRouted, "APISIX has its route");
  const old = await podsOf(api, name);
  const loads = (Object.entries(apisix.proxies) as [Retries, string][]).flatMap(([retries, proxy]) => {
    const url = `${proxy}/${name}/`;
    return [
      { retries, kind: "quick", ...startLoad(url, rates.quick) },
      { retries, kind: "slow", ...startLoad(`${url}?seconds=${slowSeconds}`, rates.slow) },
    ];
  });
  await sleep(before * 1000);
  const started = Date.now();
  await restart(cluster, name);
  await waitFor(cluster, () => isRolledOut(cluster, name), `Deployment ${name} is rolled out`);
  const areGone = async () => {
    const left = new Set((await podsOf(api, name)).map((pod) => pod.name));
    return old.every((pod) => !left.has(pod.name) && apisix.removals.has(pod.address));
  };
  await waitFor(cluster, areGone, "The old Pods are gone");
  await sleep(after * 1000);
  const requests = await Promise.all(loads.map(async ({ stop, ...of }) => ({ ...of, requests: await stop() })));
  const measuredPods = await measured.stop();
  const pods = old.map((pod) => ({ ...timesOf(cluster, pod, started), ...measuredPods.get(pod.name) }));
  // After a failure they go with the cluster.
  for (const object of objects) await remove(api, object);
  await waitFor(cluster, async () => (await podsOf(api, name)).length === 0, "Its Pods are gone");

  const sent = (retries: Retries, ...kinds: string[]) =>
    requests.flatMap((each) => (each.retries === retries && kinds.includes(each.kind) ? each.requests : []));
  const counts = (retries: Retries) => ({ quick: count(sent(retries, "quick")), slow: count(sent(retries, "slow")) });
  return {
    scenario: name,
    repaired,
    replicas,
    delaySeconds,
    ...lifecycleOf(objects),
    requests: { off: counts("off"), default: counts("default") },
    pods,
    bins: binsOf(sent("off", "quick", "slow"), started),
  };
}

async function waitFor(cluster: Cluster, condition: () => Promise<boolean>, what: string): Promise<void> {
  const isSo = () => {
    if (cluster.failure() !== undefined) throw new Error(`${what}: a part of the cluster has ended`);
    return condition();
  };
  await until(isSo, what, patience);
}

/** The manifests as the command line repairs them; it finds nothing more in them. */
async function repairedBy(objects: readonly KubernetesObject[], folder: string): Promise<KubernetesObject[]> {
  const file = join(mkdtempSync(join(folder, "manifests-")), "shop.yaml");
  writeFileSync(file, objects.map((object) => dump(object)).join("---\n"));
  const { code, stdout, stderr } = await cli(["check", "--fix", file]);
  if (code !== 0) throw new Error(`check --fix ends with ${code}:\n${stdout}${stderr}`);
  return loadAll(readFileSync(file, "utf8")) as KubernetesObject[];
}

interface PodTemplate {
  spec: {
    terminationGracePeriodSeconds?: number;
    containers: { lifecycle?: { preStop?: { sleep?: { seconds: number } } } }[];
  };
}

function lifecycleOf(objects: readonly KubernetesObject[]): { sleepSeconds?: number; gracePeriodSeconds: number } {
  const deployment = objects.find(({ kind }) => kind === "Deployment") as
    { spec: { template: PodTemplate } } | undefined;
  const { terminationGracePeriodSeconds = 30, containers = [] } = deployment?.spec.template.spec ?? {};
  const seconds = containers[0]?.lifecycle?.preStop?.sleep?.seconds;
  return {
    ...(seconds === undefined ? {} : { sleepSeconds: seconds }),
    gracePeriodSeconds: terminationGracePeriodSeconds,
  };
}

const pathOf = (name: string) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;

/** As `kubectl rollout restart` does. */
async function restart({ api }: Cluster, name: string): Promise<void> {
  const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
  const contentType = "application/strategic-merge-patch+json";
  await api.ask("PATCH", pathOf(name), { spec: { template: { metadata: { annotations } } } }, { contentType });
}

/** As `kubectl rollout status` sees it. */
async function isRolledOut({ api }: Cluster, name: string): Promise<boolean> {
  const { metadata, spec, status } = await api.ask<{
    metadata: { generation: number };
    spec: { replicas: number };
    status: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; availableReplicas?: number };
  }>("GET", pathOf(name));
  const counts = [status.replicas, status.updatedReplicas, status.availableReplicas];
  return status.observedGeneration === metadata.generation && counts.every((count) => count === spec.replicas);
}

const count = (requests: readonly Request[]): Counts => ({
  sent: requests.length,
  lost: requests.filter(isLost).length,
});

/** By the time at which they were sent. */
function binsOf(requests: readonly Request[], started: number): Bin[] {
  const bins = new Map<number, { answered: number; lost: number }>();
  for (const request of requests) {
    const at = Math.floor((request.sent - started) / 1000 / binWidth) * binWidth;
    const bin = bins.get(at) ?? { answered: 0, lost: 0 };
    bins.set(at, bin);
    bin[isLost(request) ? "lost" : "answered"]++;
  }
  return [...bins].sort(([a], [b]) => a - b).map(([at, counts]) => ({ at, ...counts }));
}
