/** Of many Pods' t: the distribution, and the sleep that it recommends. */
import type { Distribution, MeasuredPod } from "../schema/measurement";

/** Below so many Pods the p99 is hardly more than the longest that was seen. */
export const few = 20;

/** Seconds on top: for what a run doesn't meet, such as a node that is busy. */
const margin = 1;

const counted = (pods: readonly MeasuredPod[]) =>
  pods.flatMap(({ gone, uncounted }) => (gone && uncounted === undefined ? [gone] : []));

/** Undefined where no Pod counts. */
export function distribution(pods: readonly MeasuredPod[]): Distribution | undefined {
  const times = sorted(counted(pods).map(({ seconds }) => seconds));
  const [min, max] = [times[0], times.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const [median, p90, p99] = [quantile(times, 0.5), quantile(times, 0.9), quantile(times, 0.99)];
  return { n: times.length, min, median, p90, p99, max };
}

/**
 * `sleepSeconds`: the p99 of t, each at the latest that its ± allows, rounded up, and a second.
 *
 * Undefined where no Pod counts, and where APISIX still had a Pod after that time, counted or not: then nothing says how
 * long is enough.
 */
export function recommendation(pods: readonly MeasuredPod[]): number | undefined {
  const latest = sorted(counted(pods).map(({ seconds, plusMinus }) => seconds + plusMinus));
  if (latest.length === 0) return undefined;
  // To milliseconds first: 0.1 + 0.2 is no reason for another second.
  const sleep = Math.ceil(Math.round(quantile(latest, 0.99) * 1000) / 1000) + margin;
  return pods.some((pod) => leastOf(pod) > sleep) ? undefined : sleep;
}

/** The time for which APISIX had a Pod that isn't counted, at least. Seconds. */
function leastOf({ gone, uncounted, atLeastSeconds }: MeasuredPod): number {
  if (uncounted === undefined) return 0;
  return Math.max(atLeastSeconds ?? 0, gone ? gone.seconds - gone.plusMinus : 0);
}

/** Nearest rank: a value that was measured. @param values sorted, not empty */
function quantile(values: readonly number[], q: number): number {
  return values[Math.max(0, Math.ceil(q * values.length) - 1)] ?? NaN;
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
