/** Endpoints as Kubernetes makes them: by the labels of Pods, and by the names of their ports. */
import { oncePer } from "../../once";
import { labelOf } from "../../kubernetes/resource";
import { hidden } from "../../kubernetes/secrets";
import { isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { portsOf, type Workload } from "../../kubernetes/workload";
import type { Arrival } from "./arrive";
import { shown, type Context, type Obstacle } from "./reference";
import { isHeadless, type ServicePort } from "./service";

/**
 * Those of a Service's workloads whose Pods are endpoints of a port, or may be: requests for it reach no others.
 *
 * @param found the port of the Service, as far as it is known
 */
export function withEndpoints(
  { index }: Context,
  arrival: Arrival,
  found: Maybe<ServicePort> | undefined,
  workloads: readonly Workload[],
  obstacles: Obstacle[],
): readonly Workload[] {
  const { service, way, port } = arrival;
  // The name of a headless Service gives its Pods' addresses, whatever its ports are. A patch may change the port.
  const isAny = (arrival.isByHost && isHeadless(service)) || index.isPatched(service);
  if (isAny || !isKnown(found) || typeof found?.target !== "string") return workloads;
  const { target, protocol } = found;
  const mayHave = (workload: Workload) =>
    hasEndpoints(workload, target, protocol) !== false || index.isPatched(workload.resource);
  const reached = workloads.filter(mayHave);
  const [first = "", ...others] = workloads
    .filter((workload) => !mayHave(workload))
    .map(({ resource }) => labelOf(resource))
    .sort();
  if (first === "") return workloads;
  obstacles.push({
    code: "target-port-missing",
    data: {
      service: labelOf(service),
      port: arrival.isPortSecret || !isKnown(port) || port === undefined ? hidden : port,
      targetPort: shown(service, `spec.ports[${found.index}].targetPort`, target),
      workload: first,
      more: others.length,
    },
    cause: `${service.id} ${found.index}`,
    resource: service,
    steps: way.steps,
  });
  return reached;
}

/**
 * Does a workload get endpoints for a port of a Service? None for a `targetPort` by name that no container of its Pods
 * declares; a number needs no declaration. Unknown where what isn't known may declare it.
 *
 * Kubernetes asks for the same name and protocol, of the containers and, since 1.32, of native sidecars (FindPort in
 * pkg/api/v1/pod and in k8s.io/endpointslice); its controllers leave such a port out of the Pod's endpoints.
 *
 * @param protocol unknown: any
 */
export function hasEndpoints(
  workload: Workload,
  target: Maybe<number | string> | undefined,
  protocol: Maybe<string> = unknown,
): Maybe<boolean> {
  if (typeof target === "number") return true;
  if (typeof target !== "string" || workload.pod.isPatch) return unknown;
  const declared = portsDeclared(workload);
  if (declared === unknown) return unknown;
  const protocols = declared.get(target);
  if (protocols?.has(protocol) && protocol !== unknown) return true;
  const mayBe = protocols !== undefined && (protocol === unknown || protocols.has(unknown));
  return mayBe || ofInjected.test(target) ? unknown : false;
}

/** The ports of containers that a mesh may inject: Istio's, Linkerd's, Dapr's. */
const ofInjected = /^(http-envoy-prom|linkerd-(proxy|admin)|dapr-[a-z-]+)$/;

/** The protocols of the named ports that a workload's containers declare; unknown where a list or a name is. */
const portsDeclared = oncePer(({ pod: { containers } }: Workload): Maybe<ReadonlyMap<string, Set<Maybe<string>>>> => {
  if (containers === unknown) return unknown;
  const declared = new Map<string, Set<Maybe<string>>>();
  for (const container of containers) {
    const ports = portsOf(container);
    if (ports === unknown) return unknown;
    for (const { name, protocol } of ports) {
      if (name === unknown) return unknown;
      // An ordinary init container's ports don't count; that of which it isn't known may count.
      const known = container.isSidecar === unknown ? unknown : protocol;
      if (name !== undefined) declared.set(name, (declared.get(name) ?? new Set()).add(known));
    }
  }
  return declared;
});
