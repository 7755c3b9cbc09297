/** What is known to lose requests although both rules hold, or to make the judgement stale. */
import { labelOf } from "../kubernetes/resource";
import type { Chain, LineNote, RoutedWorkload, Routes } from "../routing";
import type { Requirement } from "../shutdown/judge";
import type { Timeline } from "../shutdown/timeline";
import { evidenceOf, finding, type Finding } from "./finding";
import type { Knowledge } from "./knowledge";

const policy = "apisix-rollout-advice";

/** A request that may take longer than its container has left after SIGTERM. Seconds. */
export interface SlowRequest {
  container: string;
  chain: Chain;
  timeout: number;
  left: number;
}

/**
 * A route may give a request more time than its container has left after SIGTERM: a request that is on its way then is
 * cut off by SIGKILL, however long the sleep is.
 */
export function slowRequest(
  upstream: readonly Chain[],
  line: Timeline | undefined,
  requirement: Requirement,
): SlowRequest | undefined {
  const [chain] = [...upstream].sort((a, b) => (b.timeout ?? 0) - (a.timeout ?? 0));
  const timeout = chain?.timeout ?? 0;
  if (!chain || timeout <= requirement.shutdownSeconds) return undefined;
  const [first] = (line?.containers ?? [])
    .filter(({ container }) => requirement.concerns(container) && (chain.serving?.includes(container.name) ?? true))
    .sort((a, b) => a.left.atMost - b.left.atMost);
  if (!first || timeout <= first.left.atMost) return undefined;
  return { container: first.container.name, chain, timeout, left: first.left.atMost };
}

/** Ways on which APISIX may go on using a Pod after its sleep: each once, however many workloads it is true of. */
export function* lingering(routed: readonly RoutedWorkload[]): Iterable<Finding> {
  for (const code of ["keep-alive-connections", "dns-ttl"] as const) {
    const isSo = ({ via, notes }: Chain) => via === "upstream" && notes.some((note) => note.code === code);
    const concerned = routed.filter(({ chains }) => chains.some(isSo));
    const labels = concerned.map(({ workload }) => labelOf(workload.resource)).sort();
    const [workload] = labels;
    const first = concerned.find((each) => labelOf(each.workload.resource) === workload);
    if (!first || workload === undefined) continue;
    yield finding(
      code,
      { workload, others: labels.length - 1 },
      {
        policy,
        ...(labels.length === 1 ? { subject: first.workload.resource } : {}),
        ...evidenceOf(first.chains.filter(isSo)),
      },
    );
  }
}

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

/** A catalog file that may lack routes which were made since. */
export function catalogAge({ settings, catalog }: Knowledge, today: Date): Finding | undefined {
  const most = settings.facts.maxCatalogAgeDays;
  // Entries in the settings have no age of their own.
  if (catalog?.file === undefined || most === undefined) return undefined;
  const { file, createdAt } = catalog;
  if (createdAt === undefined) return finding("catalog-undated", { file }, { policy });
  const days = Math.floor((today.getTime() - Date.parse(createdAt)) / 86_400_000);
  return days <= most ? undefined : finding("catalog-stale", { file, days, most }, { policy });
}
