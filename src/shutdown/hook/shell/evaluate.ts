/**
 * Follows a shell script and counts the seconds, without running it.
 *
 * It keeps all ways that things may go as one state (state.ts). What it follows: lists, conditions, groups, subshells,
 * pipelines, branches, loops, background jobs, redirections, substitutions, `exit`, `exec` and plain assignments.
 * Everything else loses the way: from there on anything may happen. So an answer is never too narrow, only too wide.
 */
import type {
  AndOr,
  Case,
  Command,
  CommandNode,
  For,
  If,
  Pipeline,
  PipelineNode,
  Statement,
  While,
  Word,
} from "unbash";
import { unknown, type Maybe } from "../../../kubernetes/values";
import { add, anyTime, earlier, exactly, later, never, type Interval } from "../../interval";
import type { Context } from "../programs/call";
import { runProgram } from "../programs";
import { TooHard } from "../too-hard";
import { assign, builtinOf, type Assigned } from "./builtins";
import { givesInput, redirectsBoth, riskOf, targetOf } from "./redirections";
import { andThen, either, initial, join, lose, unsure, type Outcome, type State } from "./state";
import { isSpecial, read, type Dialect } from "./syntax";
import { begin, fieldsOf, type Field } from "./words";

/** A shell that runs a script. */
export interface Shell {
  dialect: Dialect;
  context: Context;
  functions: ReadonlySet<string>;
  /** Options that may be on. They are never turned off: an answer only gets wider by that. */
  options: { errexit: boolean; nounset: boolean; pipefail: boolean; isOutputMoved?: boolean };
  /** Loops around the command, in this shell and in those that it was forked from. */
  loops: number;
  loopsOutside: boolean;
  /** Is what the shell writes sure to be taken? */
  isOutputSure: boolean;
  /** Runs a substitution's script in a process of its own. */
  substitute: (commands: readonly Statement[], state: State, shell: Shell) => Outcome;
}

/** Rounds of a loop that are followed one by one. */
const mostRounds = 500;

/**
 * Where a script leads.
 *
 * @throws TooHard if it can't be followed
 */
export function evaluate(source: string, dialect: Dialect, options: Shell["options"], context: Context): Outcome {
  const syntax = read(source, dialect);
  const begun = initial(context.environment);
  if (syntax === "refused") return { no: begun };
  const shell: Shell = {
    ...{ dialect, context, options, functions: syntax.functions },
    ...{ loops: 0, loopsOutside: false, isOutputSure: true },
    substitute: (commands, state, outer) => fork(outer, state, (inner, from) => list(commands, from, inner)),
  };
  return list(syntax.statements, begun, shell);
}

/** Runs in a process of its own: its variables and jobs are lost, and `exit` ends only it. */
function fork(shell: Shell, state: State, run: (shell: Shell, state: State) => Outcome): Outcome {
  const inner = { ...shell, loops: 0, loopsOutside: shell.loopsOutside || shell.loops > 0 };
  const { yes, no, exit, lost } = run(inner, { ...state, jobs: exactly(0) });
  const back = (ended: State | undefined) =>
    ended && { ...ended, jobs: state.jobs, variables: state.variables, held: Math.max(ended.held, state.held) };
  return { yes: back(join(yes, exit)), no: back(join(no, exit)), lost };
}

function list(statements: readonly Statement[], state: State, shell: Shell, isTested = false): Outcome {
  let outcome: Outcome = { yes: state };
  for (const each of statements) {
    outcome = andThen(outcome, ["yes", "no"], (from) => {
      const after = each.background ? background(each.command, from, shell) : andOr(each.command, from, shell);
      // With `set -e`, a failure ends the shell, unless a condition asks for it.
      return shell.options.errexit && !isTested ? { ...after, exit: join(after.exit, after.no) } : after;
    });
  }
  return outcome;
}

function background(node: Statement["command"], state: State, shell: Shell): Outcome {
  shell.context.notes.add("background");
  const { yes, no, lost } = fork(shell, state, (inner, from) => andOr(node, from, inner));
  const ended = join(yes, no);
  const end: Interval = ended ? ended.time : { atLeast: state.time.atLeast, atMost: Infinity };
  const isRedirected =
    (node.type === "Command" || (node.type === "Redirected" && node.command.type === "Subshell")) &&
    redirectsBoth(node.redirects);
  const held = isRedirected ? 0 : Math.max(end.atMost, ended?.held ?? 0);
  const goesOn: State = {
    ...state,
    jobs: later(state.jobs, end),
    held: Math.max(state.held, held),
    stop: ended ? earlier(state.stop, ended.stop) : state.stop,
  };
  return { yes: goesOn, lost };
}

function andOr(node: PipelineNode | AndOr, state: State, shell: Shell): Outcome {
  if (node.type !== "AndOr") return pipeline(node, state, shell);
  const [first, ...others] = node.commands;
  let outcome = first ? pipeline(first, state, shell) : {};
  for (const [i, next] of others.entries()) {
    const way = node.operators[i] === "&&" ? "yes" : "no";
    outcome = andThen(outcome, [way], (from) => pipeline(next, from, shell));
  }
  return outcome;
}

function pipeline(node: PipelineNode, state: State, shell: Shell): Outcome {
  if (node.type !== "Pipeline") return command(node, state, shell);
  const [first] = node.commands;
  const outcome = node.commands.length === 1 && first ? command(first, state, shell) : piped(node, state, shell);
  if (node.prefixes.length === 0) return outcome;
  // `! break` leaves with either status.
  if (outcome.broke ?? outcome.next) return lose(state);
  return { ...outcome, yes: outcome.no, no: outcome.yes };
}

/**
 * Commands beside each other. A writer that lost its reader may end early, and one may wait for the other, so only the
 * last one is sure to take its time, and in the worst case they take turns. `sleep` neither reads nor writes.
 */
function piped({ commands }: Pipeline, state: State, shell: Shell): Outcome {
  const parts = commands.map((each, i) =>
    fork(inputOf(shell, i > 0), state, (inner, from) => command(each, from, inner)),
  );
  const sleeps = commands.map((each) => each.type === "Command" && each.name?.text === "sleep");
  const isBeside = !sleeps.includes(false);
  let { time, stop, held } = state;
  for (const [i, { yes, no }] of parts.entries()) {
    const end = join(yes, no) ?? { ...state, time: anyTime };
    const isSure = sleeps[i] === true || i === parts.length - 1;
    const last = Math.max(end.time.atMost, end.held);
    time = {
      atLeast: isSure ? Math.max(time.atLeast, end.time.atLeast) : time.atLeast,
      atMost: isBeside ? Math.max(time.atMost, last) : time.atMost + Math.max(0, last - state.time.atMost || 0),
    };
    stop = earlier(stop, isSure ? end.stop : { ...end.stop, atMost: Infinity });
    held = Math.max(held, end.held);
  }
  const whole = { ...state, time, stop, held };
  const { yes, no } = parts.at(-1) ?? {};
  return {
    yes: yes && whole,
    no: no || shell.options.pipefail ? whole : undefined,
    lost: parts.map((part) => part.lost).reduce(join, undefined),
  };
}

function inputOf(shell: Shell, isGiven: boolean): Shell {
  return isGiven ? { ...shell, context: { ...shell.context, isInputEmpty: false } } : shell;
}

function command(node: CommandNode, state: State, shell: Shell): Outcome {
  if (--shell.context.budget.steps < 0) throw new TooHard("has a script that is too large to follow");
  switch (node.type) {
    case "Command":
      return simple(node, state, shell);
    case "Redirected": {
      const line = begin(state);
      for (const each of node.redirects.flatMap((redirection) => targetOf(redirection) ?? []))
        fieldsOf(each, line, shell);
      const inner = inputOf(shell, givesInput(node.redirects));
      const risk = riskOf(node.redirects);
      const opened = line.state ? redirected(risk, line.state, shell, true) : {};
      const within = { ...inner, isOutputSure: inner.isOutputSure && risk === "sure" };
      return either(
        line.left,
        andThen(opened, ["yes"], (from) => command(node.command, from, within)),
      );
    }
    case "BraceGroup":
      return list(node.body.commands, state, shell);
    case "Subshell":
      return fork(shell, state, (inner, from) => list(node.body.commands, from, inner));
    case "If":
      return branches(node, state, shell);
    case "Case":
      return cases(node, state, shell);
    case "While":
      return whileLoop(node, state, shell);
    case "For":
      return rounds(node, state, shell);
    case "Function":
      return { yes: state };
    case "TestCommand":
      shell.context.notes.add("condition");
      return unsure(state);
    default:
      return lose(state);
  }
}

/** Opens files: the way goes on in `yes`. */
function redirected(risk: ReturnType<typeof riskOf>, state: State, shell: Shell, mayExit: boolean): Outcome {
  if (risk === "sure") return { yes: state };
  shell.context.notes.add("file");
  const after = risk === "may wait" ? { ...state, time: { ...state.time, atMost: Infinity } } : state;
  return { yes: after, no: after, ...(mayExit && { exit: after }) };
}

function simple(node: Command, state: State, shell: Shell): Outcome {
  const line = begin(state);
  const fields = [...(node.name ? [node.name] : []), ...node.args].flatMap((word) => fieldsOf(word, line, shell));
  for (const each of node.redirects.flatMap((redirection) => targetOf(redirection) ?? [])) fieldsOf(each, line, shell);
  const assigned: Assigned[] = [];
  for (const each of node.prefix) {
    if (each.type !== "Assignment" || each.value.type !== "Word") continue;
    const [field] = fieldsOf(each.value, line, shell);
    if (!line.state) return line.left;
    const own: Assigned = { name: each.name, text: each.value.text, value: field ? field.value : "" };
    assigned.push(own);
    const after = assign(own, line.state);
    if (!after) return either(line.left, lose(line.state));
    if (!node.name) line.state = after;
  }
  const [name, ...args] = fields;
  const risk = riskOf(node.redirects);
  const opened = line.state
    ? redirected(risk, line.state, shell, name === undefined || name.value === unknown || isSpecial(name.value))
    : {};
  if (name?.value === "exec" && args.length === 0 && line.state) {
    if (givesInput(node.redirects)) return either(line.left, lose(line.state));
    if (risk !== "sure") shell.options.isOutputMoved = true;
  }
  const inner = inputOf({ ...shell, isOutputSure: shell.isOutputSure && risk === "sure" }, givesInput(node.redirects));
  return either(
    line.left,
    andThen(opened, ["yes"], (from) => {
      if (!node.name) return line.substituted ? unsure(from) : { yes: from };
      if (!name || name.value === unknown || assigned.some((each) => each.name === "PATH")) return lose(from);
      // Whether the values stay depends on the command, and on the shell.
      const variables = new Map(from.variables);
      for (const each of assigned) variables.delete(each.name);
      return named(name.value, args, { ...from, variables }, inner, assigned);
    }),
  );
}

function named(
  name: string,
  args: readonly Field[],
  state: State,
  shell: Shell,
  assigned: readonly Assigned[],
): Outcome {
  if (shell.functions.has(name)) return lose(state);
  if (name === "exec" || name === "command") {
    const [first, ...rest] = args;
    if (first === undefined) return { yes: state };
    if (first.value === "-v" || first.value === "-V") return unsure(state);
    if (first.value === unknown || first.value.startsWith("-") || first.value === "exec" || first.value === "command")
      return lose(state);
    if (name === "command") return named(first.value, rest, state, { ...shell, functions: new Set() }, assigned);
    const { yes, no, lost } = external(args, state, shell, assigned);
    return { exit: join(yes, no), lost };
  }
  const own = builtinOf(name);
  return own ? own(args, state, shell) : external([{ text: name, value: name }, ...args], state, shell, assigned);
}

function external(argv: readonly Field[], state: State, shell: Shell, assigned: readonly Assigned[]): Outcome {
  const { context } = shell;
  const environment = new Map<string, Maybe<string>>(assigned.map(({ name, value }) => [name, value]));
  for (const [name, value] of context.environment) {
    if (!environment.has(name) && state.variables.get(name) === value) environment.set(name, value);
  }
  const run = runProgram(
    argv.map(({ value }) => value),
    { ...context, environment, depth: context.depth + 1 },
  );
  const after: State = {
    ...state,
    time: add(state.time, run.time),
    stop: earlier(state.stop, add(state.time, run.stop)),
    held: run.held ? Math.max(state.held, state.time.atMost + run.held) : state.held,
  };
  return {
    yes: run.success === false ? undefined : after,
    no: run.success === true ? undefined : after,
    lost: run.endsShell ? lose({ ...state, stop: after.stop }).lost : undefined,
  };
}

function branches(node: If, state: State, shell: Shell): Outcome {
  let outcome: Outcome = {};
  let waiting: State | undefined = state;
  for (const { clause, then } of [node, ...node.elif]) {
    if (!waiting) break;
    const { yes, no, ...left } = list(clause.commands, waiting, shell, true);
    outcome = either(outcome, left);
    if (yes) outcome = either(outcome, list(then.commands, yes, shell));
    waiting = no;
  }
  if (!waiting) return outcome;
  return either(outcome, node.else ? list(node.else.commands, waiting, shell) : { yes: waiting });
}

/** Any of the branches; none of them, if no pattern takes everything. */
function cases(node: Case, state: State, shell: Shell): Outcome {
  shell.context.notes.add("condition");
  const line = begin(state);
  fieldsOf(node.word, line, shell);
  const before = line.state;
  for (const word of node.items.flatMap(({ pattern }) => pattern)) fieldsOf(word, line, shell);
  // Not every pattern may be looked at.
  line.state = join(before, line.state);
  if (!line.state) return line.left;
  let outcome = line.left;
  for (const { body } of node.items) outcome = either(outcome, list(body.commands, line.state, shell));
  const takesAll = node.items.some(({ pattern }) => pattern.some(({ text }) => text === "*"));
  return takesAll ? outcome : either(outcome, { yes: line.state });
}

function whileLoop(node: While, state: State, shell: Shell): Outcome {
  const inner = { ...shell, loops: shell.loops + 1 };
  const [stay, leave] = node.kind === "while" ? (["yes", "no"] as const) : (["no", "yes"] as const);
  return loop(
    state,
    (head) => {
      const { yes, no, ...others } = list(node.clause.commands, head, inner, true);
      const tested = { yes, no };
      return { ...others, yes: tested[stay], no: tested[leave] };
    },
    (head) => list(node.body.commands, head, inner),
    shell,
  );
}

/** A loop: its first round, and then any number of further ones. `test` says `no` to leave it. */
function loop(state: State, test: (head: State) => Outcome, body: (head: State) => Outcome, shell: Shell): Outcome {
  let left: Outcome = {};
  let head: State | undefined = state;
  // What happens in a round may change what the next one does, but only once: a later one is covered by then.
  for (let round = 0; round < 4 && head; round++) {
    const tested = test(head);
    const ran: Outcome = tested.yes ? body(tested.yes) : {};
    left = [
      left,
      { yes: tested.no, no: round > 0 ? tested.no : undefined },
      { yes: join(tested.broke, ran.broke), exit: join(tested.exit, ran.exit), lost: join(tested.lost, ran.lost) },
    ].reduce(either);
    const ended: State | undefined = [ran.yes, ran.no, ran.next, tested.next].reduce(join, undefined);
    head = ended && forAnyTime(round > 0 ? (join(head, ended) ?? ended) : ended);
  }
  if (left.yes ?? left.no ?? left.exit ?? left.lost) {
    shell.context.notes.add("loop");
    return left;
  }
  // Nothing leaves it.
  return head ? { exit: { ...head, time: never } } : {};
}

/** A state after any number of rounds that begin with it. */
function forAnyTime(state: State): State {
  return {
    ...state,
    time: { ...state.time, atMost: Infinity },
    jobs: { atLeast: 0, atMost: Infinity },
    held: state.held > 0 ? Infinity : 0,
    variables: new Map(),
  };
}

function rounds(node: For, state: State, shell: Shell): Outcome {
  const words = node.wordlist ?? [];
  if (!assign({ name: node.name.text, text: "", value: unknown }, state)) return lose(state);
  const counts = countsOf(words, shell);
  if (counts) return counts.map((count) => each(node, valuesOf(count), state, shell)).reduce(either);
  const line = begin(state);
  const values = words.flatMap((word) => fieldsOf(word, line, shell)).map(({ value }) => value);
  if (!line.state) return line.left;
  const isLiteral = (word: Word) => (word.parts ?? []).every(({ type }) => /^(?:Literal|.*Quoted)$/.test(type));
  if (words.every(isLiteral) && !values.includes(unknown)) {
    return either(line.left, each(node, values, line.state, shell));
  }
  // Any number of rounds, none as well.
  const inner = { ...shell, loops: shell.loops + 1 };
  const body = (head: State) => list(node.body.commands, { ...head, variables: new Map() }, inner);
  return either(line.left, loop(line.state, unsure, body, shell));
}

/** How many rounds a loop over numbers has: `{1..5}` has five in bash, and one in other shells. */
function countsOf([word, ...others]: readonly Word[], { dialect, context }: Shell): number[] | undefined {
  const text = others.length === 0 ? (word?.text ?? "") : "";
  const [, from, to] = /^\{(\d{1,6})\.\.(\d{1,6})\}$/.exec(text) ?? [];
  if (to !== undefined) {
    const inBash = Math.abs(Number(to) - Number(from)) + 1;
    if (dialect === "any") context.notes.add("shells");
    return dialect === "bash" ? [inBash] : dialect === "not bash" ? [1] : [inBash, 1];
  }
  const [, first = 1, last] = /^(?:\$\(|`)\s*seq\s+(?:(\d{1,6})\s+)?(\d{1,6})\s*[)`]$/.exec(text) ?? [];
  return last === undefined ? undefined : [Math.max(0, Number(last) - Number(first) + 1)];
}

function valuesOf(count: number): Maybe<string>[] {
  return Array.from({ length: Math.min(count, mostRounds + 1) }, () => unknown);
}

/** One round for each value. */
function each(node: For, values: readonly Maybe<string>[], state: State, shell: Shell): Outcome {
  if (values.length > mostRounds) throw new TooHard("has a loop that is too long to follow");
  const inner = { ...shell, loops: shell.loops + 1 };
  let left: Outcome = {};
  let now: Outcome = { yes: state };
  for (const value of values) {
    const head: State | undefined = [now.yes, now.no, now.next].reduce(join, undefined);
    if (!head) break;
    now = list(node.body.commands, { ...head, variables: new Map(head.variables).set(node.name.text, value) }, inner);
    left = either(left, { yes: now.broke, exit: now.exit, lost: now.lost });
  }
  return either(left, { yes: join(now.yes, now.next), no: now.no });
}
