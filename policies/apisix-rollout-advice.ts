import type { PackPolicy } from "./policy";

export const apisixRolloutAdvice: PackPolicy = {
  name: "apisix-rollout-advice",
  displayName: "Advice on rollouts behind APISIX",
  description:
    "What loses requests behind APISIX beside the sleep and the grace period, and exemptions without effect.",
  enforcementLevel: "advisory",
  severity: "low",
  remediationSteps: "Follow the message, or exempt the workload with a reason.",
};
