/** `check`: the pack's judgement of manifests and state, without Pulumi, cluster or login. */
import { isExcused } from "../settings/exemptions";
import { messageOf, readKnowledge, type Knowledge } from "../assess";
import { fromPulumi, labelOf, nameOf } from "../kubernetes/resource";
import { buildReport, emptyReading, timelineText, type ResourceRef, type WorkloadTimeline } from "../report";
import { changes } from "../report/repair";
import { parseUrn } from "../report/urn";
import { exitCode, type FailOn } from "./exit-code";
import { fixText, type Fix } from "./fix";
import { printReport, writeReports, type FormatChoice } from "./formats";
import { exitCodes, hasColor, progress, type Io } from "./io";
import { codeTexts, judge, levelOf, policyTexts, reportFindings, resourceRef } from "./judgement";
import { repairObjects, type Repaired } from "./repair";
import { readSettings } from "./settings-file";
import { InputError, printProblem, readSources, UsageError, type Reading, type Sourced } from "./sources";
import { drawn, judgedAlone } from "./timelines";
import { packVersion } from "../version";
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
  const knowledge = readKnowledge(await readSettings(options.settings));
  const today = io.now();

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
  if (options.explain !== undefined) {
    const code = explain(options.explain, reading.objects, knowledge, options.failOn, io);
    return isBad ? exitCodes.findings : code;
  }

  const repaired = fix || diff ? repairObjects(reading.objects, knowledge, today) : undefined;
  const files = repaired ? fixedFiles(repaired.repaired, texts, io) : [];
  if (fix) for (const { file, after } of files) if (file !== "-") await writeWhole(file, after);
  const repairs = fix ? (repaired?.repaired ?? []) : [];

  const objects = fix && repaired ? repaired.objects : reading.objects;
  const assessment = judge(objects, knowledge, today);
  const findings = reportFindings(assessment.findings, objects, knowledge.settings, texts);
  const originals = new Map(repairs.map(({ object }) => [object.resource.urn, object]));
  const mentioned = new Set([
    ...originals.keys(),
    ...assessment.findings.filter(({ reported }) => reported).map(({ subject }) => subject?.id),
  ]);
  const timelines = objects.flatMap((object): WorkloadTimeline[] => {
    const { urn } = object.resource;
    if (!mentioned.has(urn)) return [];
    const original = originals.get(urn);
    const before = original && judgedAlone(original.resource, knowledge, today);
    const drawing = drawn(resourceRef(object), assessment.judged.get(urn)?.(), before);
    return drawing ? [drawing] : [];
  });
  const report = buildReport(
    [
      {
        ...emptyReading(),
        stacks: stacksOf(reading.objects, sources),
        findings,
        repairs: repairs.map(({ policy, object, before, after }) => ({
          policy,
          resource: resourceRef(object),
          changes: changes(before, after),
        })),
        problems: reading.problems.map(({ source, line, message }) => ({
          source,
          ...(line === undefined ? {} : { line }),
          message,
          incomplete: true,
        })),
      },
    ],
    { version: packVersion(), createdAt: today.toISOString(), policies: policyTexts, codes: codeTexts, timelines },
  );

  if (diff) for (const { file, before, after } of files) io.stdout(unifiedDiff(file, before, after));
  if (fixesStdin) io.stdout(files.find(({ file }) => file === "-")?.after ?? texts.get("-") ?? "");
  await writeReports(report, formats, options, io);
  if (formats.length === 0) printReport(report, diff || fixesStdin ? "stderr" : "stdout", io);
  if (!fix && !diff && formats.length === 0) hint(reading.objects, knowledge, io);

  return exitCode(report, options.failOn, isBad);
}

interface FixedFile {
  file: string;
  before: string;
  after: string;
}

/** The files that repairs change, as they are and as they should be. */
function fixedFiles(repaired: readonly Repaired[], texts: ReadonlyMap<string, string>, io: Io): FixedFile[] {
  const fixes = new Map<string, Map<Sourced, Fix>>();
  let inState = 0;
  for (const { object, before, after } of repaired) {
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
  if (inState > 0) io.stderr(`warning: Pulumi state is not changed: repair it in its program.\n`);
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

/** What could be repaired. */
function hint(objects: readonly Sourced[], knowledge: Knowledge, io: Io): void {
  const repairable = new Set(repairObjects(objects, knowledge, io.now()).repaired.map(({ object }) => object)).size;
  if (repairable === 0) return;
  const many = repairable === 1 ? "1 workload" : `${repairable} workloads`;
  io.stderr(`${many} can be repaired: --diff shows how, --fix does it.\n`);
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
function explain(wanted: string, objects: readonly Sourced[], knowledge: Knowledge, failOn: FailOn, io: Io): number {
  const [kind = "", namespace = "", name = "", ...more] = wanted.split("/");
  if (kind === "" || namespace === "" || name === "" || more.length > 0) {
    throw new UsageError(`--explain ${wanted}: write it as kind/namespace/name, such as Deployment/shop/web`);
  }
  const isWanted = (ref: ResourceRef) =>
    ref.kind.toLowerCase() === kind.toLowerCase() && ref.namespace === namespace && ref.name === name;
  const { findings, judged } = judge(objects, knowledge, io.now());
  const chosen = objects.filter((object) => isWanted(resourceRef(object)));
  const timelines = chosen.flatMap((each) => drawn(resourceRef(each), judged.get(each.resource.urn)?.()) ?? []);
  if (timelines.length === 0) {
    const labels = objects.flatMap((object) => {
      const read = fromPulumi(object.resource);
      return read && nameOf(read) === name ? [labelOf(read)] : [];
    });
    const others = labels.length > 0 ? `; there is ${labels.join(", ")}` : "";
    throw new InputError(
      `--explain ${wanted}: no such workload in the sources, or its Pod template can't be read${others}`,
    );
  }
  for (const timeline of timelines) io.stdout(timelineText(timeline, { color: hasColor(io) }));
  const ids = new Set(chosen.map(({ resource }) => resource.urn));
  let isFailing = false;
  let [isFine, isExempt, isLikely] = [true, false, false];
  for (const finding of findings) {
    const { subject, policy, reported, excuses } = finding;
    const level = levelOf(policy, knowledge.settings);
    if (!subject || !ids.has(subject.id) || level === undefined) continue;
    if (isExcused(excuses)) isExempt = true;
    else if (!reported) isLikely = true;
    if (!reported || isExcused(excuses)) continue;
    io.stdout(`\n${level}: ${messageOf(finding)}\n`);
    isFine = false;
    isFailing ||= failOn === "advisory" || level === failOn;
  }
  if (isFine) io.stdout(`\n${noFindings(isExempt, isLikely)}\n`);
  return isFailing ? exitCodes.findings : exitCodes.clean;
}

/** Why a workload has no findings, though its drawing may show that it is stopped too early. */
function noFindings(isExempt: boolean, isLikely: boolean): string {
  if (isExempt) return "No findings: it is exempt.";
  return isLikely ? "No findings: nothing says that APISIX sends it requests." : "No findings.";
}
