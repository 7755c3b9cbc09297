/** Reads sources of any kind: manifests, folders, standard input, Pulumi state. */
import { readFile, readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { readDocuments } from "./documents";
import { objectsOf } from "./manifests";
import { readState, stateResources } from "./pulumi-state";
import { InputError, type Reading } from "./source";

export { allKinds, readCluster, routeKinds } from "./cluster";
export { exportStack } from "./pulumi-state";
export { deployed, InputError, printProblem, UsageError } from "./source";
export type { ClusterOptions } from "./cluster";
export type { Place, Problem, Reading, Sourced } from "./source";

export interface ReadOptions {
  /** Standard input, for `-`. */
  stdin: () => Promise<string>;
  /** Called with each file before it is read. */
  onFile?: (file: string) => void;
  /** Also gets the text of each file: fixes are written to it. */
  onText?: (file: string, text: string) => void;
}

/** Files of a folder that may hold manifests. */
const manifestFile = /\.(ya?ml|json)$/i;
/** Folders of other people's code. */
const skippedFolder = /^(node_modules|\..*)$/;

/** Everything in the sources, in their order. What can't be read is among the problems, and the rest is still read. */
export async function readSources(sources: readonly string[], options: ReadOptions): Promise<Reading> {
  const reading: Reading = { objects: [], problems: [] };
  const seen = new Set<string>();
  for (const source of sources) {
    if (source === "-") {
      if (seen.has("-")) continue;
      seen.add("-");
      add(reading, readText(await options.stdin(), "-", options, true));
      continue;
    }
    try {
      const isFolder = (await stat(source)).isDirectory();
      const files = isFolder ? await filesIn(source) : [source];
      if (files.length === 0)
        reading.problems.push({ source, message: "no .yaml, .yml or .json file in it", kind: "bad" });
      for (const file of files) {
        // A file that is named twice, or also by its folder, is one file.
        const real = await realpath(file);
        if (seen.has(real)) continue;
        seen.add(real);
        options.onFile?.(file);
        add(reading, readText(await readFile(file, "utf8"), file, options, !isFolder));
      }
    } catch (error) {
      if (!isSystemError(error)) throw error;
      reading.problems.push({ source: error.path ?? source, message: systemMessage(error), kind: "bad" });
    }
  }
  return reading;
}

/** What a file or an export holds, told by its content: Pulumi state or manifests. */
export function readText(text: string, file: string, options: Partial<ReadOptions> = {}, named = true): Reading {
  const { documents, problems } = readDocuments(text, file);
  options.onText?.(file, text);
  const [first] = documents;
  const state = documents.length === 1 ? stateResources(first?.value) : undefined;
  if (state) {
    const reading = readState(state, file);
    return { objects: reading.objects, problems: [...problems, ...reading.problems] };
  }
  const objects = documents.flatMap((document) => objectsOf(document, file));
  // In a folder there may be all sorts of YAML; a file that was named should be what it was named for.
  if (named && objects.length === 0 && documents.length > 0) {
    problems.push({ source: file, message: "neither Kubernetes objects nor Pulumi state", kind: "bad" });
  }
  return { objects, problems };
}

async function filesIn(folder: string, visited = new Set<string>()): Promise<string[]> {
  const real = await realpath(folder);
  if (visited.has(real)) return [];
  visited.add(real);
  const files: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await isFolderBehind(path)));
    if (isFolder) {
      if (!skippedFolder.test(entry.name)) files.push(...(await filesIn(path, visited)));
    } else if (manifestFile.test(entry.name)) files.push(path);
  }
  return files;
}

async function isFolderBehind(link: string): Promise<boolean> {
  try {
    return (await stat(link)).isDirectory();
  } catch {
    return false;
  }
}

function add(to: Reading, more: Reading): void {
  // No spread into push: a cluster's worth of arguments overflows the stack.
  for (const object of more.objects) to.objects.push(object);
  for (const problem of more.problems) to.problems.push(problem);
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return (
    error instanceof Error &&
    typeof (error as NodeJS.ErrnoException).code === "string" &&
    !(error instanceof InputError)
  );
}

const systemMessages: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "is a folder",
  ENOSPC: "no space left on the device",
};

/** What went wrong with a file, in words. */
export function systemMessage(error: NodeJS.ErrnoException): string {
  return systemMessages[error.code ?? ""] ?? error.message;
}
