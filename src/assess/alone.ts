/** The judgement of one workload alone: what a resource policy knows, before any route exists. */
import { once } from "../once";
import type { Resource } from "../kubernetes/resource";
import { readWorkload, type Workload } from "../kubernetes/workload";
import { catalogEntryFor, type CatalogMatch } from "../routing/catalog";
import { isExcused } from "../settings/exemptions";
import type { PackSettings } from "../settings/settings";
import { budgetsOf, type FindConfigMap } from "../shutdown/app";
import { judge, type Defect, type Requirement } from "../shutdown/judge";
import { landsOf } from "../shutdown/lands";
import type { Edit } from "../shutdown/remedy";
import { timeline, type Timeline } from "../shutdown/timeline";
import { ofDefect, type Finding } from "./finding";
import { hiddenTimes, withoutTimes } from "./hidden";
import { judgeInjected } from "./injected";
import type { Knowledge } from "./knowledge";
import { partOf, type Parts } from "./parts";
import { remedyFor, rulePolicy, type ResourcePolicyName } from "./policies";
import { graceField, ignored, remarksOn } from "./remarks";
import { excusesFrom, requirementOf, select, wishesOf, type Wishes } from "./workload";

/** What there is to say of one workload alone, before any route is known. Each part is made when it is asked for. */
export interface ResourceAssessment {
  workload: Workload;
  /**
   * @param only `reported`: not of a workload that is only likely to be routed; `excused`: of one that has exemptions, in
   * force or not
   */
  findings: (policy: ResourcePolicyName, only?: "reported" | "excused") => Finding[];
  /**
   * The edits with which a resource policy repairs it; none where it isn't selected, is excused, is a bare Pod that isn't
   * to be repaired, or is fine.
   */
  remedy: (policy: ResourcePolicyName) => Edit[];
  /** What a policy reports as wrong for certain; undefined where it reports nothing, whatever is wrong. */
  reported: (policy: ResourcePolicyName) => Parts | undefined;
  judged: () => Judged;
}

/** A workload's end, and what is wrong with it. */
export interface Judged {
  requirement: Requirement;
  /** Undefined where its containers can't be known. */
  timeline: Timeline | undefined;
  defects: readonly Defect[];
}

/**
 * Judges one resource alone, as a resource policy sees it; undefined where it is no workload.
 *
 * @param today exemptions end by it
 */
export function assessResource(resource: Resource, knowledge: Knowledge, today: Date): ResourceAssessment | undefined {
  const workload = readWorkload(resource, knowledge.settings.facts.workloads);
  return workload && considerAlone(consider(workload, knowledge), knowledge, today);
}

/** A workload with what is to be held of it: read once, its end computed once, and judged once for each requirement. */
export interface Considered {
  workload: Workload;
  wishes: Wishes;
  known: CatalogMatch | undefined;
  timeline: () => Timeline | undefined;
  /** @param serving the containers that serve a routed port; undefined if that can't be known */
  requirement: (serving: readonly string[] | undefined) => Requirement;
  judge: (serving: readonly string[] | undefined) => Judged;
}

/** What of the stack a workload's end depends on. */
export interface Surroundings {
  /** The ConfigMaps that it may name. */
  configMaps: FindConfigMap;
  /** Its Namespace, where the stack has it. */
  namespace: Resource | undefined;
}

/** @param around absent where the stack isn't known */
export function consider(workload: Workload, { settings, catalog }: Knowledge, around?: Surroundings): Considered {
  const { facts } = settings;
  const known = catalog && catalogEntryFor(workload, catalog.index);
  const wishes = wishesOf(workload, settings);
  const line = once(() => timeline(workload.pod, facts));
  const budgets = budgetsOf(workload, around?.configMaps);
  const requirement = (serving: readonly string[] | undefined) => ({
    ...requirementOf(facts, wishes, serving),
    ...{ budgetsOf: budgets.ofContainer, proxyBudget: budgets.ofProxy },
  });
  const hides = hiddenTimes(workload);
  const judged = new Map<string | undefined, Judged>();
  return {
    ...{ workload, wishes, known, timeline: line, requirement },
    judge: (serving) => {
      const key = facts.containers === "serving" ? JSON.stringify(serving) : "";
      let answer = judged.get(key);
      if (!answer) {
        const own = requirement(serving);
        const all = [...judge(workload.pod, own, line()), ...judgeInjected(workload, around?.namespace, own, facts)];
        const defects = all.map((defect) => withoutTimes(defect, hides));
        answer = { timeline: line(), requirement: own, defects };
        judged.set(key, answer);
      }
      return answer;
    },
  };
}

export function considerAlone(of: Considered, { settings }: Knowledge, today: Date): ResourceAssessment {
  const { workload, known } = of;
  const judged = () => of.judge(known?.serving);
  const selected = (policy: ResourcePolicyName) => select(workload, settings.policies[policy], known?.evidence);
  const excuses = (policy: ResourcePolicyName) => excusesFrom(workload, policy, policy, settings, today);
  return {
    workload,
    judged,
    findings: (policy, only) => {
      const { repair, evidence } = selected(policy);
      if (!repair || (only === "reported" && evidence === undefined)) return [];
      const own = excuses(policy);
      if (only === "excused" && own.length === 0) return [];
      const context = {
        ...{ policy, subject: workload.resource, excuses: own },
        evidence: evidence === undefined ? [] : [evidence],
      };
      return judged()
        .defects.filter(({ rule }) => rulePolicy[rule] === policy)
        .map((defect) => {
          const reported = evidence !== undefined && defect.certain;
          return ofDefect(defect, { ...context, reported, remarks: remarksOn(defect, workload) });
        });
    },
    reported: (policy) => {
      if (selected(policy).evidence === undefined || settings.policies[policy].level === "disabled") return undefined;
      const certain = judged().defects.filter(({ rule, certain }) => certain && rulePolicy[rule] === policy);
      return new Set(certain.map(partOf));
    },
    remedy: (policy) =>
      selected(policy).repair && !isExcused(excuses(policy)) ? remedyOf(of, policy, known?.serving, settings) : [],
  };
}

/** What a resource policy would change of a workload, if it were to repair it. */
export function remedyOf(
  { workload, requirement, timeline: line }: Considered,
  policy: ResourcePolicyName,
  serving: readonly string[] | undefined,
  { facts }: PackSettings,
): Edit[] {
  if (landsOf(workload) === "new-pod" && !facts.repairPods) return [];
  const edits = remedyFor[policy](workload.pod, requirement(serving), line());
  // Pulumi takes an ignored change for deployed: the next run would see a grace period that the cluster lacks, and a
  // sleep that fits into it, which the API refuses.
  const setsGrace = edits.some(({ target }) => target === workload.pod.spec);
  return setsGrace && ignored(workload, [graceField(workload)]) !== undefined ? [] : edits;
}
