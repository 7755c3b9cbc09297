/** Which files of a folder may hold manifests: those that are plain files, and nobody else's, rendered or patched. */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import ignore, { type Ignore } from "ignore";
import { elementsOf, getString } from "../../kubernetes/values";
import { readPlain } from "./bytes";
import { readDocuments } from "./documents";
import { isSystemError, systemMessage, type Note, type Problem } from "./source";

/** Files of a folder that may hold manifests. */
const manifestFile = /\.(ya?ml|json)$/i;
/** Folders of other people's code. */
const skippedFolder = /^(node_modules|\..*)$/;
/** Links that Emacs leaves while a file is edited: they lead nowhere. */
const lock = /^\.#/;
const kustomization = /^(kustomization\.ya?ml|Kustomization)$/;

export interface Found {
  files: string[];
  problems: Problem[];
  /** What is left out, and how it can be judged all the same. */
  notes: Note[];
  /** Real paths of what a kustomization puts into other objects. */
  patches: Set<string>;
}

/** Patterns as in a .gitignore, and the folder that they are about. */
interface Rules {
  folder: string;
  rules: Ignore;
}

/** What is left out: patterns as in a .gitignore, and the folder that it would stand in. */
export interface Excluded {
  folder: string;
  patterns: readonly string[];
}

export async function filesIn(folder: string, exclude?: Excluded): Promise<Found> {
  const found: Found = { files: [], problems: [], notes: [], patches: new Set() };
  const real = await realpath(folder);
  // Whoever names a folder wants it, also if Git doesn't.
  const wanted = (await rulesAbove(real)).filter((one) => !isIgnored(real, true, [one]));
  const rules = [...wanted, ...excluding(exclude, real)];
  const chart = await chartOf(real);
  if (chart !== undefined) found.notes.push(rendered(chart));
  else await walk(folder, real, rules, false, new Set(), found);
  return found;
}

/** Is a file that was named to be left out? */
export async function isExcluded(file: string, exclude?: Excluded): Promise<boolean> {
  const folder = await realpath(dirname(resolve(file)));
  return isIgnored(join(folder, basename(file)), false, excluding(exclude, folder));
}

async function walk(
  folder: string,
  real: string,
  outer: readonly Rules[],
  isInChart: boolean,
  visited: Set<string>,
  found: Found,
): Promise<void> {
  // A link may lead back.
  if (visited.has(real)) return;
  visited.add(real);
  const add = (source: string, error: unknown) => {
    if (!isSystemError(error)) throw error;
    found.problems.push({ source, message: systemMessage(error), kind: "bad" });
  };
  let entries: string[];
  try {
    entries = (await readdir(folder)).sort();
  } catch (error) {
    return add(folder, error);
  }
  const rules = [...outer, ...(entries.includes(".gitignore") ? await rulesIn(real) : [])];
  const isChart = entries.includes("Chart.yaml");
  if (isChart && !isInChart && entries.includes("templates") && !(await isLibrary(folder))) {
    found.notes.push(rendered(folder));
  }
  for (const name of entries) {
    const path = join(folder, name);
    if (kustomization.test(name) && !isIgnored(join(real, name), false, rules))
      await readKustomization(path, real, found);
    const isManifest = manifestFile.test(name) && !lock.test(name);
    if (isManifest ? isIgnored(join(real, name), false, rules) : skippedFolder.test(name)) continue;
    if (isChart && name === "templates") continue;
    try {
      const target = await stat(path);
      if (target.isDirectory()) {
        if (isIgnored(join(real, name), true, rules)) continue;
        await walk(path, await realpath(path), rules, isInChart || isChart, visited, found);
      } else if (!isManifest) continue;
      else if (target.isFile()) found.files.push(path);
      else found.notes.push({ source: path, message: "no plain file: passed over" });
    } catch (error) {
      // A link that leads nowhere, and isn't named as a manifest, concerns nobody.
      if (isManifest || !isSystemError(error)) add(path, error);
    }
  }
}

function excluding(exclude: Excluded | undefined, folder: string): Rules[] {
  if (!exclude) return [];
  return [
    { folder: isBelow(folder, exclude.folder) ? exclude.folder : folder, rules: ignore().add([...exclude.patterns]) },
  ];
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The innermost folder whose patterns say anything decides. */
function isIgnored(path: string, isFolder: boolean, all: readonly Rules[]): boolean {
  for (const { folder, rules } of all.toReversed()) {
    if (path === folder || !isBelow(path, folder)) continue;
    const own = relative(folder, path).split(sep).join("/");
    const { ignored, unignored } = rules.test(isFolder ? `${own}/` : own);
    if (ignored || unignored) return ignored;
  }
  return false;
}

async function rulesIn(folder: string): Promise<Rules[]> {
  const patterns = await readPlain(join(folder, ".gitignore"));
  return patterns === "" ? [] : [{ folder, rules: ignore().add(patterns) }];
}

/** The rules of the folders around a folder, the outermost first, up to the top of its Git repository, if it is in one. */
async function rulesAbove(folder: string): Promise<Rules[]> {
  const rules: Rules[] = [];
  for (let at = folder; ; at = dirname(at)) {
    if (at !== folder) rules.unshift(...(await rulesIn(at)));
    if (await exists(join(at, ".git"))) return rules;
    if (at === dirname(at)) return [];
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The chart among whose templates a path is; undefined where it is among none. */
export async function chartOf(path: string): Promise<string | undefined> {
  let chart: string | undefined;
  for (let at = resolve(path); at !== dirname(at); at = dirname(at)) {
    const folder = dirname(at);
    // The outermost one renders those that it holds.
    if (basename(at) === "templates" && (await exists(join(folder, "Chart.yaml")))) chart = folder;
  }
  return chart === undefined ? undefined : relative(process.cwd(), chart) || ".";
}

/** What only lends its templates to other charts can't be rendered. */
async function isLibrary(chart: string): Promise<boolean> {
  const text = await readPlain(join(chart, "Chart.yaml"));
  return /^type:\s*["']?library\b/m.test(text);
}

/** How a chart's templates are judged. */
export function rendered(chart: string): Note {
  const message = `Helm templates: render the chart: \`helm template ${quoted(chart)} | apisix-graceful-termination check -\``;
  return { source: chart, message };
}

async function readKustomization(file: string, folder: string, found: Found): Promise<void> {
  const text = await readPlain(file);
  for (const { value } of readDocuments(text, file).documents) {
    const strategic = elementsOf(value, "patchesStrategicMerge");
    const others = [...elementsOf(value, "patches"), ...elementsOf(value, "patchesJson6902")];
    if (strategic.length + others.length === 0) continue;
    for (const path of [...strategic, ...others.map((each) => getString(each, "path"))]) {
      // A patch may stand there itself.
      if (typeof path !== "string" || path.includes("\n")) continue;
      found.patches.add(await realpath(resolve(folder, path)).catch(() => ""));
    }
    const built = `\`kubectl kustomize ${quoted(dirname(file))} | apisix-graceful-termination check -\``;
    found.notes.push({ source: file, message: `its patches are not applied here; build it: ${built}` });
  }
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./@%+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
