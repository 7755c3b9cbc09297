/** How long is t: what bounds the time until APISIX sends a Pod no more requests, in this stack or cluster. */
export { adviseT, secondsPerRoute } from "./advise";
export { evidenceOf, noEvidence } from "./evidence";
export { faults, soundController } from "./faults";
export { readSyncDurations } from "./metrics";
export type { Advice, Interruption, Missing, Reason } from "./advise";
export type { Evidence } from "./evidence";
export type { FaultId } from "./faults";
export type { SyncDurations } from "./metrics";
