/** t, where the stack holds enough of APISIX to say that it is longer than the settings'. Once a cluster. */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { adviseT, evidenceOf, type Advice, type Evidence } from "../../latency";
import type { Routes } from "../../routing";
import type { FindConfigMap } from "../../shutdown/app";
import { finding, type Finding } from "../finding";
import type { Knowledge } from "../knowledge";
import { excusesFrom } from "../workload";

const policy = "apisix-rollout-advice";

/** What is known of t, of each cluster with a part of APISIX in it. */
export function latencyEvidence(
  routes: Routes,
  resources: readonly Resource[],
  configMapsOf: (workload: Resource) => FindConfigMap,
  { settings, catalog }: Knowledge,
): Evidence[] {
  const { controller, controllerNames } = settings.facts;
  return evidenceOf({
    ...{ resources, routes, configMapsOf, controllerNames },
    ...(controller === "auto" ? {} : { line: controller }),
    ...(catalog && { catalogServices: catalog.index.size }),
  });
}

export function* latency(
  evidence: readonly Evidence[],
  routes: Routes,
  knowledge: Knowledge,
  today: Date,
): Iterable<Finding> {
  for (const each of evidence) yield* ofCluster(each, adviseT(each), routes, knowledge, today);
}

function* ofCluster(
  { controller }: Evidence,
  { reasons, faults }: Advice,
  routes: Routes,
  { settings }: Knowledge,
  today: Date,
): Iterable<Finding> {
  const workload = controller && routes.allWorkloads.find(({ resource }) => resource === controller);
  const excuses = workload ? excusesFrom(workload, policy, undefined, settings, today) : [];
  const context = {
    policy,
    ...(controller && { subject: controller, evidence: [labelOf(controller)], excuses }),
  } as const;
  const { sleepSeconds } = settings.facts;
  const [reason] = reasons;
  // The documentation's example alone is no reason to blame a number that somebody has chosen.
  if (reason && reason.code !== "documented" && reason.seconds > sleepSeconds) {
    yield finding("sleep-below-advice", { sleepSeconds, reason }, { ...context, certain: false });
  }
  for (const { id, version, isCertain } of faults) {
    if (isCertain) yield finding("controller-version-loses-endpoints", { id, version }, context);
  }
}
