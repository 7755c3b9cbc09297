/** What all ways to Services have in common: missing ports, and the same way twice. */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { hidden } from "../../kubernetes/secrets";
import { unknown } from "../../kubernetes/values";
import type { Arrival } from "./arrive";
import { moreTelling, noted, onlyOn, type Obstacle, type Way } from "./reference";
import type { LostByPort } from "../routes";
import { findPort, isHeadless } from "./service";

/**
 * Leaves out the ways to ports that a Service doesn't have. One such port makes 1.x push nothing of the whole route;
 * 2.x leaves that backend out, but drops an Ingress whole.
 */
export function withoutMissingPorts(arrivals: readonly Arrival[], obstacles: Obstacle[]): Arrival[] {
  const broken = new Set<Resource>();
  const there: Arrival[] = [];
  for (const arrival of arrivals) {
    const { service, port, way } = arrival;
    // A headless Service's name gives its Pods' addresses, whatever its ports are.
    const isFree = arrival.ports === "any" || (arrival.ports === "host" && isHeadless(service));
    if (isFree || port === undefined || port === unknown || findPort(service, port) !== undefined) {
      there.push(arrival);
      continue;
    }
    if (arrival.ports === "controller") broken.add(way.route);
    obstacles.push({
      code: "service-port-missing",
      data: { service: labelOf(service), port: arrival.isPortSecret ? hidden : port, lost: lostBy(arrival) },
      cause: `${service.id} ${port}`,
      resource: way.route,
      steps: way.steps,
    });
  }
  if (broken.size === 0) return there;
  return there
    .map((arrival) => {
      if (!broken.has(arrival.way.route)) return arrival;
      if (arrival.way.route.kind === "Ingress") return { ...arrival, way: { ...arrival.way, lines: [] } };
      return { ...arrival, way: onlyOn("2", arrival.way, { code: "service-port-missing" }) };
    })
    .filter(({ way }) => way.lines.length > 0);
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

function lostBy({ way, ports }: Arrival): LostByPort {
  if (ports !== "controller") return "requests";
  if (way.route.kind === "Ingress") return "ingress";
  return way.lines.includes("1") ? "route-on-1" : "backend";
}
