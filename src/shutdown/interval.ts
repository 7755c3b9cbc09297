/** An interval of seconds; `atMost` is Infinity if nothing bounds it. Always `0 <= atLeast <= atMost`, never NaN. */
export interface Interval {
  atLeast: number;
  atMost: number;
}

/** How long a preStop hook holds SIGTERM back, and why. */
export interface Delay extends Interval {
  /** When the hook itself stops the app, in seconds from its start; Infinity: never. */
  stop: Interval;
  /** How long the app goes on serving: until the hook ends or stops it, whichever comes first. */
  protects: Interval;
  /** Why: the end of a sentence that begins with "its preStop hook". Never what a command contains. */
  because: string;
  repair: Repair;
}

/**
 * What a remedy may do with a hook.
 * - `lengthen`: it is one plain sleep that is known to the second in every shell. In an exec hook, `index` is the element
 *   of its command to write, and `to` what to write there for so many seconds; a native sleep has neither.
 * - `replace`: there is none, or it does nothing. `meant`: the seconds that its author had in mind, if that is plain.
 * - `none`: it does something else, or can't be known; remedies leave it alone.
 */
export type Repair =
  | { kind: "lengthen"; edit?: { index: number; to: (seconds: number) => string } }
  | { kind: "replace"; meant?: number }
  | { kind: "none" };

/** The delay of a hook that takes so long, unless it stops the app before. */
export function delayOf(time: Interval, because: string, repair: Repair, stop: Interval = never): Delay {
  return { ...time, stop, protects: earlier(stop, time), because, repair };
}

/** The delay of a hook of which nothing is known. */
export function unclear(because: string): Delay {
  return delayOf(anyTime, because, { kind: "none" }, anyTime);
}

/** A delay that is known to the second. */
export function exactly(seconds: number): Interval {
  return { atLeast: seconds, atMost: seconds };
}

/** Nothing is known of it. */
export const anyTime: Interval = { atLeast: 0, atMost: Infinity };

/** It doesn't happen. */
export const never: Interval = exactly(Infinity);

/** The smallest interval that holds both. */
export function hull(a: Interval, b: Interval): Interval {
  return { atLeast: Math.min(a.atLeast, b.atLeast), atMost: Math.max(a.atMost, b.atMost) };
}

/** One after the other. */
export function add(a: Interval, b: Interval): Interval {
  return { atLeast: a.atLeast + b.atLeast, atMost: a.atMost + b.atMost };
}

/** Whichever ends first. */
export function earlier(a: Interval, b: Interval): Interval {
  return { atLeast: Math.min(a.atLeast, b.atLeast), atMost: Math.min(a.atMost, b.atMost) };
}

/** Whichever ends last. */
export function later(a: Interval, b: Interval): Interval {
  return { atLeast: Math.max(a.atLeast, b.atLeast), atMost: Math.max(a.atMost, b.atMost) };
}
