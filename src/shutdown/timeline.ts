import type { Container, Pod } from "../kubernetes/workload";
import { getString, isKnown, unknown, type Maybe } from "../kubernetes/values";
import { hasOrderedSidecars } from "../kubernetes/version";
import { hookDelay } from "./hook";
import { earlier, exactly, later, type Delay, type Interval } from "./interval";

/** What the API server fills in where a Pod sets no `terminationGracePeriodSeconds`. */
export const defaultGracePeriod = 30;

/** What the kubelet leaves to a container after its hook, even when the grace period is over (kuberuntime). */
export const minimumAfterHook = 2;

/** How one container ends, in seconds from the Pod's deletion. */
export interface ContainerTimeline {
  container: Container;
  delay: Delay;
  /** Does it wait for other containers to end before its stop signal comes? Native sidecars do. */
  waits: boolean;
  /**
   * How long hooks keep it serving, its own and those of the containers that it waits for, if the grace period is long
   * enough. How long the others take to shut down doesn't count: they may end at once.
   */
  protects: Interval;
  /** When its first stop signal comes, from the kubelet or from a command in its own hook. */
  sigterm: Interval;
  /** What it has between that signal and SIGKILL. */
  left: Interval;
  /** When SIGKILL comes, if it still runs. To the second, as the kubelet counts the seconds that a hook took. */
  sigkill: Interval;
}

/** What is true of the cluster that a Pod runs on. */
export interface Cluster {
  kubernetesVersion: string;
  /** A ceiling for the grace period, in seconds: what a Pod declares beyond it doesn't exist. */
  maxGracePeriodSeconds?: number;
}

/** How a Pod ends, in seconds from its deletion. */
export interface Timeline {
  /** The clock of the whole Pod: 30 where not set, 1 where it is 0 or negative, as the kubelet counts it; the ceiling
   * where that is less. */
  gracePeriod: Maybe<number>;
  /** The ordinary containers, then the native sidecars, both in the order of the Pod's spec. */
  containers: ContainerTimeline[];
}

/**
 * When each container of a Pod gets SIGTERM and SIGKILL after the Pod is deleted. Undefined where its containers can't
 * be known.
 *
 * All hooks start at once, each holds back its own container only (kubelet, `killContainer`). Native sidecars wait
 * besides for the ordinary containers and for the sidecars after them to end (KEP-753, on by default since 1.29).
 * A hook is cut at the end of the grace period; what follows it takes at least 2 s.
 */
export function timeline(pod: Pod, { kubernetesVersion, maxGracePeriodSeconds }: Cluster): Timeline | undefined {
  if (!isKnown(pod.containers)) return undefined;
  const gracePeriod = effectiveGracePeriod(pod, maxGracePeriodSeconds);
  const ordered = hasOrderedSidecars(kubernetesVersion);
  const lines = new Map<Container, ContainerTimeline>();
  // What the next sidecar waits for: the hooks of those that end before it, and their end.
  let hooks: Interval = nothing;
  let end: Interval = nothing;
  for (const { container } of stopOrder(pod.containers.map((container) => ({ container })))) {
    const waits = ordered && container.isSidecar !== false;
    // An init container that may be no sidecar has ended long ago, or waits.
    const within = (time: Interval) => (container.isSidecar === unknown ? { ...time, atLeast: 0 } : time);
    const line = endOf(container, {
      delay: hookDelay(container.preStop, container, kubernetesVersion),
      waits,
      hooks: waits ? within(hooks) : nothing,
      end: waits ? within(end) : nothing,
      gracePeriod,
    });
    lines.set(container, line);
    // The app may end as soon as it is told to, and at the latest when it is killed.
    hooks = later(hooks, within({ atLeast: line.delay.protects.atLeast, atMost: line.delay.atMost }));
    end = later(end, within({ atLeast: line.sigterm.atLeast, atMost: line.sigkill.atMost }));
  }
  return { gracePeriod, containers: pod.containers.flatMap((container) => lines.get(container) ?? []) };
}

/** The order in which containers get their stop signal: the ordinary ones, then init containers from the last on. */
export function stopOrder<T extends { container: Container }>(containers: readonly T[]): T[] {
  return [
    ...containers.filter(({ container }) => container.isSidecar === false),
    ...containers.filter(({ container }) => container.isSidecar !== false).reverse(),
  ];
}

/** Does a hook surely stop the app itself? */
export function stopsApp({ stop }: Delay): boolean {
  return stop.atMost < Infinity;
}

/** Does a hook stop the app itself, surely or perhaps? */
export function mayStopApp({ stop }: Delay): boolean {
  return stop.atLeast < Infinity;
}

/** With `lifecycle.stopSignal: SIGKILL`, an app has no time to shut down (KEP-4960). */
export function isKilledAtOnce(container: Container): boolean {
  return getString(container.body, "lifecycle", "stopSignal") === "SIGKILL";
}

const nothing = exactly(0);

function endOf(
  container: Container,
  given: { delay: Delay; waits: boolean; hooks: Interval; end: Interval; gracePeriod: Maybe<number> },
): ContainerTimeline {
  const { delay, waits, hooks, gracePeriod } = given;
  const stopped = mayStopApp(delay);
  // A hook that stops the app does so whatever the container waits for.
  const protects = earlier(delay.stop, later(delay, hooks));
  const grace = isKnown(gracePeriod) ? exactly(gracePeriod) : { atLeast: 1, atMost: Infinity };
  const told = earlier(later(delay, given.end), grace);
  const sigterm = earlier(delay.stop, told);
  // What a hook took is counted in whole seconds (kuberuntime, executePreStopHook): the rest of a second is a gift.
  const gift = told.atLeast === told.atMost ? told.atMost % 1 : 1;
  if (isKilledAtOnce(container) && !stopped) {
    return { container, delay, waits, protects, sigterm, left: nothing, sigkill: sigterm };
  }
  const sigkill = {
    atLeast: Math.max(grace.atLeast, told.atLeast + minimumAfterHook),
    atMost: Math.max(grace.atMost + gift, told.atMost + minimumAfterHook),
  };
  return {
    container,
    delay,
    waits,
    protects,
    sigterm,
    left: {
      atLeast: Math.max(minimumAfterHook, minus(grace.atLeast, Math.ceil(sigterm.atMost))),
      atMost: stopped
        ? minus(sigkill.atMost, sigterm.atLeast)
        : Math.max(minimumAfterHook, minus(grace.atMost, Math.floor(sigterm.atLeast))),
    },
    sigkill,
  };
}

/**
 * The grace period as the kubelet counts it: 30 where not set (API default), 1 where negative (API server), and 1 where
 * it is 0: the API server removes such a Pod at once, and the kubelet still gives its containers a second
 * (pod_workers.go, calculateEffectiveGracePeriod: "no matter what, we always supply a grace period of 1").
 *
 * @param ceiling what the nodes grant at most
 */
export function effectiveGracePeriod(pod: Pod, ceiling = Infinity): Maybe<number> {
  if (pod.gracePeriod === unknown) return unknown;
  const grace = pod.gracePeriod ?? defaultGracePeriod;
  return Math.min(Math.max(1, grace), ceiling);
}

/** a − b without Infinity − Infinity: what is left of an unbounded time after an unbounded one may be nothing. */
function minus(a: number, b: number): number {
  return b === Infinity ? 0 : a - b;
}
