import { sortedBy } from "../order";
import { fromPulumi, labelOf, type PulumiResource, type Resource } from "../kubernetes/resource";
import { getBoolean } from "../kubernetes/values";
import { isExposed, readWorkload, type Workload } from "../kubernetes/workload";
import { resolveRoutes, type Chain, type Routes } from "../routing";
import { catalogEntryFor, type CatalogMatch } from "../routing/catalog";
import { isExcused } from "../settings/exemptions";
import { policyNames } from "../settings/schema";
import type { PackSettings } from "../settings/settings";
import { judge, type Defect, type Requirement } from "../shutdown/judge";
import { graceRemedy, sleepRemedy, type Edit } from "../shutdown/remedy";
import { timeline, type Timeline } from "../shutdown/timeline";
import { catalogAge, controllerLines, lingering, slowRequest } from "./advice";
import { needlessExemptions } from "./exemptions";
import { evidenceOf, finding, ofDefect, type Finding } from "./finding";
import type { Knowledge } from "./knowledge";
import { isAdvice } from "./blind-spot-messages";
import { resourcePolicies, rulePolicy, type ResourcePolicyName } from "./policies";
import { excusesFrom, optsIn, requirementOf, select, wishesOf, type Wishes } from "./workload";

/** What there is to say of one workload alone, before any route is known. Each part is made when it is asked for. */
export interface ResourceAssessment {
  workload: Workload;
  /** @param onlyReported leave out what is found in a workload that is only likely to be routed */
  findings: (policy: ResourcePolicyName, onlyReported?: boolean) => Finding[];
  /** The edits with which a resource policy repairs it; none where it isn't selected, is excused, or is fine. */
  remedy: (policy: ResourcePolicyName) => Edit[];
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
  const workload = readWorkload(resource);
  return workload && considerAlone(consider(workload, knowledge), knowledge, today);
}

/** A workload with what is to be held of it: read once, its end computed once, and judged once for each requirement. */
interface Considered {
  workload: Workload;
  wishes: Wishes;
  known: CatalogMatch | undefined;
  timeline: () => Timeline | undefined;
  /** @param serving the containers that serve a routed port; undefined if that can't be known */
  requirement: (serving: readonly string[] | undefined) => Requirement;
  judge: (serving: readonly string[] | undefined) => Judged;
}

function consider(workload: Workload, { settings, catalog }: Knowledge): Considered {
  const { facts } = settings;
  const known = catalog && catalogEntryFor(workload, catalog.index);
  const wishes = wishesOf(workload, settings);
  const line = once(() => timeline(workload.pod, facts.kubernetesVersion));
  const requirement = (serving: readonly string[] | undefined) => requirementOf(facts, wishes, serving);
  const judged = new Map<string | undefined, Judged>();
  return {
    ...{ workload, wishes, known, timeline: line, requirement },
    judge: (serving) => {
      const key = facts.containers === "serving" ? JSON.stringify(serving) : "";
      let answer = judged.get(key);
      if (!answer) {
        const own = requirement(serving);
        answer = { timeline: line(), requirement: own, defects: judge(workload.pod, own, line()) };
        judged.set(key, answer);
      }
      return answer;
    },
  };
}

/** What a function returns, computed when it is first asked for. */
function once<T>(compute: () => T): () => T {
  let answer: { value: T } | undefined;
  return () => (answer ??= { value: compute() }).value;
}

function considerAlone(of: Considered, { settings }: Knowledge, today: Date): ResourceAssessment {
  const { workload, known } = of;
  const judged = () => of.judge(known?.serving);
  const selected = (policy: ResourcePolicyName) => select(workload, settings.policies[policy], known?.evidence);
  const excuses = (policy: ResourcePolicyName) => excusesFrom(workload, policy, policy, settings, today);
  return {
    workload,
    judged,
    findings: (policy, onlyReported = false) => {
      const { repair, evidence } = selected(policy);
      if (!repair || (onlyReported && evidence === undefined)) return [];
      const context = {
        ...{ policy, subject: workload.resource, excuses: excuses(policy) },
        evidence: evidence === undefined ? [] : [evidence],
      };
      return judged()
        .defects.filter(({ rule }) => rulePolicy[rule] === policy)
        .map((defect) => ofDefect(defect, { ...context, reported: evidence !== undefined && defect.certain }));
    },
    remedy: (policy) => {
      if (!selected(policy).repair || isExcused(excuses(policy))) return [];
      const remedy = policy === "pre-stop-sleep" ? sleepRemedy : graceRemedy;
      return remedy(workload.pod, of.requirement(known?.serving), of.timeline());
    },
  };
}

function allFindings(of: ResourceAssessment | undefined): Finding[] {
  return of ? resourcePolicies.flatMap((policy) => of.findings(policy)) : [];
}

/** The resources of a stack, or of a set of manifests. */
export interface Stack {
  /** What is to be deployed: the resource policies judge these. */
  planned: readonly PulumiResource[];
  /** What is there afterwards, where that is known to differ: the stack policies judge these. */
  deployed?: readonly PulumiResource[];
}

/** Everything that there is to say of a stack, in an order that doesn't depend on the resources'. */
export interface Assessment {
  findings: Finding[];
  /** What the judgement goes by, of each workload by its id. */
  judged: ReadonlyMap<string, () => Judged>;
  /** All workloads, in an order that doesn't depend on the resources'. */
  workloads: readonly Workload[];
}

/**
 * Judges a whole stack: each workload alone, and then with the routes that reach it.
 *
 * @param today exemptions end, and catalogs grow old, by it
 */
export function assess({ planned, deployed = planned }: Stack, knowledge: Knowledge, today: Date): Assessment {
  const routes = resolveRoutes(kubernetesResources(deployed), knowledge.settings.facts);
  const considered = new Map<Workload, Considered>();
  for (const workload of routes.allWorkloads) considered.set(workload, consider(workload, knowledge));

  const findings: Finding[] = [];
  const add = (more: Iterable<Finding>) => {
    for (const one of more) findings.push(one);
  };
  if (deployed === planned) for (const of of considered.values()) add(allFindings(considerAlone(of, knowledge, today)));
  else for (const each of kubernetesResources(planned)) add(allFindings(assessResource(each, knowledge, today)));
  const judged = new Map<string, () => Judged>();
  add(withRoutes(routes, considered, judged, knowledge, today));
  add(ofStack(deployed, routes, knowledge, today));
  add(needlessExemptions(routes.allWorkloads, findings, knowledge, today));
  return { findings: sorted(findings), judged, workloads: routes.allWorkloads };
}

function kubernetesResources(resources: readonly PulumiResource[]): Resource[] {
  return resources.map(fromPulumi).filter((resource) => resource !== undefined);
}

/** What the routes of the stack make known. */
function* withRoutes(
  routes: Routes,
  considered: ReadonlyMap<Workload, Considered>,
  judged: Map<string, () => Judged>,
  knowledge: Knowledge,
  today: Date,
): Iterable<Finding> {
  for (const spot of routes.blindSpots) {
    const { code, data, resource: subject, evidence } = spot;
    // What the controller refuses or ignores is known, and nothing is hidden.
    const isRefused = isAdvice(spot);
    const policy = isRefused ? "apisix-rollout-advice" : "apisix-route-blind-spots";
    yield finding(code, data as never, { policy, subject, evidence, certain: isRefused });
  }
  const routed = new Map(routes.workloads.map((each) => [each.workload, each.chains]));
  for (const [workload, of] of considered) {
    const chains = routed.get(workload);
    const serving = chains ? servingContainers(chains) : of.known?.serving;
    const own = () => of.judge(serving);
    judged.set(workload.resource.id, own);
    if (chains) yield* ofRouted(of, own(), chains, knowledge, today);
    else yield* ofUnrouted(of, own, knowledge, today);
  }
  for (const { service, chains } of routes.services) {
    const upstream = chains.filter(isUpstream);
    if (upstream.length === 0 || getBoolean(service.body, "spec", "publishNotReadyAddresses") !== true) continue;
    const context = { policy: "apisix-routed-workloads", subject: service, ...evidenceOf(upstream) } as const;
    yield finding("publishes-not-ready", { service: labelOf(service) }, context);
  }
  const { settings } = knowledge;
  yield* lingering(routes.workloads, (workload) =>
    excusesFrom(workload, "apisix-rollout-advice", undefined, settings, today),
  );
  yield* controllerLines(routes);
}

function* ofRouted(
  { workload, wishes }: Considered,
  judged: Judged,
  chains: readonly Chain[],
  { settings }: Knowledge,
  today: Date,
): Iterable<Finding> {
  const subject = workload.resource;
  const upstream = chains.filter(isUpstream);
  const { defects } = judged;
  for (const defect of defects) {
    // A mirrored request's answer is thrown away: no client sees it fail.
    if (defect.certain && upstream.length === 0) continue;
    const policy = defect.certain ? "apisix-routed-workloads" : "apisix-route-blind-spots";
    const excuses = excusesFrom(workload, policy, rulePolicy[defect.rule], settings, today);
    const evidence = evidenceOf(defect.certain ? upstream : chains);
    const deniesRoute = optsIn(workload, settings.policies[policy]) === false;
    yield ofDefect(defect, { policy, subject, ...evidence, excuses, deniesRoute });
  }
  if (upstream.length === 0) yield* ofMirrored(workload, defects, chains, settings, today);
  const slow = slowRequest(workload.pod, upstream, judged);
  if (slow) {
    const { container, chain, ...data } = slow;
    const policy = "apisix-rollout-advice";
    const excuses = excusesFrom(workload, policy, undefined, settings, today);
    const context = { policy, subject, excuses, ...evidenceOf([chain]) } as const;
    yield { ...finding("timeout-exceeds-grace", data, context), container };
  }
  yield* ofAnnotations(wishes, workload, evidenceOf(chains).evidence, settings, today);
}

/** A workload that only gets copies of requests: its defects in one line of advice, but for those that are excused. */
function* ofMirrored(
  workload: Workload,
  defects: readonly Defect[],
  chains: readonly Chain[],
  settings: PackSettings,
  today: Date,
): Iterable<Finding> {
  const policy = "apisix-rollout-advice";
  const certain = defects
    .filter((defect) => defect.certain)
    .map((defect) => ({ defect, excuses: excusesFrom(workload, policy, rulePolicy[defect.rule], settings, today) }));
  const open = certain.filter(({ excuses }) => !isExcused(excuses));
  const told = open.length > 0 ? open : certain;
  const [first] = told;
  if (!first) return;
  const data = { workload: labelOf(workload.resource), defects: told.map(({ defect }) => defect) };
  const excuses = [...new Map(told.flatMap((each) => each.excuses).map((each) => [each.source, each])).values()];
  const context = { policy, subject: workload.resource, evidence: evidenceOf(chains).evidence, excuses } as const;
  const { container } = first.defect;
  yield { ...finding("mirror-only", data, context), ...(container === undefined ? {} : { container }) };
}

/** A workload that no route of the stack reaches: what can't be judged of it, if it is known to be routed otherwise. */
function* ofUnrouted(
  { workload, wishes, known }: Considered,
  judged: () => Judged,
  { settings }: Knowledge,
  today: Date,
): Iterable<Finding> {
  const policy = "apisix-route-blind-spots";
  const selections = resourcePolicies.map((each) => select(workload, settings.policies[each], known?.evidence));
  const evidence = selections.find((each) => each.evidence !== undefined)?.evidence;
  yield* ofAnnotations(wishes, workload, [evidence ?? labelOf(workload.resource)], settings, today);
  if (evidence === undefined) return;
  for (const defect of judged().defects) {
    if (defect.certain) continue;
    const excuses = excusesFrom(workload, policy, rulePolicy[defect.rule], settings, today);
    yield ofDefect(defect, { policy, subject: workload.resource, evidence: [evidence], excuses });
  }
}

function* ofAnnotations(
  { problems }: Wishes,
  workload: Workload,
  evidence: readonly string[],
  settings: PackSettings,
  today: Date,
): Iterable<Finding> {
  const policy = "apisix-route-blind-spots";
  for (const { code, data } of problems) {
    const excuses = excusesFrom(workload, policy, undefined, settings, today);
    yield finding(code, data as never, { policy, subject: workload.resource, evidence, excuses });
  }
}

/** What is true of the stack as a whole. */
function* ofStack(
  all: readonly PulumiResource[],
  routes: Routes,
  knowledge: Knowledge,
  today: Date,
): Iterable<Finding> {
  const policy = "apisix-route-blind-spots";
  // A Helm release is one opaque resource to Pulumi: what it installs is not in the stack.
  const releases = all.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release").map(({ name }) => `"${name}"`);
  if (releases.length > 0) {
    yield finding("helm-release", { releases: releases.sort().join(", "), count: releases.length }, { policy });
  }
  const exposed = unjudged(routes, knowledge);
  if (exposed.length > 0) {
    const mayAnnotate = knowledge.settings.policies["pre-stop-sleep"].allowAnnotations;
    yield finding("nothing-to-judge", { workloads: exposed.length, mayAnnotate }, { policy });
  }
  const old = catalogAge(knowledge, today);
  if (old) yield old;
}

/**
 * The workloads that look reachable, where nothing says which workloads are routed: no route, no catalog, no annotation
 * and no setting. None where something does; those that are annotated as not routed don't count.
 */
function unjudged({ services, blindSpots, allWorkloads }: Routes, { settings, catalog }: Knowledge): Workload[] {
  if (catalog || services.length > 0 || blindSpots.length > 0) return [];
  const active = resourcePolicies
    .map((policy) => settings.policies[policy])
    .filter(({ level }) => level !== "disabled");
  const isKnown = (workload: Workload) => active.some((own) => select(workload, own).evidence !== undefined);
  if (allWorkloads.some(isKnown)) return [];
  return allWorkloads.filter(
    (workload) => isExposed(workload.pod) === true && active.every((own) => optsIn(workload, own) !== false),
  );
}

function isUpstream({ via }: Chain): boolean {
  return via === "upstream";
}

/** The containers that serve the routed ports; undefined where one of the chains doesn't tell. */
function servingContainers(chains: readonly Chain[]): string[] | undefined {
  const names = new Set<string>();
  for (const { serving } of chains) {
    if (!serving) return undefined;
    for (const name of serving) names.add(name);
  }
  return [...names];
}

/** By policy, resource, container and code: the same order whatever the order of the resources. */
function sorted(findings: readonly Finding[]): Finding[] {
  return sortedBy(findings, ({ policy, subject, container = "", code, evidence, data }) => {
    const label = subject ? `${labelOf(subject)}\0${subject.id}` : "";
    return [policyNames.indexOf(policy), label, container, code, evidence.join("\n"), JSON.stringify(data)];
  });
}
