/** What the commands do that a shell has built in. None of them takes time, but for `wait` and `read`. */
import { unknown, type Maybe } from "../../kubernetes/values";
import { anyTime, earlier, hull, later } from "../interval";
import { testOperands } from "./conditions";
import type { Success } from "./duration";
import type { Frame, Machine } from "./machine";
import { lose, TooHard, type Dialect, type Job, type State, type Value } from "./state";
import { effectOfSignal } from "./stop-commands";
import { assign, jobPid, selfPid, type Fields } from "./words";

/** A command that the shell is about to run itself. */
export interface Call {
  name: string;
  args: Fields;
  /** Arguments written as assignments: `export A=5`. */
  assigned: readonly { name: string; value: Maybe<string> }[];
  state: State;
  frame: Frame;
  machine: Machine;
}

type Builtin = (call: Call) => State[];

const withSuccess = (state: State, success: Success): State[] => [
  state.success === success ? state : { ...state, success },
];
const answers =
  (success: Success): Builtin =>
  ({ state }) =>
    withSuccess(state, success);
const lost: Builtin = ({ state, machine }) => {
  machine.note("rare");
  return [lose(state)];
};

const everywhere: Record<string, Builtin> = {
  ":": answers(true),
  true: answers(true),
  false: answers(false),
  echo: (call) => print(call, call.state, true),
  printf,
  pwd: (call) => print(call, call.state, unknown),
  test: (call) => condition(call, call.args.list),
  "[": bracket,
  exit: leaveShell,
  return: leaveFunction,
  break: leaveLoop,
  continue: leaveLoop,
  set: setOptions,
  shift,
  export: declare,
  readonly: declare,
  local,
  unset,
  eval: evaluate,
  // What a file holds can't be seen: it may set anything, and may exit.
  ".": sourced,
  trap,
  wait,
  kill: ({ args, state, machine, frame }) => kill(args, state, machine.dialect, frame.inSubshell),
  cd: answers(unknown),
  read,
  umask: answers(unknown),
  type: answers(unknown),
  times: answers(true),
  hash: answers(unknown),
  jobs: answers(unknown),
  getopts: ({ args, state }) => {
    const name = args.list[1];
    if (args.more || typeof name !== "string") return [lose(state)];
    return withSuccess(assign(state, name, unknown), unknown);
  },
  ulimit: lost,
  bg: lost,
  fg: lost,
  alias: lost,
  unalias: lost,
};

const ofBash: Record<string, Builtin> = {
  source: sourced,
  declare,
  typeset: declare,
  let: lost,
  shopt: ({ args, state, machine, ...call }) =>
    !args.more && args.list.every((arg) => typeof arg === "string" && /^(-[suq]|nullglob|dotglob|globstar)$/.test(arg))
      ? withSuccess(state, true)
      : lost({ args, state, machine, ...call }),
  dirs: answers(unknown),
  pushd: answers(unknown),
  popd: answers(unknown),
  help: answers(unknown),
  history: answers(unknown),
  ...Object.fromEntries(
    "builtin enable disown logout mapfile readarray bind caller compgen complete compopt suspend fc"
      .split(" ")
      .map((name) => [name, lost]),
  ),
};

const ofBusybox: Record<string, Builtin> = { source: sourced, let: lost, help: answers(unknown), history: lost };

/** The shell's own command of that name; undefined where a program has to be found. */
export function builtin(name: string, dialect: Dialect): Builtin | undefined {
  if (Object.hasOwn(everywhere, name)) return everywhere[name];
  const more = dialect === "busybox" ? ofBusybox : dialect === "dash" ? {} : ofBash;
  return Object.hasOwn(more, name) ? more[name] : undefined;
}

/** POSIX's special builtins: their errors end the shell (not bash by its own name), functions can't replace them. */
export const specialBuiltins = new Set(
  ": . break continue eval exec exit export readonly return set shift times trap unset".split(" "),
);

/** Bytes that a pipe takes without a reader: at least one page. */
const pipeCapacity = 4096;

/** A command that writes. */
function print(call: Call, state: State, success: Success): State[] {
  switch (state.stdout) {
    case "inherited":
    case "null":
      return withSuccess(state, success);
    case "file":
      return withSuccess(state, unknown);
    case "pipe": {
      // The reader may have gone, which kills the writer, or be slow.
      const length = call.args.more
        ? Infinity
        : call.args.list.reduce((sum: number, arg) => sum + (arg === unknown ? Infinity : arg.length * 4 + 1), 1);
      const piped = state.piped + length;
      const time = piped > pipeCapacity ? { atLeast: state.time.atLeast, atMost: Infinity } : state.time;
      const after: State = { ...state, piped, time, success: unknown };
      return [after, { ...after, success: false, flow: "exit" }];
    }
  }
}

function printf(call: Call): State[] {
  const { args, machine } = call;
  let { state } = call;
  const [format, ...values] = args.list;
  if (format === undefined) return args.more ? [lose(state)] : withSuccess(state, false);
  if (format === unknown && values.length > 0 && machine.dialect.startsWith("bash")) return [lose(state)];
  if (format === "-v" && machine.dialect.startsWith("bash")) {
    const [name] = values;
    if (typeof name !== "string") return [lose(state)];
    state = assign(state, name, unknown);
    return state.flow === "next" ? withSuccess(state, unknown) : [state];
  }
  const isPlain = typeof format === "string" && !format.startsWith("-") && /^([^%\\]|%[s%]|\\[nt])*$/.test(format);
  return print(call, state, isPlain ? true : unknown);
}

function bracket(call: Call): State[] {
  const { args, state } = call;
  const last = args.list.at(-1);
  if (!args.more && typeof last === "string" && last !== "]") return withSuccess(state, false);
  return condition(call, args.list.slice(0, -1));
}

function condition({ args, state, machine }: Call, operands: readonly Maybe<string>[]): State[] {
  const last = args.list.at(-1);
  const success = args.more || last === unknown ? unknown : testOperands(operands, machine.dialect);
  if (success === unknown) machine.note("condition");
  return withSuccess(state, success);
}

/** The status given to `exit` or `return`: a success, a failure or unknown; undefined where it isn't a status. */
function givenStatus({ args, state }: Call): Success | undefined {
  const [status] = args.list;
  if (args.more || args.list.length > 1) return undefined;
  if (status === undefined) return state.success;
  if (status === unknown) return unknown;
  return /^\d{1,9}$/.test(status) ? Number(status) % 256 === 0 : undefined;
}

function leaveShell(call: Call): State[] {
  const success = givenStatus(call);
  const { state, args } = call;
  // bash goes on after `exit 1 2`.
  if (success === undefined && (args.more || args.list.length > 1)) return [lose(state)];
  return [{ ...state, flow: "exit", success: success ?? false }];
}

function leaveFunction(call: Call): State[] {
  const { state, frame, machine } = call;
  const success = givenStatus(call);
  if (success === undefined) return [lose(state)];
  if (frame.inFunction) return [{ ...state, flow: "return", success }];
  // Outside a function bash complains and goes on; the others end the script.
  if (machine.dialect === "bash") return withSuccess(state, false);
  // bash in its POSIX mode may do either.
  if (machine.dialect === "bash-posix")
    return [{ ...state, flow: "exit", success: false }, ...withSuccess(state, false)];
  return [{ ...state, flow: "exit", success }];
}

function leaveLoop({ name, args, state, frame }: Call): State[] {
  const [levels = "1"] = args.list;
  if (args.more || typeof levels !== "string" || !/^[1-9]\d{0,3}$/.test(levels)) return [lose(state)];
  // From a function or subshell inside a loop, shells disagree.
  if (frame.loops === 0) return frame.loopsOutside ? [lose(state)] : withSuccess(state, true);
  return [
    {
      ...state,
      success: true,
      flow: name === "break" ? "break" : "continue",
      levels: Math.min(Number(levels), frame.loops),
    },
  ];
}

const optionLetters: Record<string, "errexit" | "nounset" | "none" | undefined> = {
  e: "errexit",
  u: "nounset",
  x: "none",
  v: "none",
  f: "none",
  a: "none",
  b: "none",
  h: "none",
};

const optionNames: Record<string, "errexit" | "nounset" | "pipefail" | "none" | undefined> = {
  errexit: "errexit",
  nounset: "nounset",
  pipefail: "pipefail",
  xtrace: "none",
  verbose: "none",
  noglob: "none",
  allexport: "none",
};

function setOptions(call: Call): State[] {
  const { args, machine } = call;
  let states = [call.state];
  const words = args.list;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === unknown || word === undefined) return states.map(lose);
    if (word === "--") return states.flatMap((state) => setPositional(state, words.slice(i + 1), args.more));
    if (!/^[-+]./.test(word)) return states.flatMap((state) => setPositional(state, words.slice(i), args.more));
    const on = word.startsWith("-");
    for (const letter of word.slice(1)) {
      if (letter === "o") {
        const name = words[++i];
        if (typeof name !== "string") return states.map(lose);
        states = states.flatMap((state) => setOption(state, optionNames[name], on, machine.dialect));
      } else {
        states = states.flatMap((state) => setOption(state, optionLetters[letter], on, machine.dialect));
      }
    }
  }
  if (args.more) return states.map(lose);
  return states.map((state) => (state.flow === "next" ? { ...state, success: true } : state));
}

/** Turns an option on or off; the way is lost with one that changes more than is followed here. */
export function setOption(
  state: State,
  option: "errexit" | "nounset" | "pipefail" | "none" | undefined,
  on: boolean,
  dialect: Dialect,
): State[] {
  if (state.flow !== "next") return [state];
  if (option === undefined) return [lose(state)];
  if (option === "none") return [state];
  const after: State = { ...state, options: { ...state.options, [option]: on } };
  // dash knows pipefail only since 2024; before, it ends with an error.
  if (option === "pipefail" && dialect === "dash") return [after, { ...state, flow: "exit", success: false }];
  return [after];
}

function setPositional(state: State, values: readonly Maybe<string>[], more: boolean): State[] {
  if (state.flow !== "next") return [state];
  const zero = state.positional === unknown ? unknown : (state.positional[0] ?? unknown);
  return [{ ...state, success: true, positional: more || values.length > 500 ? unknown : [zero, ...values] }];
}

function shift({ args, state, machine }: Call): State[] {
  const [by = "1"] = args.list;
  if (args.more || typeof by !== "string" || !/^\d{1,6}$/.test(by) || state.positional === unknown) {
    return [lose(state)];
  }
  const [zero, ...rest] = state.positional;
  if (Number(by) <= rest.length) {
    return [{ ...state, success: true, positional: [zero ?? unknown, ...rest.slice(Number(by))] }];
  }
  return machine.dialect === "dash" ? [{ ...state, flow: "exit", success: false }] : withSuccess(state, false);
}

const variableName = /^[A-Za-z_]\w*$/;

/** `export`, `readonly`, `declare`. */
function declare(call: Call): State[] {
  const { name, args, assigned, frame } = call;
  let { state } = call;
  if (args.more) return [lose(state)];
  // bash's `declare` in a function makes a local variable.
  if ((name === "declare" || name === "typeset") && frame.inFunction) return lost(call);
  const byArgument = [...assigned];
  for (const arg of args.list) {
    if (arg === "--" || (arg === "-x" && name !== "export") || arg === "-g") continue;
    if (arg === "-p" || arg === unknown || arg.startsWith("-"))
      return arg === "-p" ? print(call, state, true) : lost(call);
    const [variable = "", value] = cut(arg);
    // Assignments are told apart by the parser; a quoted one arrives as text.
    if (!variableName.test(variable)) return [lose(state)];
    byArgument.push({ name: variable, value: value ?? notGiven });
  }
  for (const { name: variable, value } of byArgument) {
    if (value !== notGiven) state = assign(state, variable, value);
    if (state.flow !== "next") return [state];
    if (name === "export" || args.list.includes("-x")) {
      state = { ...state, exported: new Set(state.exported).add(variable) };
    }
    if (name === "readonly") state = { ...state, readonly: new Set(state.readonly).add(variable) };
  }
  return withSuccess(state, true);
}

const notGiven = "\0not given";

function cut(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function local(call: Call): State[] {
  const { args, assigned, frame, machine } = call;
  let { state } = call;
  if (args.more) return [lose(state)];
  if (!frame.inFunction) {
    if (machine.dialect.startsWith("bash")) return withSuccess(state, false);
    return [{ ...state, flow: "exit", success: false }];
  }
  const variables: { name: string; value: Value }[] = [...assigned];
  for (const arg of args.list) {
    if (arg === unknown || !variableName.test(cut(arg)[0])) return [lose(state)];
    const [variable, value] = cut(arg);
    // dash keeps the outer value of a variable that isn't given one.
    const inherited = machine.dialect === "dash" ? (state.variables.get(variable) ?? unknown) : null;
    variables.push({ name: variable, value: value ?? inherited });
  }
  for (const { name, value } of variables) {
    state = assign({ ...state, locals: new Set(state.locals).add(name) }, name, value);
    if (state.flow !== "next") return [state];
  }
  return withSuccess(state, true);
}

function unset({ args, state: before }: Call): State[] {
  let state = before;
  if (args.more) return [lose(state)];
  let ofFunctions = false;
  for (const arg of args.list) {
    if (arg === "-f") ofFunctions = true;
    else if (arg === "-v") ofFunctions = false;
    else if (arg === unknown || !variableName.test(arg) || (!ofFunctions && state.functions.has(arg))) {
      return [lose(state)];
    } else if (ofFunctions) {
      const functions = new Map(state.functions);
      functions.delete(arg);
      state = { ...state, functions };
    } else {
      state = assign(state, arg, null);
      if (state.flow !== "next") return [state];
    }
  }
  return withSuccess(state, true);
}

function evaluate(call: Call): State[] {
  const { args, state, frame, machine } = call;
  const words: string[] = [];
  for (const arg of args.list) {
    if (arg === unknown) return lost(call);
    words.push(arg);
  }
  if (args.more) return lost(call);
  return machine.runSource(words.join(" "), { ...state, success: true }, frame);
}

function sourced({ state, machine }: Call): State[] {
  machine.note("script");
  return [lose(state)];
}

function trap(call: Call): State[] {
  const { args, state } = call;
  const [action, ...signals] = args.list;
  if (args.more || action === unknown) return lost(call);
  if (action === undefined) return print(call, state, true);
  if (signals.length === 0) return lost(call);
  let after = state;
  for (const signal of signals) {
    if (signal === unknown || !/^(EXIT|0|(SIG)?(TERM|INT|HUP|QUIT|USR1|USR2|PIPE|ALRM)|1|2|3|13|14|15)$/.test(signal)) {
      return lost(call);
    }
    if (signal === "EXIT" || signal === "0")
      after = { ...after, exitTrap: action === "-" || action === "" ? undefined : action };
    else if (action !== "-") after = { ...after, options: { ...after.options, trapped: true } };
  }
  // A name that a shell doesn't know makes the command fail, and sets nothing.
  return withSuccess(
    after,
    signals.every((signal) => typeof signal === "string" && !signal.startsWith("SIG")) ? true : unknown,
  );
}

function wait({ args, state }: Call): State[] {
  const ends = state.jobs.map((job) => job.end);
  if (args.list.length === 0 && !args.more) {
    const time = ends.reduce(later, state.time);
    const background = state.jobs.reduce(
      (latest, job) => (job.holds ? Math.max(latest, job.end.atMost) : latest),
      state.background,
    );
    const after: State = { ...state, time, background, jobs: [], lastJob: unknown, success: true };
    return [time.atLeast === Infinity ? { ...after, flow: "never" } : after];
  }
  const [pid] = args.list;
  const job = args.list.length === 1 && !args.more ? state.jobs.find((other) => jobPid(other.id) === pid) : undefined;
  if (job) {
    const time = later(state.time, job.end);
    const after: State = { ...state, time, success: job.success };
    return [time.atLeast === Infinity ? { ...after, flow: "never" } : after];
  }
  // Any of them, or none.
  const latest = ends.reduce(later, state.time);
  return [{ ...state, time: { atLeast: state.time.atLeast, atMost: latest.atMost }, success: unknown }];
}

/** Standard input is /dev/null in a hook, but a redirection or a pipe may keep it waiting. */
function read(call: Call): State[] {
  const { args, machine } = call;
  let { state } = call;
  machine.note("read");
  if (args.more) return lost(call);
  for (const arg of args.list) {
    if (arg === unknown) return lost(call);
    // An option's value is taken for a name, too: no harm.
    if (variableName.test(arg)) state = assign(state, arg, unknown);
    if (state.flow !== "next") return [state];
  }
  return withSuccess(
    { ...state, time: { atLeast: state.time.atLeast, atMost: state.time.atLeast + anyTime.atMost } },
    unknown,
  );
}

const signalName =
  /^(SIG)?(HUP|INT|QUIT|ILL|TRAP|ABRT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|CHLD|CONT|STOP|TSTP|TTIN|TTOU|URG|WINCH)$/i;

/** Who gets a signal, and what it does to the app and to the hook itself. */
export function kill(args: Fields, state: State, dialect: Dialect, inSubshell: boolean): State[] {
  const killSomebody = (each: State) => killAnybody(each, inSubshell);
  const words = [...args.list];
  let signal: Maybe<string> = "TERM";
  const [first] = words;
  if (first === unknown) return killSomebody(state);
  if (first === undefined) return args.more ? killSomebody(state) : withSuccess(state, false);
  if (first === "-l" || first === "-L") return withSuccess(state, unknown);
  if (first === "-s" || (first === "-n" && dialect === "bash")) {
    signal = words[1] ?? unknown;
    words.splice(0, 2);
  } else if (first.startsWith("-") && first !== "--") {
    signal = first.slice(1);
    words.splice(0, 1);
  }
  if (words[0] === "--") words.splice(0, 1);
  if (signal === unknown) return killSomebody(state);
  const prefixed = /^sig/i.test(signal);
  if (!/^\d{1,2}$/.test(signal) && !signalName.test(signal)) return withSuccess(state, false);
  // `kill -SIGTERM` is bash's and busybox's; bash as `sh` and dash refuse it.
  if (prefixed && (dialect === "dash" || dialect === "bash-posix")) return withSuccess(state, false);
  let states: State[] = [state];
  for (const target of words) states = states.flatMap((each) => killOne(target, signal, each, inSubshell));
  if (args.more) states = states.flatMap(killSomebody);
  return states.map((each) =>
    each.flow === "next" ? { ...each, success: words.length > 0 || args.more ? unknown : false } : each,
  );
}

function killOne(target: Maybe<string>, signal: string, state: State, inSubshell: boolean): State[] {
  if (state.flow !== "next" || signal === "0" || /^(sig)?exit$/i.test(signal)) return [state];
  if (target === "1") {
    const effect = effectOfSignal(signal);
    if (effect === "none") return [state];
    const stop = effect === "stops" ? state.time : { atLeast: state.time.atLeast, atMost: Infinity };
    return [{ ...state, stop: earlier(state.stop, stop) }];
  }
  if (target === selfPid || target === "0") {
    if (/^(sig)?(cont|chld|urg|winch)$|^(1[78]|23|28)$/i.test(signal)) return [state];
    // From inside a subshell it ends the shell around it.
    if (inSubshell) throw new TooHard();
    // A trap, or a signal that stops without ending, leads who knows where.
    if (state.options.trapped || state.exitTrap !== undefined) return [lose(state)];
    if (/^(sig)?(stop|tstp|ttin|ttou)$|^(19|20|21|22)$/i.test(signal)) return [lose(state)];
    return [{ ...state, flow: "exit", success: false }];
  }
  const job = state.jobs.find((other) => jobPid(other.id) === target);
  if (job) {
    // Its own children may live on and keep the hook's output open.
    const end = hull(job.end, { atLeast: Math.min(state.time.atLeast, job.end.atLeast), atMost: job.end.atMost });
    // A stopped one doesn't end at all.
    const atMost = /^(sig)?(stop|tstp|ttin|ttou)$|^(19|20|21|22)$/i.test(signal) ? Infinity : end.atMost;
    const killed: Job = { ...job, end: { atLeast: end.atLeast, atMost }, success: unknown };
    return [{ ...state, jobs: state.jobs.map((other) => (other === job ? killed : other)) }];
  }
  return killAnybody(state, inSubshell);
}

/** It may be the app, the shell itself or a background job. */
function killAnybody(state: State, inSubshell: boolean): State[] {
  if (state.flow !== "next") return [state];
  if (inSubshell) throw new TooHard();
  const jobs = state.jobs.map((job): Job => ({
    ...job,
    end: { atLeast: Math.min(state.time.atLeast, job.end.atLeast), atMost: Infinity },
    success: unknown,
  }));
  const stop = earlier(state.stop, { atLeast: state.time.atLeast, atMost: Infinity });
  const after: State = { ...state, jobs, stop, success: unknown };
  return [
    after,
    { ...lose(after), time: after.time, flow: state.options.trapped || state.exitTrap !== undefined ? "lost" : "exit" },
  ];
}
