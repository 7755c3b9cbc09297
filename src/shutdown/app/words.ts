/** The command lines of containers, and the options in them. */
import { getList, unknown, type Maybe } from "../../kubernetes/values";
import { expand, type Environment } from "../hook/environment";
import { baseName } from "../hook/names";
import { dialectOf, lastCommand, readArguments } from "../hook/shell";

/** A word of a command line. One that is known in part stands as it is written: `0.0.0.0:$PORT`. */
export type Word = Maybe<string>;

/** What a container runs, by its manifest. */
export interface CommandLine {
  /** The name of the program; undefined where the image decides on it. */
  program?: string;
  args: readonly Word[];
  /** May it change the environment before the program starts? */
  changesEnvironment: boolean;
}

/** A longer command line is not read. */
const mostWords = 1_000;

/**
 * What a container's `command` and `args` run: past init programs and the like, and, of `sh -c`, the last command.
 * Undefined where that can't be known.
 * Source: https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
 *
 * @param isHidden is what stands at a path of the container (`args[0]`) a secret?
 */
export function commandLine(
  container: object,
  environment: Environment,
  isHidden: (path: string) => boolean,
): CommandLine | undefined {
  const words: Word[] = [];
  for (const field of ["command", "args"]) {
    const list = getList(container, field);
    if (list === unknown || (list && list.length > mostWords)) return undefined;
    for (const [i, word] of (list ?? []).entries()) {
      if (typeof word !== "string" || isHidden(`${field}[${i}]`)) words.push(unknown);
      else words.push(knownPart(expand(word, environment), word));
    }
  }
  const [first] = words;
  if (first === unknown) return undefined;
  if (first === undefined || first.startsWith("-")) return { args: words, changesEnvironment: false };
  const dialect = dialectOf(baseName(first));
  if (!dialect) return launched(words);
  const reading = readArguments(words.slice(1), dialect);
  const script = reading.does === "script" ? words[reading.at + 1] : undefined;
  if (typeof script !== "string") return undefined;
  const last = lastCommand(script, dialect, environment);
  const line = last && launched(last.map(({ value, text }) => knownPart(value, text)));
  return line && { ...line, changesEnvironment: line.changesEnvironment || setsVariables.test(script) };
}

/** What sets variables in a script, or may do so. */
const setsVariables =
  /(?:^|[\s;&|({])(?:[a-z_]\w*\+?=|(?:export|declare|typeset|readonly|local|unset|read|getopts|eval|source|set|\.)\s)/i;

function knownPart(value: Word, text: string): Word {
  return value === unknown && /^[\w./:@-]/.test(text) ? text : value;
}

/** Programs that run the rest of their command line, and what stands between them and it. */
const launcher =
  /^(?:exec|env|\w+=.*|tini|-g|--|-s|dumb-init|catatonit|[\w.-]*entrypoint[\w.-]*|python[\d.]*|-u|-m|poetry|uv|pipenv|pdm|run|ddtrace-run|opentelemetry-instrument|newrelic-admin|run-program)$/s;

function launched(words: readonly Word[]): CommandLine | undefined {
  const at = words.findIndex((word) => word === unknown || !launcher.test(baseName(word)));
  const program = words[at];
  if (typeof program !== "string") return undefined;
  const changesEnvironment = words.slice(0, at).some((word) => word !== unknown && /^\w+=/.test(word));
  return { program: baseName(program), args: words.slice(at + 1), changesEnvironment };
}

/**
 * The value of an option that is written `--name value` or `--name=value`: the last one, which counts. Unknown where a
 * word that can't be known may hold it; undefined where it isn't there.
 *
 * @param shortest how much of the name is enough: Python's argparse takes what is unambiguous
 */
export function optionOf(args: readonly Word[], name: string, shortest = name): Word | undefined {
  let value: Word | undefined;
  for (let i = 0; i < args.length; i++) {
    const word = args[i];
    // What comes after it is no option.
    if (word === "--") break;
    if (word === undefined || word === unknown) {
      // The value of another option is none.
      const before = args[i - 1];
      if (typeof before !== "string" || !before.startsWith("-")) value = unknown;
      continue;
    }
    const [, written = "", own] = /^(--[\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (!name.startsWith(written) || !written.startsWith(shortest)) continue;
    value = own ?? args[++i] ?? unknown;
  }
  return value;
}

/**
 * Splits a text into words as a shell's quotes have it (Python's `shlex.split`, and the JVM's option variables, which know
 * no backslash). Undefined where a quote isn't closed.
 */
export function splitWords(text: string, knowsBackslash = true): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    if (knowsBackslash && letter === "\\" && quote !== "'") {
      const next = text.charAt(++i);
      if (next === "") return undefined;
      word = (word ?? "") + (quote === "" || /["\\]/.test(next) ? next : `\\${next}`);
    } else if (quote !== "") {
      if (letter === quote) quote = "";
      else word = (word ?? "") + letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (!/\s/.test(letter)) word = (word ?? "") + letter;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (quote !== "") return undefined;
  return word === undefined ? words : [...words, word];
}
