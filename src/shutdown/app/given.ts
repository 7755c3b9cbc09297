/** What a manifest gives of a container that a framework reads. */
import { unknown, type Maybe } from "../../kubernetes/values";
import type { Environment } from "../hook/environment";
import type { Budget } from "./budget";
import type { ConfigFile } from "./config-maps";
import type { CommandLine } from "./words";

export interface Given {
  container: object;
  /** Undefined where it can't be known. */
  commandLine: CommandLine | undefined;
  environment: Environment;
  /** By the path in the container. */
  files: ReadonlyMap<string, Maybe<ConfigFile>>;
}

/** A framework whose settings say how long an app takes to shut down. */
export interface Framework {
  name: string;
  /** The versions that this is true of. */
  versions: string;
  /** What is read. */
  reads: readonly string[];
  /** What holds where the manifest proves the framework and sets nothing. */
  otherwise?: string;
  /** The official page, or the source. */
  link: string;
  /** What it gives itself, by the manifest. */
  budget: (given: Given) => Budget | undefined;
}

/** Is the program one of these, or does the image decide on it? False where its arguments may be any. */
export function mayRun({ commandLine }: Given, programs: RegExp): boolean {
  if (!commandLine || commandLine.args.includes(unknown)) return false;
  return commandLine.program === undefined || programs.test(commandLine.program);
}

/** Does such a program, as far as the manifest says, read the environment as the manifest sets it? */
export function readsEnvironment(given: Given, programs: RegExp): boolean {
  return mayRun(given, programs) && given.commandLine?.changesEnvironment === false;
}

/** The arguments of a program that the manifest surely runs. */
export function argumentsOf({ commandLine }: Given, program: string): CommandLine["args"] | undefined {
  return commandLine?.program === program ? commandLine.args : undefined;
}
