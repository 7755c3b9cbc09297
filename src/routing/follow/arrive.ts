/** From a reference to the Services that it means: by name, by host, through ExternalName Services. */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { isKnown, unknown } from "../../kubernetes/values";
import { isAddress, parseClusterName } from "./cluster-dns";
import {
  adviceOn,
  isObstacle,
  isReference,
  noted,
  isPortSecret,
  shown,
  shownName,
  shownPort,
  stepOf,
  through,
  unknownValue,
  withPort,
  without,
  type Context,
  type Dropped,
  type HostTarget,
  type Obstacle,
  type PortReference,
  type Reference,
  type ServiceTarget,
  type Way,
} from "./reference";
import { releaseOf } from "./helm";
import type { Place } from "./resource-index";
import { externalName, isHeadless, serviceFrom, serviceNamedFrom, servicesNamed } from "./service";
import { faultsAt, isWhole } from "./faults";
import { discoveryInstead, tuned, withTimeoutOf } from "./tuning";

/** A way that has reached a Service. */
export interface Arrival {
  service: Resource;
  way: Way;
  port: PortReference;
  /** It isn't printed. */
  isPortSecret: boolean;
  subset?: ServiceTarget["subset"];
  /** A connection to the Service's host: of a headless one, the port is the Pods' own. */
  isByHost: boolean;
}

/** Where references lead to. */
export interface Ends {
  arrivals: Arrival[];
  dropped: Dropped[];
  obstacles: Obstacle[];
  /** The ways that leave the cluster. */
  outside: Way[];
}

/** Follows one reference to its Services: also through ExternalName Services, each of which is visited once. */
export function arrive(context: Context, start: Reference, ends: Ends): void {
  const visited = new Set<Resource>();
  const open: Reference[] = [start];
  for (let reference = open.pop(); reference; reference = open.pop()) {
    const { target, way } = reference;
    const isHost = "host" in target;
    const services = isHost ? servicesOfHost(context, reference, target) : servicesOf(context, reference, target);
    if (isObstacle(services)) {
      // What a plugin only holds may mean anything, unless it is the name of a Service that is there.
      if (isHost && target.heldBy !== undefined) continue;
      if (services.code === "service-name-with-dot" && !isHost && target.resolvedBy === "controller") {
        const { service, kind } = services.data;
        const because = { code: services.code, service, kind } as const;
        const faults = way.lines.map((line) => ({ line, because, isWhole: isWhole(target, line) }));
        ends.dropped.push({ way, faults, advice: services });
      } else ends.obstacles.push(services);
      continue;
    }
    if (services.length === 0) ends.outside.push(way);
    for (const service of services) {
      if (isHost && target.heldBy !== undefined) {
        ends.obstacles.push(notFollowed(reference, target.heldBy, service));
        continue;
      }
      if (visited.has(service)) continue;
      visited.add(service);
      const there = through(way, stepOf(service, shownPort(reference)));
      const dropped = faultsAt(context, reference, service, there);
      if (dropped) ends.dropped.push(dropped);
      let to = dropped ? without(dropped.faults, there) : there;
      if (to.lines.length === 0) continue;
      if (!isHost && target.resolvedBy === "controller") {
        const { instead, rest } = discoveryInstead(context, service, target, to);
        for (const each of instead) {
          if (isObstacle(each)) ends.obstacles.push(each);
          else if (isReference(each)) open.push(each);
        }
        to = rest;
        if (to.lines.length === 0) continue;
      }
      const host = externalName(service);
      if (host !== undefined) {
        const searchNamespace = context.settings.apisixNamespace;
        const target2: HostTarget = {
          ...{ host, port: target.port, searchNamespace },
          isPortSecret: isPortSecret(reference),
        };
        open.push({ way: to, from: service, path: "spec.externalName", target: target2 });
        continue;
      }
      if (!isHost && target.resolvedBy === "external node") {
        const because = { code: "external-node-of-wrong-type", service: labelOf(service) } as const;
        ends.obstacles.push({ ...adviceOn(because, service, to), resource: reference.from });
        continue;
      }
      const arrival = reach(context, reference, service, to);
      if (isObstacle(arrival)) ends.obstacles.push(arrival);
      else ends.arrivals.push(arrival);
    }
  }
}

/** A plugin that isn't known holds the name of a Service. */
function notFollowed({ from, path, way }: Reference, plugin: string, service: Resource): Obstacle {
  return {
    code: "plugin-not-followed",
    data: { plugin, field: path, resource: labelOf(from), service: shown(from, path, labelOf(service)) },
    cause: `${plugin} ${service.id}`,
    resource: from,
    steps: way.steps,
  };
}

/** What is known on arrival at a Service that isn't an ExternalName. */
function reach(context: Context, reference: Reference, service: Resource, to: Way): Arrival | Obstacle {
  const { target, way: before } = reference;
  const isHost = "host" in target;
  const isByName = isHost || target.granularity === "service";
  let way = to;
  if (isByName && isHeadless(service)) {
    if (!isHost && target.resolvedBy === "controller") {
      return {
        code: "headless-service-as-host",
        data: { service: labelOf(service) },
        cause: service.id,
        resource: before.route,
        steps: to.steps,
      };
    }
    way = noted(way, { code: "dns-ttl" });
  } else if (isByName) way = noted(way, { code: "keep-alive-connections" });
  if (!isHost && target.resolvedBy === "controller") way = tuned(context, service, target, way);
  return {
    service,
    way: withTimeoutOf(context, service, way),
    port: target.port,
    isPortSecret: isPortSecret(reference),
    isByHost: isHost || target.resolvedBy === "mirror",
    ...("subset" in target && target.subset ? { subset: target.subset } : {}),
  };
}

/** The Services of the stack that a name means, or why there are none. */
function servicesOf(
  context: Context,
  reference: Reference,
  { namespace, namespacePath, service: name, resolvedBy }: ServiceTarget,
): Resource[] | Obstacle {
  const { index } = context;
  const { way, from, path } = reference;
  // No Service has such a name (apimachinery IsDNS1035Label). Of a mirror it becomes a host, and discovery reads Endpoints.
  if (isKnown(name) && name.includes(".") && (resolvedBy === "controller" || resolvedBy === "external node")) {
    const service = shownName(from, path, name, namespace === undefined ? undefined : namespacePath);
    const data = { service, field: path, resource: labelOf(from), kind: from.kind };
    return { code: "service-name-with-dot", data, cause: `${from.id} ${name}`, resource: from, steps: way.steps };
  }
  const property = path.split(".")[0] ?? "";
  const place =
    namespace === undefined
      ? index.placeOf(from)
      : isKnown(namespace)
        ? index.placeNamed(from.cluster, namespace)
        : index.placeFrom(from, property);
  if (name !== unknown && place !== undefined) {
    const services = servicesNamed(index, place, name);
    if (services.length > 0) return services;
    return outsideStack(context, place, name, reference, namespace === undefined ? undefined : (namespacePath ?? path));
  }
  const service =
    name === unknown ? serviceFrom(index, from, property, place) : serviceNamedFrom(index, from, property, name);
  if (service) return [service];
  const unknownPath =
    name === unknown ? path : namespace === undefined ? "metadata.namespace" : (namespacePath ?? path);
  return unknownValue(from, unknownPath, way.steps);
}

/** The Services of the stack that a host means: none for a host outside the cluster. */
function servicesOfHost(
  context: Context,
  reference: Reference,
  { host, searchNamespace }: HostTarget,
): Resource[] | Obstacle {
  const { index, settings } = context;
  const { way, from, path } = reference;
  if (host === unknown) {
    const service = serviceFrom(index, from, path.split(".")[0] ?? "", undefined);
    return service ? [service] : unknownValue(from, path, way.steps);
  }
  if (isAddress(host)) return [...index.servicesAt(from.cluster, host)];
  const name = parseClusterName(host, settings.clusterDomain);
  if (name.kind === "outside") return [];
  if (name.kind === "other domain") {
    return {
      code: "other-cluster-domain",
      data: { field: path, resource: labelOf(from) },
      resource: from,
      steps: way.steps,
    };
  }
  const namespace = name.namespace ?? searchNamespace;
  if (namespace === undefined) {
    const namesakes = index.namedAnywhere(from.cluster, "/Service", name.name);
    if (namesakes.length === 0) return [];
    return {
      code: "host-without-namespace",
      data: { field: path, resource: labelOf(from) },
      cause: name.name,
      resource: from,
      steps: way.steps,
    };
  }
  const place = index.placeNamed(from.cluster, namespace);
  const services = servicesNamed(index, place, name.name);
  if (services.length > 0) return services;
  // `a.b` may as well be a host of the Internet; a name in a namespace of this stack is likelier to be a Service.
  if (name.kind === "maybe" && (name.namespace === undefined || !index.isKnownPlace(place))) return [];
  return outsideStack(context, place, name.name, reference, name.namespace === undefined ? undefined : path);
}

/** @param named where its namespace stands */
function outsideStack(
  { index, releases }: Context,
  place: Place,
  name: string,
  reference: Reference,
  named: string | undefined,
): Obstacle {
  const { way, from, path } = reference;
  const label = `Service ${shownName(from, path, index.nameIn(place, name), named)}`;
  return {
    code: "service-not-in-stack",
    data: { service: label, ...releaseOf(releases, place, name) },
    cause: `${place} Service ${name}`,
    resource: from,
    steps: [...way.steps, { label: withPort(label, shownPort(reference)) }],
  };
}
