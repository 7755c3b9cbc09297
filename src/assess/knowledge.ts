import type { Settings } from "../settings/schema";
import { placed, resolvePack, SettingsError, type PackConfig, type PackSettings } from "../settings/settings";
import { catalogProblems, readCatalog, type KnownCatalog } from "./catalog-file";

/** What a judgement goes by, beside the resources and the day: the same for a whole run. */
export interface Knowledge {
  settings: PackSettings;
  /** Services known to be routed although their routes are in another stack. */
  catalog?: KnownCatalog;
}

/**
 * Reads the settings of a run, and the catalog that they name: the one place in a judgement that reads a file.
 *
 * @param config the policy pack config, or that of a policy group
 * @param organization the defaults that an organization's own pack gives
 * @throws SettingsError with every problem
 */
export function readKnowledge(config: PackConfig = {}, organization: Settings = {}): Knowledge {
  const settings = resolvePack(config, organization);
  const { catalog } = settings.facts;
  if (catalog === undefined) return { settings };
  const problems = catalogProblems(catalog);
  if (problems.length > 0) throw new SettingsError(problems.map((problem) => placed(`catalog: ${problem}`, config)));
  return { settings, catalog: readCatalog(catalog) };
}
