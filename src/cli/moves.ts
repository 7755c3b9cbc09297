/** Fields that Kubernetes drops, moved to where they were meant to be: where that is plain. */
import { isDeepStrictEqual } from "node:util";
import { deadFields, type Assessment } from "../assess";
import { segments } from "../kubernetes/property-path";
import { get } from "../kubernetes/values";
import type { Workload } from "../kubernetes/workload";
import { isObject } from "../schema/check";
import { isExcused } from "../settings/exemptions";
import { valueAt, withoutKey, withValue, type FieldEdit, type Path } from "./field-edit";

/** Where a field stands, and where it belongs. */
export interface Move {
  from: Path;
  to: Path;
}

/** `spec.containers[0].lifecycle` → `["spec", "containers", 0, "lifecycle"]`. */
export function pathOf(path: string): (string | number)[] {
  return segments(path).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
}

/** What is to be moved of the workloads for which that is reported. */
export function movesOf({ findings, workloads }: Assessment): Map<Workload, Move[]> {
  const reported = findings.filter(({ code, excuses }) => code === "field-dropped" && !isExcused(excuses));
  const ids = new Set(reported.map(({ subject }) => subject?.id));
  const all = workloads.filter(({ resource }) => ids.has(resource.id)).map((each) => [each, plainMoves(each)] as const);
  return new Map(all.filter(([, moves]) => moves.length > 0));
}

/** A move is plain if the right place is empty, and what is meant for it has its form and is one. */
function plainMoves(workload: Workload): Move[] {
  const { body } = workload.resource;
  const groups = new Map<string, Move[]>();
  for (const { path, meant } of deadFields(workload)) {
    if (meant === undefined) continue;
    const move = { from: pathOf(path), to: pathOf(meant) };
    groups.set(meant, [...(groups.get(meant) ?? []), move]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, ...others] = group.map(({ from }) => get(body, ...from));
    const [{ from, to }] = group as [Move];
    const isOne = others.every((other) => isDeepStrictEqual(other, first));
    return isOne && get(body, ...to) === undefined && hasForm(first, body, from, to) ? group : [];
  });
}

const handlers: ReadonlySet<string> = new Set(["exec", "httpGet", "sleep", "tcpSocket"]);

function hasForm(value: unknown, body: unknown, from: Path, to: Path): boolean {
  switch (to.at(-1)) {
    case "terminationGracePeriodSeconds":
      return Number.isSafeInteger(value) && Number(value) > 0;
    case "command":
      // Beside another handler it may be what is left of a change.
      return Array.isArray(value) && Object.keys(get(body, ...from.slice(0, -1)) as object).length === 1;
    case "preStop":
      return isObject(value) && Object.keys(value).length === 1 && Object.keys(value).every((key) => handlers.has(key));
    default:
      return isObject(value);
  }
}

/** An object with its fields moved. */
export function edited(object: unknown, moves: readonly Move[]): unknown {
  return moves.reduce((all, { from, to }) => withoutKey(withValue(all, to, valueAt(all, from)), from), object);
}

/**
 * Moves, and what is repaired afterwards, as edits of the text before.
 *
 * @param fields what is repaired, by paths after the moves
 * @param after the object with all of it
 */
export function inText(moves: readonly Move[], fields: readonly FieldEdit[], after: unknown): FieldEdit[] {
  const edits: FieldEdit[] = [];
  // Several may have been meant for one: the first goes there.
  const done: Path[] = [];
  const isBelow = (path: Path, top: Path) => top.every((key, i) => path[i] === key);
  let rest = fields;
  for (const { from, to } of moves) {
    const owner = from.slice(0, -1);
    const below = rest.filter(({ path }) => isBelow(path, to));
    rest = rest.filter((edit) => !below.includes(edit));
    if (done.some((other) => isDeepStrictEqual(other, to))) edits.push({ path: from, remove: true });
    else if (isDeepStrictEqual(owner, to.slice(0, -1))) {
      edits.push(...below.map((edit) => ({ ...edit, path: [...from, ...edit.path.slice(to.length)] })));
      edits.push({ path: from, rename: String(to.at(-1)) });
    } else if (to.at(-1) === "command") edits.push({ path: owner, value: valueAt(after, owner) });
    else edits.push({ path: to, value: valueAt(after, to) }, { path: from, remove: true });
    done.push(to);
  }
  return [...edits, ...rest];
}
