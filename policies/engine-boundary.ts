import type { UntypedHandleCall } from "@grpc/grpc-js";
import { SettingsError, type PackConfig } from "../src/settings/settings";
import { refuseToStart } from "../src/start";
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
 * Shows a pack the whole of its config before anything is judged.
 *
 * The SDK hands a policy its own settings only, when the first resource is judged, and the engine lets unknown policies
 * and settings pass. A fact holds for all policies, and a mistyped name would be ignored silently: so the call that
 * configures the pack is looked at before the SDK does. An SDK that takes the call in another way is refused: without
 * this, a typo would pass for a setting.
 *
 * @param configure takes the config; what it throws is the engine's answer
 */
export function onConfigure<T>(configure: (config: PackConfig) => void, startPack: () => T): T {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its receiver below
  const original = Server.prototype.addService;
  let isGuarded = false;
  Server.prototype.addService = function (service, implementation) {
    const own = implementation.configure as Configure | undefined;
    isGuarded ||= own !== undefined;
    return original.call(this, service, {
      ...implementation,
      ...(own && { configure: before(own, configure) as UntypedHandleCall }),
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

function before(own: Configure, configure: (config: PackConfig) => void): Configure {
  return (call, callback) => {
    const config: Record<string, PackConfig[string]> = {};
    for (const [policy, value] of call.request.getPolicyconfigMap().entries()) {
      config[policy] = value.getProperties()?.toJavaScript() ?? {};
    }
    try {
      configure(config);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      callback({ code: status.INVALID_ARGUMENT, details: error.message });
      return;
    }
    own(call, callback);
  };
}
