import { apisixRolloutAdvice } from "./apisix-rollout-advice";
import { apisixRouteBlindSpots } from "./apisix-route-blind-spots";
import { apisixRoutedWorkloads } from "./apisix-routed-workloads";
import type { PackPolicy } from "./policy";
import { preStopSleep } from "./pre-stop-sleep";
import { terminationGracePeriod } from "./termination-grace-period";

// In the order in which they run: the grace period is raised to what the sleep needs.
export const resourcePolicies = [preStopSleep, terminationGracePeriod] as const;
export const stackPolicies = [apisixRoutedWorkloads, apisixRouteBlindSpots, apisixRolloutAdvice] as const;

/** All policies of the pack: names, texts and levels. */
export const packPolicies: readonly PackPolicy[] = [...resourcePolicies, ...stackPolicies];
