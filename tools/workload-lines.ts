import type { EngineEvent } from "@pulumi/pulumi/automation";
import { fromPulumi, labelOf } from "../src/kubernetes/resource";
import { isExposed, readWorkload, type Workload } from "../src/kubernetes/workload";
import type { Interval } from "../src/shutdown/interval";
import { effectiveGracePeriod, timeline, type ContainerTimeline } from "../src/shutdown/timeline";

/** An event that the Automation API passes on, but doesn't declare. */
interface Remediation {
  policyRemediationEvent?: { resourceUrn: string; before?: object };
}

/** A line for each workload of a preview: its hooks and grace period, as the program has them and as they would be deployed. */
export function workloadLines(events: readonly EngineEvent[]): string[] {
  const written = new Map<string, object>();
  const lines: [label: string, text: string][] = [];
  for (const event of events) {
    const repair = (event as Remediation).policyRemediationEvent;
    if (repair?.before && !written.has(repair.resourceUrn)) written.set(repair.resourceUrn, repair.before);
    const step = event.resourcePreEvent?.metadata;
    const now = step?.new && workloadOf(step.type, step.urn, step.new.inputs);
    if (!now) continue;
    const source = written.get(step.urn);
    const before = source && workloadOf(step.type, step.urn, source);
    const text =
      before || isExposed(now.pod) !== false ? describe(before ?? now, now) : "left alone: no port, no readiness probe";
    lines.push([labelOf(now.resource), text]);
  }
  const width = Math.max(...lines.map(([label]) => label.length));
  return lines.map(([label, text]) => `${label.padEnd(width)}  ${text}`);
}

function workloadOf(type: string, urn: string, props: object): Workload | undefined {
  const resource = fromPulumi({ type, urn, name: urn.split("::").at(-1) ?? "", props });
  return resource && readWorkload(resource);
}

function describe(before: Workload, now: Workload): string {
  const old = containers(before);
  const hooks = containers(now).map((each, i) => `${each.container.name}: ${change(hook(old[i] ?? each), hook(each))}`);
  return `${hooks.join(", ")}; grace period ${change(grace(before), grace(now))}`;
}

function containers({ pod }: Workload): ContainerTimeline[] {
  return timeline(pod, { kubernetesVersion: "1.34" })?.containers ?? [];
}

function change(before: string, now: string): string {
  return before === now ? now : `${before} → ${now}`;
}

function hook({ container, delay }: ContainerTimeline): string {
  if (container.preStop === undefined) return "no hook";
  return delay.repair.kind === "replace" ? `a hook that ${delay.because}` : `hook of ${seconds(delay)}`;
}

function seconds({ atLeast, atMost }: Interval): string {
  if (atLeast === atMost) return `${atLeast} s`;
  return atMost === Infinity ? `${atLeast} s or more` : `${atLeast} to ${atMost} s`;
}

function grace({ pod }: Workload): string {
  const period = effectiveGracePeriod(pod);
  if (typeof period === "symbol") return "not known in this preview";
  return `${period} s${pod.gracePeriod === undefined ? " (default)" : ""}`;
}
