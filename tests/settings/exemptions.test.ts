import { strict as assert } from "node:assert";
import { unknown, type Maybe } from "../../src/kubernetes/values";
import { excusesOf, ignorePrefix, type Excuse, type Exemptible } from "../../src/settings/exemptions";
import type { Exemption } from "../../src/settings/schema";
import { cpuSeconds } from "../support/cpu";

const today = new Date("2027-01-31T12:00:00Z");

function workload(besides: Partial<Exemptible> = {}): Exemptible {
  return {
    kind: "Deployment",
    namespace: "shop",
    names: ["web-1a2b3c4d", "web"],
    labels: new Map([
      ["app", "web"],
      ["tier", "front"],
    ]),
    annotations: new Map(),
    ...besides,
  };
}

/** An excuse in short: `in force`, `in force until …`, or why it doesn't hold. */
const brief = ({ until, fault }: Excuse) => fault ?? `in force${until === undefined ? "" : ` until ${until}`}`;

describe("exemption by annotation", () => {
  const annotation = `${ignorePrefix}pre-stop-sleep`;
  const of = (text: Maybe<string>, allowAnnotations = true) =>
    excusesOf(
      workload({ annotations: new Map([[annotation, text]]) }),
      "pre-stop-sleep",
      { exempt: [], allowAnnotations },
      today,
    );

  /** `[annotation, in short, reason]` */
  const cases: [text: string, brief: string, reason: string][] = [
    ["drains itself", "in force", "drains itself"],
    ["drains itself until 2027-12-31", "in force until 2027-12-31", "drains itself"],
    ["  drains itself   until   2027-12-31  ", "in force until 2027-12-31", "drains itself"],
    ["drains itself\nuntil 2027-12-31\n", "in force until 2027-12-31", "drains itself"],
    ["drains itself, until 2027-12-31.", "in force until 2027-12-31", "drains itself,"],
    ["drains itself UNTIL 2027-12-31", "in force until 2027-12-31", "drains itself"],
    ["drains itself until 2027-01-31", "in force until 2027-01-31", "drains itself"],
    ["drains itself until 2027-01-30", "expired", "drains itself"],
    ["drains itself until 2026-01-30 (SHOP-17)", "expired", "drains itself"],
    ["until the migration is done", "in force", "until the migration is done"],
    ["waits until migrated", "in force", "waits until migrated"],
    ["waits until 3 replicas are gone", "in force", "waits until 3 replicas are gone"],
    ["holds until noon, until 2027-12-31", "in force until 2027-12-31", "holds until noon,"],
    ["stays untill 2027-12-31", "in force", "stays untill 2027-12-31"],
    ["drains itself until 2027-02-30", "not-a-date", "drains itself"],
    ["drains itself until 31.12.2027", "not-a-date", "drains itself"],
    ["drains itself until 2027", "not-a-date", "drains itself"],
    ["until 2027-12-31", "no-reason", ""],
    ["", "no-reason", ""],
    ["  ", "no-reason", ""],
  ];
  for (const [text, expected, reason] of cases) {
    it(`"${text}": ${expected}`, () => {
      const [excuse, ...more] = of(text);
      assert.ok(excuse);
      assert.equal(more.length, 0);
      assert.equal(brief(excuse), expected);
      assert.equal(excuse.reason, reason);
      assert.equal(excuse.source, annotation);
    });
  }

  it("doesn't hold where its value can't be known", () => {
    assert.deepEqual(of(unknown).map(brief), ["unknown-value"]);
  });

  it("is for the policy that it names, only", () => {
    const annotations = new Map([[`${ignorePrefix}termination-grace-period`, "drains itself"]]);
    const settings = { exempt: [], allowAnnotations: true };
    assert.deepEqual(excusesOf(workload({ annotations }), "pre-stop-sleep", settings, today), []);
  });

  it("counts for nothing where annotations aren't allowed", () => assert.deepEqual(of("drains itself", false), []));

  it("is read at once, however long it is", () => {
    const texts = [" ".repeat(250_000), `until ${" ".repeat(250_000)}`, "until ".repeat(40_000)];
    assert.ok(cpuSeconds(() => texts.forEach((text) => of(text))) < 0.5);
  });
});

describe("exemption by setting", () => {
  const reason = "it is going away";
  const cases: [
    name: string,
    exemption: Omit<Exemption, "reason">,
    isExempt: boolean | "can't tell",
    besides?: Partial<Exemptible>,
  ][] = [
    ["by its name in the cluster", { name: "web-1a2b3c4d" }, true],
    ["by its name in the program", { name: "web" }, true],
    ["by a glob of names", { name: "w*" }, true],
    ["another name", { name: "api" }, false],
    ["a name that isn't known", { name: "*" }, "can't tell", { names: [] }],
    ["by namespace", { namespace: "shop" }, true],
    ["by a glob of namespaces", { namespace: "{shop,pay}*" }, true],
    ["another namespace", { namespace: "shop-test" }, false],
    ["a namespace that isn't known", { namespace: "*" }, "can't tell", { namespace: unknown }],
    ["by kind", { kind: "Deployment" }, true],
    ["by a glob of kinds", { kind: "!(StatefulSet)" }, true],
    ["another kind", { kind: "StatefulSet" }, false],
    ["kinds are written as Kubernetes writes them", { kind: "deployment" }, false],
    ["by label", { labels: { tier: "front" } }, true],
    ["by a glob of a label's values", { labels: { tier: "{front,edge}" } }, true],
    ["by a label that it has, whatever its value", { labels: { app: "*" } }, true],
    ["another value", { labels: { tier: "back" } }, false],
    ["one of two labels", { labels: { tier: "front", team: "shop" } }, false],
    ["labels that aren't known", { labels: { tier: "*" } }, "can't tell", { labels: unknown }],
    ["labels that aren't known, of another kind", { kind: "Job", labels: { tier: "*" } }, false, { labels: unknown }],
    ["a label that isn't known", { labels: { tier: "*" } }, "can't tell", { labels: new Map([["tier", unknown]]) }],
    ["everything together", { name: "web", namespace: "shop", kind: "Deployment", labels: { app: "web" } }, true],
    ["not all of it", { name: "web", namespace: "pay" }, false],
  ];
  for (const [name, exemption, isExempt, besides] of cases) {
    it(`${name}: ${String(isExempt)}`, () => {
      const settings = { exempt: [{ ...exemption, reason }], allowAnnotations: false };
      const found = excusesOf(workload(besides), "pre-stop-sleep", settings, today).map(({ fault }) => fault);
      assert.deepEqual(found, isExempt === true ? [undefined] : isExempt === false ? [] : ["unknown-value"]);
    });
  }

  it("tells which, why and until when", () => {
    const exempt = [
      { name: "api", reason: "none of it" },
      { name: "web", reason, until: "2027-01-31" },
      { name: "web", reason, until: "2027-01-30" },
    ];
    assert.deepEqual(excusesOf(workload(), "pre-stop-sleep", { exempt, allowAnnotations: true }, today), [
      { source: "exempt[1]", reason, until: "2027-01-31" },
      { source: "exempt[2]", reason, until: "2027-01-30", fault: "expired" },
    ]);
  });
});
