/** What there is to repair in a whole set of resources, for whoever repairs what the judgement found: `check --fix`. */
import type { Workload } from "../kubernetes/workload";
import { catalogEntryFor } from "../routing/catalog";
import { isExcused } from "../settings/exemptions";
import type { PolicyName } from "../settings/schema";
import type { Edit } from "../shutdown/remedy";
import type { Assessment } from "./assess";
import type { Knowledge } from "./knowledge";
import { remedyFor, resourcePolicies, rulePolicy, type ResourcePolicyName } from "./policies";
import { excusesFrom, select } from "./workload";

export interface Remedy {
  workload: Workload;
  /** Whose rule it mends. */
  policy: ResourcePolicyName;
  edits: Edit[];
  /** True: nothing says that APISIX sends it requests; it only looks as if it could be reached. */
  onlyExposed: boolean;
}

/**
 * The remedies of all workloads that are reported, whatever the levels are, and of those that only look exposed: by what
 * the judgement asks of each. None where a policy is disabled or excused.
 */
export function* remedies(assessment: Assessment, knowledge: Knowledge, today: Date): Iterable<Remedy> {
  for (const workload of assessment.workloads) {
    const judged = assessment.judged.get(workload.resource.id)?.();
    if (!judged?.timeline) continue;
    const { requirement, timeline, defects } = judged;
    let isMended = false;
    for (const policy of resourcePolicies) {
      // A grace period that only a new hook makes too short goes with the hook.
      if (!isMended && !defects.some(({ rule }) => rulePolicy[rule] === policy)) continue;
      const why = reasonFor(workload, policy, assessment, knowledge, today);
      if (why === undefined) continue;
      const edits = remedyFor[policy](workload.pod, requirement, timeline);
      if (edits.length === 0) continue;
      isMended = true;
      yield { workload, policy, edits, onlyExposed: why === "exposed" };
    }
  }
}

/** Why a workload is to be repaired: it is known to be routed, or it only looks exposed. */
function reasonFor(
  workload: Workload,
  policy: ResourcePolicyName,
  { routed }: Assessment,
  { settings, catalog }: Knowledge,
  today: Date,
): "routed" | "exposed" | undefined {
  const holds = (by: PolicyName) =>
    settings.policies[by].level !== "disabled" && !isExcused(excusesFrom(workload, by, policy, settings, today));
  if (routed.has(workload.resource.id) && holds("apisix-routed-workloads")) return "routed";
  if (!holds(policy)) return undefined;
  const known = catalog && catalogEntryFor(workload, catalog.index);
  const { repair, evidence } = select(workload, settings.policies[policy], known?.evidence);
  return evidence !== undefined ? "routed" : repair ? "exposed" : undefined;
}
