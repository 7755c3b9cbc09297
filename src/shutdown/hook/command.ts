/** How long an exec hook holds SIGTERM back. */
import { get, getString, type Maybe } from "../../kubernetes/values";
import { delayOf, unclear, type Delay, type Interval } from "../interval";
import { environmentOf } from "./environment";
import { fault } from "./faults";
import type { Context, Note, Run } from "./programs/call";
import { runProgram } from "./programs";
import { mistakeIn, lengthen, round } from "./repair";
import { TooHard } from "./too-hard";

/** Steps that one hook may cost: an answer must come within milliseconds. */
const mostSteps = 1_500;

/**
 * Follows a hook's command, without running it.
 *
 * @param command `exec.command`: an argv, not a shell's line. The kubelet runs it as it stands: it replaces `$(NAME)` in
 *   a container's `command` and `args`, not in hooks (kubernetes/pkg/kubelet/lifecycle/handlers.go: `RunInContainer` gets
 *   `handler.Exec.Command` itself)
 * @param container the container, for its environment and what else decides what programs do
 */
export function delayOfCommand(command: readonly Maybe<string>[], container: object): Delay {
  const environment = environmentOf(container);
  const stopSignal = getString(container, "lifecycle", "stopSignal");
  const isReadOnly = ![undefined, false].includes(
    get(container, "securityContext", "readOnlyRootFilesystem") as undefined,
  );
  // What isn't known becomes null, which no command or value is.
  const key = JSON.stringify([command, [...environment], stopSignal, isReadOnly]);
  const known = followed.get(key);
  if (known) return known;
  const delay = follow(command, { environment, stopSignal, isReadOnly });
  if (followed.size >= mostFollowed) followed.clear();
  followed.set(key, delay);
  return delay;
}

/** A Pod is judged by several policies, and a fleet's hooks are much the same. Nothing else decides the answer. */
const followed = new Map<string, Delay>();
const mostFollowed = 1_000;

function follow(
  command: readonly Maybe<string>[],
  of: Pick<Context, "environment" | "stopSignal" | "isReadOnly">,
): Delay {
  const notes = new Set<Note>();
  let run: Run;
  try {
    run = runProgram(command, { ...of, isInputEmpty: true, budget: { steps: mostSteps }, notes, depth: 0 });
  } catch (failure) {
    // Any other error is a bug.
    if (!(failure instanceof TooHard)) fault(failure);
    const because =
      failure instanceof TooHard ? failure.because : "can't be followed, because of an error in this program";
    return unclear(because);
  }
  // A runtime may wait for background jobs that hold the hook's output open: it does with containerd, it needn't.
  const whole = tidy({ ...run.time, atMost: Math.max(run.time.atMost, run.held ?? 0) });
  const stop = tidy(run.stop);
  if (whole.atMost === 0) {
    const mistake = mistakeIn(command, of.environment);
    if (mistake) return delayOf(whole, mistake.because, mistake.repair, stop);
  }
  const edit =
    whole.atLeast === whole.atMost && stop.atLeast === Infinity ? lengthen(command, whole.atMost) : undefined;
  if (edit) return delayOf(whole, `sleeps ${inWords(whole)}`, { kind: "lengthen", edit });
  return delayOf(whole, explain(whole, stop, notes), { kind: "none" }, stop);
}

function tidy({ atLeast, atMost }: Interval): Interval {
  return { atLeast: round(atLeast), atMost: round(atMost) };
}

/** Why an interval is as wide as it is. They name what a command does, never what it says. */
const reasons: [Note, string][] = [
  ["script", "it runs a script that can't be seen from here"],
  ["variable", "it depends on a value that can't be known"],
  ["option", "an option changes what it does"],
  ["loop", "nothing bounds its loop"],
  ["program", "it runs a program that may take any time, fail or be missing"],
  ["file", "it opens a file, which may fail or, if it is a named pipe, wait"],
  ["condition", "a condition that can't be known decides on it"],
  ["console", "a hook has no console, without which Windows' timeout may end at once"],
  ["background", "a job in the background may hold it open"],
  ["shells", "shells disagree about it"],
  ["rare", "it uses parts of the shell that are not followed here"],
];

function explain(whole: Interval, stop: Interval, notes: ReadonlySet<Note>): string {
  const isPoint = whole.atLeast === whole.atMost;
  const noted = reasons.filter(([note]) => notes.has(note) && (note !== "rare" || notes.size === 1));
  const why = noted.map(([, reason]) => reason);
  const because = isPoint || why.length === 0 ? "" : `: ${why.slice(0, 2).join(", and ")}`;
  const stops = stopInWords(stop, whole);
  if (whole.atMost === 0) return `takes no time${stops}`;
  if (whole.atLeast === Infinity) return `never ends${stops}`;
  if (whole.atLeast === 0 && whole.atMost === Infinity) {
    return `takes a time that can't be known${because}${stop.atMost < Infinity ? stops : ""}`;
  }
  return `takes ${inWords(whole)}${because}${stops}`;
}

function stopInWords(stop: Interval, whole: Interval): string {
  if (stop.atLeast === Infinity || stop.atLeast > whole.atMost) return "";
  if (stop.atMost === Infinity)
    return `, and may stop the app itself${stop.atLeast > 0 ? ` after ${stop.atLeast} s` : ""}`;
  return `, and stops the app itself ${stop.atMost === 0 ? "at once" : `after ${inWords(stop)}`}`;
}

function inWords({ atLeast, atMost }: Interval): string {
  if (atLeast === Infinity) return "forever";
  if (atLeast === atMost) return `${atLeast} s`;
  if (atMost === Infinity) return `at least ${atLeast} s`;
  return `${atLeast} to ${atMost} s`;
}
