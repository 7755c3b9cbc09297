import type { PolicyName, ResolvedSettings, Settings } from "../src/settings/schema";
import { resolveSettings } from "../src/settings/settings";

/**
 * Reads a policy's settings from the SDK's `getConfig`, which makes a new object at each call although the config is
 * one for the whole run.
 *
 * @throws SettingsError where they can't be used: nothing is judged then.
 */
export function settingsReader(
  policy: PolicyName,
  organization: Settings,
): (args: { getConfig<T extends object>(): T }) => ResolvedSettings {
  let last: { key: string; settings: ResolvedSettings } | undefined;
  return (args) => {
    const config = args.getConfig();
    const key = JSON.stringify(config);
    if (last?.key !== key) last = { key, settings: resolveSettings(policy, organization, config) };
    return last.settings;
  };
}
