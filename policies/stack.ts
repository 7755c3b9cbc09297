import type { PolicyResource, StackValidationArgs } from "@pulumi/policy";
import { noteText } from "../src/assess/blind-spot-messages";
import { fromPulumi, type Resource } from "../src/kubernetes/resource";
import { printChain, type Chain, type RoutedWorkload } from "../src/routing";
import type { PolicyName, ResolvedSettings } from "../src/settings/schema";
import { judge, type Finding, type Requirement } from "../src/shutdown/judge";
import { excusesFrom, requirementOf, wishesOf, type Wishes } from "./workload-rules";
import type { Excuse } from "../src/settings/exemptions";

/** The stack's Kubernetes resources. */
export function kubernetesResources(args: StackValidationArgs): Resource[] {
  const resources: Resource[] = [];
  for (const each of args.resources) {
    const resource = fromPulumi({
      ...each,
      dependencies: urns(each.dependencies),
      propertyDependencies: Object.fromEntries(
        Object.entries(each.propertyDependencies).map(([property, on]) => [property, urns(on)]),
      ),
    });
    if (resource) resources.push(resource);
  }
  return resources;
}

function urns(resources: readonly PolicyResource[]): string[] {
  return resources.map(({ urn }) => urn);
}

/** A routed workload, judged. */
export interface Judged {
  wishes: Wishes;
  requirement: Requirement;
  findings: Finding[];
  /** The exemptions that concern a finding, in force or not. */
  excusesFor: (finding: Finding) => Excuse[];
}

export function judgeRouted(
  routed: RoutedWorkload,
  policy: PolicyName,
  settings: ResolvedSettings,
  today: Date,
): Judged {
  const wishes = wishesOf(routed.workload, settings);
  const requirement = requirementOf(settings, wishes, servingContainers(routed.chains));
  return {
    wishes,
    requirement,
    findings: judge(routed.workload.pod, requirement),
    // Who is excused from the rule by its resource policy is not blamed for the same thing by the stack policy.
    excusesFor: ({ about }) => {
      const rule = about === "sleep" ? "pre-stop-sleep" : "termination-grace-period";
      return excusesFrom(routed.workload, [policy, rule], settings, today);
    },
  };
}

/** The containers that serve the routed ports; undefined where one of the ways doesn't tell. */
function servingContainers(chains: readonly Chain[]): string[] | undefined {
  const names = new Set<string>();
  for (const { serving } of chains) {
    if (!serving) return undefined;
    for (const name of serving) names.add(name);
  }
  return [...names];
}

/** The shortest chain, how many there are besides, and what there is to know of it. */
export function printEvidence(chains: readonly Chain[]): string {
  const [first, ...others] = chains;
  if (!first) return "";
  const more = others.length === 0 ? "" : ` (and ${others.length} more ${others.length === 1 ? "way" : "ways"})`;
  return [`${printChain(first)}${more}`, ...first.notes.map((note) => `Note: ${noteText(note)}`)].join("\n");
}
