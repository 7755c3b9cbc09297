/** `--baseline`: a report of an earlier run, whose findings don't fail. */
import { addTo } from "../multimap";
import { finding, stackLabel, type Finding } from "../report";
import { isReport, readReport } from "../report/json";
import { pathFrom } from "../report/place";
import { isObject } from "../schema/check";
import { sourceRoot } from "./repository";
import { InputError, isSystemError, readFileText, systemMessage, UsageError } from "./sources";

/** The findings of a report that was written with `--format json`. @throws UsageError */
export async function readBaseline(file: string): Promise<Finding[]> {
  const hint = `write it with --format json=${file}`;
  let value: unknown;
  try {
    value = JSON.parse(await readFileText(file));
  } catch (error) {
    if (error instanceof InputError) throw new UsageError(`--baseline ${file}: ${error.message}`);
    if (!isSystemError(error) && !(error instanceof SyntaxError)) throw error;
    throw new UsageError(`--baseline ${file}: ${isSystemError(error) ? systemMessage(error) : "not JSON"}; ${hint}`);
  }
  if (!isObject(value) || !isReport(value)) throw new UsageError(`--baseline ${file}: not a report; ${hint}`);
  // Only what keeps its findings from being read: the report may itself tell of files that couldn't be.
  const { findings, problems } = readReport({ schemaVersion: value.schemaVersion, findings: value.findings }, file);
  const [problem] = problems;
  if (problem) throw new UsageError(`--baseline ${file}: ${problem.message}`);
  // An exemption may end: what was exempted isn't known.
  return findings.filter(({ suppressed }) => suppressed === undefined || suppressed.by === "baseline");
}

/**
 * Findings as a report has them, with those that a baseline has marked; and what of the baseline is left over. A baseline
 * that has a finding once knows it once.
 */
export function compared<T>(
  findings: ReadonlyMap<Finding, T>,
  baseline: readonly Finding[],
  file: string,
): { findings: Map<Finding, T>; left: Finding[] } {
  const known = new Map<string, Finding[]>();
  for (const one of baseline) {
    addTo(known, one.fingerprint, one);
  }
  const marked = new Map<Finding, T>();
  for (const [one, value] of findings) {
    const isKnown = known.get(one.fingerprint)?.pop() !== undefined;
    const suppressed = { reason: `in the baseline ${file}`, by: "baseline" as const };
    marked.set(isKnown && !one.suppressed ? { ...one, suppressed } : one, value);
  }
  return { findings: marked, left: [...known.values()].flat() };
}

/**
 * Of what is left of a baseline, what is surely gone: it was in one of the files, folders and stacks that were checked
 * now. A file that is named from another folder than this one isn't known again.
 */
export function gone(left: readonly Finding[], sources: readonly string[], stacks: ReadonlySet<unknown>): Finding[] {
  const root = sourceRoot();
  return left.filter((one) => {
    const { location, resource } = one;
    if (!location) return resource.stack !== undefined && stacks.has(stackLabel(resource));
    if (finding(one, root).fingerprint !== one.fingerprint) return false;
    return sources.some((source) => !/^\.\.(\/|$)/.test(pathFrom(source, location.file)));
  });
}
