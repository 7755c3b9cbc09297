/** What became of the repairs of a run: a comparison of what was repaired with what the stack holds at the end. */
import { labelOf } from "../kubernetes/resource";
import type { Chain } from "../routing";
import type { PolicyName } from "../settings/schema";
import type { Defect } from "../shutdown/judge";
import { landsOf } from "../shutdown/lands";
import type { Edit } from "../shutdown/remedy";
import { considerAlone, type Considered, type Judged } from "./alone";
import { evidenceOf, finding, isUpstream, type Finding } from "./finding";
import type { Knowledge } from "./knowledge";
import { resourcePolicies } from "./policies";
import { ignoredPath } from "./remarks";
import { excusesFrom, select } from "./workload";

/** What of a workload was repaired: the containers whose hooks were, by name, and "" for its grace period. */
export type Mended = ReadonlySet<string>;

/** What edits repair. */
export function mendedBy(edits: readonly Edit[]): string[] {
  return edits.map(({ container = "" }) => container);
}

/** The defects that a repair of this run mended, and that are there again: it didn't last. */
export function undoneDefects(
  of: Considered,
  { defects }: Judged,
  mended: Mended,
  knowledge: Knowledge,
  today: Date,
): Defect[] {
  const alone = considerAlone(of, knowledge, today);
  const again = new Set(resourcePolicies.flatMap((policy) => mendedBy(alone.remedy(policy))));
  return defects.filter(({ certain, rule, container = "" }) => {
    const what = rule === "sleep" ? container : "";
    return certain && mended.has(what) && again.has(what);
  });
}

/** What became of a repair that was announced in this run. */
export function* ofRepair(
  { workload, known }: Considered,
  undone: readonly Defect[],
  chains: readonly Chain[],
  { settings }: Knowledge,
  today: Date,
): Iterable<Finding> {
  const upstream = chains.filter(isUpstream);
  const selections = resourcePolicies.map((each) => select(workload, settings.policies[each], known?.evidence));
  const isKnownRouted = upstream.length > 0 || selections.some((each) => each.evidence !== undefined);
  const lands = landsOf(workload);
  const label = labelOf(workload.resource);
  const context = (policy: PolicyName) => ({
    ...{ policy, subject: workload.resource, excuses: excusesFrom(workload, policy, undefined, settings, today) },
    ...(chains.length > 0
      ? evidenceOf(upstream.length > 0 ? upstream : chains)
      : { evidence: [selections.find((each) => each.evidence !== undefined)?.evidence ?? label] }),
  });
  if (undone.length > 0) {
    const path = undone.map((defect) => ignoredPath(defect, workload)).find((each) => each !== undefined);
    const data = { workload: label, lands, fixes: undone.flatMap(({ fixes }) => fixes), ...(path && { path }) };
    yield finding("repair-undone", data, context(isKnownRouted ? "apisix-routed-workloads" : "apisix-rollout-advice"));
  } else if (isKnownRouted && (lands === "next-pods" || lands === "when-resumed")) {
    yield finding("repair-waits", { workload: label, lands }, context("apisix-rollout-advice"));
  }
}
