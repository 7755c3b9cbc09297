/** Who is excused from what, why and until when; and which exemptions excuse nothing. */
import { labelOf, type Resource } from "../src/kubernetes/resource";
import { isKnown } from "../src/kubernetes/values";
import { readWorkload, type Workload } from "../src/kubernetes/workload";
import { resolveRoutes, type RoutedWorkload } from "../src/routing";
import { ignorePrefix, type Excuse } from "../src/settings/exemptions";
import { policyNames, type PolicyName, type ResolvedSettings } from "../src/settings/schema";
import { didYouMean } from "../src/settings/settings";
import { judge } from "../src/shutdown/judge";
import { knownRoute } from "./catalog";
import { judgeRouted } from "./stack";
import { annotationsOf, excusesFrom, requirementOf, select, wishesOf } from "./workload-rules";

/** One exemption of one workload. */
export interface ListedExemption {
  /** Whom it excuses; undefined where an exemption of the settings matches no workload. */
  workload?: Workload;
  /** From what: the policies that it holds for, in the pack's order. */
  policies: PolicyName[];
  /** Where it stands, its reason, its last day, and why it doesn't hold, if it doesn't. */
  excuse: Excuse;
  /** How many findings it keeps back, or would if it held. */
  findings: number;
}

/**
 * All exemptions that concern these resources, in force or not: those of the settings in their order, then those by
 * annotation.
 *
 * @param settingsOf each policy's settings
 * @param followed the routed workloads, where the caller has followed the routes already
 */
export function listExemptions(
  resources: readonly Resource[],
  settingsOf: (policy: PolicyName) => ResolvedSettings,
  today: Date,
  followed?: readonly RoutedWorkload[],
): ListedExemption[] {
  const workloads = resources.map(readWorkload).filter((workload) => workload !== undefined);
  // Most stacks have no exemptions: routes are followed for the first one.
  let routed: Map<Resource, RoutedWorkload> | undefined;
  const routedOf = ({ resource }: Workload) => {
    const all = () => followed ?? resolveRoutes(resources, settingsOf("apisix-routed-workloads")).workloads;
    routed ??= new Map(all().map((each) => [each.workload.resource, each]));
    return routed.get(resource);
  };
  const listed = new Map<string, ListedExemption>();
  const matched = new Set<string>();
  for (const policy of policyNames) {
    const settings = settingsOf(policy);
    for (const workload of workloads) {
      const excuses = excusesFrom(workload, [policy], settings, today);
      if (excuses.length === 0) continue;
      const findings = findingsOf(policy, workload, routedOf(workload), settings, today);
      for (const excuse of excuses) {
        const key = JSON.stringify([excuse, workload.resource.id]);
        matched.add(settingKey(excuse));
        const same = listed.get(key);
        if (same) {
          same.policies.push(policy);
          same.findings += findings;
        } else listed.set(key, { workload, policies: [policy], excuse, findings });
      }
    }
  }
  const unmatched = new Map<string, ListedExemption>();
  for (const policy of policyNames) {
    for (const [i, { reason, until }] of settingsOf(policy).exempt.entries()) {
      const excuse: Excuse = { source: `exempt[${i}]`, reason, ...(until === undefined ? {} : { until }) };
      const key = settingKey(excuse);
      if (matched.has(key)) continue;
      const same = unmatched.get(key);
      if (same) same.policies.push(policy);
      else unmatched.set(key, { policies: [policy], excuse, findings: 0 });
    }
  }
  const isSetting = ({ excuse }: ListedExemption) => excuse.source.startsWith("exempt[");
  const all = [...listed.values(), ...unmatched.values()];
  return [...all.filter(isSetting), ...all.filter((each) => !isSetting(each))];
}

/** An exemption of the settings is the same in all policies that have it at the same place, with the same reason. */
function settingKey({ source, reason, until }: Excuse): string {
  return JSON.stringify([source, reason, until]);
}

/** How many findings a policy would have about a workload that nobody excused. */
function findingsOf(
  policy: PolicyName,
  workload: Workload,
  routed: RoutedWorkload | undefined,
  settings: ResolvedSettings,
  today: Date,
): number {
  const isReached = routed?.chains.some(({ via }) => via === "upstream") ?? false;
  if (policy === "apisix-routed-workloads" || policy === "apisix-route-blind-spots") {
    if (!routed) return 0;
    const { findings } = judgeRouted(routed, policy, settings, today);
    const isBlindSpot = policy === "apisix-route-blind-spots";
    return findings.filter(({ certain }) => (isBlindSpot ? !certain || !isReached : certain && isReached)).length;
  }
  const wishes = wishesOf(workload, settings);
  const known = knownRoute(workload, settings);
  // The stack policy takes a resource policy's exemption for its own, too.
  if (!isReached && !select(workload, settings, wishes, known?.evidence).repair) return 0;
  const about = policy === "pre-stop-sleep" ? "sleep" : "grace";
  const findings = judge(workload.pod, requirementOf(settings, wishes, known?.serving));
  return findings.filter((finding) => finding.about === about).length;
}

/** An exemption that excuses nothing, and what to do about it. */
export interface Needless {
  resource?: Resource;
  what: string;
  fix: string;
}

/** The exemptions that keep no finding back: a workload that is fine by now, or a name that nobody has. */
export function* needlessExemptions(
  resources: readonly Resource[],
  routed: readonly RoutedWorkload[],
  settings: ResolvedSettings,
  today: Date,
): Iterable<Needless> {
  const bySetting = new Map<string, { findings: number; workloads: Workload[] }>();
  for (const { workload, excuse, findings } of listExemptions(resources, () => settings, today, routed)) {
    if (excuse.source.startsWith("exempt[")) {
      const sum = bySetting.get(excuse.source) ?? { findings: 0, workloads: [] };
      sum.findings += findings;
      if (workload) sum.workloads.push(workload);
      bySetting.set(excuse.source, sum);
    } else if (workload && findings === 0) {
      yield {
        resource: workload.resource,
        what: `The annotation ${excuse.source} of ${labelOf(workload.resource)} excuses nothing: the policy has nothing to say about it.`,
        fix: "remove the annotation.",
      };
    }
  }
  for (const [source, { findings, workloads }] of bySetting) {
    if (findings > 0) continue;
    const [first] = workloads;
    yield {
      what: first
        ? `The exemption ${source} excuses nothing: there is nothing to say about ${labelOf(first.resource)}${workloads.length > 1 ? ` and ${workloads.length - 1} more` : ""}.`
        : `The exemption ${source} excuses nothing: no workload of this stack matches it.`,
      fix: "remove the exemption, or correct whom it names.",
    };
  }
  yield* misspelt(resources, settings);
}

/** Annotations that ask to be excused from a policy that doesn't exist. */
function* misspelt(resources: readonly Resource[], settings: ResolvedSettings): Iterable<Needless> {
  if (!settings.allowAnnotations) return;
  for (const resource of resources) {
    const workload = readWorkload(resource);
    if (!workload) continue;
    for (const [annotation, value] of annotationsOf(workload)) {
      if (!annotation.startsWith(ignorePrefix) || !isKnown(value)) continue;
      const policy = annotation.slice(ignorePrefix.length);
      if ((policyNames as string[]).includes(policy)) continue;
      yield {
        resource,
        what: `The annotation ${annotation} of ${labelOf(resource)} excuses nothing: there is no such policy${didYouMean(policy, policyNames)}.`,
        fix: "correct the annotation.",
      };
    }
  }
}
