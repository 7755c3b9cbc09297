/** How a program is called, and how it may run. */
import { unknown, type Maybe } from "../../../kubernetes/values";
import { anyTime, exactly, hull, never, type Interval } from "../../interval";

/** Whether a command ends with status 0. */
export type Success = Maybe<boolean>;

/** One run of a program, in seconds from its start. */
export interface Run {
  time: Interval;
  success: Success;
  /** When it stops the app; Infinity: never. */
  stop: Interval;
  /** When the last of its background jobs ends, at the latest, that may hold its output open. */
  held?: number;
  /** May it end the shell that started it? */
  endsShell?: boolean;
}

/** Why an answer is as wide as it is. */
export type Note =
  | "program"
  | "script"
  | "variable"
  | "loop"
  | "file"
  | "background"
  | "shells"
  | "option"
  | "console"
  | "condition"
  | "rare";

/** What a hook's command runs in. */
export interface Context {
  /** Variables of the container with known values. */
  environment: ReadonlyMap<string, Maybe<string>>;
  /** The container's `lifecycle.stopSignal`. */
  stopSignal: Maybe<string> | undefined;
  /** May the container's file system be read-only? */
  isReadOnly: boolean;
  /** Is standard input the hook's own, which is empty? */
  isInputEmpty: boolean;
  /** Steps that the analysis may still take, for all of it. */
  budget: { steps: number };
  notes: Set<Note>;
  depth: number;
  /** Is it the applet of busybox that runs? */
  busybox?: boolean;
}

export type Arguments = readonly Maybe<string>[];

export function ran(time: Interval, success: Success, stop: Interval = never): Run {
  return { time, success, stop };
}

export const instantly = (success: Success): Run => ran(exactly(0), success);

/** Any program: any time, and it may stop the app at any moment. */
export const anything: Run = ran(anyTime, unknown, anyTime);

/** A run that may not come about: what would start it may fail at once. */
export function perhaps(run: Run): Run {
  return { ...run, time: hull(run.time, exactly(0)), success: unknown, stop: { ...run.stop, atMost: Infinity } };
}
