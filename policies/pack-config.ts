import { Server, status, type UntypedHandleCall } from "@grpc/grpc-js";
import { SettingsError, type PackConfig } from "../src/settings/settings";

/**
 * Shows a pack the whole of its config before anything is judged.
 *
 * The SDK hands a policy its own settings only, when the first resource is judged, and the engine lets unknown policies
 * and settings pass. A fact holds for all policies, and a mistyped name would be ignored silently: so the call that
 * configures the pack is looked at before the SDK does.
 *
 * @param configure takes the config; what it throws is the engine's answer
 */
export function onConfigure<T>(configure: (config: PackConfig) => void, startPack: () => T): T {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its receiver below
  const original = Server.prototype.addService;
  Server.prototype.addService = function (service, implementation) {
    const own = implementation.configure as Configure | undefined;
    return original.call(this, service, {
      ...implementation,
      ...(own && { configure: before(own, configure) as UntypedHandleCall }),
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
