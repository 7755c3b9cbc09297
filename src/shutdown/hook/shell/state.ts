/** What is known of a shell while it runs. */
import type { Maybe } from "../../../kubernetes/values";
import { exactly, hull, never, type Interval } from "../../interval";

/** All the ways in which things may have gone so far, as one. Times in seconds from the start of the hook. */
export interface State {
  time: Interval;
  /** When the app was first asked to stop; Infinity: it wasn't. */
  stop: Interval;
  /** When the last background job of this shell ends, for `wait`; 0 if there is none. */
  jobs: Interval;
  /** When the last background job ends, at the latest, that may hold the hook's output open. */
  held: number;
  /** Variables with known values, or that a script has set to what can't be known. Others are the image's. */
  variables: ReadonlyMap<string, Maybe<string>>;
}

/**
 * Where a part of a script may lead: on, with success or without; out of the shell; to the end or the next round of a
 * loop; or anywhere (`lost`): from there on, anything may happen until anything ends.
 */
export interface Outcome {
  yes?: State | undefined;
  no?: State | undefined;
  exit?: State | undefined;
  broke?: State | undefined;
  next?: State | undefined;
  lost?: State | undefined;
}

export function initial(variables: ReadonlyMap<string, Maybe<string>>): State {
  return { time: exactly(0), stop: never, jobs: exactly(0), held: 0, variables };
}

/** Either of two ways. */
export function join(a: State | undefined, b: State | undefined): State | undefined {
  if (!a || !b || a === b) return a ?? b;
  return {
    time: hull(a.time, b.time),
    stop: hull(a.stop, b.stop),
    jobs: hull(a.jobs, b.jobs),
    held: Math.max(a.held, b.held),
    variables: common(a.variables, b.variables),
  };
}

function common(a: State["variables"], b: State["variables"]): State["variables"] {
  if (a === b) return a;
  return new Map([...a].filter(([name, value]) => b.get(name) === value));
}

export function either(a: Outcome, b: Outcome): Outcome {
  return {
    yes: join(a.yes, b.yes),
    no: join(a.no, b.no),
    exit: join(a.exit, b.exit),
    broke: join(a.broke, b.broke),
    next: join(a.next, b.next),
    lost: join(a.lost, b.lost),
  };
}

/** Goes on from the ways of `before` that `ways` names, if there are any, and keeps the others. */
export function andThen(before: Outcome, ways: readonly ("yes" | "no")[], step: (state: State) => Outcome): Outcome {
  const taken = ways.map((way) => before[way]).reduce(join, undefined);
  const kept: Outcome = { ...before };
  for (const way of ways) delete kept[way];
  return taken ? either(kept, step(taken)) : kept;
}

/** From here on anything may happen. */
export function lose(state: State): Outcome {
  return {
    lost: {
      time: { atLeast: state.time.atLeast, atMost: Infinity },
      stop: { atLeast: Math.min(state.stop.atLeast, state.time.atLeast), atMost: state.stop.atMost },
      jobs: { atLeast: 0, atMost: Infinity },
      held: Infinity,
      variables: new Map(),
    },
  };
}

/** With success or without: it can't be known. */
export function unsure(state: State): Outcome {
  return { yes: state, no: state };
}
