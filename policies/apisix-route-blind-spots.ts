import type { PackPolicy } from "./policy";

export const apisixRouteBlindSpots: PackPolicy = {
  name: "apisix-route-blind-spots",
  displayName: "Blind spots of APISIX routes",
  description: "Routes, Services and workloads that the pack can't follow or judge.",
  // Nothing is known to be wrong: at mandatory it means "this stack can be judged whole".
  enforcementLevel: "advisory",
  severity: "low",
  remediationSteps: "Check by hand what the message names, or give the pack what it needs to see it.",
};
