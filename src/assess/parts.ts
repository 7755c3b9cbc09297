/** The parts of a workload that are right or wrong, whoever says so: judgement, repair or stack. */
import type { ResourcePolicyName } from "./policies";
import type { Defect } from "../shutdown/judge";
import type { Edit } from "../shutdown/remedy";

/** Containers, by name, for their hooks; and "" for the grace period. */
export type Parts = ReadonlySet<string>;

/** What a defect is of. */
export function partOf({ rule, container = "" }: Pick<Defect, "rule" | "container">): string {
  return rule === "sleep" ? container : "";
}

/** What edits repair. */
export function mendedBy(edits: readonly Edit[]): string[] {
  return edits.map(({ container = "" }) => container);
}

/** The key of what a resource policy says of a resource. */
export function reportKey(policy: ResourcePolicyName, id: string): string {
  return `${policy} ${id}`;
}
