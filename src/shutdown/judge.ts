import type { Container, Pod } from "../kubernetes/workload";
import { get, unknown } from "../kubernetes/values";
import { hasNativeSleep } from "../kubernetes/version";
import { handlersOf, isUnsupportedSleep, nativeSleepOf, sleepHook } from "./hook";
import { mayLackShell } from "./image";
import { exactly, type Delay, type Interval } from "./interval";
import {
  defaultGracePeriod,
  minimumAfterHook,
  stopOrder,
  isKilledAtOnce,
  mayStopApp,
  stopsApp,
  timeline,
  type ContainerTimeline,
} from "./timeline";

/** What a Pod behind APISIX must hold. Times in seconds. */
export interface Requirement {
  /** t: how long every container must go on serving after its Pod is deleted. */
  sleepSeconds: number;
  /** What the app needs after its SIGTERM. */
  shutdownSeconds: number;
  kubernetesVersion: string;
  /** A ceiling for the grace period, which remedies keep to. */
  maxGracePeriodSeconds?: number;
  /** Which containers the rule is for. */
  concerns: (container: Container) => boolean;
}

export type FindingCode =
  | "no-hook"
  | "hook-too-short"
  | "hook-fails"
  | "hook-stops-app"
  | "hook-may-be-too-short"
  | "hook-may-not-run"
  | "native-sleep-unsupported"
  | "grace-zero"
  | "sleep-exceeds-grace"
  | "grace-too-short"
  | "grace-may-be-too-short"
  | "hook-never-ends"
  | "stop-signal-kills"
  | "unreadable";

/** One thing wrong with how a Pod terminates, or one thing that can't be told. */
export interface Finding {
  code: FindingCode;
  /** Which of the two rules it breaks: the delay of SIGTERM, or the grace period. */
  about: "sleep" | "grace";
  /** False: it may be wrong, or not; a blind spot, and never a violation. */
  certain: boolean;
  container?: string;
  /** What is wrong, with which numbers. Names fields and containers, never what they hold. */
  what: string;
  /** What to do. */
  fix: string;
}

/** What is wrong with a Pod's termination. Never throws; what can't be judged is a finding that is not certain. */
export function judge(pod: Pod, requirement: Requirement): Finding[] {
  const line = timeline(pod, requirement.kubernetesVersion);
  if (!line) {
    if (pod.isPatch) return [];
    const what = "Its containers can't be judged: the Pod template is not known in this preview, or malformed.";
    const fix = "give the Pod template values that are known when the program is previewed.";
    return [{ code: "unreadable", about: "sleep", certain: false, what, fix }];
  }
  const concerned = line.containers.filter(({ container }) => requirement.concerns(container));
  const findings = judgeSleeps(pod, concerned, requirement);
  for (const finding of judgeGrace(pod, line.containers, concerned, requirement)) {
    // One blind spot a hook: of one that may be too short it can't be told either how long it is at most.
    const isSaid = findings.some(({ certain, container }) => !certain && container === finding.container);
    if (finding.certain || !isSaid) findings.push(finding);
  }
  // What a patch doesn't set is somebody else's to judge.
  return pod.isPatch ? findings.filter(({ certain }) => certain) : findings;
}

function judgeSleeps(pod: Pod, concerned: readonly ContainerTimeline[], requirement: Requirement): Finding[] {
  const findings = new Map<ContainerTimeline, Finding>();
  let isHeld = false;
  for (const each of stopOrder(concerned)) {
    const { isSidecar } = each.container;
    // A sidecar waits for the containers before it: they hold it back long enough, or are to be repaired themselves.
    if (!(isHeld && each.waits && !mayStopApp(each.delay))) {
      const finding = judgeSleep(pod, each, requirement);
      if (finding) findings.set(each, isSidecar === unknown ? perhaps(finding) : finding);
    }
    isHeld ||= isSidecar !== unknown;
  }
  return concerned.flatMap((each) => findings.get(each) ?? []);
}

/** An init container whose restart policy isn't known is a sidecar, or has ended long ago. */
function perhaps(finding: Finding): Finding {
  return {
    ...finding,
    certain: false,
    what: `Can't tell whether container "${finding.container}" is a native sidecar: its restartPolicy is not known in this preview, or malformed. If it is one: ${lower(finding.what)}`,
  };
}

function judgeSleep(pod: Pod, line: ContainerTimeline, requirement: Requirement): Finding | undefined {
  const { container, delay, protects, waits } = line;
  const t = requirement.sleepSeconds;
  const named = `container "${container.name}"`;
  const grace = graceBesides(pod, requirement);
  const finding = (code: FindingCode, what: string, fix: string, certain = true): Finding => ({
    ...{ code, about: "sleep", certain, container: container.name },
    ...{ what: `${what.charAt(0).toUpperCase()}${what.slice(1)}.`, fix: `${fix}.` },
  });
  const { a: aHook, by: anotherHook } = hookText(pod, container, requirement, meantBy(delay));
  const because = reason(delay.because);

  if (protects.atLeast >= t) {
    const needsShell = delay.atLeast >= t && get(container.preStop, "exec") !== undefined;
    return needsShell && mayLackShell(container)
      ? finding(
          "hook-may-not-run",
          `can't tell whether the preStop hook of ${named} runs: its image looks like one without a shell and sleep`,
          `replace the hook on "${container.name}" by ${anotherHook}`,
          false,
        )
      : undefined;
  }
  if (protects.atMost >= t) {
    const cant = `can't tell whether ${named} holds SIGTERM back for ${t} s`;
    if (container.preStop === undefined) {
      const what = `${cant}: it has no preStop hook, and how long those take that it waits for can't be told`;
      return finding("hook-may-be-too-short", what, `${aHook}${grace}`, false);
    }
    if (container.preStop === unknown) {
      const fix = `give lifecycle.preStop on "${container.name}" values that are known when the program is previewed`;
      return finding("hook-may-be-too-short", `${cant}: ${because}`, fix, false);
    }
    const fix = `let the hook on "${container.name}" sleep ${t} s before anything else${grace}`;
    return finding("hook-may-be-too-short", `${cant}: ${because}`, fix, false);
  }

  const when =
    protects.atMost === 0
      ? `at once when its Pod terminates, while APISIX may send it requests for ${t} s more`
      : `after ${seconds(protects)} when its Pod terminates, while APISIX may send it requests for ${t} s`;
  const gets = `${named} gets SIGTERM ${when}`;
  if (container.preStop === undefined) {
    const waited = waits && protects.atMost > 0 ? ": it has no preStop hook, and waits for no container longer" : "";
    return finding("no-hook", `${gets}${waited}`, `${aHook}${grace}`);
  }
  const replace = `replace the hook on "${container.name}" by ${anotherHook}${grace}`;
  if (isUnsupportedSleep(container, requirement.kubernetesVersion)) {
    const what = `${gets}: its preStop hook is a native sleep, which clusters before Kubernetes 1.30 drop, and kubernetesVersion is ${requirement.kubernetesVersion}`;
    return finding(
      "native-sleep-unsupported",
      what,
      `${replace}; or raise kubernetesVersion, if no cluster is that old`,
    );
  }
  const handlers = handlersOf(container.preStop);
  if (handlers.length > 1) {
    return finding("hook-fails", `${gets}: ${because}`, `leave the hook on "${container.name}" one handler${grace}`);
  }
  if (delay.repair.kind === "replace" || handlers[0] === "tcpSocket") {
    return finding("hook-fails", `${gets}: ${because}`, replace);
  }
  if (stopsApp(delay)) {
    const what = `${named} is stopped by its own preStop hook ${when}`;
    return finding(
      "hook-stops-app",
      what,
      `let the hook on "${container.name}" sleep ${t} s before it stops the app${grace}`,
    );
  }
  const fix = `let the hook on "${container.name}" sleep ${t} s${delay.repair.kind === "lengthen" ? "" : " before anything else"}${grace}`;
  return finding("hook-too-short", `${gets}: ${because}`, fix);
}

function* judgeGrace(
  pod: Pod,
  all: readonly ContainerTimeline[],
  concerned: readonly ContainerTimeline[],
  requirement: Requirement,
): Iterable<Finding> {
  // A patch may set the grace period alone.
  if (concerned.length === 0 && !(pod.isPatch && all.length === 0)) return;
  const finding = (code: FindingCode, what: string, fix: string, container?: Container): Finding => ({
    ...{ code, about: "grace", certain: true, ...(container ? { container: container.name } : {}) },
    ...{ what: `${what}.`, fix: `${fix}.` },
  });
  if (pod.gracePeriod === unknown) {
    const what =
      "Can't tell whether the grace period covers the shutdown: terminationGracePeriodSeconds is not known in this preview, or no number";
    const fix = "give terminationGracePeriodSeconds a value that is known when the program is previewed";
    yield { ...finding("unreadable", what, fix), certain: false };
    return;
  }
  const grace = pod.gracePeriod ?? defaultGracePeriod;
  const raise = raiseText(pod, requirement);
  if (grace === 0) {
    const what =
      "Its containers get SIGTERM within 1 s and SIGKILL 2 s later, whatever their hooks, while APISIX may still send the Pod requests: terminationGracePeriodSeconds is 0";
    yield finding("grace-zero", what, raise);
    return;
  }
  const period = `${grace} s${pod.gracePeriod === undefined ? " (the default)" : grace < 0 ? " (which counts as 1 s)" : ""}`;
  if (hasNativeSleep(requirement.kubernetesVersion)) {
    for (const { container } of all) {
      const sleep = nativeSleepOf(container);
      if (sleep === undefined || sleep <= grace) continue;
      const what = `The Kubernetes API refuses the Pod: container "${container.name}" sleeps ${sleep} s in its preStop hook, longer than the grace period of ${period}`;
      yield finding("sleep-exceeds-grace", what, raise, container);
      return;
    }
  }
  // One finding a Pod: the clock is one, and what counts is the longest hook.
  const [longest] = [...concerned].sort((a, b) => untilSignal(b).atLeast - untilSignal(a).atLeast);
  const hook = longest ? untilSignal(longest) : exactly(0);
  const { shutdownSeconds } = requirement;
  const counted = Math.max(grace, 1);
  if (longest && hook.atLeast === Infinity) {
    const { name } = longest.container;
    const what = `Container "${name}" gets SIGTERM only when its grace period of ${period} is over, and SIGKILL ${minimumAfterHook} s later: its preStop hook never ends`;
    yield finding("hook-never-ends", what, `let the hook on "${name}" end by itself`, longest.container);
    return;
  }
  if (hook.atLeast + shutdownSeconds > counted) {
    const needs = shutdownSeconds === 0 ? "" : `, and it may need ${shutdownSeconds} s after its SIGTERM`;
    if (!longest || hook.atLeast === 0) {
      const what = `The app may get SIGKILL before it has shut down: the grace period is ${period}${needs}`;
      yield finding("grace-too-short", what, raise);
      return;
    }
    const left = counted - hook.atLeast;
    const leaves =
      left < minimumAfterHook
        ? `only the ${minimumAfterHook} s that the kubelet always grants`
        : `${hook.atMost > hook.atLeast ? "at most " : ""}${round(left)} s`;
    const takes = `${stopsApp(longest.delay) ? "stops it after" : "takes"} ${seconds(hook)}`;
    const what = `Container "${longest.container.name}" may get SIGKILL before it has shut down: its preStop hook ${takes} and the grace period is ${period}, which leaves it ${leaves}${needs}`;
    yield finding("grace-too-short", what, raise, longest.container);
    return;
  }
  const killed = concerned.find(({ container, delay }) => isKilledAtOnce(container) && !mayStopApp(delay));
  if (killed && shutdownSeconds > 0) {
    const { name } = killed.container;
    const what = `Container "${name}" gets SIGKILL instead of SIGTERM, and may need ${shutdownSeconds} s to shut down: its lifecycle.stopSignal is SIGKILL`;
    yield finding(
      "stop-signal-kills",
      what,
      `remove lifecycle.stopSignal on "${name}", or set a signal that the app shuts down at`,
      killed.container,
    );
    return;
  }
  const [slowest] = [...concerned].sort((a, b) => untilSignal(b).atMost - untilSignal(a).atMost);
  if (slowest && untilSignal(slowest).atMost + shutdownSeconds > counted) {
    const { name } = slowest.container;
    const what = `Can't tell whether the grace period of ${period} leaves container "${name}" the ${shutdownSeconds} s that it may need after its SIGTERM: ${reason(slowest.delay.because)}`;
    const fix =
      untilSignal(slowest).atMost === Infinity
        ? `let the hook on "${name}" end within ${counted - shutdownSeconds} s, or raise terminationGracePeriodSeconds to ${shutdownSeconds} s more than it can take`
        : raise;
    yield { ...finding("grace-may-be-too-short", what, fix, slowest.container), certain: false };
  }
}

/** How long a container's own hook holds off the signal to stop, which it may send itself before it ends. */
function untilSignal({ delay }: ContainerTimeline): Interval {
  return delay.protects;
}

/** The seconds that the author of a hook that doesn't work had in mind, if that is plain. */
function meantBy({ repair }: Delay): number | undefined {
  return repair.kind === "replace" ? repair.meant : undefined;
}

/**
 * The grace period that covers the longest hook and the shutdown after it, in seconds; undefined where a hook never
 * ends. A hook without an upper bound counts with its lower one. Never 0: that would be a forced deletion.
 *
 * @param repairedUpTo count every hook as if it were repaired already, as `sleepRemedy` does it with this ceiling in
 *   seconds; 0: as they are
 */
export function neededGracePeriod(pod: Pod, requirement: Requirement, repairedUpTo = 0): number | undefined {
  const line = timeline(pod, requirement.kubernetesVersion);
  let needed = Math.max(1, line?.containers.length === 0 ? requirement.shutdownSeconds : 0);
  for (const each of line?.containers ?? []) {
    const { container, delay } = each;
    if (requirement.concerns(container)) {
      const { atLeast, atMost } = untilSignal(each);
      const hook = atMost === Infinity ? atLeast : atMost;
      const repaired = Math.max(requirement.sleepSeconds, Math.ceil(meantBy(delay) ?? 0));
      needed = Math.max(needed, requirement.shutdownSeconds + Math.max(hook, repaired <= repairedUpTo ? repaired : 0));
    } else if (get(container.preStop, "sleep") !== undefined) {
      // Nobody asks when this container ends, but the API refuses a native sleep above the grace period.
      needed = Math.max(needed, delay.atMost === Infinity ? 0 : delay.atMost);
    }
  }
  return needed === Infinity ? undefined : Math.ceil(needed);
}

/** What to do about a grace period: the number that does once every hook is repaired, too. */
function raiseText(pod: Pod, requirement: Requirement): string {
  const { maxGracePeriodSeconds } = requirement;
  const needed = neededGracePeriod(pod, requirement, Infinity);
  if (needed === undefined)
    return "let the preStop hook end by itself, and raise terminationGracePeriodSeconds above it";
  if (maxGracePeriodSeconds === undefined || needed <= maxGracePeriodSeconds) {
    return `terminationGracePeriodSeconds: ${needed}`;
  }
  return `terminationGracePeriodSeconds: ${needed} is needed, above the ceiling of ${maxGracePeriodSeconds} s (maxGracePeriodSeconds); shorten the hook or the shutdown, or raise the ceiling`;
}

/** The grace period that a repaired hook needs, where it is more than there is: both go together. */
function graceBesides(pod: Pod, requirement: Requirement): string {
  if (pod.gracePeriod === unknown) return "";
  const needed = neededGracePeriod(pod, requirement, Infinity);
  if (needed === undefined || needed <= (pod.gracePeriod ?? defaultGracePeriod)) return "";
  return needed > (requirement.maxGracePeriodSeconds ?? Infinity)
    ? ""
    : `, and terminationGracePeriodSeconds: ${needed}`;
}

/** The hook to write: one that a container is to have, and the same in place of another. */
function hookText(
  pod: Pod,
  container: Container,
  { sleepSeconds, kubernetesVersion }: Requirement,
  meant = 0,
): { a: string; by: string } {
  const seconds = Math.max(sleepSeconds, Math.ceil(meant));
  const on = `on "${container.name}"`;
  const hook = sleepHook(seconds, "auto", kubernetesVersion, pod, container);
  if (!hook) {
    const what = `that sleeps ${seconds} s and needs no shell`;
    return { a: `a preStop hook ${on} ${what}`, by: `one ${what}` };
  }
  const field =
    get(hook, "sleep") === undefined
      ? `lifecycle.preStop.exec.command: ["/bin/sh", "-c", "sleep ${seconds}"]`
      : `lifecycle.preStop.sleep.seconds: ${seconds}`;
  return { a: `${field} ${on}`, by: field };
}

function seconds({ atLeast, atMost }: Interval): string {
  if (atLeast === atMost) return atLeast === Infinity ? "forever" : `${round(atLeast)} s`;
  return atMost === Infinity ? `at least ${round(atLeast)} s` : `${round(atLeast)} to ${round(atMost)} s`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Why, as a clause: `because` may be one, or what follows "its preStop hook". */
function reason(because: string): string {
  const text = because.replace(/[.\s]+$/, "");
  return /^(its|the|a|an) /i.test(text) ? lower(text) : `its preStop hook ${text}`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
