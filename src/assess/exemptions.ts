/** Who is excused from what, why and until when; and which exemptions have no effect. */
import { labelOf } from "../kubernetes/resource";
import { hidden } from "../kubernetes/secrets";
import { isKnown } from "../kubernetes/values";
import type { Workload } from "../kubernetes/workload";
import { ignorePrefix, type Excuse } from "../settings/exemptions";
import { policyNames, type Exemption, type PolicyName } from "../settings/schema";
import { didYouMean } from "../schema/did-you-mean";
import { finding, type Finding } from "./finding";
import type { Knowledge } from "./knowledge";
import { areAnnotationsSecret } from "./hidden";
import { annotationsOf, excusesFrom } from "./workload";

/** One exemption of one workload. */
export interface ListedExemption {
  /** Absent where an exemption of the settings matches no workload. */
  workload?: Workload;
  /** The policies that it is from, in the pack's order. */
  policies: PolicyName[];
  /** Where it stands, its reason, its last day, and why it doesn't hold, if it doesn't. */
  excuse: Excuse;
  /** How many findings it keeps back, or would if it held. */
  findings: number;
}

/**
 * All exemptions that concern these workloads, in force or not: those of the settings in their order, then those by
 * annotation.
 *
 * @param findings all of the same judgement
 */
export function listExemptions(
  workloads: readonly Workload[],
  findings: readonly Finding[],
  { settings }: Knowledge,
  today: Date,
): ListedExemption[] {
  const keptBack = new Map<string, number>();
  for (const { subject, excuses } of findings) {
    for (const excuse of excuses) {
      const key = keyOf(excuse, subject?.id);
      keptBack.set(key, (keptBack.get(key) ?? 0) + 1);
    }
  }
  const listed = new Map<string, ListedExemption>();
  const matched = new Set<string>();
  for (const policy of policyNames) {
    for (const workload of workloads) {
      for (const excuse of excusesFrom(workload, policy, undefined, settings, today)) {
        const entry = entryOf(excuse, settings.policies[policy].exempt);
        const key = JSON.stringify([entry, keyOf(excuse, workload.resource.id)]);
        matched.add(entry);
        const same = listed.get(key);
        if (same) same.policies.push(policy);
        else
          listed.set(key, {
            workload,
            policies: [policy],
            excuse,
            findings: keptBack.get(keyOf(excuse, workload.resource.id)) ?? 0,
          });
      }
    }
    for (const [i, { reason, until }] of settings.policies[policy].exempt.entries()) {
      const excuse: Excuse = { source: `exempt[${i}]`, reason, ...(until === undefined ? {} : { until }) };
      const entry = entryOf(excuse, settings.policies[policy].exempt);
      if (matched.has(entry)) continue;
      const same = listed.get(entry);
      if (same) same.policies.push(policy);
      else listed.set(entry, { policies: [policy], excuse, findings: 0 });
    }
  }
  const all = [...listed.values()];
  return [...all.filter(isSetting), ...all.filter((each) => !isSetting(each))];
}

function isSetting({ excuse }: Pick<ListedExemption, "excuse">): boolean {
  return excuse.source.startsWith("exempt[");
}

function keyOf(excuse: Excuse, subject: string | undefined): string {
  return JSON.stringify([excuse, subject]);
}

/** What an excuse comes from: an exemption of the settings is the same in all policies that have it at the same place. */
function entryOf({ source }: Excuse, exempt: readonly Exemption[]): string {
  const index = /^exempt\[(\d+)\]$/.exec(source)?.[1];
  return JSON.stringify(index === undefined ? source : [source, exempt[Number(index)]]);
}

/** The exemptions that keep no finding back: a workload that is fine by now, or a name that no workload has. */
export function* needlessExemptions(
  workloads: readonly Workload[],
  findings: readonly Finding[],
  knowledge: Knowledge,
  today: Date,
): Iterable<Finding> {
  const policy = "apisix-rollout-advice";
  const reported = new Set(
    findings
      .filter((one) => one.reported)
      .flatMap(({ excuses, subject }) => excuses.map((excuse) => keyOf(excuse, subject?.id))),
  );
  const bySetting = new Map<string, { source: string; findings: number; workloads: Workload[] }>();
  for (const listed of listExemptions(workloads, findings, knowledge, today)) {
    const { workload, excuse, policies } = listed;
    const { fault } = excuse;
    const source = sourceOf(excuse, policies);
    // An expired one is said beside what it doesn't keep back any more; of the others something is to be mended.
    if (workload && fault !== undefined && fault !== "expired") {
      if (reported.has(keyOf(excuse, workload.resource.id))) continue;
      const data = { source, workload: labelOf(workload.resource), fault };
      yield finding("exemption-invalid", data, { policy, subject: workload.resource });
    } else if (isSetting(listed)) {
      const entry = JSON.stringify([source, excuse.reason, excuse.until]);
      const sum = bySetting.get(entry) ?? { source, findings: 0, workloads: [] };
      sum.findings += listed.findings;
      if (workload) sum.workloads.push(workload);
      bySetting.set(entry, sum);
    } else if (workload && listed.findings === 0) {
      const data = { source, workload: labelOf(workload.resource), others: 0 };
      yield finding("exemption-without-effect", data, { policy, subject: workload.resource });
    }
  }
  for (const { source, ...sum } of bySetting.values()) {
    if (sum.findings > 0) continue;
    const labels = sum.workloads.map(({ resource }) => labelOf(resource)).sort();
    const [workload] = labels;
    yield workload === undefined
      ? finding("exemption-matches-nothing", { source }, { policy })
      : finding("exemption-without-effect", { source, workload, others: labels.length - 1 }, { policy });
  }
  yield* misspelled(workloads, knowledge);
}

/** Where an exemption stands, and of which policies, if it isn't of all. */
function sourceOf({ source }: Excuse, policies: readonly PolicyName[]): string {
  if (!source.startsWith("exempt[") || policies.length === policyNames.length) return source;
  return `${source} of ${policies.join(", ")}`;
}

/** Annotations that ask to be excused from a policy that doesn't exist. */
function* misspelled(workloads: readonly Workload[], { settings }: Knowledge): Iterable<Finding> {
  const isAllowed = Object.values(settings.policies).some(({ allowAnnotations }) => allowAnnotations);
  if (!isAllowed) return;
  for (const workload of workloads) {
    const areHidden = areAnnotationsSecret(workload);
    for (const [annotation, value] of annotationsOf(workload)) {
      if (!annotation.startsWith(ignorePrefix) || !isKnown(value)) continue;
      const name = annotation.slice(ignorePrefix.length);
      if ((policyNames as string[]).includes(name)) continue;
      const data = areHidden ? { annotation: hidden, hint: "" } : { annotation, hint: didYouMean(name, policyNames) };
      yield finding("exemption-policy-unknown", data, { policy: "apisix-rollout-advice", subject: workload.resource });
    }
  }
}
