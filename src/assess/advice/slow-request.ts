import { isKnown } from "../../kubernetes/values";
import type { Pod } from "../../kubernetes/workload";
import type { Chain } from "../../routing";
import { mendedGracePeriod, shutdownOf, withoutShutdown } from "../../shutdown/judge";
import { defaultGracePeriod } from "../../shutdown/timeline";
import type { Judged } from "../alone";

/** A request that may take longer than its container has left after SIGTERM. Seconds. */
export interface SlowRequest {
  container: string;
  chain: Chain;
  timeout: number;
  left: number;
  /** The grace period that covers it once the hooks are mended; absent if the ceiling doesn't allow it. */
  grace?: number;
  /** The longest timeout that fits once everything else is mended; absent if that is no less than the route's own. */
  fits?: number;
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
  const fits = Math.max(0, Math.floor(period - hooks));
  // What the app may give itself besides may be more than the ceiling.
  const covering = fits < timeout ? grace : Math.min(grace, period);
  return {
    ...{ container: first.container.name, chain, timeout: printed(timeout), left: printed(first.left.atMost) },
    ...(covering <= ceiling ? { grace: printed(covering) } : {}),
    ...(fits < timeout ? { fits: printed(fits) } : {}),
  };
}
