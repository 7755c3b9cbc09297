import type { UntypedHandleCall } from "@grpc/grpc-js";
import type { Settings } from "../src/settings/schema";
import { configProblems, SettingsError, type PackConfig } from "../src/settings/settings";
import { refuseToStart } from "../src/start";
import { catalogProblems } from "./catalog";
import { Server, status, versions } from "./sdk";

/** The oldest SDK that the pack runs with; `peerDependencies` of package.json are the same, and a test holds that. */
export const oldestSdk: Readonly<Record<string, string>> = { "@pulumi/policy": "1.20.0", "@pulumi/pulumi": "3.220.0" };

/** Refuses an SDK that is older than the pack knows, in one sentence: package managers only warn of it. */
export function refuseOldSdk(): void {
  for (const [name, oldest] of Object.entries(oldestSdk)) {
    const installed = versions[name] ?? "";
    if (isOlder(installed, oldest)) {
      refuseToStart(`it needs ${name} ${oldest} or later, and ${installed} is installed.`);
    }
  }
}

/** Of two versions `1.20.0`; a prerelease counts as its release. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((each) => each.split(/[.-]/).slice(0, 3).map(Number));
  const differs = [0, 1, 2].find((i) => left?.[i] !== right?.[i]);
  return differs !== undefined && (left?.[differs] ?? 0) < (right?.[differs] ?? 0);
}

/**
 * Makes a pack refuse a bad policy config at once, with all its problems in one error.
 *
 * The engine validates the settings that a policy declares, but lets unknown policies and settings pass, and the SDK
 * hands a policy its own settings only, when the first resource is judged. A mistyped name would be ignored silently,
 * so the call that configures the pack is looked at before the SDK does. An SDK that takes the call in another way is
 * refused: without this check a typo would pass for a setting.
 */
export function refuseBadConfig<T>(organization: Settings, startPack: () => T): T {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its receiver below
  const original = Server.prototype.addService;
  let isGuarded = false;
  Server.prototype.addService = function (service, implementation) {
    const configure = implementation.configure as Configure | undefined;
    isGuarded ||= configure !== undefined;
    return original.call(this, service, {
      ...implementation,
      ...(configure && { configure: checked(configure, organization) as UntypedHandleCall }),
    });
  };
  try {
    const pack = startPack();
    // The SDK would listen from the next turn on; by then the process has ended.
    if (!isGuarded) {
      const sdk = `@pulumi/policy ${versions["@pulumi/policy"]}`;
      refuseToStart(`${sdk} takes policy config in a way that this version of the pack can't check; use an older one.`);
    }
    return pack;
  } finally {
    Server.prototype.addService = original;
  }
}

interface ConfigureCall {
  request: { getPolicyconfigMap(): { entries(): Iterable<[string, { getProperties(): Struct | undefined }]> } };
}
interface Struct {
  toJavaScript(): Record<string, unknown>;
}
type Callback = (error: { code: number; details: string } | undefined, response?: unknown) => void;
type Configure = (call: ConfigureCall, callback: Callback) => void;

function checked(configure: Configure, organization: Settings): Configure {
  return (call, callback) => {
    const config: Record<string, PackConfig[string]> = {};
    for (const [policy, value] of call.request.getPolicyconfigMap().entries()) {
      config[policy] = value.getProperties()?.toJavaScript() ?? {};
    }
    const problems = configProblems(config, organization);
    for (const [policy, value] of Object.entries(config)) {
      const catalog = typeof value === "string" ? undefined : value.catalog;
      problems.push(...catalogProblems(catalog).map((problem) => `${policy} › catalog: ${problem}`));
    }
    if (problems.length > 0) {
      callback({ code: status.INVALID_ARGUMENT, details: new SettingsError(problems).message });
    } else configure(call, callback);
  };
}
