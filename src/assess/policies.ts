import type { PolicyName } from "../settings/schema";
import type { Rule } from "../shutdown/judge";
import { graceRemedy, sleepRemedy } from "../shutdown/remedy";

/** The policies that see one resource at a time and repair it, in the order in which they run. */
export const resourcePolicies = ["pre-stop-sleep", "termination-grace-period"] as const satisfies PolicyName[];
export type ResourcePolicyName = (typeof resourcePolicies)[number];

/** The policy whose rule it is. */
export const rulePolicy: Readonly<Record<Rule, ResourcePolicyName>> = {
  sleep: "pre-stop-sleep",
  grace: "termination-grace-period",
};

/** What each of them repairs with. */
export const remedyFor = {
  "pre-stop-sleep": sleepRemedy,
  "termination-grace-period": graceRemedy,
} satisfies Record<ResourcePolicyName, unknown>;
