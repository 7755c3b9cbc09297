/** `exemptions`: which workloads are exempt from what, why and until when, for an audit. */
import { assess, faultText, listExemptions, readKnowledge } from "../assess";
import { labelOf } from "../kubernetes/resource";
import { jsonText, oneLine } from "../plain";
import { parseUrn } from "../urn";
import { exitCodes, say, type Io } from "./io";
import { readSettings } from "./settings-file";
import type { PackConfig } from "../settings/settings";
import { printProblem, readSources, readStack, UsageError, type Excluded } from "./sources";

export interface ExemptionsOptions {
  stack?: string[];
  settings?: string | PackConfig;
  exclude?: Excluded;
  json?: boolean;
  allowEmpty?: boolean;
}

/** One line of the list. */
interface Row {
  stack?: string;
  /** Absent where an exemption of the settings matches no workload. */
  workload?: string;
  policies: string[];
  source: string;
  reason: string;
  until?: string;
  /** `in force`, `no effect`, or why it doesn't hold. */
  state: string;
  /** How many findings it keeps back. */
  findings: number;
}

export async function exemptions(sources: readonly string[], options: ExemptionsOptions, io: Io): Promise<number> {
  if (sources.length === 0 && !options.stack) {
    throw new UsageError("nothing to read: name files or folders, `-` for standard input, or --stack");
  }
  const knowledge = readKnowledge(await readSettings(options.settings));
  const { allowEmpty = false, exclude } = options;
  const readings = [await readSources(sources, { stdin: io.stdin, allowEmpty, ...(exclude && { exclude }) })];
  for (const stack of options.stack ?? []) readings.push(await readStack(stack, io.env, allowEmpty));
  const problems = readings.flatMap((reading) => reading.problems);
  for (const note of readings.flatMap(({ notes }) => notes)) say(io, "note", printProblem(note));
  for (const problem of problems) say(io, "error", printProblem(problem));
  const planned = readings.flatMap(({ objects }) => objects).map(({ resource }) => resource);
  const { workloads, findings: all } = assess({ planned }, knowledge, io.now());
  const listed = listExemptions(workloads, all, knowledge, io.now());
  const rows = listed.map(({ workload, policies, excuse, findings }): Row => {
    const urn = workload && parseUrn(workload.resource.id);
    return {
      ...(urn ? { stack: `${urn.project}/${urn.stack}` } : {}),
      ...(workload ? { workload: labelOf(workload.resource) } : {}),
      policies,
      source: excuse.source,
      reason: excuse.reason,
      ...(excuse.until === undefined ? {} : { until: excuse.until }),
      state: excuse.fault === undefined && findings === 0 ? "no effect" : faultText(excuse).replace(/^it is /, ""),
      findings,
    };
  });
  io.stdout(options.json ? jsonText({ version: 1, exemptions: rows }) : printed(rows));
  return problems.length > 0 ? exitCodes.incomplete : exitCodes.clean;
}

function printed(rows: readonly Row[]): string {
  if (rows.length === 0) return "No exemptions.\n";
  const lines = rows.map(({ stack, workload, policies, source, reason, until, state }) =>
    [
      oneLine(`${workload ?? "(no workload)"}${stack === undefined ? "" : ` in stack ${stack}`}: ${state}`),
      `  from    ${oneLine(policies.join(", "))}`,
      `  reason  ${oneLine(`${reason}${until === undefined ? "" : `, until ${until}`}`)}`,
      `  by      ${oneLine(source)}`,
    ].join("\n"),
  );
  return `${lines.join("\n\n")}\n`;
}
