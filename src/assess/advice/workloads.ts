/** Advice on single workloads: one finding a kind and workload. */
import { labelOf, type Resource } from "../../kubernetes/resource";
import type { Workload } from "../../kubernetes/workload";
import type { Chain, Routes } from "../../routing";
import { defaultGracePeriod } from "../../shutdown/timeline";
import type { Considered, Judged } from "../alone";
import { evidenceOf, finding, isUpstream, type Finding, type FindingContext } from "../finding";
import { hiddenTimes } from "../hidden";
import type { Knowledge } from "../knowledge";
import { evidenceAlone, excusesFrom } from "../workload";
import { scaledBy } from "./autoscalers";
import { cutConnections } from "./connections-cut";
import { deadFields } from "./dead-fields";
import { gapsOf } from "./nothing-takes-over";
import { slowRequest } from "./slow-request";

const policy = "apisix-rollout-advice";

/**
 * @param resources those of the stack: an autoscaler among them decides how many replicas there are
 * @param judged the judgement of each workload, by its id
 */
export function* adviceOnWorkloads(
  routes: Routes,
  resources: readonly Resource[],
  considered: ReadonlyMap<Workload, Considered>,
  judged: ReadonlyMap<string, () => Judged>,
  { settings }: Knowledge,
  today: Date,
): Iterable<Finding> {
  const isScaled = scaledBy(resources);
  const sharing = workloadsByService(routes);
  const routed = new Map(routes.workloads.map((each) => [each.workload, each.chains]));
  for (const [workload, { known }] of considered) {
    const chains = routed.get(workload) ?? [];
    const upstream = chains.filter(isUpstream);
    const alone = evidenceAlone(workload, settings, known?.evidence);
    const evidence = chains.length > 0 ? evidenceOf(chains).evidence : alone === undefined ? undefined : [alone];
    if (!evidence) continue;
    const excuses = excusesFrom(workload, policy, undefined, settings, today);
    const context = { policy, subject: workload.resource, excuses, evidence } as const;
    const own = judged.get(workload.resource.id)?.();
    if (own && upstream.length > 0) {
      yield* ofConnections(workload, upstream, own, context);
      const isAlone = upstream.some((chain) => sharing.get(serviceOf(chain))?.size === 1);
      const gaps = gapsOf(workload, upstream, { isScaled: isScaled(workload.resource), isAlone }, own.defects);
      const data = { workload: labelOf(workload.resource), gaps };
      // An autoscaler outside the stack may be why replicas aren't written.
      const certain = gaps.some((gap) => !("isDefault" in gap && gap.isDefault));
      if (gaps.length > 0) yield finding("nothing-takes-over", data, { ...context, ...evidenceOf(upstream), certain });
    }
    const dead = deadFields(workload);
    const fields = dead.slice(0, 3);
    const data = { workload: labelOf(workload.resource), fields, others: dead.length - fields.length };
    if (fields.length > 0) yield finding("field-dropped", data, context);
  }
}

/** What requests reach through each Service. */
function workloadsByService({ workloads }: Routes): Map<string | undefined, Set<Workload>> {
  const all = new Map<string | undefined, Set<Workload>>();
  for (const { workload, chains } of workloads) {
    if (workload.resource.isPatch) continue;
    for (const chain of chains.filter(isUpstream)) {
      const service = serviceOf(chain);
      all.set(service, (all.get(service) ?? new Set()).add(workload));
    }
  }
  return all;
}

/** The step before the workload. */
function serviceOf({ steps }: Chain): string | undefined {
  const step = steps.at(-2);
  return step?.id ?? step?.label;
}

/** Requests and connections that are on their way when SIGTERM comes. */
function* ofConnections(
  workload: Workload,
  upstream: readonly Chain[],
  judged: Judged,
  about: Pick<FindingContext, "policy" | "subject" | "excuses">,
): Iterable<Finding> {
  const isHidden = hiddenTimes(workload) !== undefined;
  const slow = slowRequest(workload.pod, upstream, judged, isHidden);
  if (slow) {
    const { container, chain, ...data } = slow;
    yield { ...finding("timeout-exceeds-grace", data, { ...about, ...evidenceOf([chain]) }), container };
  }
  const cut = cutConnections(upstream, judged, slow, isHidden);
  if (!cut) return;
  const { chain, ...data } = cut;
  const { gracePeriod } = workload.pod;
  const { maxGracePeriodSeconds: ceiling = Infinity } = judged.requirement;
  const mayRaise = (typeof gracePeriod === "number" ? gracePeriod : defaultGracePeriod) < ceiling;
  const all = { workload: labelOf(workload.resource), ...data, mayRaise };
  yield finding("connections-cut", all, { ...about, ...evidenceOf([chain]) });
}
