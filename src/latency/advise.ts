/** How long is t: the time until APISIX sends a Pod no more requests, from what is known of a cluster. */
import type { Resource } from "../kubernetes/resource";
import type { Evidence } from "./evidence";
import { faultsOf, type FaultId } from "./faults";
import type { SyncDurations } from "./metrics";
import { isWithin } from "./version";

/** What APISIX's documentation takes for its example, in seconds: the least that is ever advised. */
const documented = 5;

/**
 * Beside the syncs: the endpoint's way to the controller, its translation, and the way from APISIX's store to its
 * workers. Below a second where nothing is overloaded; inferred. Seconds.
 */
const around = 1;

/** One sync of one route by ADC, in seconds of CPU time: measured with ADC 0.28.0, 0.55 to 0.65 ms, and linear. */
export const secondsPerRoute = 0.00065;

/** Of fewer syncs than this, the p99 is hardly more than the longest that was seen. */
const few = 100;

/** Where a number comes from. `measured`: on this cluster. */
export type Basis = "documented" | "measured" | "inferred" | "reported";

/** One thing that bounds t. Seconds are what it takes for a Pod of any roll-out. */
export type Reason = {
  /** Without a fraction. */
  seconds: number;
  basis: Basis;
} & (
  | { code: "documented" }
  | { code: "syncs-measured"; durations: SyncDurations }
  | { code: "syncs-estimated"; routes: number; endpoints: number; cpu: number | undefined }
  | { code: "composite" }
  | { code: "etcd-watch" }
);

/** What holds endpoint updates back at times that have nothing to do with a roll-out: no sleep is chosen for it. */
export interface Interruption {
  code: "leader-change" | "gateway-terminates";
  /** At most. */
  seconds: number;
}

/** What would make the advice better. */
export type Missing =
  | "controller"
  | "version"
  | "early-candidate"
  | "routes"
  | "several-controllers"
  | "adc-limit"
  | "mode"
  | "controller-config"
  | "few-syncs"
  | "longest-syncs";

export interface Advice {
  /** t, rounded up; at least what the documentation says. */
  seconds: number;
  /** Do syncs take longer than the metric tells, so that t may be more than `seconds`? */
  isAtLeast: boolean;
  /** What the workloads need that APISIX reaches through a DNS name; absent where there are none. */
  byDnsName?: { seconds: number; isSet: boolean; workloads: readonly Resource[] };
  /** The greatest first. */
  reasons: readonly Reason[];
  /** Does the greatest reason rest on anything but a measurement of this cluster? */
  isInferred: boolean;
  interruptions: readonly Interruption[];
  /** Known faults of these versions, by `faults`. */
  faults: readonly { id: FaultId; version: string; isCertain: boolean }[];
  missing: readonly Missing[];
}

export function adviseT(evidence: Evidence, durations?: SyncDurations): Advice {
  const floor: Reason = { code: "documented", seconds: documented, basis: "documented" };
  const reasons = [...reasonsOf(evidence, durations), floor].sort((a, b) => b.seconds - a.seconds);
  return {
    seconds: Math.max(...reasons.map(({ seconds }) => seconds)),
    isAtLeast: durations?.isAbove === true,
    reasons,
    ...(evidence.byDnsName.length > 0 && { byDnsName: dnsOf(evidence) }),
    isInferred: reasons[0]?.basis !== "measured",
    interruptions: interruptionsOf(evidence),
    faults: faultsOf(evidence).map(({ fault, isCertain }) => ({
      id: fault.id,
      version: (fault.of === "controller" ? evidence.version : evidence.adcVersion) ?? "",
      isCertain,
    })),
    missing: missingIn(evidence, durations),
  };
}

/** A release candidate of 2.0.0 before the one whose syncs are known. */
function isEarly({ version = "" }: Evidence): boolean {
  return isWithin(version, ["2.0.0-rc0", "2.0.0-rc3"]);
}

function reasonsOf(evidence: Evidence, durations: SyncDurations | undefined): Reason[] {
  const { line, isComposite } = evidence;
  const reasons: Reason[] = [];
  // Only 2.x has this metric. An event waits for the sync that runs, and then for its own.
  if (durations) {
    const seconds = Math.ceil(2 * durations.p99 + around);
    reasons.push({ code: "syncs-measured", seconds, basis: "measured", durations });
  }
  // Whose ever the metrics are, they aren't of a controller 1.x.
  if (line === "1" && isComposite === true) reasons.push({ code: "composite", seconds: 15, basis: "reported" });
  if (line === "1" && isComposite === false) reasons.push({ code: "etcd-watch", seconds: around, basis: "inferred" });
  const estimated = durations ? undefined : estimateOf(evidence);
  return estimated ? [...reasons, estimated] : reasons;
}

function estimateOf(evidence: Evidence): Reason | undefined {
  const { line, routes } = evidence;
  if (line !== "2" || routes === undefined || isEarly(evidence)) return undefined;
  const { adcCpu: cpu } = evidence;
  // The servers of one GatewayProxy are synced in turn with mode `apisix`, and together in standalone mode.
  const endpoints = evidence.mode === "apisix" ? (evidence.endpoints ?? 1) : 1;
  // ADC is one thread: more than one CPU makes it no faster.
  const sync = (routes * endpoints * secondsPerRoute) / Math.min(1, cpu ?? 1);
  return {
    code: "syncs-estimated",
    seconds: Math.ceil(2 * sync + around),
    basis: "inferred",
    routes,
    endpoints,
    cpu,
  };
}

/** The public chart sets `dns_resolver_valid` to 30; where nothing does, it is the record's TTL, mostly no more. */
function dnsOf({ byDnsName: workloads, dnsValid }: Evidence): NonNullable<Advice["byDnsName"]> {
  return { seconds: Math.ceil((dnsValid ?? 30) + around), isSet: dnsValid !== undefined, workloads };
}

function interruptionsOf({ line, mode }: Evidence): Interruption[] {
  if (line !== "2") return [];
  // 2.2.0 internal/controller/config/config.go: lease_duration, which isn't released at the end.
  const leader = { code: "leader-change", seconds: 30 } as const;
  // 2.2.0 internal/adc/translator/gatewayproxy.go passes over terminating endpoints of APISIX; its chart's hook is 30 s.
  const gateway = { code: "gateway-terminates", seconds: 30 } as const;
  return mode === "apisix-standalone" ? [leader, gateway] : [leader];
}

function missingIn(evidence: Evidence, durations: SyncDurations | undefined): Missing[] {
  const { controllers, version, line, routes, adcCpu, mode, isComposite } = evidence;
  const isTwo = line === "2" && !durations && !isEarly(evidence);
  const missing: readonly [Missing, boolean][] = [
    ["controller", controllers === 0],
    ["several-controllers", controllers > 1],
    ["version", controllers === 1 && version === undefined],
    ["early-candidate", isEarly(evidence) && !durations],
    ["routes", isTwo && routes === undefined],
    ["adc-limit", isTwo && adcCpu === undefined],
    ["mode", isTwo && mode === undefined],
    ["controller-config", line === "1" && isComposite === undefined],
    ["few-syncs", durations !== undefined && durations.count < few],
    ["longest-syncs", durations?.isAbove === true],
  ];
  return missing.filter(([, isMissing]) => isMissing).map(([code]) => code);
}
