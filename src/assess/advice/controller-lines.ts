import type { Chain, LineNote, Routes } from "../../routing";
import { evidenceOf, finding, type Finding } from "../finding";

const policy = "apisix-rollout-advice";

/** What only one line of the controller takes: once for each reason, however many routes it is true of. */
export function* controllerLines({ workloads }: Routes): Iterable<Finding> {
  const reasons = new Map<string, { note: LineNote; routes: Map<string, Chain> }>();
  for (const chain of workloads.flatMap(({ chains }) => chains)) {
    const route = chain.steps[0]?.label;
    if (route === undefined) continue;
    for (const note of chain.notes) {
      if (note.code !== "controller-line" && note.code !== "controller-line-unclear") continue;
      // The reason may name the route: it is the same for another one.
      const key: string = JSON.stringify(note).replaceAll(route, "");
      const reason = reasons.get(key) ?? { note, routes: new Map<string, Chain>() };
      if (!reason.routes.has(route)) reason.routes.set(route, chain);
      reasons.set(key, reason);
    }
  }
  for (const { note, routes } of reasons.values()) {
    const [route = ""] = [...routes.keys()].sort();
    const chain = routes.get(route);
    yield finding(
      "controller-line",
      { route, others: routes.size - 1, note },
      { policy, ...evidenceOf(chain ? [chain] : []) },
    );
  }
}
