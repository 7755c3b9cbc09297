/**
 * What a remedy changed, told without telling what the resource holds.
 *
 * Pulumi's remediation event has the whole resource before and after it, with all its environment and commands. A
 * report says which fields differ; values only where they are this pack's own numbers.
 */
import { isObject } from "../schema/check";
import type { Change } from "./types";

/** One step on the way to a field: a key, or an element of a list, which goes by its name if it has one. */
export type Key = string | { index: number; name?: string };

/** A field in which two versions of a resource's properties differ, with what it holds. */
export interface Field {
  keys: readonly Key[];
  before: unknown;
  after: unknown;
}

/** Numbers of seconds that remedies write; nothing else is ever shown. */
const shown: ReadonlySet<Key | undefined> = new Set(["seconds", "terminationGracePeriodSeconds"]);

/** What a remedy may add as a whole: a hook, three levels of which tell all that may be shown. */
const hookKeys: ReadonlySet<Key | undefined> = new Set(["lifecycle", "preStop", "sleep", "exec"]);

/** No remedy changes more; a resource that differs in more places is another tool's work. */
const most = 50;

/** What may be shown of the fields in which two versions of a resource's properties differ. */
export function changes(before: unknown, after: unknown): Change[] {
  return fields(before, after).map(changeOf);
}

/** The fields in which two versions of a resource's properties differ. */
export function fields(before: unknown, after: unknown): Field[] {
  const found: Field[] = [];
  compare(before, after, [], found);
  return found;
}

function compare(before: unknown, after: unknown, keys: readonly Key[], found: Field[]): void {
  if (found.length >= most || keys.length > 40 || Object.is(before, after)) return;
  const last = keys.at(-1);
  const isCommand = last === "command";
  if (isCommand && JSON.stringify(before) === JSON.stringify(after)) return;
  if (!isCommand && hasKeys(before) && hasKeys(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      // The API takes null for what isn't there.
      compare(before[key] ?? undefined, after[key] ?? undefined, [...keys, keyOf(key, after, before)], found);
    }
    return;
  }
  if (before === undefined && isObject(after) && hookKeys.has(last)) {
    const [only, ...others] = Object.keys(after);
    if (only !== undefined && others.length === 0) {
      compare(undefined, after[only], [...keys, only], found);
      return;
    }
  }
  found.push({ keys, before, after });
}

/** A field, as it may be shown. */
export function changeOf({ keys, before, after }: Field): Change {
  const change: Change = {
    path: pathOf(keys),
    kind: before === undefined ? "added" : after === undefined ? "removed" : "changed",
  };
  const [was, is] = [show(keys.at(-1), before), show(keys.at(-1), after)];
  if (was !== undefined) change.before = was;
  if (is !== undefined) change.after = is;
  return change;
}

function show(key: Key | undefined, value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value) && shown.has(key)) return `${value} s`;
  // The one command that remedies write; no other is shown, as it may hold a secret.
  if (key === "command" && Array.isArray(value)) {
    const argv = value as unknown[];
    const sleep = argv.length === 3 && argv[0] === "/bin/sh" && argv[1] === "-c" ? argv[2] : undefined;
    if (typeof sleep === "string" && /^sleep \d{1,6}$/.test(sleep)) return `${sleep} s`;
  }
  return undefined;
}

/** A container is named, as its place in the list says little. */
function keyOf(key: string, ...owners: object[]): Key {
  for (const owner of owners) {
    if (!Array.isArray(owner)) continue;
    const element: unknown = owner[Number(key)];
    const name = isObject(element) ? element.name : undefined;
    const index = Number(key);
    return typeof name === "string" && name.length < 254 ? { index, name } : { index };
  }
  return key;
}

/** `spec.containers["web"].lifecycle`. Keys are a manifest's own (an annotation's name); only plain ones are shown. */
function pathOf(keys: readonly Key[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === "object") return `${path}[${key.name === undefined ? key.index : JSON.stringify(key.name)}]`;
    const safe = /^[\w-]{1,63}$/.test(key) ? key : "…";
    return path === "" ? safe : `${path}.${safe}`;
  }, "");
}

/** The keys of a change's path; undefined for text that isn't one. */
export function keysOf(path: string): Key[] | undefined {
  const keys: Key[] = [];
  const step = /(?:^|\.)([\w-]+)|\[(?:(\d{1,6})|("(?:[^"\\]|\\.)*"))\]/gy;
  let end = 0;
  for (const match of path.matchAll(step)) {
    const [all, key, index, quoted] = match;
    end = match.index + all.length;
    if (key !== undefined) keys.push(key);
    else if (index !== undefined) keys.push({ index: Number(index) });
    else {
      const name = unquoted(quoted ?? "");
      if (name === undefined) return undefined;
      keys.push({ index: -1, name });
    }
  }
  return end === path.length && end > 0 ? keys : undefined;
}

function unquoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** An object or a list. */
export function hasKeys(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
