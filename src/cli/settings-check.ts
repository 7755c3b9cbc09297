/** `settings check`: judges the config files of policy groups, for the CI of whoever keeps them. */
import { dirname, resolve } from "node:path";
import { stackPolicies } from "../../policies/list";
import { catalogProblems } from "../assess";
import { oneLine } from "../plain";
import type { Settings } from "../settings/schema";
import { checkSettings, configProblems, SettingsError, type PackConfig } from "../settings/settings";
import { configFiles, findConfig, readConfig } from "./config-file";
import { exitCodes, say, type Io } from "./io";
import { parseObject, policiesOf, readNamed } from "./settings-file";
import { InputError, UsageError } from "./sources";

export interface SettingsCheckOptions {
  /** A JSON file of what the organization's pack gives to `createPack`. */
  defaults?: string;
}

/**
 * Prints each problem of the files on a line of its own; without any file, those of the settings in the repository's own.
 * A catalog's path is relative to the pack's folder, which is that of the defaults, or the working directory.
 */
export async function settingsCheck(files: readonly string[], options: SettingsCheckOptions, io: Io): Promise<number> {
  const { defaults } = options;
  const inputs = defaults === undefined ? files : [...files, defaults];
  if (inputs.filter((file) => file === "-").length > 1) throw new UsageError("standard input can be read only once");
  const textOf = (file: string) => readNamed(file, file === "-" ? io.stdin : undefined);
  const folder = resolve(defaults === undefined || defaults === "-" ? "." : dirname(defaults));

  let count = 0;
  let isIncomplete = false;
  const print = (file: string, problems: readonly string[]) => {
    for (const problem of problems) io.stdout(`${oneLine(`${file}: ${listed(problem)}`)}\n`);
    count += problems.length;
  };
  let organization: Settings = {};
  if (defaults !== undefined) {
    const { settings, problems } = readDefaults(await textOf(defaults), defaults, folder);
    print(defaults, problems);
    // What is wrong with the defaults would come again for each file that they go under.
    if (problems.length > 0) return exitCodes.findings;
    organization = settings;
  }
  const own = files.length === 0 ? findConfig() : undefined;
  if (own !== undefined) print(own, configFileProblems((await readConfig(own)).settings ?? {}, organization, folder));
  else if (files.length === 0)
    throw new UsageError(`nothing to check: name config files; there is no ${configFiles[0]}`);
  for (const file of files) {
    try {
      const { value, problems } = parseObject(await textOf(file), file);
      print(file, [...problems, ...configFileProblems(value, organization, folder)]);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      say(io, "error", error.message);
      isIncomplete = true;
    }
  }
  if (count > 0) return exitCodes.findings;
  if (isIncomplete) return exitCodes.incomplete;
  io.stdout("No problems.\n");
  return exitCodes.clean;
}

/** A catalog's problems come as a list. */
function listed(problem: string): string {
  return problem.replace(": - ", ": ").replace(/\n\s*- /g, "; ");
}

/** @throws InputError */
function readDefaults(text: string, file: string, folder: string): { settings: Settings; problems: string[] } {
  const { value, problems } = parseObject(text, file);
  try {
    checkSettings(value);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { settings: {}, problems: [...problems, ...error.problems] };
  }
  problems.push(...catalogProblemsIn(folder, value.catalog, "catalog"));
  return { settings: value, problems };
}

/**
 * What is wrong with the content of a config file.
 *
 * @param organization the settings that the organization's pack gives to `createPack`
 * @param folder the pack's, which a catalog's path is relative to
 */
export function configFileProblems(
  file: Readonly<Record<string, unknown>>,
  organization: Settings = {},
  folder = process.cwd(),
): string[] {
  const { config, problems } = policiesOf(file);
  problems.push(...configProblems(config, organization), ...levelProblems(config));
  for (const [policy, value] of Object.entries(config)) {
    const { catalog } = Object(value) as { catalog?: unknown };
    problems.push(...catalogProblemsIn(folder, catalog, `${policy} › catalog`));
  }
  return problems;
}

function catalogProblemsIn(folder: string, catalog: unknown, place: string): string[] {
  const setting = typeof catalog === "string" && catalog !== "" ? resolve(folder, catalog) : catalog;
  return catalogProblems(setting).map((problem) => `${place}: ${problem}`);
}

/**
 * `remediate` where nothing can be repaired: for a stack policy the engine takes it as `mandatory`
 * (pkg/resource/deploy/step_generator.go, AnalyzeStack), so that a policy that should only inform blocks.
 */
function* levelProblems(config: PackConfig): Iterable<string> {
  const raised: string[] = [];
  for (const { name, enforcementLevel } of stackPolicies) {
    const level = levelOf(config[name]);
    if (level === "remediate") {
      const place = typeof config[name] === "string" ? name : `${name} › enforcementLevel`;
      yield `${place}: a stack policy can't repair, and the engine takes "remediate" as "mandatory"; write "mandatory", or another level`;
    } else if (level === undefined && enforcementLevel !== "mandatory") raised.push(name);
  }
  if (levelOf(config.all) === "remediate" && raised.length > 0) {
    yield `all: "remediate" makes ${raised.join(" and ")} mandatory, as stack policies can't repair; give each a level of its own, such as "advisory"`;
  }
}

/** The level that a config gives to a policy, if any. */
function levelOf(value: unknown): unknown {
  return typeof value === "string" ? value : (Object(value) as { enforcementLevel?: unknown }).enforcementLevel;
}
