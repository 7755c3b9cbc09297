import { addTo } from "../../multimap";
import { labelOf } from "../../kubernetes/resource";
import type { DeadRoute, Routes } from "../../routing";
import { finding, type Finding } from "../finding";

/** Routes that the controller refuses: once for each reason, however many routes it is true of. */
export function* deadRoutes({ deadRoutes }: Routes): Iterable<Finding> {
  const byReason = new Map<string, DeadRoute[]>();
  for (const dead of deadRoutes) addTo(byReason, JSON.stringify(dead.refusals), dead);
  for (const [first, ...others] of byReason.values()) {
    if (!first) continue;
    const { route, refusals } = first;
    const data = { route: labelOf(route), others: others.length, refusals };
    yield finding("dead-route", data, { policy: "apisix-rollout-advice", subject: route, evidence: [labelOf(route)] });
  }
}
