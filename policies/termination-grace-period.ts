import { graceRemedy } from "../src/shutdown/remedy";
import type { ResourcePolicy } from "./resource-policy";

export const terminationGracePeriod: ResourcePolicy = {
  name: "termination-grace-period",
  displayName: "Termination grace period",
  description: "The grace period of Pods behind APISIX must cover their preStop hooks and the app's own shutdown.",
  enforcementLevel: "remediate",
  severity: "high",
  tags: ["apisix", "kubernetes", "availability", "graceful-termination"],
  remediationSteps:
    "Raise terminationGracePeriodSeconds to the longest preStop hook plus the time that the app needs to shut down.",
  about: "grace",
  remedy: (workload, requirement) => graceRemedy(workload.pod, requirement),
};
