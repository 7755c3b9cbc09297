import type { EnforcementLevel, Severity } from "@pulumi/policy";
import type { ResourcePolicyName } from "../src/assess";
import type { PolicyName } from "../src/settings/schema";

/** What a policy is: its name, its texts and its level. What it reports is decided in src/assess, by its name. */
export interface PackPolicy {
  name: PolicyName;
  displayName: string;
  /** Pulumi prints it before each finding. */
  description: string;
  enforcementLevel: EnforcementLevel;
  severity: Severity;
  remediationSteps: string;
}

/** One that sees a resource at a time, and repairs it. */
export interface ResourcePolicy extends PackPolicy {
  name: ResourcePolicyName;
}
