/** Nodes that end Pods sooner than their grace period says. */
import { elementsOf, get, getString, getStringMap, isKnown } from "../kubernetes/values";
import type { Pod } from "../kubernetes/workload";

/** A label of spot or preemptible nodes, and how long such a node lets a Pod end, in seconds. */
export interface SpotLabel {
  label: string;
  grants: number;
}

const labels: readonly (SpotLabel & { value: string })[] = [
  // 30 s of notice, of which the kubelet keeps 15 s for system Pods:
  // https://cloud.google.com/kubernetes-engine/docs/concepts/spot-vms#graceful-shutdown
  { label: "cloud.google.com/gke-spot", value: "true", grants: 15 },
  { label: "cloud.google.com/gke-preemptible", value: "true", grants: 15 },
  // https://learn.microsoft.com/azure/aks/spot-node-pool: a Preempt event comes 30 s before.
  { label: "kubernetes.azure.com/scalesetpriority", value: "spot", grants: 30 },
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
  { label: "eks.amazonaws.com/capacityType", value: "SPOT", grants: 120 },
  // On any cloud: https://karpenter.sh/docs/concepts/disruption/#interruption
  { label: "karpenter.sh/capacity-type", value: "spot", grants: 30 },
];

/** What lets a Pod run on spot nodes: its node selector, a toleration, or a required node affinity. */
export function spotLabelOf({ spec }: Pod): SpotLabel | undefined {
  return labels.find(({ label, value }) => isSelected(spec, label, value) || isTolerated(spec, label, value));
}

function isSelected(spec: unknown, label: string, value: string): boolean {
  const selector = getStringMap(spec, "nodeSelector");
  if (selector !== undefined && isKnown(selector) && selector.get(label) === value) return true;
  const required = ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"];
  return elementsOf(spec, ...required, "nodeSelectorTerms").some((term) =>
    elementsOf(term, "matchExpressions").some(
      (each) =>
        getString(each, "key") === label &&
        getString(each, "operator") === "In" &&
        elementsOf(each, "values").includes(value),
    ),
  );
}

function isTolerated(spec: unknown, label: string, value: string): boolean {
  return elementsOf(spec, "tolerations").some(
    (each) =>
      getString(each, "key") === label && (getString(each, "operator") === "Exists" || get(each, "value") === value),
  );
}
