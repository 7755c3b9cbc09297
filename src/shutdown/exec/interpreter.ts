/**
 * Follows a shell script and counts the seconds, without running it.
 *
 * It keeps every way that things may go: a command whose end isn't known leaves two ways, with success and without.
 * Builtins take no time and do what they do; programs take any time, except those that `program.ts` knows. Whatever is
 * not followed here (`alias`, `source`, a variable as a command) loses the way: from there on anything may happen. So
 * an answer is never too narrow, only too wide.
 */
import type {
  AndOr,
  ArithmeticFor,
  Assignment,
  Case,
  Command,
  CommandNode,
  CompoundCommand,
  For,
  If,
  ParsedScript,
  Pipeline,
  PipelineNode,
  Redirected,
  Redirection,
  Statement,
  TestExpression,
  While,
  Word,
} from "unbash";
import { unknown, type Maybe } from "../../kubernetes/values";
import { earlier, hull, later } from "../interval";
import { evaluate } from "./arithmetic";
import { builtin, specialBuiltins } from "./builtins";
import { judgeTest } from "./conditions";
import type { Success } from "./duration";
import { followLoop } from "./loops";
import type { Frame, Machine, RunProgram } from "./machine";
import { keptPath, usesPath } from "./path";
import { redirectsBoth, splitAmpersand } from "./redirections";
import { sequence } from "./seq";
import {
  forEach,
  join,
  lose,
  merge,
  nowhere,
  pass,
  split,
  TooHard,
  type Analysis,
  type Dialect,
  type Environment,
  type Job,
  type Run,
  type Sink,
  type State,
  type Value,
} from "./state";
import { chunksOf } from "./syntax";
import {
  arithmetic,
  assign,
  expandFields,
  expandOne,
  isMark,
  jobPid,
  scopeOf,
  type Fields,
  type Thread,
} from "./words";

/** Calls within calls that are followed. */
const deepest = 300;

/** Starts a shell on a script, and follows it to its end. */
export function runScript(
  source: string,
  positional: readonly Maybe<string>[],
  more: boolean,
  environment: Environment,
  options: { dialect: Dialect; states: (initial: State) => State[]; analysis: Analysis; runProgram: RunProgram },
  depth: number,
): Run[] {
  const interpreter = new Interpreter(options.dialect, options.analysis, options.runProgram, depth);
  const initial: State = {
    time: { atLeast: 0, atMost: 0 },
    stop: nowhere,
    background: 0,
    jobs: [],
    lastJob: unknown,
    variables: environment,
    exported: new Set(environment.keys()),
    readonly: new Set(),
    locals: new Set(),
    functions: new Map(),
    positional: more ? unknown : positional,
    options: {
      errexit: false,
      nounset: false,
      pipefail: false,
      splits: true,
      trapped: false,
      otherDescriptors: false,
    },
    stdout: "inherited",
    stderr: "inherited",
    piped: 0,
    exitTrap: undefined,
    success: true,
    flow: "next",
    levels: 0,
  };
  const frame: Frame = {
    tested: false,
    inFunction: false,
    loops: 0,
    loopsOutside: false,
    inSubshell: false,
    depth,
  };
  const ended = forEach(options.states(initial), (state) => interpreter.runSource(source, state, frame, true));
  return interpreter.finish(ended, frame).map((state) => ({
    time: state.time,
    stop: state.stop,
    success: state.flow === "lost" ? unknown : state.success,
    background: state.jobs.reduce(
      (latest, job) => (job.holds ? Math.max(latest, job.end.atMost) : latest),
      state.background,
    ),
  }));
}

class Interpreter implements Machine {
  private jobs = 0;
  /** Functions being called. */
  private calls = 0;
  private mentionsKill = false;
  private mentionsErrexit = false;

  constructor(
    readonly dialect: Dialect,
    readonly analysis: Analysis,
    readonly runProgram: RunProgram,
    private readonly depth: number,
  ) {}

  note(note: Parameters<Machine["note"]>[0]): void {
    this.analysis.notes.add(note);
  }

  /** The end of a shell: its EXIT trap. */
  finish(states: readonly State[], frame: Frame): State[] {
    return merge(
      states.flatMap((state) => {
        if (state.exitTrap === undefined || state.flow === "lost" || state.flow === "never") return [state];
        const trapped: State = { ...state, exitTrap: undefined, flow: "next" };
        // The trap's own status counts only if it exits.
        return this.runSource(state.exitTrap, trapped, { ...frame, tested: false, loops: 0 }).map((after) => ({
          ...after,
          success: after.flow === "next" ? state.success : after.success,
        }));
      }),
    );
  }

  runSource(source: string, state: State, frame: Frame, isWhole = false): State[] {
    if (frame.depth > deepest) return this.giveUp(state);
    this.analysis.steps -= source.length / 16;
    this.mentionsKill ||= source.includes("kill");
    this.mentionsErrexit ||= /set\s+-\w*e|errexit/.test(source);
    let states = [state];
    for (const chunk of chunksOf(source, this.dialect)) {
      states = forEach(states, (before) => {
        if (chunk.syntax === "fine") return this.runStatements(chunk.statements, before, deeper(frame));
        this.note("syntax");
        if (chunk.syntax === "unclear") return [lose(before)];
        // bash goes on after an error in `eval`.
        if (before.exitTrap !== undefined || !isWhole) return [lose(before)];
        return [{ ...before, flow: "exit", success: false }];
      });
    }
    return states;
  }

  private giveUp(state: State): State[] {
    this.note("large");
    return [lose(state)];
  }

  private runStatements(statements: readonly Statement[], state: State, frame: Frame): State[] {
    let states = [state];
    for (const statement of statements) states = forEach(states, (each) => this.runStatement(statement, each, frame));
    return states;
  }

  private runStatement(statement: Statement, state: State, frame: Frame): State[] {
    if (--this.analysis.steps < 0 || frame.depth > deepest) return this.giveUp(state);
    if (this.dialect === "dash" && statement.command.type === "Command") {
      const parts = splitAmpersand(statement.command);
      if (parts === "unclear") return [lose(state)];
      if (parts) {
        this.note("shells");
        return forEach(this.runInBackground(parts.command, state, frame), (after) =>
          this.runCommand(parts.rest, after, frame),
        );
      }
    }
    if (statement.background) return this.runInBackground(statement.command, state, frame);
    return this.runNode(statement.command, state, frame);
  }

  private runNode(node: PipelineNode | AndOr, state: State, frame: Frame): State[] {
    if (node.type === "AndOr") return this.runAndOr(node, state, frame);
    if (node.type === "Pipeline") return this.runPipeline(node, state, frame);
    return this.runCommandNode(node, state, frame);
  }

  private runAndOr({ commands, operators }: AndOr, state: State, frame: Frame): State[] {
    let states = [state];
    for (const [i, command] of commands.entries()) {
      // Only the last command's failure counts for `set -e`.
      const inner = i < commands.length - 1 ? { ...frame, tested: true } : frame;
      const operator = operators[i - 1];
      states = forEach(states, (each) => {
        if (operator === undefined) return this.runNode(command, each, inner);
        const { yes, no } = split(each);
        const [run, skip] = operator === "&&" ? [yes, no] : [no, yes];
        return [...run.flatMap((runs) => this.runNode(command, runs, inner)), ...skip];
      });
    }
    return states;
  }

  private runCommandNode(node: CommandNode, state: State, frame: Frame): State[] {
    const inner = deeper(frame);
    if (--this.analysis.steps < 0 || frame.depth > deepest) return this.giveUp(state);
    if (node.type === "Command") return this.checkErrexit(this.runCommand(node, state, inner), frame);
    if (node.type === "Redirected") return this.runRedirected(node, state, inner);
    if (node.type === "Coproc") {
      this.note("rare");
      return [lose(state)];
    }
    if (node.type === "Function") {
      const name = node.name.text;
      if (node.body.type === "CompoundList" || specialBuiltins.has(name) || name === "command") return [lose(state)];
      return [{ ...state, success: true, functions: new Map(state.functions).set(name, node.body) }];
    }
    return this.runCompound(node, state, inner);
  }

  private runCompound(node: CompoundCommand, state: State, frame: Frame): State[] {
    switch (node.type) {
      case "BraceGroup":
        return this.runStatements(node.body.commands, state, frame);
      case "Subshell":
        return this.checkErrexit(
          this.runSubshell(state, frame, (inner, subframe) => this.runStatements(node.body.commands, inner, subframe)),
          frame,
        );
      case "If":
        return this.runIf(node, state, frame);
      case "While":
        return this.runWhile(node, state, frame);
      case "For":
        return this.runFor(node, state, frame);
      case "Case":
        return this.runCase(node, state, frame);
      case "ArithmeticFor":
        return this.runArithmeticFor(node, state, frame);
      case "ArithmeticCommand": {
        const thread: Thread = { state, ended: [] };
        const { expression } = node;
        if (!expression || !this.dialect.startsWith("bash")) return [lose(state)];
        const value = arithmetic(() => evaluate(expression, scopeOf(thread, this)), thread);
        return this.checkErrexit(settle(thread, value === unknown ? unknown : value !== 0), frame);
      }
      case "TestCommand":
        return this.checkErrexit(this.runTest(node.expression, state), frame);
      case "Select":
        this.note("rare");
        return [lose(state)];
    }
  }

  /** With `set -e`, a command that fails ends the shell, unless its failing was asked for. */
  private checkErrexit(states: readonly State[], frame: Frame): State[] {
    if (frame.tested) return [...states];
    return states.flatMap((state) => {
      if (!state.options.errexit || state.flow !== "next" || state.success === true) return [state];
      const { yes, no } = split(state);
      return [...yes, ...no.map((failed): State => ({ ...failed, flow: "exit" }))];
    });
  }

  // Pipelines, subshells and background jobs: what runs beside the shell.

  private runPipeline(node: Pipeline, state: State, frame: Frame): State[] {
    const negations = node.prefixes.filter((prefix) => prefix.type === "Negation").length;
    const timed = node.prefixes.some((prefix) => prefix.type === "Time");
    if (timed && !this.dialect.startsWith("bash")) return this.runTimeProgram(node, state, frame);
    if (
      negations > 0 &&
      this.dialect.startsWith("bash") &&
      this.mentionsErrexit &&
      !state.options.errexit &&
      !frame.tested
    ) {
      // To bash, `!` spares what it negates only where `set -e` was on before.
      return merge([true, false].flatMap((tested) => this.runNegated(node, negations, state, { ...frame, tested })));
    }
    return this.runNegated(node, negations, state, negations > 0 ? { ...frame, tested: true } : frame);
  }

  private runNegated(node: Pipeline, negations: number, state: State, inner: Frame): State[] {
    const [only] = node.commands;
    if (only && node.commands.length === 1) {
      return merge(this.runCommandNode(only, state, inner).map((after) => negate(after, negations)));
    }
    let time = { atLeast: 0, atMost: 0 };
    let stop = nowhere;
    let background = state.background;
    let last: State[] = [];
    let mayFail = false;
    for (const [i, command] of node.commands.entries()) {
      const isLast = i === node.commands.length - 1;
      const started: State = {
        ...state,
        stdout: isLast ? state.stdout : "pipe",
        stderr: node.operators[i] === "|&" ? "pipe" : state.stderr,
        piped: 0,
      };
      const ended = this.runSubshell(started, inner, (begun, subframe) =>
        this.runCommandNode(command, begun, subframe),
      );
      const [first, ...rest] = ended;
      if (!first) continue;
      time = later(
        time,
        rest.reduce((sum, each) => hull(sum, each.time), first.time),
      );
      stop = earlier(
        stop,
        rest.reduce((sum, each) => hull(sum, each.stop), first.stop),
      );
      background = ended.reduce((latest, each) => Math.max(latest, each.background), background);
      if (isLast) last = ended;
      else if (ended.some((each) => each.success !== true || each.flow !== "next")) mayFail = true;
    }
    const after = last.map((each): State => {
      let success: Success = each.success;
      if (mayFail && success === true && state.options.pipefail !== false) success = unknown;
      const flow = time.atLeast === Infinity ? "never" : "next";
      return { ...state, time, stop, background, success, flow };
    });
    const checked = negations > 0 ? after : this.checkErrexit(after, inner);
    return merge(checked.map((each) => negate(each, negations)));
  }

  /** Outside bash `time` is a program that runs another, or isn't there. */
  private runTimeProgram(node: Pipeline, state: State, frame: Frame): State[] {
    const [command] = node.commands;
    const name = command?.type === "Command" && command.name?.parts === undefined ? command.name?.text : undefined;
    const isProgram = name !== undefined && !state.functions.has(name) && !builtin(name, this.dialect);
    if (!command || !isProgram || node.prefixes.length > 1 || node.commands.length > 1) return [lose(state)];
    this.note("shells");
    const skipped: State = { ...state, success: false };
    const ran = this.runCommandNode(command, state, { ...frame, tested: true });
    return this.checkErrexit([...ran, skipped], frame);
  }

  /** What a child of the shell does to it: it takes time, succeeds or fails, and leaves everything else alone. */
  private runSubshell(state: State, frame: Frame, body: (inner: State, subframe: Frame) => State[]): State[] {
    const subframe: Frame = {
      ...deeper(frame),
      loops: 0,
      loopsOutside: frame.loopsOutside || frame.loops > 0,
      inSubshell: true,
    };
    const inner: State = { ...state, jobs: [], exitTrap: undefined };
    const ended = this.finish(body(inner, subframe), subframe);
    // What isn't followed may `kill $$`, and with it the shell around it.
    if (this.mentionsKill && ended.some((each) => each.flow === "lost")) throw new TooHard();
    return merge(
      ended.map((each) => ({
        ...state,
        time: each.time,
        stop: each.stop,
        success: each.flow === "lost" ? unknown : each.success,
        piped: Math.max(state.piped, each.piped),
        background: each.jobs.reduce(
          (latest, job) => (job.holds ? Math.max(latest, job.end.atMost) : latest),
          each.background,
        ),
        flow: each.flow === "never" ? "never" : "next",
      })),
    );
  }

  private runInBackground(node: PipelineNode | AndOr, state: State, frame: Frame): State[] {
    this.note("background");
    const body = (inner: State, subframe: Frame) =>
      // Shells disagree on whether a job of a tested list is tested, too.
      frame.tested && inner.options.errexit
        ? [...this.runNode(node, inner, subframe), ...this.runNode(node, inner, { ...subframe, tested: false })]
        : this.runNode(node, inner, subframe);
    const ended = this.runSubshell(state, frame, body);
    const [first, ...rest] = ended;
    if (!first || state.jobs.length > 40) return this.giveUp(state);
    const all = rest.reduce((sum, each) => join(sum, each), first);
    const success = ended.every((each) => each.success === first.success) ? first.success : unknown;
    const id = String(++this.jobs);
    const job: Job = { id, end: all.time, success, holds: !this.releasesOutput(node, state) };
    return [
      {
        ...state,
        jobs: [...state.jobs, job],
        lastJob: jobPid(id),
        stop: all.stop,
        background: all.background,
        success: true,
      },
    ];
  }

  /**
   * The runtime waits until nothing holds the hook's output open any more. A program whose output and errors are both
   * redirected doesn't; a shell that runs it may keep a copy.
   */
  private releasesOutput(node: PipelineNode | AndOr, state: State): boolean {
    if (state.options.otherDescriptors) return false;
    if (node.type === "Command") {
      const name = node.name?.text ?? "";
      if (node.name?.parts || state.functions.has(name) || builtin(name, this.dialect)) return false;
      return redirectsBoth(node.redirects);
    }
    return node.type === "Redirected" && node.command.type === "Subshell" && redirectsBoth(node.redirects);
  }

  // Words and redirections.

  /** `$(…)`: the shell waits until everything in it has closed its output. */
  substitute(script: ParsedScript, state: State): { state: State; output: Maybe<string> } {
    const frame: Frame = {
      tested: false,
      inFunction: this.calls > 0,
      loops: 0,
      loopsOutside: true,
      inSubshell: true,
      // Substitutions nest inside words; the parser bounds that.
      depth: this.depth + 20 * ++this.depthOfSubstitution,
    };
    try {
      if (frame.depth > deepest) return { state: lose(state), output: unknown };
      // bash drops `set -e` in here, unless in POSIX mode.
      const errexit = this.dialect === "bash" ? false : state.options.errexit;
      const begun: State = { ...state, stdout: "null", options: { ...state.options, errexit } };
      const run = (tested: boolean) =>
        this.runSubshell(begun, frame, (inner, subframe) =>
          this.runStatements(script.commands, inner, { ...subframe, tested }),
        );
      // Whether a test around the command reaches into it is nobody's agreement.
      const ended = errexit || this.mentionsErrexit ? merge([...run(false), ...run(true)]) : run(false);
      const [first, ...rest] = ended;
      if (!first) return { state: lose(state), output: unknown };
      const all = rest.reduce((sum, each) => join(sum, each), first);
      const atMost = Math.max(all.time.atMost, all.background);
      const success = ended.every((each) => each.success === first.success) ? first.success : unknown;
      const flow = ended.every((each) => each.flow === "never") ? "never" : "next";
      return {
        state: { ...state, time: { atLeast: all.time.atLeast, atMost }, stop: all.stop, success, flow },
        output: flow === "next" ? this.outputOf(script, state) : unknown,
      };
    } finally {
      this.depthOfSubstitution--;
    }
  }

  private depthOfSubstitution = 0;

  /** What `$(seq 5)` and `$(echo 5)` print; unknown for anything else. */
  private outputOf(script: ParsedScript, state: State): Maybe<string> {
    const [statement] = script.commands;
    const command = statement?.command;
    if (script.commands.length !== 1 || statement?.background || command?.type !== "Command") return unknown;
    if (command.prefix.length > 0 || command.redirects.length > 0 || !command.name) return unknown;
    const name = command.name.value;
    if (command.name.parts || state.functions.has(name) || (name !== "echo" && name !== "seq")) return unknown;
    const words = command.args.filter((arg): arg is Word => arg.type === "Word");
    const thread: Thread = { state, ended: [] };
    const { list, more } = expandFields(words, thread, this);
    if (more || words.length !== command.args.length || thread.state !== state || thread.ended.length > 0)
      return unknown;
    const texts: string[] = [];
    for (const text of list) {
      if (text === unknown || !/^[\w.:/,-]*$/.test(text) || (name === "echo" && text.startsWith("-"))) return unknown;
      texts.push(text);
    }
    return name === "echo" ? texts.join(" ") : sequence(texts, state.variables);
  }

  /** Makes redirections: the states in which all were made, and those in which one failed. */
  private redirect(redirections: readonly Redirection[], thread: Thread): { done: State[]; failed: State[] } {
    let done = [thread.state];
    const failed: State[] = [];
    for (const redirection of redirections) {
      const before = done;
      done = [];
      for (const each of before) {
        if (each.flow !== "next") {
          done.push(each);
          continue;
        }
        const inner: Thread = { state: each, ended: thread.ended };
        const mayFail = this.redirectOne(redirection, inner);
        done.push(inner.state);
        if (mayFail && inner.state.flow === "next")
          failed.push({ ...inner.state, stdout: each.stdout, stderr: each.stderr, success: false });
      }
    }
    return { done, failed };
  }

  /** Makes one redirection; may it fail? */
  private redirectOne(redirection: Redirection, thread: Thread): boolean {
    const bash = this.dialect.startsWith("bash");
    if (redirection.type === "HereDoc" || redirection.type === "HereString") {
      if (redirection.type === "HereString" && redirection.target) expandOne(redirection.target, thread, this);
      if (redirection.type === "HereDoc" && redirection.body.parts) {
        const { body } = redirection;
        expandOne({ type: "Word", text: '"', value: "", pos: 0, end: 0, parts: body.parts }, thread, this);
      }
      // bash may need a temporary file, where the file system may be read-only.
      return bash;
    }
    const { operator, descriptor, target } = redirection;
    if (descriptor?.type === "FileDescriptorVariable" || !target) {
      thread.state = lose(thread.state);
      return false;
    }
    const path = expandOne(target, thread, this);
    if (thread.state.flow !== "next") return false;
    const number = descriptor?.value ?? (operator.startsWith("<") ? 0 : 1);
    if (number > 2) thread.state = { ...thread.state, options: { ...thread.state.options, otherDescriptors: true } };
    const set = (which: number, sink: Sink) => {
      if (which === 1) thread.state = { ...thread.state, stdout: sink };
      if (which === 2) thread.state = { ...thread.state, stderr: sink };
    };
    if (operator === ">&" || operator === "<&") {
      if (path === "-") {
        set(number, "file");
        return false;
      }
      if (path !== unknown && /^[012]$/.test(path)) {
        const { stdout, stderr } = thread.state;
        if (path === "0") set(number, "file");
        else set(number, path === "1" ? stdout : stderr);
        return false;
      }
      if (path === unknown || !/^\d+$/.test(path)) {
        // `>& file` is bash's; the others end with an error.
        if (!bash || operator === "<&" || descriptor || path === unknown) {
          thread.state = lose(thread.state);
          return false;
        }
        return this.openFile(path, thread, () => (set(1, "file"), set(2, "file")));
      }
      set(number, "file");
      return true;
    }
    if (operator === "&>" || operator === "&>>") {
      return this.openFile(path, thread, (sink) => (set(1, sink), set(2, sink)));
    }
    return this.openFile(path, thread, (sink) => set(number, sink));
  }

  /** Opens a file. It may not be there or not be allowed; a named pipe keeps the shell waiting for its other end. */
  private openFile(path: Maybe<string>, thread: Thread, set: (sink: Sink) => void): boolean {
    if (path === "/dev/null") {
      set("null");
      return false;
    }
    set("file");
    // The container's own output: open at its other end as long as the container runs.
    if (path !== unknown && /^\/dev\/(stdout|stderr|fd\/[012])$|^\/proc\/(1|self)\/fd\/[012]$/.test(path)) return true;
    this.note("file");
    thread.state = { ...thread.state, time: { atLeast: thread.state.time.atLeast, atMost: Infinity } };
    return true;
  }

  private runRedirected(node: Redirected, state: State, frame: Frame): State[] {
    const thread: Thread = { state, ended: [] };
    const { done, failed } = this.redirect(node.redirects, thread);
    const after = forEach(done, (begun) =>
      forEach(this.runCompound(node.command, begun, frame), (each) => [
        { ...each, stdout: state.stdout, stderr: state.stderr },
      ]),
    );
    // Shells disagree on whether a failed redirection of a compound command counts for `set -e`.
    const failures = failed.flatMap((each) => [each, ...this.checkErrexit([each], frame)]);
    return merge([...after, ...failures, ...thread.ended]);
  }

  // Simple commands.

  private runCommand(node: Command, state: State, frame: Frame): State[] {
    const thread: Thread = { state: { ...state, success: state.success }, ended: [] };
    const before = thread.state;
    const words: Word[] = [];
    const assigned: { name: string; value: Maybe<string> }[] = [];
    if (node.name) words.push(node.name);
    const args: Fields = expandFields(words, thread, this);
    for (const argument of node.args) {
      if (thread.state.flow !== "next") break;
      if (argument.type === "Word") {
        const { list, more } = expandFields([argument], thread, this);
        if (!args.more) args.list.push(...list);
        args.more ||= more;
        continue;
      }
      this.expandAssignment(argument, args, assigned, thread);
    }
    if (thread.state.flow !== "next") return [thread.state, ...thread.ended];
    // `$?` in the command itself was that of the command before.
    if (node.name) thread.state = { ...thread.state, success: before.success };
    const { done, failed } = this.redirect(node.redirects, thread);
    const name = args.list[0];
    const isSpecial = typeof name === "string" && specialBuiltins.has(name);
    const failures = failed.map((each): State =>
      isSpecial && this.dialect !== "bash" ? { ...each, flow: "exit" } : each,
    );
    const after = forEach(done, (begun) => {
      const ran = this.runExpanded(node, args, assigned, begun, thread, frame);
      // `exec` without a command redirects for good.
      if (name === "exec" && args.list.length === 1) return ran;
      return forEach(ran, (each) => [{ ...each, stdout: state.stdout, stderr: state.stderr }]);
    });
    return merge([...after, ...failures, ...thread.ended]);
  }

  /** `NAME=value` among the arguments: for `export` an assignment, for others text. */
  private expandAssignment(
    node: Assignment,
    args: Fields,
    assigned: { name: string; value: Maybe<string> }[],
    thread: Thread,
  ): void {
    const declares = ["export", "readonly", "local", "declare", "typeset"].includes(String(args.list[0]));
    if (node.value.type === "ArrayValue" || node.append || node.index) {
      thread.state = lose(thread.state);
      return;
    }
    if (declares && !args.more) {
      assigned.push({ name: node.name, value: expandOne(node.value, thread, this) });
      return;
    }
    const text = { list: [] as Maybe<string>[], more: false };
    Object.assign(text, expandFields([node.value], thread, this));
    if (args.more) return;
    if (text.more) args.more = true;
    else {
      const [first = "", ...rest] = text.list;
      args.list.push(first === unknown ? unknown : `${node.name}=${first}`, ...rest);
    }
  }

  private runExpanded(
    node: Command,
    args: Fields,
    assigned: readonly { name: string; value: Maybe<string> }[],
    state: State,
    thread: Thread,
    frame: Frame,
  ): State[] {
    const [name] = args.list;
    // A command that may be anything: `exit`, a function, `kill 1`.
    if (name === unknown || (name === undefined && args.more)) {
      this.note("variable");
      return [lose(state)];
    }
    const assignments = node.prefix.filter((part): part is Assignment => part.type === "Assignment");
    if (name === undefined) return this.runAssignments(assignments, state, node.name ? unknown : undefined, thread);
    let begun = state;
    const restore: string[] = [];
    for (const assignment of assignments) {
      const inner: Thread = { state: begun, ended: thread.ended };
      const value = this.assignedValue(assignment, inner);
      begun = inner.state.flow === "next" ? assign(inner.state, assignment.name, value) : inner.state;
      if (begun.flow !== "next") return [begun];
      begun = { ...begun, success: state.success, exported: new Set(begun.exported).add(assignment.name) };
      restore.push(assignment.name);
    }
    const after = this.runNamed(name, { list: args.list.slice(1), more: args.more }, assigned, begun, frame);
    if (restore.length === 0) return after;
    return after.map((each) => {
      const variables = new Map(each.variables);
      // Where the command is a function or a special builtin, shells disagree on whether the values stay.
      const stays = state.functions.has(name) || specialBuiltins.has(name);
      for (const variable of restore) {
        const value = state.variables.get(variable);
        if (stays) variables.set(variable, unknown);
        else if (value === undefined) variables.delete(variable);
        else variables.set(variable, value);
      }
      return {
        ...each,
        variables,
        exported: stays ? each.exported : state.exported,
        options: { ...each.options, splits: state.options.splits },
      };
    });
  }

  private runAssignments(
    assignments: readonly Assignment[],
    state: State,
    substituted: Success | undefined,
    thread: Thread,
  ): State[] {
    const inner: Thread = { state: { ...state, success: substituted ?? true }, ended: thread.ended };
    for (const assignment of assignments) {
      const value = this.assignedValue(assignment, inner);
      if (inner.state.flow !== "next") break;
      inner.state = assign(inner.state, assignment.name, value);
      if (inner.state.flow !== "next") break;
    }
    return [inner.state];
  }

  private assignedValue(assignment: Assignment, thread: Thread): Maybe<string> {
    // `a+=1`, `a=(1 2)` and `a[0]=1` are bash's; dash runs the first as a command.
    if (
      assignment.value.type === "ArrayValue" ||
      assignment.index ||
      (assignment.append && !this.dialect.startsWith("bash"))
    ) {
      thread.state = lose(thread.state);
      return unknown;
    }
    const value = expandOne(assignment.value, thread, this);
    if (assignment.name === "PATH" && usesPath(assignment.value)) return keptPath(thread.state.variables);
    if (!assignment.append) return value;
    const before = thread.state.variables.get(assignment.name) ?? unknown;
    return before === unknown || value === unknown ? unknown : before + value;
  }

  private runNamed(
    name: string,
    args: Fields,
    assigned: readonly { name: string; value: Maybe<string> }[],
    state: State,
    frame: Frame,
  ): State[] {
    if (--this.analysis.steps < 0 || frame.depth > deepest) return this.giveUp(state);
    const body = state.functions.get(name);
    if (body && body.type !== "CompoundList") return this.callFunction(body, args, state, frame);
    if (name === "command") return this.runWithoutFunctions(args, assigned, state, frame);
    if (name === "exec") return this.runExec(args, state, frame);
    const own = builtin(name, this.dialect);
    const takesPids = ["kill", "wait", "test", "["].includes(name);
    const list = takesPids ? args.list : args.list.map((arg) => (isMark(arg) ? unknown : arg));
    if (own) return own({ name, args: { list, more: args.more }, assigned, state, frame, machine: this });
    return this.runExternal([name, ...args.list.map((arg) => (isMark(arg) ? unknown : arg))], args.more, state, frame);
  }

  /** `command name …`: functions aside. */
  private runWithoutFunctions(
    args: Fields,
    assigned: readonly { name: string; value: Maybe<string> }[],
    state: State,
    frame: Frame,
  ): State[] {
    const [first, ...rest] = args.list;
    if (first === undefined) return args.more ? [lose(state)] : [{ ...state, success: true }];
    if (first === "-v" || first === "-V") return [{ ...state, success: unknown }];
    if (first === "--" || first === "-p")
      return this.runWithoutFunctions({ ...args, list: rest }, assigned, state, frame);
    if (first === unknown || first.startsWith("-") || first === "exec") return [lose(state)];
    const inner: State = state.functions.size === 0 ? state : { ...state, functions: new Map() };
    // `eval` may call or define functions.
    if (state.functions.size > 0 && builtin(first, this.dialect) && specialBuiltins.has(first)) return [lose(state)];
    return this.runNamed(first, { list: rest, more: args.more }, assigned, inner, frame).map((each) => ({
      ...each,
      functions: state.functions,
    }));
  }

  private runExec(args: Fields, state: State, frame: Frame): State[] {
    const [first] = args.list;
    if (first === undefined) return args.more ? [lose(state)] : [{ ...state, success: true }];
    if (first === unknown || first.startsWith("-")) return [lose(state)];
    const argv = args.list.map((arg) => (isMark(arg) ? unknown : arg));
    const after = this.runExternal(argv, args.more, state, frame).map((each): State =>
      each.flow === "next" ? { ...each, flow: "exit", exitTrap: undefined } : each,
    );
    // bash runs the trap when the program isn't there.
    const isThere = after.every((each) => each.success !== unknown);
    return state.exitTrap === undefined || isThere ? after : [...after, lose(state)];
  }

  private callFunction(body: CompoundCommand | Redirected, args: Fields, state: State, frame: Frame): State[] {
    const inner: Frame = {
      ...deeper(frame),
      depth: frame.depth + 5,
      inFunction: true,
      loops: 0,
      loopsOutside: frame.loopsOutside || frame.loops > 0,
    };
    const zero = state.positional === unknown ? unknown : (state.positional[0] ?? unknown);
    const begun: State = { ...state, positional: args.more ? unknown : [zero, ...args.list], locals: new Set() };
    this.calls++;
    const after = this.runCommandNode(body, begun, inner);
    this.calls--;
    return after.map((each): State => {
      let { variables } = each;
      if (each.locals.size > 0) {
        const restored = new Map(variables);
        for (const local of each.locals) {
          const value = state.variables.get(local);
          if (value === undefined) restored.delete(local);
          else restored.set(local, value);
        }
        variables = restored;
      }
      const flow = each.flow === "return" ? "next" : each.flow;
      // A local IFS is gone with the function.
      return { ...each, flow, variables, positional: state.positional, locals: state.locals };
    });
  }

  private runExternal(argv: readonly Maybe<string>[], more: boolean, state: State, frame: Frame): State[] {
    const environment = new Map<string, Value>();
    for (const name of state.exported) {
      const value = state.variables.get(name);
      if (value !== undefined && value !== null) environment.set(name, value);
    }
    // It finds programs by PATH as the shell does, exported or not.
    const path = state.variables.get("PATH");
    if (path !== undefined) environment.set("PATH", path);
    const runs = this.runProgram({
      argv,
      more,
      environment,
      analysis: this.analysis,
      depth: this.depth + 20,
    });
    const after = runs.map((run): State => {
      const ended = pass(state, run.time);
      const stop = { atLeast: state.time.atLeast + run.stop.atLeast, atMost: state.time.atMost + run.stop.atMost };
      return {
        ...ended,
        stop: earlier(state.stop, stop),
        background:
          run.background > 0 ? Math.max(state.background, state.time.atMost + run.background) : state.background,
        success: run.success,
      };
    });
    if (runs.some((run) => run.endsHook)) {
      if (frame.inSubshell) throw new TooHard();
      after.push(...after.map(lose));
    }
    // "not found" goes to a pipe that may have lost its reader.
    if (state.stderr === "pipe") after.push({ ...state, flow: "exit", success: false });
    return merge(after);
  }

  // Conditions and loops.

  private runIf(node: If, state: State, frame: Frame): State[] {
    const branches = [{ clause: node.clause, then: node.then }, ...node.elif];
    let waiting = [state];
    const after: State[] = [];
    for (const { clause, then } of branches) {
      const next: State[] = [];
      for (const each of waiting) {
        for (const tested of this.runStatements(clause.commands, each, { ...frame, tested: true })) {
          if (tested.flow !== "next") {
            after.push(tested);
            continue;
          }
          const { yes, no } = split(tested);
          for (const taken of yes) after.push(...this.runStatements(then.commands, taken, frame));
          next.push(...no);
        }
      }
      waiting = merge(next);
    }
    for (const each of waiting) {
      if (node.else) after.push(...this.runStatements(node.else.commands, each, frame));
      else after.push({ ...each, success: true });
    }
    return merge(after);
  }

  private runCase(node: Case, state: State, frame: Frame): State[] {
    const thread: Thread = { state, ended: [] };
    const subject = expandOne(node.word, thread, this);
    if (thread.state.flow !== "next") return [thread.state, ...thread.ended];
    const after: State[] = [];
    let waiting: State[] = [{ ...thread.state, success: state.success }];
    for (const item of node.items) {
      if (item.terminator !== undefined && item.terminator !== ";;")
        return [...waiting.map(lose), ...after, ...thread.ended];
      const next: State[] = [];
      for (const each of waiting) {
        const inner: Thread = { state: each, ended: thread.ended };
        const matches = this.matches(subject, item.pattern, inner);
        if (inner.state.flow !== "next") {
          after.push(inner.state);
          continue;
        }
        if (matches !== false) {
          const commands = item.body.commands;
          if (commands.length === 0) after.push({ ...inner.state, success: true });
          else after.push(...this.runStatements(commands, inner.state, frame));
        }
        if (matches !== true) next.push(inner.state);
      }
      waiting = next;
    }
    return merge([...after, ...waiting.map((each): State => ({ ...each, success: true })), ...thread.ended]);
  }

  private matches(subject: Maybe<string>, patterns: readonly Word[], thread: Thread): Success {
    let answer: Success = false;
    for (const pattern of patterns) {
      const parts = pattern.parts ?? [];
      const isStar = parts.length === 1 && parts[0]?.type === "Glob" && parts[0].kind === "star";
      const isPlain = parts.every((part) => part.type !== "Glob" && part.type !== "ExtendedGlob");
      const text = expandOne(pattern, thread, this);
      if (isStar) return answer === false ? true : answer;
      const quoted =
        parts.length > 0 &&
        parts.every((part) => part.type === "SingleQuoted" || part.type === "DoubleQuoted" || part.type === "Literal");
      const known =
        isPlain &&
        subject !== unknown &&
        text !== unknown &&
        !isMark(subject) &&
        (pattern.parts === undefined || quoted);
      if (!known) answer = unknown;
      else if (subject === text) return answer === false ? true : answer;
    }
    return answer;
  }

  private runTest(expression: TestExpression, state: State): State[] {
    const thread: Thread = { state, ended: [] };
    let success = judgeTest(expression, thread, this);
    // Elsewhere `[[` is a program, or isn't there.
    if (!this.dialect.startsWith("bash")) success = unknown;
    else if (success === unknown) this.note("condition");
    return settle(thread, success);
  }

  private runWhile(node: While, state: State, frame: Frame): State[] {
    const inner: Frame = { ...frame, loops: frame.loops + 1 };
    const test = (head: State) =>
      this.runStatements(node.clause.commands, head, { ...inner, tested: true }).map((tested) => ({
        tested,
        stays: node.kind === "while" ? split(tested).yes : split(tested).no,
        leaves: node.kind === "while" ? split(tested).no : split(tested).yes,
      }));
    return followLoop(state, { test, body: this.bodyOf(node, inner), note: (note) => this.note(note) });
  }

  private runArithmeticFor(node: ArithmeticFor, state: State, frame: Frame): State[] {
    const ended: State[] = [];
    const run = (expression: ArithmeticFor["test"], each: State): { state: State; value: Maybe<number> } => {
      if (!expression) return { state: each, value: 1 };
      const thread: Thread = { state: each, ended };
      const value = arithmetic(() => evaluate(expression, scopeOf(thread, this)), thread);
      return { state: thread.state, value };
    };
    const inner: Frame = { ...frame, loops: frame.loops + 1 };
    const begun = run(node.initialize, state).state;
    if (begun.flow !== "next") return [begun, ...ended];
    const after = followLoop(begun, {
      test: (head) => {
        const { state: tested, value } = run(node.test, head);
        const known = value === unknown ? undefined : value !== 0;
        return [{ tested, stays: known === false ? [] : [tested], leaves: known === true ? [] : [tested] }];
      },
      body: this.bodyOf(node, inner),
      update: (each) => [run(node.update, each).state],
      note: (note) => this.note(note),
    });
    return merge([...after, ...ended]);
  }

  private runFor(node: For, state: State, frame: Frame): State[] {
    const thread: Thread = { state, ended: [] };
    const inner: Frame = { ...frame, loops: frame.loops + 1 };
    let values: Fields;
    if (node.wordlist) values = expandFields(node.wordlist, thread, this);
    else if (state.positional === unknown) values = { list: [], more: true };
    else values = { list: state.positional.slice(1), more: false };
    if (thread.state.flow !== "next") return [thread.state, ...thread.ended];
    const name = node.name.text;
    const begun: State = { ...thread.state, success: state.success };
    const after = followLoop(begun, {
      test: (head, round) => {
        const value = values.list[round];
        if (value === undefined && !values.more) return [{ tested: head, stays: [], leaves: [head] }];
        const tested = assign(head, name, value ?? unknown);
        return [{ tested, stays: [tested], leaves: value === undefined ? [head] : [] }];
      },
      body: this.bodyOf(node, inner),
      known: values.list.length,
      note: (note) => this.note(note),
    });
    return merge([...after, ...thread.ended]);
  }

  private bodyOf(node: While | For | ArithmeticFor, frame: Frame): (each: State) => State[] {
    return (each) => this.runStatements(node.body.commands, each, frame);
  }
}

function deeper(frame: Frame): Frame {
  return { ...frame, depth: frame.depth + 1 };
}

function negate(state: State, times: number): State {
  if (times === 0 || state.success === unknown || state.flow === "lost" || state.flow === "never") return state;
  // `! break` and `! return` leave with the status turned, or not.
  if (state.flow !== "next") return { ...state, success: unknown };
  return times % 2 === 0 ? state : { ...state, success: !state.success };
}

function settle(thread: Thread, success: Success): State[] {
  const { state } = thread;
  return [state.flow === "next" ? { ...state, success } : state, ...thread.ended];
}
