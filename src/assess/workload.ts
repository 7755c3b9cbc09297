/** What is to be held of one workload, by the facts and its own annotations; and who knows it to be routed. */
import { labelOf, nameOf, namespaceOf } from "../kubernetes/resource";
import { hidden } from "../kubernetes/secrets";
import { isKnown, type Maybe } from "../kubernetes/values";
import { isExposed, type Container, type Workload } from "../kubernetes/workload";
import { annotationPrefix, excusesOf, type Excuse, type Exemptible } from "../settings/exemptions";
import { matcherOf } from "../globs";
import type { Facts, PolicyName, PolicySettings } from "../settings/schema";
import type { PackSettings } from "../settings/settings";
import type { Requirement } from "../shutdown/judge";
import type { Code, OtherData } from "./finding";
import { resourcePolicies } from "./policies";
import { isAnnotationSecret } from "./hidden";

/** What a workload's annotations ask for. */
export interface Wishes {
  sleepSeconds?: number;
  shutdownSeconds?: number;
  /** Annotations whose value can't be used. */
  problems: AnnotationProblem[];
}

export type AnnotationProblem = {
  [C in Extract<Code, `annotation-${string}`>]: { code: C; data: OtherData[C] };
}[Extract<Code, `annotation-${string}`>];

/** The annotations of a workload and of its Pods; the workload's own win. Empty where they can't be known. */
export function annotationsOf(workload: Workload): ReadonlyMap<string, Maybe<string>> {
  const { annotations, podAnnotations } = workload;
  return new Map([...(isKnown(podAnnotations) ? podAnnotations : []), ...(isKnown(annotations) ? annotations : [])]);
}

const routedAnnotation = `${annotationPrefix}routed`;

/** Opted in or out of being taken for routed; undefined where the annotation isn't set, isn't allowed, or can't be used. */
export function optsIn(workload: Workload, { allowAnnotations }: PolicySettings): boolean | undefined {
  const text = allowAnnotations ? annotationsOf(workload).get(routedAnnotation) : undefined;
  return text === "true" ? true : text === "false" ? false : undefined;
}

/** The seconds that a workload may raise, each by the policy whose rule it is. */
const secondsAnnotations = [
  ["sleep-seconds", "sleepSeconds", "pre-stop-sleep"],
  ["shutdown-seconds", "shutdownSeconds", "termination-grace-period"],
] as const;

/** Reads the pack's own annotations. A workload may only raise the seconds: how long t is, is a fact of the cluster. */
export function wishesOf(workload: Workload, { facts, policies }: PackSettings): Wishes {
  const wishes: Wishes = { problems: [] };
  const annotations = annotationsOf(workload);
  const routed = annotations.get(routedAnnotation);
  const isAllowed = Object.values(policies).some(({ allowAnnotations }) => allowAnnotations);
  if (isAllowed && routed !== undefined && isKnown(routed) && routed !== "true" && routed !== "false") {
    wishes.problems.push({ code: "annotation-not-boolean", data: { annotation: routedAnnotation } });
  }
  for (const [name, setting, policy] of secondsAnnotations) {
    const annotation = `${annotationPrefix}${name}`;
    const text = policies[policy].allowAnnotations ? annotations.get(annotation) : undefined;
    if (text === undefined || !isKnown(text)) continue;
    const seconds = facts[setting];
    if (!/^\d{1,5}$/.test(text)) wishes.problems.push({ code: "annotation-not-seconds", data: { annotation } });
    else if (Number(text) < seconds) {
      wishes.problems.push({ code: "annotation-below-setting", data: { annotation, setting, seconds } });
    } else wishes[setting] = Number(text);
  }
  const { sleepSeconds = facts.sleepSeconds, shutdownSeconds = facts.shutdownSeconds } = wishes;
  const ceiling = facts.maxGracePeriodSeconds ?? Infinity;
  if (sleepSeconds + shutdownSeconds <= ceiling) return wishes;
  // The settings are refused if their own sum is above it, so that a wish is the reason.
  for (const [name, setting] of secondsAnnotations) {
    if (wishes[setting] === undefined) continue;
    const annotation = `${annotationPrefix}${name}`;
    wishes.problems.push({ code: "annotation-above-ceiling", data: { annotation, ceiling } });
    delete wishes[setting];
  }
  return wishes;
}

/**
 * What a workload must hold, by the facts and its own wishes.
 *
 * @param serving the containers that serve a routed port, where that is known
 */
export function requirementOf(facts: Facts, wishes: Wishes, serving?: readonly string[]): Requirement {
  const { maxGracePeriodSeconds, kubernetesVersion, hook, ignoreContainers } = facts;
  const isIgnored = matcherOf(ignoreContainers);
  const only = facts.containers === "serving" && serving !== undefined ? new Set(serving) : undefined;
  return {
    sleepSeconds: wishes.sleepSeconds ?? facts.sleepSeconds,
    shutdownSeconds: wishes.shutdownSeconds ?? facts.shutdownSeconds,
    kubernetesVersion,
    hook,
    ...(maxGracePeriodSeconds === undefined ? {} : { maxGracePeriodSeconds }),
    concerns: ({ name, secretName = name }: Container) => !isIgnored(secretName) && (only?.has(name) ?? true),
  };
}

/** Whether a resource policy repairs a workload, and the evidence if it is to be reported, too. */
export interface Selection {
  repair: boolean;
  evidence?: string;
}

/**
 * Fix generously, blame precisely: `auto` repairs what looks reachable, and reports what is known to be routed.
 *
 * @param known the evidence that the workload is routed, other than its annotation
 */
export function select(workload: Workload, own: PolicySettings, known?: string): Selection {
  const label = labelOf(workload.resource);
  const routed = optsIn(workload, own);
  if (routed === false) return { repair: false };
  if (routed) return { repair: true, evidence: `${label} (annotated ${routedAnnotation})` };
  if (known !== undefined) return { repair: true, evidence: known };
  const exposed = isExposed(workload.pod) === true;
  switch (own.select) {
    case "auto":
      return { repair: exposed };
    case "routed":
      return { repair: false };
    case "exposed":
      return exposed
        ? { repair: true, evidence: `${label} (declares a port or a readiness probe)` }
        : { repair: false };
    case "all":
      return { repair: true, evidence: `${label} (every workload is selected)` };
  }
}

/** An exemption whose annotation is a secret. */
function withoutText({ source, until, fault }: Excuse): Excuse {
  return { source, reason: hidden, ...(until && { until: hidden }), ...(fault && { fault }) };
}

/**
 * Why a workload is known to be routed without any route: undefined where no resource policy would report it.
 *
 * @param known the evidence that the catalog gives
 */
export function evidenceAlone(workload: Workload, { policies }: PackSettings, known?: string): string | undefined {
  const all = resourcePolicies.map((policy) => select(workload, policies[policy], known).evidence);
  return all.find((evidence) => evidence !== undefined);
}

/**
 * The exemptions of a workload from a policy and from the policy whose rule it is, in force or not: what is excused
 * from a rule isn't reported for the same thing by another policy.
 */
export function excusesFrom(
  workload: Workload,
  policy: PolicyName,
  rule: PolicyName | undefined,
  { policies }: PackSettings,
  today: Date,
): Excuse[] {
  const { resource } = workload;
  const name = nameOf(resource);
  const subject: Exemptible = {
    kind: resource.kind,
    namespace: namespaceOf(resource),
    names: [...(typeof name === "string" ? [name] : []), ...(resource.logicalName ? [resource.logicalName] : [])],
    labels: workload.podLabels,
    annotations: annotationsOf(workload),
  };
  const { allowAnnotations } = policies[policy];
  const excuses = new Map<string, Excuse>();
  for (const each of rule === undefined || rule === policy ? [policy] : [policy, rule]) {
    const own = policies[each];
    const settings = { exempt: own.exempt, allowAnnotations: allowAnnotations && own.allowAnnotations };
    for (const excuse of excusesOf(subject, each, settings, today)) {
      const shown = isAnnotationSecret(workload, excuse.source) ? withoutText(excuse) : excuse;
      excuses.set(JSON.stringify(shown), shown);
    }
  }
  return [...excuses.values()];
}
