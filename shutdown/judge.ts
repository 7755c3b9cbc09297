import type { Container, Pod } from "../kubernetes/workload";
import { get, getNumber, unknown } from "../kubernetes/values";
import { hasNativeSleep } from "../kubernetes/version";
import type { Interval } from "./interval";
import { defaultGracePeriod, timeline, type ContainerTimeline } from "./timeline";

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
  | "native-sleep-unsupported"
  | "grace-zero"
  | "sleep-exceeds-grace"
  | "grace-too-short"
  | "grace-may-be-too-short"
  | "hook-never-ends"
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
    // A patch without containers has nothing to judge.
    if (pod.isPatch) return [];
    const what = "Its containers can't be judged: the Pod template is not known in this preview, or malformed.";
    const fix = "give the Pod template values that are known when the program is previewed.";
    return [{ code: "unreadable", about: "sleep", certain: false, what, fix }];
  }
  const findings: Finding[] = [];
  const concerned = line.containers.filter(({ container }) => requirement.concerns(container));
  for (const each of concerned) {
    const finding = judgeSleep(each, requirement);
    // What a patch doesn't set is somebody else's to judge.
    if (finding && (finding.certain || !pod.isPatch)) findings.push(finding);
  }
  const untold = new Set(findings.filter(({ certain }) => !certain).map(({ container }) => container));
  for (const finding of judgeGrace(pod, line.containers, concerned, requirement)) {
    // A hook that can't be told is one blind spot, not two.
    if (finding.certain || !untold.has(finding.container)) findings.push(finding);
  }
  return findings;
}

function judgeSleep(
  { container, delay, serves, sigterm }: ContainerTimeline,
  requirement: Requirement,
): Finding | undefined {
  const t = requirement.sleepSeconds;
  // With a grace period of 0 there is no SIGTERM to hold back: the grace period is what is wrong.
  const holds = sigterm === undefined ? delay.protects : serves;
  if (holds.atLeast >= t) return undefined;
  const name = `Container "${container.name}"`;
  const about = { about: "sleep", container: container.name } as const;
  const after = `while APISIX may send it requests for ${t} s`;
  if (container.preStop === undefined) {
    return {
      ...about,
      code: "no-hook",
      certain: true,
      what: `${name} gets SIGTERM at once when its Pod terminates, ${after} more.`,
      fix: addHook(requirement, container),
    };
  }
  // What the grace period cuts off is the grace period's fault.
  if (delay.protects.atLeast >= t) return undefined;
  if (delay.protects.atMost >= t) {
    return {
      ...about,
      code: "hook-may-be-too-short",
      certain: false,
      what: `Can't tell whether container "${container.name}" holds SIGTERM back for ${t} s: ${sentence(delay.because)} It takes ${seconds(delay.protects)}.`,
      fix: `let its preStop hook do nothing but sleep: ${hookText(requirement)}.`,
    };
  }
  if (delay.form === "broken") {
    const unsupported = get(container.preStop, "sleep") !== undefined && !hasNativeSleep(requirement.kubernetesVersion);
    return {
      ...about,
      code: unsupported ? "native-sleep-unsupported" : "hook-fails",
      certain: true,
      what: `${name} gets SIGTERM at once when its Pod terminates, ${after} more: its preStop hook ${lower(sentence(delay.because))}`,
      fix: `replace the hook by ${hookText(requirement, delay.meant)}.`,
    };
  }
  if (delay.protects.atMost < delay.atMost) {
    return {
      ...about,
      code: "hook-stops-app",
      certain: true,
      what: `${name} serves for ${seconds(delay.protects)} when its Pod terminates, ${after}: its preStop hook ${lower(sentence(delay.because))}`,
      fix: `let the hook sleep ${t} s before it stops the app.`,
    };
  }
  return {
    ...about,
    code: "hook-too-short",
    certain: true,
    what: `${name} holds SIGTERM back for ${seconds(delay.protects)} when its Pod terminates, ${after}: its preStop hook ${lower(sentence(delay.because))}`,
    fix:
      delay.form === "sleep"
        ? `let the hook on "${container.name}" sleep ${t} s.`
        : `let the hook sleep ${t} s before anything else.`,
  };
}

function* judgeGrace(
  pod: Pod,
  all: ContainerTimeline[],
  concerned: ContainerTimeline[],
  requirement: Requirement,
): Iterable<Finding> {
  if (concerned.length === 0) return;
  if (pod.gracePeriod === unknown) {
    if (pod.isPatch) return;
    yield {
      code: "unreadable",
      about: "grace",
      certain: false,
      what: "Can't tell whether the grace period covers the shutdown: terminationGracePeriodSeconds is not known in this preview, or no number.",
      fix: "give terminationGracePeriodSeconds a value that is known when the program is previewed.",
    };
    return;
  }
  const grace = pod.gracePeriod ?? defaultGracePeriod;
  const needed = neededGracePeriod(pod, requirement);
  const raise = raiseText(needed, requirement);
  if (grace === 0) {
    yield {
      code: "grace-zero",
      about: "grace",
      certain: true,
      what: "terminationGracePeriodSeconds is 0: the Pod is killed at once, without preStop hook and SIGTERM, while APISIX may still send it requests.",
      fix: raise,
    };
    return;
  }
  const period = `${grace} s${pod.gracePeriod === undefined ? " (the default)" : grace < 0 ? " (which counts as 1 s)" : ""}`;
  const counted = Math.max(grace, 1);
  for (const { container } of all) {
    const sleep = getNumber(container.preStop, "sleep", "seconds");
    if (typeof sleep === "number" && sleep > grace && hasNativeSleep(requirement.kubernetesVersion)) {
      yield {
        code: "sleep-exceeds-grace",
        about: "grace",
        certain: true,
        container: container.name,
        what: `The Kubernetes API refuses the Pod: container "${container.name}" sleeps ${sleep} s in its preStop hook, longer than the grace period of ${period}.`,
        fix: raise,
      };
      return;
    }
  }
  // One finding a Pod: the clock is one, and what counts is the longest hook.
  const worst = [...concerned].sort((a, b) => b.delay.atLeast - a.delay.atLeast)[0];
  if (!worst) return;
  const name = `Container "${worst.container.name}"`;
  const common = { about: "grace", container: worst.container.name } as const;
  const { atLeast } = worst.delay;
  const need = `${requirement.shutdownSeconds} s after its SIGTERM`;
  if (atLeast === Infinity) {
    yield {
      ...common,
      code: "hook-never-ends",
      certain: true,
      what: `${name} is killed at the end of the grace period of ${period}, whatever its length: its preStop hook never ends (${worst.delay.because}).`,
      fix: "let the hook end by itself.",
    };
    return;
  }
  if (atLeast + requirement.shutdownSeconds > counted) {
    const hook = atLeast > 0 ? `its preStop hook takes ${seconds(worst.delay)} of a` : "it has a";
    const left = Math.max(0, counted - atLeast);
    yield {
      ...common,
      code: "grace-too-short",
      certain: true,
      what: `${name} gets SIGKILL before it can shut down: ${hook} grace period of ${period}, which leaves it ${round(left)} s, and it may need ${need}.`,
      fix: raise,
    };
    return;
  }
  if (pod.isPatch) return;
  const longest = [...concerned].sort((a, b) => b.delay.atMost - a.delay.atMost)[0];
  if (longest && longest.delay.atMost + requirement.shutdownSeconds > counted) {
    yield {
      code: "grace-may-be-too-short",
      about: "grace",
      certain: false,
      container: longest.container.name,
      what: `Can't tell whether the grace period of ${period} leaves container "${longest.container.name}" the ${need}: its preStop hook takes ${seconds(longest.delay)} (${longest.delay.because}).`,
      fix: "let the hook do nothing but sleep, or raise terminationGracePeriodSeconds above the longest time that it can take.",
    };
  }
}

/**
 * The grace period that covers the longest hook and the shutdown after it, in seconds; undefined where a hook never
 * ends. A hook without an upper bound counts with its lower one. Never 0: that would be a forced deletion.
 */
export function neededGracePeriod(pod: Pod, requirement: Requirement): number | undefined {
  const line = timeline(pod, requirement.kubernetesVersion);
  let needed = 1;
  for (const { container, delay } of line?.containers ?? []) {
    const hook = delay.atMost === Infinity ? delay.atLeast : delay.atMost;
    // Every hook has to fit, as the API refuses a native sleep above the grace period; a shutdown only where it counts.
    needed = Math.max(needed, hook + (requirement.concerns(container) ? requirement.shutdownSeconds : 0));
  }
  return needed === Infinity ? undefined : Math.ceil(needed);
}

function raiseText(needed: number | undefined, { maxGracePeriodSeconds }: Requirement): string {
  if (needed === undefined) return "let the preStop hook end by itself.";
  if (maxGracePeriodSeconds !== undefined && needed > maxGracePeriodSeconds) {
    return `shorten the hook: terminationGracePeriodSeconds: ${needed} would be needed, above the ceiling of ${maxGracePeriodSeconds} s (maxGracePeriodSeconds).`;
  }
  return `terminationGracePeriodSeconds: ${needed}.`;
}

/** The hook to write, as the field that holds it. */
function hookText({ sleepSeconds, kubernetesVersion }: Requirement, meant = 0): string {
  const seconds = Math.max(sleepSeconds, Math.ceil(meant));
  return hasNativeSleep(kubernetesVersion)
    ? `lifecycle.preStop.sleep.seconds: ${seconds}`
    : `lifecycle.preStop.exec.command: ["/bin/sh", "-c", "sleep ${seconds}"]`;
}

function addHook(requirement: Requirement, container: Container): string {
  return `${hookText(requirement)} on "${container.name}".`;
}

function seconds({ atLeast, atMost }: Interval): string {
  if (atLeast === atMost) return atLeast === Infinity ? "forever" : `${round(atLeast)} s`;
  return atMost === Infinity ? `${round(atLeast)} s or more` : `${round(atLeast)} to ${round(atMost)} s`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
