import type { StackValidationArgs, StackValidationPolicy } from "@pulumi/policy";
import { resolveRoutes } from "../routing";
import type { Settings } from "../settings/schema";
import { configSchema } from "../settings/settings";
import { docsPath, docsUrl, message } from "./message";
import { timeoutNote, wayNotes } from "./notes";
import { settingsReader } from "./settings-reader";
import { judgeRouted, kubernetesResources, printEvidence } from "./stack";

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
      const routes = resolveRoutes(kubernetesResources(args), settings);
      for (const spot of routes.blindSpots) {
        reportViolation(`${spot.message}\nMore: ${docsPath(name)}`, spot.resource?.id);
      }
      for (const routed of routes.workloads) {
        const { findings, requirement, wishes, excusesFor } = judgeRouted(routed, name, settings);
        const isMirror = routed.chains.every(({ via }) => via === "mirror");
        const { id } = routed.workload.resource;
        const evidence = printEvidence(routed.chains);
        for (const finding of findings) {
          if (finding.certain && !isMirror) continue;
          if (excusesFor(finding).some((excuse) => excuse.void === undefined)) continue;
          reportViolation(message(name, finding, evidence), id);
        }
        const tooSlow = timeoutNote(routed, requirement);
        if (tooSlow) reportViolation(message(name, tooSlow, tooSlow.evidence), id);
        for (const problem of wishes.problems) {
          reportViolation(message(name, { what: problem, fix: "correct the annotation." }, evidence), id);
        }
      }
      for (const note of wayNotes(routes.workloads)) {
        reportViolation(message(name, note, note.evidence), note.resource?.id);
      }
      reportReleases(args, reportViolation);
    },
  };
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
