import assert from "node:assert/strict";
import { readPod } from "../../src/kubernetes/workload";
import { judge } from "../../src/shutdown/judge";
import { spotLabelOf } from "../../src/shutdown/spot";
import { container, podSpec, required, sleep } from "../support/pods";
import { withUnknowns } from "../support/unreadable";

const gke = "cloud.google.com/gke-spot";
const term = (key: string, operator: string, values: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
      },
    },
  },
});

const cases: [what: string, spec: object, label: string | undefined][] = [
  ["nothing", {}, undefined],
  ["a node selector", { nodeSelector: { [gke]: "true" } }, gke],
  ["one that selects other nodes", { nodeSelector: { [gke]: "false" } }, undefined],
  ["one that isn't known", { nodeSelector: withUnknowns({ [gke]: "true" }, gke) }, undefined],
  ["one that is a text", { nodeSelector: gke }, undefined],
  [
    "preemptible nodes",
    { nodeSelector: { "cloud.google.com/gke-preemptible": "true" } },
    "cloud.google.com/gke-preemptible",
  ],
  ["Karpenter's label", { nodeSelector: { "karpenter.sh/capacity-type": "spot" } }, "karpenter.sh/capacity-type"],
  ["Karpenter's label for others", { nodeSelector: { "karpenter.sh/capacity-type": "on-demand" } }, undefined],
  ["EKS's label", { nodeSelector: { "eks.amazonaws.com/capacityType": "SPOT" } }, "eks.amazonaws.com/capacityType"],
  [
    "AKS's taint",
    {
      tolerations: [
        { key: "kubernetes.azure.com/scalesetpriority", operator: "Equal", value: "spot", effect: "NoSchedule" },
      ],
    },
    "kubernetes.azure.com/scalesetpriority",
  ],
  ["a taint that exists", { tolerations: [{ key: gke, operator: "Exists" }] }, gke],
  ["all taints", { tolerations: [{ operator: "Exists" }] }, undefined],
  ["a taint of other nodes", { tolerations: [{ key: gke, value: "false" }] }, undefined],
  ["tolerations that are no list", { tolerations: { key: gke } }, undefined],
  ["a toleration that is a text", { tolerations: [gke, null] }, undefined],
  ["an affinity", term(gke, "In", ["true"]), gke],
  ["an affinity to others", term(gke, "NotIn", ["true"]), undefined],
  [
    "an affinity to either",
    term("karpenter.sh/capacity-type", "In", ["on-demand", "spot"]),
    "karpenter.sh/capacity-type",
  ],
];

describe("spot nodes, by", () => {
  for (const [what, spec, label] of cases) {
    it(what, () => {
      const pod = readPod({ ...podSpec([container("web")]), ...spec });
      assert.equal(spotLabelOf(pod)?.label, label);
    });
  }

  const judged: [what: string, seconds: number, besides: object, expected: string[]][] = [
    ["more than they grant", 6, {}, ["spot-nodes"]],
    ["what they grant", 5, {}, []],
    ["more, with the setting", 6, { maxGracePeriodSeconds: 16 }, []],
    ["more than the setting", 7, { maxGracePeriodSeconds: 16 }, ["grace-too-short"]],
  ];
  for (const [what, seconds, besides, expected] of judged) {
    it(`a Pod needs ${what}`, () => {
      const spec = { ...podSpec([container("web", sleep(seconds))]), nodeSelector: { [gke]: "true" } };
      const codes = judge(readPod(spec), { ...required, ...besides }).map(({ code }) => code);
      assert.deepEqual(codes, expected);
    });
  }
});
