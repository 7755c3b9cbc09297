/** What the commands of a shell script need of whoever runs the script. */
import type { Maybe } from "../../kubernetes/values";
import type { Analysis, Dialect, Environment, Run, State } from "./state";
import type { Shell } from "./words";

/** Where in a script a command stands. */
export interface Frame {
  /** Does its failing end nothing, `set -e` or not: left of `&&`, in a condition, after `!`? */
  tested: boolean;
  inFunction: boolean;
  /** Loops around it, within the same function and subshell. */
  loops: number;
  /** Are there loops around that function or subshell? */
  loopsOutside: boolean;
  /** Is it a child of the shell that `$$` names? */
  inSubshell: boolean;
  depth: number;
}

/** A program that a shell or another program starts. */
export interface Invocation {
  /** Its name or path, and its arguments. */
  argv: readonly Maybe<string>[];
  /** Do unknown arguments follow? */
  more: boolean;
  environment: Environment;
  analysis: Analysis;
  depth: number;
}

/** The ways in which a program may run. */
export type RunProgram = (invocation: Invocation) => Run[];

export interface Machine extends Shell {
  dialect: Dialect;
  analysis: Analysis;
  /** Runs a script's text in the shell itself, as `eval` does. */
  runSource: (source: string, state: State, frame: Frame) => State[];
  runProgram: RunProgram;
}
