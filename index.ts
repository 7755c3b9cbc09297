// First: what is imported after it may not load on an old Node.
import "./src/start";
import type { PackOptions } from "./policies/pack";
import type { Settings } from "./src/settings/schema";
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

/** A preview goes on, whatever a hook makes of the evaluator. */
function surviveFaults(): void {
  outliveFaults((text) => void process.stderr.write(text));
}
