import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import type { Settings } from "../src/settings/schema";
import { ofResource, ofStack, type Run } from "./adapter";
import { resourcePolicies, stackPolicies } from "./list";

/**
 * The pack's policies as Pulumi takes them.
 *
 * @param organization an organization's defaults, for the schemas that Pulumi shows
 */
export function policies(organization: Settings, run: Run): (ResourceValidationPolicy | StackValidationPolicy)[] {
  return [
    ...resourcePolicies.map((policy) => ofResource(policy, organization, run)),
    ...stackPolicies.map((policy) => ofStack(policy, organization, run)),
  ];
}
