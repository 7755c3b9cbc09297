/** How a change of a Pod's spec reaches the Pods that run. */
import type { Resource } from "../kubernetes/resource";
import { get, getBoolean, getList, getString, unknown } from "../kubernetes/values";
import type { Workload } from "../kubernetes/workload";

export type Lands =
  /** The controller replaces its Pods, one after the other. */
  | "rolls-out"
  /** Only Pods that are made later have it. */
  | "next-pods"
  /** The controller is paused: its Pods are replaced when it is resumed. */
  | "when-resumed"
  /** It is a bare Pod. The API refuses to change one that runs (`ValidatePodUpdate`), and Pulumi replaces it. */
  | "new-pod";

/**
 * How a change of the Pod's spec lands; undefined where the fields that decide it can't be known, or it reaches a part
 * of the Pods.
 *
 * The controllers' own rules: ReplicaSets and ReplicationControllers never replace a Pod for its template; `OnDelete`
 * leaves that to whoever deletes the Pods; a StatefulSet's `partition` keeps the Pods below it.
 */
export function landsOf({ resource, isCustom }: Workload): Lands | undefined {
  const { kind, body, isPatch } = resource;
  if (isCustom) return isPatch ? undefined : ofCustom(resource);
  switch (kind) {
    case "Pod":
      return "new-pod";
    case "ReplicaSet":
    case "ReplicationController":
      return "next-pods";
  }
  // What a patch doesn't set may be set already.
  if (isPatch) return undefined;
  const spec = get(body, "spec");
  const strategy = get(spec, "updateStrategy");
  // OpenKruise has some of its fields beside `rollingUpdate`.
  const places = [strategy, get(strategy, "rollingUpdate")];
  const paused = [spec, ...places].map((place) => getBoolean(place, "paused"));
  if (paused.includes(true)) return "when-resumed";
  const type = getString(strategy, "type");
  if (type === "OnDelete") return "next-pods";
  const isPartial = places.some((place) => ![undefined, 0, "0%"].includes(get(place, "partition") as undefined));
  return isPartial || type === unknown || paused.includes(unknown) ? undefined : "rolls-out";
}

/**
 * OpenShift's DeploymentConfigs roll out on a change of their template if a trigger says so, as one does by default
 * (openshift/api apps/v1 DeploymentConfigSpec.triggers). Of other kinds nothing is known.
 */
function ofCustom({ group, kind, body }: Resource): Lands | undefined {
  if (kind !== "DeploymentConfig" || group !== "apps.openshift.io") return undefined;
  const paused = getBoolean(body, "spec", "paused");
  if (paused === true) return "when-resumed";
  const triggers = getList(body, "spec", "triggers");
  const isTriggered =
    triggers === undefined ||
    (triggers !== unknown && triggers.some((trigger) => getString(trigger, "type") === "ConfigChange"));
  return isTriggered && paused !== unknown ? "rolls-out" : undefined;
}
