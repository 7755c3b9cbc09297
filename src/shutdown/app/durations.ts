/** Durations as frameworks write them. Each answer in seconds; undefined where a text is none. */
import { unknown, type Maybe } from "../../kubernetes/values";

const units: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 };

/** A whole number of seconds. */
export function wholeSeconds(text: Maybe<string>): number | undefined {
  return text !== unknown && /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * A whole number and its unit.
 *
 * @param known the units that the framework knows
 * @param unit of a number without one; undefined: it is none
 */
export function inUnits(text: Maybe<string>, known: readonly string[], unit?: string): number | undefined {
  const [, amount = "", written = ""] = (text !== unknown && /^\+?(\d+)([a-z]*)$/.exec(text)) || [];
  const own = written || unit;
  return amount !== "" && own !== undefined && known.includes(own) ? Number(amount) * (units[own] ?? NaN) : undefined;
}

/** Java's `Duration.parse`: `PT30S`, `pt1m30s`, `P1D`. */
export function isoDuration(text: Maybe<string>): number | undefined {
  if (text === unknown) return undefined;
  const match = /^\+?P(?:(\d+)D)?(T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/i.exec(text);
  const [, days, time, hours, minutes, seconds] = match ?? [];
  const parts = [days, hours, minutes, seconds];
  if (parts.every((part) => part === undefined) || time?.length === 1) return undefined;
  const [d = 0, h = 0, m = 0, s = 0] = parts.map((part) => Number(part ?? 0));
  return d * 86_400 + h * 3600 + m * 60 + s;
}
