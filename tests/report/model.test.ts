import assert from "node:assert/strict";
import {
  buildReport,
  emptyReading,
  fails,
  finding,
  groups,
  label,
  stackLabel,
  type Level,
  type Reading,
  type Stack,
} from "../../src/report/model";
import { aFinding, aHookRepair, aRepair, fullReport, workloadTimeline } from "./samples";

describe("report/model: finding", () => {
  const base = aFinding();
  const same: [string, object][] = [
    ["another number", { what: base.what.replace("5 s", "15 s") }],
    ["another line", { location: { file: "a.yaml", line: 9 } }],
    ["another level", { level: "advisory" }],
    ["another remedy", { fix: "other" }],
    ["an exemption", { suppressed: { reason: "x" } }],
  ];
  for (const [name, over] of same) {
    it(`has the same fingerprint with ${name}`, () => assert.equal(aFinding(over).fingerprint, base.fingerprint));
  }
  const different: [string, object][] = [
    ["policy", { policy: "other" }],
    ["container", { what: base.what.replace('"web"', '"web2"') }],
    ["URN", { resource: { ...base.resource, urn: "urn:pulumi:live::shop::t::web" } }],
  ];
  for (const [name, over] of different) {
    it(`has another fingerprint with another ${name}`, () =>
      assert.notEqual(aFinding(over).fingerprint, base.fingerprint));
  }
  it("tells two files apart that have no URN", () => {
    const at = (file: string) =>
      finding({
        policy: "p",
        level: "mandatory",
        what: "w",
        evidence: [],
        resource: { kind: "Deployment", name: "web" },
        location: { file },
      }).fingerprint;
    assert.notEqual(at("dev/web.yaml"), at("live/web.yaml"));
  });
});

describe("report/model: buildReport", () => {
  it("counts", () => {
    assert.deepEqual(fullReport().totals, {
      findings: 2,
      mandatory: 1,
      advisory: 1,
      suppressed: 1,
      known: 0,
      repairs: 1,
      outcomes: { "rolls-out": 1 },
      stacks: 1,
      judged: 12,
      resources: 2,
      policies: { "pre-stop-sleep": 1, "apisix-route-blind-spots": 1 },
    });
  });

  it("has once what two sources say, and both of what differs", () => {
    const reading = { ...emptyReading(), findings: [aFinding()], repairs: [aRepair()] };
    const elsewhere = aFinding({ location: { file: "b.yaml", line: 1 } });
    const { findings, repairs } = buildReport([reading, reading, { ...emptyReading(), findings: [elsewhere] }]);
    assert.equal(findings.length, 2);
    assert.equal(repairs.length, 1);
  });

  describe("takes two logs of one stack for one stack", () => {
    const operation = (at: string, over: Partial<Reading> = {}, stack: Partial<Stack> = {}): Reading => ({
      ...emptyReading(),
      stacks: [{ source: `${at}.jsonl`, stack: "dev", project: "shop", at, judged: 12, ...stack }],
      ...over,
    });
    const [preview, up] = ["2026-11-25T10:00:00.000Z", "2026-11-25T10:05:00.000Z"] as const;

    it("counts it and what was judged once, and keeps where each part is from", () => {
      const { totals, stacks } = buildReport([
        operation(preview),
        operation(up, {}, { judged: 10 }),
        operation(up, {}, { stack: "live", judged: 3 }),
      ]);
      assert.deepEqual([totals.stacks, totals.judged, stacks.length], [2, 15, 3]);
    });

    it("has the same file once, however often it is given", () => {
      const { stacks, totals } = buildReport([operation(up), operation(up)]);
      assert.deepEqual([stacks.length, totals.judged], [1, 12]);
    });

    it("counts what other packs found once a stack", () => {
      const otherPacks = [{ name: "company-pack", findings: 3, mandatory: 1, repairs: 2 }];
      const readings = [operation(preview, { otherPacks }), operation(up, { otherPacks })];
      const live = operation(up, { otherPacks }, { stack: "live" });
      assert.deepEqual(buildReport([...readings, live]).otherPacks, [
        { name: "company-pack", findings: 6, mandatory: 2, repairs: 4 },
      ]);
    });

    it("sums up what was judged in several sources of manifests", () => {
      const manifests = (source: string) => ({ ...emptyReading(), stacks: [{ source, judged: 4 }] });
      assert.equal(buildReport([manifests("a"), manifests("b")]).totals.judged, 8);
    });

    const early = operation(preview, {
      repairs: [aRepair({ outcome: "rolls-out" }), aHookRepair("web", { outcome: "not-applied" })],
      findings: [aFinding(), aFinding({ what: "Only the preview says this.", code: "other" })],
    });
    const late = operation(up, {
      repairs: [aRepair({ outcome: "kept" }), aHookRepair("web", { outcome: "rolls-out" })],
      findings: [aFinding({ level: "advisory", evidence: ["later"] })],
    });
    for (const [order, readings] of Object.entries({ "in order": [early, late], reversed: [late, early] })) {
      it(`lets the later log say what became of a repair, ${order}`, () => {
        const { repairs, findings, totals } = buildReport(readings);
        assert.deepEqual(
          repairs.map(({ outcome }) => outcome),
          ["kept", "rolls-out"],
        );
        assert.deepEqual(
          findings.map(({ what, level, evidence }) => [what.slice(0, 4), level, evidence[0] === "later"]),
          [
            ["Cont", "advisory", true],
            ["Only", "mandatory", false],
          ],
        );
        assert.deepEqual([totals.repairs, totals.findings], [2, 2]);
      });
    }

    it("names a resource once whose name each preview makes anew", () => {
      const named = (at: string, name: string) =>
        operation(at, { repairs: [aRepair({ resource: { ...aRepair().resource, name } })] });
      assert.equal(groups(buildReport([named(preview, "api-1"), named(up, "api-2")])).length, 1);
    });

    it("forgets a finding that follows from a repair, once a later log has the repair made", () => {
      const analyzed = buildReport([operation(preview, { repairs: [aRepair({ outcome: "would-be-repaired" })] })]);
      assert.equal(analyzed.totals.mandatory, 1);
      assert.equal(buildReport([analyzed]).totals.mandatory, 1, "read again, it is the same");
      assert.equal(buildReport([analyzed, operation(up, { repairs: [aRepair()] })]).totals.mandatory, 0);
    });
  });

  it("takes policies and timelines from who knows them", () => {
    const reading = { ...emptyReading(), policies: [{ name: "a", description: "read" }] };
    const { policies, timelines } = buildReport([reading], {
      policies: [{ name: "a", description: "own", url: "u" }],
      timelines: [workloadTimeline()],
    });
    assert.deepEqual(policies, [{ name: "a", description: "own", url: "u" }]);
    assert.equal(timelines.length, 1);
  });

  it("puts findings in the same order, whatever the order of the sources", () => {
    const named = (name: string) => aFinding({ resource: { kind: "Deployment", namespace: "shop", name, urn: name } });
    const order = (...names: string[]) =>
      buildReport([{ ...emptyReading(), findings: names.map(named) }]).findings.map((one) => one.resource.name);
    assert.deepEqual(order("b", "a", "C"), ["C", "a", "b"]);
    assert.deepEqual(order("C", "b", "a"), ["C", "a", "b"]);
  });
});

describe("report/model: groups", () => {
  it("has everything of a resource together, what fails first", () => {
    const names = groups(fullReport()).map(({ resource, findings, repairs, timeline }) => [
      label(resource),
      findings.length,
      repairs.length,
      timeline !== undefined,
    ]);
    assert.deepEqual(names, [
      ["Deployment shop/web", 1, 0, true],
      ["ApisixRoute shop/cart", 1, 0, false],
      ["Deployment shop/api", 0, 1, false],
      ["Deployment legacy/old", 1, 0, false],
    ]);
  });
});

describe("report/model: fails", () => {
  const cases: [Level, boolean, boolean][] = [
    ["mandatory", false, true],
    ["remediate", false, true],
    ["advisory", false, false],
    ["mandatory", true, false],
  ];
  for (const [level, exempt, expected] of cases) {
    it(`${level}${exempt ? ", exempted" : ""}`, () =>
      assert.equal(fails(exempt ? { level, suppressed: { reason: "r" } } : { level }), expected));
  }
});

it("report/model: stackLabel", () => {
  assert.equal(stackLabel({ stack: "dev", project: "shop" }), "shop/dev");
  assert.equal(stackLabel({ stack: "dev" }), "dev");
  assert.equal(stackLabel({}), undefined);
});
