/** EndpointSlices and Pods, as far as they tell whether a Pod terminates (`discovery.k8s.io/v1`, `v1`). */
import { elementsOf, get, getNumber, getString, getStringMap, isKnown } from "../kubernetes/values";
import { nodeKey } from "./nodes";

/** A Pod in the EndpointSlices of the Service. */
export interface Endpoint {
  /** The Pod's. */
  uid: string;
  /** namespace/name */
  pod: string;
  /** The nodes that APISIX has for it. */
  nodes: readonly string[];
  isReady: boolean;
  isTerminating: boolean;
}

export interface PodState {
  uid: string;
  /** Has it a `deletionTimestamp`, or is it gone? */
  isDeleted: boolean;
}

/** Which of the Service's ports is measured, by its name, which EndpointSlices have; undefined: all of them. */
export type PortName = string | undefined;

/**
 * The Pods of slices. One that is in several, as while the control plane moves it, is ready if it is in one of them.
 * Endpoints that are no Pods have no end of their own, and are left out.
 */
export function endpointsOf(slices: Iterable<unknown>, port: PortName): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    const ports = elementsOf(slice, "ports")
      .filter((each) => port === undefined || (getString(each, "name") ?? "") === port)
      .flatMap((each) => getNumber(each, "port") ?? [])
      .filter(isKnown);
    for (const endpoint of elementsOf(slice, "endpoints")) {
      const [uid, name] = [getString(endpoint, "targetRef", "uid"), getString(endpoint, "targetRef", "name")];
      if (get(endpoint, "targetRef", "kind") !== "Pod" || typeof uid !== "string" || typeof name !== "string") continue;
      const hosts = elementsOf(endpoint, "addresses").filter((each) => typeof each === "string");
      const before = found.get(uid);
      const nodes = hosts.flatMap((host) => ports.map((number) => nodeKey(host, number)));
      found.set(uid, {
        uid,
        pod: `${String(get(slice, "metadata", "namespace"))}/${name}`,
        nodes: [...new Set([...(before?.nodes ?? []), ...nodes])],
        // Consumers take an unknown state for ready.
        isReady: before?.isReady === true || get(endpoint, "conditions", "ready") !== false,
        isTerminating: before?.isTerminating !== false && get(endpoint, "conditions", "terminating") === true,
      });
    }
  }
  return [...found.values()];
}

/** Undefined: no Pod. */
export function podState(pod: unknown, isGone: boolean): PodState | undefined {
  const uid = getString(pod, "metadata", "uid");
  if (typeof uid !== "string") return undefined;
  return { uid, isDeleted: isGone || get(pod, "metadata", "deletionTimestamp") !== undefined };
}

/** A Service's selector, as a query takes it; undefined where it has none, so that its Pods can't be listed. */
export function selectorOf(service: unknown): string | undefined {
  const labels = getStringMap(service, "spec", "selector");
  if (!isKnown(labels) || labels === undefined || labels.size === 0) return undefined;
  return [...labels].map(([key, value]) => `${key}=${String(value)}`).join(",");
}
