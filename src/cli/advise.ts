/** `advise`: how long t is, by what is known of a cluster, and whether `sleepSeconds` covers it. */
import { readKnowledge, type Assessment } from "../assess";
import {
  faultSources,
  interruptionText,
  longestSleep,
  missingText,
  reasonText,
  symptomOf,
  tooLongText,
  upgradeText,
  type Sourced as SourcedText,
} from "../assess/latency-messages";
import { labelOf, namespaceOf } from "../kubernetes/resource";
import { getStringMap, isKnown } from "../kubernetes/values";
import {
  adviseT,
  faults,
  noEvidence,
  readSyncDurations,
  type Advice,
  type Evidence,
  type SyncDurations,
} from "../latency";
import { jsonText, oneLine } from "../plain";
import { annotationPrefix } from "../settings/exemptions";
import type { Facts } from "../settings/schema";
import type { PackConfig } from "../settings/settings";
import { clusterOptions, type ClusterChoice } from "./cluster-options";
import { exitCodes, say, type Io } from "./io";
import { judge } from "./judgement";
import { readAll } from "./reading";
import { readNamed, readSettings } from "./settings-file";
import { InputError, printProblem, readMetrics, UsageError, type ClusterOptions, type Excluded } from "./sources";

export interface AdviseOptions extends ClusterChoice {
  settings?: string | PackConfig;
  metrics?: string[];
  exclude?: Excluded;
  allowEmpty?: boolean;
  format: "text" | "json";
}

/** Where the controller serves its metrics, by default. Source: 2.2.0 config/manager/config.yaml (metrics_addr). */
const metricsPort = 8080;

export async function advise(sources: readonly string[], options: AdviseOptions, io: Io): Promise<number> {
  const asked = clusterOptions(options);
  const { metrics, exclude, allowEmpty } = options;
  if (sources.length === 0 && !asked && !metrics) {
    throw new UsageError(
      "nothing to go by: name files or folders of manifests, state files, `-`, --cluster or --metrics",
    );
  }
  const knowledge = readKnowledge(await readSettings(options.settings));
  const { reading } = await readAll(sources, asked, knowledge.settings.facts, { exclude, allowEmpty }, io);
  const { problems, notes } = reading;
  for (const note of notes) say(io, "note", printProblem(note));
  for (const problem of problems) say(io, "error", printProblem(problem));
  const assessment = judge(reading.objects, knowledge, io.now());
  const clusters = assessment.latency.length > 0 ? assessment.latency : [noEvidence];
  const durations = metrics
    ? await durationsIn(metrics, clusters.length)
    : asked && sources.length === 0
      ? await measured(clusters, asked, io)
      : undefined;
  const { facts } = knowledge.settings;
  const { sleepSeconds } = facts;
  const advised = clusters.map((evidence) => {
    const advice = adviseT(evidence, durations);
    return { cluster: evidence.cluster, advice, tooShort: tooShort(advice, assessment) };
  });
  const seconds = Math.max(...advised.map(({ advice }) => advice.seconds));
  const isAtLeast = advised.some(({ advice }) => advice.isAtLeast);
  const result = { facts, seconds, isAtLeast, advised };
  io.stdout(options.format === "json" ? jsonText(asJson(result)) : `${asText(result).join("\n")}\n`);
  const isLacking = advised.some(
    ({ advice, tooShort }) => tooShort.length > 0 || advice.faults.some(({ isCertain }) => isCertain),
  );
  if (seconds > sleepSeconds || isLacking) return exitCodes.findings;
  return problems.length > 0 || isAtLeast ? exitCodes.incomplete : exitCodes.clean;
}

interface Result {
  facts: Facts;
  seconds: number;
  /** t may be more, by what was measured. */
  isAtLeast: boolean;
  advised: readonly { cluster: string; advice: Advice; tooShort: readonly string[] }[];
}

/** @throws InputError where a file can't be read, or holds no measured sync */
async function durationsIn(files: readonly string[], clusters: number): Promise<SyncDurations> {
  if (clusters > 1)
    throw new InputError("--metrics are of one cluster, and the sources are of several: read them one by one");
  const texts: string[] = [];
  for (const file of files) texts.push(await readNamed(file));
  const durations = readSyncDurations(texts);
  if (durations) return durations;
  throw new InputError(
    `${files.join(", ")}: no apisix_ingress_adc_sync_duration_seconds with a sync in it: is it /metrics of the leader of controller 2.x?`,
  );
}

/** What the cluster's own controller has measured; a note where that can't be read. */
async function measured(
  [evidence = noEvidence]: readonly Evidence[],
  options: ClusterOptions,
  io: Io,
): Promise<SyncDurations | undefined> {
  const { controller, controllers, line } = evidence;
  if (!controller || controllers !== 1 || line !== "2") return undefined;
  const namespace = namespaceOf(controller);
  const given = getStringMap(controller.body, "spec", "selector", "matchLabels") ?? new Map<string, string>();
  const labels = new Map(
    [...(isKnown(given) ? given : [])].filter((pair): pair is [string, string] => isKnown(pair[1])),
  );
  if (!isKnown(namespace) || labels.size === 0) return undefined;
  const { texts, problem } = await readMetrics({ namespace, labels, port: metricsPort }, options, io.env);
  if (problem !== undefined) say(io, "note", `the controller's metrics are not read: ${problem}`);
  return readSyncDurations(texts);
}

/** The workloads behind DNS names whose own `sleepSeconds` don't cover that. */
function tooShort({ byDnsName }: Advice, { judged }: Assessment): string[] {
  if (!byDnsName) return [];
  return byDnsName.workloads
    .filter(({ id }) => (judged.get(id)?.().requirement.sleepSeconds ?? 0) < byDnsName.seconds)
    .map(labelOf)
    .sort();
}

/** Why there are no settings to copy: none are that long, or the nodes don't grant what they need. */
function noSettings({ facts, seconds }: Result): string | undefined {
  const { shutdownSeconds, maxGracePeriodSeconds: granted = Infinity } = facts;
  if (seconds > longestSleep) return `N${tooLongText.slice(1)}.`;
  if (seconds + shutdownSeconds <= granted) return undefined;
  return `sleepSeconds and shutdownSeconds (${seconds} + ${shutdownSeconds} s) don't fit into maxGracePeriodSeconds (${granted} s): shorten the syncs or the app's shutdown, or raise it if the nodes grant more.`;
}

/** The settings to copy; never fewer seconds than there are. */
function settingsOf(result: Result): PackConfig | undefined {
  if (noSettings(result) !== undefined) return undefined;
  return { "pre-stop-sleep": { sleepSeconds: Math.max(result.facts.sleepSeconds, result.seconds) } };
}

function asJson(result: Result) {
  const { facts, seconds, isAtLeast, advised } = result;
  const { sleepSeconds } = facts;
  return {
    version: 1,
    ...{ sleepSeconds, seconds, isCovered: seconds <= sleepSeconds && !isAtLeast },
    clusters: advised.map(({ advice, tooShort }) => {
      const { reasons, interruptions, missing, byDnsName } = advice;
      return {
        ...{ seconds: advice.seconds, isInferred: advice.isInferred },
        reasons: reasons.map((reason) => ({
          ...{ code: reason.code, seconds: reason.seconds, basis: reason.basis },
          ...reasonText(reason),
        })),
        faults: advice.faults.map(({ id, version, isCertain }) => ({
          ...{ id, of: ownerOf(id), version, isCertain, text: symptomOf(id), fix: upgradeText(id) },
          sources: faultSources(id),
        })),
        ...(byDnsName && { byDnsName: { seconds: byDnsName.seconds, isSet: byDnsName.isSet, tooShort } }),
        interruptions: interruptions.map((each) => ({ ...each, ...interruptionText(each) })),
        missing: missing.map((code) => ({ code, text: missingText(code) })),
      };
    }),
    settings: settingsOf(result),
  };
}

function ownerOf(id: Advice["faults"][number]["id"]): string {
  return faults.find((each) => each.id === id)?.of ?? "";
}

function asText(result: Result): string[] {
  const { facts, seconds, isAtLeast, advised } = result;
  const { sleepSeconds } = facts;
  const isCovered = seconds <= sleepSeconds;
  const judged = !isCovered ? "is too short" : isAtLeast ? "may be too short" : "covers it";
  const lines = [
    `t ${isAtLeast ? "may be more than" : "is up to"} ${seconds} s, as far as is known: sleepSeconds (${sleepSeconds} s) ${judged}.`,
  ];
  for (const { cluster, advice, tooShort } of advised) {
    lines.push(
      "",
      advised.length > 1 ? `Why, in the cluster of ${oneLine(cluster.split("::").at(-1) ?? "")}:` : "Why:",
    );
    for (const reason of advice.reasons) {
      lines.push(...item(`${reason.seconds} s, ${reason.basis}: `, reasonText(reason)));
    }
    const { byDnsName } = advice;
    if (byDnsName && tooShort.length > 0) {
      const by = byDnsName.isSet ? "dns_resolver_valid of APISIX" : "30 s, which APISIX's chart sets; inferred";
      lines.push("", `Behind a DNS name, t is up to ${byDnsName.seconds} s (${by}). Too short are:`);
      lines.push(...tooShort.map((label) => `  ${oneLine(label)}`));
      lines.push(`  Fix: annotate their Pods ${annotationPrefix}sleep-seconds: "${byDnsName.seconds}".`);
    }
    for (const isCertain of [true, false]) {
      const some = advice.faults.filter((fault) => fault.isCertain === isCertain);
      if (some.length > 0) lines.push("", isCertain ? "No sleep helps:" : "Possibly, and no sleep helps then:");
      for (const { id, version } of some) {
        const owner = ownerOf(id) === "adc" ? "ADC" : "controller";
        lines.push(`  ${owner} ${version}: ${symptomOf(id)}.`, `    Fix: ${upgradeText(id)}.`);
        lines.push(...faultSources(id).map((source) => `    ${source}`));
      }
    }
    if (advice.interruptions.length > 0) lines.push("", "At times, whatever the sleep is:");
    for (const each of advice.interruptions) lines.push(...item("", interruptionText(each)));
    if (advice.missing.length > 0) lines.push("", "Not known, and the number may be too low for it:");
    for (const code of advice.missing) lines.push(`  ${missingText(code)}`);
  }
  if (!isCovered) lines.push("", noSettings(result) ?? `Settings:\n  ${JSON.stringify(settingsOf(result))}`);
  return lines;
}

function item(start: string, { text, source }: SourcedText): string[] {
  return [`  ${start}${text}.`, `    ${source}`];
}
