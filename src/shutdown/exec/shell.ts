/** `sh -c "…"`: which shell runs which script, with which options. */
import { unknown, type Maybe } from "../../kubernetes/values";
import { anyTime, exactly, hull } from "../interval";
import { setOption } from "./builtins";
import { runScript } from "./interpreter";
import { isWholeCommand } from "./names";
import type { Invocation, RunProgram } from "./machine";
import { nowhere, type Dialect, type Run, type State } from "./state";
import { steersShells } from "./words";

/** What may answer to a name. */
const dialectsByName: Record<string, readonly Dialect[] | undefined> = {
  sh: ["dash", "bash-posix", "busybox"],
  bash: ["bash"],
  dash: ["dash"],
  ash: ["busybox", "dash"],
};

export function dialectsOf(program: string): readonly Dialect[] | undefined {
  return Object.hasOwn(dialectsByName, program) ? dialectsByName[program] : undefined;
}

type Option = Parameters<typeof setOption>[1];

/** What a shell does with its arguments. */
export type Reading =
  | {
      does: "script";
      /** Where the script stands among the arguments, and after it `$0` and its operands. */
      at: number;
      options: { option: Option; on: boolean }[];
      /** A login shell reads the image's profile first. */
      login: boolean;
    }
  /** It runs nothing: no script, an option that it refuses, `-n`. */
  | { does: "nothing" }
  /** It runs a file. */
  | { does: "file"; at: number }
  | { does: "unknown" };

const letters: Record<string, Option | "refused" | "unknown"> = {
  e: "errexit",
  u: "nounset",
  x: "none",
  v: "none",
  f: "none",
  a: "none",
  b: "none",
  p: "none",
  C: "none",
};

const names: Record<string, Option | undefined> = {
  errexit: "errexit",
  nounset: "nounset",
  pipefail: "pipefail",
  xtrace: "none",
  verbose: "none",
  noglob: "none",
  allexport: "none",
};

/** Options of one letter that one shell has and others refuse. Seen with dash 0.5.12, bash 5.2 and busybox 1.35. */
function refuses(letter: string, dialect: Dialect): boolean {
  const bash = dialect === "bash" || dialect === "bash-posix";
  if ("hkrBPtT".includes(letter)) return !bash;
  if (letter === "p") return dialect === "busybox";
  if ("IV".includes(letter)) return bash;
  return !"ceuxvfabpCEilmnoqsO".includes(letter);
}

/** Reads a shell's arguments as that shell would. */
export function readArguments(args: readonly Maybe<string>[], more: boolean, dialect: Dialect): Reading {
  const bash = dialect === "bash" || dialect === "bash-posix";
  const options: { option: Option; on: boolean }[] = [];
  let takesScript = false;
  let login = false;
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i];
    if (arg === undefined || arg === unknown) return { does: "unknown" };
    if (arg === "--" || arg === "-") {
      i++;
      break;
    }
    if (arg.startsWith("--")) {
      // bash's long options come first; dash refuses all of them.
      if (dialect === "dash") return { does: "nothing" };
      if (arg === "--login") login = true;
      else if (!bash || !["--norc", "--noprofile", "--posix"].includes(arg)) return { does: "unknown" };
      else if (arg === "--posix" && dialect === "bash") return { does: "unknown" };
      continue;
    }
    if (!/^[-+]./.test(arg)) break;
    const on = arg.startsWith("-");
    let values = 0;
    for (const letter of arg.slice(1)) {
      if (refuses(letter, dialect)) return { does: "nothing" };
      if (letter === "c") takesScript = on;
      else if (letter === "l") login = true;
      else if (letter === "n") return { does: "nothing" };
      else if (letter === "o") {
        values++;
        const name = args[i + values];
        if (name === undefined || name === unknown) return { does: "unknown" };
        const option = names[name];
        if (option === undefined) return { does: "unknown" };
        options.push({ option, on });
      } else {
        const option = letters[letter];
        if (option === undefined || option === "unknown" || option === "refused") return { does: "unknown" };
        options.push({ option, on });
      }
    }
    i += values;
  }
  if (takesScript) {
    if (i < args.length) return { does: "script", at: i, options, login };
    return more ? { does: "unknown" } : { does: "nothing" };
  }
  if (i < args.length) return { does: "file", at: i };
  // Standard input is empty in a hook.
  return more ? { does: "unknown" } : { does: "nothing" };
}

const anything: Run[] = [{ time: anyTime, stop: nowhere, success: unknown, background: 0 }];

/**
 * `["bash", "C", "sleep 30"]` and `["sh", "sleep", "5"]` were meant to be something else: no script has such a name. A
 * shell that finds the program `sleep` refuses to read it.
 */
export function isNoFile(file: Maybe<string> | undefined): boolean {
  return typeof file === "string" && (/^[cC]$/.test(file) || file === "sleep" || isWholeCommand(file));
}

/** The ways in which a shell with these arguments may run. */
export function runShell(
  invocation: Invocation,
  dialects: readonly Dialect[],
  name: string,
  runProgram: RunProgram,
): Run[] {
  // Each has its share of the steps, so that no answer depends on the order.
  const { analysis } = invocation;
  const share = analysis.steps / dialects.length;
  const runs = dialects.map((dialect) => {
    const own = { ...analysis, steps: share };
    const each = runDialect({ ...invocation, analysis: own }, dialect, name, runProgram);
    analysis.steps -= share - Math.max(0, own.steps);
    return each;
  });
  const times = runs.map((each) => each.map((run) => run.time).reduce(hull, each[0]?.time ?? anyTime));
  const [first] = times;
  if (times.some((time) => time.atLeast !== first?.atLeast || time.atMost !== first.atMost)) {
    analysis.notes.add("shells");
  }
  return runs.flat();
}

function runDialect(invocation: Invocation, dialect: Dialect, name: string, runProgram: RunProgram): Run[] {
  const { argv, more, environment, analysis, depth } = invocation;
  const args = argv.slice(1);
  const reading = readArguments(args, more, dialect);
  switch (reading.does) {
    case "nothing":
      return [{ time: exactly(0), stop: nowhere, success: unknown, background: 0 }];
    case "file":
      if (isNoFile(args[reading.at])) return [{ time: exactly(0), stop: nowhere, success: false, background: 0 }];
      analysis.notes.add("script");
      return anything;
    case "unknown":
      analysis.notes.add("option");
      return anything;
    case "script":
      break;
  }
  const script = args[reading.at];
  if (script === undefined || script === unknown) {
    analysis.notes.add("variable");
    return anything;
  }
  if ([...environment.keys()].some(steersShells)) {
    analysis.notes.add("variable");
    return anything;
  }
  const [zero = name, ...operands] = args.slice(reading.at + 1);
  const states = (initial: State): State[] => {
    let all = [initial];
    for (const { option, on } of reading.options) {
      all = all.flatMap((state) => setOption(state, option, on, dialect));
    }
    return all;
  };
  return runScript(
    script,
    [zero, ...operands],
    more,
    // The profile may set any variable.
    reading.login ? new Map() : environment,
    { dialect, states, analysis, runProgram },
    depth,
  );
}
