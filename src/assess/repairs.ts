/** What became of the repairs of a run: a comparison of what was repaired with what the stack holds at the end. */
import { labelOf } from "../kubernetes/resource";
import type { Chain } from "../routing";
import type { PolicyName } from "../settings/schema";
import type { Defect, Fix } from "../shutdown/judge";
import { landsOf } from "../shutdown/lands";
import { consider, considerAlone, type Considered, type Judged } from "./alone";
import { evidenceOf, finding, isUpstream, type Finding } from "./finding";
import { fixWithoutTimes, hiddenTimes } from "./hidden";
import type { Knowledge } from "./knowledge";
import { mendedBy, partOf, type Parts } from "./parts";
import { resourcePolicies } from "./policies";
import { ignoredPath } from "./remarks";
import { evidenceAlone, excusesFrom } from "./workload";

/** A repair of this run that didn't last. */
export interface Undone {
  /** The defects that it mended, and that are there again. */
  defects: readonly Defect[];
  /** Is nothing of it left? */
  isGone: boolean;
  /** What it would take. */
  fixes: readonly Fix[];
}

/** Compares what was repaired in this run with what the stack holds. */
export function undoneOf(
  of: Considered,
  { defects: all }: Judged,
  mended: Parts,
  knowledge: Knowledge,
  today: Date,
): Undone | undefined {
  // As the resource policy saw it, without the ConfigMaps.
  const alone = considerAlone(consider(of.workload, knowledge), knowledge, today);
  const edits = resourcePolicies.flatMap((policy) => alone.remedy(policy));
  const again = new Set(mendedBy(edits));
  const isLost = (part: string) => mended.has(part) && again.has(part);
  // No repair makes an app hear its signal.
  const mendable = all.filter(({ certain, code }) => certain && code !== "signal-lost");
  const defects = mendable.filter((defect) => isLost(partOf(defect)));
  if (defects.length === 0) return undefined;
  const graces = edits.flatMap(({ container, value }) => (container === undefined ? Number(value) : []));
  const isOther = ({ do: what }: Fix) => what !== "set-grace" && what !== "shorten";
  const fixes = defects.flatMap((defect) => defect.fixes.filter(isOther));
  if (graces.length > 0) {
    const raise: Fix = { do: "set-grace", seconds: Math.max(...graces) };
    const hides = hiddenTimes(of.workload);
    fixes.push(hides ? fixWithoutTimes(raise, hides) : raise);
  }
  return { defects, isGone: [...mended].every((part) => again.has(part)), fixes };
}

/** A judgement without the defects that an undone repair stands for. What it mends only in part, up to a ceiling, stays. */
export function without(undone: Undone | undefined, judged: Judged): Judged {
  if (!undone) return judged;
  const isMended = (defect: Defect) =>
    undone.defects.includes(defect) && !defect.fixes.some((fix) => fix.do === "shorten");
  return { ...judged, defects: judged.defects.filter((defect) => !isMended(defect)) };
}

/** What became of a repair that was announced in this run. */
export function* ofRepair(
  { workload, known }: Considered,
  undone: Undone | undefined,
  chains: readonly Chain[],
  { settings }: Knowledge,
  today: Date,
): Iterable<Finding> {
  const upstream = chains.filter(isUpstream);
  const evidence = evidenceAlone(workload, settings, known?.evidence);
  const isKnownRouted = upstream.length > 0 || evidence !== undefined;
  const lands = landsOf(workload);
  const label = labelOf(workload.resource);
  const context = (policy: PolicyName) => ({
    ...{ policy, subject: workload.resource, excuses: excusesFrom(workload, policy, undefined, settings, today) },
    ...(chains.length > 0 ? evidenceOf(upstream.length > 0 ? upstream : chains) : { evidence: [evidence ?? label] }),
  });
  if (undone) {
    const { defects, isGone, fixes } = undone;
    const paths = defects.map((defect) => ignoredPath(defect, workload));
    const path = paths.includes(undefined) ? undefined : paths[0];
    const { level } = settings.policies["apisix-routed-workloads"];
    const policy = isKnownRouted && level !== "disabled" ? "apisix-routed-workloads" : "apisix-rollout-advice";
    const blocks = policy === "apisix-routed-workloads" && level !== "advisory";
    const data = { workload: label, lands, isGone, blocks, fixes, ...(path === undefined ? {} : { path }) };
    yield finding("repair-undone", data, context(policy));
  } else if (isKnownRouted && (lands === "next-pods" || lands === "when-resumed")) {
    yield finding("repair-waits", { workload: label, lands }, context("apisix-rollout-advice"));
  }
}
