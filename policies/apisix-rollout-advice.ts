import type { PackPolicy } from "./policy";

export const apisixRolloutAdvice: PackPolicy = {
  name: "apisix-rollout-advice",
  displayName: "Advice on rollouts behind APISIX",
  description:
    "What can lose requests behind APISIX even if the sleep and the grace period are right; exemptions without effect.",
  enforcementLevel: "advisory",
  severity: "low",
  remediationSteps: "Follow the message, or exempt the workload with a reason.",
};
