import assert from "node:assert/strict";
import { assess, listExemptions, readKnowledge } from "../../src/assess";
import type { PolicyName, Settings } from "../../src/settings/schema";
import { asPulumi, judged, today } from "../support/findings";
import type { TestResource } from "../support/host";
import { apisixRoute, deployment, service } from "../support/resources";

const ignore = (policy: string) => `ignore.apisix-graceful-termination/${policy}`;

function listed(resources: readonly TestResource[], settings: Settings = {}, config: object = {}) {
  const knowledge = readKnowledge(config as never, settings);
  const { workloads, findings } = assess({ planned: asPulumi(resources) }, knowledge, today);
  return listExemptions(workloads, findings, knowledge, today).map(({ workload, policies, excuse, findings: kept }) => [
    workload?.resource.logicalName,
    policies.length === 5 ? "all" : policies,
    excuse,
    kept,
  ]);
}

describe("listExemptions", () => {
  it("lists what is exempt from what, why and until when", () => {
    const annotations = { [ignore("pre-stop-sleep")]: "drains by itself until 2026-01-31" };
    const exempt = [
      { name: "web", reason: "batch", until: "2999-01-01" },
      { namespace: "gone", reason: "was here" },
    ];
    assert.deepEqual(listed([deployment("web"), deployment("api", {}, { annotations })], { exempt }), [
      ["web", "all", { source: "exempt[0]", reason: "batch", until: "2999-01-01" }, 1],
      [undefined, "all", { source: "exempt[1]", reason: "was here" }, 0],
      [
        "api",
        ["pre-stop-sleep"],
        { source: ignore("pre-stop-sleep"), reason: "drains by itself", until: "2026-01-31", fault: "expired" },
        1,
      ],
    ]);
  });

  const rules: [policy: PolicyName, kept: number][] = [
    // The rule's own policy and the stack policy, which takes its exemptions for its own.
    ["pre-stop-sleep", 2],
    ["apisix-routed-workloads", 1],
    ["termination-grace-period", 0],
    ["apisix-rollout-advice", 0],
  ];
  for (const [policy, kept] of rules) {
    it(`counts what an exemption from ${policy} keeps back, by annotation and by setting`, () => {
      const routed = (annotations: object) => [
        deployment("web", {}, { annotations: annotations as Record<string, unknown> }),
        service("web"),
        apisixRoute("web"),
      ];
      assert.deepEqual(
        listed(routed({ [ignore(policy)]: "x" })).map((each) => each.slice(1)),
        [[[policy], { source: ignore(policy), reason: "x" }, kept]],
      );
      const exempt = [{ name: "web", reason: "x" }];
      assert.deepEqual(
        listed(routed({}), {}, { [policy]: { exempt } }).map((each) => each.slice(1)),
        [[[policy], { source: "exempt[0]", reason: "x" }, kept]],
      );
    });
  }

  it("matches the name in the program, or in the cluster", () => {
    const named = deployment("web");
    const resource = { ...named, name: "program-web" };
    const matched = (name: string) => listed([resource], { exempt: [{ name, reason: "x" }] })[0]?.[0];
    assert.deepEqual(["web", "program-web", "program"].map(matched), ["program-web", "program-web", undefined]);
  });

  it("takes a rule's annotation for the stack policy, unless one of the two doesn't allow annotations", () => {
    const annotations = { [ignore("pre-stop-sleep")]: "x" };
    const stack = [deployment("web", {}, { annotations }), service("web"), apisixRoute("web")];
    const printed = (...without: PolicyName[]) => {
      const config = Object.fromEntries(without.map((policy) => [policy, { allowAnnotations: false }]));
      return judged(stack, {}, config).printed;
    };
    const blamed = ["apisix-routed-workloads: no-hook web web"];
    assert.deepEqual(printed(), []);
    assert.deepEqual(printed("pre-stop-sleep"), blamed);
    assert.deepEqual(printed("apisix-routed-workloads"), blamed);
  });
});
