/** What programs do that a hook starts: those whose time is known, and those that start others. */
import { unknown, type Maybe } from "../../kubernetes/values";
import { anyTime, exactly, type Interval } from "../interval";
import { sleepFor, type Success } from "./duration";
import { interpreterSleep } from "./interpreters";
import type { Invocation } from "./machine";
import { baseName, isWholeCommand } from "./names";
import { findsPrograms } from "./path";
import { dialectsOf, runShell } from "./shell";
import { nowhere, type Environment, type Run, type Value } from "./state";
import { effectOfProgram, effectOfSignal, mayEndHook, signalOf } from "./stop-commands";

/** Programs that start others are followed that deep. */
const deepest = 300;

/** Applets of busybox that differ from the programs of the same name. */
type Program = "any" | "busybox";

/**
 * The ways in which a program may run. `sleep`, `seq`, `env`, `nice`, `nohup`, `timeout` and the shells are taken to be there and to be
 * GNU's or busybox's; any other program may be missing, and takes any time.
 */
export function runProgram(invocation: Invocation, program: Program = "any"): Run[] {
  const { argv, more, environment, analysis, depth } = invocation;
  const [first, ...args] = argv;
  if (first === undefined || first === unknown || depth > deepest || --analysis.steps < 0) {
    analysis.notes.add(depth > deepest ? "large" : "variable");
    return [run(anyTime, unknown)];
  }
  // Nothing is started: there is no such program.
  if (first === "" || first.startsWith("-") || isWholeCommand(first)) return [run(exactly(0), false)];
  const name = baseName(first);
  const inner = (rest: readonly Maybe<string>[], changes: Partial<Invocation> = {}): Invocation => ({
    ...invocation,
    argv: rest,
    depth: depth + 1,
    ...changes,
  });
  if (!first.includes("/") && !findsPrograms(environment)) return runUnknown(name, args, more, analysis.notes);
  const dialects = dialectsOf(name);
  if (dialects) {
    return runShell(invocation, program === "busybox" ? ["busybox"] : dialects, first, runProgram);
  }
  switch (name) {
    case "sleep": {
      const { time, success } = sleepFor(more ? [...args, unknown] : args, program);
      if (time.atMost === Infinity && time.atLeast < Infinity) analysis.notes.add("variable");
      return [run(time, success)];
    }
    case "true":
      return [run(exactly(0), true)];
    case "false":
      return [run(exactly(0), false)];
    case "busybox": {
      if (args.length === 0) return [run(more ? anyTime : exactly(0), unknown)];
      const applet = args[0];
      if (typeof applet !== "string" || applet.startsWith("-")) return [run(anyTime, unknown)];
      return runProgram(inner([`/bin/${applet}`, ...args.slice(1)]), "busybox");
    }
    case "env":
      return runEnv(args, inner, invocation, program);
    case "nohup":
      if (args[0] === undefined || isOption(args[0])) break;
      return runProgram(inner(args), program);
    case "nice":
      return runNice(args, inner, program, more);
    case "timeout":
      return runTimeout(args, inner, invocation, program);
    case "seq":
      if (more || args.length === 0 || args.length > 3 || !args.every(isNumber)) break;
      return [run(exactly(0), true)];
    case "kill":
      return runKill(args, more, analysis.notes);
  }
  const sleeps = more ? undefined : interpreterSleep(name, args);
  if (sleeps) {
    if (sleeps.needsConsole) analysis.notes.add("console");
    return [run(sleeps.time, sleeps.success)];
  }
  return runUnknown(name, args, more, analysis.notes);
}

/** One way, without background jobs. */
function run(time: Interval, success: Success, stop: Interval = nowhere): Run {
  return { time, stop, success, background: 0 };
}

function isOption(argument: Maybe<string> | undefined): boolean {
  return argument === unknown || (argument?.startsWith("-") ?? false);
}

function isNumber(argument: Maybe<string>): boolean {
  return typeof argument === "string" && /^-?\d{1,6}$/.test(argument);
}

/** A program of which nothing is known but whether it stops the app. It may be missing. */
function runUnknown(name: string, args: readonly Maybe<string>[], more: boolean, notes: Set<string>): Run[] {
  notes.add("program");
  const effect = effectOfProgram(name, args);
  if (effect !== "none") notes.add("stop");
  const stop = effect === "none" ? nowhere : { atLeast: 0, atMost: effect === "stops" ? 0 : Infinity };
  const ran = run(anyTime, unknown, stop);
  // Where it ends the hook's own shell, nothing after it is sure to happen.
  return mayEndHook(name, args) || (more && effect !== "none") ? [{ ...ran, endsHook: true }] : [ran];
}

function runEnv(
  args: readonly Maybe<string>[],
  inner: (rest: readonly Maybe<string>[], changes?: Partial<Invocation>) => Invocation,
  { environment, more }: Invocation,
  program: Program,
): Run[] {
  const changed = new Map<string, Value>(environment);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === undefined || arg === unknown) return [run(anyTime, unknown)];
    if (arg === "--") continue;
    if (arg === "-i" || arg === "-" || arg === "--ignore-environment") {
      // PATH stays unset; programs are looked for in the system's own folders.
      changed.clear();
      continue;
    }
    if (arg === "-u") {
      const name = args[++i];
      if (typeof name !== "string") return [run(anyTime, unknown)];
      changed.set(name, null);
      continue;
    }
    if (arg.startsWith("-")) return [run(anyTime, unknown)];
    const at = arg.indexOf("=");
    if (at < 0) return runProgram(inner(args.slice(i), { environment: withoutUnset(changed) }), program);
    changed.set(arg.slice(0, at), arg.slice(at + 1));
  }
  // It prints the environment.
  return [run(more ? anyTime : exactly(0), unknown)];
}

/** A child can't tell a variable that isn't set from one that nobody mentioned: a shell may have defaults. */
function withoutUnset(environment: Environment): Environment {
  const kept = new Map<string, Value>();
  for (const [name, value] of environment) if (value !== null || name === "PATH") kept.set(name, value);
  return kept;
}

function runNice(
  args: readonly Maybe<string>[],
  inner: (rest: readonly Maybe<string>[]) => Invocation,
  program: Program,
  more: boolean,
): Run[] {
  let at = 0;
  if (args[0] === "-n") at = 2;
  else if (typeof args[0] === "string" && /^(-n|-{1,2}|--adjustment=)-?\d+$/.test(args[0])) at = 1;
  const value = args[0] === "-n" ? args[1] : "0";
  const command = args[at];
  if (command === undefined) return [run(more ? anyTime : exactly(0), unknown)];
  if (isOption(command) || typeof value !== "string" || !/^-?\d+$/.test(value)) return [run(anyTime, unknown)];
  return runProgram(inner(args.slice(at)), program);
}

/** `timeout 20 command`: sends TERM after 20 s, and waits for the command's end. */
function runTimeout(
  args: readonly Maybe<string>[],
  inner: (rest: readonly Maybe<string>[]) => Invocation,
  { more }: Invocation,
  program: Program,
): Run[] {
  let at = 0;
  let plain = true;
  for (; at < args.length; at++) {
    const arg = args[at];
    if (arg === undefined || arg === unknown) return [run(anyTime, unknown)];
    if (!arg.startsWith("-")) break;
    // With other signals, or busybox's old `-t 20`, only the command's own time is sure to bound it.
    plain = false;
    if (/^(-s|-k|--signal|--kill-after)$/.test(arg)) at++;
    else if (!/^(-[sk].+|--(signal|kill-after)=.*|--foreground|--preserve-status|-v|--verbose)$/.test(arg)) {
      return [run(anyTime, unknown)];
    }
  }
  const limit = args[at];
  const command = args.slice(at + 1);
  if (limit === undefined || command.length === 0) return [run(more ? anyTime : exactly(0), unknown)];
  const { time: bound, success: isTime } = sleepFor([limit]);
  if (isTime === false) return [run(exactly(0), false)];
  const isSleep = typeof command[0] === "string" && baseName(command[0]) === "sleep";
  return runProgram(inner(command), program).map((ran) => {
    const { atLeast, atMost } = ran.time;
    // `timeout 0` doesn't limit; nobody agrees on odd numbers.
    if (bound.atLeast === 0 || isTime === unknown) {
      return { ...ran, time: { atLeast: isTime === true ? atLeast : 0, atMost }, success: unknown };
    }
    const ends = atMost < bound.atLeast;
    const time = {
      atLeast: Math.min(atLeast, bound.atLeast),
      // `sleep` dies of TERM. Others may take their time to, and a shell's child may live on.
      atMost: isSleep && plain ? Math.min(atMost, bound.atMost) : atMost,
    };
    const cut = atLeast > bound.atMost;
    const success = ends ? ran.success : cut && plain && isSleep ? false : unknown;
    const stop =
      atMost <= bound.atLeast ? ran.stop : { atLeast: ran.stop.atLeast, atMost: maybeNever(ran.stop, bound) };
    return { ...ran, time, success, stop };
  });
}

/** A command that is ended early may never come to what it does late. */
function maybeNever(stop: Interval, bound: Interval): number {
  return stop.atMost < bound.atLeast ? stop.atMost : Infinity;
}

/** The program `kill`, not the shell's own: the same, but it may be missing and take its time. */
function runKill(args: readonly Maybe<string>[], more: boolean, notes: Set<string>): Run[] {
  notes.add("program");
  const [target] = args.slice(-1);
  const before = args.slice(0, -1);
  const isPlain = !more && target === "1" && before.every((arg) => typeof arg === "string" && !/^\d/.test(arg));
  if (!isPlain) return [{ ...run(anyTime, unknown, { atLeast: 0, atMost: Infinity }), endsHook: true }];
  const effect = effectOfSignal(signalOf(before));
  if (effect === "none") return [run(anyTime, unknown)];
  return [run(anyTime, unknown, { atLeast: 0, atMost: effect === "stops" ? 0 : Infinity })];
}
