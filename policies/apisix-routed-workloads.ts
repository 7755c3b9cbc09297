import type { StackValidationPolicy } from "@pulumi/policy";
import { labelOf } from "../src/kubernetes/resource";
import { getBoolean } from "../src/kubernetes/values";
import { resolveRoutes } from "../src/routing";
import { isExcused } from "../src/settings/exemptions";
import type { Settings } from "../src/settings/schema";
import { configSchema } from "../src/settings/settings";
import { docsUrl, message } from "./message";
import { settingsReader } from "./settings-reader";
import { judgeRouted, kubernetesResources, printEvidence } from "./stack";

const name = "apisix-routed-workloads";

/** Reports each workload of the stack that an APISIX route reaches and that doesn't terminate gracefully. */
export function apisixRoutedWorkloads(organization: Settings): StackValidationPolicy {
  const settingsOf = settingsReader(name, organization);
  return {
    name,
    displayName: "Workloads behind APISIX routes",
    description: "Workloads that an APISIX route reaches must terminate gracefully.",
    enforcementLevel: "mandatory",
    severity: "high",
    tags: ["apisix", "kubernetes", "availability", "graceful-termination"],
    remediationSteps:
      "Add the preStop sleep and raise the grace period as the message says, or let pre-stop-sleep and termination-grace-period do it at level remediate.",
    url: docsUrl(name),
    configSchema: configSchema(name, organization),
    validateStack: (args, reportViolation) => {
      const settings = settingsOf(args);
      const today = new Date();
      const routes = resolveRoutes(kubernetesResources(args), settings);
      for (const routed of routes.workloads) {
        // A mirrored request's answer is thrown away: no client sees it fail. That is for the blind-spots policy to tell.
        const chains = routed.chains.filter(({ via }) => via === "upstream");
        if (chains.length === 0) continue;
        const { findings, wishes, excusesFor } = judgeRouted(routed, name, settings, today);
        for (const finding of findings) {
          if (!finding.certain) continue;
          const excuses = excusesFor(finding);
          if (isExcused(excuses)) continue;
          const evidence = printEvidence(chains);
          const note =
            wishes.routed === false ? "\nIts annotation says that it is not routed; the route says that it is." : "";
          reportViolation(message(name, finding, evidence + note, excuses), routed.workload.resource.id);
        }
      }
      for (const { service, chains } of routes.services) {
        if (getBoolean(service.body, "spec", "publishNotReadyAddresses") !== true) continue;
        if (!chains.some(({ via }) => via === "upstream")) continue;
        const finding = {
          what: `${labelOf(service)} publishes not-ready addresses: a terminating Pod stays ready, and APISIX sends it requests until it is gone. No sleep helps.`,
          fix: "publishNotReadyAddresses: false on the Service that APISIX routes to; give peers a headless Service of their own.",
        };
        reportViolation(message(name, finding, printEvidence(chains)), service.id);
      }
    },
  };
}
