import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { readEvents } from "../../src/report/events";
import { json } from "../../src/report/json";
import { buildReport, emptyReading, type Report } from "../../src/report/model";
import { fullReport, hostile, log, policyEvent, reportFull, summaryEvent } from "./samples";

type Schema = Record<string, unknown>;
const schema = JSON.parse(readFileSync(join(__dirname, "../../schemas/report.schema.json"), "utf8")) as Schema;

/** The same, but for fields that it doesn't describe: what is written must be described. */
function strict(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strict);
  if (typeof node !== "object" || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, strict(value)]));
  return copy.properties && copy.additionalProperties === undefined ? { ...copy, additionalProperties: false } : copy;
}

const ajv = new Ajv({ allErrors: true, strictTypes: false });
const validate = ajv.compile(strict({ ...schema, $id: "strict" }) as Schema);
const lenient = ajv.compile(schema);

describe("report/json", () => {
  const reports: [string, Report][] = [
    ["an empty report", buildReport([emptyReading()])],
    ["a report with everything", fullReport()],
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
});
