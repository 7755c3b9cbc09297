/** How long an exec hook holds SIGTERM back. */
import type { Maybe } from "../../kubernetes/values";
import { anyTime, earlier, exactly, hull, type Delay, type Interval } from "../interval";
import { environmentOf } from "./environment";
import { mistakeIn, plainSleep, raiseOf, round } from "./form";
import { runProgram } from "./program";
import type { Analysis, Environment, Note, Run } from "./state";

/** Steps that one hook may cost: an answer must come within milliseconds. */
const mostSteps = 6_000;

/**
 * Follows a hook's command, without running it. Never throws.
 *
 * @param command `exec.command`: an argv, not a shell's line. The kubelet runs it as it stands: it replaces `$(NAME)` in
 *   a container's `command` and `args`, not in hooks (kubernetes/pkg/kubelet/lifecycle/handlers.go: `RunInContainer` gets
 *   `handler.Exec.Command` itself)
 * @param container the container, for its environment
 */
export function delayOfCommand(command: readonly Maybe<string>[], container: object): Delay {
  const environment = environmentOf(container);
  // What isn't known becomes null, which no command or value is.
  const key = JSON.stringify([command, [...environment]]);
  const known = followed.get(key);
  if (known) return known;
  const delay = tryToFollow(command, environment);
  if (followed.size >= mostFollowed) followed.clear();
  followed.set(key, delay);
  return delay;
}

/** A Pod is judged by several policies, and a fleet's hooks are much the same. Nothing else decides the answer. */
const followed = new Map<string, Delay>();
const mostFollowed = 1_000;

function tryToFollow(command: readonly Maybe<string>[], environment: Environment): Delay {
  try {
    return follow(command, environment);
  } catch {
    // Nested too deep, or reaching out of what is followed: nothing is claimed.
    return notFollowed;
  }
}

const notFollowed: Delay = {
  ...anyTime,
  protects: anyTime,
  because: "takes a time that can't be known: its command is too large or too unusual to follow",
  form: "other",
};

function follow(command: readonly Maybe<string>[], environment: Environment): Delay {
  const analysis: Analysis = { steps: mostSteps, notes: new Set() };
  const runs = runProgram({ argv: command, more: false, environment, analysis, depth: 0 });
  const whole = wholeOf(runs);
  const protects = protectsOf(runs);
  if (whole.atMost === 0) {
    const mistake = mistakeIn(command, environment);
    if (mistake) {
      const { because, onlySleeps, meant } = mistake;
      const form = onlySleeps ? "broken" : "other";
      return {
        ...exactly(0),
        protects: exactly(0),
        because,
        form,
        ...(onlySleeps && meant !== undefined && { meant }),
      };
    }
  }
  const sleep = plainSleep(command);
  // An odd operand (`1e1`) that one `sleep` takes and another refuses is a sleep, too; a shell that may refuse its
  // options is not.
  if (sleep?.last && whole.atMost > 0 && analysis.notes.size === 0) {
    const raise = raiseOf(sleep, whole.atMost);
    return { ...whole, protects, because: `sleeps ${inWords(whole)}`, form: "sleep", ...(raise && { raise }) };
  }
  return { ...whole, protects, because: explain(whole, protects, analysis.notes), form: "other" };
}

/** A runtime may wait for background jobs that hold the hook's output open: it does with containerd, it needn't. */
function wholeOf(runs: readonly Run[]): Interval {
  const each = runs.map(({ time, background }) => ({ ...time, atMost: Math.max(time.atMost, background) }));
  return tidy(each.reduce(hull, each[0] ?? anyTime));
}

/** Until the app is told to stop, or the hook ends. */
function protectsOf(runs: readonly Run[]): Interval {
  const each = runs.map((run) => earlier(run.stop, wholeOf([run])));
  return tidy(each.reduce(hull, each[0] ?? anyTime));
}

function tidy({ atLeast, atMost }: Interval): Interval {
  return { atLeast: round(atLeast), atMost: round(atMost) };
}

/** Why an interval is as wide as it is. They name what a command does, never what it says. */
const reasons: [Note, string][] = [
  ["large", "it is too large to follow to its end"],
  ["syntax", "a syntax error ends it"],
  ["rare", "it uses parts of the shell that are not followed here"],
  ["script", "it runs a script that can't be seen from here"],
  ["variable", "it depends on a value that can't be known"],
  ["option", "a shell's options change what it does"],
  ["loop", "nothing bounds its loop"],
  ["program", "it runs a program that may take any time, fail or be missing"],
  ["read", "it waits for input"],
  ["file", "it opens a file, which may fail or, if it is a named pipe, wait"],
  ["condition", "a condition that can't be known decides on it"],
  ["console", "a hook has no console, without which Windows' timeout may end at once"],
  ["background", "a job in the background may hold it open"],
  ["shells", "shells disagree about it"],
];

function explain(whole: Interval, protects: Interval, notes: ReadonlySet<Note>): string {
  const isPoint = whole.atLeast === whole.atMost;
  const why = reasons.filter(([note]) => notes.has(note)).map(([, reason]) => reason);
  const because = isPoint || why.length === 0 ? "" : `: ${why.slice(0, 2).join(", and ")}`;
  const stops =
    protects.atMost < whole.atMost || protects.atLeast < whole.atLeast
      ? `, and ${protects.atLeast < protects.atMost ? "may stop" : "stops"} the app itself ${protects.atMost === 0 ? "at once" : `after ${inWords(protects)}`}`
      : "";
  if (isPoint && whole.atLeast === 0) return "takes no time";
  if (whole.atLeast === Infinity) return `never ends${stops}`;
  if (whole.atLeast === 0 && whole.atMost === Infinity) return `takes a time that can't be known${because}${stops}`;
  return `takes ${inWords(whole)}${because}${stops}`;
}

function inWords({ atLeast, atMost }: Interval): string {
  if (atLeast === Infinity) return "forever";
  if (atLeast === atMost) return `${atLeast} s`;
  if (atMost === Infinity) return `at least ${atLeast} s`;
  return `${atLeast} to ${atMost} s`;
}
