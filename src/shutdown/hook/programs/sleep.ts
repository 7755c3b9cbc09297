/**
 * How long `sleep` sleeps, by its operands.
 *
 * An image has GNU's or busybox's `sleep` (as Alpine, Debian and the busybox image build it: several operands, units
 * and fractions). They agree on `5`, `0.5`, `5s`, `1m 30s`; on everything else one may sleep and the other fail,
 * and the answer covers both. Seen with coreutils 9.1 and busybox 1.35.
 */
import { isKnown, unknown, type Maybe } from "../../../kubernetes/values";
import { anyTime, exactly, type Interval } from "../../interval";
import { ran, type Arguments, type Context, type Run, type Success } from "./call";

/** The program `sleep`. */
export function sleepRun(args: Arguments, context: Context): Run {
  const { time, success } = readSleep(args, context.busybox);
  if (args.includes(unknown)) context.notes.add("variable");
  return ran(time, success);
}

const unitSeconds: Record<string, number> = { "": 1, s: 1, m: 60, h: 3600, d: 86400 };

/** Seconds; `undefined` if the program refuses the operand. */
type Reading = number | undefined;

/** Seconds beyond which busybox may refuse a number (its `unsigned long` has 32 bits on some machines). */
const largestPlain = 4_000_000_000;

/** The interval that `sleep` with these operands takes, and whether it succeeds. */
export function readSleep(operands: readonly Maybe<string>[], isBusybox = false): { time: Interval; success: Success } {
  if (!operands.every(isKnown)) return { time: anyTime, success: unknown };
  const busybox = total(operands, readBusybox);
  if (isBusybox) return outcome(busybox, busybox);
  // GNU's own options end it at once, wherever they stand.
  if (operands.some((operand) => /^--(h|v)/.test(operand))) return { time: exactly(0), success: unknown };
  const operandsOfGnu = [...operands];
  const end = operandsOfGnu.indexOf("--");
  const options = end < 0 ? operandsOfGnu : operandsOfGnu.slice(0, end);
  if (end >= 0) operandsOfGnu.splice(end, 1);
  const isOption = (operand: string) => operand.startsWith("-") && operand !== "-";
  const gnu = options.some(isOption) ? undefined : total(operandsOfGnu, readGnu);
  return outcome(gnu, busybox);
}

function outcome(a: Reading, b: Reading): { time: Interval; success: Success } {
  const success = (a === undefined) === (b === undefined) ? a !== undefined : unknown;
  return { time: { atLeast: Math.min(a ?? 0, b ?? 0), atMost: Math.max(a ?? 0, b ?? 0) }, success };
}

/** Both programs check every operand before they sleep. */
function total(operands: readonly string[], read: (operand: string) => Reading): Reading {
  if (operands.length === 0) return undefined;
  let sum = 0;
  for (const operand of operands) {
    const seconds = read(operand);
    // busybox takes `infinity` only when it stands alone.
    if (seconds === undefined || (seconds === Infinity && read === readBusybox && operands.length > 1))
      return undefined;
    sum += seconds;
  }
  return sum;
}

/** `5`, `0.5`, `.5`, `5.`, with a unit or without. */
export function readPlain(operand: string): Reading {
  const match = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(operand);
  if (!match) return undefined;
  return Number(match[1]) * (unitSeconds[match[2] ?? ""] ?? 1);
}

function readBusybox(operand: string): Reading {
  if (/^inf/i.test(operand)) return Infinity;
  const seconds = readPlain(operand);
  return seconds !== undefined && seconds <= largestPlain ? seconds : undefined;
}

/** GNU's takes what `strtod` takes. */
function readGnu(operand: string): Reading {
  const plain = readPlain(operand);
  if (plain !== undefined) return plain;
  const number = /^\s*\+?(?:(inf|infinity)|0x([0-9a-f.]+)(?:p[+-]?\d+)?|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)([smhd]?)$/i.exec(
    operand,
  );
  if (!number) return undefined;
  const [, infinite, hexadecimal, mantissa, exponent = "", unit = ""] = number;
  const factor = unitSeconds[unit];
  if (factor === undefined) return undefined;
  if (infinite) return Infinity;
  // Hexadecimal fractions and exponents are rarely used: any time at all is an answer that holds.
  if (hexadecimal) return /^0x[0-9a-f]+$/i.test(operand) ? Number(operand) : Infinity;
  return Number(`${mantissa}${exponent}`) * factor;
}

/**
 * The seconds that the author of a `sleep` that fails had in mind: `5` of `5\r`, `5sec` or `5 seconds`; undefined
 * if that isn't plain.
 */
export function meantSeconds(operand: string): number | undefined {
  const match = /^["'\s]*(\d{1,6}(?:\.\d+)?)\s*(s|sec|secs|seconds?|m|min|mins|minutes?)?["'\s]*$/i.exec(operand);
  if (!match) return undefined;
  return Number(match[1]) * (match[2]?.toLowerCase().startsWith("m") ? 60 : 1);
}
