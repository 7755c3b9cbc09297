/** How workloads terminate, for reports that draw it. */
import { fromPulumi } from "../kubernetes/resource";
import { isKnown } from "../kubernetes/values";
import { readWorkload, type Workload } from "../kubernetes/workload";
import { requirementOf, wishesOf } from "../policies/workload-rules";
import type { Interval, ResourceRef, Timeline, WorkloadTimeline } from "../report";
import { resolveSettings, type PackConfig } from "../settings/settings";
import { judge, type Requirement } from "../shutdown/judge";
import { timeline } from "../shutdown/timeline";
import { settingsIn, type Outcome } from "./host";
import type { Sourced } from "./sources";

/**
 * The timelines of the workloads that something is reported or repaired of, or of those that are asked for.
 *
 * @param before the objects as they were given
 */
export function timelinesOf(
  before: readonly Sourced[],
  outcome: Outcome,
  config: PackConfig,
  resourceRef: (object: Sourced) => ResourceRef,
  isWanted?: (ref: ResourceRef) => boolean,
): WorkloadTimeline[] {
  const settings = resolveSettings("apisix-routed-workloads", {}, settingsIn(config, "apisix-routed-workloads"));
  const concerned = new Set(
    [...outcome.reported, ...outcome.repaired].flatMap(({ object }) => (object ? [object.resource.urn] : [])),
  );
  const timelines: WorkloadTimeline[] = [];
  for (const [i, object] of outcome.objects.entries()) {
    if (isWanted ? !isWanted(resourceRef(object)) : !concerned.has(object.resource.urn)) continue;
    const after = workloadOf(object);
    if (!after) continue;
    const requirement = requirementOf(settings, wishesOf(after, settings));
    const now = drawn(after, requirement);
    const original = before[i];
    const was = original && original !== object ? workloadOf(original) : undefined;
    const then = was && drawn(was, requirement);
    if (!now) continue;
    timelines.push({
      workload: resourceRef(object),
      t: requirement.sleepSeconds,
      ...(then ? { before: then } : {}),
      after: now,
    });
  }
  return timelines;
}

function workloadOf({ resource }: Sourced): Workload | undefined {
  const read = fromPulumi(resource);
  return read && readWorkload(read);
}

function drawn({ pod }: Workload, requirement: Requirement): Timeline | undefined {
  const line = timeline(pod, requirement.kubernetesVersion);
  if (!line) return undefined;
  const findings = judge(pod, requirement);
  return {
    gracePeriod: isKnown(line.gracePeriod) ? line.gracePeriod : null,
    containers: line.containers.map(({ container, delay, sigterm, left, sigkill }) => {
      const own = findings.filter((finding) => finding.container === container.name);
      const verdict = own.some(({ certain }) => certain) ? "short" : own.length > 0 ? "unknown" : "ok";
      return {
        name: container.name,
        sidecar: container.isSidecar === true,
        hook: bounded(delay),
        sigterm: bounded(sigterm ?? { atLeast: 0, atMost: 0 }),
        left: bounded(left),
        sigkill: Number.isFinite(sigkill.atMost) ? sigkill.atMost : null,
        verdict,
        because: `Its preStop hook ${delay.because}.`,
      };
    }),
  };
}

/** JSON knows no infinity. */
function bounded({ atLeast, atMost }: { atLeast: number; atMost: number }): Interval {
  return { atLeast, atMost: Number.isFinite(atMost) ? atMost : null };
}
