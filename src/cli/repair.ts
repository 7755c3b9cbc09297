/** What `check --fix` makes of manifests: the remedies of what `check` finds, as far as their texts can take them. */
import { readFile } from "node:fs/promises";
import { mendedBy, remedies, type Assessment, type Knowledge } from "../assess";
import type { Workload } from "../kubernetes/workload";
import { oneLine } from "../plain";
import type { PolicyName } from "../settings/schema";
import { withValue, type FieldEdit } from "./field-edit";
import type * as Fixes from "./fix";
import type { Failure, Fix } from "./fix";
import { say, type Io } from "./io";
import { judge } from "./judgement";
import { edited, inText, movesOf, pathOf, type Move } from "./moves";
import { isSystemError, type Sourced } from "./sources";
import { writeMessage, writeWhole } from "./write-file";

/** A workload that has a remedy. */
export interface WorkloadFix extends Fix {
  object: Sourced;
  workload: Workload;
  repairs: Repair[];
  /** The containers whose hooks it writes; "" for the grace period. */
  mends: string[];
}

/** What one policy's remedy changes. */
export interface Repair {
  policy: PolicyName;
  before: unknown;
  after: unknown;
  /** Nothing says that APISIX sends it requests. */
  onlyExposed: boolean;
}

export interface FixPlan {
  fixes: WorkloadFix[];
  /** How many workloads have none, as they only look exposed. */
  exposed: number;
  /** How many stand in Pulumi's state, which is never changed. */
  inState: number;
}

/** @param includeExposed repair also what only looks exposed */
export function planFixes(
  objects: readonly Sourced[],
  assessment: Assessment,
  knowledge: Knowledge,
  today: Date,
  includeExposed: boolean,
): FixPlan {
  const byUrn = new Map(objects.map((object) => [object.resource.urn, object]));
  const fixes = new Map<Sourced, WorkloadFix>();
  const moves = new Map<Sourced, Move[]>();
  const [exposed, inState] = [new Set<Sourced>(), new Set<Sourced>()];
  for (const [workload, own] of movesOf(assessment)) {
    const object = byUrn.get(workload.resource.id);
    if (object && !object.place) inState.add(object);
    if (!object?.place) continue;
    const { document, path } = object.place;
    const before = object.resource.props;
    const repair = { policy: "apisix-rollout-advice", before, after: edited(before, own), onlyExposed: false } as const;
    moves.set(object, own);
    fixes.set(object, {
      object,
      workload,
      document,
      path,
      edits: inText(own, [], repair.after),
      repairs: [repair],
      mends: [],
    });
  }
  // What is moved counts: it is judged where it stands then.
  const moved = objects.map((object) => {
    const after = fixes.get(object)?.repairs[0]?.after;
    return after === undefined ? object : { ...object, resource: { ...object.resource, props: after } };
  });
  const now = moves.size > 0 ? judge(moved, knowledge, today) : assessment;
  for (const { workload, policy, edits, onlyExposed } of remedies(now, knowledge, today)) {
    const object = byUrn.get(workload.resource.id);
    if (!object) continue;
    if (!object.place) inState.add(object);
    else if (onlyExposed && !includeExposed) exposed.add(object);
    else {
      const { document, path } = object.place;
      const fix = fixes.get(object) ?? { object, workload, document, path, edits: [], repairs: [], mends: [] };
      fixes.set(object, fix);
      const fields = edits.map((edit) => ({ path: pathOf(`${workload.podSpecPath}.${edit.path}`), value: edit.value }));
      // The second policy's repair goes on from the first one's.
      const before = fix.repairs.at(-1)?.after ?? object.resource.props;
      const after = fields.reduce((value, edit) => withValue(value, edit.path, edit.value), before);
      fix.mends.push(...mendedBy(edits));
      fix.repairs.push({ policy, before, after, onlyExposed });
      fix.edits = lastOfEach([...fix.edits, ...inText(moves.get(object) ?? [], fields, after)]);
    }
  }
  for (const object of fixes.keys()) exposed.delete(object);
  return { fixes: [...fixes.values()], exposed: exposed.size, inState: inState.size };
}

/** Both policies may raise the grace period. */
function lastOfEach(edits: readonly FieldEdit[]): FieldEdit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify([edit.path, "value" in edit]), edit])).values()];
}

/** A file that fixes change, and those that do. */
export interface FixedFile {
  file: string;
  before: string;
  after: string;
  fixes: WorkloadFix[];
}

export function fixesByFile(fixes: readonly WorkloadFix[]): Map<string, WorkloadFix[]> {
  const byFile = new Map<string, WorkloadFix[]>();
  for (const fix of fixes) {
    const file = fix.object.place?.file ?? "";
    const others = byFile.get(file);
    if (others) others.push(fix);
    else byFile.set(file, [fix]);
  }
  return byFile;
}

/** The files with their fixes, and the fixes that their texts can't take. */
export function fixFiles(
  fixes: readonly WorkloadFix[],
  texts: ReadonlyMap<string, string>,
): { files: FixedFile[]; failed: Failure<WorkloadFix>[] } {
  // Loaded on first use, with its YAML library: most runs repair nothing.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { fixText } = require("./fix") as typeof Fixes;
  const files: FixedFile[] = [];
  const failed: Failure<WorkloadFix>[] = [];
  for (const [file, inFile] of fixesByFile(fixes)) {
    const before = texts.get(file) ?? "";
    const fixed = fixText(before, inFile);
    failed.push(...fixed.failed);
    const left = new Set(fixed.failed.map(({ fix }) => fix));
    const made = inFile.filter((fix) => !left.has(fix));
    if (made.length > 0) files.push({ file, before, after: fixed.text, fixes: made });
  }
  return { files, failed };
}

/** Writes the files, each as a whole or not at all, and says which are written where one isn't. Those that are. */
export async function writeFiles(files: readonly FixedFile[], io: Pick<Io, "stderr">): Promise<FixedFile[]> {
  const written: FixedFile[] = [];
  for (const each of files) {
    const { file, before, after } = each;
    try {
      if (file === "-") written.push(each);
      else if ((await readFile(file)).equals(Buffer.from(before))) {
        await writeWhole(file, after);
        written.push(each);
      } else say(io, "error", `${file}: not written: it isn't UTF-8, or it changed since it was read`);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      say(io, "error", `${file}: not written: ${writeMessage(error)}`);
    }
  }
  if (written.length < files.length) {
    io.stderr(`Written: ${oneLine(written.map(({ file }) => file).join(", ")) || "no file"}.\n`);
  }
  return written;
}
