import type { Policy, ResourceValidationArgs, ResourceValidationPolicy } from "@pulumi/policy";
import { fromPulumi } from "../src/kubernetes/resource";
import { readWorkload, type Workload } from "../src/kubernetes/workload";
import { isExcused } from "../src/settings/exemptions";
import type { PolicyName, ResolvedSettings, Settings } from "../src/settings/schema";
import { configSchema } from "../src/settings/settings";
import { judge, type Finding, type Requirement } from "../src/shutdown/judge";
import { apply, type Edit } from "../src/shutdown/remedy";
import { knownRoute } from "./catalog";
import { docsUrl, message } from "./message";
import { settingsReader } from "./settings-reader";
import { excusesFrom, requirementOf, select, wishesOf } from "./workload-rules";

/** What the two resource policies differ in. */
export interface ResourcePolicy extends Omit<Policy, "name" | "configSchema" | "url"> {
  name: PolicyName;
  /** Which findings are this policy's. */
  about: Finding["about"];
  remedy: (workload: Workload, requirement: Requirement, settings: ResolvedSettings) => Edit[];
}

/**
 * A resource policy that repairs workloads that are likely routed, and blames those known to be.
 *
 * It sees one resource at a time, before any route exists; its answer depends on that resource and the settings alone.
 */
export function resourcePolicy(policy: ResourcePolicy, organization: Settings): ResourceValidationPolicy {
  const { about, remedy, ...description } = policy;
  const settingsOf = settingsReader(policy.name, organization);

  const consider = (args: ResourceValidationArgs) => {
    const settings = settingsOf(args);
    const resource = fromPulumi(args);
    const workload = resource && readWorkload(resource);
    if (!workload) return undefined;
    const wishes = wishesOf(workload, settings);
    const known = knownRoute(workload, settings);
    const selection = select(workload, settings, wishes, known?.evidence);
    if (!selection.repair) return undefined;
    const excuses = excusesFrom(workload, [policy.name], settings, new Date());
    if (isExcused(excuses)) return undefined;
    return { settings, workload, selection, excuses, requirement: requirementOf(settings, wishes, known?.serving) };
  };

  return {
    ...description,
    url: docsUrl(policy.name),
    configSchema: configSchema(policy.name, organization),
    remediateResource: (args) => {
      const subject = consider(args);
      if (!subject) return undefined;
      const edits = remedy(subject.workload, subject.requirement, subject.settings);
      if (edits.length === 0) return undefined;
      // In place, and the same object returned: a copy would write secrets back as plain text.
      apply(edits);
      return args.props;
    },
    validateResource: (args, reportViolation) => {
      const subject = consider(args);
      const evidence = subject?.selection.blame;
      if (!subject || evidence === undefined) return;
      for (const finding of judge(subject.workload.pod, subject.requirement)) {
        if (finding.about === about && finding.certain) {
          reportViolation(message(policy.name, finding, evidence, subject.excuses));
        }
      }
    },
  };
}
