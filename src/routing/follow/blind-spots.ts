/** Obstacles as blind spots: one for each cause. */
import type { Obstacle } from "./reference";
import type { BlindSpot } from "../routes";

/** One blind spot for each cause: what, one way that leads there and how many more, and what would help. */
export function blindSpots(obstacles: readonly Obstacle[]): BlindSpot[] {
  const byCause = new Map<string, { first: Obstacle; ways: Set<string> }>();
  for (const obstacle of obstacles) {
    const way = obstacle.steps.map((step) => step.label).join(" › ");
    const same = byCause.get(obstacle.cause);
    if (same) same.ways.add(way);
    else byCause.set(obstacle.cause, { first: obstacle, ways: new Set([way]) });
  }
  return [...byCause.values()].map(({ first, ways }) => {
    const [shown = ""] = ways;
    const more = ways.size > 1 ? ` (and ${ways.size - 1} more)` : "";
    const lines = [
      upperFirst(first.message),
      ...(shown === "" ? [] : [shown + more]),
      ...(first.help ? [first.help] : []),
    ];
    return { resource: first.resource, message: lines.join("\n") };
  });
}

/** A sentence; a field's path at its start stays as it is spelt. */
function upperFirst(text: string): string {
  return /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}
