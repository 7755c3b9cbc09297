import type { Pod } from "../kubernetes/workload";
import { get, getObject, isKnown } from "../kubernetes/values";
import { hasNativeSleep, hasOrderedSidecars } from "../kubernetes/version";
import { neededGracePeriod, type Requirement } from "./judge";
import { defaultGracePeriod, timeline, type ContainerTimeline } from "./timeline";

/** The form of the hook that a remedy writes. */
export type HookForm = "auto" | "sleep" | "exec";

/** One change of one field, made in place: whoever holds secrets and unknowns around it goes on holding them. */
export interface Edit {
  /** The object or list that is written to. */
  target: object;
  key: string | number;
  value: unknown;
  /** Where the field stands in the Pod's spec, e.g. `containers[0].lifecycle.preStop.sleep.seconds`. */
  path: string;
}

/**
 * The smallest edits that make every container of a Pod delay its SIGTERM by at least `sleepSeconds`, and keep the
 * grace period at or above the sleep, as the API refuses a Pod otherwise. No edits where nothing is wrong, or nothing
 * can be done: a hook that does more than sleep is left alone, and a delay is never shortened.
 */
export function sleepRemedy(pod: Pod, requirement: Requirement, form: HookForm): Edit[] {
  const line = timeline(pod, requirement.kubernetesVersion);
  // Where the grace period is not known, a sleep may exceed it, and the API would refuse the Pod.
  if (!line || !pod.spec || !isKnown(pod.gracePeriod)) return [];
  const edits: Edit[] = [];
  let longest = 0;
  const repair = (each: ContainerTimeline): boolean => {
    const written = hookEdit(each, requirement, form, pod);
    if (!written) return false;
    edits.push(written.edit);
    longest = Math.max(longest, written.seconds);
    return true;
  };
  const short = ({ container, delay }: ContainerTimeline) =>
    requirement.concerns(container) && delay.protects.atLeast < requirement.sleepSeconds;

  let held = 0;
  for (const each of line.containers.filter(({ container }) => container.isSidecar === false)) {
    const repaired = short(each) && repair(each);
    held = Math.max(held, repaired ? requirement.sleepSeconds : each.delay.atLeast);
  }
  for (const each of line.containers.filter(({ container }) => container.isSidecar === true)) {
    // A sidecar that the ordinary containers hold long enough needs no hook of its own.
    const servesLongEnough = each.serves.atLeast >= requirement.sleepSeconds;
    const isHeld =
      each.container.preStop === undefined &&
      held >= requirement.sleepSeconds &&
      hasOrderedSidecars(requirement.kubernetesVersion);
    if (short(each) && !servesLongEnough && !isHeld) repair(each);
  }
  const grace = pod.gracePeriod ?? defaultGracePeriod;
  if (edits.length > 0 && grace < longest) edits.push(graceEdit(pod.spec, Math.ceil(longest)));
  return edits;
}

/**
 * The edit that makes the grace period cover the longest hook and the shutdown after it. Only ever raises, never above
 * `maxGracePeriodSeconds`; no edit where the grace period is not known, or a hook never ends.
 */
export function graceRemedy(pod: Pod, requirement: Requirement): Edit[] {
  if (!pod.spec || !isKnown(pod.gracePeriod) || !isKnown(pod.containers)) return [];
  if (!pod.containers.some(requirement.concerns)) return [];
  const needed = neededGracePeriod(pod, requirement);
  if (needed === undefined || needed <= (pod.gracePeriod ?? defaultGracePeriod)) return [];
  if (requirement.maxGracePeriodSeconds !== undefined && needed > requirement.maxGracePeriodSeconds) return [];
  return [graceEdit(pod.spec, needed)];
}

/** Makes the edits. */
export function apply(edits: readonly Edit[]): void {
  for (const { target, key, value } of edits) (target as Record<string | number, unknown>)[key] = value;
}

function graceEdit(spec: object, seconds: number): Edit {
  const key = "terminationGracePeriodSeconds";
  return { target: spec, key, value: seconds, path: key };
}

function hookEdit(
  { container, delay }: ContainerTimeline,
  { sleepSeconds, kubernetesVersion }: Requirement,
  form: HookForm,
  pod: Pod,
): { edit: Edit; seconds: number } | undefined {
  const at = `${container.path}.lifecycle`;
  if (container.preStop !== undefined && !isKnown(container.preStop)) return undefined;
  if (container.preStop === undefined || delay.form === "broken") {
    const seconds = Math.max(sleepSeconds, Math.ceil(delay.meant ?? 0));
    const preStop = newHook(form, kubernetesVersion, seconds, pod);
    if (!preStop) return undefined;
    const lifecycle = getObject(container.body, "lifecycle");
    if (!isKnown(lifecycle)) return undefined;
    const edit: Edit =
      lifecycle === undefined
        ? { target: container.body, key: "lifecycle", value: { preStop }, path: at }
        : { target: lifecycle, key: "preStop", value: preStop, path: `${at}.preStop` };
    return { edit, seconds };
  }
  if (delay.form !== "sleep") return undefined;
  const sleep = get(container.preStop, "sleep");
  if (typeof sleep === "object" && sleep !== null) {
    const edit = { target: sleep, key: "seconds", value: sleepSeconds, path: `${at}.preStop.sleep.seconds` };
    return { edit, seconds: sleepSeconds };
  }
  const command = get(container.preStop, "exec", "command");
  if (!delay.raise || !Array.isArray(command)) return undefined;
  const { index, to } = delay.raise;
  const path = `${at}.preStop.exec.command[${index}]`;
  return { edit: { target: command, key: index, value: to(sleepSeconds), path }, seconds: sleepSeconds };
}

function newHook(form: HookForm, kubernetesVersion: string, seconds: number, pod: Pod): object | undefined {
  if (form === "sleep" || (form === "auto" && hasNativeSleep(kubernetesVersion))) return { sleep: { seconds } };
  // Windows has no /bin/sh.
  if (get(pod.spec, "os", "name") === "windows") return undefined;
  return { exec: { command: ["/bin/sh", "-c", `sleep ${seconds}`] } };
}
