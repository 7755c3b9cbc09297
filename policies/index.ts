import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import type { Settings } from "../src/settings/schema";
import { apisixRouteBlindSpots } from "./apisix-route-blind-spots";
import { apisixRoutedWorkloads } from "./apisix-routed-workloads";
import { preStopSleep } from "./pre-stop-sleep";
import { resourcePolicy } from "./resource-policy";
import { terminationGracePeriod } from "./termination-grace-period";

/** The pack's policies, in the order in which they run: the grace period is raised to what the sleep needs. */
export function policies(organization: Settings): (ResourceValidationPolicy | StackValidationPolicy)[] {
  return [
    resourcePolicy(preStopSleep, organization),
    resourcePolicy(terminationGracePeriod, organization),
    apisixRoutedWorkloads(organization),
    apisixRouteBlindSpots(organization),
  ];
}
