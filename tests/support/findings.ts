/** What a judgement says of test resources, in short. */
import { assess, readKnowledge, type Finding, type Knowledge } from "../../src/assess";
import type { PulumiResource } from "../../src/kubernetes/resource";
import { isExcused } from "../../src/settings/exemptions";
import type { PolicyName, Settings } from "../../src/settings/schema";
import type { PackConfig } from "../../src/settings/settings";
import { urnOf, UNKNOWN, type TestResource } from "./host";
import { unknown } from "../../src/kubernetes/values";

export const today = new Date("2027-01-31T12:00:00Z");

/** As Pulumi hands it to a policy, with what isn't known in a preview. */
export function asPulumi(resources: readonly TestResource[]): PulumiResource[] {
  const urns = new Map(resources.map((resource) => [resource.name, urnOf(resource)]));
  return resources.map(({ type, name, props, provider, ignoreChanges = [], propertyDependencies = {} }) => ({
    ...{ type, name, urn: urnOf({ type, name }), props: withUnknowns(props), opts: { ignoreChanges } },
    ...(provider && {
      provider: { urn: urnOf({ type: "pulumi:providers:kubernetes", name: provider.name }), props: provider.props },
    }),
    propertyDependencies: Object.fromEntries(
      Object.entries(propertyDependencies).map(([property, names]) => [
        property,
        names.map((each) => urns.get(each) ?? each),
      ]),
    ),
  }));
}

function withUnknowns(value: unknown): unknown {
  if (value === UNKNOWN) return unknown;
  if (Array.isArray(value)) return value.map(withUnknowns);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withUnknowns(each)]));
}

export interface Judged {
  findings: Finding[];
  /** `policy: code subject container`, of what is printed. */
  printed: string[];
}

/** The whole judgement of a stack. */
export function judged(
  resources: readonly TestResource[],
  settings: Settings = {},
  config: PackConfig = {},
  day: Date = today,
): Judged {
  const knowledge: Knowledge = readKnowledge(config, settings);
  const { findings } = assess({ planned: asPulumi(resources) }, knowledge, day);
  return { findings, printed: findings.filter(isPrinted).map(brief) };
}

function isPrinted({ reported, excuses }: Finding): boolean {
  return reported && !isExcused(excuses);
}

/** A finding as `policy: code subject container`. */
export function brief({ policy, code, subject, container }: Finding): string {
  const name = subject && (subject.logicalName || subject.id);
  return [`${policy}:`, code, name, container].filter((part) => part !== undefined).join(" ");
}

/** What one policy prints: codes. */
export function codesOf(policy: PolicyName, resources: readonly TestResource[], settings: Settings = {}): string[] {
  const { findings } = judged(resources, settings);
  return findings.filter((one) => one.policy === policy && isPrinted(one)).map(({ code }) => code);
}
