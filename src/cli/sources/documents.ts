/** Documents of a YAML or JSON file, each read by itself: a broken one doesn't hide the others. */
import type { Problem } from "./source";
import { maxDepth, NotYaml, readYaml, tooDeep } from "./yaml";

export interface Document {
  value: unknown;
  /** Line of its first key, from 1. */
  line: number;
  /** What Helm rendered it from, `shop/templates/deployment.yaml`. */
  template?: string;
  /** Which of the file's documents, from 0. */
  index: number;
  /** The part of the text that holds it, and nothing else, as offsets. */
  part: { start: number; end: number; line: number };
}

/**
 * The documents of a text that hold anything, and what is wrong with the others.
 *
 * As kubectl takes it apart: objects of JSON one behind the other, or documents between lines that begin with `---`
 * (YAMLOrJSONDecoder and YAMLReader in k8s.io/apimachinery/pkg/util/yaml/decoder.go).
 *
 * @param file its name, for the problems
 */
export function readDocuments(text: string, file: string): { documents: Document[]; problems: Problem[] } {
  const documents: Document[] = [];
  const problems: Problem[] = [];
  let index = 0;
  let [end, line] = [0, 1];
  const bad = (part: Part, error: unknown) => {
    if (!(error instanceof NotYaml)) throw error;
    const { message, line, column = 0 } = error;
    const place = line === undefined ? { line: part.line } : { line: part.line + line, column: column + 1 };
    problems.push({ source: file, ...place, message, kind: "bad" });
  };
  for (const { value, start, end: after } of jsonObjects(text)) {
    line += lineBreaks(text.slice(end, start));
    const part = { start, end: after, line };
    try {
      checkDepth(value);
      documents.push({ value, line, index, part });
    } catch (error) {
      bad(part, error);
    }
    index++;
    line += lineBreaks(text.slice(start, after));
    end = after;
  }
  for (const part of parts(text, end, line)) {
    try {
      const value = read(text, part);
      if (value != null) documents.push({ value, index, part, ...head(text.slice(part.start, part.end), part.line) });
    } catch (error) {
      bad(part, error);
    }
    index++;
  }
  return { documents, problems };
}

type Part = Document["part"];

/** @throws NotYaml */
function read(text: string, { start, end }: Part): unknown {
  const [separator] = /^---[^\r\n]*/.exec(text.slice(start, end)) ?? [""];
  if (!/^(---)?\s*(#.*)?$/.test(separator)) {
    throw new NotYaml("`---` has something behind it, which kubectl refuses: begin a line below it");
  }
  // kubectl takes nothing of what stands behind an end, up to the next `---`.
  const all = text.slice(start + separator.length, end);
  const [first = ""] = all.split(/^\.\.\.(?=\s|$)/m, 1);
  const part = first.trim() === "" ? all : first;
  // Each of its parts may begin with a byte order mark.
  const marked = part.replace(/^(\r?\n)?\ufeff/, "$1");
  const json = parseJson(marked);
  checkDepth(json);
  return json ?? readYaml(marked);
}

/** The objects of JSON that a text begins with; none where it begins otherwise. */
function* jsonObjects(text: string): Iterable<{ value: unknown; start: number; end: number }> {
  for (let at = 0; ;) {
    const start = at + /^\s*/.exec(text.slice(at))![0].length;
    if (text[start] !== "{") return;
    const end = at === 0 && parseJson(text) !== undefined ? text.length : endOfObject(text, start);
    const value = parseJson(text.slice(start, end));
    if (value === undefined) return;
    yield { value, start, end };
    at = end;
  }
}

/** JSON is YAML, too, but its own parser is far faster; whatever it doesn't take is left to the YAML reader. */
function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws NotYaml */
function checkDepth(value: unknown, depth = 0): void {
  if (typeof value !== "object" || value === null) return;
  if (depth > maxDepth) throw new NotYaml(tooDeep);
  for (const key in value) checkDepth(value[key as never], depth + 1);
}

/** Where the brackets that open at a place are closed; the end where they aren't. */
function endOfObject(text: string, start: number): number {
  const token = /[{}]|"[^"\\]*(?:\\.[^"\\]*)*"/gs;
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    if (match[0] === "{") depth++;
    else if (match[0] === "}" && --depth === 0) return token.lastIndex;
  }
  return text.length;
}

/** What stands between lines that begin with `---`, each with the line that starts it. */
function* parts(text: string, from: number, line: number): Iterable<Part> {
  let start = from;
  for (let at = text.indexOf("\n---", from); at >= 0; at = text.indexOf("\n---", at + 1)) {
    const end = at + 1;
    yield { start, end, line };
    line += lineBreaks(text.slice(start, end));
    start = end;
  }
  yield { start, end: text.length, line };
}

/** The line of its first key, and what the comments before it tell. */
function head(part: string, line: number): Pick<Document, "line" | "template"> {
  let found: Pick<Document, "template"> = {};
  for (const [i, each] of part.split("\n", 200).entries()) {
    const content = each.replace(/^\ufeff?---/, "").trim();
    if (content !== "" && !content.startsWith("#")) return { line: line + i, ...found };
    // What `helm template` writes above each object.
    const [, template] = /^# Source: (\S.*)$/.exec(content) ?? [];
    if (template !== undefined) found = { template };
  }
  return { line, ...found };
}

function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
