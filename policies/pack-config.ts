import { Server, status, type UntypedHandleCall } from "@grpc/grpc-js";
import type { Settings } from "../src/settings/schema";
import { catalogProblems } from "./catalog";
import { configProblems, SettingsError, type PackConfig } from "../src/settings/settings";

/**
 * Makes a pack refuse a bad policy config at once, with all its problems in one error.
 *
 * The engine validates the settings that a policy declares, but lets unknown policies and settings pass, and the SDK
 * hands a policy its own settings only, when the first resource is judged. A mistyped name would be ignored silently,
 * so the call that configures the pack is looked at before the SDK does. Should a later SDK configure itself in another
 * way, `resolveSettings` still refuses what it sees, one policy at a time.
 */
export function refuseBadConfig<T>(organization: Settings, startPack: () => T): T {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its receiver below
  const original = Server.prototype.addService;
  Server.prototype.addService = function (service, implementation) {
    const configure = implementation.configure as Configure | undefined;
    return original.call(this, service, {
      ...implementation,
      ...(configure && { configure: checked(configure, organization) as UntypedHandleCall }),
    });
  };
  try {
    return startPack();
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
type Callback = (error: { code: status; details: string } | undefined, response?: unknown) => void;
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
