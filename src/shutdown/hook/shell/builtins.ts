/** What the commands do that a shell has built in. None of them takes time, but for `wait` and `read`. */
import { unknown, type Maybe } from "../../../kubernetes/values";
import { add, anyTime, earlier, later } from "../../interval";
import { killOf, stopOf } from "../programs/stop";
import type { Shell } from "./evaluate";
import { either, lose, unsure, type Outcome, type State } from "./state";
import type { Field } from "./words";

type Builtin = (args: readonly Field[], state: State, shell: Shell) => Outcome;

const succeeds: Builtin = (_, state) => ({ yes: state });
const ends: Builtin = (_, state) => unsure(state);
const loses: Builtin = (_, state) => lose(state);
/** A file that can't be seen may do anything. */
const sources: Builtin = (_, state, shell) => {
  shell.context.notes.add("script");
  return lose(state);
};
/** It may write to a file that is full. */
const prints: Builtin = (_, state, shell) =>
  shell.isOutputSure && !shell.options.isOutputMoved ? { yes: state } : unsure(state);
const tests: Builtin = (_, state, shell) => {
  shell.context.notes.add("condition");
  return unsure(state);
};

const builtins: Record<string, Builtin> = {
  ":": succeeds,
  true: succeeds,
  false: (_, state) => ({ no: state }),
  echo: prints,
  pwd: ends,
  printf: (args, state, shell) => {
    const [format] = args;
    if (format?.value === unknown || format?.value === "-v") return lose(state);
    return /^(?:[^%\\-]|%[s%]|\\[nt])*$/.test(format?.value ?? "%") ? prints(args, state, shell) : unsure(state);
  },
  test: tests,
  "[": tests,
  exit: (_, state) => ({ exit: state }),
  return: (_, state) => ({ ...unsure(state), exit: state }),
  break: (args, state, shell) => leaveLoop("broke", args, state, shell),
  continue: (args, state, shell) => leaveLoop("next", args, state, shell),
  set: setOptions,
  shift: (_, state) => ({ ...unsure(state), exit: state }),
  export: exported,
  unset: (args, state) => {
    if (args.some(({ value }) => value === unknown || !/^\w+$/.test(value) || value === "PATH")) return lose(state);
    const variables = new Map(state.variables);
    for (const { value } of args) if (value !== unknown) variables.delete(value);
    return unsure({ ...state, variables });
  },
  trap: (args, state) => {
    const [action, ...signals] = args;
    // Its command runs when a signal comes: nothing that is followed here sends the shell one.
    const isForSignals =
      signals.length > 0 &&
      signals.every(({ value }) => /^(?:SIG)?(?:TERM|INT|QUIT|HUP|USR1|USR2|PIPE)$|^(?:1|2|3|15)$/.test(String(value)));
    return action !== undefined && action.value !== unknown && isForSignals ? unsure(state) : lose(state);
  },
  wait: (args, state) => {
    if (args.length === 0) return { yes: { ...state, time: later(state.time, state.jobs) } };
    // For some of them.
    return unsure({ ...state, time: { ...state.time, atMost: Math.max(state.time.atMost, state.jobs.atMost) } });
  },
  kill,
  read: (args, state) =>
    args.some(({ value }) => value === unknown || /^(?:PATH|IFS)$/.test(value))
      ? lose(state)
      : unsure({ ...state, time: add(state.time, anyTime), variables: new Map() }),
  cd: ends,
  umask: ends,
  type: ends,
  hash: ends,
  times: ends,
  jobs: ends,
  ".": sources,
  source: sources,
  ...Object.fromEntries(
    "eval ulimit alias unalias builtin enable fc bind complete compopt compgen shopt let mapfile readarray suspend logout disown fg bg getopts local declare typeset readonly history dirs pushd popd caller help xargs"
      .split(" ")
      .map((name) => [name, loses]),
  ),
};

/** A command of the shell's own; undefined if a program has to be found. */
export function builtinOf(name: string): Builtin | undefined {
  return Object.hasOwn(builtins, name) ? builtins[name] : undefined;
}

/** An assignment: its value's text, and its value. */
export interface Assigned {
  name: string;
  text: string;
  value: Maybe<string>;
}

/** Sets a variable; undefined if that changes how the shell works, or may end it. */
export function assign({ name, text, value }: Assigned, state: State): State | undefined {
  // The image's own folders are still searched.
  if (name === "PATH" && /^"?(?:[\w./:-]*:)?\$(?:PATH|\{PATH\})(?::[\w./:-]*)?"?$/.test(text)) return state;
  if (/^(?:PATH|IFS|E?UID|PPID|ENV|BASH\w*|SHELLOPTS|POSIXLY_CORRECT|TMOUT|PS4|_)$/.test(name)) return undefined;
  return { ...state, variables: new Map(state.variables).set(name, value) };
}

function exported(args: readonly Field[], state: State): Outcome {
  let after: State | undefined = state;
  for (const { text, value } of args) {
    const [, name, set] = /^([A-Za-z_]\w*)(=[^]*)?$/.exec(text) ?? [];
    if (name === undefined) return lose(state);
    if (set === undefined || !after) continue;
    after = assign(
      { name, text: set.slice(1), value: value === unknown ? unknown : value.slice(name.length + 1) },
      after,
    );
  }
  return after ? { yes: after } : lose(state);
}

function leaveLoop(way: "broke" | "next", args: readonly Field[], state: State, shell: Shell): Outcome {
  if (args.some(({ value }) => value !== "1")) return lose(state);
  if (shell.loops > 0) return { [way]: state };
  // From a subshell inside a loop, shells disagree.
  return shell.loopsOutside ? lose(state) : unsure(state);
}

/** Only options that are followed, or change nothing here; and the script's operands, of which nothing is known. */
function setOptions(args: readonly Field[], state: State, shell: Shell): Outcome {
  let outcome: Outcome = { yes: state };
  for (let i = 0; i < args.length; i++) {
    const word = args[i]?.value;
    if (word === undefined || word === unknown) return lose(state);
    if (word === "--" || word === "-" || !/^[-+]/.test(word)) break;
    if (/^[-+][eux]*o$/.test(word)) {
      const option = args[++i]?.value;
      if (!/^(?:errexit|nounset|pipefail|xtrace)$/.test(String(option))) return lose(state);
      if (option === "errexit" || word.includes("e")) shell.options.errexit = true;
      if (option === "nounset" || word.includes("u")) shell.options.nounset = true;
      if (option === "pipefail") {
        shell.options.pipefail = true;
        // An older dash doesn't know it, and ends.
        if (shell.dialect !== "bash") outcome = { ...outcome, exit: state };
      }
    } else if (/^[-+][euxvb]+$/.test(word)) {
      if (word.includes("e")) shell.options.errexit = true;
      if (word.includes("u")) shell.options.nounset = true;
    } else return lose(state);
  }
  return outcome;
}

function kill(args: readonly Field[], state: State, shell: Shell): Outcome {
  const { effect, target } = killOf(
    args.map(({ value }) => value),
    args.map(({ text }) => text),
    shell.context.stopSignal,
    shell.dialect === "bash",
  );
  let after: State = { ...state, stop: earlier(state.stop, add(state.time, stopOf(effect))) };
  if (target === "job" && after.stop.atMost > after.time.atLeast) {
    // What it does may never come.
    after = { ...after, stop: { ...after.stop, atMost: Infinity } };
  }
  if (target !== "app") after = { ...after, jobs: { ...after.jobs, atLeast: 0 } };
  return target === "anything" ? either(unsure(after), lose(after)) : unsure(after);
}
