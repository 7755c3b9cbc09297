/** Label selectors: those of Services (equality only, all of them), and the LabelSelectors of other objects. */
import { getList, getString, getStringMap, unknown, type Maybe } from "./values";

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

/** Does a LabelSelector (`matchLabels`, `matchExpressions`) select these labels? An empty one selects everything. */
export function matchesLabelSelector(selector: unknown, labels: Labels, partial = false): Maybe<boolean> {
  const wanted = getStringMap(selector, "matchLabels");
  const expressions = getList(selector, "matchExpressions");
  if (labels === unknown || wanted === unknown || expressions === unknown || selector === unknown) return unknown;
  const answers: Maybe<boolean>[] = [];
  if (wanted && wanted.size > 0) answers.push(selects(wanted, labels, partial));
  for (const expression of expressions ?? []) answers.push(matchesExpression(expression, labels, partial));
  if (answers.includes(false)) return false;
  return answers.includes(unknown) ? unknown : true;
}

function matchesExpression(expression: unknown, labels: ReadonlyMap<string, Maybe<string>>, partial: boolean) {
  const key = getString(expression, "key");
  const operator = getString(expression, "operator");
  const values = getList(expression, "values") ?? [];
  if (typeof key !== "string" || values === unknown) return unknown;
  const value = labels.get(key);
  if (value === undefined && partial) return unknown;
  switch (operator) {
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "In":
    case "NotIn": {
      const isAmong = value === undefined ? false : value === unknown ? unknown : among(value, values);
      return isAmong === unknown ? unknown : isAmong === (operator === "In");
    }
    case undefined:
    case unknown:
    default:
      return unknown;
  }
}

function among(value: string, values: readonly unknown[]): Maybe<boolean> {
  if (values.includes(value)) return true;
  return values.includes(unknown) ? unknown : false;
}
