/** APISIX's own Pods: what loses requests when they are replaced. */
import { labelOf, type Resource } from "../../kubernetes/resource";
import type { Workload } from "../../kubernetes/workload";
import type { Routes } from "../../routing";
import type { FindConfigMap } from "../../shutdown/app";
import { isApisix, roleOf, workerTimeout, type WorkerTimeout } from "../../shutdown/app/apisix";
import { mendedGracePeriod, withoutShutdown, type Defect, type DefectCode } from "../../shutdown/judge";
import type { ContainerTimeline } from "../../shutdown/timeline";
import type { Considered, Judged } from "../alone";
import { finding, isUpstream, type Finding, type OtherData } from "../finding";
import { hiddenTimes } from "../hidden";
import type { Knowledge } from "../knowledge";
import { evidenceAlone, excusesFrom } from "../workload";

const policy = "apisix-rollout-advice";

/** How long a request may take whose route sets no timeout, in seconds: nginx's proxy_read_timeout, which APISIX keeps. */
const defaultTimeout = 60;

/** What is wrong with the controller's Pods wherever it stands. That they have no sleep loses nothing. */
const wrongAnywhere: ReadonlySet<DefectCode> = new Set([
  "hook-fails",
  "hook-never-ends",
  "grace-zero",
  "sleep-exceeds-grace",
]);

/**
 * What is reported of them, beside what is reported of any routed workload.
 *
 * @param configMapsOf those that a workload may name
 */
export function* apisixPods(
  { workloads }: Routes,
  considered: ReadonlyMap<Workload, Considered>,
  configMapsOf: (workload: Resource) => FindConfigMap,
  { settings }: Knowledge,
  today: Date,
): Iterable<Finding> {
  const upstream = workloads.flatMap(({ chains }) => chains.filter(isUpstream));
  const longest = upstream.reduce((most, { timeout = defaultTimeout }) => Math.max(most, timeout), 0);
  const routed = new Set(workloads.map(({ workload }) => workload));
  for (const [workload, { judge, known }] of considered) {
    if (workload.pod.isPatch || !isApisix(workload)) continue;
    const judged = judge(undefined);
    const label = labelOf(workload.resource);
    const excuses = excusesFrom(workload, policy, undefined, settings, today);
    const context = { policy, subject: workload.resource, evidence: [label], excuses } as const;
    const lines = judged.timeline?.containers ?? [];
    for (const line of lines.filter((each) => judged.requirement.concerns(each.container))) {
      const container = line.container.name;
      const role = roleOf(line.container, workload);
      const isReported = routed.has(workload) || evidenceAlone(workload, settings, known?.evidence) !== undefined;
      const own = isReported ? [] : judged.defects.filter((each) => each.certain && isOf(each, container));
      const wrong = own.filter(({ code }) => wrongAnywhere.has(code));
      if (role === "controller" && wrong.length > 0) {
        yield { ...finding("controller-shutdown", { workload: label, defects: wrong }, context), container };
      }
      if (role !== "gateway") continue;
      const early = own.find(({ rule }) => rule === "sleep");
      if (early) yield { ...finding("gateway-stops-early", { workload: label, defect: early }, context), container };
      const timeout = workerTimeout(line.container, workload, configMapsOf(workload.resource));
      const cut = timeout && cutRequests(workload, judged, line, timeout, longest || Infinity);
      if (cut) yield { ...finding("gateway-cuts-requests", cut, context), container };
    }
  }
}

/** What is true of the Pod is true of each of its containers. */
function isOf(defect: Defect, container: string): boolean {
  return (defect.container ?? container) === container;
}

/** Do the gateway's workers get the time that they take for their requests? Seconds. */
function cutRequests(
  workload: Workload,
  { timeline, requirement }: Judged,
  { left }: ContainerTimeline,
  { seconds, isSet }: WorkerTimeout,
  longest: number,
): OtherData["gateway-cuts-requests"] | undefined {
  const needs = Math.min(seconds, longest);
  if (!timeline || left.atMost >= needs) return undefined;
  const grace = mendedGracePeriod(timeline, { ...withoutShutdown(requirement), shutdownSeconds: needs });
  const { maxGracePeriodSeconds: ceiling = Infinity } = requirement;
  const isHidden = hiddenTimes(workload) !== undefined;
  return {
    ...{ workload: labelOf(workload.resource), needs, left: isHidden ? NaN : left.atMost },
    by: longest < seconds ? "routes" : isSet ? "setting" : "default",
    ...(grace !== undefined && grace <= ceiling && { grace: isHidden ? NaN : grace }),
  };
}
