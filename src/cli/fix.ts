/**
 * Writes repairs back into YAML and JSON text. Nothing but the repaired fields changes: comments, quotes, order and
 * indentation stay as they are.
 *
 * The YAML library tells where each node stands, and the edit is made in the text. What comes out is read again and
 * compared with what was meant, so that no edit that went wrong is ever written.
 */
import { isDeepStrictEqual } from "node:util";
import { loadAll } from "js-yaml";
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  stringify,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import { isObject } from "../schema/check";
import { yamlOptions, type Document } from "./sources/documents";

/** One repaired object: where it stands in its document, and what it becomes. */
export interface Fix {
  document: Document;
  path: readonly (string | number)[];
  before: unknown;
  after: unknown;
}

type Path = readonly (string | number)[];

/** A field that is set, or replaced as a whole. */
interface Edit {
  path: Path;
  value: unknown;
}

interface Splice {
  start: number;
  end: number;
  text: string;
  depth: number;
}

export interface Fixed {
  text: string;
  /** Repairs that the text can't take as it is written, and why. */
  failed: { fix: Fix; why: string }[];
}

/** A file's text with all its repairs. */
export function fixText(text: string, fixes: readonly Fix[]): Fixed {
  const parts = new Map<number, Fix[]>();
  for (const fix of fixes) {
    const { start } = fix.document.part;
    parts.set(start, [...(parts.get(start) ?? []), fix]);
  }
  const failed: Fixed["failed"] = [];
  let fixed = text;
  // From the end, so that the places before stay where they are.
  for (const [start, inPart] of [...parts].sort(([a], [b]) => b - a)) {
    const end = inPart[0]?.document.part.end ?? start;
    const part = fixPart(text.slice(start, end), inPart);
    if ("why" in part) failed.push(...inPart.map((fix) => ({ fix, why: part.why })));
    else fixed = fixed.slice(0, start) + part.text + fixed.slice(end);
  }
  return { text: fixed, failed };
}

function fixPart(text: string, fixes: readonly Fix[]): { text: string } | { why: string } {
  const expected = loadAll(text, yamlOptions);
  const documents = parseAllDocuments(text, { merge: true, uniqueKeys: false });
  if (!Array.isArray(documents)) return { why: "the file holds no document" };
  const splices: Splice[] = [];
  for (const fix of fixes) {
    const { index } = fix.document.part;
    const contents = documents[index]?.contents;
    if (!contents) return { why: "its document can't be found again" };
    for (const { path, value } of edits(fix.before, fix.after)) {
      const splice = spliceFor(text, contents, [...fix.path, ...path], value);
      if ("why" in splice) return splice;
      splices.push(splice);
    }
    expected[index] = withValue(expected[index], fix.path, fix.after);
  }
  // Where two insertions meet, the deeper one comes first in the text.
  splices.sort((a, b) => b.start - a.start || a.depth - b.depth);
  let fixed = text;
  for (const { start, end, text: inserted } of splices) fixed = fixed.slice(0, start) + inserted + fixed.slice(end);
  const isRight = isDeepStrictEqual(plain(read(fixed)), plain(expected));
  return isRight ? { text: fixed } : { why: "an anchor, an alias or a merge key shares the field with another object" };
}

function read(text: string): unknown {
  try {
    return loadAll(text, yamlOptions);
  } catch {
    return undefined;
  }
}

/** Without prototypes and sharing, for the comparison. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}

function withValue(root: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(root)) return root.map((each: unknown, i) => (i === key ? withValue(each, rest, value) : each));
  const fields = root as Record<string, unknown>;
  return { ...fields, [key]: withValue(fields[key], rest, value) };
}

/** What to write to make one value of another: the smallest fields; a map that loses a key as a whole. */
function edits(before: unknown, after: unknown, path: Path = []): Edit[] {
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return after.flatMap((each: unknown, i) => edits(before[i], each, [...path, i]));
  }
  if (isObject(before) && isObject(after)) {
    if (Object.keys(before).some((key) => !(key in after))) return [{ path, value: after }];
    return Object.keys(after).flatMap((key) =>
      key in before ? edits(before[key], after[key], [...path, key]) : [{ path: [...path, key], value: after[key] }],
    );
  }
  return isDeepStrictEqual(before, after) ? [] : [{ path, value: after }];
}

/** The change of the text that sets one field. */
function spliceFor(text: string, root: Node, path: Path, value: unknown): Splice | { why: string } {
  const shared = { why: "the field stands behind an alias, and changing it would change another object" };
  let node: Node = root;
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) return shared;
    const isLast = depth === path.length - 1;
    let next: Node | null | undefined;
    if (isSeq(node)) next = node.items[Number(key)] as Node | undefined;
    else if (isMap(node)) {
      const pair = pairOf(node, String(key));
      // The whole value belongs to a key that isn't written here, even if a merge key brings it.
      if (!pair) return isLast ? insertion(text, node, String(key), value, depth) : shared;
      next = pair.value as Node | null;
      if (isLast) return next ? replacement(text, node, pair, next, value, depth) : shared;
    }
    if (!next) return shared;
    if (isLast) return scalarReplacement(text, next, value, depth);
    node = next;
  }
  return shared;
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  // The last of two equal keys is the one that counts.
  return map.items.findLast((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function scalarReplacement(text: string, node: Node, value: unknown, depth: number): Splice | { why: string } {
  if (!isScalar(node) || !node.range || /^[|>]/.test(text.slice(node.range[0]))) {
    return { why: "the field is not written on one line" };
  }
  const [start, end] = node.range;
  const written = text.slice(start, end);
  const quoted =
    typeof value === "string" && written.startsWith("'")
      ? `'${value.replaceAll("'", "''")}'`
      : typeof value === "string" && written.startsWith('"')
        ? JSON.stringify(value)
        : stringify(value, { lineWidth: 0 }).trimEnd();
  return { start, end, text: quoted, depth };
}

function replacement(
  text: string,
  map: YAMLMap,
  pair: Pair,
  node: Node,
  value: unknown,
  depth: number,
): Splice | { why: string } {
  if (isAlias(node)) return { why: "the field is an alias of another one" };
  if (!isObject(value)) return scalarReplacement(text, node, value, depth);
  if (!node.range) return { why: "its place is not known" };
  const [start] = node.range;
  const end = contentEnd(node);
  if (map.flow || (isMap(node) && node.flow)) return { start, end, text: flow(value, text), depth };
  const column = columnOf(text, isMap(node) ? start : ((pair.key as Node).range?.[0] ?? start));
  if (isMap(node)) return { start, end, text: block(value, text, column).trimStart(), depth };
  // `lifecycle:` with nothing behind it.
  const step = stepOf(text);
  return { start, end, text: `${eolOf(text)}${block(value, text, column + step)}`, depth };
}

/** A new key at the end of a map. */
function insertion(text: string, map: YAMLMap, key: string, value: unknown, depth: number): Splice | { why: string } {
  const first = map.items[0];
  const last = map.items.at(-1);
  if (map.flow || !first || !last) {
    if (!map.range) return { why: "its place is not known" };
    if (!first || !last) {
      const written = `{ ${flowKey(key, text)}: ${flow(value, text)} }`;
      return { start: map.range[0], end: contentEnd(map), text: written, depth };
    }
    const end = contentEnd((last.value ?? last.key) as Node);
    const start = (first.key as Node).range?.[0] ?? end;
    // On lines of their own, where the others are.
    const isSpread = text.slice(map.range[0], start).includes("\n");
    const column = columnOf(text, start);
    const before = isSpread ? `,${eolOf(text)}${" ".repeat(column)}` : ", ";
    const written = isSpread ? spread(value, text, column) : flow(value, text);
    return { start: end, end, text: `${before}${flowKey(key, text)}: ${written}`, depth };
  }
  const column = columnOf(text, (first.key as Node).range?.[0] ?? 0);
  const end = contentEnd((last.value ?? last.key) as Node);
  const written = block({ [key]: value }, text, column);
  // After a block scalar the next line has begun; anything else may have a comment behind it.
  if (text[end - 1] === "\n") return { start: end, end, text: `${written}${eolOf(text)}`, depth };
  const newline = text.indexOf("\n", end);
  const at = newline < 0 ? text.length : newline;
  const lineEnd = text[at - 1] === "\r" ? at - 1 : at;
  return { start: lineEnd, end: lineEnd, text: `${eolOf(text)}${written}`, depth };
}

/** Where a node's own text ends: a block collection's range goes on over the comments behind it. */
function contentEnd(node: Node): number {
  const last = (isMap(node) || isSeq(node)) && !node.flow ? node.items.at(-1) : undefined;
  if (last) return contentEnd((isPair(last) ? (last.value ?? last.key) : last) as Node);
  return node.range?.[1] ?? 0;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf("\n", offset - 1) + 1);
}

function eolOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** By how many columns the text indents: by those of its first line that is. */
function stepOf(text: string): number {
  return /^( +)[^\s#-]/m.exec(text)?.[1]?.length === 4 ? 4 : 2;
}

/** A value on lines of its own, each from a column on. */
function block(value: object, text: string, column: number): string {
  const lines = stringify(value, { indent: stepOf(text), lineWidth: 0, defaultStringType: "PLAIN" })
    .trimEnd()
    .split("\n");
  return lines.map((line) => " ".repeat(column) + line).join(eolOf(text));
}

function isJson(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

function flowKey(key: string, text: string): string {
  return isJson(text) ? JSON.stringify(key) : key;
}

/** A value on one line. */
function flow(value: unknown, text: string): string {
  if (isJson(text)) return JSON.stringify(value);
  return stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: true }).trimEnd();
}

/** A value on lines of its own, in JSON; what stands in a flow map of YAML is short enough for one. */
function spread(value: unknown, text: string, column: number): string {
  if (!isJson(text)) return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
  return JSON.stringify(value, undefined, stepOf(text)).replaceAll("\n", `${eolOf(text)}${" ".repeat(column)}`);
}
