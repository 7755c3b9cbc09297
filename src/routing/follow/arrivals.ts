/** What all ways to Services have in common: what the lines drop, and the same way twice. */
import type { Resource } from "../../kubernetes/resource";
import { byText } from "../../order";
import type { ControllerLine, DeadRoute, LineRefusal } from "../routes";
import type { Arrival, Ends } from "./arrive";
import { moreTelling, noted, onlyOn, type Dropped, type Way } from "./reference";

/**
 * The arrivals of what is left of each route: of one that a line drops whole, or of which it has nothing left, all of that
 * line's ways are gone. A route that no line is left for is dead, unless it can't be seen what another line makes of it.
 */
export function withoutDropped(ends: Ends, dead: DeadRoute[]): readonly Arrival[] {
  const { arrivals, dropped, obstacles } = ends;
  if (dropped.length === 0) return arrivals;
  const refusals = refusalsOf(ends);
  for (const [route, { start, of }] of refusals) {
    if (!start.lines.every((line) => of.some((each) => each.line === line))) continue;
    // The other line may take it.
    if (start.unclear) obstacles.push(start.unclear);
    else dead.push({ route, refusals: [...start.refusals, ...of].sort((a, b) => byText(a.line, b.line)) });
  }
  for (const { way, faults, advice } of dropped) {
    if (advice && faults.length === way.lines.length) obstacles.push(advice);
  }
  return arrivals
    .map((arrival) => {
      const of = refusals.get(arrival.way.route)?.of ?? [];
      const way = of.reduce((to, { line, because }) => onlyOn(line === "1" ? "2" : "1", to, because), arrival.way);
      return { ...arrival, way };
    })
    .filter(({ way }) => way.lines.length > 0);
}

interface Refusals {
  start: Way["start"];
  /** The first reason of each line. */
  of: LineRefusal[];
}

/** The lines that drop a route for one of its parts, or for all of them. */
function refusalsOf(ends: Ends): ReadonlyMap<Resource, Refusals> {
  const all = new Map<Resource, Refusals>();
  const add = ({ route, start }: Way, refusal: LineRefusal) => {
    const own = all.get(route) ?? { start, of: [] };
    if (!own.of.some(({ line }) => line === refusal.line)) own.of.push(refusal);
    all.set(route, own);
  };
  for (const [way, { line, because, isWhole }] of faultsOf(ends.dropped)) if (isWhole) add(way, { line, because });
  const isAlive = living(ends);
  for (const [way, { line, because }] of faultsOf(ends.dropped)) {
    const isLast = way.start.isNothingElse && !isAlive(way.route, line);
    if (isLast) add(way, { line, because: { ...because, isLast } });
  }
  return all;
}

function faultsOf(dropped: readonly Dropped[]) {
  return dropped.flatMap(({ way, faults }) => faults.map((fault) => [way, fault] as const));
}

/** Is there a part of a route that a line doesn't drop? What can't be seen may be one. */
function living({ arrivals, outside, obstacles }: Ends): (route: Resource, line: ControllerLine) => boolean {
  const alive = new Set<string>();
  for (const way of [...arrivals.map((arrival) => arrival.way), ...outside]) {
    for (const line of way.lines) alive.add(`${line} ${way.route.id}`);
  }
  const unclear = new Set(obstacles.map(({ steps: [first] }) => first?.id));
  return (route, line) => alive.has(`${line} ${route.id}`) || unclear.has(route.id);
}

/**
 * Each way to a Service once: the rules of one route often name the same Service, and manifests of several environments
 * hold the same names. Without this, duplicates would multiply.
 */
export function once(arrivals: readonly Arrival[]): Arrival[] {
  const seen = new Map<Resource, Map<string, Arrival>>();
  for (const arrival of arrivals) {
    const { way, port, subset, service } = arrival;
    const labels = [...(subset ?? [])].flatMap(([name, value]) => [name, String(value)]);
    const key = [way.via, String(way.isDormant), String(port), ...labels, ...way.steps.map(({ label }) => label)].join(
      "\0",
    );
    let ofService = seen.get(service);
    if (!ofService) seen.set(service, (ofService = new Map<string, Arrival>()));
    const same = ofService.get(key);
    if (!same) ofService.set(key, arrival);
    else ofService.set(key, { ...same, way: merged(same.way, way) });
  }
  return [...seen.values()].flatMap((ofService) => [...ofService.values()]);
}

/** Two rules of one route that lead the same way: the notes and marks of both, and the longer timeout. */
function merged(one: Way, other: Way): Way {
  const timeout = Math.max(one.timeout ?? -1, other.timeout ?? -1);
  const isTimeoutSecret = one.isTimeoutSecret ?? other.isTimeoutSecret;
  const lasts = one.longLived && other.longLived ? moreTelling(one.longLived, other.longLived) : undefined;
  return {
    ...other,
    ...noted(one, ...other.notes),
    ...(lasts && { longLived: lasts }),
    ...(timeout < 0 ? {} : { timeout }),
    ...(isTimeoutSecret && { isTimeoutSecret }),
  };
}
