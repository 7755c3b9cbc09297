/** Turns Pulumi's calls into judgements, and findings into reports. */
import type {
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
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
  type ResourcePolicyName,
} from "../src/assess";
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

/** What a run's resource policies leave for its stack policies: they see the same resources, before and after. */
export class Run {
  constructor(readonly seen: Seen) {}

  /** What each policy was asked to repair, by URN, before it has seen it repaired. */
  private readonly pending = new Map<string, string[]>();
  /** What was repaired, by URN: the engine showed it so. An analysis of a state shows it as it is, and repairs nothing. */
  readonly repaired = new Map<string, Set<string>>();
  /** What each policy reported of what is planned, by `reportKey`. */
  readonly reported = new Map<string, Parts>();
  /** The name that the program wrote, by URN: a provider's preview of a replacement makes up another one. */
  readonly names = new Map<string, string>();

  repairs(urn: string, policy: ResourcePolicyName, edits: readonly Edit[]): void {
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
export function ofResource(
  policy: ResourcePolicy,
  organization: Settings,
  knowledge: () => Knowledge,
  run: Run,
): ResourceValidationPolicy {
  const judged = (args: ResourceValidationArgs) => {
    const secrets = run.seen.secretsOf(args.urn);
    const resource = fromPulumi(secrets ? { ...args, secrets } : args);
    return resource && assessResource(resource, knowledge(), new Date());
  };
  return {
    ...described(policy, organization),
    remediateResource: (args) => {
      const edits = judged(args)?.remedy(policy.name) ?? [];
      if (edits.length === 0) return undefined;
      // In place, and the same object returned: a copy would write secrets back as plain text.
      apply(edits);
      run.repairs(args.urn, policy.name, edits);
      return args.props;
    },
    validateResource: (args, reportViolation) => {
      const assessment = judged(args);
      if (!assessment) return;
      run.sees(assessment, policy.name);
      for (const finding of assessment.findings(policy.name, true).filter(isOwn(policy))) {
        reportViolation(messageOf(finding));
      }
    },
  };
}

/** The policies that see the whole stack, after all repairs. They share one judgement of it. */
export function ofStack(
  policies: readonly PackPolicy[],
  organization: Settings,
  knowledge: () => Knowledge,
  run: Run,
): StackValidationPolicy[] {
  const judge = oncePerCall((args) => {
    const planned = args.resources.map((each): PulumiResource => {
      const [writtenName, secrets] = [run.names.get(each.urn), run.seen.secretsOf(each.urn)];
      return { ...withUrns(each), ...(writtenName !== undefined && { writtenName }), ...(secrets && { secrets }) };
    });
    const { repaired, reported } = run;
    const stack = { planned, repaired, reported, unreadable: run.seen.unreadable };
    return assess(stack, knowledge(), new Date()).findings;
  });
  return policies.map((policy) => ({
    ...described(policy, organization),
    validateStack: (args, reportViolation) => {
      for (const finding of judge(policy.name, args).filter(isOwn(policy))) {
        reportViolation(messageOf(finding), finding.subject?.id);
      }
    },
  }));
}

/**
 * The engine's one call for the stack asks each policy in turn, each with a new decoding of the same resources. A policy
 * that asks again is another call.
 */
function oncePerCall<T>(judge: (args: StackValidationArgs) => T): (policy: string, args: StackValidationArgs) => T {
  const asked = new Set<string>();
  let last: { of: string; answer: T } | undefined;
  return (policy, args) => {
    const of = args.resources.map(({ urn }) => urn).join("\n");
    if (asked.has(policy) || last?.of !== of) {
      asked.clear();
      last = { of, answer: judge(args) };
    }
    asked.add(policy);
    return last.answer;
  };
}

function withUrns(resource: PolicyResource): PulumiResource {
  const urns = (resources: readonly PolicyResource[]) => resources.map(({ urn }) => urn);
  const { dependencies, propertyDependencies } = resource;
  return {
    ...resource,
    dependencies: urns(dependencies),
    propertyDependencies: Object.fromEntries(
      Object.entries(propertyDependencies).map(([property, on]) => [property, urns(on)]),
    ),
  };
}
