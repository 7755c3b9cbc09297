import assert from "node:assert/strict";
import { messageOf } from "../../src/assess";
import type { Settings } from "../../src/settings/schema";
import type { PackConfig } from "../../src/settings/settings";
import { judged } from "../support/findings";
import type { TestResource } from "../support/host";
import { barePod, behind, deployment, hook, routed } from "../support/resources";

/** What the findings say besides: the lines that begin with "Note:". */
function notes(workload: TestResource, settings: Settings = {}, config: PackConfig = {}): string[] {
  const { findings } = judged(behind(workload), settings, config);
  const reported = findings.filter(({ policy }) => policy === "apisix-routed-workloads");
  assert.ok(reported.length > 0);
  return reported.flatMap((each) => messageOf(each).split("\n")).filter((line) => line.startsWith("Note:"));
}

describe("what stands in the way of a fix", () => {
  const paused = deployment("web");
  (paused.props.spec as Record<string, unknown>).paused = true;
  const cases: [what: string, workload: TestResource, expected: RegExp | undefined][] = [
    ["of a Deployment, nothing", deployment("web"), undefined],
    ["of a Pod", barePod("web"), /a running Pod can't be changed: .* make it a Deployment\.$/],
    ["of a ReplicaSet", deployment("web", {}, { kind: "ReplicaSet" }), /only Pods that are made after the change/],
    ["of a paused Deployment", paused, /it is paused: its running Pods stay as they are until it is resumed\.$/],
    [
      "of a field that Pulumi ignores",
      { ...deployment("web"), ignoreChanges: ["spec.replicas", "spec.template.spec"] },
      /ignoreChanges holds spec\.template\.spec: Pulumi doesn't deploy the change until it is taken out\.$/,
    ],
    [
      "of a grace period that Pulumi ignores, where the fix needs it, too",
      {
        ...deployment("web", {}, { pod: { terminationGracePeriodSeconds: 3 } }),
        ignoreChanges: ["spec.template.spec.terminationGracePeriodSeconds"],
      },
      /ignoreChanges holds spec\.template\.spec\.terminationGracePeriodSeconds/,
    ],
    [
      "of another field that Pulumi ignores, nothing",
      { ...deployment("web"), ignoreChanges: ["spec.replicas"] },
      undefined,
    ],
  ];
  for (const [what, workload, expected] of cases) {
    it(what, () => {
      const [first] = notes(workload);
      if (expected) assert.match(first ?? "", expected);
      else assert.equal(first, undefined);
    });
  }
});

describe("why a workload that a route reaches isn't repaired", () => {
  const quickstart = deployment("web", { ports: [] });
  const cases: [what: string, workload: TestResource, settings: Settings, config: PackConfig, expected?: string][] = [
    [
      "without ports and probes",
      quickstart,
      {},
      {},
      'Note: the pack repairs what looks reachable, and no container here declares a port or has a readiness probe. To have it repaired, declare the port, annotate it apisix-graceful-termination/routed: "true", or set select: "all".',
    ],
    [
      "without ports and probes, where annotations aren't allowed",
      quickstart,
      { allowAnnotations: false },
      {},
      'Note: the pack repairs what looks reachable, and no container here declares a port or has a readiness probe. To have it repaired, declare the port, put its Service into the catalog, or set select: "all".',
    ],
    [
      "with select: routed",
      deployment("web"),
      { select: "routed" },
      {},
      'Note: select is "routed", and the pack repairs what it knows to be routed before it sees a route. To have it repaired, annotate it apisix-graceful-termination/routed: "true".',
    ],
    ["with ports: it is repaired", deployment("web"), {}, {}],
    ["opted in: it is repaired", deployment("web", { ports: [] }, routed), {}, {}],
    ["where nothing is repaired", quickstart, {}, { all: "mandatory" }],
    ["where no repair is known", deployment("web", { ports: [], ...hook("/bin/sh", "-c", "kill 1") }), {}, {}],
    ["a Pod, which isn't repaired at all", barePod("web", { pod: { containers: [{ name: "web" }] } }), {}, {}],
  ];
  for (const [what, workload, settings, config, expected] of cases) {
    it(what, () => {
      const told = notes(workload, settings, config).filter((note) => note.includes("To have it repaired"));
      assert.deepEqual(told, expected === undefined ? [] : [expected]);
    });
  }
});
