/** What words become. */
import type { CommandArgument, Word, WordPart } from "unbash";
import { unknown, type Maybe } from "../../../kubernetes/values";
import { either, join, type Outcome, type State } from "./state";
import type { Shell } from "./evaluate";

/** A word of a command: its text in the script, and what it becomes, if that is one known field. */
export interface Field {
  text: string;
  value: Maybe<string>;
}

/** A line whose words are expanded, one after the other. */
export interface Line {
  /** Undefined if none of the ways comes that far. */
  state: State | undefined;
  /** Did a substitution run, whose status a bare assignment has? */
  substituted: boolean;
  /** Ways that have left the shell meanwhile. */
  left: Outcome;
}

/** Values that stay one field, without quotes, whatever the directory holds. */
const plainValue = /^[\w.:/,%@+=-]+$/;

export function begin(state: State): Line {
  return { state, substituted: false, left: {} };
}

/** The fields that a word becomes; one with an unknown value may be any number of any fields. */
export function fieldsOf(word: CommandArgument, line: Line, shell: Shell): Field[] {
  if (word.type === "Assignment") {
    const inner = word.value.type === "Word" ? valueOf(word.value, line, shell) : unknown;
    return [{ text: word.text, value: inner === unknown ? unknown : `${word.name}=${inner}` }];
  }
  // An unquoted variable that is set to nothing is no field.
  const isUnquoted = word.parts?.every(({ type }) => /^(?:Simple|Parameter)Expansion$/.test(type)) ?? false;
  const value = valueOf(word, line, shell);
  return value === "" && isUnquoted ? [] : [{ text: word.text, value }];
}

function valueOf(word: Word, line: Line, shell: Shell): Maybe<string> {
  if (word.parts === undefined) return unescape(word.text);
  return concatenated(word.parts.map((part) => partValue(part, line, shell, false)));
}

function concatenated(pieces: readonly Maybe<string>[]): Maybe<string> {
  return pieces.includes(unknown) ? unknown : pieces.join("");
}

function unescape(text: string): Maybe<string> {
  // `~` is somebody's home, and a pattern may match files.
  if (/^~|[*?]/.test(text)) return unknown;
  return text.replace(/\\([^])/g, "$1");
}

function partValue(part: WordPart, line: Line, shell: Shell, isQuoted: boolean): Maybe<string> {
  switch (part.type) {
    case "Literal":
      return isQuoted ? (part.text.includes("\\") ? unknown : part.text) : unescape(part.text);
    case "SingleQuoted":
      return part.value;
    case "DoubleQuoted":
      return concatenated(part.parts.map((inner) => partValue(inner, line, shell, true)));
    case "SimpleExpansion":
      return variable(part.text.slice(1), line, shell, isQuoted);
    case "ParameterExpansion":
      return parameter(part.text, line, shell, isQuoted);
    case "ArithmeticExpansion":
      // It may fail, and a variable's text may assign.
      mayLeave(line);
      forget(line);
      return unknown;
    case "CommandExpansion": {
      line.substituted = true;
      const { state } = line;
      if (!part.script || !state) return unknown;
      const inner = shell.substitute(part.script.commands, state, shell);
      // It ends when nothing holds its output open any more.
      const ended = join(inner.yes, inner.no);
      line.state = ended && {
        ...ended,
        time: { ...ended.time, atMost: Math.max(ended.time.atMost, ended.held) },
        held: Math.max(state.held, ended.held),
      };
      line.left = either(line.left, { lost: inner.lost });
      return unknown;
    }
    default:
      return unknown;
  }
}

/** Variables that the shell itself sets. */
const shellsOwn =
  /^(?:RANDOM|SRANDOM|SECONDS|EPOCH\w*|LINENO|PWD|OLDPWD|PPID|E?UID|GROUPS|HOST\w*|MACHTYPE|OSTYPE|SHLVL|OPT\w+|REPLY|PIPESTATUS|FUNCNAME|DIRSTACK|HIST\w*|COLUMNS|LINES|BASH\w*|SHELLOPTS|_|IFS|PS\d|TIMEFORMAT|COMP_\w*|\d+|\W)$/;

function variable(name: string, line: Line, shell: Shell, isQuoted: boolean): Maybe<string> {
  const value = shellsOwn.test(name) ? unknown : (line.state?.variables.get(name) ?? unknown);
  if (value === unknown) {
    if (/\w/.test(name)) shell.context.notes.add("variable");
    // With `set -u`, one that isn't set ends the shell.
    if (shell.options.nounset) mayLeave(line);
    return unknown;
  }
  return isQuoted || value === "" || plainValue.test(value) ? value : unknown;
}

/** `${x}`, `${x:-5}` and such. */
function parameter(text: string, line: Line, shell: Shell, isQuoted: boolean): Maybe<string> {
  const [, name = "", colon, operator, operand = ""] = /^\$\{(\w+)(?:(:?)([-+])([\w./:,%@ -]*))?\}$/.exec(text) ?? [];
  if (name === "") {
    shell.context.notes.add("variable");
    // `${x:?}` ends the shell, `${x:=5}` assigns, and dash refuses `${x/a/b}`.
    mayLeave(line);
    if (text.includes("=")) forget(line);
    return unknown;
  }
  if (operator === undefined) return variable(name, line, shell, isQuoted);
  const value = shellsOwn.test(name) ? unknown : (line.state?.variables.get(name) ?? unknown);
  if (value === unknown) shell.context.notes.add("variable");
  if (value === unknown) return unknown;
  const isMissing = colon === ":" && value === "";
  const chosen = operator === "+" ? (isMissing ? "" : operand) : isMissing ? operand : value;
  return isQuoted || plainValue.test(chosen) ? chosen : unknown;
}

/** The shell may end here. */
function mayLeave(line: Line): void {
  line.left = either(line.left, { exit: line.state });
}

function forget(line: Line): void {
  if (line.state) line.state = { ...line.state, variables: new Map() };
}
