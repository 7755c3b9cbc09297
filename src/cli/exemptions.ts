/** `exemptions`: who is excused from what, why and until when, for an audit. */
import { fromPulumi, labelOf } from "../kubernetes/resource";
import { listExemptions } from "../../policies/exemption-audit";
import { parseUrn } from "../report/urn";
import { resolveSettings, type PackConfig } from "../settings/settings";
import { settingsIn } from "./host";
import { exitCodes, type Io } from "./io";
import { readSettings } from "./settings-file";
import { exportStack, printProblem, readSources, readText, UsageError } from "./sources";

export interface ExemptionsOptions {
  stack?: string[];
  settings?: string;
  json?: boolean;
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
  /** `in force`, or why it isn't. */
  state: string;
  /** How many findings it keeps back. */
  findings: number;
}

export async function exemptions(sources: readonly string[], options: ExemptionsOptions, io: Io): Promise<number> {
  if (sources.length === 0 && !options.stack) {
    throw new UsageError("nothing to read: name files or folders, `-` for standard input, or --stack");
  }
  const config: PackConfig = options.settings === undefined ? {} : await readSettings(options.settings);
  const readings = [await readSources(sources, { stdin: io.stdin })];
  for (const stack of options.stack ?? []) readings.push(readText(await exportStack(stack, io.env), `stack ${stack}`));
  const problems = readings.flatMap((reading) => reading.problems);
  for (const problem of problems) io.stderr(`error: ${printProblem(problem)}\n`);
  const resources = readings
    .flatMap((reading) => reading.objects)
    .map(({ resource }) => fromPulumi(resource))
    .filter((resource) => resource !== undefined);
  const settingsOf = (policy: Parameters<typeof settingsIn>[1]) =>
    resolveSettings(policy, {}, settingsIn(config, policy));
  const rows = listExemptions(resources, settingsOf, io.now()).map(({ workload, policies, excuse, findings }): Row => {
    const urn = workload && parseUrn(workload.resource.id);
    return {
      ...(urn ? { stack: `${urn.project}/${urn.stack}` } : {}),
      ...(workload ? { workload: labelOf(workload.resource) } : {}),
      policies,
      source: excuse.source,
      reason: excuse.reason,
      ...(excuse.until === undefined ? {} : { until: excuse.until }),
      state: excuse.void ?? (findings === 0 ? "excuses nothing" : "in force"),
      findings,
    };
  });
  io.stdout(options.json ? `${JSON.stringify({ version: 1, exemptions: rows }, undefined, 2)}\n` : printed(rows));
  return problems.length > 0 ? exitCodes.findings : exitCodes.clean;
}

function printed(rows: readonly Row[]): string {
  if (rows.length === 0) return "No exemptions.\n";
  const lines = rows.map(({ stack, workload, policies, source, reason, until, state }) =>
    [
      `${workload ?? "(no workload)"}${stack === undefined ? "" : ` in stack ${stack}`}: ${state}`,
      `  from    ${policies.join(", ")}`,
      `  reason  ${oneLine(reason)}${until === undefined ? "" : `, until ${until}`}`,
      `  by      ${source}`,
    ].join("\n"),
  );
  return `${lines.join("\n\n")}\n`;
}

/** A reason is somebody's text: no line of it may look like one of this list. */
function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}
