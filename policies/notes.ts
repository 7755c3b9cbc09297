import { labelOf, type Resource } from "../src/kubernetes/resource";
import { noteText } from "../src/assess/blind-spot-messages";
import { isLingering, type Chain, type RoutedWorkload } from "../src/routing";
import { timeline } from "../src/shutdown/timeline";
import type { Requirement } from "../src/shutdown/judge";
import { printEvidence } from "./stack";

/** Something to know of routed workloads that break no rule. */
export interface Note {
  /** The resource that it is about, where it is one alone. */
  resource?: Resource;
  what: string;
  evidence: string;
  fix: string;
}

/**
 * A route may give a request more time than its container has left after SIGTERM: a request that is on its way then is
 * cut off by SIGKILL, however long the sleep is.
 */
export function timeoutNote({ workload, chains }: RoutedWorkload, requirement: Requirement): Note | undefined {
  const upstream = chains.filter(({ via }) => via === "upstream");
  const [slowest] = [...upstream].sort((a, b) => (b.timeout ?? 0) - (a.timeout ?? 0));
  const timeout = slowest?.timeout ?? 0;
  if (!slowest || timeout <= requirement.shutdownSeconds) return undefined;
  const containers = timeline(workload.pod, requirement.kubernetesVersion)?.containers ?? [];
  const [first] = containers
    .filter(({ container }) => requirement.concerns(container) && (slowest.serving?.includes(container.name) ?? true))
    .sort((a, b) => a.left.atMost - b.left.atMost);
  if (!first || timeout <= first.left.atMost) return undefined;
  return {
    resource: workload.resource,
    what: `A request to container "${first.container.name}" may take ${timeout} s by its route's timeout, and the container has at most ${first.left.atMost} s left after its SIGTERM: a slow request is cut off.`,
    evidence: printEvidence([slowest]),
    fix: "raise terminationGracePeriodSeconds by the difference if the app finishes its requests, or lower the route's timeout.",
  };
}

/** The ways on which APISIX may go on using a Pod after its sleep: each said once, however many workloads it is true of. */
export function lingeringWays(routed: readonly RoutedWorkload[]): Note[] {
  const lingering = routed.flatMap(({ chains }) => chains.flatMap(({ notes }) => notes.filter(isLingering)));
  const byCode = new Map(lingering.map((note) => [note.code, note]));
  return [...byCode.values()].flatMap((note) => {
    const isSo = ({ via, notes }: Chain) => via === "upstream" && notes.some(({ code }) => code === note.code);
    const [first, ...others] = routed.filter(({ chains }) => chains.some(isSo));
    if (!first) return [];
    const { resource } = first.workload;
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    return {
      ...(others.length === 0 && { resource }),
      what: `A sleep alone doesn't protect ${labelOf(resource)}${more}. ${noteText(note)}`,
      evidence: printEvidence(first.chains.filter(isSo)),
      fix: "let the app close its connections when it gets SIGTERM, or route to the Pods' endpoints.",
    };
  });
}
