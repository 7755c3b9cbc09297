/** Documents of a YAML or JSON file, each read by itself: a broken one doesn't hide the others. */
import { CORE_SCHEMA, YAMLException, loadAll, mergeTag } from "js-yaml";
import type { Problem } from "./source";

export interface Document {
  value: unknown;
  /** Line of its first key, from 1. */
  line: number;
  /** Which of the file's documents, from 0. */
  index: number;
  /** The part of the text that holds it, as offsets, and which of that part's documents it is. */
  part: { start: number; end: number; line: number; index: number };
}

// Kubernetes' own reader takes YAML's merge keys (`<<`), and the last of two equal keys.
export const yamlOptions = { schema: CORE_SCHEMA.withTags(mergeTag), json: true };

/** A line that starts a document. It ends whatever came before, also a block scalar: YAML forbids it in all content. */
const separator = /^---(?=[ \t\r\n]|$)/gm;

/**
 * The documents of a text that hold anything, and what is wrong with the others.
 *
 * @param file its name, for the problems
 */
export function readDocuments(text: string, file: string): { documents: Document[]; problems: Problem[] } {
  const documents: Document[] = [];
  const problems: Problem[] = [];
  const source = text.replace(/^\ufeff/, "");
  const json = /^\s*[{[]/.test(source) ? parseJson(source) : undefined;
  const mark = text.length - source.length;
  if (json !== undefined) {
    const part = { start: mark, end: text.length, line: 1, index: 0 };
    return { documents: [{ value: json, line: firstLine(source, 1), index: 0, part }], problems };
  }
  let index = 0;
  for (const { part, line, start } of split(source)) {
    try {
      for (const [i, value] of loadAll(part, yamlOptions).entries()) {
        const place = { start: start + mark, end: start + mark + part.length, line, index: i };
        if (value !== null && value !== undefined) {
          documents.push({ value, line: firstLine(part, line), index, part: place });
        }
        index++;
      }
    } catch (error) {
      index++;
      if (!(error instanceof YAMLException)) throw error;
      problems.push({
        source: file,
        line: line + (error.mark?.line ?? 0),
        column: (error.mark?.column ?? 0) + 1,
        // The reason alone: the snippet that comes with it shows contents.
        message: `not YAML: ${error.reason.replace(/"[^"]*"/g, "…")}`,
        kind: "bad",
      });
    }
  }
  return { documents, problems };
}

/** JSON is YAML, too, but its own parser is far faster; whatever it doesn't take is left to the YAML reader. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The parts of a file between `---`, each with the number of its first line. Directives stay with their document. */
function* split(text: string): Generator<{ part: string; line: number; start: number }> {
  let start = 0;
  let line = 1;
  for (const match of text.matchAll(separator)) {
    const before = text.slice(start, match.index);
    // What stands before the first `---` is no document of its own where it is empty, comments or directives.
    if (start === 0 && isPrologue(before)) continue;
    yield { part: before, line, start };
    line += lineBreaks(before);
    start = match.index;
  }
  const rest = text.slice(start);
  if (start > 0 || rest.trim() !== "") yield { part: rest, line, start };
}

function isPrologue(text: string): boolean {
  return text.split("\n").every((line) => /^\s*(#.*|%.*)?\r?$/.test(line));
}

function firstLine(part: string, line: number): number {
  for (const [i, each] of part.split("\n", 200).entries()) {
    const content = each.replace(/^---/, "").trim();
    if (content !== "" && !content.startsWith("#") && !content.startsWith("%")) return line + i;
  }
  return line;
}

function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
