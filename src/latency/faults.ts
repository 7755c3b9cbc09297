/** Versions that are known to lose endpoint updates, or to hold them back for minutes: no sleep is long enough. */
import type { Evidence } from "./evidence";
import { isWithin, type Range } from "./version";

export type FaultId = "sync-not-retried" | "first-sync-waits" | "stale-baseline" | "inline-upstreams";

export interface Fault {
  id: FaultId;
  /** Whose version it is. */
  of: "controller" | "adc";
  versions: Range;
  /** The issues, and the change that mends it. */
  sources: readonly string[];
  /** Beside the version, what has to be so, too. Undefined: it can't be seen. */
  isConcerned: (evidence: Evidence) => boolean | undefined;
}

const controller = "https://github.com/apache/apisix-ingress-controller";
const adc = "https://github.com/api7/adc";

/**
 * The one table. Which release has a change is from the tags of the two repositories; docs/how-long.md has the same
 * table, and a test holds that.
 */
export const faults: readonly Fault[] = [
  {
    id: "sync-not-retried",
    of: "controller",
    versions: ["2.0.0-rc3", "2.0.0-rc5"],
    sources: [
      `${controller}/issues/2536`,
      `${controller}/issues/2576`,
      `${controller}/pull/2534`,
      `${controller}/pull/2538`,
    ],
    isConcerned: () => true,
  },
  {
    id: "first-sync-waits",
    of: "controller",
    versions: ["2.0.0", "2.1.0"],
    sources: [`${controller}/issues/2726`, `${controller}/pull/2745`],
    isConcerned: ({ hasStatusOnlyKinds }) => hasStatusOnlyKinds,
  },
  {
    id: "stale-baseline",
    of: "controller",
    versions: ["2.0.0", "2.2.0"],
    sources: [`${controller}/issues/2774`, `${controller}/pull/2785`],
    isConcerned: ({ mode, replicas }) => {
      if (mode === "apisix" || (replicas !== undefined && replicas <= 1)) return false;
      return mode === "apisix-standalone" && replicas !== undefined ? true : undefined;
    },
  },
  {
    // Only the Services that an ADC before 0.22.0 has written: what was there before isn't in a stack.
    id: "inline-upstreams",
    of: "adc",
    versions: ["0.22.0", "0.28.1"],
    sources: [`${controller}/issues/2708`, `${adc}/pull/354`, `${adc}/pull/598`],
    isConcerned: ({ mode }) => (mode === "apisix-standalone" ? false : undefined),
  },
];

/** The first release of the controller that has none of its own: an upgrade to an earlier one meets the next fault. */
export const soundController = "2.2.0";

/** Those of the versions at hand, and whether each is certain to concern them. */
export function faultsOf(evidence: Evidence): { fault: Fault; isCertain: boolean }[] {
  return faults.flatMap((fault) => {
    const version = fault.of === "controller" ? evidence.version : evidence.adcVersion;
    const isConcerned =
      version !== undefined && isWithin(version, fault.versions) ? fault.isConcerned(evidence) : false;
    return isConcerned === false ? [] : [{ fault, isCertain: isConcerned === true }];
  });
}
