/** An interval of seconds; `atMost` is Infinity where nothing bounds it. Always `0 <= atLeast <= atMost`, never NaN. */
export interface Interval {
  atLeast: number;
  atMost: number;
}

/** How long a preStop hook holds SIGTERM back, and why. */
export interface Delay extends Interval {
  /** How long it holds before the first command that is known to stop the app itself: what protects from APISIX. */
  protects: Interval;
  /** Why: what is said of the hook, as `runs "sleep" without an operand; the 5 is $0`. Never what a command contains. */
  because: string;
  /**
   * What a remedy may do with the hook. `sleep`: it does nothing but sleep. `broken`: it was meant to do nothing but
   * sleep, and doesn't. `other`: it does something else, or can't be known; remedies leave it alone.
   */
  form: "sleep" | "broken" | "other";
  /** Where `form` is `sleep` in an exec hook: how to make it longer by changing one element of its command. */
  raise?: { index: number; to: (seconds: number) => string };
  /** Where `form` is `broken`: the seconds that its author meant, if that is plain. */
  meant?: number;
}

/** A delay that is known to the second. */
export function exactly(seconds: number): Interval {
  return { atLeast: seconds, atMost: seconds };
}

/** Nothing is known of it. */
export const anyTime: Interval = { atLeast: 0, atMost: Infinity };

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
