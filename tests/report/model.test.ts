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
} from "../../src/report/model";
import { aFinding, aRepair, fullReport, workloadTimeline } from "./samples";

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
      repairs: 1,
      stacks: 1,
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
