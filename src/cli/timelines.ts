/** How workloads terminate, for reports that draw it. */
import { assessResource, type Judged, type Knowledge } from "../assess";
import { fromPulumi, type PulumiResource } from "../kubernetes/resource";
import { isKnown } from "../kubernetes/values";
import type { ContainerTimeline, Interval, ResourceRef, Timeline, WorkloadTimeline } from "../report";
import type { Defect, Requirement } from "../shutdown/judge";
import type { ContainerTimeline as ContainerEnd } from "../shutdown/timeline";

/** How a resource ends, judged alone; undefined where it is no workload. */
export function judgedAlone(resource: PulumiResource, knowledge: Knowledge, today: Date): Judged | undefined {
  const read = fromPulumi(resource);
  return read && assessResource(read, knowledge, today)?.judged();
}

/**
 * Draws a workload; undefined where its containers can't be known.
 *
 * @param before it before a repair, where there was one
 */
export function drawn(ref: ResourceRef, now: Judged | undefined, before?: Judged): WorkloadTimeline | undefined {
  const after = now && timelineOf(now);
  if (!after) return undefined;
  // Both against what is asked of it now.
  const was = before && timelineOf({ ...before, requirement: now.requirement });
  return { workload: ref, t: now.requirement.sleepSeconds, ...(was ? { before: was } : {}), after };
}

function timelineOf({ timeline, requirement, defects }: Judged): Timeline | undefined {
  if (!timeline) return undefined;
  return {
    gracePeriod: isKnown(timeline.gracePeriod) ? timeline.gracePeriod : null,
    containers: timeline.containers.map((end) => containerTimeline(end, defects, requirement)),
  };
}

function containerTimeline(end: ContainerEnd, defects: readonly Defect[], requirement: Requirement) {
  const { container, delay, sigterm, left, sigkill } = end;
  const isConcerned = requirement.concerns(container);
  // What is true of the Pod is true of each of its containers.
  const own = defects.filter((defect) => defect.container === container.name || defect.container === undefined);
  const verdict = !isConcerned || own.length === 0 ? "ok" : own.some(({ certain }) => certain) ? "short" : "unknown";
  const latest = Number.isFinite(sigkill.atLeast) ? sigkill.atLeast : 0;
  return {
    name: container.name,
    sidecar: container.isSidecar === true,
    hook: bounded(delay, latest),
    sigterm: bounded(sigterm, latest),
    left: bounded(left, latest),
    sigkill: Number.isFinite(sigkill.atMost) ? sigkill.atMost : null,
    verdict,
    because: isConcerned ? because(end) : "The settings ignore this container.",
  } satisfies ContainerTimeline;
}

/** Why its signal comes when it does, in a sentence. */
function because({ container, delay, waits }: ContainerEnd): string {
  if (container.preStop !== undefined) return `Its preStop hook ${delay.because}.`;
  return waits ? "It has no preStop hook, and waits for the containers that end before it." : "It has no preStop hook.";
}

/** JSON knows no infinity: a hook that never ends takes at least as long as the Pod has. */
function bounded({ atLeast, atMost }: { atLeast: number; atMost: number }, latest: number): Interval {
  return {
    atLeast: Number.isFinite(atLeast) ? atLeast : latest,
    atMost: Number.isFinite(atMost) ? atMost : null,
  };
}
