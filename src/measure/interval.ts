/** Times as they were seen: nothing is seen at the moment when it happens. */
import type { MeasuredTime } from "../schema/measurement";

/** Something happened after `from`, at `to` at the latest: milliseconds of one clock. */
export interface Interval {
  from: number;
  to: number;
}

/** The time from one to the other. It isn't negative: what seems to come first was only seen first. */
export function between(start: Interval, end: Interval): MeasuredTime {
  const least = Math.max(0, end.from - start.to) / 1000;
  const most = Math.max(0, end.to - start.from) / 1000;
  return { seconds: rounded((least + most) / 2), plusMinus: rounded((most - least) / 2) };
}

/** To milliseconds. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
