/** What a remedy may do with a hook's command: lengthen a plain sleep, or replace one that doesn't work. */
import { isKnown, unknown, type Maybe } from "../../kubernetes/values";
import type { Repair } from "../interval";
import type { Environment } from "./environment";
import { baseName, isNoProgram } from "./names";
import { meantSeconds, readPlain } from "./programs/sleep";
import { dialectOf, isNoFile, readArguments } from "./shell";
import { isRefused } from "./shell/syntax";

/** A `sleep` that a command runs and does nothing else. */
interface PlainSleep {
  operands: string[];
  /** The element of the command that holds the last operand, and where in it, with its quotes. */
  last?: { index: number; start: number; end: number };
  /** `$0`, if a shell's script is `sleep` and its operand came too late. */
  zero?: Maybe<string> | undefined;
}

const word = String.raw`"[^"$\`\\]*"|'[^']*'|[^ \t\n"'$\`\\;&|<>()#*?~]+`;
const sleepLine = new RegExp(
  `^[ \\t\\n]*(?:exec[ \\t]+)?(?:[\\w./-]*/)?sleep((?:[ \\t]+(?:${word}))*)[ \\t]*;?(?:[ \\t\\n]+#[^\\n]*)?[ \\t\\n]*$`,
);

/** The sleep that a script is; undefined if it does anything else as well. */
function sleepOfScript(script: string, index: number): PlainSleep | undefined {
  const match = /^.{0,400}$/s.test(script) ? sleepLine.exec(script) : null;
  if (!match) return undefined;
  const [whole, text = ""] = match;
  const from = whole.indexOf("sleep") + "sleep".length;
  const found = [...text.matchAll(new RegExp(word, "g"))];
  const operands = found.map(([each]) => each.replace(/^(["'])(.*)\1$/, "$2"));
  const last = found.at(-1);
  if (!last) return { operands };
  return { operands, last: { index, start: from + last.index, end: from + last.index + last[0].length } };
}

/** The sleep that a command is; undefined if it does anything else as well. */
function plainSleep(command: readonly Maybe<string>[]): PlainSleep | undefined {
  const isWrapper = (each: Maybe<string> | undefined) => /^(?:env|busybox|nohup|nice)$/.test(baseName(String(each)));
  let at = 0;
  while (at < command.length - 1 && isWrapper(command[at])) at++;
  const [program, ...args] = command.slice(at);
  if (program === undefined || program === unknown) return undefined;
  if (baseName(program) === "sleep") {
    if (!args.every(isKnown)) return undefined;
    const last = args.at(-1);
    return {
      operands: args,
      ...(last !== undefined && { last: { index: command.length - 1, start: 0, end: last.length } }),
    };
  }
  const dialect = dialectOf(baseName(program));
  const reading = dialect && readArguments(args, dialect);
  if (reading?.does !== "script") return undefined;
  const script = args[reading.at];
  const sleep = typeof script === "string" ? sleepOfScript(script, at + 1 + reading.at) : undefined;
  return sleep && { ...sleep, zero: args[reading.at + 1] };
}

/**
 * How to make a command that is known to sleep so many seconds, and to do nothing else, sleep longer: by changing its
 * last operand, and nothing around it. Undefined if it does anything else, or if its operand isn't a plain number.
 */
export function lengthen(command: readonly Maybe<string>[], total: number): (Repair & { kind: "lengthen" })["edit"] {
  const { last, operands = [] } = plainSleep(command) ?? {};
  const element = last && command[last.index];
  const value = operands.at(-1) ?? "";
  const own = readPlain(value);
  if (!last || typeof element !== "string" || own === undefined || !Number.isFinite(total)) return undefined;
  // What the other operands add up to stays.
  const others = operands.length > 1 ? total - own : 0;
  const { index, start, end } = last;
  return {
    index,
    to: (seconds) => {
      const number = `${Math.max(0, round(seconds - others))}${value.endsWith("s") ? "s" : ""}`;
      return element.slice(0, start) + element.slice(start, end).replace(value, number) + element.slice(end);
    },
  };
}

/** Sums of fractions, without their noise. */
export function round(seconds: number): number {
  return Number.isFinite(seconds) ? Math.round(seconds * 1e6) / 1e6 : seconds;
}

/** What is wrong with a command, and how it may be repaired. */
interface Mistake {
  because: string;
  repair: Repair;
}

function broken(because: string, meant?: number): Mistake {
  return { because, repair: { kind: "replace", ...(meant !== undefined && { meant }) } };
}

function other(because: string): Mistake {
  return { because, repair: { kind: "none" } };
}

/** Mistakes that keep a command from starting what it was meant to; undefined if it starts something. */
export function mistakeIn(command: readonly Maybe<string>[], environment: Environment): Mistake | undefined {
  const [program] = command;
  if (program === undefined || program === unknown) return undefined;
  if (program === "" || program.startsWith("-")) {
    return meaning(command, "has no program: its command begins with an option");
  }
  if (isNoProgram(program)) {
    return meaning(
      command,
      "has a whole command as the name of its program: no shell takes it apart, and no program has that name",
    );
  }
  return mistakeOfSleep(command, environment) ?? mistakeOfShell(command);
}

function mistakeOfSleep(command: readonly Maybe<string>[], environment: Environment): Mistake | undefined {
  const sleep = plainSleep(command);
  if (!sleep) return undefined;
  const { operands, zero } = sleep;
  const [first] = operands;
  if (first === undefined) {
    const meant = typeof zero === "string" ? meantSeconds(zero) : undefined;
    return broken(`runs "sleep" without an operand${meant === undefined ? "" : `; the ${meant} is $0`}`, meant);
  }
  if (first.startsWith("$") && operands.length === 1) {
    const value = environment.get(/^\$[({]?(\w+)[)}]?$/.exec(first)?.[1] ?? "");
    const because = 'runs "sleep" with the name of a variable: neither a shell nor Kubernetes replaces it in a hook';
    return broken(because, typeof value === "string" ? meantSeconds(value) : undefined);
  }
  if (!operands.every((operand) => /^[\w.,+\s"'-]*$/.test(operand))) {
    return other('runs "sleep" without a shell: it refuses the rest of the line');
  }
  // Zero seconds are no mistake.
  if (operands.every((operand) => /^[0.]+[smhd]?$/.test(operand))) return undefined;
  const because = operands.some((operand) => operand.includes("\r"))
    ? 'runs "sleep" with a carriage return after its operand, which it refuses'
    : 'runs "sleep" with an operand that it refuses';
  return broken(because, operands.length <= 2 ? meantSeconds(operands.join(" ")) : undefined);
}

/** `["bash", "C", "sleep 30"]`, `["sh", "sleep", "5"]`: a shell that looks for a file. */
function mistakeOfShell([program, ...args]: readonly Maybe<string>[]): Mistake | undefined {
  const dialect = typeof program === "string" ? dialectOf(baseName(program)) : undefined;
  if (!dialect) return undefined;
  const reading = readArguments(args, dialect);
  const at = reading.does === "file" || reading.does === "script" ? reading.at : 0;
  const text = args[at];
  if (reading.does === "file" && isNoFile(text)) {
    const rest = args.slice(/^[cC]$/.test(String(text)) ? at + 1 : at);
    return meaning(rest, "runs a shell without -c, which looks for a file of that name");
  }
  if (reading.does === "nothing") {
    const rest = args.filter((arg) => typeof arg !== "string" || !arg.startsWith("-"));
    return meaning(rest, "runs a shell that has no script, or only checks it");
  }
  if (reading.does !== "script" || typeof text !== "string") return undefined;
  const [, , quoted] = /^\s*(["'])([^"'$`\\]*)\1\s*$/.exec(text) ?? [];
  if (quoted !== undefined && isNoProgram(quoted)) {
    return meaning([quoted], "has quotes around its whole command, so its shell looks for a program of that name");
  }
  if (!isRefused(text)) return undefined;
  const [, operand = ""] = /^["'`(\s]*sleep\s+["'(]?(\S{1,8}?)["'`)\s;&|]*$/.exec(text) ?? [];
  const meant = meantSeconds(operand);
  const because = "has a syntax error, so its shell runs nothing";
  return meant === undefined ? other(because) : broken(because, meant);
}

/** What a misplaced command was meant to be: elements joined by blanks, or `/bin/sh -c 'sleep 5'` in one piece. */
function meaning(command: readonly Maybe<string>[], because: string): Mistake {
  if (command.includes(unknown)) return other(because);
  // One element may be a script of its own: `["-c", "sleep 5"]`.
  const text = command.filter((each) => each !== "-c").join(" ");
  const [, script = text] = /^(?:\S*\/)?(?:ba|da|a)?sh(?:\s+-\w*c)?\s+["']?([^"']*)["']?\s*$/.exec(text) ?? [];
  const sleep = sleepOfScript(script, 0);
  if (!sleep) return other(because);
  return broken(because, sleep.operands.length === 1 ? meantSeconds(sleep.operands[0] ?? "") : undefined);
}
