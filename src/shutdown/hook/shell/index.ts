/** `sh -c "…"`: which shell runs which script, with which options. */
import { unknown, type Maybe } from "../../../kubernetes/values";
import { isNoProgram } from "../names";
import { anything, instantly, perhaps, ran, type Arguments, type Context, type Run } from "../programs/call";
import { evaluate, type Shell } from "./evaluate";
import { join } from "./state";
import type { Dialect } from "./syntax";

export { lastCommand } from "./last-command";

const dialects: Record<string, Dialect | undefined> = { sh: "any", bash: "bash", dash: "not bash", ash: "not bash" };

export function dialectOf(name: string): Dialect | undefined {
  return Object.hasOwn(dialects, name) ? dialects[name] : undefined;
}

/** What a shell does with its arguments. */
export type Reading =
  /** `at`: where the script stands, and after it `$0` and its operands. A login shell reads the image's profile first. */
  | { does: "script"; at: number; options: Shell["options"]; isLogin: boolean; mayRefuse: boolean }
  | { does: "file"; at: number }
  | { does: "nothing" }
  | { does: "unknown" };

/** Reads a shell's arguments as that shell would. */
export function readArguments(args: Arguments, dialect: Dialect): Reading {
  const options = { errexit: false, nounset: false, pipefail: false };
  const bash = dialect === "bash";
  let [takesScript, isLogin, mayRefuse] = [false, false, false];
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i];
    if (arg === undefined || arg === unknown) return { does: "unknown" };
    if (arg === "--" || arg === "-") {
      i++;
      break;
    }
    if (!/^[-+]./.test(arg)) break;
    if (arg.startsWith("--")) {
      if (!bash || !/^--(?:login|norc|noprofile)$/.test(arg)) return { does: "unknown" };
      isLogin ||= arg === "--login";
      continue;
    }
    let values = 0;
    for (const letter of arg.slice(1)) {
      if (letter === "c") takesScript = arg.startsWith("-");
      else if (letter === "l") isLogin = true;
      else if (letter === "n" && arg.startsWith("-")) return { does: "nothing" };
      else if (letter === "e") options.errexit = true;
      else if (letter === "u") options.nounset = true;
      else if (letter === "o") {
        const name = args[i + ++values];
        if (name === "errexit") options.errexit = true;
        else if (name === "nounset") options.nounset = true;
        else if (name === "pipefail") {
          options.pipefail = true;
          // dash knows it only since 2024.
          mayRefuse ||= !bash;
        } else if (name !== "xtrace") return { does: "unknown" };
      } else if (letter === "O" && bash) {
        if (!/^(?:inherit_errexit|nullglob|failglob|globstar)$/.test(String(args[i + ++values])))
          return { does: "unknown" };
      } else if (!/[xvb]/.test(letter)) return { does: "unknown" };
    }
    i += values;
  }
  if (takesScript)
    return i < args.length ? { does: "script", at: i, options, isLogin, mayRefuse } : { does: "nothing" };
  return i < args.length ? { does: "file", at: i } : { does: "nothing" };
}

/**
 * `["bash", "C", "sleep 30"]` and `["sh", "sleep", "5"]` were meant to be something else: no script has such a name. A
 * shell that finds the program `sleep` refuses to read it.
 */
export function isNoFile(file: Maybe<string> | undefined): boolean {
  return typeof file === "string" && (/^[cC]$/.test(file) || file === "sleep" || isNoProgram(file));
}

/** Variables with which a shell does other things than its script says. */
const steering = /^(?:BASH_ENV|POSIXLY_CORRECT|SHELLOPTS|BASHOPTS|BASH_ALIASES|BASH_CMDS|BASH_FUNC_.*|IFS)$/;

export function isSteered(environment: Context["environment"]): boolean {
  return [...environment.keys()].some((name) => steering.test(name));
}

export function runShell(args: Arguments, dialect: Dialect, context: Context): Run {
  const reading = readArguments(args, dialect);
  const script = reading.does === "script" || reading.does === "file" ? args[reading.at] : undefined;
  if (reading.does === "nothing") {
    // Without a script it reads its input.
    return context.isInputEmpty || args.includes("-n") ? instantly(unknown) : unseen(context, "script");
  }
  if (reading.does === "file") return isNoFile(script) ? instantly(false) : unseen(context, "script");
  if (reading.does === "unknown") return unseen(context, "option");
  if (script === undefined || script === unknown || isSteered(context.environment)) {
    return unseen(context, "variable");
  }
  // The profile may set any variable.
  const inner = reading.isLogin ? { ...context, environment: new Map<string, Maybe<string>>() } : context;
  const outcome = evaluate(script, dialect, reading.options, inner);
  if (outcome.lost) context.notes.add("rare");
  const run = runOf(outcome);
  if (!reading.mayRefuse) return run;
  context.notes.add("option");
  return perhaps(run);
}

function unseen({ notes }: Context, why: "script" | "option" | "variable"): Run {
  notes.add(why);
  return anything;
}

function runOf({ yes, no, exit, lost }: ReturnType<typeof evaluate>): Run {
  const end = [yes, no, exit, lost].reduce(join, undefined);
  if (!end) return anything;
  const success = exit || lost || (yes && no) ? unknown : yes !== undefined;
  return { ...ran(end.time, success, end.stop), held: end.held, endsShell: lost !== undefined };
}
