/** The report as JSON, and back: schemas/report.schema.json. */
import reportSchema from "../../schemas/report.schema.json";
import { checker } from "../schema/check";
import { emptyReading, schemaVersion, type Reading, type Report } from "./model";
import { jsonText } from "./plain";

export function json(report: Report): string {
  return jsonText(report);
}

/** Is this a report of ours, of whatever version? */
export function isReport(value: Readonly<Record<string, unknown>>): boolean {
  return typeof value.schemaVersion === "number" && Array.isArray(value.findings);
}

const lists = Object.keys(emptyReading()) as (keyof Reading)[];

/** The check of one element of each list. */
const checks = new Map(
  lists.map((list) => {
    const element = { ...reportSchema.properties[list].items, definitions: reportSchema.definitions };
    return [list, checker(element, { dropsUnknown: true })];
  }),
);

/**
 * A report that was read from a file. What its schema refuses is left out and said, so that neither a damaged file nor
 * one of a newer version is taken for a clean report. Fields that the schema doesn't know are dropped.
 */
export function readReport(value: Readonly<Record<string, unknown>>, source: string, line = 1): Reading {
  const reading = emptyReading();
  const problem = (message: string) => reading.problems.push({ source, line, message, incomplete: true });
  if (value.schemaVersion !== schemaVersion) {
    problem(
      `This report has schema version ${String(value.schemaVersion)}, and version ${schemaVersion} is known here; it was read as far as it is alike.`,
    );
  }
  for (const [list, check] of checks) {
    const elements = value[list];
    if (elements === undefined) continue;
    const problems = Array.isArray(elements) ? [] : [`${list}: must be a list`];
    for (const [i, element] of Array.isArray(elements) ? elements.entries() : []) {
      const [first] = check(element, `${list}[${i}]`);
      if (first === undefined) (reading[list] as unknown[]).push(element);
      else problems.push(first);
    }
    if (problems.length > 0) problem(`${problems.length} of its ${list} could not be read: ${problems[0]}.`);
  }
  return reading;
}
