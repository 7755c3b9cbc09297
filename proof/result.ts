/** What the proof found: proof/proof.json, from which its page and pictures are made. */
import type { Retries } from "./data-plane";

export interface Result {
  machine: Machine;
  /** Requests a second, of each kind, to each data plane. */
  rates: Record<Kind, number>;
  rollouts: Rollout[];
}

export interface Machine {
  day: string;
  cpus: number;
  gibibytes: number;
  kernel: string;
  node: string;
  kubernetes: string;
  containerd: string;
}

/** Requests that the app answers at once, and those that take 8 s. */
export type Kind = "quick" | "slow";

export interface Counts {
  sent: number;
  /** Not answered by the app. */
  lost: number;
}

/** Of all kinds. */
export const lostOf = (counts: Record<Kind, Counts>) => counts.quick.lost + counts.slow.lost;

export interface Rollout {
  scenario: string;
  /** By the pack. */
  repaired: boolean;
  replicas: number;
  /** How long APISIX took to use what it was given. */
  delaySeconds: number;
  sleepSeconds?: number;
  gracePeriodSeconds: number;
  requests: Record<Retries, Record<Kind, Counts>>;
  /** The Pods that were replaced. */
  pods: OldPod[];
  /** Without retries; kept of what the picture shows. */
  bins?: Bin[];
}

/** Seconds. */
export const binWidth = 0.25;

/** The requests that were sent in so many seconds. */
export interface Bin {
  /** Its beginning, in seconds since the roll-out began. */
  at: number;
  answered: number;
  lost: number;
}

/** Seconds since the roll-out began. */
export interface OldPod {
  /** By the API server's audit log. */
  deleted: number;
  /** By the app's own clock; undefined where it never came. */
  sigterm?: number;
  /** Gone from APISIX: its Admin API was told so. */
  gone: number;
  /** Did the app not end by itself? */
  killed: boolean;
  /** t as `measure` has it, seconds since the deletion. */
  measured?: { seconds: number; plusMinus: number };
}
