/**
 * Why no request goes from a route to a Service: the lines drop the backend, and some of them the whole route.
 *
 * Sources: 1.8.4 pkg/providers/translation/service.go, pkg/providers/apisix/translation/apisix_route.go
 * (GetServiceClusterIPAndPort); 2.2.0 internal/adc/translator/apisixroute.go (getPortFromService,
 * translateApisixRouteBackendResolveGranularityService).
 */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { hidden } from "../../kubernetes/secrets";
import { unknown } from "../../kubernetes/values";
import { upstreamsOf } from "../apisix/apisix-upstream";
import { faultOfNamesake } from "../apisix/upstream-validation";
import type { ControllerLine, LostByPort, Refusal, DropCode } from "../routes";
import {
  adviceOn,
  isPortSecret,
  type Context,
  type Dropped,
  type Fault,
  type Obstacle,
  type Reference,
  type Way,
} from "./reference";
import { externalName, findPort, isHeadless, portNumber } from "./service";

interface Found {
  because: Refusal<DropCode>;
  advice?: Obstacle;
}

/** Does a line drop the whole route where it can't make an upstream of a target? */
export function isWhole(target: Reference["target"], line: ControllerLine): boolean {
  return "portKeeps" in target && (target.portKeeps?.includes(line) ?? false);
}

/** What is wrong on arrival at a Service. */
export function faultsAt(context: Context, reference: Reference, service: Resource, way: Way): Dropped | undefined {
  const { target } = reference;
  let advice: Obstacle | undefined;
  const faults: Fault[] = [];
  for (const line of way.lines) {
    const found = faultOn(line, context, reference, service, way);
    if (!found) continue;
    faults.push({ line, because: found.because, isWhole: isWhole(target, line) });
    advice ??= found.advice;
  }
  return faults.length > 0 ? { way, faults, ...(advice && { advice }) } : undefined;
}

function faultOn(
  line: ControllerLine,
  context: Context,
  reference: Reference,
  service: Resource,
  way: Way,
): Found | undefined {
  const { target } = reference;
  const isController = "service" in target && target.resolvedBy === "controller";
  const isExternal = externalName(service) !== undefined;
  if (!isController) return isExternal ? undefined : missingPort(reference, service, way);
  if (isExternal && line === "1") return { because: { code: "external-name-not-read" } };
  const isApisixRoute = way.route.kind === "ApisixRoute";
  if (isApisixRoute && isExternal && target.granularity === "service") {
    const because = { code: "external-name-without-cluster-ip", service: labelOf(service) } as const;
    return { because, advice: adviceOn(because, service, way) };
  }
  // The number of an ExternalName's port needs no such port.
  if (!isExternal || (isApisixRoute && typeof target.port === "string")) {
    const missing = missingPort(reference, service, way);
    if (missing) return missing;
  }
  return isApisixRoute || line === "1" ? namesakeFault(line, context, reference, service, way) : undefined;
}

function namesakeFault(
  line: ControllerLine,
  context: Context,
  { target }: Reference,
  service: Resource,
  way: Way,
): Found | undefined {
  const port = portNumber(service, target.port);
  for (const upstream of upstreamsOf(context, service)) {
    const because = faultOfNamesake(context, line, upstream, way.route, port);
    if (because) return { because, advice: adviceOn(because, upstream, way) };
  }
  return undefined;
}

function missingPort(reference: Reference, service: Resource, way: Way): Found | undefined {
  const { target } = reference;
  const { port } = target;
  const isHost = "host" in target || target.resolvedBy === "mirror";
  // A discovery takes the Pods' own ports, too; and so does the name of a headless Service.
  if ((!isHost && target.resolvedBy === "discovery") || (isHost && isHeadless(service))) return undefined;
  if (port === undefined || port === unknown || findPort(service, port) !== undefined) return undefined;
  const data = { service: labelOf(service), port: isPortSecret(reference) ? hidden : port };
  return {
    because: { code: "service-port-missing", ...data },
    advice: {
      code: "service-port-missing",
      data: { ...data, lost: lostBy(reference, way) },
      cause: `${service.id} ${String(port)}`,
      resource: way.route,
      steps: way.steps,
    },
  };
}

function lostBy({ target }: Reference, { lines }: Way): LostByPort {
  if ("host" in target || target.resolvedBy !== "controller") return "requests";
  return target.portKeeps?.some((line) => lines.includes(line)) ? "route-on-1" : "backend";
}
