import { labelOf } from "../../kubernetes/resource";
import type { DeadRoute, Routes } from "../../routing";
import { finding, type Finding } from "../finding";

/** Routes that the controller refuses: once for each reason, however many routes it is true of. */
export function* deadRoutes({ deadRoutes }: Routes): Iterable<Finding> {
  const byReason = new Map<string, [DeadRoute, ...DeadRoute[]]>();
  for (const dead of deadRoutes) {
    const reason = JSON.stringify(dead.refusals);
    const same = byReason.get(reason);
    if (same) same.push(dead);
    else byReason.set(reason, [dead]);
  }
  for (const [{ route, refusals }, ...others] of byReason.values()) {
    const data = { route: labelOf(route), others: others.length, refusals };
    yield finding("dead-route", data, { policy: "apisix-rollout-advice", subject: route, evidence: [labelOf(route)] });
  }
}
