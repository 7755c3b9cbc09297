/** What a hook's command was meant to be: nothing but a sleep, perhaps one that doesn't work. */
import type { Command, Word } from "unbash";
import { unknown, type Maybe } from "../../kubernetes/values";
import { meantSeconds } from "./duration";
import { baseName, isWholeCommand } from "./names";
import { dialectsOf, isNoFile, readArguments } from "./shell";
import { longestScript, parse } from "./syntax";
import type { Environment } from "./state";

/** A `sleep` that a command runs and does nothing else, and where its operands stand. */
export interface PlainSleep {
  operands: readonly string[];
  /** The element of the command that holds the last operand, and where in it. Undefined where there is no operand. */
  last?: { index: number; element: string; start: number; end: number };
  /** `$0`, where a shell's script is `sleep` and its operand came too late. */
  zero?: string;
}

/** The sleep that a command is; undefined where it does anything else as well. */
export function plainSleep(command: readonly Maybe<string>[]): PlainSleep | undefined {
  let at = 0;
  // `env sleep 5`, `busybox sleep 5`, `nohup sleep 5` sleep just as well.
  while (at < command.length - 1 && isWrapper(command[at])) at++;
  const program = command[at];
  if (program === undefined || program === unknown) return undefined;
  if (baseName(program) === "sleep") return sleepOfArguments(command, at);
  const [dialect] = dialectsOf(baseName(program)) ?? [];
  if (!dialect) return undefined;
  const args = command.slice(at + 1);
  const reading = readArguments(args, false, dialect);
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
  if (script.length > longestScript) return undefined;
  const { commands, errors } = parse(script);
  const [statement] = commands;
  if (errors?.length || commands.length !== 1 || statement?.background || statement?.command.type !== "Command") {
    return undefined;
  }
  const words = literalWords(statement.command);
  if (words?.[0]?.value === "exec") words.shift();
  const [name, ...operands] = words ?? [];
  if (name === undefined || baseName(name.value) !== "sleep") return undefined;
  const values = operands.map((word) => word.value);
  const last = operands.at(-1);
  if (!last) return { operands: values };
  return { operands: values, last: { index, element: script, start: last.pos, end: last.end } };
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

/** How to make such a sleep last longer by changing its last operand, and nothing around it. */
export function raiseOf(
  sleep: PlainSleep,
  total: number,
): { index: number; to: (seconds: number) => string } | undefined {
  const { last, operands } = sleep;
  const value = operands.at(-1);
  if (!last || value === undefined || !Number.isFinite(total)) return undefined;
  const [, digits = "", unit = ""] = /^(\d+\.?\d*|\.\d+)([smhd]?)$/.exec(value) ?? [];
  const own = Number(digits || "0") * ({ m: 60, h: 3600, d: 86400 }[unit] ?? 1);
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

/** Why a command that was meant to sleep does not, and how long it was meant to. */
export interface Mistake {
  because: string;
  /** False where it was meant to do more than sleep. */
  onlySleeps: boolean;
  meant?: number;
}

/** Mistakes that keep a command from starting what it was meant to; undefined where it starts something. */
export function mistakeIn(command: readonly Maybe<string>[], environment: Environment): Mistake | undefined {
  const [program] = command;
  if (program === undefined || program === unknown) return undefined;
  if (isWholeCommand(program)) {
    return meaning(
      command,
      "has a whole command as the name of its program: no shell takes it apart, and no program has that name",
    );
  }
  if (program === "" || program.startsWith("-")) {
    return meaning(command, "has no program: its command begins with an option");
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
    const because = `runs "sleep" without an operand${meant === undefined ? "" : `; the ${meant} is $0`}`;
    return { because, onlySleeps: true, ...(meant !== undefined && { meant }) };
  }
  if (/^\$/.test(first) && operands.length === 1) {
    const name = /^\$[({]?(\w+)[)}]?$/.exec(first)?.[1] ?? "";
    const value = environment.get(name);
    const meant = typeof value === "string" ? meantSeconds(value) : undefined;
    const because = 'runs "sleep" with the name of a variable: neither a shell nor Kubernetes replaces it in a hook';
    return { because, onlySleeps: true, ...(meant !== undefined && { meant }) };
  }
  const onlySleeps = operands.every((operand) => /^[\w.,+\s"'-]*$/.test(operand));
  if (!onlySleeps) return { because: 'runs "sleep" without a shell: it refuses the rest of the line', onlySleeps };
  const meant = operands.length <= 2 ? meantSeconds(operands.join(" ")) : undefined;
  const carriage = operands.some((operand) => operand.includes("\r"));
  const because = carriage
    ? 'runs "sleep" with a carriage return after its operand, which it refuses'
    : 'runs "sleep" with an operand that it refuses';
  return { because, onlySleeps, ...(meant !== undefined && { meant }) };
}

/** `["bash", "C", "sleep 30"]`, `["sh", "sleep", "5"]`: a shell that looks for a file. */
function mistakeOfShell(command: readonly Maybe<string>[]): Mistake | undefined {
  const [program, ...args] = command;
  const dialects = typeof program === "string" ? dialectsOf(baseName(program)) : undefined;
  if (!dialects) return undefined;
  const readings = dialects.map((dialect) => readArguments(args, false, dialect));
  const [reading] = readings;
  if (!reading || readings.some((other) => other.does !== reading.does)) return undefined;
  if (reading.does === "file") {
    const file = args[reading.at];
    if (typeof file !== "string") return undefined;
    if (!isNoFile(file)) return undefined;
    const looksLikeOption = file.length === 1;
    return meaning(
      args.slice(looksLikeOption ? reading.at + 1 : reading.at),
      "runs a shell without -c, which looks for a file of that name",
    );
  }
  if (reading.does === "nothing") {
    const rest = args.filter((arg) => typeof arg !== "string" || !arg.startsWith("-"));
    return meaning(rest, "runs a shell that has no script, or refuses its options");
  }
  if (reading.does !== "script") return undefined;
  const script = args[reading.at];
  if (typeof script !== "string" || script.length > longestScript) return undefined;
  const { commands, errors } = parse(script);
  const [statement] = commands;
  if (errors?.length) {
    const meant = /^["'`(\s]*sleep\s+["']?(\S{1,8}?)["'`)\s;&|]*$/.exec(script)?.[1];
    const value = meant === undefined ? undefined : meantSeconds(meant);
    const because = "has a syntax error, so its shell runs nothing";
    return { because, onlySleeps: value !== undefined, ...(value !== undefined && { meant: value }) };
  }
  if (commands.length === 1 && statement?.command.type === "Command") {
    const words = literalWords(statement.command);
    if (words?.length === 1 && words[0] && isWholeCommand(words[0].value)) {
      return meaning(
        [words[0].value],
        "has quotes around its whole command, so its shell looks for a program of that name",
      );
    }
  }
  return undefined;
}

/** What a misplaced command was meant to be: elements joined by blanks and taken apart again. */
function meaning(command: readonly Maybe<string>[], because: string): Mistake {
  const words: string[] = [];
  for (const element of command) {
    if (element === unknown) return { because, onlySleeps: false };
    // One element may be a script of its own: `["-c", "sleep 5"]`.
    words.push(element);
  }
  const text = words.filter((word) => word !== "-c").join(" ");
  const sleep = sleepOfScript(text, 0) ?? wrapped(text);
  if (!sleep) return { because, onlySleeps: false };
  const meant = sleep.operands.length === 1 ? meantSeconds(sleep.operands[0] ?? "") : undefined;
  return { because, onlySleeps: true, ...(meant !== undefined && { meant }) };
}

/** `/bin/sh -c 'sleep 5'` in one piece. */
function wrapped(text: string): PlainSleep | undefined {
  if (text.length > longestScript) return undefined;
  const { commands, errors } = parse(text);
  const [statement] = commands;
  if (errors?.length || commands.length !== 1 || statement?.command.type !== "Command") return undefined;
  const words = literalWords(statement.command)?.map((word) => word.value);
  if (!words || dialectsOf(baseName(words[0] ?? "")) === undefined) return undefined;
  const rest = words.slice(1).filter((word) => !/^-\w*c$/.test(word));
  return sleepOfScript(rest.join(" "), 0);
}
