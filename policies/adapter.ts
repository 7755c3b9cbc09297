/** Turns Pulumi's calls into judgements, and findings into reports. */
import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import {
  apply,
  assess,
  assessResource,
  mendedBy,
  reportKey,
  messageOf,
  type Finding,
  type Knowledge,
  type Parts,
  type ResourceAssessment,
  resourcePolicies,
  type ResourcePolicyName,
} from "../src/assess";
import { oncePer } from "../src/once";
import { fromPulumi, nameOf, type PulumiResource } from "../src/kubernetes/resource";
import { isExcused } from "../src/settings/exemptions";
import type { Settings } from "../src/settings/schema";
import { configSchema } from "../src/settings/settings";
import { docsUrl } from "../src/version";
import type { Edit } from "../src/shutdown/remedy";
import type { Seen } from "./boundary/seen";
import type { PackPolicy, ResourcePolicy } from "./policy";

const tags = ["apisix", "kubernetes", "availability", "graceful-termination"];

function described(policy: PackPolicy, organization: Settings) {
  const { name } = policy;
  return { ...policy, tags, url: docsUrl(`policies/${name}.md`), configSchema: configSchema(name, organization) };
}

/** Is a finding one that this policy prints? */
function isOwn({ name }: PackPolicy) {
  return ({ policy, reported, excuses }: Finding) => policy === name && reported && !isExcused(excuses);
}

/** A run of the pack: what its policies share, and what its resource policies leave for its stack policies. */
export class Run {
  /** @param knowledge what the pack's config makes of it; asked in each call, as the pack is configured after its start */
  constructor(
    readonly seen: Seen,
    private readonly knowledge: () => Knowledge,
  ) {}

  /** What each policy was asked to repair, by URN, before it has seen it repaired. */
  private readonly pending = new Map<string, string[]>();
  /** What was repaired, by URN: the engine showed it so. An analysis of a state shows it as it is, and repairs nothing. */
  private readonly repaired = new Map<string, Set<string>>();
  /** What each policy reported of what is planned, by `reportKey`. */
  private readonly reported = new Map<string, Parts>();
  /** The name that the program wrote, by URN: a provider's preview of a replacement makes up another one. */
  private readonly names = new Map<string, string>();

  /** One resource, once for all policies. */
  readonly judged = oncePer((each: PulumiResource): ResourceAssessment | undefined => {
    const resource = fromPulumi(each);
    return resource && assessResource(resource, this.knowledge(), new Date());
  });

  /** The stack that the engine asks about, once for all policies. */
  readonly stackFindings = oncePer((stack: readonly PulumiResource[]): readonly Finding[] => {
    const { repaired, reported } = this;
    const { unreadable } = this.seen;
    const planned = stack.map((each) => {
      const writtenName = this.names.get(each.urn);
      return writtenName === undefined ? each : { ...each, writtenName };
    });
    return assess({ planned, repaired, reported, unreadable }, this.knowledge(), new Date()).findings;
  });

  /** Does a policy repair it? */
  readonly repairs = (resource: PulumiResource): boolean => {
    const assessment = this.judged(resource);
    return assessment !== undefined && resourcePolicies.some((policy) => assessment.remedy(policy).length > 0);
  };

  asksFor(urn: string, policy: ResourcePolicyName, edits: readonly Edit[]): void {
    this.pending.set(reportKey(policy, urn), mendedBy(edits));
  }

  sees({ workload: { resource }, remedy, reported }: ResourceAssessment, policy: ResourcePolicyName): void {
    const { id } = resource;
    const key = reportKey(policy, id);
    const name = nameOf(resource);
    if (typeof name === "string") this.names.set(id, name);
    const parts = reported(policy);
    if (parts) this.reported.set(key, parts);
    const mended = this.pending.get(key);
    if (mended && remedy(policy).length === 0) {
      this.repaired.set(id, new Set([...(this.repaired.get(id) ?? []), ...mended]));
    }
  }
}

/** A policy that sees one resource at a time, before any route exists; its answer depends on that resource alone. */
export function ofResource(policy: ResourcePolicy, organization: Settings, run: Run): ResourceValidationPolicy {
  return {
    ...described(policy, organization),
    remediateResource: (args) => {
      // The SDK's own values, which are written back: read anew for each policy, as the one before it writes.
      const secrets = run.seen.secretsOf(args.urn);
      const edits = run.judged(secrets ? { ...args, secrets } : args)?.remedy(policy.name) ?? [];
      if (edits.length === 0) return undefined;
      // In place, and the same object returned: a copy would write secrets back as plain text.
      apply(edits);
      run.asksFor(args.urn, policy.name, edits);
      return args.props;
    },
    validateResource: ({ urn }, reportViolation) => {
      const asked = run.seen.asked.get(urn);
      const assessment = asked && run.judged(asked);
      if (!assessment) return;
      run.sees(assessment, policy.name);
      for (const finding of assessment.findings(policy.name, "reported").filter(isOwn(policy))) {
        reportViolation(messageOf(finding));
      }
    },
  };
}

/** A policy that sees the whole stack, after all repairs. */
export function ofStack(policy: PackPolicy, organization: Settings, run: Run): StackValidationPolicy {
  return {
    ...described(policy, organization),
    validateStack: (_, reportViolation) => {
      for (const finding of run.stackFindings(run.seen.stack).filter(isOwn(policy))) {
        reportViolation(messageOf(finding), finding.subject?.id);
      }
    },
  };
}
