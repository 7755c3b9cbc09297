/** The config file of a repository: defaults of the command line's options. */
import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { checker, isObject } from "../schema/check";
import { configProblems, type PackConfig } from "../settings/settings";
import { configFileSchema } from "./config-schema";
import type { FailOn } from "./exit-code";
import { foldersUp } from "./repository";
import { policiesOf } from "./settings-file";
import {
  InputError,
  isSystemError,
  printProblem,
  readFileText,
  systemMessage,
  UsageError,
  type Excluded,
} from "./sources";
import { readDocuments } from "./sources/documents";

/** What it is called, in the order in which it is looked for. */
export const configFiles = ["yaml", "yml", "json"].map((end) => `apisix-graceful-termination.${end}`);

export interface ConfigOptions {
  /** The file that `--config` names; false: `--no-config`. */
  config?: string | false;
}

/** What a config file says. Paths are relative to the working directory. */
export interface FileConfig {
  settings?: PackConfig;
  exclude?: Excluded;
  baseline?: string;
  failOn?: FailOn;
}

/**
 * The options of a command, with what a config file says where the command line says nothing: as far as the command has
 * such an option.
 *
 * @throws UsageError with everything that is wrong with the file
 */
export async function withConfig<O extends ConfigOptions>(options: O, command: Command): Promise<O> {
  const { config } = options;
  const file = config === false ? undefined : (config ?? findConfig());
  if (file === undefined) return options;
  const isOpen = (name: string) =>
    command.options.some((option) => option.attributeName() === name) &&
    [undefined, "default"].includes(command.getOptionValueSource(name));
  const given = Object.entries(await readConfig(file)).filter(([name]) => isOpen(name));
  return { ...options, ...Object.fromEntries(given) };
}

/** The nearest config file, in the working directory or above it in the repository. @throws UsageError */
export function findConfig(): string | undefined {
  for (const folder of foldersUp()) {
    const [first, second] = configFiles.map((name) => shown(join(folder, name))).filter((file) => existsSync(file));
    if (second !== undefined) throw new UsageError(`${first} and ${second}: keep one of them`);
    // A FIFO that nobody named would keep its reader waiting.
    if (first !== undefined && !statSync(first).isFile()) throw new UsageError(`${first}: is no plain file`);
    if (first !== undefined) return first;
  }
  return undefined;
}

function shown(file: string): string {
  return relative(process.cwd(), file);
}

/** @throws UsageError */
export async function readConfig(file: string): Promise<FileConfig> {
  const value = await readValue(file);
  const problems = checkFile(value);
  const {
    $schema: _,
    settings,
    baseline,
    exclude,
    ...others
  } = (isObject(value) ? value : {}) as Omit<FileConfig, "exclude"> & { $schema?: string; exclude?: string[] };
  const policies = isObject(settings) ? policiesOf(settings) : { config: {}, problems: [] };
  const ofSettings = [...policies.problems, ...(problems.length > 0 ? [] : configProblems(policies.config))];
  problems.push(...ofSettings.map((problem) => `settings › ${problem}`));
  if (problems.length === 1) throw new UsageError(`${file}: ${problems[0]}`);
  if (problems.length > 0) throw new UsageError(`${file}:`, problems);
  const fromHere = (path: string) => relative(process.cwd(), resolve(dirname(file), path));
  return {
    ...others,
    ...(settings && { settings: withCatalogs(policies.config, fromHere) }),
    ...(exclude && { exclude: { folder: resolve(dirname(file)), patterns: exclude } }),
    ...(baseline !== undefined && { baseline: fromHere(baseline) }),
  };
}

const checkFile = checker(configFileSchema);

/** What stands in the file; an empty one says nothing. @throws UsageError */
async function readValue(file: string): Promise<unknown> {
  try {
    const { documents, problems } = readDocuments(await readFileText(file), file);
    const [problem] = problems;
    if (problem) throw new UsageError(printProblem(problem));
    if (documents.length > 1) throw new UsageError(`${file}: must be one document`);
    return documents.length === 0 ? {} : documents[0]?.value;
  } catch (error) {
    if (isSystemError(error)) throw new UsageError(`${file}: ${systemMessage(error)}`);
    if (error instanceof InputError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

/** A config with the paths of its catalogs taken from another folder. */
function withCatalogs(config: PackConfig, fromHere: (path: string) => string): PackConfig {
  const own = Object.entries(config).map(([policy, value]) => {
    if (typeof value === "string" || typeof value.catalog !== "string") return [policy, value] as const;
    return [policy, { ...value, catalog: fromHere(value.catalog) }] as const;
  });
  return Object.fromEntries(own);
}
