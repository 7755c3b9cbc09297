/**
 * A workload's repairs as code for its Pulumi program, ready to copy: with it the pack has nothing left to repair.
 *
 * It holds what the pack wrote, hooks and seconds, and nothing else of the resource.
 */
import { dump } from "js-yaml";
import { oneLine } from "./plain";
import { keysOf, type Key } from "./repair";
import type { Change, Repair, ResourceRef } from "./types";
import { parseUrn } from "../urn";

export const languages = { typescript: "TypeScript", python: "Python", yaml: "YAML" } as const;
export type Language = keyof typeof languages;

/** What is written, as JSON: elements of lists are objects with a name, or the words of a command. */
interface Tree {
  [key: string]: Tree | Tree[] | string[] | string | number;
}

/** The arguments of the resource that all its repairs write; undefined where there is no program, or nothing to show. */
export function programOf(resource: ResourceRef, repairs: readonly Repair[]): Record<Language, string> | undefined {
  const type = resource.urn === undefined ? undefined : parseUrn(resource.urn)?.type;
  // What the resource ignores, it ignores from the program as well.
  const changes = repairs.filter(({ because }) => because !== "ignored").flatMap((one) => one.changes);
  if (type === undefined || changes.length === 0) return undefined;
  const { tree, remarks } = written(changes);
  const remarked = (mark: string, lines: string[]) =>
    [...remarks.map((text) => `${mark} ${text}`), ...lines].join("\n");
  const entries = Object.entries(tree);
  const name = pythonNames(type);
  return {
    typescript: remarked(
      "//",
      entries.map(([key, value]) => `${key}: ${code(value, typescript)},`),
    ),
    python: remarked(
      "#",
      entries.map(([key, value]) => `${name(key)}=${code(value, python(name))},`),
    ),
    yaml: yamlOf(repairs) ?? "",
  };
}

/** What all repairs of one resource write, as YAML of a manifest or a program; undefined where there is nothing to show. */
export function yamlOf(repairs: readonly Pick<Repair, "changes" | "because">[]): string | undefined {
  const changes = repairs.filter(({ because }) => because !== "ignored").flatMap((one) => one.changes);
  if (changes.length === 0) return undefined;
  const { tree, remarks } = written(changes);
  const lines = Object.keys(tree).length > 0 ? [dump(tree, { lineWidth: -1 }).trimEnd()] : [];
  return [...remarks.map((text) => `# ${text}`), ...lines].join("\n");
}

/** What changes write, and what can't be written. */
function written(changes: readonly Change[]): { tree: Tree; remarks: string[] } {
  const tree: Tree = {};
  const remarks = new Set<string>();
  for (const change of changes) {
    const [keys, value] = [keysOf(change.path), valueOf(change)];
    if (keys === undefined || value === undefined || !write(tree, keys, value)) remarks.add(remark(change));
  }
  return { tree, remarks: [...remarks] };
}

/** What a change writes, if that is the pack's own: the text that a report shows of it, read again. */
function valueOf({ path, after = "" }: Change): number | string[] | undefined {
  const seconds = /^(sleep )?(\d{1,6}) s$/.exec(after);
  if (!seconds) return undefined;
  const [, sleep, number = ""] = seconds;
  if (path.endsWith(".command")) return sleep === undefined ? undefined : ["/bin/sh", "-c", `sleep ${number}`];
  return sleep === undefined ? Number(number) : undefined;
}

/** Writes a value at its place; false where that can't be named in a program. */
function write(tree: Tree, keys: readonly Key[], value: number | string[]): boolean {
  if (!keys.every((key) => (typeof key === "object" ? key.name !== undefined : /^[a-z]\w*$/i.test(key)))) return false;
  let at = tree;
  for (const [i, key] of keys.entries()) {
    if (typeof key === "object") continue;
    const next = keys[i + 1];
    const known = Object.hasOwn(at, key) ? at[key] : undefined;
    if (typeof next === "object") {
      if (known !== undefined && !Array.isArray(known)) return false;
      at = element((known ?? (at[key] = [])) as Tree[], next.name ?? "");
    } else if (next !== undefined) {
      if (known !== undefined && (typeof known !== "object" || Array.isArray(known))) return false;
      at = known ?? (at[key] = {});
    } else {
      // Of two repairs of one number the longer is the one that holds both.
      at[key] = typeof known === "number" && typeof value === "number" ? Math.max(known, value) : value;
    }
  }
  return true;
}

function element(list: Tree[], name: string): Tree {
  let found = list.find((one) => one.name === name);
  if (!found) list.push((found = { name }));
  return found;
}

function remark({ path, kind }: Change): string {
  return kind === "removed"
    ? `Remove ${oneLine(path)}.`
    : `Change ${oneLine(path)} by hand: what it holds may be secret.`;
}

/** A typed resource takes Python's names; a CustomResource's properties go to the API as they are. */
function pythonNames(type: string): (key: string) => string {
  const group = /^kubernetes:([^/]+)\//.exec(type)?.[1] ?? "";
  if (group.includes(".") && !group.endsWith(".k8s.io")) return (key) => key;
  return (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** How a language writes what JSON writes otherwise. */
interface Style {
  key: (name: string) => string;
  indent: string;
  /** Inside the braces of an object on one line. */
  pad: string;
}

const typescript: Style = { key: (name) => name, indent: "  ", pad: " " };

function python(name: (key: string) => string): Style {
  return { key: (key) => JSON.stringify(name(key)), indent: "    ", pad: "" };
}

/** A literal, on one line if it is short. Texts are written as JSON, which all of the languages read. */
function code(value: Tree[string], style: Style, margin = ""): string {
  if (typeof value !== "object") return JSON.stringify(value);
  const isList = Array.isArray(value);
  const inner = margin + style.indent;
  const items = isList
    ? value.map((one) => code(one, style, inner))
    : Object.entries(value).map(([key, one]) => `${style.key(key)}: ${code(one, style, inner)}`);
  const [open, close, pad] = isList ? ["[", "]", ""] : ["{", "}", style.pad];
  const line = `${open}${pad}${items.join(", ")}${pad}${close}`;
  if (line.length <= 60 && !line.includes("\n")) return line;
  return `${open}\n${items.map((item) => `${inner}${item},\n`).join("")}${margin}${close}`;
}
