/**
 * Writes repairs back into YAML and JSON text. Nothing but the repaired fields changes: comments, quotes, order and
 * indentation stay as they are.
 *
 * The YAML library tells where each node stands, and the edit is made in the text. What comes out is read again and
 * compared with what was meant: an edit that went wrong, or that an anchor carries to another object, is never written.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, parseAllDocuments, stringify, visit } from "yaml";
import type { Alias, Document as ParsedDocument, Node, Pair, Scalar, YAMLMap } from "yaml";
import { isObject } from "../schema/check";
import { valueAt, withoutKey, withValue, type FieldEdit, type Path } from "./field-edit";
import { readDocuments, type Document } from "./sources/documents";

/** One object to repair: where it stands in its document, and which of its fields become what. */
export interface Fix {
  document: Document;
  path: Path;
  edits: readonly FieldEdit[];
}

/** A fix that the text can't take: the field where it fails, and why. */
export interface Failure<F extends Fix> {
  fix: F;
  field: Path;
  /** An anchor or a merge key shares the field with another place, or it is written in a way that can't be edited. */
  why: "shared" | "layout";
}

export interface Fixed<F extends Fix> {
  text: string;
  failed: Failure<F>[];
}

interface Splice {
  start: number;
  end: number;
  text: string;
  depth: number;
}

/** The fixes of each part of a text, by where it starts. */
function byPart<F extends Fix>(fixes: readonly F[]): Map<number, F[]> {
  const parts = new Map<number, F[]>();
  for (const fix of fixes) {
    const { start } = fix.document.part;
    const others = parts.get(start);
    if (others) others.push(fix);
    else parts.set(start, [fix]);
  }
  return parts;
}

/** A file's text with all the fixes that it can take, each of them as a whole. */
export function fixText<F extends Fix>(text: string, fixes: readonly F[]): Fixed<F> {
  const failed: Failure<F>[] = [];
  let fixed = text;
  // From the end, so that the places before stay where they are.
  for (const [start, inPart] of [...byPart(fixes)].sort(([a], [b]) => b - a)) {
    const end = inPart[0]?.document.part.end ?? start;
    const part = fixPart(text.slice(start, end), inPart);
    failed.unshift(...part.failed);
    fixed = fixed.slice(0, start) + part.text + fixed.slice(end);
  }
  return { text: fixed, failed };
}

/** All fixes at once, or else each half by itself: one that the text can't take keeps no other back. */
function fixPart<F extends Fix>(text: string, fixes: readonly F[]): Fixed<F> {
  const fixed = attempt(text, fixes);
  if (fixed) return { text: fixed.text, failed: [] };
  const [fix] = fixes;
  if (fix && fixes.length === 1) {
    const field = fix.edits.find((edit) => attempt(text, [{ ...fix, edits: [edit] }]) === undefined) ?? fix.edits[0];
    return { text, failed: [{ fix, field: field?.path ?? [], why: hasAlias(text) ? "shared" : "layout" }] };
  }
  const half = fixes.length >> 1;
  const first = fixPart(text, fixes.slice(0, half));
  const second = fixPart(first.text, fixes.slice(half));
  return { text: second.text, failed: [...first.failed, ...second.failed] };
}

function hasAlias(text: string): boolean {
  let found = false;
  for (const document of parse(text)) visit(document, { Alias: () => ((found = true), visit.BREAK) });
  return found;
}

/** A text that takes the place of another one, by its offsets. */
export type Replacement = Omit<Splice, "depth">;

/**
 * What to replace in a text for each fix by itself, where nothing but what the fix sets is written anew: neither what an
 * alias stands for nor what moves to another place.
 */
export function replacementsOf<F extends Fix>(text: string, fixes: readonly F[]): Map<F, Replacement[]> {
  const found = new Map<F, Replacement[]>();
  const plain = fixes.filter(({ edits }) => edits.every((edit) => "value" in edit));
  for (const [start, inPart] of byPart(plain)) {
    const part = text.slice(start, inPart[0]?.document.part.end);
    for (const [fix, splices] of splicesOf(part, inPart)) {
      const narrow = splices.map((splice) => ({ ...splice, ...narrowed(part, splice) }));
      // Of a command only a number may change: the rest of it isn't the fix's to show.
      if (narrow.some(({ text }, i) => isText(fix.edits[i]) && !/^[\d.]*[smhd]?$/.test(text))) continue;
      found.set(
        fix,
        merged(narrow).map((each) => ({ ...each, start: each.start + start, end: each.end + start })),
      );
    }
  }
  return found;
}

function isText(edit: FieldEdit | undefined): boolean {
  return edit !== undefined && "value" in edit && typeof edit.value === "string";
}

/** The splices of each fix, one for each of its edits, in the text as it is; each half by itself where the text can't take all of them. */
function splicesOf<F extends Fix>(text: string, fixes: readonly F[]): [F, Splice[]][] {
  const made = attempt(text, fixes, [false]);
  if (made) return [...made.splices];
  if (fixes.length < 2) return [];
  const half = fixes.length >> 1;
  return [...splicesOf(text, fixes.slice(0, half)), ...splicesOf(text, fixes.slice(half))];
}

/** In the order of the text; those that meet are one. */
function merged(splices: readonly Splice[]): Replacement[] {
  const all: Replacement[] = [];
  for (const { start, end, text } of different(splices).sort((a, b) => a.start - b.start || b.depth - a.depth)) {
    const last = all.at(-1);
    if (last && start <= last.end) all.splice(-1, 1, { ...last, end: Math.max(end, last.end), text: last.text + text });
    else all.push({ start, end, text });
  }
  return all;
}

/** Without what stays the same at its start and its end. */
function narrowed(text: string, { start, end, text: written }: Replacement): Replacement {
  let [from, to, last] = [0, end, written.length];
  while (start + from < to && from < last && text[start + from] === written[from]) from++;
  while (to > start + from && last > from && text[to - 1] === written[last - 1]) [to, last] = [to - 1, last - 1];
  return { start: start + from, end: to, text: written.slice(from, last) };
}

/** The text with its fixes, and what was done to it for each. */
interface Attempt<F> {
  text: string;
  splices: Map<F, Splice[]>;
}

/**
 * The text with these fixes and nothing else; undefined where it can't take them.
 *
 * @param ways whether what an object has by an alias is written into the object itself: each is tried
 */
function attempt<F extends Fix>(text: string, fixes: readonly F[], ways = [false, true]): Attempt<F> | undefined {
  let wanted = readDocuments(text, "").documents[0]?.value;
  const all = fixes.flatMap((fix) => fix.edits.map((edit) => ({ fix, edit, path: [...fix.path, ...edit.path] })));
  for (const { path, edit } of all) {
    if ("value" in edit) wanted = withValue(wanted, path, edit.value);
  }
  // Paths are those of the text: what is set below a field comes before the field's new name.
  const set = wanted;
  for (const { path, edit } of all) {
    if (!("value" in edit)) wanted = withoutKey(wanted, path, "rename" in edit ? edit.rename : undefined);
  }
  const [parsed] = parse(text);
  // First where an anchor is: it may be that all that share it are to be fixed. Then where it is used.
  for (const own of ways) {
    const splices = all.map(({ path, edit }) =>
      "value" in edit
        ? spliceFor(text, parsed, path, set, own)
        : keySplice(text, parsed, path, "rename" in edit ? edit.rename : undefined),
    );
    const known = splices.filter((splice) => splice !== undefined);
    if (known.length < splices.length) continue;
    const fixed = spliced(text, known);
    const { documents, problems } = readDocuments(fixed, "");
    if (problems.length === 0 && documents.length === 1 && isSame(documents[0]?.value, wanted)) {
      const splices = new Map(fixes.map((fix) => [fix, [] as Splice[]]));
      for (const [i, { fix }] of all.entries()) splices.get(fix)?.push(...known.slice(i, i + 1));
      return { text: fixed, splices };
    }
  }
  return undefined;
}

function parse(text: string): ParsedDocument.Parsed[] {
  const documents = parseAllDocuments(text, { merge: true, uniqueKeys: false });
  return Array.isArray(documents) ? documents : [];
}

/** What several share is written once. */
function different(splices: readonly Splice[]): Splice[] {
  return [...new Map(splices.map((each) => [JSON.stringify(each), each])).values()];
}

function spliced(text: string, splices: readonly Splice[]): string {
  // Where two insertions meet, the deeper one comes first in the text.
  const fromEnd = different(splices).sort((a, b) => b.start - a.start || a.depth - b.depth);
  return fromEnd.reduce((all, { start, end, text }) => all.slice(0, start) + text + all.slice(end), text);
}

/** Equal, by what the values hold. What anchors share is compared once: it may be there any number of times. */
function isSame(a: unknown, b: unknown, seen = new Map<unknown, unknown>()): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key as never], b[key as never], seen))
  );
}

/**
 * The change of the text that sets one field; undefined where there is none.
 *
 * @param after the document's value with all its fixes
 * @param own write into the object itself what it has by an alias or a merge key: a hook, not a whole container
 */
function spliceFor(
  text: string,
  document: ParsedDocument | undefined,
  path: Path,
  after: unknown,
  own: boolean,
): Splice | undefined {
  let node: unknown = document?.contents;
  let isQuoted = false;
  for (const [depth, key] of path.entries()) {
    const way = path.slice(0, depth + 1);
    const isOwn = own && (way.length === path.length || way.includes("lifecycle"));
    if (isSeq(node)) node = node.items[Number(key)];
    else if (isMap(node)) {
      const pair = pairOf(node, String(key), isOwn ? undefined : document);
      if (!pair) return { ...insertion(text, node, String(key), valueAt(after, way), isQuoted), depth };
      node = pair.value;
      isQuoted = text[startOf(pair.key)] === '"';
    } else return undefined;
    if (!isAlias(node)) continue;
    if (isOwn) return { ...inPlace(text, node, flow(valueAt(after, way), isQuoted)), depth };
    node = document && node.resolve(document);
  }
  if (!isScalar(node) && !isMap(node)) return undefined;
  return { ...replacement(text, node, valueAt(after, path), isQuoted), depth: path.length };
}

/** The change of the text that removes one key of a map, or renames it; undefined where that isn't plain. */
function keySplice(
  text: string,
  document: ParsedDocument | undefined,
  path: Path,
  renamed: string | undefined,
): Splice | undefined {
  let map: unknown = document?.contents;
  for (const key of path.slice(0, -1)) {
    map = isSeq(map) ? map.items[Number(key)] : isMap(map) ? pairOf(map, String(key))?.value : undefined;
  }
  const pair = isMap(map) ? pairOf(map, String(path.at(-1))) : undefined;
  if (!isMap(map) || !pair || !isScalar(pair.key)) return undefined;
  const depth = path.length;
  const [start, end] = [startOf(pair.key), contentEnd(text, pair.value ?? pair.key)];
  if (renamed !== undefined) {
    return {
      start,
      end: contentEnd(text, pair.key),
      text: text[start] === '"' ? JSON.stringify(renamed) : renamed,
      depth,
    };
  }
  const at = map.items.indexOf(pair);
  const [before, after] = [map.items[at - 1], map.items[at + 1]];
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  if (!map.flow && text.slice(lineStart, start).trim() === "" && (before ?? after)) {
    // Its lines, with what is written behind it.
    const next = text.indexOf("\n", end) + 1;
    return next > 0
      ? { start: lineStart, end: next, text: "", depth }
      : { start: lineStart - 1, end: text.length, text: "", depth };
  }
  if (after) return { start, end: startOf(after.key), text: "", depth };
  return before && { start: contentEnd(text, before.value ?? before.key), end, text: "", depth };
}

/** @param document look also where merge keys point to in it */
function pairOf(map: YAMLMap, key: string, document?: ParsedDocument, seen = new Set([map])): Pair | undefined {
  // The last of two equal keys is the one that counts.
  const written = map.items.findLast((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  if (written || !document) return written;
  for (const pair of map.items) {
    if (!isScalar(pair.key) || pair.key.source !== "<<") continue;
    for (const each of isSeq(pair.value) ? pair.value.items : [pair.value]) {
      const source = isAlias(each) ? each.resolve(document) : each;
      if (!isMap(source) || seen.has(source)) continue;
      const found = pairOf(source, key, document, seen.add(source));
      if (found) return found;
    }
  }
  return undefined;
}

/** @param isQuoted its keys are in quotes, as in JSON */
function replacement(text: string, node: Node, value: unknown, isQuoted: boolean): Replacement {
  if (isScalar(node)) return inPlace(text, node, isObject(value) ? flow(value, isQuoted) : scalar(text, node, value));
  if (!isMap(node) || node.flow) return inPlace(text, node, flow(value, isQuoted));
  return inPlace(text, node, block(value, text, lineBelow(text, startOf(node))));
}

/** Something in the place of a node; blanks around it where there was nothing. */
function inPlace(text: string, node: Node | Alias, written: string): Replacement {
  const [start, end] = [startOf(node), contentEnd(text, node)];
  if (end > start) return { start, end, text: written };
  const before = /[ \t]/.test(text[start - 1] ?? "") ? "" : " ";
  return { start, end, text: `${before}${written}${text[start] === "#" ? " " : ""}` };
}

/** A scalar that becomes another one: of a text only the number that differs, in its own quotes or block. */
function scalar(text: string, node: Scalar, value: unknown): string {
  const written = text.slice(startOf(node), contentEnd(text, node));
  // A number has escapes, or would be no text without quotes.
  const isOdd = /^".*\\/s.test(written) || (node.type === "PLAIN" && !/[^\d.]/.test(String(value)));
  if (typeof value !== "string" || typeof node.value !== "string" || isOdd) return JSON.stringify(value);
  const number = /(\d+\.?\d*|\.\d+)[smhd]?/g;
  const numbers = value.match(number) ?? [];
  const which = (node.value.match(number) ?? []).findIndex((each, i) => each !== numbers[i]);
  let i = 0;
  // The number in a block's header is its indentation.
  const header = /^[|>][^\n]*\n/.exec(written)?.[0] ?? "";
  const body = written.slice(header.length);
  return header + body.replace(number, (each) => (i++ === which ? (numbers[which] ?? each) : each));
}

/** A new key at the end of a map; before its last one where something stands behind that. */
function insertion(text: string, map: YAMLMap, key: string, value: unknown, isQuoted: boolean): Replacement {
  const last = map.items.at(-1);
  if (!last) return inPlace(text, map, flow({ [key]: value }, isQuoted));
  const [first, start] = [startOf(map.items[0]?.key), startOf(last.key)];
  const end = contentEnd(text, last.value ?? last.key);
  const lineEnd = /\r?\n|$/g;
  lineEnd.lastIndex = end;
  const at = lineEnd.exec(text)?.index ?? end;
  const line = lineBelow(text, first);
  if (map.flow) {
    const isSpread = text.slice(startOf(map), first).includes("\n");
    const json = isQuoted && isSpread && JSON.stringify(value, undefined, stepOf(text)).replaceAll("\n", line);
    const pair = `${isQuoted ? JSON.stringify(key) : key}: ${json || flow(value, isQuoted)}`;
    const comma = isSpread ? `,${line}` : ", ";
    const hasComment = /^[ \t,]*#/.test(text.slice(end, at));
    return hasComment ? { start, end: start, text: pair + comma } : { start: end, end, text: comma + pair };
  }
  const written = block({ [key]: value }, text, line);
  // A block that ends with the file would get a line end.
  if (end === text.length && isBlock(lastIn(last.value))) return { start, end: start, text: written + line };
  return { start: at, end: at, text: line + written };
}

function startOf(node: unknown): number {
  return (node as Node | undefined)?.range?.[0] ?? 0;
}

/** Where a node's own text ends: without the line end of a block, and without the comments behind a collection. */
function contentEnd(text: string, node: unknown): number {
  const last = lastIn(node);
  const end = (last as Node).range?.[1] ?? 0;
  return isBlock(last) ? text.slice(0, end).replace(/\r?\n$/, "").length : end;
}

/** The last of the nodes that a collection in block style holds, or the node itself. */
function lastIn(node: unknown): unknown {
  const last = (isMap(node) || isSeq(node)) && !node.flow ? node.items.at(-1) : undefined;
  return last ? lastIn(isPair(last) ? (last.value ?? last.key) : last) : node;
}

function isBlock(node: unknown): boolean {
  return isScalar(node) && /^BLOCK/.test(node.type ?? "");
}

/** What a line below a place begins with: a line end, and the place's margin. */
function lineBelow(text: string, offset: number): string {
  const margin = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).replace(/\S/g, " ");
  return (text.includes("\r\n") ? "\r\n" : "\n") + margin;
}

/** By what the text indents: the first line that is. */
function stepOf(text: string): number | "\t" {
  const [, margin = ""] = /^([ \t]+)[^\s#-]/m.exec(text) ?? [];
  return margin.startsWith("\t") ? "\t" : margin.length === 4 ? 4 : 2;
}

/** A value on lines of its own. @param line what all but the first begin with */
function block(value: unknown, text: string, line: string): string {
  const written = stringify(value, { indent: Number(stepOf(text)) || 2, lineWidth: 0 }).trimEnd();
  return written.replaceAll("\n", line);
}

/** A value between braces, on one line. */
function flow(value: unknown, isQuoted: boolean): string {
  return isQuoted ? JSON.stringify(value) : stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
}
