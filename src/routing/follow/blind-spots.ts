/** Obstacles as blind spots: one for each cause. */
import { sortedBy, type Key } from "../../order";
import { printChain, wayKey, type BlindSpot } from "../routes";
import type { Obstacle } from "./reference";

/**
 * One blind spot for each cause: the first of its obstacles, with the way that leads there and how many more do.
 * Their order, and which way is shown, is that of the ways, whatever the order of the obstacles is.
 */
export function blindSpots(obstacles: readonly Obstacle[]): BlindSpot[] {
  const byCause = new Map<string, { first: Obstacle; ways: Set<string> }>();
  for (const obstacle of sortedBy(obstacles, keyOf)) {
    const cause = `${obstacle.code}\0${obstacle.cause ?? ""}`;
    const same = byCause.get(cause);
    if (same) same.ways.add(printChain(obstacle));
    else byCause.set(cause, { first: obstacle, ways: new Set([printChain(obstacle)]) });
  }
  return [...byCause.values()].map(({ first, ways }) => {
    const { cause, steps, ...problem } = first;
    const more = ways.size > 1 ? ` (and ${ways.size - 1} more)` : "";
    return { ...problem, evidence: [printChain({ steps }) + more] };
  });
}

function keyOf(obstacle: Obstacle): Key {
  return [...wayKey(obstacle), obstacle.code, JSON.stringify(obstacle.data), obstacle.resource.id];
}
