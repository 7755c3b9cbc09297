import { expandLists } from "../../kubernetes/lists";
import { nameOf, namespaceOf, type Resource } from "../../kubernetes/resource";
import { getString, isKnown } from "../../kubernetes/values";

const groups: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler: "autoscaling",
  ScaledObject: "keda.sh",
};

/** May an autoscaler among the resources decide how many replicas a workload has, whatever the workload says? */
export function scaledBy(resources: readonly Resource[]): (workload: Resource) => boolean {
  const targets = new Set<string>();
  // The clusters with an autoscaler whose target can't be known: it may be any.
  const unclear = new Set<string>();
  for (const scaler of expandLists(resources)) {
    if (groups[scaler.kind] !== scaler.group) continue;
    // KEDA's default.
    const kind = getString(scaler.body, "spec", "scaleTargetRef", "kind") ?? "Deployment";
    const name = getString(scaler.body, "spec", "scaleTargetRef", "name");
    const namespace = namespaceOf(scaler);
    if (!isKnown(kind) || !isKnown(name) || !isKnown(namespace)) unclear.add(scaler.cluster);
    else if (name !== undefined) targets.add([scaler.cluster, namespace, kind, name].join("\0"));
  }
  return (workload) => {
    if (unclear.has(workload.cluster)) return true;
    const [name, namespace] = [nameOf(workload), namespaceOf(workload)];
    if (!isKnown(namespace) || typeof name !== "string") return targets.size > 0;
    return targets.has([workload.cluster, namespace, workload.kind, name].join("\0"));
  };
}
