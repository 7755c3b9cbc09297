/** A settings file: the same that `pulumi preview --policy-pack-config` takes. */
import { readFile } from "node:fs/promises";
import { configProblems, SettingsError, type PackConfig } from "../settings/settings";
import { InputError, isSystemError, systemMessage } from "./sources";

/** @throws InputError or SettingsError with everything that is wrong with it */
export async function readSettings(file: string): Promise<PackConfig> {
  let config: unknown;
  try {
    config = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (isSystemError(error)) throw new InputError(`${file}: ${systemMessage(error)}`);
    throw new InputError(`${file}: not JSON`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new InputError(`${file}: must be an object of policies`);
  }
  const problems = configProblems(config as PackConfig);
  if (problems.length > 0) throw new SettingsError(problems);
  return config as PackConfig;
}
