/** What all ways to Services have in common: missing ports, and the same way twice. */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { hidden } from "../../kubernetes/secrets";
import { unknown } from "../../kubernetes/values";
import { byText } from "../../order";
import type { Arrival } from "./arrive";
import { moreTelling, noted, onlyOn, type Obstacle, type Way } from "./reference";
import type { ControllerLine, DeadRoute, LineRefusal, LostByPort, Refusal } from "../routes";
import { findPort, isHeadless } from "./service";

/** What some lines drop a whole route for, met while a part of it was followed. */
export interface Loss {
  way: Way;
  lines: readonly ControllerLine[];
  because: Refusal;
}

/** Leaves out the ways to ports that a Service doesn't have. @param losses what that costs is added */
export function withoutMissingPorts(
  arrivals: readonly Arrival[],
  obstacles: Obstacle[],
  losses: Loss[],
): readonly Arrival[] {
  return arrivals.filter((arrival) => {
    if (!isPortMissing(arrival)) return true;
    const { service, port, way, portKeeps = [] } = arrival;
    const data = serviceAndPort(arrival);
    losses.push({ way, lines: portKeeps, because: { code: "service-port-missing", ...data } });
    obstacles.push({
      code: "service-port-missing",
      data: { ...data, lost: lostBy(arrival) },
      cause: `${service.id} ${String(port)}`,
      resource: way.route,
      steps: way.steps,
    });
    return false;
  });
}

/** Leaves out what a line drops with its whole route. A route that no line is left for is dead. */
export function withoutLosses(arrivals: readonly Arrival[], losses: readonly Loss[], dead: DeadRoute[]): Arrival[] {
  const dropped = new Map<Resource, { start: Way["start"]; refusals: LineRefusal[] }>();
  for (const { way, lines, because } of losses) {
    const { route, start } = way;
    const { refusals } = dropped.get(route) ?? { refusals: [] };
    const isNew = (line: ControllerLine) => way.lines.includes(line) && !refusals.some((each) => each.line === line);
    dropped.set(route, {
      start,
      refusals: [...refusals, ...lines.filter(isNew).map((line) => ({ line, because }))],
    });
  }
  for (const [route, { start, refusals }] of dropped) {
    if (!start.lines.every((line) => refusals.some((each) => each.line === line))) continue;
    dead.push({ route, refusals: [...start.refusals, ...refusals].sort((a, b) => byText(a.line, b.line)) });
  }
  return arrivals
    .map((arrival) => {
      const { refusals } = dropped.get(arrival.way.route) ?? { refusals: [] };
      const way = refusals.reduce(
        (to, { line, because }) => onlyOn(line === "1" ? "2" : "1", to, because),
        arrival.way,
      );
      return { ...arrival, way };
    })
    .filter(({ way }) => way.lines.length > 0);
}

function isPortMissing({ service, port, ports }: Arrival): boolean {
  // A headless Service's name gives its Pods' addresses, whatever its ports are.
  const isFree = ports === "any" || (ports === "host" && isHeadless(service));
  return !isFree && port !== undefined && port !== unknown && findPort(service, port) === undefined;
}

function serviceAndPort({ service, port, isPortSecret }: Arrival): { service: string; port: number | string } {
  return { service: labelOf(service), port: isPortSecret || typeof port === "symbol" ? hidden : (port ?? "") };
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

function lostBy({ way, ports, portKeeps }: Arrival): LostByPort {
  if (ports !== "controller") return "requests";
  return portKeeps?.some((line) => way.lines.includes(line)) ? "route-on-1" : "backend";
}
