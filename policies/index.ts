import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import type { Knowledge } from "../src/assess";
import type { Settings } from "../src/settings/schema";
import { ofResource, ofStack, Run } from "./adapter";
import { Seen } from "./boundary/seen";
import { resourcePolicies, stackPolicies } from "./list";

/**
 * The pack's policies as Pulumi takes them.
 *
 * @param organization an organization's defaults, for the schemas that Pulumi shows
 * @param knowledge what the run's config makes of them; asked at each call, as the pack is configured after its start
 * @param seen what the engine boundary sees before the SDK decodes it
 */
export function policies(
  organization: Settings,
  knowledge: () => Knowledge,
  seen = new Seen(),
): (ResourceValidationPolicy | StackValidationPolicy)[] {
  const run = new Run(seen);
  return [
    ...resourcePolicies.map((policy) => ofResource(policy, organization, knowledge, run)),
    ...ofStack(stackPolicies, organization, knowledge, run),
  ];
}
