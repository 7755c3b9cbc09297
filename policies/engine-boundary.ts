import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { PackConfig } from "../src/settings/settings";
import { refuseToStart } from "../src/start";
import { beforeAnalyze, beforeConfigure, beforeRemediate, beforeStack, type Judge } from "./boundary/handlers";
import { Server, versions } from "./sdk";

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

/** What the pack has to do with the engine's calls before the SDK has. */
export interface Boundary {
  /** Takes the pack's whole config; what it throws is the engine's answer. */
  configure: (config: PackConfig) => void;
  run: Judge;
}

/**
 * Starts a pack, with all of the engine's calls looked at before the SDK does.
 *
 * - The SDK hands a policy its own settings only, when the first resource is judged, and the engine lets unknown
 *   policies and settings pass. A fact holds for all policies, and a mistyped name would be ignored silently.
 * - It decodes every resource for every policy, throws on some values, and doesn't answer then: the preview hangs.
 * - It hands policies secrets as plain values, and values behind proxies that make reading them slow.
 *
 * An SDK that takes the calls in another way is refused: without this, a typo would pass for a setting.
 */
export function atBoundary<T>(boundary: Boundary, startPack: () => T): T {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its receiver below
  const original = Server.prototype.addService;
  let isInPlace = false;
  Server.prototype.addService = function (service, implementation) {
    const guarded = guard(service, implementation, boundary);
    isInPlace ||= guarded !== undefined;
    return original.call(this, service, { ...implementation, ...guarded } as UntypedServiceImplementation);
  };
  try {
    const pack = startPack();
    // The SDK would listen from the next turn on; by then the process has ended.
    if (!isInPlace) {
      const sdk = `@pulumi/policy ${versions["@pulumi/policy"]}`;
      refuseToStart(
        `${sdk} takes the engine's calls in a way that this version of the pack doesn't know; use an older one.`,
      );
    }
    return pack;
  } finally {
    Server.prototype.addService = original;
  }
}

type Handlers = {
  configure: Parameters<typeof beforeConfigure>[0];
  analyze: Parameters<typeof beforeAnalyze>[0];
  remediate: Parameters<typeof beforeRemediate>[0];
  analyzeStack: Parameters<typeof beforeStack>[0];
};
/** What an empty answer is made of. */
type Service = Partial<Record<keyof Handlers, { responseType?: new () => object }>>;

/** Undefined where the SDK lacks one of the handlers, or doesn't say what they answer. */
function guard(service: Service, own: Partial<Handlers>, { configure, run }: Boundary): Handlers | undefined {
  const { analyze, remediate, analyzeStack } = own;
  const [Analyzed, Remediated] = [service.analyze?.responseType, service.remediate?.responseType];
  if (!own.configure || !analyze || !remediate || !analyzeStack || !Analyzed || !Remediated) return undefined;
  return {
    configure: beforeConfigure(own.configure, configure),
    analyze: beforeAnalyze(analyze, () => new Analyzed(), run.seen),
    remediate: beforeRemediate(remediate, () => new Remediated(), run),
    analyzeStack: beforeStack(analyzeStack, run.seen),
  };
}
