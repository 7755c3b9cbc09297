/** What is known of a shell while it runs: one `State` is one way that things may have gone so far. */
import type { CompoundList, CompoundCommand, Redirected } from "unbash";
import { unknown, type Maybe } from "../../kubernetes/values";
import { hull, type Interval } from "../interval";
import type { Success } from "./duration";

/** A variable's value; null where it is surely not set. A variable that nobody mentioned may be the image's. */
export type Value = Maybe<string> | null;

/** Variables that a program inherits, as far as they are known; any other may be set by the image. */
export type Environment = ReadonlyMap<string, Value>;

/**
 * Shells differ; each is followed by itself. `sh` may be dash (Debian), bash in its POSIX mode (Red Hat) or busybox
 * (Alpine).
 */
export type Dialect = "bash" | "bash-posix" | "dash" | "busybox";

/** What somebody should be told when the answer is not one number. */
export type Note =
  | "program"
  | "condition"
  | "console"
  | "script"
  | "variable"
  | "loop"
  | "file"
  | "background"
  | "read"
  | "syntax"
  | "option"
  | "shells"
  | "rare"
  | "large"
  | "stop";

/** One analysis of one hook: what it may still spend, and what it noticed. */
export interface Analysis {
  /** Steps left. A loop of a million rounds must not cost a policy its time. */
  steps: number;
  notes: Set<Note>;
}

/** How one program may run, in seconds since it was started. */
export interface Run {
  time: Interval;
  /** When it first runs a command that is known to stop the app; Infinity where it doesn't. */
  stop: Interval;
  success: Success;
  /** When the last background job ends that may hold its output open; 0 where there is none. */
  background: number;
  /** May it end the shell that started it? */
  endsHook?: boolean;
}

/** `lost`: from here on anything may happen. `never`: it doesn't end. */
export type Flow = "next" | "break" | "continue" | "return" | "exit" | "lost" | "never";

/**
 * Where output goes. What the runtime gave (`inherited`) and /dev/null take everything; a file may be full; a pipe
 * may have lost its reader, which kills the writer.
 */
export type Sink = "inherited" | "null" | "file" | "pipe";

export interface Job {
  id: string;
  end: Interval;
  success: Success;
  /** May it hold the hook's output open, and with it the hook? */
  holds: boolean;
}

export interface Options {
  errexit: boolean;
  nounset: boolean;
  pipefail: Maybe<boolean>;
  /** Is IFS the default? */
  splits: boolean;
  /** Does a signal's trap run something? */
  trapped: boolean;
  /** May a descriptor above 2 hold the hook's output? */
  otherDescriptors: boolean;
}

export interface State {
  /** Seconds since the hook began. */
  time: Interval;
  /** When the app was first told to stop; Infinity where it wasn't. */
  stop: Interval;
  /** When the last background job ends that nobody can wait for any more. */
  background: number;
  jobs: readonly Job[];
  /** `$!` */
  lastJob: Value;
  variables: Environment;
  exported: ReadonlySet<string>;
  readonly: ReadonlySet<string>;
  /** Variables that belong to the function being run. */
  locals: ReadonlySet<string>;
  functions: ReadonlyMap<string, CompoundCommand | Redirected | CompoundList>;
  /** `$0`, `$1`, …; unknown where their number is. */
  positional: Maybe<readonly Maybe<string>[]>;
  options: Options;
  stdout: Sink;
  stderr: Sink;
  /** Bytes written to a pipe so far: beyond its capacity the writer waits for the reader. */
  piped: number;
  exitTrap: string | undefined;
  /** `$?` */
  success: Success;
  flow: Flow;
  /** How many loops a `break` or `continue` still leaves. */
  levels: number;
}

export const nowhere: Interval = { atLeast: Infinity, atMost: Infinity };

function sameMap<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value || !b.has(key)) return false;
  return true;
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const key of a) if (!b.has(key)) return false;
  return true;
}

function sameList(a: Maybe<readonly Maybe<string>[]>, b: Maybe<readonly Maybe<string>[]>): boolean {
  if (a === b) return true;
  if (a === unknown || b === unknown || a.length !== b.length) return false;
  return a.every((value, i) => value === b[i]);
}

function sameOptions(a: Options, b: Options): boolean {
  return a === b || (Object.keys(a) as (keyof Options)[]).every((key) => a[key] === b[key]);
}

/** Do two states differ in nothing but their clocks? */
export function sameShape(a: State, b: State): boolean {
  return (
    a.success === b.success &&
    sameCourse(a, b) &&
    sameList(a.positional, b.positional) &&
    sameMap(a.variables, b.variables)
  );
}

/** Do two states differ in nothing but their clocks and values? */
function sameCourse(a: State, b: State): boolean {
  return (
    a.flow === b.flow &&
    a.levels === b.levels &&
    a.lastJob === b.lastJob &&
    a.exitTrap === b.exitTrap &&
    a.stdout === b.stdout &&
    a.stderr === b.stderr &&
    (a.stop.atLeast === Infinity) === (b.stop.atLeast === Infinity) &&
    a.jobs.length === b.jobs.length &&
    a.jobs.every((job, i) => job.id === b.jobs[i]?.id) &&
    sameOptions(a.options, b.options) &&
    sameSet(a.exported, b.exported) &&
    sameSet(a.readonly, b.readonly) &&
    sameSet(a.locals, b.locals) &&
    sameMap(a.functions, b.functions)
  );
}

/** One state for two of the same shape. */
export function join(a: State, b: State): State {
  return {
    ...a,
    time: hull(a.time, b.time),
    stop: hull(a.stop, b.stop),
    background: Math.max(a.background, b.background),
    piped: Math.max(a.piped, b.piped),
    jobs: a.jobs.map((job, i) => {
      const other = b.jobs[i] ?? job;
      return {
        id: job.id,
        end: hull(job.end, other.end),
        success: job.success === other.success ? job.success : unknown,
        holds: job.holds || other.holds,
      };
    }),
  };
}

/** From here on anything may happen. */
export function lose(state: State): State {
  return { ...state, flow: "lost", success: unknown, time: { atLeast: state.time.atLeast, atMost: Infinity } };
}

/** More states than this are not told apart. */
const mostStates = 12;

/** Joins two states of the same course: a value that they don't share is unknown. */
function blur(a: State, b: State): State {
  const variables = new Map<string, Value>();
  for (const [name, value] of a.variables)
    if (b.variables.has(name)) variables.set(name, b.variables.get(name) === value ? value : unknown);
  return {
    ...join(a, b),
    success: a.success === b.success ? a.success : unknown,
    positional: sameList(a.positional, b.positional) ? a.positional : unknown,
    variables,
  };
}

function mergeIf(
  states: readonly State[],
  same: (a: State, b: State) => boolean,
  both: (a: State, b: State) => State,
): State[] {
  const merged: State[] = [];
  for (const state of states) {
    const at = merged.findIndex((other) => same(other, state));
    const other = merged[at];
    if (other === undefined) merged.push(state);
    else if (other !== state) merged[at] = both(other, state);
  }
  return merged;
}

/** Joins states of one shape; where there are still too many, those that differ in values; then gives up. */
export function merge(states: readonly State[]): State[] {
  const merged = mergeIf(states, sameShape, join);
  if (merged.length <= mostStates) return merged;
  const blurred = mergeIf(merged, sameCourse, blur);
  if (blurred.length <= mostStates) return blurred;
  const [first, ...rest] = blurred.map((state) => lose(state));
  if (first === undefined) return [];
  return [rest.reduce((sum, state) => ({ ...join(sum, state), jobs: [] }), { ...first, jobs: [] })];
}

/** Does one after another, for every state that goes on. */
export function forEach(states: readonly State[], step: (state: State) => State[]): State[] {
  const after: State[] = [];
  for (const state of states) {
    if (state.flow === "next") after.push(...step(state));
    else after.push(state);
  }
  return after.length < 2 ? after : merge(after);
}

/** What has begun at an infinite time never happens. */
export function pass(state: State, time: Interval): State {
  const sum = { atLeast: state.time.atLeast + time.atLeast, atMost: state.time.atMost + time.atMost };
  return sum.atLeast === Infinity ? { ...state, time: sum, flow: "never" } : { ...state, time: sum };
}

/** The states where a command succeeded, and those where it failed. */
export function split(state: State): { yes: State[]; no: State[] } {
  const as = (success: boolean): State => (state.success === success ? state : { ...state, success });
  return {
    yes: state.success === false ? [] : [as(true)],
    no: state.success === true ? [] : [as(false)],
  };
}

/** Nothing can be said about the whole script: it reaches out of the part that is being followed. */
export class TooHard extends Error {}
