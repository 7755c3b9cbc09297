import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { readEvents } from "../../src/report/events";
import { json, readReport } from "../../src/report/json";
import { buildReport, emptyReading, type Report } from "../../src/report/model";
import { closed } from "../../src/schema/check";
import { aRepair, fullReport, hostile, log, policyEvent, reportFull, summaryEvent } from "./samples";

type Schema = Record<string, unknown>;
const schema = JSON.parse(readFileSync(join(__dirname, "../../schemas/report.schema.json"), "utf8")) as Schema;

const ajv = new Ajv({ allErrors: true, strictTypes: false });
// What is written must be described.
const validate = ajv.compile({ ...closed(schema), $id: "closed" });
const lenient = ajv.compile(schema);

describe("report/json", () => {
  const reports: [string, Report][] = [
    ["an empty report", buildReport([emptyReading()])],
    ["a report with everything", fullReport()],
    [
      "repairs of every outcome",
      buildReport([
        {
          ...emptyReading(),
          repairs: [
            ...(["rolls-out", "waits", "kept", "unchanged", "written", "would-be-repaired"] as const).map((outcome) =>
              aRepair({ policy: outcome, outcome }),
            ),
            aRepair({ outcome: "not-applied", because: "ignored" }),
          ],
        },
      ]),
    ],
    ["a report of events", buildReport([readEvents(log(policyEvent(), summaryEvent()), "a")])],
    ...hostile.map((text): [string, Report] => [`hostile text ${JSON.stringify(text.slice(0, 40))}`, reportFull(text)]),
  ];
  for (const [name, report] of reports) {
    it(`${name} is valid against the schema`, () => {
      validate(JSON.parse(json(report)));
      assert.deepEqual(validate.errors, null);
    });
  }

  it("the schema lets a newer field pass, and no wrong type", () => {
    const value = JSON.parse(json(fullReport())) as Report;
    assert.equal(lenient({ ...value, newer: 1 }), true);
    assert.equal(lenient({ ...value, findings: {} }), false);
    assert.equal(lenient({ ...value, schemaVersion: 2 }), false);
  });

  it("reads again all that it wrote", () => {
    for (const [name, report] of reports) {
      const { schemaVersion: _, tool: _tool, createdAt: _at, totals: _totals, ...lists } = report;
      assert.deepEqual(readReport(JSON.parse(json(report)) as Record<string, unknown>, "a"), lists, name);
    }
  });

  const full = () => JSON.parse(json(fullReport())) as Record<string, unknown[]>;
  const damaged: [where: string, into: (report: Record<string, unknown>) => void, left: number, says: RegExp][] = [
    [
      "a severity",
      ({ findings }) => Object.assign((findings as object[])[0] ?? {}, { severity: "odd" }),
      2,
      /^1 of its findings .*findings\[0\]\.severity: no such choice/,
    ],
    [
      "a resource",
      ({ findings }) => Object.assign((findings as object[])[1] ?? {}, { resource: {} }),
      2,
      /findings\[1\]\.resource\.kind: is missing/,
    ],
    [
      "all of it",
      (report) => (report.findings = [1, null, "x"]),
      0,
      /^3 of its findings .*findings\[0\]: must be an object, not a number/,
    ],
  ];
  for (const [where, into, left, says] of damaged) {
    it(`leaves out what is damaged in ${where}, and says so`, () => {
      const report = full();
      into(report);
      const { findings, problems } = readReport(report, "a.json", 3);
      assert.equal(findings.length, left);
      const problem = problems.find(({ source }) => source === "a.json");
      assert.deepEqual([problem?.line, problem?.incomplete], [3, true]);
      assert.match(problem?.message ?? "", says);
    });
  }

  it("says that a list is no list, and reads the others", () => {
    const { findings, problems } = readReport({ ...full(), repairs: {} }, "a");
    assert.equal(findings.length, 3);
    assert.match(problems[0]?.message ?? "", /repairs: must be a list/);
  });

  it("drops fields that it doesn't know: what is written again is what the schema describes", () => {
    const report = full();
    Object.assign(report.findings?.[0] ?? {}, { later: { secret: 1 } });
    const again = buildReport([readReport(report, "a")]);
    validate(JSON.parse(json(again)));
    assert.deepEqual(validate.errors, null);
    assert.equal(again.findings.length, 3);
  });
});
