/**
 * What each line of the controller makes of a resource. A line judges in stages: whose is it, is it valid, can it be
 * translated? What it refuses at one of them it doesn't push at all.
 */
import { isDeepStrictEqual } from "node:util";
import type { Resource } from "../../kubernetes/resource";
import type { ControllerLine, DeadRoute, LineRefusal, Note, Refusal, Step } from "../routes";
import { isObstacle, startAt, unknownValue, type Context, type Found, type Obstacle, type Way } from "./reference";

/** A line takes it; it is somebody else's; the line refuses it; or that can't be seen. */
export type Verdict =
  | { takes: true; notes?: readonly Note[] }
  | { takes: false; because: Refusal; isForeign: boolean }
  | { takes: Obstacle };

export const yes = { takes: true } as const;

/** Somebody else's, for all that is known. */
export function foreign(because: Refusal): Verdict {
  return { takes: false, because, isForeign: true };
}

/** APISIX's, and refused. */
export function refused(because: Refusal): Verdict {
  return { takes: false, because, isForeign: false };
}

/** A value on which it depends can't be known. */
export function unclear(resource: Resource, path: string, steps: readonly Step[]): { takes: Obstacle } {
  return { takes: unknownValue(resource, path, steps) };
}

/** A line's stages, in its order. What one of them surely refuses is refused, whatever can't be seen of the others. */
export function inStages(...stages: (() => Verdict)[]): Verdict {
  let open: Verdict | undefined;
  const notes: Note[] = [];
  for (const stage of stages) {
    const verdict = stage();
    if (verdict.takes === false) return verdict;
    if (verdict.takes === true) notes.push(...(verdict.notes ?? []));
    else open ??= verdict;
  }
  return open ?? { takes: true, notes };
}

/** The first that takes it, or else may, or else refuses it. */
export function best(verdicts: readonly Verdict[]): Verdict {
  return (
    verdicts.find(({ takes }) => takes === true) ??
    verdicts.find(({ takes }) => takes !== false) ??
    verdicts.find((verdict) => verdict.takes === false && !verdict.isForeign) ??
    verdicts[0] ??
    yes
  );
}

/** The lines that take a resource: none if it is somebody else's, or dead. */
export interface Ruling {
  lines: readonly ControllerLine[];
  notes: readonly Note[];
  /** Why the other lines refuse it, if it is APISIX's. */
  refusals: readonly LineRefusal[];
  /** What keeps from seeing what another line makes of it. */
  unclear?: Obstacle;
}

/** Asks each line that the settings allow. What one of them takes is taken, with a note if the other one may not. */
function ask(context: Context, verdictOf: (line: ControllerLine) => Verdict): Ruling | Obstacle {
  const verdicts = context.lines.map((line) => ({ line, verdict: verdictOf(line) }));
  const lines = verdicts.filter(({ verdict }) => verdict.takes === true).map(({ line }) => line);
  const notes: Note[] = [];
  const refusals: LineRefusal[] = [];
  let obstacle: Obstacle | undefined;
  for (const { line: own, verdict } of verdicts) {
    if (verdict.takes === true) notes.push(...(verdict.notes ?? []).filter((note) => !isAmong(notes, note)));
    else if (verdict.takes === false) {
      for (const line of lines) notes.push({ code: "controller-line", line, because: verdict.because });
      if (!verdict.isForeign) refusals.push({ line: own, because: verdict.because });
    } else {
      if (lines.length === 0) return verdict.takes;
      obstacle = verdict.takes;
      const { resource, steps, cause, ...because } = verdict.takes;
      for (const line of lines) notes.push({ code: "controller-line-unclear", line, because });
    }
  }
  return { lines, notes, refusals, ...(obstacle && { unclear: obstacle }) };
}

function isAmong(notes: readonly Note[], note: Note): boolean {
  return notes.some((other) => isDeepStrictEqual(other, note));
}

/** Follows a route as far as some line takes it. One of APISIX's that none takes is dead. */
export function* taken(
  context: Context,
  route: Resource,
  verdictOf: (line: ControllerLine) => Verdict,
  follow: (way: Way) => Iterable<Found>,
): Generator<Found> {
  const ruling = ask(context, verdictOf);
  if (isObstacle(ruling)) yield ruling;
  else if (ruling.lines.length > 0) {
    const { notes, ...start } = ruling;
    yield* follow({ ...startAt(route, ruling.lines, notes), start });
  } else if (ruling.refusals.length > 0) yield { route, refusals: ruling.refusals } satisfies DeadRoute;
}
