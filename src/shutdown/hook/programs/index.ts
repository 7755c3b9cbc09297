/**
 * What programs do: one table in several files. `sleep`, the shells, coreutils and the wrappers are taken to be in the
 * image, GNU's or busybox's, if a hook uses them. Any other program takes any time, fails or not.
 */
import { unknown } from "../../../kubernetes/values";
import { anyTime } from "../../interval";
import { baseName, isNoProgram } from "../names";
import { dialectOf, runShell } from "../shell";
import { TooHard } from "../too-hard";
import { anything, instantly, ran, type Arguments, type Context, type Run } from "./call";
import { instantRun } from "./instant";
import { interpreterRun } from "./interpreters";
import { sleepRun } from "./sleep";
import { effectOf, stopOf } from "./stop";
import { wrappers } from "./wrappers";

/** Programs that start others are followed that deep. */
const deepest = 40;

/** @throws TooHard if it can't be followed */
export function runProgram(argv: Arguments, context: Context): Run {
  const [first, ...args] = argv;
  if (--context.budget.steps < 0 || context.depth > deepest)
    throw new TooHard("has a command that is too large to follow");
  if (first === undefined || first === unknown) {
    context.notes.add("variable");
    return { ...anything, endsShell: true };
  }
  if (isNoProgram(first)) return instantly(false);
  const name = baseName(first);
  if (!first.includes("/") && !findsPrograms(context)) return unknownRun(name, args, context);
  const dialect = dialectOf(name);
  if (dialect) return runShell(args, context.busybox ? "not bash" : dialect, context);
  if (name === "sleep") return sleepRun(args, context);
  const wrapper = Object.hasOwn(wrappers, name) ? wrappers[name] : undefined;
  if (wrapper) return wrapper(args, { ...context, depth: context.depth + 1 }, runProgram);
  return instantRun(name, args, context) ?? interpreterRun(name, args, context) ?? unknownRun(name, args, context);
}

/** The image's own PATH finds `sleep`; one that was made for the container may not. */
function findsPrograms({ environment }: Context): boolean {
  const path = environment.get("PATH");
  if (path === undefined) return true;
  return path !== unknown && path.split(":").some((folder) => folder === "/bin" || folder === "/usr/bin");
}

/** A program of which nothing is known but what it may do to the app. */
function unknownRun(name: string, args: Arguments, context: Context): Run {
  context.notes.add("program");
  const { effect, endsShell } = effectOf(name, args, context.stopSignal);
  return { ...ran(anyTime, unknown, stopOf(effect)), endsShell };
}
