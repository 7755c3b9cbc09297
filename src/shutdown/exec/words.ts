/** From the words of a script to the fields of a command: variables, substitutions, splitting. */
import type {
  ArithmeticWord,
  BraceExpansionPart,
  ParameterExpansionPart,
  ParameterOperation,
  ParsedScript,
  Script,
  Word,
  WordPart,
  DoubleQuotedChild,
} from "unbash";
import { unknown, type Maybe } from "../../kubernetes/values";
import { ArithmeticFailure, evaluate, type Scope } from "./arithmetic";
import { lose, type Dialect, type Note, type State, type Value } from "./state";

/** One way through a command: the state so far, and the ways that ended meanwhile (`${X:?}`, a failed `$((…))`). */
export interface Thread {
  state: State;
  ended: State[];
}

/** What expanding words needs of the shell that runs them. */
export interface Shell {
  dialect: Dialect;
  note: (note: Note) => void;
  /**
   * Runs `$(…)`: the state after it and what it printed. `success` is that of the substitution; the rest of the state
   * is the caller's own.
   */
  substitute: (script: ParsedScript, state: State) => { state: State; output: Maybe<string> };
}

/** The fields of a command; `more` where an unknown number of unknown fields follows. */
export interface Fields {
  list: Maybe<string>[];
  more: boolean;
}

/** Variables that the shell itself sets, to values that nobody can know beforehand. */
const shellsOwn =
  /^(RANDOM|SRANDOM|SECONDS|EPOCH\w*|LINENO|PWD|OLDPWD|PPID|E?UID|GROUPS|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE|SHLVL|OPT\w+|REPLY|PIPESTATUS|FUNCNAME|DIRSTACK|HISTCMD|COLUMNS|LINES|BASH\w*|SHELLOPTS|_|IFS|PS\d|TIMEFORMAT|HIST\w*|COMP_\w*)$/;

function readVariable(state: State, name: string): Value {
  if (shellsOwn.test(name)) return unknown;
  const value = state.variables.get(name);
  return value === undefined ? unknown : value;
}

/** A script that sets these changes how shells work from then on. */
const changesShell = /^(BASH_ENV|ENV|POSIXLY_CORRECT|SHELLOPTS|BASHOPTS|BASH_ALIASES|BASH_CMDS|BASH_FUNC_.*|TMOUT)$/;

/** Does a name in the environment change what shells do? */
export function steersShells(name: string): boolean {
  return changesShell.test(name) && name !== "ENV" && name !== "TMOUT";
}

const longestValue = 10_000;

/** Sets a variable; the way ends where that may do more than set it. */
export function assign(state: State, name: string, value: Value): State {
  if (changesShell.test(name) || state.readonly.has(name)) return lose(state);
  // Values may double with every round of a loop.
  if (typeof value === "string" && value.length > longestValue) value = unknown;
  const options = name === "IFS" && state.options.splits ? { ...state.options, splits: false } : state.options;
  return { ...state, options, variables: new Map(state.variables).set(name, value) };
}

/** Marks in values what stands for something else, such as a pid: no real value holds a NUL. */
export const selfPid = "\0self";
export const jobPid = (id: string) => `\0job ${id}`;
export const isMark = (value: Maybe<string>) => typeof value === "string" && value.includes("\0");

/** Expands the words of a command, in order. */
export function expandFields(words: readonly Word[], thread: Thread, shell: Shell): Fields {
  const all: Fields = { list: [], more: false };
  for (const word of words) {
    if (thread.state.flow !== "next") break;
    const fields = new FieldBuilder();
    if (word.parts === undefined) fields.open(startsWithTilde(word) ? unknown : word.value);
    else expandParts(word, word.parts, fields, thread, shell);
    const { list, more } = fields.finish();
    if (!all.more) {
      all.list.push(...list);
      all.more = more;
    }
  }
  return all;
}

/** Expands a word where fields are not split: an assignment, a `case`, a file name. */
export function expandOne(word: Word, thread: Thread, shell: Shell): Maybe<string> {
  if (word.parts === undefined) return startsWithTilde(word) || word.text.includes(":~") ? unknown : word.value;
  let value: Maybe<string> = startsWithTilde(word) ? unknown : "";
  for (const part of word.parts) {
    const text = partText(part, thread, shell);
    value = value === unknown || text === unknown ? unknown : value + text;
  }
  return value;
}

function startsWithTilde(word: Word): boolean {
  return word.text.startsWith("~");
}

/** Collects fields: text that is joined to the open field, and text that is split first. */
class FieldBuilder {
  private readonly list: Maybe<string>[] = [];
  private current: Maybe<string> | undefined;
  private more = false;

  /** Adds to the field that is open, or opens one. */
  open(text: Maybe<string>): void {
    if (this.current === undefined) this.current = text;
    else this.current = this.current === unknown || text === unknown ? unknown : this.current + text;
  }

  close(): void {
    if (this.current !== undefined) this.list.push(this.current);
    this.current = undefined;
  }

  /** From here on the number of fields isn't known. */
  lose(): void {
    this.more = true;
  }

  isLost(): boolean {
    return this.more;
  }

  finish(): Fields {
    // The field that was open when the count was lost may go on.
    if (this.more) return { list: this.list, more: true };
    this.close();
    return { list: this.list, more: false };
  }
}

function expandParts(word: Word, parts: readonly WordPart[], fields: FieldBuilder, thread: Thread, shell: Shell): void {
  if (startsWithTilde(word)) fields.open(unknown);
  const braces = parts.filter((part): part is BraceExpansionPart => part.type === "BraceExpansion");
  if (braces.length > 0 && (shell.dialect === "bash" || shell.dialect === "bash-posix")) {
    return expandBraces(parts, braces, fields, thread, shell);
  }
  for (const part of parts) {
    // Parts after a lost count still take their time and change variables.
    if (fields.isLost()) partText(part, thread, shell);
    else if (part.type === "DoubleQuoted") expandDoubleQuoted(part.parts, fields, thread, shell);
    else if (part.type === "Glob") fields.lose();
    else if (isSplit(part)) expandSplit(part, fields, thread, shell);
    else fields.open(partText(part, thread, shell));
  }
}

function isSplit(part: WordPart): boolean {
  return part.type === "SimpleExpansion" || part.type === "ParameterExpansion" || part.type === "CommandExpansion";
}

function expandDoubleQuoted(
  parts: readonly DoubleQuotedChild[],
  fields: FieldBuilder,
  thread: Thread,
  shell: Shell,
): void {
  const [only] = parts;
  if (parts.length === 1 && only && isAll(only)) {
    const { positional } = thread.state;
    if (positional === unknown) return fields.lose();
    for (const value of positional.slice(1)) {
      fields.open(value);
      fields.close();
    }
    return;
  }
  fields.open("");
  for (const part of parts) {
    if (isAll(part)) fields.lose();
    else fields.open(partText(part, thread, shell));
  }
}

/** `$@` or `${@…}` */
function isAll(part: WordPart): boolean {
  return (
    (part.type === "SimpleExpansion" && part.text === "$@") ||
    (part.type === "ParameterExpansion" && part.parameter === "@" && part.prefix !== "#")
  );
}

function expandSplit(part: WordPart, fields: FieldBuilder, thread: Thread, shell: Shell): void {
  if (isAll(part) || (part.type === "SimpleExpansion" && part.text === "$*")) {
    const { positional } = thread.state;
    const simple = part.type === "SimpleExpansion" && positional !== unknown;
    if (!simple || !positional.slice(1).every((value) => typeof value === "string" && /^[\w./:-]+$/.test(value))) {
      partText(part, thread, shell);
      return fields.lose();
    }
    for (const [i, value] of positional.slice(1).entries()) {
      if (i > 0) fields.close();
      fields.open(value);
    }
    return;
  }
  const value = partText(part, thread, shell);
  // A number is one field, whatever it is.
  if (value === unknown && isNumeric(part)) return fields.open(unknown);
  if (value === unknown || /[*?[\\]/.test(value) || !thread.state.options.splits) {
    if (value !== "") fields.lose();
    return;
  }
  if (isMark(value)) return fields.open(value);
  const pieces = value.split(/[ \t\n]+/);
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) fields.close();
    if (piece !== "") fields.open(piece);
  }
}

function isNumeric(part: WordPart): boolean {
  return (
    (part.type === "SimpleExpansion" && /^\$[?#$]$/.test(part.text)) ||
    (part.type === "ParameterExpansion" && part.prefix === "#")
  );
}

/** Values of `{1..5}`, `{a,b}`; undefined where they are not that plain. */
function braceValues(part: BraceExpansionPart): string[] | undefined {
  const range = /^\{(-?\d{1,9})\.\.(-?\d{1,9})(?:\.\.(-?\d{1,9}))?\}$/.exec(part.text);
  if (range) {
    const [first, last] = [Number(range[1]), Number(range[2])];
    const step = Math.abs(Number(range[3] ?? 1)) || 1;
    // `{01..10}` pads; so many numbers are not counted one by one.
    if (/^\{-?0\d|\.\.-?0\d/.test(part.text) || Math.abs(last - first) / step > 5000) return undefined;
    const values: string[] = [];
    for (let i = first; first <= last ? i <= last : i >= last; i += first <= last ? step : -step)
      values.push(String(i));
    return values;
  }
  const list = /^\{([\w.-]*(?:,[\w.-]*)+)\}$/.exec(part.text);
  return list?.[1]?.split(",");
}

function expandBraces(
  parts: readonly WordPart[],
  braces: readonly BraceExpansionPart[],
  fields: FieldBuilder,
  thread: Thread,
  shell: Shell,
): void {
  const [brace] = braces;
  const values = brace && braces.length === 1 ? braceValues(brace) : undefined;
  const plain = parts.every((part) => part === brace || part.type === "Literal" || part.type === "SingleQuoted");
  if (!values || !plain) {
    for (const part of parts) if (part.type !== "BraceExpansion") partText(part, thread, shell);
    // What it expands to may hold substitutions that take their time.
    if (braces.some((part) => part.parts?.some((inner) => inner.type !== "Literal"))) thread.state = lose(thread.state);
    return fields.lose();
  }
  for (const value of values) {
    const text = parts.map((part) => (part === brace ? value : "value" in part ? String(part.value) : "")).join("");
    // `{a,}` gives an empty piece that vanishes, unless something stands beside it.
    if (text !== "") fields.open(text);
    fields.close();
  }
}

/** The text of one part, not split. */
function partText(part: WordPart, thread: Thread, shell: Shell): Maybe<string> {
  const bash = shell.dialect === "bash" || shell.dialect === "bash-posix";
  switch (part.type) {
    case "Literal":
    case "SingleQuoted":
      return part.value;
    case "Glob":
      return part.text;
    case "AnsiCQuoted":
      // Only bash's reading is known for sure.
      return bash ? part.value : unknown;
    case "DoubleQuoted":
    case "LocaleString": {
      let text: Maybe<string> = part.type === "LocaleString" ? unknown : "";
      for (const child of part.parts) {
        const piece = partText(child, thread, shell);
        text = text === unknown || piece === unknown ? unknown : text + piece;
      }
      return text;
    }
    case "SimpleExpansion":
      return parameter(part.text.slice(1), thread, shell);
    case "ParameterExpansion":
      return parameterExpansion(part, thread, shell);
    case "CommandExpansion":
      return substitution(part.script, thread, shell);
    case "ArithmeticExpansion": {
      if (part.expression === undefined) return failArithmetic(thread);
      const value = arithmetic(() => evaluate(part.expression ?? neverUsed, scopeOf(thread, shell)), thread);
      return value === unknown ? unknown : String(value);
    }
    case "BraceExpansion":
      // Outside bash it is only text; its expansions are made all the same.
      for (const child of part.parts ?? []) if (partText(child, thread, shell) === unknown) return unknown;
      return part.parts?.some((child) => child.type !== "Literal") ? unknown : part.text;
    case "ProcessSubstitution":
    case "ExtendedGlob":
      shell.note("rare");
      thread.state = lose(thread.state);
      return unknown;
  }
}

const neverUsed = { type: "ArithmeticWord", pos: 0, end: 0, value: "0" } as const;

function substitution(script: ParsedScript | undefined, thread: Thread, shell: Shell): Maybe<string> {
  if (script === undefined || script.errors?.length) {
    thread.state = lose(thread.state);
    return unknown;
  }
  const { state, output } = shell.substitute(script, thread.state);
  thread.state = state;
  return output;
}

/** The value of `$x`, `$1`, `$?`, …; where it isn't set under `set -u`, the shell ends. */
function parameter(name: string, thread: Thread, shell: Shell): Maybe<string> {
  const value = parameterValue(name, thread.state);
  if ((value === null || value === unknown) && thread.state.options.nounset && !/^[?#$!@*0-]$/.test(name)) {
    abort(thread, value === null);
  }
  if (value === unknown && /^\w/.test(name)) shell.note("variable");
  return value === null ? "" : value;
}

function parameterValue(name: string, state: State): Value {
  const { positional } = state;
  if (/^\d+$/.test(name)) {
    if (positional === unknown) return unknown;
    const at = Number(name);
    const value = positional[at];
    return value === undefined ? null : value;
  }
  switch (name) {
    case "?":
      return state.success === true ? "0" : unknown;
    case "#":
      return positional === unknown ? unknown : String(positional.length - 1);
    case "$":
      return selfPid;
    case "!":
      return state.lastJob;
    case "@":
    case "*":
      if (positional === unknown || positional.length > 1) return unknown;
      return "";
    case "-":
      return unknown;
    default:
      return readVariable(state, name);
  }
}

/** The shell ends here, surely or perhaps. */
function abort(thread: Thread, surely: boolean): void {
  const ended: State = { ...thread.state, flow: "exit", success: false };
  if (surely) thread.state = ended;
  else thread.ended.push(ended);
}

function parameterExpansion(part: ParameterExpansionPart, thread: Thread, shell: Shell): Maybe<string> {
  const { operation } = part;
  if (part.index !== undefined || part.prefix === "!") {
    thread.state = lose(thread.state);
    return unknown;
  }
  if (part.prefix === "#") {
    const value = parameter(part.parameter, thread, shell);
    return value === unknown || isMark(value) || !/^[ -~]*$/.test(value) ? unknown : String(value.length);
  }
  if (operation === undefined) return parameter(part.parameter, thread, shell);
  if (operation.type === "Default") return withDefault(part.parameter, operation, thread, shell);
  return changed(part.parameter, operation, thread, shell);
}

function withDefault(
  name: string,
  operation: Extract<ParameterOperation, { type: "Default" }>,
  thread: Thread,
  shell: Shell,
): Maybe<string> {
  const value = parameterValue(name, thread.state);
  const colon = operation.operator.startsWith(":");
  const operator = operation.operator.slice(-1);
  const missing = value === unknown ? unknown : value === null || (colon && value === "");
  if (missing === unknown) shell.note("variable");
  if (operator === "?") {
    if (missing === true || missing === unknown) {
      expandOne(operation.operand, thread, shell);
      abort(thread, missing === true);
    }
    return value === null ? "" : value;
  }
  const usesOperand = operator === "+" ? not(missing) : missing;
  if (usesOperand === false) return operator === "+" ? "" : (value ?? "");
  if (usesOperand === unknown) {
    // With the operand's effects, or without.
    const without = thread.state;
    expandOne(operation.operand, thread, shell);
    if (thread.state !== without && thread.state.flow === "next") {
      const time = { atLeast: without.time.atLeast, atMost: thread.state.time.atMost };
      thread.state = thread.state.variables === without.variables ? { ...thread.state, time } : lose(without);
    } else if (thread.state.flow !== "next") {
      thread.state = lose(without);
    }
    if (operator === "=") thread.state = assign(thread.state, name, unknown);
    return unknown;
  }
  const operand = expandOne(operation.operand, thread, shell);
  // Whether quotes inside the operand count depends on the quotes around it.
  const plain = operand === unknown || operation.operand.text.includes('"') ? unknown : operand;
  if (operator === "=") thread.state = assign(thread.state, name, plain);
  return plain;
}

function not(value: Maybe<boolean>): Maybe<boolean> {
  return value === unknown ? unknown : !value;
}

/** `${x%.*}`, `${x/a/b}`, `${x:1:2}`, `${x^^}`: only its failing matters here. */
function changed(name: string, operation: ParameterOperation, thread: Thread, shell: Shell): Maybe<string> {
  parameter(name, thread, shell);
  if (operation.type === "Remove") {
    expandOne(operation.operand, thread, shell);
    return unknown;
  }
  // Not POSIX: dash ends with "Bad substitution", busybox may.
  if (shell.dialect === "dash" || shell.dialect === "busybox") {
    shell.note("shells");
    thread.state = lose(thread.state);
    return unknown;
  }
  const operands: (Word | undefined)[] =
    operation.type === "Replace"
      ? [operation.pattern, operation.replacement]
      : operation.type === "CaseModification"
        ? [operation.operand]
        : [];
  for (const operand of operands) if (operand) expandOne(operand, thread, shell);
  if (operation.type !== "Replace" && operation.type !== "CaseModification") thread.state = lose(thread.state);
  return unknown;
}

function failArithmetic(thread: Thread): Maybe<string> {
  thread.state = lose(thread.state);
  return unknown;
}

/** Evaluates; where that may fail, the way is lost: shells end, or drop the rest of the line. */
export function arithmetic(run: () => Maybe<number>, thread: Thread): Maybe<number> {
  try {
    return run();
  } catch (failure) {
    if (!(failure instanceof ArithmeticFailure)) throw failure;
    thread.state = lose(thread.state);
    return unknown;
  }
}

/** How arithmetic reaches the variables of a thread. */
export function scopeOf(thread: Thread, shell: Shell): Scope {
  return {
    dialect: shell.dialect,
    read: (name) => {
      const value = readVariable(thread.state, name);
      if (value === unknown) shell.note("variable");
      return value;
    },
    write: (name, value) => {
      thread.state = assign(thread.state, name, value);
      if (thread.state.flow !== "next") throw new ArithmeticFailure();
    },
    substitute: (script: Script | undefined) => {
      if (script) thread.state = shell.substitute(script, thread.state).state;
    },
    word: (word: ArithmeticWord) => {
      if (word.parts === undefined) {
        const match = /^\$([A-Za-z_]\w*|[0-9#])$/.exec(word.value);
        if (match) return integerText(parameter(match[1] ?? "", thread, shell));
        return word.value.includes("$") ? unknown : word.value;
      }
      let text: Maybe<string> = "";
      for (const part of word.parts) {
        const piece = partText(part, thread, shell);
        text = text === unknown || piece === unknown ? unknown : text + piece;
      }
      return integerText(text);
    },
  };
}

/** `$x` puts x's text into the expression, before it is parsed: only a number is what it seems. */
function integerText(text: Maybe<string>): Maybe<string> {
  return text !== unknown && /^-?\d+$/.test(text) ? text : unknown;
}
