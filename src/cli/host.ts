/**
 * Runs the pack's own policies over objects, without Pulumi: the calls are the engine's, in its order, with its rules
 * for levels. What a policy says here it says there; tests hold that.
 */
import { unknown } from "../kubernetes/values";
import { policies } from "../../policies";
import type { PolicyName } from "../settings/schema";
import type { PackConfig } from "../settings/settings";
import type { Sourced } from "./sources";

type Policy = ReturnType<typeof policies>[number];
type StackPolicy = Extract<Policy, { validateStack: unknown }>;
type StackArgs = Parameters<StackPolicy["validateStack"]>[0];
type StackResource = StackArgs["resources"][number];
type ResourceArgs = Parameters<NonNullable<Exclude<Policy, StackPolicy>["remediateResource"]>>[0];

/** One thing that a policy reported. */
export interface Reported {
  policy: PolicyName;
  level: "advisory" | "mandatory";
  severity: string | undefined;
  message: string;
  /** The object that it is about; undefined for the whole stack. */
  object?: Sourced;
}

/** What one policy repaired of one object. */
export interface Repaired {
  policy: PolicyName;
  object: Sourced;
  before: unknown;
  after: unknown;
}

export interface Outcome {
  reported: Reported[];
  repaired: Repaired[];
  /** The objects as they are after all repairs; the given ones are left as they were. */
  objects: Sourced[];
}

/** The policies' own descriptions, for reports. */
export function policyTexts() {
  return policies({}).map(({ name, description, remediationSteps, url }) => ({
    name: name as PolicyName,
    description,
    ...(remediationSteps === undefined ? {} : { help: remediationSteps }),
    ...(url === undefined ? {} : { url }),
  }));
}

/** A policy's level: its own in the config, else that of all, else the policy's default. */
function levelOf(policy: PolicyName, config: PackConfig, byDefault: unknown): unknown {
  const own = config[policy];
  const level = typeof own === "string" ? own : own?.enforcementLevel;
  return level ?? config.all ?? byDefault;
}

/** A policy's settings in the config. */
export function settingsIn(config: PackConfig, policy: PolicyName): Readonly<Record<string, unknown>> {
  const own = config[policy];
  if (own === undefined || typeof own === "string") return {};
  const { enforcementLevel: _, ...settings } = own;
  return settings;
}

/**
 * @param repair let the policies at level `remediate` repair first, as a preview does; otherwise the objects are judged
 * as they are, as `pulumi policy analyze` does
 */
export function runPolicies(objects: readonly Sourced[], config: PackConfig, repair: boolean): Outcome {
  const outcome: Outcome = { reported: [], repaired: [], objects: [] };
  const all = policies({}).map((policy) => {
    const name = policy.name as PolicyName;
    const settings = settingsIn(config, name);
    return {
      policy,
      name,
      level: levelOf(name, config, policy.enforcementLevel),
      getConfig: <T extends object>() => settings as T,
    };
  });
  const active = all.filter(({ level }) => level !== "disabled");
  const byUrn = new Map<string, Sourced>();

  const report =
    ({ name, level, policy }: (typeof all)[number], about?: Sourced) =>
    (message: string, urn?: string) => {
      const object = urn === undefined ? about : (byUrn.get(urn) ?? about);
      outcome.reported.push({
        policy: name,
        level: level === "advisory" ? "advisory" : "mandatory",
        severity: policy.severity,
        message,
        ...(object ? { object } : {}),
      });
    };

  for (const original of objects) {
    let object = original;
    for (const each of active) {
      const { policy, level, name, getConfig } = each;
      if (!repair || level !== "remediate" || !("remediateResource" in policy) || !policy.remediateResource) continue;
      const props = copy(object.resource.props);
      const fixed = policy.remediateResource({ ...argsOf(object, getConfig), props: props as Record<string, unknown> });
      if (fixed === undefined) continue;
      outcome.repaired.push({ policy: name, object: original, before: object.resource.props, after: props });
      const { outputs: _, ...rest } = object;
      object = { ...rest, resource: { ...object.resource, props } };
    }
    byUrn.set(object.resource.urn, object);
    outcome.objects.push(object);
    for (const each of active) {
      const { policy, getConfig } = each;
      if (!("validateResource" in policy) || typeof policy.validateResource !== "function") continue;
      void policy.validateResource(argsOf(object, getConfig), report(each, object));
    }
  }

  const resources = stackResources(outcome.objects);
  for (const each of active) {
    if (!("validateStack" in each.policy)) continue;
    const args = { resources, getConfig: each.getConfig, stackTags: new Map(), notApplicable } as StackArgs;
    void each.policy.validateStack(args, report(each));
  }
  return outcome;
}

/** The parts of the SDK's arguments that the pack's policies read. */
function argsOf({ resource }: Sourced, getConfig: <T extends object>() => T): ResourceArgs {
  const { type, urn, name, props, provider } = resource;
  return { type, urn, name, props, provider, opts: {}, getConfig, notApplicable } as unknown as ResourceArgs;
}

function stackResources(objects: readonly Sourced[]): StackResource[] {
  const byUrn = new Map<string, StackResource>();
  for (const { resource, outputs } of objects) {
    const { type, urn, name, provider } = resource;
    // A stack policy sees what is there after the update.
    const props = outputs ?? resource.props;
    byUrn.set(urn, { type, urn, name, provider, props, opts: {} } as unknown as StackResource);
  }
  const known = (urns: readonly string[] = []) =>
    urns.map((urn) => byUrn.get(urn)).filter((each) => each !== undefined);
  for (const { resource } of objects) {
    const own = byUrn.get(resource.urn);
    if (!own) continue;
    own.dependencies = known(resource.dependencies);
    own.propertyDependencies = Object.fromEntries(
      Object.entries(resource.propertyDependencies ?? {}).map(([property, urns]) => [property, known(urns)]),
    );
  }
  return [...byUrn.values()];
}

function notApplicable(): never {
  throw new Error("no policy of the pack says this");
}

/** A copy that remedies may write to. */
function copy(value: unknown): unknown {
  if (value === unknown || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each)]));
}
