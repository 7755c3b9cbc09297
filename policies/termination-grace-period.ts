import type { ResourcePolicy } from "./policy";

export const terminationGracePeriod: ResourcePolicy = {
  name: "termination-grace-period",
  displayName: "Termination grace period",
  description: "The grace period of Pods behind APISIX must cover their preStop hooks and the app's own shutdown.",
  enforcementLevel: "remediate",
  severity: "high",
  remediationSteps:
    "Raise terminationGracePeriodSeconds to the longest preStop hook plus the time that the app needs to shut down.",
};
