// First: it refuses to start without the SDK, or with one that is too old for the pack.
import { atBoundary, refuseOldSdk } from "./engine-boundary";
import { PolicyPack } from "@pulumi/policy";
import { readKnowledge } from "../src/assess";
import { packPage } from "../src/pack-page";
import type { Level, PolicyName, Settings } from "../src/settings/schema";
import { checkSettings } from "../src/settings/settings";
import { policies } from ".";
import { Run } from "./adapter";
import { Seen } from "./boundary/seen";

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
  enforcementLevels?: Partial<Record<PolicyName, Level>>;
}

/** Starts the pack, which Pulumi then configures. @throws SettingsError */
export function startPack(settings: Settings, options: PackOptions): void {
  refuseOldSdk();
  checkSettings(settings);
  const { name = "apisix-graceful-termination", enforcementLevels = {}, ...about } = options;
  let knowledge = readKnowledge(enforcementLevels, settings);
  const readme = packPage();
  const run = new Run(new Seen(() => knowledge.settings.facts.workloads), () => knowledge);
  atBoundary(
    { configure: (config) => (knowledge = readKnowledge({ ...enforcementLevels, ...config }, settings)), run },
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
        policies: policies(settings, run).map((policy) => {
          const level = enforcementLevels[policy.name as PolicyName];
          return level === undefined ? policy : { ...policy, enforcementLevel: level };
        }),
      }),
  );
}
