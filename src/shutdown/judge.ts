import type { Container, Pod } from "../kubernetes/workload";
import { get, isKnown, unknown } from "../kubernetes/values";
import { hasNativeSleep } from "../kubernetes/version";
import type { Budget } from "./app";
import type { InjectedProxy, MeshName } from "./app/injected";
import { signalOf } from "./app/signal";
import { handlersOf, isUnsupportedSleep, mayBeWindows, nativeSleepOf, sleepHook, type HookForm } from "./hook";
import { mayLackShell } from "./image";
import { spotLabelOf } from "./spot";
import { exactly, type Delay, type Interval } from "./interval";
import {
  defaultGracePeriod,
  isKilledAtOnce,
  mayStopApp,
  minimumAfterHook,
  stopOrder,
  stopsApp,
  timeline,
  type Cluster,
  type ContainerTimeline,
  type Timeline,
} from "./timeline";

/** What a Pod behind APISIX must hold. Times in seconds. */
export interface Requirement extends Cluster {
  /** t: how long every container must go on serving after its Pod is deleted. */
  sleepSeconds: number;
  /** What an app needs after its SIGTERM, at least. */
  shutdownSeconds: number;
  /** What an app gives itself by its manifest: more than `shutdownSeconds` raises it, for this container. */
  budgetsOf?: (container: Container) => readonly Budget[];
  /** What an injected sidecar gives itself, from the Pod's deletion on. */
  proxyBudget?: Budget | undefined;
  /** The form of a new hook. */
  hook: HookForm;
  /** Which containers the rule is for. */
  concerns: (container: Container) => boolean;
}

/** The two rules: the delay of SIGTERM, and the grace period. */
export type Rule = "sleep" | "grace";

/** A Pod's grace period as it is written; 30 s where it isn't. */
export interface GracePeriod {
  seconds: number;
  isDefault: boolean;
  /** What the nodes grant of it, where that is less. */
  granted?: number;
}

/** What an app needs after SIGTERM, in seconds, and where that stands if its manifest says it: for sure, or perhaps. */
export interface Shown {
  shutdown: number;
  source?: string;
  isAssumed?: true;
}

/** What each kind of defect says beside its container. Seconds; `because` is what the evaluator of hooks says of one. */
export interface DefectData {
  "no-hook": { t: number; protects: Interval; waits: boolean };
  "hook-too-short": { t: number; protects: Interval; because: string };
  "hook-fails": { t: number; protects: Interval; because: string };
  "hook-stops-app": { t: number; protects: Interval };
  "native-sleep-unsupported": { t: number; protects: Interval; kubernetesVersion: string };
  /** Without `because` it has no hook of its own. */
  "hook-may-be-too-short": { t: number; because?: string };
  "hook-may-not-run": { t: number };
  "sidecar-unknown": { t: number };
  "template-unknown": object;
  "grace-unknown": object;
  "grace-zero": object;
  "sleep-exceeds-grace": { sleep: number; grace: GracePeriod };
  "hook-never-ends": { grace: GracePeriod };
  /** `hook` is absent where no hook takes time; `left` where the kubelet's minimum is all that is left. */
  "grace-too-short": Shown & { grace: GracePeriod; hook?: Interval; left?: number; stopsApp: boolean };
  "stop-signal-kills": Shown;
  "spot-nodes": { label: string; grants: number; needed: number };
  /** Without `because` it has no hook of its own. */
  "grace-may-be-too-short": Shown & { grace: GracePeriod; because?: string };
  "signal-lost": object;
  "signal-may-be-lost": object;
  "injected-proxy-may-stop-first": { t: number; proxy: InjectedProxy };
}

export type DefectCode = keyof DefectData;

/** What to do about a defect: mostly a field and its value. Seconds. */
export type Fix =
  /** Write this hook: for a container that has none, or in place of its own. */
  | { do: "set-hook"; container: string; hook: object; replaces: boolean }
  /** Likewise, where no form of it is known to work in the image: without native sleep it takes a shell. */
  | { do: "set-hook-without-shell"; container: string; seconds: number; replaces: boolean }
  /** Change the hook that is there: `plain` if it does nothing but sleep. */
  | { do: "sleep-first"; container: string; seconds: number; plain: boolean; stopsApp: boolean }
  /** In place of an httpGet, which can't sleep. */
  | { do: "sleep-then-request"; container: string; seconds: number }
  | { do: "keep-one-handler"; container: string }
  | { do: "end-hook"; container: string; within?: number; shutdown?: number }
  | { do: "change-signal"; container: string }
  | { do: "exec-app"; container: string }
  /** Make an injected proxy wait, or a native sidecar where the cluster orders them. */
  | { do: "hold-proxy"; mesh: MeshName; seconds: number; mayBeNative: boolean; endsWhenIdle: boolean }
  | { do: "set-grace"; seconds: number }
  | { do: "shorten"; needed: number; ceiling: number }
  | { do: "make-known"; field: string; container?: string }
  | { do: "set-ceiling" }
  | { do: "raise-version" };

/** One thing wrong with how a Pod terminates, or one thing that can't be judged. Names containers, never contents. */
export type Defect = { [C in DefectCode]: DefectOf<C> }[DefectCode];

interface DefectOf<C extends DefectCode> {
  code: C;
  /** Which rule it breaks. */
  rule: Rule;
  /** False: it may be wrong, or not; never a violation. */
  certain: boolean;
  container?: string;
  data: DefectData[C];
  fixes: readonly Fix[];
}

/**
 * What is wrong with a Pod's termination. Never throws; what can't be judged is a defect that is not certain.
 *
 * @param line the Pod's timeline, where the caller has it
 */
export function judge(
  pod: Pod,
  requirement: Requirement,
  line: Timeline | undefined = timeline(pod, requirement),
): Defect[] {
  if (!line) {
    if (pod.isPatch) return [];
    const fixes: Fix[] = [{ do: "make-known", field: "the Pod template" }];
    return [{ code: "template-unknown", rule: "sleep", certain: false, data: {}, fixes }];
  }
  const concerned = line.containers.filter(({ container }) => requirement.concerns(container));
  const needed = mendedGracePeriod(line, requirement);
  const defects = judgeSleeps(pod, concerned, requirement, needed);
  const unclear = new Set(defects.filter(({ certain }) => !certain).map(({ container }) => container));
  for (const defect of judgeGrace(pod, line, concerned, requirement, needed)) {
    // A hook of unknown length is reported once, not by both rules.
    if (defect.certain || !unclear.has(defect.container)) defects.push(defect);
  }
  defects.push(...judgeNodes(pod, requirement, needed));
  defects.push(...judgeSignal(pod, concerned));
  // What a patch doesn't set is not its own to answer for.
  return pod.isPatch ? defects.filter(({ certain }) => certain) : defects;
}

function judgeSleeps(
  pod: Pod,
  concerned: readonly ContainerTimeline[],
  requirement: Requirement,
  needed: number | undefined,
): Defect[] {
  const defects = new Map<ContainerTimeline, Defect>();
  const besides = graceBesides(pod, requirement, needed);
  let isHeld = false;
  for (const each of stopOrder(concerned)) {
    const { isSidecar } = each.container;
    // A sidecar waits for the containers before it: they hold it back long enough, or are to be repaired themselves.
    if (!(isHeld && each.waits && !mayStopApp(each.delay))) {
      const defect = judgeSleep(pod, each, requirement, besides);
      if (defect) defects.set(each, isSidecar === unknown ? perhaps(defect, requirement) : defect);
    }
    isHeld ||= isSidecar !== unknown;
  }
  return concerned.flatMap((each) => defects.get(each) ?? []);
}

/** An init container whose restart policy isn't known is a sidecar, or has ended long ago. */
function perhaps(defect: Defect, { sleepSeconds: t }: Requirement): Defect {
  return { ...defect, code: "sidecar-unknown", certain: false, data: { t } };
}

function judgeSleep(
  pod: Pod,
  line: ContainerTimeline,
  requirement: Requirement,
  besides: readonly Fix[],
): Defect | undefined {
  const { container, delay, protects, waits } = line;
  const { name, preStop } = container;
  const { sleepSeconds: t, kubernetesVersion } = requirement;
  const { because } = delay;
  const about = { rule: "sleep", certain: true, container: name } as const;
  const maybe = { ...about, certain: false } as const;

  if (protects.atLeast >= t) {
    const needsShell = delay.atLeast >= t && get(preStop, "exec") !== undefined;
    if (!needsShell || !mayLackShell(container)) return undefined;
    const fixes = [setHook(pod, line, requirement)];
    return { code: "hook-may-not-run", ...maybe, data: { t }, fixes };
  }
  if (protects.atMost >= t) {
    if (preStop === undefined) {
      const fixes = [setHook(pod, line, requirement), ...besides];
      return { code: "hook-may-be-too-short", ...maybe, data: { t }, fixes };
    }
    const fixes: Fix[] =
      preStop === unknown
        ? [{ do: "make-known", field: "lifecycle.preStop", container: name }]
        : [firstSleep(line, t), ...besides];
    return { code: "hook-may-be-too-short", ...maybe, data: { t, because }, fixes };
  }

  const replace = () => [setHook(pod, line, requirement), ...besides];
  if (preStop === undefined) return { code: "no-hook", ...about, data: { t, protects, waits }, fixes: replace() };
  if (isUnsupportedSleep(container, kubernetesVersion)) {
    const fixes: Fix[] = [...replace(), { do: "raise-version" }];
    return { code: "native-sleep-unsupported", ...about, data: { t, protects, kubernetesVersion }, fixes };
  }
  const handlers = handlersOf(preStop);
  if (handlers.length > 1) {
    const fixes: Fix[] = [{ do: "keep-one-handler", container: name }, ...besides];
    return { code: "hook-fails", ...about, data: { t, protects, because }, fixes };
  }
  if (isReplaceable(line) && delay.repair.kind !== "lengthen") {
    return { code: "hook-fails", ...about, data: { t, protects, because }, fixes: replace() };
  }
  const sleepFirst = (stops: boolean): Fix[] => [
    { do: "sleep-first", container: name, seconds: t, plain: delay.repair.kind === "lengthen", stopsApp: stops },
    ...besides,
  ];
  if (stopsApp(delay)) {
    return { code: "hook-stops-app", ...about, data: { t, protects }, fixes: sleepFirst(true) };
  }
  return { code: "hook-too-short", ...about, data: { t, protects, because }, fixes: sleepFirst(false) };
}

/** What to do about a hook of unknown length. */
function firstSleep({ container }: ContainerTimeline, seconds: number): Fix {
  const { name, preStop } = container;
  switch (handlersOf(preStop)[0]) {
    case "sleep":
      return { do: "make-known", field: "lifecycle.preStop.sleep.seconds", container: name };
    case "httpGet":
      return { do: "sleep-then-request", container: name, seconds };
    default:
      return { do: "sleep-first", container: name, seconds, plain: false, stopsApp: false };
  }
}

/** Has a container no hook, or one that a sleep can take the place of without anything being lost? */
function isReplaceable({ container, delay }: ContainerTimeline): boolean {
  return delay.repair.kind !== "none" || handlersOf(container.preStop)[0] === "tcpSocket";
}

function* judgeGrace(
  pod: Pod,
  { containers: all }: Timeline,
  concerned: readonly ContainerTimeline[],
  requirement: Requirement,
  needed: number | undefined,
): Iterable<Defect> {
  // A patch may set the grace period alone.
  if (concerned.length === 0 && !(pod.isPatch && all.length === 0)) return;
  const about = { rule: "grace", certain: true } as const;
  if (pod.gracePeriod === unknown) {
    const fixes: Fix[] = [{ do: "make-known", field: "terminationGracePeriodSeconds" }];
    yield { code: "grace-unknown", ...about, certain: false, data: {}, fixes };
    return;
  }
  const seconds = pod.gracePeriod ?? defaultGracePeriod;
  const counted = Math.min(Math.max(seconds, 1), requirement.maxGracePeriodSeconds ?? Infinity);
  const grace: GracePeriod = {
    ...{ seconds, isDefault: pod.gracePeriod === undefined },
    ...(counted < seconds && { granted: counted }),
  };
  const fixes = raise(requirement, needed, concerned);
  if (seconds === 0) {
    yield { code: "grace-zero", ...about, data: {}, fixes };
    return;
  }
  if (hasNativeSleep(requirement.kubernetesVersion)) {
    for (const { container } of all) {
      const sleep = nativeSleepOf(container);
      if (sleep === undefined || sleep <= seconds) continue;
      yield { code: "sleep-exceeds-grace", ...about, container: container.name, data: { sleep, grace }, fixes };
      return;
    }
  }
  // One finding a Pod: the clock is one, and what counts is the longest hook with the shutdown after it.
  const ends = concerned.map((each) => {
    return { each, hook: untilSignal(each), shutdown: shutdownOf(requirement, each.container) };
  });
  const [longest] = [...ends].sort(
    (a, b) => b.hook.atLeast + b.shutdown.atLeast - (a.hook.atLeast + a.shutdown.atLeast),
  );
  const hook = longest?.hook ?? exactly(0);
  const shutdown = longest?.shutdown ?? shutdownOf(requirement);
  if (longest && hook.atLeast === Infinity) {
    const { name } = longest.each.container;
    const fixes: Fix[] = [{ do: "end-hook", container: name }];
    yield { code: "hook-never-ends", ...about, container: name, data: { grace }, fixes };
    return;
  }
  if (hook.atLeast + shutdown.atLeast > counted) {
    const data = { grace, ...shutdown.shown, stopsApp: longest !== undefined && stopsApp(longest.each.delay) };
    if (!longest || hook.atLeast === 0) {
      // Which app it is, its own budget tells.
      const whose = longest && shutdown.shown.source !== undefined ? { container: longest.each.container.name } : {};
      yield { code: "grace-too-short", ...about, ...whose, data, fixes };
      return;
    }
    const left = counted - hook.atLeast;
    yield {
      ...{ code: "grace-too-short", ...about, container: longest.each.container.name, fixes },
      data: { ...data, hook, ...(left < minimumAfterHook ? {} : { left }) },
    };
    return;
  }
  const killed = ends.find(({ each, shutdown }) => {
    return isKilledAtOnce(each.container) && !mayStopApp(each.delay) && shutdown.atLeast > 0;
  });
  if (killed) {
    const { name } = killed.each.container;
    const fixes: Fix[] = [{ do: "change-signal", container: name }];
    yield { code: "stop-signal-kills", ...about, container: name, data: killed.shutdown.shown, fixes };
    return;
  }
  const [slowest] = [...ends].sort((a, b) => b.hook.atMost + b.shutdown.atMost - (a.hook.atMost + a.shutdown.atMost));
  if (slowest && slowest.hook.atMost + slowest.shutdown.atMost > counted) {
    const { name, preStop } = slowest.each.container;
    const { shown } = slowest.shutdown;
    const because = { because: slowest.each.delay.because };
    const isBounded = slowest.hook.atMost !== Infinity;
    const end: Fix = { do: "end-hook", container: name, within: counted - shown.shutdown, shutdown: shown.shutdown };
    yield {
      ...{ code: "grace-may-be-too-short", ...about, certain: false, container: name },
      data: { grace, ...shown, ...(preStop && because) },
      fixes: isBounded ? fixes : [end],
    };
    return;
  }
  const { proxyBudget: proxy } = requirement;
  if (proxy && proxy.seconds > counted) {
    const data = { grace, shutdown: proxy.seconds, source: proxy.source, isAssumed: true } as const;
    yield { code: "grace-may-be-too-short", ...about, certain: false, data, fixes };
  }
}

/** What a container needs after its SIGTERM, in seconds: surely, and perhaps, which is what messages show. */
interface Shutdown extends Interval {
  shown: Shown;
}

/** @param container none: a patch that sets the grace period alone */
export function shutdownOf({ shutdownSeconds, budgetsOf }: Requirement, container?: Container): Shutdown {
  const all = (container && budgetsOf?.(container)) ?? [];
  const sure = all.filter(({ isSure }) => isSure).map(({ seconds }) => seconds);
  const [longest] = [...all].sort((a, b) => b.seconds - a.seconds || Number(b.isSure) - Number(a.isSure));
  const shown: Shown =
    longest && longest.seconds > shutdownSeconds
      ? { shutdown: longest.seconds, source: longest.source, ...(longest.isSure ? {} : { isAssumed: true }) }
      : { shutdown: shutdownSeconds };
  return { atLeast: Math.max(shutdownSeconds, ...sure), atMost: shown.shutdown, shown };
}

/** A requirement that asks for no time after SIGTERM. */
export function withoutShutdown(requirement: Requirement): Requirement {
  return { ...requirement, shutdownSeconds: 0, budgetsOf: () => [], proxyBudget: undefined };
}

/** Spot nodes may end a Pod sooner than its grace period says; how much sooner, the ceiling tells. */
function judgeNodes(pod: Pod, { maxGracePeriodSeconds }: Requirement, needed: number | undefined): Defect[] {
  const spot = maxGracePeriodSeconds === undefined ? spotLabelOf(pod) : undefined;
  if (!spot || needed === undefined || needed <= spot.grants) return [];
  const data = { ...spot, needed };
  return [{ code: "spot-nodes", rule: "grace", certain: false, data, fixes: [{ do: "set-ceiling" }] }];
}

/**
 * Containers whose PID 1 is a shell that keeps SIGTERM to itself. Nothing is said where PID 1 is another program
 * (`shareProcessNamespace`, `hostPID`), where the hook may stop the app itself, and of patches.
 */
function* judgeSignal(pod: Pod, concerned: readonly ContainerTimeline[]): Iterable<Defect> {
  const isShared = ["shareProcessNamespace", "hostPID"].some((field) => get(pod.spec, field) || false);
  if (pod.isPatch || isShared || mayBeWindows(pod)) return;
  for (const { container, delay } of concerned) {
    const isOther = get(container.body, "lifecycle", "stopSignal") !== undefined;
    if (container.isSidecar === unknown || isOther || mayStopApp(delay)) continue;
    const signal = signalOf(container);
    if (signal !== "never" && signal !== "may be lost") continue;
    const fixes: Fix[] = [{ do: "exec-app", container: container.name }];
    const [code, certain] =
      signal === "never" ? (["signal-lost", true] as const) : (["signal-may-be-lost", false] as const);
    yield { code, rule: "grace", certain, container: container.name, data: {}, fixes };
  }
}

/** How long a container's own hook holds off the signal to stop, which it may send itself before it ends. */
function untilSignal({ delay }: ContainerTimeline): Interval {
  return delay.protects;
}

/**
 * The grace period that covers the longest hook and the shutdown after it, in seconds; undefined where a hook never
 * ends. A hook without an upper bound counts with its lower one. Never 0: that would be a forced deletion.
 *
 * @param after how long a hook of so many seconds takes after something is done about it
 */
export function neededGracePeriod(
  line: Timeline,
  requirement: Requirement,
  after: (each: ContainerTimeline, hook: number) => number = (_, hook) => hook,
): number | undefined {
  const { shutdownSeconds, proxyBudget } = requirement;
  let needed = Math.max(1, line.containers.length === 0 ? shutdownSeconds : 0, proxyBudget?.seconds ?? 0);
  for (const each of line.containers) {
    const { container, delay } = each;
    if (requirement.concerns(container)) {
      const { atLeast, atMost } = untilSignal(each);
      const hook = atMost === Infinity ? atLeast : atMost;
      needed = Math.max(needed, shutdownOf(requirement, container).atMost + after(each, hook));
    } else if (get(container.preStop, "sleep") !== undefined) {
      // When this container ends doesn't matter, but the API refuses a native sleep above the grace period.
      needed = Math.max(needed, delay.atMost === Infinity ? 0 : delay.atMost);
    }
  }
  return needed === Infinity ? undefined : Math.ceil(needed);
}

/** The grace period that is needed once every hook's own defect is mended, by a remedy or by hand. */
export function mendedGracePeriod(line: Timeline, requirement: Requirement): number | undefined {
  return neededGracePeriod(line, requirement, (each, hook) => mendedHook(each, hook, requirement));
}

/** How long a hook takes after its own defect is mended: a sleep takes its place, or is put before what it does. */
function mendedHook(each: ContainerTimeline, hook: number, requirement: Requirement): number {
  const { sleepSeconds } = requirement;
  if (isReplaceable(each)) return Math.max(hook, hookSeconds(each, requirement));
  // A sidecar is held by the containers that it waits for, which are mended, too.
  const isHeld = each.protects.atLeast >= sleepSeconds || (each.waits && !mayStopApp(each.delay));
  return isHeld ? hook : hook + sleepSeconds;
}

/** The seconds of a new sleep: those that a broken one was meant for, if they are more and the ceiling allows. */
export function hookSeconds({ container, delay }: ContainerTimeline, requirement: Requirement): number {
  const { sleepSeconds, maxGracePeriodSeconds = Infinity } = requirement;
  const meant = Math.ceil(meantBy(delay) ?? 0);
  const shutdown = shutdownOf(requirement, container).atMost;
  return meant > sleepSeconds && meant + shutdown <= maxGracePeriodSeconds ? meant : sleepSeconds;
}

/** The seconds that the author of a hook that doesn't work had in mind, if that is plain. */
function meantBy({ repair }: Delay): number | undefined {
  return repair.kind === "replace" ? repair.meant : undefined;
}

function setHook(pod: Pod, line: ContainerTimeline, requirement: Requirement): Fix {
  const { container } = line;
  const { name, preStop } = container;
  const seconds = hookSeconds(line, requirement);
  const replaces = preStop !== undefined;
  const hook = sleepHook(seconds, requirement.hook, requirement.kubernetesVersion, pod, container);
  return hook
    ? { do: "set-hook", container: name, hook, replaces }
    : { do: "set-hook-without-shell", container: name, seconds, replaces };
}

/** What to do about a grace period: the number that does once every hook is mended, too. */
function raise(requirement: Requirement, needed: number | undefined, concerned: readonly ContainerTimeline[]): Fix[] {
  const { maxGracePeriodSeconds: ceiling = Infinity } = requirement;
  if (needed === undefined) {
    const endless = concerned.find((each) => untilSignal(each).atLeast === Infinity);
    return endless ? [{ do: "end-hook", container: endless.container.name }] : [];
  }
  return [needed <= ceiling ? { do: "set-grace", seconds: needed } : { do: "shorten", needed, ceiling }];
}

/** The grace period that a mended hook needs, if it is more than there is: both go together. */
function graceBesides(pod: Pod, requirement: Requirement, needed: number | undefined): Fix[] {
  if (!isKnown(pod.gracePeriod) || needed === undefined) return [];
  if (needed <= (pod.gracePeriod ?? defaultGracePeriod)) return [];
  return needed > (requirement.maxGracePeriodSeconds ?? Infinity) ? [] : [{ do: "set-grace", seconds: needed }];
}
