import type { Container, Pod } from "../kubernetes/workload";
import { isKnown, unknown, type Maybe } from "../kubernetes/values";
import { hasOrderedSidecars } from "../kubernetes/version";
import { delay } from "./delay";
import type { Delay, Interval } from "./interval";

/** What the API server fills in where a Pod sets no `terminationGracePeriodSeconds`. */
export const defaultGracePeriod = 30;

/** What the kubelet leaves to a container after its hook, even when the grace period is over (kuberuntime). */
const minimumAfterHook = 2;

/** How one container ends, in seconds from the Pod's deletion. */
export interface ContainerTimeline {
  container: Container;
  delay: Delay;
  /** When its stop signal comes; undefined where it never comes (grace period 0: killed at once). */
  sigterm: Interval | undefined;
  /** How long it goes on serving: until its stop signal, or a command in its hook that stops the app before. */
  serves: Interval;
  /** What it has between the stop signal and SIGKILL. */
  left: Interval;
  /** When SIGKILL comes at the latest, if it still runs. */
  sigkill: Interval;
}

/** How a Pod ends, in seconds from its deletion. */
export interface Timeline {
  /** The clock of the whole Pod: 30 where not set, 1 where negative, as the kubelet counts it. */
  gracePeriod: Maybe<number>;
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
export function timeline(pod: Pod, kubernetesVersion: string): Timeline | undefined {
  if (!isKnown(pod.containers)) return undefined;
  const gracePeriod = effectiveGracePeriod(pod);
  const grace: Interval = isKnown(gracePeriod) ? exactly(gracePeriod) : { atLeast: 1, atMost: Infinity };
  const ordered = hasOrderedSidecars(kubernetesVersion);

  const of = (container: Container, held: Interval): ContainerTimeline => {
    const own = delay(container.preStop, container, kubernetesVersion);
    if (gracePeriod === 0) {
      // Forced deletion: no hook, no stop signal.
      const none = exactly(0);
      return { container, delay: own, sigterm: undefined, serves: none, left: none, sigkill: none };
    }
    const sigterm = earlier(later(own, held), grace);
    const stopsItself = own.protects.atLeast < own.atLeast || own.protects.atMost < own.atMost;
    const sigkill = {
      atLeast: Math.max(grace.atLeast, sigterm.atLeast + minimumAfterHook),
      atMost: Math.max(grace.atMost, sigterm.atMost + minimumAfterHook),
    };
    return {
      container,
      delay: own,
      sigterm,
      serves: stopsItself ? earlier(own.protects, sigterm) : sigterm,
      left: {
        atLeast: Math.max(minimumAfterHook, minus(grace.atLeast, sigterm.atMost)),
        atMost: Math.max(minimumAfterHook, minus(grace.atMost, sigterm.atLeast)),
      },
      sigkill,
    };
  };

  const nothing = exactly(0);
  const ordinary = pod.containers.filter(({ isSidecar }) => isSidecar !== true).map((each) => of(each, nothing));
  // The app may end as soon as it is told to, and at the latest when it is killed.
  let held: Interval = ordered
    ? ordinary.reduce(
        (latest, { sigterm, sigkill }) => later(latest, { atLeast: sigterm?.atLeast ?? 0, atMost: sigkill.atMost }),
        nothing,
      )
    : nothing;
  const sidecars: ContainerTimeline[] = [];
  for (const sidecar of pod.containers.filter(({ isSidecar }) => isSidecar === true).reverse()) {
    const line = of(sidecar, held);
    sidecars.unshift(line);
    if (ordered) held = later(held, { atLeast: line.sigterm?.atLeast ?? 0, atMost: line.sigkill.atMost });
  }
  return { gracePeriod, containers: [...ordinary, ...sidecars] };
}

/** The grace period as the kubelet counts it: 30 where not set (API default), 1 where negative (API server). */
export function effectiveGracePeriod(pod: Pod): Maybe<number> {
  if (pod.gracePeriod === unknown) return unknown;
  const grace = pod.gracePeriod ?? defaultGracePeriod;
  return grace < 0 ? 1 : grace;
}

function exactly(seconds: number): Interval {
  return { atLeast: seconds, atMost: seconds };
}

function later(a: Interval, b: Interval): Interval {
  return { atLeast: Math.max(a.atLeast, b.atLeast), atMost: Math.max(a.atMost, b.atMost) };
}

function earlier(a: Interval, b: Interval): Interval {
  return { atLeast: Math.min(a.atLeast, b.atLeast), atMost: Math.min(a.atMost, b.atMost) };
}

/** a − b without Infinity − Infinity: what is left of an unbounded time after an unbounded one may be nothing. */
function minus(a: number, b: number): number {
  return b === Infinity ? 0 : a - b;
}
