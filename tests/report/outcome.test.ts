import assert from "node:assert/strict";
import { buildReport, emptyReading, type Finding, type Outcome, type Repair } from "../../src/report/model";
import { findingsOf, isMade, outcomeWord, repairsText } from "../../src/report/outcome";
import { aFinding, aHookRepair, aRepair } from "./samples";

const outcomes: readonly (Outcome | undefined)[] = [
  ...(["rolls-out", "waits", "kept", "unchanged", "written", "not-applied", "would-be-repaired"] as const),
  undefined,
];

/** A repair with or without an outcome. */
function withOutcome(repair: Repair, outcome: Outcome | undefined): Repair {
  const { outcome: _, ...rest } = repair;
  return outcome === undefined ? rest : { ...rest, outcome };
}

describe("report/outcome", () => {
  it("calls a resource repaired only if a file holds the repair", () => {
    const words = outcomes.map((outcome) => outcomeWord(outcome === undefined ? {} : { outcome }));
    assert.deepEqual(words, [
      ...["rolls out", "waits for new Pods", "kept", "unchanged", "repaired", "not applied", "would be repaired"],
      "announced",
    ]);
  });

  const sums: [string, (Outcome | undefined)[], string[]][] = [
    ["none", [], []],
    ["one", ["rolls-out"], ["1 repair (1 rolls out)"]],
    ["some of each", ["kept", "rolls-out", "kept"], ["3 repairs (1 rolls out, 2 kept)"]],
    [
      "more",
      ["rolls-out", "rolls-out", "waits", "unchanged"],
      ["4 repairs (2 roll out, 1 waits for new Pods, 1 unchanged)"],
    ],
    ["one that isn't known", ["kept", undefined], ["2 repairs (1 kept, 1 announced)"]],
    ["none that is known", [undefined, undefined], ["2 repairs"]],
    ["those of files", ["written", "written"], ["2 repairs"]],
    ["what isn't made", ["not-applied", "kept"], ["1 repair (1 kept)", "1 repair not applied"]],
    ["an analysis", ["would-be-repaired", "would-be-repaired"], ["2 would be repaired"]],
  ];
  for (const [name, of, expected] of sums) {
    it(`sums up ${name}`, () => assert.deepEqual(repairsText(of.map((one) => withOutcome(aRepair(), one))), expected));
  }
});

describe("report/outcome: a repair that isn't made is a finding", () => {
  it("at the level at which the pack was to repair it, and only then", () => {
    for (const outcome of outcomes) {
      const repair = withOutcome(aRepair(), outcome);
      const found = findingsOf(repair);
      assert.equal(found.length, isMade(repair) ? 0 : 1, outcome);
      for (const one of found)
        assert.deepEqual([one.level, one.policy, one.outcome], ["remediate", repair.policy, outcome]);
    }
  });

  const path = 'spec.template.spec.containers["web"].lifecycle.preStop.sleep.seconds';
  const cases: [string, Repair, string, string][] = [
    [
      "of a hook, in an analysis",
      aHookRepair("web", { outcome: "would-be-repaired" }),
      'The pack would repair the preStop hook of container "web". An analysis changes nothing: the deployed Pods run without the repair.',
      `run pulumi up with the pack, or write it into the program: ${path}: 5 s`,
    ],
    [
      "of the grace period, in an analysis",
      aRepair({ outcome: "would-be-repaired" }),
      "The pack would repair the grace period. An analysis changes nothing: the deployed Pods run without the repair.",
      "run pulumi up with the pack, or write it into the program: spec.template.spec.terminationGracePeriodSeconds: 45 s",
    ],
    [
      "that the resource ignores",
      aHookRepair("web", { outcome: "not-applied", because: "ignored" }),
      'The repair of the preStop hook of container "web" is lost: the resource ignores changes of this field (ignoreChanges).',
      `let ignoreChanges leave out what the repair changes: ${path}: 5 s`,
    ],
    [
      "of a resource that is replaced",
      aHookRepair("web", { outcome: "not-applied", because: "replaced" }),
      'The repair of the preStop hook of container "web" is lost: Pulumi drops repairs of a resource that it replaces.',
      `write it into the program: ${path}: 5 s; or run pulumi up once more`,
    ],
    [
      "that is lost, who knows why",
      aRepair({ outcome: "not-applied" }),
      "The repair of the grace period is lost: this run leaves the resource without it.",
      "write it into the program: spec.template.spec.terminationGracePeriodSeconds: 45 s",
    ],
    [
      "that a secret hides",
      aRepair({ outcome: "would-be-repaired", changes: [] }),
      "The pack would repair this workload. An analysis changes nothing: the deployed Pods run without the repair.",
      "run pulumi up with the pack, or write the repair into the program",
    ],
    [
      "of a command, which isn't shown",
      aRepair({ outcome: "not-applied", changes: [{ path: "spec.x.command", kind: "changed" }] }),
      "The repair of the grace period is lost: this run leaves the resource without it.",
      "write it into the program: spec.x.command",
    ],
  ];
  for (const [name, repair, what, fix] of cases) {
    it(name, () =>
      assert.deepEqual(
        findingsOf(repair).map((one) => [one.what, one.fix]),
        [[what, fix]],
      ),
    );
  }

  it("one for each container, and none for the grace period that rises with its hook", () => {
    const [a, b] = [aHookRepair("a"), aHookRepair("b")].map(({ changes }) => changes);
    const changes = [...(a ?? []), ...(b ?? []), ...aRepair().changes];
    const found = findingsOf(aHookRepair("a", { outcome: "not-applied", changes }));
    assert.deepEqual(
      found.map(({ container }) => container),
      ["a", "b"],
    );
  });
});

describe("report/outcome: no second finding about the same", () => {
  const { resource } = aRepair();
  const hook = aHookRepair("web", { outcome: "would-be-repaired" });
  const grace = aRepair({ outcome: "not-applied", because: "ignored" });
  const codes = [
    { code: "no-hook", policies: ["pre-stop-sleep", "apisix-routed-workloads"] },
    { code: "grace-too-short", policies: ["termination-grace-period", "apisix-routed-workloads"] },
    { code: "keep-alive", policies: ["apisix-rollout-advice"] },
    { code: "repair-undone", policies: ["apisix-routed-workloads", "apisix-rollout-advice"] },
  ];
  const reported = (over: Partial<Finding>) => aFinding({ policy: "apisix-routed-workloads", resource, ...over });
  const cases: [string, Repair, Partial<Finding>, boolean][] = [
    ["the same container", hook, { code: "no-hook", container: "web" }, true],
    ["no container", hook, { code: "no-hook" }, true],
    ["another container", hook, { code: "no-hook", container: "api" }, false],
    ["the other rule", hook, { code: "grace-too-short", container: "web" }, false],
    ["advice", hook, { code: "keep-alive", container: "web" }, false],
    ["an unknown code", hook, { code: "new", container: "web" }, false],
    ["an unknown code of its own policy", hook, { code: "new", policy: "pre-stop-sleep" }, true],
    ["no code, as in versions before 0.2", hook, {}, true],
    ["what the pack says itself", hook, { code: "repair-undone", policy: "apisix-rollout-advice" }, true],
    ["the grace period, at a container", grace, { code: "grace-too-short", container: "web" }, true],
    ["a hook, where the grace period isn't repaired", grace, { code: "no-hook", container: "web" }, false],
    ["another resource", hook, { code: "no-hook", resource: { ...resource, urn: `${resource.urn}2` } }, false],
  ];
  for (const [name, repair, over, isCovered] of cases) {
    it(`as one about ${name}${isCovered ? "" : ": it is about something else"}`, () => {
      const { findings, totals } = buildReport([{ ...emptyReading(), findings: [reported(over)], repairs: [repair] }], {
        codes,
      });
      assert.equal(findings.length, isCovered ? 1 : 2);
      assert.equal(findings.filter(({ outcome }) => outcome === repair.outcome).length, isCovered ? 0 : 1);
      assert.equal(totals.mandatory, findings.length);
      assert.equal(totals.repairs, 0);
    });
  }
});
