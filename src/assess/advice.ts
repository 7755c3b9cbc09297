/** What is known to lose requests although both rules hold, or to make the judgement stale. */
import { byText } from "../order";
import { labelOf } from "../kubernetes/resource";
import { isKnown } from "../kubernetes/values";
import type { Pod, Workload } from "../kubernetes/workload";
import type { Chain, LineNote, RoutedWorkload, Routes } from "../routing";
import { isExcused, type Excuse } from "../settings/exemptions";
import { mendedGracePeriod, shutdownOf, withoutShutdown } from "../shutdown/judge";
import { defaultGracePeriod } from "../shutdown/timeline";
import type { Judged } from "./alone";
import { evidenceOf, finding, type Finding } from "./finding";
import type { Knowledge } from "./knowledge";

const policy = "apisix-rollout-advice";

/** A request that may take longer than its container has left after SIGTERM. Seconds. */
export interface SlowRequest {
  container: string;
  chain: Chain;
  timeout: number;
  left: number;
  /** The grace period that covers it once the hooks are mended; absent if the ceiling doesn't allow it. */
  grace?: number;
  /** The longest timeout that fits once everything else is mended. */
  fits: number;
}

/**
 * A route may give a request more time than its container has left after SIGTERM: a request that is on its way then is
 * cut off by SIGKILL, however long the sleep is. Nothing is said of a hook that never ends: that is a defect of its own.
 *
 * @param isHidden do the Pod's times come from secrets?
 */
export function slowRequest(
  { gracePeriod }: Pod,
  upstream: readonly Chain[],
  { timeline, requirement }: Judged,
  isHidden = false,
): SlowRequest | undefined {
  const [chain] = [...upstream].sort((a, b) => (b.timeout ?? 0) - (a.timeout ?? 0));
  const timeout = chain?.timeout ?? 0;
  if (!chain || !timeline || !isKnown(gracePeriod)) return undefined;
  const [first] = timeline.containers
    .filter(({ container }) => requirement.concerns(container) && (chain.serving?.includes(container.name) ?? true))
    // What the app needs anyway is the grace period's own rule.
    .filter(({ container }) => timeout > shutdownOf(requirement, container).atLeast)
    .sort((a, b) => a.left.atMost - b.left.atMost);
  if (!first || timeout <= first.left.atMost) return undefined;
  const { maxGracePeriodSeconds: ceiling = Infinity } = requirement;
  const grace = mendedGracePeriod(timeline, { ...requirement, shutdownSeconds: timeout });
  const asked = mendedGracePeriod(timeline, requirement);
  const hooks = mendedGracePeriod(timeline, withoutShutdown(requirement));
  if (grace === undefined || asked === undefined || hooks === undefined) return undefined;
  // One tells the others.
  const printed = (seconds: number) => (isHidden || chain.isTimeoutSecret ? NaN : seconds);
  // What is there, or what the other findings ask for.
  const period = Math.min(ceiling, Math.max(gracePeriod ?? defaultGracePeriod, asked));
  return {
    ...{ container: first.container.name, chain, timeout: printed(timeout), left: printed(first.left.atMost) },
    ...(grace <= ceiling ? { grace: printed(grace) } : {}),
    fits: printed(Math.max(0, Math.floor(period - hooks))),
  };
}

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
