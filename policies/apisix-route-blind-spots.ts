import type { StackValidationArgs, StackValidationPolicy } from "@pulumi/policy";
import { fixOf, whatOf } from "../src/assess/blind-spot-messages";
import { labelOf, type Resource } from "../src/kubernetes/resource";
import { readWorkload } from "../src/kubernetes/workload";
import { resolveRoutes } from "../src/routing";
import { isExcused } from "../src/settings/exemptions";
import type { ResolvedSettings, Settings } from "../src/settings/schema";
import { configSchema } from "../src/settings/settings";
import { judge } from "../src/shutdown/judge";
import { knownRoute, staleness } from "./catalog";
import { needlessExemptions } from "./exemption-audit";
import { docsPath, docsUrl, message } from "./message";
import { timeoutNote, lingeringWays } from "./notes";
import { settingsReader } from "./settings-reader";
import { judgeRouted, kubernetesResources, printEvidence } from "./stack";
import { excusesFrom, requirementOf, select, wishesOf } from "./workload-rules";

const name = "apisix-route-blind-spots";

/** Says aloud what the pack can't follow or judge, and why. Never a violation of anything, so it is advisory. */
export function apisixRouteBlindSpots(organization: Settings): StackValidationPolicy {
  const settingsOf = settingsReader(name, organization);
  return {
    name,
    displayName: "Blind spots of APISIX routes",
    description: "Routes, Services and workloads that the pack can't follow or judge.",
    enforcementLevel: "advisory",
    severity: "low",
    tags: ["apisix", "kubernetes", "graceful-termination"],
    remediationSteps: "Check by hand what the message names, or give the pack what it needs to see it.",
    url: docsUrl(name),
    configSchema: configSchema(name, organization),
    validateStack: (args, reportViolation) => {
      const settings = settingsOf(args);
      const today = new Date();
      const resources = kubernetesResources(args);
      const routes = resolveRoutes(resources, settings);
      for (const spot of routes.blindSpots) {
        const words = { what: whatOf(spot), fix: fixOf(spot) };
        reportViolation(message(name, words, spot.evidence.join("\n")), spot.resource.id);
      }
      for (const routed of routes.workloads) {
        const { findings, requirement, wishes, excusesFor } = judgeRouted(routed, name, settings, today);
        const isMirror = routed.chains.every(({ via }) => via === "mirror");
        const { id } = routed.workload.resource;
        const evidence = printEvidence(routed.chains);
        for (const finding of findings) {
          if (finding.certain && !isMirror) continue;
          if (isExcused(excusesFor(finding))) continue;
          reportViolation(message(name, finding, evidence), id);
        }
        const tooSlow = timeoutNote(routed, requirement);
        if (tooSlow) reportViolation(message(name, tooSlow, tooSlow.evidence), id);
        for (const problem of wishes.problems) {
          reportViolation(message(name, { what: problem, fix: "correct the annotation." }, evidence), id);
        }
      }
      for (const note of lingeringWays(routes.workloads)) {
        reportViolation(message(name, note, note.evidence), note.resource?.id);
      }
      const followed = new Set(routes.workloads.map(({ workload }) => workload.resource));
      for (const resource of resources) {
        if (!followed.has(resource)) reportUnrouted(resource, settings, today, reportViolation);
      }
      for (const { resource, ...needless } of needlessExemptions(resources, routes.workloads, settings, today)) {
        reportViolation(message(name, needless, ""), resource?.id);
      }
      const stale = staleness(settings, today);
      if (stale !== undefined) {
        const fix = "write it anew with `apisix-graceful-termination routes`.";
        reportViolation(message(name, { what: stale, fix }, ""));
      }
      reportReleases(args, reportViolation);
    },
  };
}

/**
 * What can't be judged of a workload that no route of this stack reaches: one that a route of another stack is known to
 * reach, and annotations that can't be used.
 */
function reportUnrouted(
  resource: Resource,
  settings: ResolvedSettings,
  today: Date,
  reportViolation: (message: string, urn?: string) => void,
): void {
  const workload = readWorkload(resource);
  if (!workload) return;
  const wishes = wishesOf(workload, settings);
  const known = knownRoute(workload, settings);
  const { blame } = select(workload, settings, wishes, known?.evidence);
  const evidence = blame ?? labelOf(resource);
  for (const problem of wishes.problems) {
    reportViolation(message(name, { what: problem, fix: "correct the annotation." }, evidence), resource.id);
  }
  if (blame === undefined) return;
  if (isExcused(excusesFrom(workload, [name], settings, today))) return;
  for (const finding of judge(workload.pod, requirementOf(settings, wishes, known?.serving))) {
    if (!finding.certain) reportViolation(message(name, finding, evidence), resource.id);
  }
}

/** A Helm release is one opaque resource to Pulumi: what it installs is not in the stack. */
function reportReleases(args: StackValidationArgs, reportViolation: (message: string, urn?: string) => void): void {
  const releases = args.resources.filter(({ type }) => type === "kubernetes:helm.sh/v3:Release");
  const [first] = releases;
  if (!first) return;
  const names = releases.map((release) => `"${release.name}"`).join(", ");
  reportViolation(
    [
      `Can't see what Helm ${releases.length === 1 ? "release" : "releases"} ${names} installs: routes, Services and workloads in it are not judged.`,
      `Fix: install it as kubernetes.helm.v4.Chart, which registers its resources, or check its rendered manifests. ${docsPath(name)}`,
    ].join("\n"),
    releases.length === 1 ? first.urn : undefined,
  );
}
