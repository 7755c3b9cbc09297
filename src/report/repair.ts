/**
 * What a remedy changed, told without telling what the resource holds.
 *
 * Pulumi's remediation event has the whole resource before and after it, with all its environment and commands. A
 * report says which fields differ; values only where they are this pack's own numbers.
 */
import { isObject } from "../schema/check";
import type { Change } from "./types";

/** Numbers of seconds that remedies write; nothing else is ever shown. */
const shown = new Set(["seconds", "terminationGracePeriodSeconds"]);

/** No remedy changes more; a resource that differs in more places is another tool's work. */
const most = 50;

/** The fields in which two versions of a resource's properties differ. */
export function changes(before: unknown, after: unknown): Change[] {
  const found: Change[] = [];
  compare(before, after, "", found, 0);
  return found;
}

function compare(before: unknown, after: unknown, path: string, found: Change[], depth: number): void {
  if (found.length >= most || depth > 40 || Object.is(before, after)) return;
  const isCommand = path.endsWith(".command");
  if (isCommand && JSON.stringify(before) === JSON.stringify(after)) return;
  if (!isCommand && hasKeys(before) && hasKeys(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      // The API takes null for what isn't there.
      compare(before[key] ?? undefined, after[key] ?? undefined, join(path, key, after, before), found, depth + 1);
    }
    return;
  }
  // A remedy adds at most a hook: three levels below that tell all that may be shown.
  if (before === undefined && isObject(after) && /(^|\.)(lifecycle|preStop|sleep|exec)$/.test(path)) {
    const keys = Object.keys(after);
    if (keys.length === 1 && keys[0] !== undefined) {
      compare(undefined, after[keys[0]], join(path, keys[0], after, after), found, depth + 1);
      return;
    }
  }
  const change: Change = {
    path,
    kind: before === undefined ? "added" : after === undefined ? "removed" : "changed",
  };
  const [was, is] = [show(path, before), show(path, after)];
  if (was !== undefined) change.before = was;
  if (is !== undefined) change.after = is;
  found.push(change);
}

function show(path: string, value: unknown): string | undefined {
  const key = path.slice(path.lastIndexOf(".") + 1);
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
function join(path: string, key: string, ...owners: object[]): string {
  for (const owner of owners) {
    if (!Array.isArray(owner)) continue;
    const element: unknown = owner[Number(key)];
    const name = isObject(element) ? element.name : undefined;
    return `${path}[${typeof name === "string" && name.length < 254 ? JSON.stringify(name) : key}]`;
  }
  // Keys are a manifest's own (an annotation's name); only plain ones are shown.
  const safe = /^[\w-]{1,63}$/.test(key) ? key : "…";
  return path === "" ? safe : `${path}.${safe}`;
}

/** An object or a list. */
function hasKeys(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
