/** A settings file: the same that `pulumi preview --policy-pack-config` takes. */
import { whereNotJson } from "../routing/catalog";
import { isObject } from "../schema/check";
import { configProblems, SettingsError, type PackConfig } from "../settings/settings";
import { InputError, isSystemError, readFileText, systemMessage } from "./sources";

/** Nothing is set where there is no file; a config file's settings are read already. @throws InputError or SettingsError with everything that is wrong with it */
export async function readSettings(file: string | PackConfig | undefined): Promise<PackConfig> {
  if (typeof file !== "string") return file ?? {};
  const { value, problems } = parseObject(await readNamed(file), file);
  const { config, problems: others } = policiesOf(value);
  problems.push(...others, ...configProblems(config));
  if (problems.length > 0) throw new SettingsError(problems);
  return config;
}

/** The text of a file, or of what else is read under its name. @throws InputError with the name */
export async function readNamed(file: string, read: (file: string) => Promise<string> = readFileText): Promise<string> {
  try {
    return await read(file);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${file}: ${error.message}`);
    if (isSystemError(error)) throw new InputError(`${file}: ${systemMessage(error)}`);
    throw error;
  }
}

/**
 * The object in a JSON file, and the keys that are in it twice: JSON takes the last one silently. An empty file is an
 * empty object, as for the engine (`parsePolicyPackConfig` in Pulumi's pkg/resource/analyzer/config.go).
 *
 * @throws InputError
 */
export function parseObject(text: string, file: string): { value: Record<string, unknown>; problems: string[] } {
  if (text.startsWith("\ufeff")) {
    throw new InputError(
      `${file}: starts with a byte order mark, which the engine refuses; save it as UTF-8 without one`,
    );
  }
  let value: unknown;
  try {
    value = text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw new InputError(`${file}: ${whereNotJson(text)}`);
  }
  if (!isObject(value)) {
    throw new InputError(`${file}: must be a JSON object`);
  }
  return { value, problems: [...repeatedKeys(text)] };
}

function* repeatedKeys(text: string): Iterable<string> {
  // JSON is YAML, and this parser keeps both of two equal keys. Loaded on first use: most runs have no such file.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { isMap, isScalar, isSeq, parseDocument } = require("yaml") as typeof import("yaml");
  const pending: { node: unknown; place: string }[] = [
    { node: parseDocument(text, { schema: "json", uniqueKeys: false }).contents, place: "" },
  ];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { node, place } = next;
    if (isSeq(node)) pending.push(...node.items.map((item, i) => ({ node: item, place: `${place}[${i}]` })));
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = String(isScalar(key) ? key.value : key);
      const at = place === "" ? name : `${place} › ${name}`;
      if (seen.has(name)) yield `${at}: given twice; only the last one counts`;
      seen.add(name);
      pending.push({ node: value, place: at });
    }
  }
}

/**
 * The policies of a config file. The engine takes one more key out before it looks at policies: `environments`, the ESC
 * environments of a pack. It takes no `$schema`: each string at the top is a level to it.
 */
export function policiesOf(file: Readonly<Record<string, unknown>>): { config: PackConfig; problems: string[] } {
  const { environments, $schema, ...config } = file;
  const problems: string[] = [];
  if ($schema !== undefined) {
    problems.push("$schema: the engine refuses this key; connect the schema to the file in the editor's settings");
  }
  const isList = Array.isArray(environments) && environments.every((name) => typeof name === "string");
  if (environments !== undefined && !isList) {
    problems.push("environments: must be a list of strings, the names of ESC environments");
  }
  return { config: config as PackConfig, problems };
}
