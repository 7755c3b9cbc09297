import type { Pod } from "../kubernetes/workload";
import { get, getObject, isKnown, unknown } from "../kubernetes/values";
import { sleepHook } from "./hook";
import { hookSeconds, mendedGracePeriod, withoutShutdown, type Requirement } from "./judge";
import {
  defaultGracePeriod,
  mayStopApp,
  minimumAfterHook,
  stopOrder,
  timeline,
  type ContainerTimeline,
  type Timeline,
} from "./timeline";

/** One change of one field, made in place: whoever holds secrets and unknowns around it goes on holding them. */
export interface Edit {
  /** The object or list that is written to. */
  target: object;
  key: string | number;
  value: unknown;
  /** Where the field stands in the Pod's spec, e.g. `containers[0].lifecycle.preStop.sleep.seconds`. */
  path: string;
  /** The container whose hook it is; absent: it is the Pod's grace period. */
  container?: string;
}

/**
 * The smallest edits that make every container of a Pod delay its SIGTERM by at least `sleepSeconds`, and keep the
 * grace period at or above the sleep, as the API refuses a Pod otherwise. No edits where nothing is wrong, or nothing
 * can be done: a hook that does more than sleep is left alone, a delay is never shortened, and the grace period stays
 * below its ceiling.
 *
 * @param line the Pod's timeline, if the caller has it
 */
export function sleepRemedy(
  pod: Pod,
  requirement: Requirement,
  line: Timeline | undefined = timeline(pod, requirement),
): Edit[] {
  // Where the grace period is not known, a sleep may exceed it, and the API would refuse the Pod.
  if (!line || !pod.spec || !isKnown(pod.gracePeriod)) return [];
  const t = requirement.sleepSeconds;
  const grace = pod.gracePeriod ?? defaultGracePeriod;
  const ceiling = requirement.maxGracePeriodSeconds ?? Infinity;
  const edits = new Map<ContainerTimeline, Edit>();
  let longest = grace;
  // How long the sidecars are held back by those that they wait for.
  let held = 0;
  for (const own of stopOrder(line.containers)) {
    const each = own.container;
    // What may be no sidecar may be an init container, which may have no hook.
    if (each.isSidecar === unknown) continue;
    let protects = own.delay.protects.atLeast;
    if (own.waits && !mayStopApp(own.delay)) protects = Math.max(protects, held);
    if (protects < t && requirement.concerns(each)) {
      const written = hookEdit(own, requirement, pod);
      if (written && written.seconds <= ceiling) {
        edits.set(own, written.edit);
        longest = Math.max(longest, written.seconds);
        protects = written.seconds;
      }
    }
    held = Math.max(held, protects);
  }
  const inOrder = line.containers.flatMap((each) => edits.get(each) ?? []);
  if (longest > grace) inOrder.push(graceEdit(pod.spec, longest));
  return inOrder;
}

/**
 * The edit that makes the grace period cover the longest hook, repaired, and the shutdown after it: or as much of it as
 * `maxGracePeriodSeconds` allows, if that helps the app at all. Only ever raises. No edit if the grace period is not
 * known, or a hook never ends.
 */
export function graceRemedy(
  pod: Pod,
  requirement: Requirement,
  line: Timeline | undefined = timeline(pod, requirement),
): Edit[] {
  if (!line || !pod.spec || !isKnown(pod.gracePeriod)) return [];
  // A patch may set the grace period alone.
  const isAlone = pod.isPatch && line.containers.length === 0;
  if (!isAlone && !line.containers.some(({ container }) => requirement.concerns(container))) return [];
  const { sleepSeconds, maxGracePeriodSeconds = Infinity } = requirement;
  // As if the hooks were repaired already: which remedy comes first makes no difference.
  const grace = pod.gracePeriod ?? defaultGracePeriod;
  const needed = mendedGracePeriod(line, requirement);
  if (needed === undefined || needed <= grace || maxGracePeriodSeconds <= grace) return [];
  if (needed <= maxGracePeriodSeconds) return [graceEdit(pod.spec, needed)];
  // Up to the ceiling, if that gives the app more time to serve or to shut down than it has after the other remedy.
  const other = sleepRemedy(pod, requirement, line).find(({ target }) => target === pod.spec)?.value;
  const base = typeof other === "number" ? other : grace;
  const hooks = mendedGracePeriod(line, withoutShutdown(requirement)) ?? 0;
  const left = (period: number) => Math.max(minimumAfterHook, period - hooks);
  const helps = base <= 0 || base < sleepSeconds || left(maxGracePeriodSeconds) > left(base);
  return helps ? [graceEdit(pod.spec, maxGracePeriodSeconds)] : [];
}

/** Makes the edits. */
export function apply(edits: readonly Edit[]): void {
  for (const { target, key, value } of edits) (target as Record<string | number, unknown>)[key] = value;
}

function graceEdit(spec: object, seconds: number): Edit {
  const key = "terminationGracePeriodSeconds";
  return { target: spec, key, value: seconds, path: key };
}

/** The edit that makes a container's own hook sleep long enough, and the seconds that it sleeps then. */
function hookEdit(
  own: ContainerTimeline,
  requirement: Requirement,
  pod: Pod,
): { edit: Edit; seconds: number } | undefined {
  const { container, delay } = own;
  const { sleepSeconds, kubernetesVersion, hook: form } = requirement;
  const { name, preStop } = container;
  const at = `${container.path}.lifecycle`;
  const { repair } = delay;
  if (repair.kind === "replace") {
    // The object that is patched may have a handler of its own kind, and the API refuses two.
    if (pod.isPatch) return undefined;
    const seconds = hookSeconds(own, requirement);
    const hook = sleepHook(seconds, form, kubernetesVersion, pod, container);
    const lifecycle = getObject(container.body, "lifecycle");
    if (!hook || lifecycle === unknown) return undefined;
    const edit: Edit =
      lifecycle === undefined
        ? { target: container.body, key: "lifecycle", value: { preStop: hook }, path: at, container: name }
        : { target: lifecycle, key: "preStop", value: hook, path: `${at}.preStop`, container: name };
    return { edit, seconds };
  }
  if (repair.kind !== "lengthen") return undefined;
  const sleep = getObject(preStop, "sleep");
  if (sleep !== undefined && sleep !== unknown) {
    const path = `${at}.preStop.sleep.seconds`;
    return {
      edit: { target: sleep, key: "seconds", value: sleepSeconds, path, container: name },
      seconds: sleepSeconds,
    };
  }
  const command = get(preStop, "exec", "command");
  if (!repair.edit || !Array.isArray(command)) return undefined;
  const { index, to } = repair.edit;
  const path = `${at}.preStop.exec.command[${index}]`;
  const edit = { target: command, key: index, value: to(sleepSeconds), path, container: name };
  return { edit, seconds: sleepSeconds };
}
