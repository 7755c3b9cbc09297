/** How workloads terminate, for reports that draw it. */
import { fromPulumi, type PulumiResource } from "../kubernetes/resource";
import { isKnown } from "../kubernetes/values";
import { readWorkload, type Workload } from "../kubernetes/workload";
import { requirementOf, wishesOf } from "../../policies/workload-rules";
import type { ContainerTimeline, Interval, ResourceRef, Timeline, WorkloadTimeline } from "../report";
import { resolveSettings, type PackConfig } from "../settings/settings";
import { judge, type Finding, type Requirement } from "../shutdown/judge";
import { timeline, type ContainerTimeline as ContainerEnd } from "../shutdown/timeline";
import { settingsIn, type Outcome } from "./host";
import type { Sourced } from "./sources";

/**
 * The timelines of the workloads that are asked for.
 *
 * @param before the objects as they were given
 * @param outcome the objects as they are after repairs, and which are
 */
export function timelinesOf(
  before: readonly Sourced[],
  outcome: Pick<Outcome, "objects">,
  config: PackConfig,
  resourceRef: (object: Sourced) => ResourceRef,
  isWanted: (object: Sourced) => boolean,
): WorkloadTimeline[] {
  const draw = drawing(config);
  return outcome.objects.flatMap((object, i) => {
    const original = before[i];
    if (!isWanted(object)) return [];
    return draw(resourceRef(object), object.resource, original === object ? undefined : original?.resource) ?? [];
  });
}

/** Draws a resource; undefined where it is no workload, or its containers can't be known. */
export type Draw = (ref: ResourceRef, now: PulumiResource, before?: PulumiResource) => WorkloadTimeline | undefined;

/** @param config its settings of `apisix-routed-workloads` tell what is in time */
export function drawing(config: PackConfig): Draw {
  const settings = resolveSettings("apisix-routed-workloads", {}, settingsIn(config, "apisix-routed-workloads"));
  return (ref, now, before) => {
    const workload = workloadOf(now);
    if (!workload) return undefined;
    const requirement = requirementOf(settings, wishesOf(workload, settings));
    const after = drawn(workload, requirement);
    const original = before && workloadOf(before);
    const was = original && drawn(original, requirement);
    return after && { workload: ref, t: requirement.sleepSeconds, ...(was ? { before: was } : {}), after };
  };
}

function workloadOf(resource: PulumiResource): Workload | undefined {
  const read = fromPulumi(resource);
  return read && readWorkload(read);
}

function drawn({ pod }: Workload, requirement: Requirement): Timeline | undefined {
  const line = timeline(pod, requirement.kubernetesVersion);
  if (!line) return undefined;
  const findings = judge(pod, requirement);
  return {
    gracePeriod: isKnown(line.gracePeriod) ? line.gracePeriod : null,
    containers: line.containers.map((end) => containerTimeline(end, findings, requirement)),
  };
}

function containerTimeline(end: ContainerEnd, findings: readonly Finding[], requirement: Requirement) {
  const { container, delay, sigterm, left, sigkill } = end;
  const isConcerned = requirement.concerns(container);
  // What is said of the Pod holds for each of its containers.
  const own = findings.filter((finding) => finding.container === container.name || finding.container === undefined);
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
