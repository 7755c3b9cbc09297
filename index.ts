// First: what is imported after it may not load on an old Node.
import "./src/start";
import type { ResourceTransform } from "@pulumi/pulumi";
import type { PackOptions } from "./policies/pack";
import { repairing } from "./policies/transform";
import { readKnowledge } from "./src/assess";
import type { Settings } from "./src/settings/schema";
import { checkSettings } from "./src/settings/settings";
import { outliveFaults } from "./src/shutdown/hook";

export type { PackOptions } from "./policies/pack";
export type { PolicyName, Settings } from "./src/settings/schema";
export { SettingsError } from "./src/settings/settings";

/**
 * Starts the pack, with an organization's own defaults. One pack a process; its version is that of the package.json in
 * the folder that Pulumi starts it from.
 *
 * @param settings defaults of all policies; policy config refines them per policy
 * @throws SettingsError with everything that is wrong with the settings
 */
export function createPack(settings: Settings = {}, options: PackOptions = {}): void {
  // Loaded here: a program needs no policy SDK to repair its own resources.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { startPack } = require("./policies/pack") as typeof import("./policies/pack");
  surviveFaults();
  startPack(settings, options);
}

/**
 * The repairs of the pack as a resource transform, for programs that write them into their own plan:
 *
 *     pulumi.runtime.registerResourceTransform(gracefulTermination({ sleepSeconds: 10 }));
 *
 * It repairs what `pre-stop-sleep` and `termination-grace-period` would repair with these settings, and bare Pods that
 * Pulumi names. Everything else stays as it is, and nothing is reported.
 *
 * @param settings the same as createPack's; a catalog's path is relative to the working directory
 * @throws SettingsError with everything that is wrong with the settings
 */
export function gracefulTermination(settings: Settings = {}): ResourceTransform {
  checkSettings(settings);
  const transform = repairing(readKnowledge({}, settings));
  surviveFaults();
  return transform;
}

/** A preview goes on, whatever a hook makes of the evaluator. */
function surviveFaults(): void {
  outliveFaults((text) => void process.stderr.write(text));
}
