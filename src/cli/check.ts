/** `check`: the pack's judgement of manifests and state, without Pulumi, cluster or login. */
import { isExcused } from "../settings/exemptions";
import { messageOf, readKnowledge, type Assessment, type Knowledge } from "../assess";
import { fromPulumi, labelOf, nameOf } from "../kubernetes/resource";
import { oneLine, visible } from "../plain";
import {
  buildReport,
  emptyReading,
  stackLabel,
  timelineText,
  type ResourceRef,
  type WorkloadTimeline,
} from "../report";
import { count } from "../report/plain";
import { yamlOf } from "../report/program";
import { changes } from "../report/repair";
import { parseUrn } from "../urn";
import { compared, gone, readBaseline } from "./baseline";
import { clusterName, clusterOptions, type ClusterChoice } from "./cluster-options";
import { exitCode, type FailOn } from "./exit-code";
import { fixHints, fixNotes } from "./fix-notes";
import { leavingLinks } from "./given";
import { printReport, writeReports, type FormatChoice } from "./formats";
import { exitCodes, hasColor, say, type Io } from "./io";
import { codeTexts, judge, levelOf, policyTexts, reportFindings, resourceRef } from "./judgement";
import { replacementsFor } from "./replacements";
import { fixFiles, planFixes, writeFiles } from "./repair";
import { readAll } from "./reading";
import { readSettings } from "./settings-file";
import type { PackConfig } from "../settings/settings";
import { InputError, printProblem, readText, UsageError, type Excluded, type Known, type Sourced } from "./sources";
import { drawn } from "./timelines";
import { packVersion } from "../version";
import { unifiedDiff } from "./unified-diff";

export interface CheckOptions extends ClusterChoice {
  settings?: string | PackConfig;
  exclude?: Excluded;
  fix?: boolean;
  diff?: boolean;
  includeExposed?: boolean;
  allowEmpty?: boolean;
  explain?: string;
  failOn: FailOn;
  format?: FormatChoice[];
  fallbackFile?: string;
  baseline?: string;
  quiet?: boolean;
  summary?: boolean;
}

export async function check(sources: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  const { fix = false, diff = false, includeExposed = false } = options;
  const formats = options.format ?? [];
  const fixesStdin = fix && sources.includes("-");
  const asked = clusterOptions(options);
  if (sources.length === 0 && !asked) {
    throw new UsageError("nothing to check: name files or folders of manifests, state files, `-`, or --cluster");
  }
  if (asked && (fix || diff)) throw new UsageError("a cluster is only read: leave --fix and --diff out");
  if ((diff || fixesStdin) && formats.some(({ file }) => file === undefined)) {
    const other = diff ? "--diff" : "--fix of standard input";
    throw new UsageError(
      `${other} writes to standard output, too: give each --format a file, as in --format json=report.json`,
    );
  }
  if (options.explain !== undefined && (fix || diff || formats.length > 0)) {
    throw new UsageError("--explain draws one workload, and nothing else: leave --fix, --diff and --format out");
  }
  if (options.explain !== undefined && (options.summary || options.quiet)) {
    throw new UsageError("--explain draws one workload, and nothing else: leave --summary and --quiet out");
  }
  if (fix && diff) throw new UsageError("--diff shows what --fix writes: give one of them");
  if (includeExposed && !fix && !diff) {
    throw new UsageError("--include-exposed goes with --fix or --diff: give one of them");
  }
  let knowledge = readKnowledge(await readSettings(options.settings));
  const baseline = options.baseline === undefined ? undefined : await readBaseline(options.baseline);
  const today = io.now();

  const texts = new Map<string, string>();
  const names = [...sources];
  const { exclude, allowEmpty } = options;
  const onText = (file: string, text: string) => texts.set(file, text);
  const { reading, cluster } = await readAll(
    sources,
    asked,
    knowledge.settings.facts,
    { exclude, allowEmpty, onText },
    io,
  );
  if (asked && cluster) {
    // Manifests beside it may bring what the cluster lacks.
    if (sources.length === 0) knowledge = knowing(knowledge, cluster.known);
    names.push(clusterName(cluster.name, asked));
  }
  for (const note of options.quiet ? [] : reading.notes) say(io, "note", printProblem(note));
  for (const problem of reading.problems) say(io, "error", printProblem(problem));
  const isBad = reading.problems.length > 0;
  const before = judge(reading.objects, knowledge, today);
  if (options.explain !== undefined) {
    const code = explain(options.explain, reading.objects, before, knowledge, options.failOn, io);
    return isBad && code === exitCodes.clean ? exitCodes.incomplete : code;
  }

  const isAsked = fix || diff;
  const hasHints = !isAsked && formats.length === 0 && !options.quiet;
  // Where --fix wrote them, there is nothing left to offer.
  const offers = !fix && formats.some(({ format }) => format === "sarif");
  const planned =
    isAsked || hasHints || offers
      ? planFixes(reading.objects, before, knowledge, today, includeExposed)
      : { fixes: [], exposed: 0, inState: 0 };
  const leaving = await leavingLinks(new Set(planned.fixes.flatMap(({ object }) => object.place?.file ?? [])), sources);
  planned.fixes = planned.fixes.filter(({ object }) => !leaving.has(object.place?.file ?? ""));
  const { files, failed } = isAsked ? fixFiles(planned.fixes, texts) : { files: [], failed: [] };
  const written = fix ? await writeFiles(files, io) : [];
  // What is said from here on is what stands in the files.
  for (const { file, after } of written) texts.set(file, after);
  const fresh = written.flatMap(({ file, after }) => readText(after, file).objects);
  const byUrn = new Map(fresh.map((object) => [object.resource.urn, object]));
  const objects = reading.objects.map((object) => byUrn.get(object.resource.urn) ?? object);
  const assessment = fresh.length > 0 ? judge(objects, knowledge, today) : before;

  const made = written.flatMap((file) => file.fixes);
  const repaired = new Set(made.map(({ object }) => object.resource.urn));
  const mentioned = new Set([
    ...repaired,
    ...assessment.findings.filter(({ reported }) => reported).map(({ subject }) => subject?.id),
  ]);
  const timelines = objects.flatMap((object): WorkloadTimeline[] => {
    const { urn } = object.resource;
    if (!mentioned.has(urn)) return [];
    const was = repaired.has(urn) ? before.judged.get(urn)?.() : undefined;
    const drawing = drawn(resourceRef(object), assessment.judged.get(urn)?.(), was);
    return drawing ? [drawing] : [];
  });
  const found = reportFindings(assessment, objects, knowledge.settings, texts);
  const { findings: judged, left } = compared(found, baseline ?? [], options.baseline ?? "");
  const stacks = stacksOf(reading.objects, names);
  const report = buildReport(
    [
      {
        ...emptyReading(),
        stacks,
        findings: [...judged.keys()],
        repairs: made.flatMap(({ object, repairs }) =>
          repairs.map(({ policy, before, after, onlyExposed }) => ({
            ...{ policy, resource: resourceRef(object), changes: changes(before, after), outcome: "written" as const },
            ...(onlyExposed ? { onlyExposed } : {}),
          })),
        ),
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

  // Others' text stays as it is for another program; a terminal would obey it.
  const raw = (text: string) => io.stdout(io.isTerminal.stdout ? visible(text) : text);
  if (diff) for (const { file, before, after } of files) raw(unifiedDiff(file, before, after));
  if (fixesStdin) raw(texts.get("-") ?? "");
  const replacementsOf = offers ? replacementsFor(judged, planned.fixes, texts) : undefined;
  const areWritten = await writeReports(report, formats, { ...options, ...(replacementsOf && { replacementsOf }) }, io);
  if (formats.length === 0) printReport(report, diff || fixesStdin ? "stderr" : "stdout", io, options);
  if (isAsked) {
    for (const file of leaving) say(io, "warning", `${file}: not repaired: the link leads out of what was given`);
    const done = fix ? made : files.flatMap((file) => file.fixes);
    for (const line of fixNotes(done, failed, planned, objects, texts)) io.stderr(`${oneLine(line)}\n`);
  } else if (hasHints) {
    for (const line of fixHints(planned)) io.stderr(`${line}\n`);
  }
  const ended = isBad ? 0 : gone(left, sources, new Set(stacks.map(stackLabel))).length;
  if (ended > 0 && !options.quiet) {
    const are = ended === 1 ? "is" : "are";
    const again = `regenerate it with --format json=${options.baseline}`;
    say(io, "note", `${count(ended, "finding")} of ${options.baseline} ${are} gone: ${again}`);
  }
  return exitCode(report, options.failOn, isBad || !areWritten || (fix && written.length < files.length));
}

/** With what a cluster shows; what the settings say counts more. */
function knowing(knowledge: Knowledge, known: Known): Knowledge {
  const { settings } = knowledge;
  return { ...knowledge, settings: { ...settings, facts: { ...known, ...settings.facts } } };
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
  assessment: Assessment,
  knowledge: Knowledge,
  failOn: FailOn,
  io: Io,
): number {
  const { findings, judged } = assessment;
  const [kind = "", namespace = "", name = "", ...more] = wanted.split("/");
  if (kind === "" || namespace === "" || name === "" || more.length > 0) {
    throw new UsageError(`--explain ${wanted}: write it as kind/namespace/name, such as Deployment/shop/web`);
  }
  const isWanted = (ref: ResourceRef) =>
    ref.kind.toLowerCase() === kind.toLowerCase() && ref.namespace === namespace && ref.name === name;
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
  const { fixes } = planFixes(objects, assessment, knowledge, io.now(), true);
  const repairs = fixes
    .filter(({ object }) => ids.has(object.resource.urn))
    .flatMap(({ repairs }) => repairs.map(({ before, after }) => ({ changes: changes(before, after) })));
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
  const lines = isFine ? undefined : yamlOf(repairs);
  if (lines !== undefined) io.stdout(`\nTo write:\n\n${visible(lines)}\n`);
  return isFailing ? exitCodes.findings : exitCodes.clean;
}

/** Why a workload has no findings, though its drawing may show that it is stopped too early. */
function noFindings(isExempt: boolean, isLikely: boolean): string {
  if (isExempt) return "No findings: it is exempt.";
  return isLikely ? "No findings: nothing says that APISIX sends it requests." : "No findings.";
}
