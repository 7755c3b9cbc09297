/** What a remedy may do with a hook's command: lengthen a plain sleep, or replace one that doesn't work. */
import type { Command, Word } from "unbash";
import { unknown, type Maybe } from "../../kubernetes/values";
import type { Repair } from "../interval";
import type { Environment } from "./environment";
import { baseName, isNoProgram } from "./names";
import { meantSeconds } from "./programs/sleep";
import { dialectOf, isNoFile, readArguments } from "./shell";
import { isRefused, parse } from "./shell/syntax";

/** A `sleep` that a command runs and does nothing else, and where its operands stand. */
interface PlainSleep {
  operands: readonly string[];
  /** The element of the command that holds the last operand, and where in it. Undefined where there is no operand. */
  last?: { index: number; element: string; start: number; end: number };
  /** `$0`, where a shell's script is `sleep` and its operand came too late. */
  zero?: string;
}

/** The sleep that a command is; undefined where it does anything else as well. */
function plainSleep(command: readonly Maybe<string>[]): PlainSleep | undefined {
  let at = 0;
  // `env sleep 5`, `busybox sleep 5`, `nohup sleep 5` sleep just as well.
  while (at < command.length - 1 && isWrapper(command[at])) at++;
  const program = command[at];
  if (program === undefined || program === unknown) return undefined;
  if (baseName(program) === "sleep") return sleepOfArguments(command, at);
  const dialect = dialectOf(baseName(program));
  if (!dialect) return undefined;
  const args = command.slice(at + 1);
  const reading = readArguments(args, dialect);
  if (reading.does !== "script") return undefined;
  const script = args[reading.at];
  if (typeof script !== "string") return undefined;
  const sleep = sleepOfScript(script, at + 1 + reading.at);
  const zero = args[reading.at + 1];
  return sleep && typeof zero === "string" ? { ...sleep, zero } : sleep;
}

function isWrapper(program: Maybe<string> | undefined): boolean {
  return typeof program === "string" && ["env", "busybox", "nohup", "nice"].includes(baseName(program));
}

function sleepOfArguments(command: readonly Maybe<string>[], at: number): PlainSleep | undefined {
  const operands: string[] = [];
  for (const operand of command.slice(at + 1)) {
    if (operand === unknown) return undefined;
    operands.push(operand);
  }
  const element = operands.at(-1);
  if (element === undefined) return { operands };
  return { operands, last: { index: command.length - 1, element, start: 0, end: element.length } };
}

function sleepOfScript(script: string, index: number): PlainSleep | undefined {
  const command = onlyCommand(script);
  const words = command && literalWords(command);
  if (words?.[0]?.value === "exec") words.shift();
  const [name, ...operands] = words ?? [];
  if (name === undefined || baseName(name.value) !== "sleep") return undefined;
  const values = operands.map((word) => word.value);
  const last = operands.at(-1);
  if (!last) return { operands: values };
  return { operands: values, last: { index, element: script, start: last.pos, end: last.end } };
}

/** The command that a script is, if it is one. */
function onlyCommand(script: string): Command | undefined {
  const { commands = [] } = parse(script) ?? {};
  const [statement] = commands;
  const isOne = commands.length === 1 && statement?.background !== true && statement?.command.type === "Command";
  return isOne ? statement.command : undefined;
}

/** A command of plain words only: no variables, no redirections. */
function literalWords(command: Command): Word[] | undefined {
  if (!command.name || command.prefix.length > 0 || command.redirects.length > 0) return undefined;
  const words: Word[] = [command.name];
  for (const argument of command.args) {
    if (argument.type !== "Word") return undefined;
    words.push(argument);
  }
  const isLiteral = (word: Word) =>
    (word.parts ?? []).every(
      (part) =>
        part.type === "Literal" ||
        part.type === "SingleQuoted" ||
        (part.type === "DoubleQuoted" && part.parts.every((inner) => inner.type === "Literal")),
    );
  return words.every(isLiteral) ? words : undefined;
}

/**
 * How to make a command that is known to sleep so many seconds, and nothing else, sleep longer: by changing its last
 * operand, and nothing around it. Undefined if it does anything else, or if its operand isn't a plain number.
 */
export function lengthen(command: readonly Maybe<string>[], total: number): (Repair & { kind: "lengthen" })["edit"] {
  const { last, operands = [] } = plainSleep(command) ?? {};
  const value = operands.at(-1);
  if (!last || value === undefined || !Number.isFinite(total)) return undefined;
  const [, digits, unit = ""] = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(value) ?? [];
  if (digits === undefined) return undefined;
  const own = Number(digits) * ({ m: 60, h: 3600, d: 86400 }[unit] ?? 1);
  // What the other operands add up to stays.
  const others = operands.length > 1 ? total - own : 0;
  const text = last.element.slice(last.start, last.end);
  return {
    index: last.index,
    to: (seconds) => {
      const number = `${Math.max(0, round(seconds - others))}${unit === "s" ? "s" : ""}`;
      const word = text.includes(value) ? text.replace(value, () => number) : number;
      return last.element.slice(0, last.start) + word + last.element.slice(last.end);
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
    const meant = zero === undefined ? undefined : meantSeconds(zero);
    return broken(`runs "sleep" without an operand${meant === undefined ? "" : `; the ${meant} is $0`}`, meant);
  }
  if (/^\$/.test(first) && operands.length === 1) {
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
  if (reading.does === "file") {
    const file = args[reading.at];
    if (typeof file !== "string" || !isNoFile(file)) return undefined;
    return meaning(
      args.slice(file.length === 1 ? reading.at + 1 : reading.at),
      "runs a shell without -c, which looks for a file of that name",
    );
  }
  if (reading.does === "nothing") {
    const rest = args.filter((arg) => typeof arg !== "string" || !arg.startsWith("-"));
    return meaning(rest, "runs a shell that has no script, or only checks it");
  }
  const script = reading.does === "script" ? args[reading.at] : undefined;
  if (typeof script !== "string") return undefined;
  const command = onlyCommand(script);
  const words = command && literalWords(command);
  if (words?.length === 1 && words[0] && isNoProgram(words[0].value)) {
    return meaning(
      [words[0].value],
      "has quotes around its whole command, so its shell looks for a program of that name",
    );
  }
  // Whatever else takes no time is a script that says so.
  if (isRefused(script)) {
    const [, text] = /^["'`(\s]*sleep\s+["'(]?(\S{1,8}?)["'`)\s;&|]*$/.exec(script) ?? [];
    const meant = text === undefined ? undefined : meantSeconds(text);
    const because = "has a syntax error, so its shell runs nothing";
    return meant === undefined ? other(because) : broken(because, meant);
  }
  return undefined;
}

/** What a misplaced command was meant to be: elements joined by blanks and taken apart again. */
function meaning(command: readonly Maybe<string>[], because: string): Mistake {
  const words: string[] = [];
  for (const element of command) {
    if (element === unknown) return other(because);
    // One element may be a script of its own: `["-c", "sleep 5"]`.
    words.push(element);
  }
  const text = words.filter((word) => word !== "-c").join(" ");
  const sleep = sleepOfScript(text, 0) ?? wrapped(text);
  if (!sleep) return other(because);
  return broken(because, sleep.operands.length === 1 ? meantSeconds(sleep.operands[0] ?? "") : undefined);
}

/** `/bin/sh -c 'sleep 5'` in one piece. */
function wrapped(text: string): PlainSleep | undefined {
  const command = onlyCommand(text);
  const [shell, ...words] = (command && literalWords(command))?.map((word) => word.value) ?? [];
  if (shell === undefined || dialectOf(baseName(shell)) === undefined) return undefined;
  return sleepOfScript(words.filter((word) => !/^-\w*c$/.test(word)).join(" "), 0);
}
