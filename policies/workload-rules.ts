import { labelOf, nameOf, namespaceOf } from "../src/kubernetes/resource";
import { isKnown, type Maybe } from "../src/kubernetes/values";
import { isExposed, type Container, type Workload } from "../src/kubernetes/workload";
import { annotationPrefix, excusesOf, type Excuse } from "../src/settings/exemptions";
import { matchesGlob } from "../src/settings/globs";
import type { PolicyName, ResolvedSettings } from "../src/settings/schema";
import type { Requirement } from "../src/shutdown/judge";

/** What a workload's annotations ask for. */
export interface Wishes {
  /** Opted in or out of being taken for routed. */
  routed?: boolean;
  sleepSeconds?: number;
  shutdownSeconds?: number;
  /** Annotations whose value can't be used, and why. */
  problems: string[];
}

/** The annotations of a workload and of its Pods; the workload's own win. Empty where they can't be known. */
export function annotationsOf(workload: Workload): ReadonlyMap<string, Maybe<string>> {
  const { annotations, podAnnotations } = workload;
  return new Map([...(isKnown(podAnnotations) ? podAnnotations : []), ...(isKnown(annotations) ? annotations : [])]);
}

/** Reads the pack's own annotations. A workload may only raise the seconds; settings say how long t is. */
export function wishesOf(workload: Workload, settings: ResolvedSettings): Wishes {
  const wishes: Wishes = { problems: [] };
  if (!settings.allowAnnotations) return wishes;
  const annotations = annotationsOf(workload);
  const routed = annotations.get(`${annotationPrefix}routed`);
  if (routed === "true" || routed === "false") wishes.routed = routed === "true";
  else if (routed !== undefined && isKnown(routed)) {
    wishes.problems.push(`${annotationPrefix}routed is neither "true" nor "false".`);
  }
  for (const [annotation, setting] of [
    ["sleep-seconds", "sleepSeconds"],
    ["shutdown-seconds", "shutdownSeconds"],
  ] as const) {
    const text = annotations.get(`${annotationPrefix}${annotation}`);
    if (text === undefined || !isKnown(text)) continue;
    if (!/^\d{1,5}$/.test(text)) {
      wishes.problems.push(`${annotationPrefix}${annotation} is no whole number of seconds.`);
    } else if (Number(text) < settings[setting]) {
      wishes.problems.push(
        `${annotationPrefix}${annotation} is below ${setting} (${settings[setting]} s), and a workload may only raise it.`,
      );
    } else wishes[setting] = Number(text);
  }
  return wishes;
}

/** What a workload must hold, by the settings and its own wishes. */
export function requirementOf(settings: ResolvedSettings, wishes: Wishes, serving?: readonly string[]): Requirement {
  const { maxGracePeriodSeconds } = settings;
  const onlyServing = settings.containers === "serving" && serving !== undefined;
  return {
    sleepSeconds: wishes.sleepSeconds ?? settings.sleepSeconds,
    shutdownSeconds: wishes.shutdownSeconds ?? settings.shutdownSeconds,
    kubernetesVersion: settings.kubernetesVersion,
    ...(maxGracePeriodSeconds === undefined ? {} : { maxGracePeriodSeconds }),
    concerns: ({ name }: Container) =>
      !settings.ignoreContainers.some((glob) => matchesGlob(name, glob)) && (!onlyServing || serving.includes(name)),
  };
}

/** Whom a resource policy repairs, and whom it blames, with the reason as people read it. */
export interface Selection {
  repair: boolean;
  /** The evidence, where the workload is to be blamed for what is wrong with it. */
  blame?: string;
}

/**
 * Fix generously, blame precisely: `auto` repairs what looks reachable, and blames what is known to be routed.
 *
 * @param known the evidence that the workload is routed, other than its annotation
 */
export function select(workload: Workload, settings: ResolvedSettings, wishes: Wishes, known?: string): Selection {
  const label = labelOf(workload.resource);
  if (wishes.routed === false) return { repair: false };
  if (wishes.routed) return { repair: true, blame: `${label} (annotated ${annotationPrefix}routed)` };
  if (known !== undefined) return { repair: true, blame: known };
  const exposed = isExposed(workload.pod) === true;
  switch (settings.select) {
    case "auto":
      return { repair: exposed };
    case "routed":
      return { repair: false };
    case "exposed":
      return exposed ? { repair: true, blame: `${label} (declares a port or a readiness probe)` } : { repair: false };
    case "all":
      return { repair: true, blame: `${label} (every workload is selected)` };
  }
}

/** The exemptions of a workload from a policy, in force or not. */
export function excusesFrom(
  workload: Workload,
  policies: readonly PolicyName[],
  settings: ResolvedSettings,
  today: Date,
): Excuse[] {
  const { resource } = workload;
  const name = nameOf(resource);
  const excuses = new Map<string, Excuse>();
  for (const policy of policies) {
    const found = excusesOf(
      {
        kind: resource.kind,
        namespace: namespaceOf(resource),
        names: [...(typeof name === "string" ? [name] : []), ...(resource.logicalName ? [resource.logicalName] : [])],
        labels: workload.podLabels,
        annotations: annotationsOf(workload),
      },
      policy,
      settings,
      today,
    );
    for (const excuse of found) excuses.set(excuse.source, excuse);
  }
  return [...excuses.values()];
}
