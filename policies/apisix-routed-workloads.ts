import type { PackPolicy } from "./policy";

export const apisixRoutedWorkloads: PackPolicy = {
  name: "apisix-routed-workloads",
  displayName: "Workloads behind APISIX routes",
  description: "Workloads that an APISIX route reaches must terminate gracefully.",
  enforcementLevel: "mandatory",
  severity: "high",
  remediationSteps:
    "Add the preStop sleep and raise the grace period as the message says, or let pre-stop-sleep and termination-grace-period do it at level remediate.",
};
