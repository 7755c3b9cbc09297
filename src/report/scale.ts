/** Where the seconds of a timeline stand in a picture, and how they are written. */
import type { ContainerTimeline, Interval, Timeline, WorkloadTimeline } from "./model";
import { oneLine, shortened } from "./plain";

export interface Scale {
  /** From 0 to 1. What is beyond the end is at 1. */
  at(seconds: number): number;
  /** The last second shown. */
  end: number;
  /** Where the axis is cut short, from 0 to 1; beyond it the seconds are pressed together. */
  cut?: number;
  /** Seconds to write below the axis. */
  ticks: number[];
}

/** More than this many times longer than all that happens early, and the grace period is pressed together. */
const longest = 6;

/** One scale for a workload's pictures, so that before and after can be compared. */
export function scaleOf({ t, before, after }: Pick<WorkloadTimeline, "t" | "before" | "after">): Scale {
  const timelines = before ? [before, after] : [after];
  const early = [1, t];
  const late: number[] = [];
  for (const { gracePeriod, containers } of timelines) {
    if (gracePeriod !== null) late.push(gracePeriod);
    // Not a hook's own length: at the end of the grace period it is cut.
    for (const { sigterm, sigkill } of containers) {
      if (sigterm !== null) early.push(sigterm.atLeast, sigterm.atMost ?? 0);
      if (sigkill !== null) late.push(sigkill);
    }
  }
  const [lastEarly, lastLate] = [finite(Math.max(...early)), finite(Math.max(0, ...late))];
  const ticks = [0, t, ...late];
  if (lastLate === 0) return { at: linear(lastEarly * 1.5), end: lastEarly * 1.5, ticks: round([0, t]) };
  const end = Math.max(lastEarly, lastLate);
  if (end <= lastEarly * longest) return { at: linear(end), end, ticks: round(ticks) };
  const [turn, share] = [lastEarly * 2, 0.72];
  const at = (seconds: number) =>
    seconds <= turn ? (seconds / turn) * share : share + Math.min(1, (seconds - turn) / (end - turn)) * (1 - share);
  return { at: (seconds) => at(Math.max(0, seconds)), end, cut: share + (1 - share) / 2, ticks: round(ticks) };
}

function linear(end: number): Scale["at"] {
  return (seconds) => Math.min(1, Math.max(0, seconds / end));
}

/** A number from a report that was read may be anything. */
function finite(n: number): number {
  return Math.min(1e9, Number.isFinite(n) ? n : 1e9);
}

function round(ticks: number[]): number[] {
  return [...new Set(ticks.map((tick) => finite(Math.max(0, tick))))].sort((a, b) => a - b);
}

/** `5 s`, `0.5 s`. */
export function seconds(n: number): string {
  return `${Math.round(n * 10) / 10} s`;
}

/** `5 s`, `5 to 8 s`, `at least 5 s`. */
export function interval({ atLeast, atMost }: Interval): string {
  if (atMost === null) return atLeast > 0 ? `at least ${seconds(atLeast)}` : "an unknown time";
  return atMost === atLeast ? seconds(atLeast) : `${Math.round(atLeast * 10) / 10} to ${seconds(atMost)}`;
}

/** `envoy (sidecar)`. @param most of the name's own characters */
export function nameOf({ name, sidecar }: ContainerTimeline, most: number): string {
  return shortened(oneLine(name), most) + (sidecar ? " (sidecar)" : "");
}

/** What becomes of a container, in one sentence. */
export function sentence({ hook, sigterm, left, sigkill }: ContainerTimeline): string {
  const isUnknown = ({ atLeast, atMost }: Interval) => atMost === null && atLeast <= 0;
  const parts = [];
  if (isUnknown(hook)) parts.push("preStop hook of unknown length");
  else if (hook.atMost !== 0) parts.push(`preStop hook ${interval(hook)}`);
  if (sigterm === null)
    return sigkill === null ? "Killed without SIGTERM." : `Killed without SIGTERM at ${seconds(sigkill)}.`;
  if (sigterm.atMost === 0) parts.push("SIGTERM at once");
  else parts.push(isUnknown(sigterm) ? "SIGTERM at an unknown time" : `SIGTERM after ${interval(sigterm)}`);
  parts.push(`${interval(left)} to shut down`);
  parts.push(sigkill === null ? "SIGKILL at an unknown time" : `SIGKILL at ${seconds(sigkill)}`);
  return `${parts.join(", ")}.`;
}

/** Does a container get its SIGTERM (or SIGKILL) surely, or maybe, while APISIX still sends requests? */
export function early({ sigterm, sigkill }: ContainerTimeline, t: number): "yes" | "maybe" | "no" {
  if (sigterm === null) return sigkill === null ? "maybe" : sigkill < t ? "yes" : "no";
  if (sigterm.atLeast >= t) return "no";
  return sigterm.atMost !== null && sigterm.atMost < t ? "yes" : "maybe";
}

export const verdicts = { ok: "in time", short: "too short", unknown: "can't be judged" } as const;

export function gracePeriodText({ gracePeriod }: Timeline): string {
  return gracePeriod === null ? "unknown grace period" : `grace period ${seconds(gracePeriod)}`;
}
