/** A measurement in words, for people. */
import { oneLine } from "../plain";
import type { MeasuredPod, MeasuredTime, MeasurementFile } from "../schema/measurement";
import { few } from "./distribution";

export function measurementText({ runs, pods, distribution, recommendedSleepSeconds }: MeasurementFile): string {
  const lines = runs.map(({ service, startedAt, seconds, everySeconds, apis }) =>
    oneLine(
      `Service ${service}, ${startedAt}, for ${seconds.toFixed(0)} s; every ${everySeconds} s: ${apis.join(", ")}`,
    ),
  );
  if (pods.length > 0) for (const line of ["", ...table(pods)]) lines.push(line);
  lines.push("");
  if (!distribution) {
    lines.push(
      "t: not measured. Let Pods of the Service terminate while this runs, as `kubectl rollout restart` does.",
    );
    return `${lines.join("\n")}\n`;
  }
  const { n, min, median, p90, p99, max } = distribution;
  const values = Object.entries({ min, median, p90, p99, max }).map(([name, value]) => `${name} ${time(value)}`);
  lines.push(`t of ${n} ${n === 1 ? "Pod" : "Pods"}: ${values.join(", ")}`);
  if (recommendedSleepSeconds === undefined) {
    lines.push("sleepSeconds: no recommendation, as APISIX still had a Pod after the time that the others took.");
  } else {
    lines.push(`sleepSeconds: ${recommendedSleepSeconds} (the p99 at its latest, rounded up, and 1 s)`);
    if (n < few) lines.push(`  ${n} is few: with fewer than ${few} Pods the p99 is a guess.`);
  }
  if (runs.some(({ apis }) => apis.some((api) => api.endsWith("/apisix/admin")))) {
    lines.push("  The Admin API tells what APISIX was given: its data planes follow, and t is longer by that.");
  }
  if (pods.some(({ start }) => start === "endpointslice")) {
    lines.push("  Without the right to watch Pods, t counts from the EndpointSlice: deletion came a moment before.");
  }
  return `${lines.join("\n")}\n`;
}

function table(pods: readonly MeasuredPod[]): string[] {
  const rows = [["Pod", "no longer ready", "gone from APISIX (t)"]];
  for (const pod of pods)
    rows.push([oneLine(pod.pod), pod.notReady ? plusMinus(pod.notReady) : "not seen", goneText(pod)]);
  const width = (column: number) => rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0);
  const [first, second] = [width(0), width(1)];
  return rows.map(([pod = "", ready = "", gone = ""]) => `${pod.padEnd(first)}  ${ready.padEnd(second)}  ${gone}`);
}

/** Why a Pod doesn't count. */
const reasons = {
  "address-reused": "another Pod of the Service got its address",
  "came-back": "its address was gone and came back: another Pod's, or an API that answers for several data planes",
  "left-before": "APISIX had dropped it before it was deleted",
  "never-in-apisix": "APISIX never had it as a node",
  "not-asked-since": "no answer of every API since it was deleted",
  "still-in-apisix": "still in APISIX",
  "too-vague": "seen too vaguely",
} satisfies Record<NonNullable<MeasuredPod["uncounted"]>, string>;

function goneText({ gone, uncounted, atLeastSeconds }: MeasuredPod): string {
  const seen = gone ? plusMinus(gone) : atLeastSeconds === undefined ? "" : `more than ${time(atLeastSeconds)}`;
  if (uncounted === undefined) return seen;
  return `${seen === "" ? "" : `${seen}, `}not counted: ${reasons[uncounted]}`;
}

const plusMinus = ({ seconds, plusMinus }: MeasuredTime) => `${time(seconds)} ± ${time(plusMinus)}`;

/** To tenths, but nothing that took time shows as none. */
const time = (seconds: number) => `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
