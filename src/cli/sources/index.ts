/** Reads sources of any kind: manifests, folders, standard input, Pulumi state. */
import { realpath, stat } from "node:fs/promises";
import { fromManifest } from "../../kubernetes/resource";
import { NotUtf8, readFileText } from "./bytes";
import { readDocuments } from "./documents";
import { chartOf, filesIn, isExcluded, rendered, type Excluded } from "./files";
import { isHook, isPart, objectsOf } from "./manifests";
import { exportStack, readState, stateResources } from "./pulumi-state";
import { InputError, isSystemError, systemMessage, type Problem, type Reading } from "./source";

export { readFileText } from "./bytes";
export { adminApi, apisixUrl, controlApi } from "./apisix";
export { allKinds, connect, readCluster, readMetrics, routeKinds, type Known } from "./cluster";
export { follow } from "./follow";
export { deployed, InputError, isSystemError, printProblem, systemMessage, UsageError } from "./source";
export type { ApisixApi } from "./apisix";
export type { Api, ClusterOptions } from "./cluster";
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
  /** A source that holds nothing is no problem. */
  allowEmpty?: boolean;
}

/** Everything in the sources, in their order. What can't be read is among the problems, and the rest is still read. */
export async function readSources(sources: readonly string[], options: ReadOptions): Promise<Reading> {
  const reading: Reading = { objects: [], problems: [], notes: [] };
  const seen = new Set<string>();
  for (const source of new Set(sources)) {
    const { isKnown, ...own } = await readSource(source, options, seen);
    // Two sources may find the same chart.
    own.notes = own.notes.filter((note) => !reading.notes.some((other) => other.source === note.source));
    add(reading, isKnown || options.allowEmpty ? own : orEmpty(own, source));
  }
  return reading;
}

/** @param seen what was read already, by its identity; `isKnown`: all that there is may be that, or is left out */
async function readSource(
  source: string,
  options: ReadOptions,
  seen: Set<string>,
): Promise<Reading & { isKnown: boolean }> {
  const own = { objects: [], problems: [], notes: [], isKnown: false } as Reading & { isKnown: boolean };
  const problem = (source: string, message: string) => void own.problems.push({ source, message, kind: "bad" });
  const guard = (file: string) => (error: unknown) => {
    if (error instanceof InputError) return problem(file, error.message);
    if (isSystemError(error)) return problem(error.path ?? file, systemMessage(error));
    throw error;
  };
  if (source === "-") {
    const text = await options.stdin().catch(guard("-"));
    if (text !== undefined) add(own, readText(text, "-", options));
    return own;
  }
  const { exclude } = options;
  const isFolder = await stat(source).then((found) => found.isDirectory(), guard(source));
  if (isFolder === undefined) return own;
  const found = isFolder ? await filesIn(source, exclude).catch(guard(source)) : undefined;
  if (found) add(own, { objects: [], ...found });
  own.isKnown = !isFolder && (await isExcluded(source, exclude));
  const templates: string[] = [];
  for (const file of found?.files ?? (isFolder || own.isKnown ? [] : [source])) {
    try {
      const name = await identity(file);
      own.isKnown ||= seen.has(name);
      if (seen.has(name) || found?.patches.has(await realpath(file))) continue;
      seen.add(name);
      options.onFile?.(file);
      const chart = isFolder ? undefined : await chartOf(file);
      if (chart !== undefined) problem(file, rendered(chart).message);
      else {
        const read = readText(await readFileText(file), file, options, !isFolder);
        if (read.isTemplate) templates.push(file);
        else add(own, read);
      }
    } catch (error) {
      const isOther = isFolder && error instanceof NotUtf8 && !looksLikeManifest(error.text);
      if (!isOther) guard(file)(error);
    }
  }
  if (templates.length > 0) {
    const [first, more] = [templates[0], templates.length - 1];
    const what = more === 0 ? `${first} is a template` : `${first} and ${more} more are templates`;
    const message = `${what}, with \`{{\`: render them, and give the result to \`check -\``;
    if (!own.notes.some((note) => note.source === source)) own.notes.push({ source, message });
  }
  return own;
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

/** The state of a stack, by the installed Pulumi CLI. @throws InputError with what the CLI said */
export async function readStack(stack: string, env: NodeJS.ProcessEnv, allowEmpty: boolean): Promise<Reading> {
  const source = `stack ${stack}`;
  const reading = readText(await exportStack(stack, env), source);
  return allowEmpty ? reading : orEmpty(reading, source);
}

/** With a problem where a source holds nothing: what was to write it may have failed, as in `false | … check -`. */
function orEmpty(reading: Reading, source: string): Reading {
  if (reading.objects.length > 0 || reading.problems.length > 0) return reading;
  const message = `no Kubernetes objects in ${source === "-" ? "the input" : "it"}`;
  return { ...reading, problems: [{ source, message, kind: "bad" }] };
}

/** What tells files apart: one that is named twice, by its folder, by a link or by a hard link is one file. */
async function identity(file: string): Promise<string> {
  const { dev, ino, nlink } = await stat(file, { bigint: true });
  // Not every file system has numbers to rely on.
  return nlink > 1n ? `${dev}:${ino}` : realpath(file);
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
  // In a folder there may be all sorts of YAML; a file that was named should be what it was named for.
  if (named && objects.length === 0 && documents.some(({ value }) => !fromManifest(value, ""))) {
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
