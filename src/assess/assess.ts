import { sortedBy } from "../order";
import { parseUrn } from "../urn";
import { readRelease, type HelmRelease } from "../kubernetes/helm";
import { expandLists } from "../kubernetes/lists";
import { fromPulumi, labelOf, type PulumiResource, type Resource } from "../kubernetes/resource";
import { getBoolean } from "../kubernetes/values";
import { isExposed, type Workload } from "../kubernetes/workload";
import type { Evidence } from "../latency";
import { resolveRoutes, type Chain, type Routes } from "../routing";
import { isExcused } from "../settings/exemptions";
import { policyNames, type PolicyName } from "../settings/schema";
import type { PackSettings } from "../settings/settings";
import { configMapsOf } from "../shutdown/app";
import { isApisix } from "../shutdown/app/apisix";
import type { Defect, Rule } from "../shutdown/judge";
import {
  adviceOnWorkloads,
  apisixPods,
  catalogAge,
  controllerLines,
  deadRoutes,
  latency,
  latencyEvidence,
  lingering,
} from "./advice";
import {
  assessResource,
  consider,
  considerAlone,
  remedyOf,
  type Considered,
  type Judged,
  type ResourceAssessment,
} from "./alone";
import { needlessExemptions } from "./exemptions";
import { evidenceOf, finding, isUpstream, ofDefect, type Finding, type Remark } from "./finding";
import { namespacesOf } from "./injected";
import type { Knowledge } from "./knowledge";
import { isAdvice } from "./blind-spot-messages";
import { resourcePolicies, rulePolicy } from "./policies";
import { remarksOn } from "./remarks";
import { partOf, reportKey, type Parts } from "./parts";
import { ofRepair, undoneOf, without } from "./repairs";
import { evidenceAlone, excusesFrom, optsIn, select, type Wishes } from "./workload";

function allFindings(of: ResourceAssessment | undefined, only?: "excused"): Finding[] {
  return of ? resourcePolicies.flatMap((policy) => of.findings(policy, only)) : [];
}

/** The resources of a stack, or of a set of manifests. */
export interface Stack {
  /** What is to be deployed: the resource policies judge these. */
  planned: readonly PulumiResource[];
  /** What is there afterwards, where that is known to differ: the stack policies judge these. */
  deployed?: readonly PulumiResource[];
  /** What was repaired in this run, by id: what the stack doesn't hold of it was undone. */
  repaired?: ReadonlyMap<string, Parts>;
  /**
   * What a resource policy found wrong with what is planned, by `reportKey`, of those that it knows to be routed. Absent:
   * it is found here, and so is all that the resource policies report.
   */
  reported?: ReadonlyMap<string, Parts>;
  /** The URNs of resources that couldn't be read, in this stack or while it was planned. */
  unreadable?: Iterable<string>;
}

/** Everything that there is to say of a stack, in an order that doesn't depend on the resources'. */
export interface Assessment {
  findings: Finding[];
  /** What the judgement goes by, of each workload by its id. */
  judged: ReadonlyMap<string, () => Judged>;
  /** Those that a route of the stack sends requests to, and not only their copies. */
  routed: ReadonlySet<string>;
  /** What is known of t, a cluster each. */
  latency: readonly Evidence[];
  /** All workloads, in an order that doesn't depend on the resources'. */
  workloads: readonly Workload[];
}

/**
 * Judges a whole stack: each workload alone, and then with the routes that reach it.
 *
 * @param today exemptions end, and catalogs grow old, by it
 */
export function assess(stack: Stack, knowledge: Knowledge, today: Date): Assessment {
  const { planned, deployed = planned, repaired = new Map() } = stack;
  const resources = kubernetesResources(deployed);
  const releases = deployed.map(readRelease).filter((release) => release !== undefined);
  const routes = resolveRoutes(resources, knowledge.settings.facts, releases);
  const configMaps = configMapsOf(resources);
  const namespaceFor = namespacesOf(resources);
  const considered = new Map<Workload, Considered>();
  for (const workload of routes.allWorkloads) {
    const around = { configMaps: configMaps(workload.resource), namespace: namespaceFor(workload) };
    considered.set(workload, consider(workload, knowledge, around));
  }

  const findings: Finding[] = [];
  const add = (more: Iterable<Finding>) => {
    for (const one of more) findings.push(one);
  };
  if (deployed === planned) {
    // The resource policies have reported theirs: what is left is which exemptions are needed.
    const only = stack.reported ? "excused" : undefined;
    for (const of of considered.values()) add(allFindings(considerAlone(of, knowledge, today), only));
  }
  const reported = new Map<string, Parts>();
  if (deployed !== planned) {
    for (const each of kubernetesResources(planned)) {
      const of = assessResource(each, knowledge, today);
      add(allFindings(of));
      for (const policy of resourcePolicies) {
        const parts = of?.reported(policy);
        if (parts) reported.set(reportKey(policy, each.id), parts);
      }
    }
  }
  const judged = new Map<string, () => Judged>();
  const run = { repaired, reported: stack.reported ?? reported };
  add(withRoutes(routes, considered, judged, run, knowledge, today));
  add(adviceOnWorkloads(routes, resources, considered, judged, knowledge, today));
  add(apisixPods(routes, considered, configMaps, knowledge, today));
  const evidence = latencyEvidence(routes, resources, configMaps, knowledge);
  add(latency(evidence, routes, knowledge, today));
  add(ofStack(resources, releases, routes, knowledge, today));
  const lost = unreadable([...(stack.unreadable ?? [])]);
  if (lost) add([lost]);
  add(needlessExemptions(routes.allWorkloads, findings, knowledge, today));
  const upstream = routes.workloads.filter(({ chains }) => chains.some(isUpstream));
  const routed = new Set(upstream.map(({ workload }) => workload.resource.id));
  return { findings: sorted(findings), judged, routed, latency: evidence, workloads: routes.allWorkloads };
}

function kubernetesResources(resources: readonly PulumiResource[]): Resource[] {
  return resources.map(fromPulumi).filter((resource) => resource !== undefined);
}

/** What the routes of the stack make known. */
function* withRoutes(
  routes: Routes,
  considered: ReadonlyMap<Workload, Considered>,
  judged: Map<string, () => Judged>,
  { repaired, reported }: Required<Pick<Stack, "repaired" | "reported">>,
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
    const { id } = workload.resource;
    judged.set(id, own);
    const repairs = repaired.get(id);
    const undone = repairs && undoneOf(of, own(), repairs, knowledge, today);
    if (chains) yield* ofRouted(of, without(undone, own()), chains, knowledge, today);
    else yield* ofUnrouted(of, () => without(undone, own()), reported, knowledge, today);
    if (repairs) yield* ofRepair(of, undone, chains ?? [], knowledge, today);
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
  yield* deadRoutes(routes);
}

function* ofRouted(
  of: Considered,
  judged: Judged,
  chains: readonly Chain[],
  knowledge: Knowledge,
  today: Date,
): Iterable<Finding> {
  const { settings } = knowledge;
  const { workload, wishes } = of;
  const subject = workload.resource;
  const upstream = chains.filter(isUpstream);
  const { defects } = judged;
  // The same for all containers: a Pod may have many.
  const context = oncePerKind(({ rule, certain }: Defect) => {
    const policy = certain ? "apisix-routed-workloads" : "apisix-route-blind-spots";
    const excuses = excusesFrom(workload, policy, rulePolicy[rule], settings, today);
    const given = { policy, subject, ...evidenceOf(certain ? upstream : chains), excuses } as const;
    return { given, remarks: remarksOnRoute(of, rule, certain, policy, knowledge) };
  });
  for (const defect of defects) {
    // A mirrored request's answer is thrown away: no client sees it fail.
    if (defect.certain && upstream.length === 0) continue;
    const { given, remarks } = context(defect);
    yield ofDefect(defect, { ...given, remarks: [...remarksOn(defect, workload), ...remarks] });
  }
  if (upstream.length === 0) yield* ofMirrored(workload, defects, chains, settings, today);
  yield* ofAnnotations(wishes, workload, evidenceOf(chains).evidence, settings, today);
}

/** What depends on a defect's rule and certainty alone, computed once for each. */
function oncePerKind<T>(compute: (defect: Defect) => T): (defect: Defect) => T {
  const answers = new Map<string, T>();
  return (defect) => {
    const key = `${defect.rule} ${defect.certain}`;
    const answer = answers.get(key) ?? compute(defect);
    answers.set(key, answer);
    return answer;
  };
}

/** Why a workload that a route reaches isn't repaired, though it could be. */
function remarksOnRoute(
  of: Considered,
  rule: Rule,
  certain: boolean,
  policy: PolicyName,
  knowledge: Knowledge,
): Remark[] {
  const { settings } = knowledge;
  const { workload, known } = of;
  if (optsIn(workload, settings.policies[policy]) === false) return [{ about: "denies-route" }];
  const repairing = rulePolicy[rule];
  const own = settings.policies[repairing];
  const isRepaired = own.level === undefined || own.level === "remediate";
  if (!certain || !isRepaired || select(workload, own, known?.evidence).repair) return [];
  // As the resource policy sees it, without the ConfigMaps.
  if (remedyOf(consider(workload, knowledge), repairing, undefined, settings).length === 0) return [];
  return [{ about: "not-selected", select: own.select, mayAnnotate: own.allowAnnotations }];
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
  const excuses = oncePerKind(({ rule }) => excusesFrom(workload, policy, rulePolicy[rule], settings, today));
  const certain = defects.filter((defect) => defect.certain).map((defect) => ({ defect, excuses: excuses(defect) }));
  const open = certain.filter(({ excuses }) => !isExcused(excuses));
  const told = open.length > 0 ? open : certain;
  const [first] = told;
  if (!first) return;
  const data = { workload: labelOf(workload.resource), defects: told.map(({ defect }) => defect) };
  const all = new Map(told.flatMap((each) => each.excuses).map((each) => [each.source, each]));
  const { evidence } = evidenceOf(chains);
  const context = { policy, subject: workload.resource, evidence, excuses: [...all.values()] } as const;
  const { container } = first.defect;
  yield { ...finding("mirror-only", data, context), ...(container === undefined ? {} : { container }) };
}

/** A workload that no route of the stack reaches: what can't be judged of it, if it is known to be routed otherwise. */
function* ofUnrouted(
  { workload, wishes, known }: Considered,
  judged: () => Judged,
  reported: NonNullable<Stack["reported"]>,
  { settings }: Knowledge,
  today: Date,
): Iterable<Finding> {
  const evidence = evidenceAlone(workload, settings, known?.evidence);
  yield* ofAnnotations(wishes, workload, [evidence ?? labelOf(workload.resource)], settings, today);
  if (evidence === undefined) return;
  const context = oncePerKind(({ rule, certain }) => {
    const policy = certain ? "apisix-routed-workloads" : "apisix-route-blind-spots";
    const excuses = excusesFrom(workload, policy, rulePolicy[rule], settings, today);
    return { policy, subject: workload.resource, evidence: [evidence], excuses } as const;
  });
  for (const defect of judged().defects) {
    // What is certain, the resource policies have reported: unless only the stack lacks what was planned.
    const told = reported.get(reportKey(rulePolicy[defect.rule], workload.resource.id));
    if (defect.certain && (!told || told.has(partOf(defect)))) continue;
    yield ofDefect(defect, { ...context(defect), remarks: remarksOn(defect, workload) });
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

/** The resources that couldn't be read, in one finding: nothing else can be said of them. */
function unreadable(urns: readonly string[]): Finding | undefined {
  if (urns.length === 0) return undefined;
  const names = urns.map(nameFromUrn).sort();
  const data = { resources: names.slice(0, 3), others: Math.max(0, names.length - 3) };
  return finding("resource-unreadable", data, { policy: "apisix-route-blind-spots" });
}

/** `urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::web` → `Deployment web`. */
function nameFromUrn(text: string): string {
  const urn = parseUrn(text);
  return urn ? `${urn.kind} ${urn.name}` : text;
}

/** What is true of the stack as a whole. */
function* ofStack(
  resources: readonly Resource[],
  releases: readonly HelmRelease[],
  routes: Routes,
  knowledge: Knowledge,
  today: Date,
): Iterable<Finding> {
  const policy = "apisix-route-blind-spots";
  if (releases.length > 0) {
    const names = releases.map(({ logicalName }) => `"${logicalName}"`).sort();
    yield finding("helm-release", { releases: names.join(", "), count: names.length }, { policy });
  }
  const objects = expandLists(resources).filter(installsOthers).map(labelOf).sort();
  if (objects.length > 0) {
    yield finding(
      "gitops-objects",
      { objects: objects.slice(0, 3), others: Math.max(0, objects.length - 3) },
      { policy },
    );
  }
  const mayAnnotate = knowledge.settings.policies["pre-stop-sleep"].allowAnnotations;
  const old = catalogAge(knowledge, today);
  if (old) yield old;
  if (!isSilent(routes, knowledge)) return;
  const [apisix, ...others] = apisixOf(routes, releases);
  if (apisix !== undefined) {
    yield finding("no-routes-seen", { apisix, others: others.length, mayAnnotate }, { policy });
  }
  const exposed = unjudged(routes, knowledge);
  if (exposed.length > 0) yield finding("nothing-to-judge", { workloads: exposed.length, mayAnnotate }, { policy });
}

/** The kinds of Argo CD and Flux that install what is elsewhere. */
const installers: Readonly<Record<string, string>> = {
  Application: "argoproj.io",
  ApplicationSet: "argoproj.io",
  HelmRelease: "helm.toolkit.fluxcd.io",
  Kustomization: "kustomize.toolkit.fluxcd.io",
};

function installsOthers({ kind, group }: Resource): boolean {
  return Object.hasOwn(installers, kind) && installers[kind] === group;
}

/** APISIX and its controller in the stack: their workloads, and the releases of their charts. */
function apisixOf({ allWorkloads }: Routes, releases: readonly HelmRelease[]): string[] {
  return [
    ...allWorkloads.filter(isApisix).map(({ resource }) => labelOf(resource)),
    ...releases
      .filter(({ chart = "" }) => ["apisix", "apisix-ingress-controller"].includes(chart))
      .map(({ logicalName }) => `Helm release "${logicalName}"`),
  ].sort();
}

/** The policies that aren't disabled, of those that see one resource at a time. */
function activePolicies({ settings }: Knowledge): PackSettings["policies"][PolicyName][] {
  return resourcePolicies.map((policy) => settings.policies[policy]).filter(({ level }) => level !== "disabled");
}

/** Does nothing say which workloads are routed: no route, no catalog, no annotation and no setting? */
function isSilent({ services, blindSpots, deadRoutes: dead, allWorkloads }: Routes, knowledge: Knowledge): boolean {
  if (knowledge.catalog || services.length + blindSpots.length + dead.length > 0) return false;
  const active = activePolicies(knowledge);
  return !allWorkloads.some((workload) => active.some((own) => select(workload, own).evidence !== undefined));
}

/**
 * The workloads that look reachable, where nothing says which workloads are routed. Those that are annotated as not
 * routed don't count, nor do APISIX's own.
 */
function unjudged({ allWorkloads }: Routes, knowledge: Knowledge): Workload[] {
  const active = activePolicies(knowledge);
  return allWorkloads.filter(
    (workload) =>
      isExposed(workload.pod) === true && !isApisix(workload) && active.every((own) => optsIn(workload, own) !== false),
  );
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
