import { byText } from "../../order";
import { labelOf } from "../../kubernetes/resource";
import type { Workload } from "../../kubernetes/workload";
import type { Chain, RoutedWorkload } from "../../routing";
import { isExcused, type Excuse } from "../../settings/exemptions";
import { evidenceOf, finding, type Finding } from "../finding";

const policy = "apisix-rollout-advice";

/**
 * Paths on which APISIX may go on using a Pod after its sleep: each once, however many workloads it is true of.
 *
 * @param excusesOf a workload's exemptions from this advice; one that is excused is reported by itself
 */
export function* lingering(
  routed: readonly RoutedWorkload[],
  excusesOf: (workload: Workload) => Excuse[],
): Iterable<Finding> {
  for (const code of ["keep-alive-connections", "dns-ttl"] as const) {
    const isSo = ({ via, notes }: Chain) => via === "upstream" && notes.some((note) => note.code === code);
    const concerned = routed
      .filter(({ chains }) => chains.some(isSo))
      .map(({ workload, chains }) => {
        const context = { policy, subject: workload.resource, ...evidenceOf(chains.filter(isSo)) } as const;
        return { label: labelOf(workload.resource), context, excuses: excusesOf(workload) };
      })
      .sort((a, b) => byText(a.label, b.label));
    const open = concerned.filter(({ excuses }) => !isExcused(excuses));
    for (const { label, context, excuses } of concerned) {
      if (isExcused(excuses)) yield finding(code, { workload: label, others: 0 }, { ...context, excuses });
    }
    const [first] = open;
    if (!first) continue;
    const { subject, ...context } = first.context;
    const alone = open.length === 1 ? { subject, excuses: first.excuses } : {};
    yield finding(code, { workload: first.label, others: open.length - 1 }, { ...context, ...alone });
  }
}
