/**
 * What becomes of a repair: the remediation that Pulumi announces, joined with what it then does with the resource.
 *
 * An announcement is not yet a change. The engine drops repairs of a resource that it replaces, and where nothing but
 * what `ignoreChanges` names differs, it leaves the resource as it is; in both cases it says "remediate" all the same.
 */
import { isDeepStrictEqual } from "node:util";
import { isObject } from "../schema/check";
import { hasKeys, type Field, type Key } from "./repair";
import type { Repair } from "./types";
import { signature } from "../wire";

/** What an operation does with one resource, as `apitype.StepEventMetadata` says. */
export interface Step {
  op: string;
  /** The inputs that the state has, and those that are to be deployed. */
  old: unknown;
  planned: unknown;
  /** What the provider answers when the step is done; in a preview, what the API would answer. */
  outputs: unknown;
  /** The paths that it changes, as in `detailedDiff`. */
  changed: readonly string[];
}

/** Steps that say nothing of a resource's new inputs: they read, or are about the one that is replaced. */
const passing = /^(read|refresh|delete|discard|remove)/;

/** The step of an event's `metadata`; undefined for what says nothing of a repair. */
export function stepOf(metadata: Readonly<Record<string, unknown>>): Step | undefined {
  const { op, detailedDiff } = metadata;
  if (typeof op !== "string" || passing.test(op)) return undefined;
  const [old, planned] = [metadata.old, metadata.new].map((state) => (isObject(state) ? state : {}));
  const changed = Object.keys(isObject(detailedDiff) ? detailedDiff : {});
  return { op, old: old?.inputs, planned: planned?.inputs, outputs: planned?.outputs, changed };
}

/** Fields of one repair that share an outcome. */
export interface Part extends Pick<Repair, "outcome" | "because"> {
  fields: readonly Field[];
}

/**
 * A repair's parts, each with its outcome: none where that can't be told.
 *
 * @param last the properties after the last repair of the resource, as one may go on from another's
 */
export function partsOf(fields: readonly Field[], last: unknown, step: Step | undefined): Part[] {
  if (step === undefined || step.op.startsWith("import")) return [{ fields }];
  if (fields.length === 0) return [{ fields, ...hiddenOutcome(step) }];
  const isReplaced = step.op.includes("replace");
  const has = (properties: unknown) => fields.map((field) => holds(properties, field, last));
  const inPlan = has(leftBy(step));
  const inState = has(isReplaced ? undefined : step.old);
  if ([...inPlan, ...inState].includes(undefined)) return [{ fields }];
  const made = fields.filter((_, i) => inPlan[i]);
  const lost = fields.filter((_, i) => !inPlan[i]);
  const isKept = fields.every((_, i) => inState[i] || !inPlan[i]);
  const because = isReplaced ? "replaced" : step.op === "same" ? "ignored" : undefined;
  const parts: Part[] = [
    { fields: made, outcome: isKept ? "kept" : "rolls-out" },
    { fields: lost, outcome: "not-applied", ...(because ? { because } : {}) },
  ];
  return parts.filter((part) => part.fields.length > 0);
}

/** The outcome where a secret hides what is repaired: a list of containers with one secret in it is secret as a whole. */
function hiddenOutcome({ op, changed }: Step): Pick<Part, "outcome"> {
  const isRepair = (path: string) => /\.(lifecycle\b.*|terminationGracePeriodSeconds)$/.test(path);
  if (op === "same") return { outcome: "unchanged" };
  return op === "create" || (op === "update" && changed.some(isRepair)) ? { outcome: "rolls-out" } : {};
}

/** What a step leaves the resource with: its outputs if they show its spec, or else its inputs. */
export function leftBy({ op, old, planned, outputs }: Step): unknown {
  if (isObject(outputs) && isObject(outputs.spec)) return outputs;
  return op === "same" ? old : planned;
}

/** Do the properties have what the repair put there? Undefined where a secret or an unknown value hides it. */
function holds(properties: unknown, { keys, before, after }: Field, last: unknown): boolean | undefined {
  const value = valueAt(properties, keys);
  if (value === hidden) return undefined;
  const wanted = valueAt(last, keys);
  const isUndone = isDeepStrictEqual(wanted, before);
  return isDeepStrictEqual(value, after) || (!isUndone && isDeepStrictEqual(value, wanted));
}

const hidden = Symbol("hidden");

function valueAt(value: unknown, keys: readonly Key[]): unknown {
  for (const key of keys) {
    if (value === undefined || value === null) return undefined;
    if (!hasKeys(value) || signature in value) return hidden;
    value = value[placeOf(value, key)];
  }
  return hasKeys(value) && signature in value ? hidden : value;
}

/** Where a key's value stands: an element is found by its name, wherever it is in this list. */
function placeOf(container: object, key: Key): string {
  if (typeof key === "string") return key;
  const { index, name } = key;
  if (name === undefined || !Array.isArray(container)) return String(index);
  return String(container.findIndex((element: unknown) => isObject(element) && element.name === name));
}
