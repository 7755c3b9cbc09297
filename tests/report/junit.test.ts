import assert from "node:assert/strict";
import { SaxesParser } from "saxes";
import { junit } from "../../src/report/junit";
import { buildReport, emptyReading, type Report } from "../../src/report/model";
import { aFinding, aHookRepair, fullReport, hostile, reportFull, workloadTimeline } from "./samples";

interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
  children: Element[];
}

/** Throws on what isn't well-formed XML 1.0. */
function parse(xml: string): Element {
  const root: Element = { name: "", attributes: {}, text: "", children: [] };
  const path = [root];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element: Element = { name, attributes, text: "", children: [] };
    path.at(-1)?.children.push(element);
    path.push(element);
  });
  parser.on("closetag", () => void path.pop());
  parser.on("text", (text) => {
    const element = path.at(-1);
    if (element) element.text += text;
  });
  parser.write(xml).close();
  const [suites] = root.children;
  assert.ok(suites && root.children.length === 1);
  return suites;
}

const cases = (suites: Element) => suites.children.flatMap((suite) => suite.children);
const of = (over: Partial<ReturnType<typeof emptyReading>>): Report => buildReport([{ ...emptyReading(), ...over }]);

describe("report/junit", () => {
  it("fails what fails the preview, and skips the rest with its message", () => {
    const outcomes = cases(parse(junit(fullReport()))).map(({ attributes, children: [body] }) => [
      attributes.classname,
      attributes.name,
      body?.name,
      body?.attributes.message?.slice(0, 24),
    ]);
    assert.deepEqual(outcomes, [
      ["pre-stop-sleep", "Deployment shop/web", "failure", 'Container "web" gets SIG'],
      ["apisix-route-blind-spots.service-not-in-stack", "ApisixRoute shop/cart", "skipped", 'advisory: Service "cart"'],
      ["termination-grace-period", "Deployment shop/api (repair)", "system-out", undefined],
      ["pre-stop-sleep", "Deployment legacy/old", "skipped", 'exempted: Container "web'],
      ["events", "events.jsonl:7", "error", "This line is a damaged e"],
    ]);
  });

  it("fails for a repair that isn't made, and passes for one that is, under a name that stays", () => {
    const outcomes = (["rolls-out", "kept", "not-applied", "would-be-repaired"] as const).map((outcome) => {
      const [one, ...others] = cases(parse(junit(of({ repairs: [aHookRepair("web", { outcome })] }))));
      assert.equal(others.length, 0);
      return [
        one?.attributes.classname,
        one?.attributes.name,
        one?.children[0]?.name,
        one?.children[0]?.text.split("\n")[0],
      ];
    });
    const name = "Deployment shop/api";
    const lost =
      'remediate: The repair of the preStop hook of container "web" is lost: this run leaves the resource without it.';
    const proposed =
      'remediate: The pack would repair the preStop hook of container "web". An analysis changes nothing: the deployed Pods run without the repair.';
    assert.deepEqual(outcomes, [
      ["pre-stop-sleep", `${name} (repair)`, "system-out", "rolls out:"],
      ["pre-stop-sleep", `${name} (repair)`, "system-out", "kept:"],
      ["pre-stop-sleep", name, "failure", lost],
      ["pre-stop-sleep", name, "failure", proposed],
    ]);
  });

  it("names the file where one is known", () => {
    const [one] = cases(parse(junit(of({ findings: [aFinding({ location: { file: "a.yaml", line: 3 } })] }))));
    assert.deepEqual([one?.attributes.file, one?.attributes.line], ["a.yaml", "3"]);
  });

  it("puts several findings of one policy and resource into one case, as cases are told apart by name", () => {
    const findings = [aFinding(), aFinding({ what: "Second." }), aFinding({ what: "Third.", level: "advisory" })];
    const all = cases(parse(junit(of({ findings }))));
    assert.equal(all.length, 1);
    assert.match(all[0]?.children[0]?.attributes.message ?? "", /\(and 1 more\)$/);
    assert.match(all[0]?.children[0]?.text ?? "", /Second\.[^]*advisory: Third\./);
  });

  it("has a case that passed where nothing is wrong: an empty file is a failure to CI servers", () => {
    for (const report of [
      of({}),
      of({ stacks: [{ source: "a", stack: "dev" }] }),
      of({ timelines: [workloadTimeline()] }),
    ]) {
      const suites = parse(junit(report));
      assert.deepEqual([suites.attributes.tests, suites.attributes.failures], ["1", "0"]);
    }
  });

  it("keeps line feeds in the text", () => {
    const [one] = cases(parse(junit(of({ findings: [aFinding({ what: "a\nb\tc" })] }))));
    assert.match(one?.children[0]?.text ?? "", /^mandatory: a\nb\tc\n/);
    assert.equal(one?.children[0]?.attributes.message, "a b c");
  });

  for (const report of [fullReport(), of({}), ...hostile.map(reportFull)]) {
    const name = report.findings[0]?.what.slice(0, 40) ?? "nothing";
    it(`is well-formed, and counts right: ${JSON.stringify(name)}`, () => {
      const suites = parse(junit(report));
      const count = (element: Element, outcome: string) =>
        element.children.filter((one) => one.children.some((body) => body.name === outcome)).length;
      for (const suite of suites.children) {
        const { tests, failures, errors, skipped } = suite.attributes;
        assert.deepEqual([tests, failures, errors, skipped].map(Number), [
          suite.children.length,
          count(suite, "failure"),
          count(suite, "error"),
          count(suite, "skipped"),
        ]);
      }
      assert.equal(Number(suites.attributes.tests), cases(suites).length);
      const known = ["failure", "error", "skipped", "system-out"];
      for (const one of cases(suites)) {
        assert.equal(one.name, "testcase");
        assert.ok(one.children.every(({ name, children }) => known.includes(name) && children.length === 0));
      }
    });
  }
});
