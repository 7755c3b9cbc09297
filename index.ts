import { realpathSync } from "node:fs";
import { join } from "node:path";
import { PolicyPack, type EnforcementLevel } from "@pulumi/policy";
import { policies } from "./policies";
import { catalogProblems } from "./policies/catalog";
import { refuseBadConfig } from "./policies/pack-config";
import type { PolicyName, Settings } from "./src/settings/schema";
import { checkSettings, SettingsError } from "./src/settings/settings";
import { outliveFaults } from "./src/shutdown/hook";

export type { PolicyName, Settings } from "./src/settings/schema";

/** What an organization's own pack may call itself. */
export interface PackOptions {
  /** Name of the pack; letters, digits, `-`, `_` and `.`. */
  name?: string;
  displayName?: string;
  description?: string;
  /** Levels of the policies where they differ from the defaults. Policy config and policy groups go over them. */
  enforcementLevels?: Partial<Record<PolicyName, EnforcementLevel>>;
}

/**
 * Starts the pack, with an organization's own defaults. One pack a process; its version is that of the package.json in
 * the folder that Pulumi starts it from.
 *
 * @param settings defaults of all policies; policy config refines them per policy
 * @throws SettingsError with everything that is wrong with the settings
 */
export function createPack(settings: Settings = {}, options: PackOptions = {}): PolicyPack {
  checkSettings(settings);
  const problems = catalogProblems(settings.catalog);
  if (problems.length > 0) throw new SettingsError(problems.map((problem) => `catalog: ${problem}`));
  const { name = "apisix-graceful-termination", enforcementLevels = {}, ...about } = options;
  return refuseBadConfig(
    settings,
    () =>
      new PolicyPack(name, {
        displayName: "APISIX graceful termination",
        description:
          "Finds, repairs and explains workloads behind Apache APISIX that lose requests when their Pods terminate.",
        provider: "kubernetes",
        tags: ["apisix", "kubernetes", "availability"],
        repository: "https://github.com/apisix-graceful-termination/apisix-graceful-termination",
        ...about,
        policies: policies(settings).map((policy) => ({
          ...policy,
          enforcementLevel: enforcementLevels[policy.name as PolicyName] ?? policy.enforcementLevel,
        })),
      }),
  );
}

// Pulumi runs a pack through a script of @pulumi/pulumi's, with the pack's folder as the working directory; an
// organization's pack that calls createPack has a folder of its own.
const root = join(__dirname, "..");
const startedByPulumi = require.main?.filename.includes(join("@pulumi", "pulumi", "cmd")) ?? false;
if (startedByPulumi) outliveFaults((text) => void process.stderr.write(text));
if (startedByPulumi && realpathSync(process.cwd()) === realpathSync(root)) createPack();
