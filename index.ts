// First: what is imported after these may not load on an old Node, or without the SDK.
import "./src/start";
import { onConfigure, refuseOldSdk } from "./policies/engine-boundary";
import { PolicyPack, type EnforcementLevel } from "@pulumi/policy";
import { policies } from "./policies";
import { readKnowledge } from "./src/assess";
import { packPage } from "./src/pack-page";
import type { PolicyName, Settings } from "./src/settings/schema";
import { checkSettings } from "./src/settings/settings";
import { outliveFaults } from "./src/shutdown/hook";

export type { PolicyName, Settings } from "./src/settings/schema";
export { SettingsError } from "./src/settings/settings";

/** What an organization's own pack may call itself. */
export interface PackOptions {
  /** Name of the pack; letters, digits, `-`, `_` and `.`. */
  name?: string;
  displayName?: string;
  description?: string;
  /** Markdown: the pack's page in Pulumi Cloud. */
  readme?: string;
  tags?: string[];
  /** URL of the repository that the pack's page names. */
  repository?: string;
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
  refuseOldSdk();
  // A preview goes on, whatever a hook makes of the evaluator.
  outliveFaults((text) => void process.stderr.write(text));
  checkSettings(settings);
  let knowledge = readKnowledge({}, settings);
  const { name = "apisix-graceful-termination", enforcementLevels = {}, ...about } = options;
  const readme = packPage();
  return onConfigure(
    (config) => (knowledge = readKnowledge(config, settings)),
    () =>
      new PolicyPack(name, {
        displayName: "APISIX graceful termination",
        description:
          "Finds, repairs and explains workloads behind Apache APISIX that lose requests when their Pods terminate.",
        provider: "kubernetes",
        tags: ["apisix", "kubernetes", "availability"],
        repository: "https://github.com/apisix-graceful-termination/apisix-graceful-termination",
        ...(readme === undefined ? {} : { readme }),
        ...about,
        policies: policies(settings, () => knowledge).map((policy) => {
          const level = enforcementLevels[policy.name as PolicyName];
          return level === undefined ? policy : { ...policy, enforcementLevel: level };
        }),
      }),
  );
}
