/** Reads sources of any kind: manifests, folders, standard input, Pulumi state. */
import { realpath, stat } from "node:fs/promises";
import { NotUtf8, readFileText } from "./bytes";
import { readDocuments } from "./documents";
import { chartOf, filesIn, isExcluded, rendered, type Excluded } from "./files";
import { isHook, isPart, objectsOf } from "./manifests";
import { readState, stateResources } from "./pulumi-state";
import { InputError, isSystemError, systemMessage, type Problem, type Reading } from "./source";

export { allKinds, readCluster, routeKinds } from "./cluster";
export { exportStack } from "./pulumi-state";
export { deployed, InputError, isSystemError, printProblem, systemMessage, UsageError } from "./source";
export type { ClusterOptions } from "./cluster";
export type { Excluded } from "./files";
export type { Place, Problem, Reading, Sourced } from "./source";

export interface ReadOptions {
  /** Standard input, for `-`. */
  stdin: () => Promise<string>;
  /** Called with each file before it is read. */
  onFile?: (file: string) => void;
  /** Also gets the text of each file: fixes are written to it. */
  onText?: (file: string, text: string) => void;
  /** What to leave out: patterns as in a .gitignore, relative to the working directory. */
  exclude?: Excluded;
}

/** Everything in the sources, in their order. What can't be read is among the problems, and the rest is still read. */
export async function readSources(sources: readonly string[], options: ReadOptions): Promise<Reading> {
  const reading: Reading = { objects: [], problems: [], notes: [] };
  const { exclude } = options;
  const seen = new Set<string>();
  const noteOnce = (...notes: Reading["notes"]) => {
    for (const note of notes) if (!reading.notes.some(({ source }) => source === note.source)) reading.notes.push(note);
  };
  for (const source of sources) {
    const guard = (file: string) => (error: unknown) => {
      if (error instanceof InputError) return problem(file, error.message);
      if (isSystemError(error)) return problem(error.path ?? file, systemMessage(error));
      throw error;
    };
    const problem = (source: string, message: string) => void reading.problems.push({ source, message, kind: "bad" });
    if (source === "-") {
      if (seen.has("-")) continue;
      seen.add("-");
      const text = await options.stdin().catch(guard("-"));
      if (text !== undefined) add(reading, readText(text, "-", options));
      continue;
    }
    const isFolder = await stat(source).then((found) => found.isDirectory(), guard(source));
    if (isFolder === undefined) continue;
    const found = isFolder ? await filesIn(source, exclude).catch(guard(source)) : undefined;
    if (found) {
      for (const each of found.problems) reading.problems.push(each);
      noteOnce(...found.notes);
      const isEmpty = found.files.length + found.problems.length + found.notes.length === 0;
      if (isEmpty) problem(source, "no .yaml, .yml or .json file in it");
    }
    const templates: string[] = [];
    for (const file of found?.files ?? (isFolder || isExcluded(source, exclude) ? [] : [source])) {
      try {
        // A file that is named twice, or also by its folder, is one file.
        const real = await realpath(file);
        if (seen.has(real) || found?.patches.has(real)) continue;
        seen.add(real);
        options.onFile?.(file);
        const chart = isFolder ? undefined : await chartOf(file);
        if (chart !== undefined) problem(file, rendered(chart).message);
        else {
          const read = readText(await readFileText(file), file, options, !isFolder);
          if (read.isTemplate) templates.push(file);
          else add(reading, read);
        }
      } catch (error) {
        const isOther = isFolder && error instanceof NotUtf8 && !looksLikeManifest(error.text);
        if (!isOther) guard(file)(error);
      }
    }
    if (templates.length > 0) {
      const [first, more] = [templates[0], templates.length - 1];
      const what = more === 0 ? `${first} is a template` : `${first} and ${more} more are templates`;
      noteOnce({ source, message: `${what}, with \`{{\`: render them, and give the result to \`check -\`` });
    }
  }
  return reading;
}

/** Every manifest says both, in any notation. */
function looksLikeManifest(text: string): boolean {
  return /\bapiVersion["']?\s*:/.test(text) && /\bkind["']?\s*:/.test(text);
}

/** Is it a template that isn't rendered? Then the braces are what can't be read, or stand just before that. */
function isTemplate(text: string, problems: readonly Problem[]): boolean {
  if (problems.length === 0 || !text.includes("{{")) return false;
  const lines = text.split("\n");
  return problems.some(({ line = 1 }) => lines.slice(Math.max(0, line - 3), line).some((each) => each.includes("{{")));
}

/** What a file or an export holds, told by its content: Pulumi state or manifests. */
export function readText(
  text: string,
  file: string,
  options: Partial<ReadOptions> = {},
  named = true,
): Reading & { isTemplate?: boolean } {
  const { documents, problems } = readDocuments(text, file);
  const nothing: Reading = { objects: [], problems: [], notes: [] };
  if (isTemplate(text, problems)) {
    if (!named) return { ...nothing, isTemplate: true };
    const message = "a template, with `{{`: render it, and give the result to `check -`";
    return { ...nothing, problems: [{ ...problems[0], source: file, message, kind: "bad" }] };
  }
  // In a folder there may be all sorts of YAML; a file that was named should be what it was named for.
  if (!named && problems.length > 0 && !looksLikeManifest(text)) return nothing;
  options.onText?.(file, text);
  const [first] = documents;
  const state = documents.length === 1 ? stateResources(first?.value) : undefined;
  if (state) {
    const reading = readState(state, file);
    return { ...reading, problems: [...problems, ...reading.problems] };
  }
  const objects = documents.flatMap((document) => objectsOf(document, file));
  if (named && objects.length === 0 && documents.length > 0) {
    problems.push({ source: file, message: "neither Kubernetes objects nor Pulumi state", kind: "bad" });
  }
  return { ...nothing, objects: objects.filter((each) => !isHook(each) && (named || !isPart(each))), problems };
}

function add(to: Reading, more: Reading): void {
  // No spread into push: a cluster's worth of arguments overflows the stack.
  for (const object of more.objects) to.objects.push(object);
  for (const problem of more.problems) to.problems.push(problem);
  for (const note of more.notes) to.notes.push(note);
}
