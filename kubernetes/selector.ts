/** Label selectors of Services: equality only, all of them (`spec.selector` of a Service knows no expressions). */
import { unknown, type Maybe } from "./values";

/** A label map as `getStringMap` reads it. */
export type Labels = Maybe<ReadonlyMap<string, Maybe<string>>>;

/**
 * Does a selector select Pods with these labels? Unknown where an unknown value decides.
 *
 * An empty selector selects nothing: the endpoint controllers leave such a Service alone, as they do one without.
 *
 * @param partial the labels are those of a `*Patch`: a label that is not among them may still be on the Pods.
 */
export function selects(selector: Labels, labels: Labels, partial = false): Maybe<boolean> {
  if (selector === unknown || labels === unknown) return unknown;
  if (selector.size === 0) return false;
  let answer: Maybe<boolean> = true;
  for (const [key, wanted] of selector) {
    const value = labels.get(key);
    if (value === undefined && !partial) return false;
    if (value === undefined || value === unknown || wanted === unknown) answer = unknown;
    else if (value !== wanted) return false;
  }
  return answer;
}
