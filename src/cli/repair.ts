/** Repairs objects as a preview at level `remediate` does, on copies. */
import { fromPulumi } from "../kubernetes/resource";
import { unknown } from "../kubernetes/values";
import { apply, assessResource, resourcePolicies, type Knowledge } from "../assess";
import type { PolicyName } from "../settings/schema";
import type { Sourced } from "./sources";

/** What one policy repaired of one object. */
export interface Repaired {
  policy: PolicyName;
  object: Sourced;
  before: unknown;
  after: unknown;
}

export interface RepairedObjects {
  repaired: Repaired[];
  /** The objects as they are after all repairs, in the same order; the given ones are left as they were. */
  objects: Sourced[];
}

/**
 * Repairs what the two resource policies repair. One that only reports by its level repairs, too, as `--fix` asks for
 * more; one that is disabled doesn't.
 */
export function repairObjects(objects: readonly Sourced[], given: Knowledge, today: Date): RepairedObjects {
  const { settings } = given;
  // A Pod is made of its file anew.
  const knowledge = { ...given, settings: { ...settings, facts: { ...settings.facts, repairPods: true } } };
  const repaired: Repaired[] = [];
  const active = resourcePolicies.filter((policy) => knowledge.settings.policies[policy].level !== "disabled");
  const after = objects.map((original) => {
    let object = original;
    for (const policy of active) {
      const props = copy(object.resource.props);
      const resource = fromPulumi({ ...object.resource, props });
      const edits = resource ? (assessResource(resource, knowledge, today)?.remedy(policy) ?? []) : [];
      if (edits.length === 0) continue;
      apply(edits);
      repaired.push({ policy, object: original, before: object.resource.props, after: props });
      const { outputs: _, ...rest } = object;
      object = { ...rest, resource: { ...object.resource, props } };
    }
    return object;
  });
  return { repaired, objects: after };
}

/** A copy that remedies may write to. */
function copy(value: unknown): unknown {
  if (value === unknown || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each)]));
}
