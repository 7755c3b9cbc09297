/** `check`: the pack's policies over manifests and state, without Pulumi, cluster or login. */
import { labelOf, nameOf, namespaceOf, fromPulumi } from "../kubernetes/resource";
import { isKnown } from "../kubernetes/values";
import { buildReport, emptyReading, finding, timelineText, type Finding, type ResourceRef } from "../report";
import { changes } from "../report/repair";
import { parseMessage } from "../report/message";
import { parseUrn } from "../report/urn";
import type { PackConfig } from "../settings/settings";
import { exitCode, type FailOn } from "./exit-code";
import { fixText, type Fix } from "./fix";
import { printReport, writeReports, type FormatChoice } from "./formats";
import { policyTexts, runPolicies, type Reported } from "./host";
import { exitCodes, hasColour, progress, type Io } from "./io";
import { itemPlace } from "./item-place";
import { packVersion } from "./package";
import { readSettings } from "./settings-file";
import { InputError, printProblem, readSources, UsageError, type Reading, type Sourced } from "./sources";
import { suppressedFindings } from "./suppressed";
import { timelinesOf } from "./timelines";
import { unifiedDiff } from "./unified-diff";
import { writeWhole } from "./write-file";

export interface CheckOptions {
  settings?: string;
  fix?: boolean;
  diff?: boolean;
  explain?: string;
  failOn: FailOn;
  format?: FormatChoice[];
  fallbackFile?: string;
}

export async function check(sources: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  const { fix = false, diff = false } = options;
  const formats = options.format ?? [];
  const fixesStdin = fix && sources.includes("-");
  if (sources.length === 0) {
    throw new UsageError("nothing to check: name files or folders of manifests, state files, or `-`");
  }
  if ((diff || fixesStdin) && formats.some(({ file }) => file === undefined)) {
    const other = diff ? "--diff" : "--fix of standard input";
    throw new UsageError(
      `${other} writes to standard output, too: give each --format a file, as in --format json=report.json`,
    );
  }
  if (options.explain !== undefined && (fix || diff || formats.length > 0)) {
    throw new UsageError("--explain draws one workload, and nothing else: leave --fix, --diff and --format out");
  }
  if (fix && diff) throw new UsageError("--diff shows what --fix writes: give one of them");
  const config: PackConfig = options.settings === undefined ? {} : await readSettings(options.settings);

  const texts = new Map<string, string>();
  const shown = progress(io);
  let reading: Reading;
  try {
    reading = await readSources(sources, {
      stdin: io.stdin,
      onFile: (file) => shown.say(`Reading ${file}`),
      onText: (file, text) => texts.set(file, text),
    });
    shown.say(`Judging ${reading.objects.length} objects`);
  } finally {
    shown.end();
  }
  for (const problem of reading.problems) io.stderr(`error: ${printProblem(problem)}\n`);
  const isBad = reading.problems.length > 0;
  if (options.explain !== undefined)
    return explain(options.explain, reading.objects, config, options.failOn, io, isBad);

  const repaired = fix || diff ? repairs(reading.objects, config) : undefined;
  const files = repaired ? fixedFiles(repaired, texts, io) : [];
  const isWritten = fix && repaired !== undefined;
  if (fix) for (const { file, after } of files) if (file !== "-") await writeWhole(file, after);

  const outcome = isWritten ? repaired : runPolicies(reading.objects, config, false);
  const suppressed = suppressedFindings(outcome, config);
  const mentioned = new Set(
    [...outcome.reported, ...outcome.repaired, ...suppressed.map(({ reported }) => reported)].map(
      ({ object }) => object?.resource.urn,
    ),
  );
  const report = buildReport(
    [
      {
        ...emptyReading(),
        stacks: stacksOf(reading.objects, sources),
        findings: [
          ...outcome.reported.map((one) => findingOf(one, texts)),
          ...suppressed.map(({ reported, excuse }) => ({
            ...findingOf(reported, texts),
            suppressed: { reason: excuse.reason, ...(excuse.until === undefined ? {} : { until: excuse.until }) },
          })),
        ],
        repairs: isWritten
          ? repaired.repaired.map(({ policy, object, before, after }) => ({
              policy,
              resource: resourceRef(object),
              changes: changes(before, after),
            }))
          : [],
        problems: reading.problems.map(({ source, line, message }) => ({
          source,
          ...(line === undefined ? {} : { line }),
          message,
          incomplete: true,
        })),
      },
    ],
    {
      version: packVersion(),
      createdAt: io.now().toISOString(),
      policies: policyTexts(),
      timelines: timelinesOf(reading.objects, outcome, config, resourceRef, ({ resource }) =>
        mentioned.has(resource.urn),
      ),
    },
  );

  if (diff) for (const { file, before, after } of files) io.stdout(unifiedDiff(file, before, after));
  if (fixesStdin) io.stdout(files.find(({ file }) => file === "-")?.after ?? texts.get("-") ?? "");
  await writeReports(report, formats, options, io);
  if (formats.length === 0) printReport(report, diff || fixesStdin ? "stderr" : "stdout", io);
  if (!fix && !diff && formats.length === 0) hint(reading.objects, config, io);

  return exitCode(report, options.failOn, isBad);
}

/** Repairs as a preview at level `remediate` makes them. Where a config asks for a report, `--fix` was asked for more. */
function repairs(objects: readonly Sourced[], config: PackConfig) {
  const repairing = { ...config };
  for (const policy of ["pre-stop-sleep", "termination-grace-period"]) {
    const own = config[policy];
    const level = typeof own === "string" ? own : (own?.enforcementLevel ?? config.all);
    if (level === "disabled") continue;
    repairing[policy] = { ...(typeof own === "object" ? own : {}), enforcementLevel: "remediate" };
  }
  return runPolicies(objects, repairing, true);
}

interface FixedFile {
  file: string;
  before: string;
  after: string;
}

/** The files that repairs change, as they are and as they should be. */
function fixedFiles(outcome: ReturnType<typeof runPolicies>, texts: ReadonlyMap<string, string>, io: Io): FixedFile[] {
  const fixes = new Map<string, Map<Sourced, Fix>>();
  let inState = 0;
  for (const { object, before, after } of outcome.repaired) {
    const { place } = object;
    if (!place) {
      inState++;
      continue;
    }
    const inFile = fixes.get(place.file) ?? new Map<Sourced, Fix>();
    fixes.set(place.file, inFile);
    // The second policy's repair goes on from the first one's.
    const first = inFile.get(object);
    inFile.set(object, { document: place.document, path: place.path, before: first?.before ?? before, after });
  }
  if (inState > 0) io.stderr(`warning: what is wrong in Pulumi state is to be repaired in its program.\n`);
  const files: FixedFile[] = [];
  for (const [file, inFile] of fixes) {
    const before = texts.get(file) ?? "";
    const { text, failed } = fixText(before, [...inFile.values()]);
    for (const { fix, why } of failed) {
      io.stderr(`warning: ${file}:${fix.document.line}: not repaired, as ${why}; repair it by hand.\n`);
    }
    if (text !== before) files.push({ file, before, after: text });
  }
  return files;
}

/** On a terminal: what could be repaired. */
function hint(objects: readonly Sourced[], config: PackConfig, io: Io): void {
  const repairable = new Set(repairs(objects, config).repaired.map(({ object }) => object)).size;
  if (repairable === 0) return;
  const many = repairable === 1 ? "1 workload" : `${repairable} workloads`;
  io.stderr(`${many} can be repaired: --diff shows how, --fix does it.\n`);
}

const descriptions = new Map(policyTexts().map(({ name, description }) => [name, description]));

function findingOf(
  { policy, level, severity, message, object }: Reported,
  texts: ReadonlyMap<string, string>,
): Finding {
  // With the description before it, as Pulumi puts it: that is how the reader of messages knows where they begin.
  const description = descriptions.get(policy);
  const { what, evidence, fix, docs } = parseMessage(`${description}\n${message}`, description);
  const place = object?.place;
  return finding({
    policy,
    level,
    ...(severity === undefined ? {} : { severity: severity as NonNullable<Finding["severity"]> }),
    resource: object ? resourceRef(object) : { kind: "Stack", name: "all" },
    what,
    evidence,
    ...(fix === undefined ? {} : { fix }),
    ...(docs === undefined ? {} : { docs }),
    ...(place ? { location: { file: place.file, ...itemPlace(place, texts.get(place.file) ?? "") } } : {}),
  });
}

/** An object as reports name it. */
function resourceRef({ resource, place }: Sourced): ResourceRef {
  const read = fromPulumi(resource);
  const urn = place ? undefined : parseUrn(resource.urn);
  const [name, namespace] = read ? [nameOf(read), namespaceOf(read)] : [];
  return {
    kind: read?.kind ?? resource.type,
    ...(typeof namespace === "string" ? { namespace } : {}),
    name: typeof name === "string" ? name : resource.name || "(unnamed)",
    ...(urn ? { urn: resource.urn, stack: urn.stack, project: urn.project } : {}),
  };
}

function stacksOf(objects: readonly Sourced[], sources: readonly string[]) {
  const judged = new Map<string, number>();
  let inManifests = 0;
  for (const { resource, place } of objects) {
    const urn = place ? undefined : parseUrn(resource.urn);
    if (!urn) inManifests++;
    else {
      const key = JSON.stringify({ stack: urn.stack, project: urn.project });
      judged.set(key, (judged.get(key) ?? 0) + 1);
    }
  }
  const source = sources.join(", ");
  const stacks: { source: string; judged: number; stack?: string; project?: string }[] = [];
  if (inManifests > 0 || judged.size === 0) stacks.push({ source, judged: inManifests });
  for (const [key, count] of judged) {
    stacks.push({ source, judged: count, ...(JSON.parse(key) as { stack: string; project: string }) });
  }
  return stacks;
}

/** `--explain Deployment/shop/web`: how one workload terminates, also where nothing is wrong. */
function explain(
  wanted: string,
  objects: readonly Sourced[],
  config: PackConfig,
  failOn: FailOn,
  io: Io,
  isBad: boolean,
): number {
  const [kind = "", namespace = "", name = "", ...more] = wanted.split("/");
  if (kind === "" || namespace === "" || name === "" || more.length > 0) {
    throw new UsageError(`--explain ${wanted}: write it as kind/namespace/name, such as Deployment/shop/web`);
  }
  const isWanted = (ref: ResourceRef) =>
    ref.kind.toLowerCase() === kind.toLowerCase() && ref.namespace === namespace && ref.name === name;
  const outcome = runPolicies(objects, config, false);
  const timelines = timelinesOf(objects, outcome, config, resourceRef, (object) => isWanted(resourceRef(object)));
  if (timelines.length === 0) {
    const labels = objects.flatMap((object) => {
      const read = fromPulumi(object.resource);
      return read && isKnown(nameOf(read)) && nameOf(read) === name ? [labelOf(read)] : [];
    });
    const others = labels.length > 0 ? `; there is ${labels.join(", ")}` : "";
    throw new InputError(
      `--explain ${wanted}: no such workload in the sources, or its Pod template can't be read${others}`,
    );
  }
  for (const timeline of timelines) io.stdout(timelineText(timeline, { colour: hasColour(io) }));
  const about = outcome.reported.filter(({ object }) => object && isWanted(resourceRef(object)));
  for (const { message, level } of about) io.stdout(`\n${level}: ${message}\n`);
  if (about.length === 0) io.stdout("\nThe policies have nothing to say about it.\n");
  const isFailing = about.some(({ level }) => failOn === "advisory" || level === failOn);
  return isBad || isFailing ? exitCodes.findings : exitCodes.clean;
}
