import { isKnown, type Maybe } from "../kubernetes/values";
import { matchesGlob } from "./globs";
import type { Exemption, PolicyName } from "./schema";
import { isDate } from "./settings";

/** What an exemption is matched against. */
export interface Exemptible {
  kind: string;
  namespace: Maybe<string>;
  /** All names that it goes by: in the cluster and in the program. */
  names: readonly string[];
  labels: Maybe<ReadonlyMap<string, Maybe<string>>>;
  /** Annotations of the workload and of its Pods together. */
  annotations: ReadonlyMap<string, Maybe<string>>;
}

/** Why an exemption doesn't hold: it has expired, or isn't well-formed. */
export type ExcuseFault = "expired" | "no-reason" | "not-a-date" | "unknown-value";

/** An exemption that concerns a workload: who excused it, why and until when. */
export interface Excuse {
  /** Where it stands: the annotation's name, or `exempt[0]` of the settings. */
  source: string;
  reason: string;
  /** The last day it holds, as 2027-01-31. */
  until?: string;
  /** Absent where it is in force. */
  fault?: ExcuseFault;
}

export const annotationPrefix = "apisix-graceful-termination/";
export const ignorePrefix = "ignore.apisix-graceful-termination/";

/** Is one of the exemptions in force? */
export function isExcused(excuses: readonly Excuse[]): boolean {
  return excuses.some((excuse) => excuse.fault === undefined);
}

/**
 * All exemptions of a workload from a policy, in force or not.
 *
 * @param today the day of the judgement; an exemption holds through its `until` (UTC)
 */
export function excusesOf(
  workload: Exemptible,
  policy: PolicyName,
  settings: { exempt: readonly Exemption[]; allowAnnotations: boolean },
  today: Date,
): Excuse[] {
  const excuses: Excuse[] = [];
  for (const [i, exemption] of settings.exempt.entries()) {
    if (!matches(exemption, workload)) continue;
    excuses.push(excuse(`exempt[${i}]`, exemption.reason, exemption.until, today));
  }
  const annotation = `${ignorePrefix}${policy}`;
  const text = workload.annotations.get(annotation);
  if (settings.allowAnnotations && text !== undefined) {
    excuses.push(
      isKnown(text)
        ? fromAnnotation(annotation, text, today)
        : { source: annotation, reason: "", fault: "unknown-value" },
    );
  }
  return excuses;
}

/**
 * Reads `<reason> until 2027-01-31`. The date ends the text, but for a mark or a remark after it: a date there is
 * always meant as one. "until the migration is done" is a reason, not a day.
 */
function fromAnnotation(source: string, text: string, today: Date): Excuse {
  const reason = text.trim();
  const last = [...reason.matchAll(/\buntil\s+(\S+)/gi)].at(-1);
  const word = last?.[1]?.replace(/[.,;:)]+$/, "") ?? "";
  const isLast = last !== undefined && last.index + last[0].length === reason.length;
  const isDay = isLast ? /^\d/.test(word) : /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$/.test(word);
  const given = last && isDay ? reason.slice(0, last.index).trim() : reason;
  if (given === "") return { source, reason: "", fault: "no-reason" };
  if (!isDay) return { source, reason };
  if (!isDate(word)) return { source, reason: given, fault: "not-a-date" };
  return excuse(source, given, word, today);
}

function excuse(source: string, reason: string, until: string | undefined, today: Date): Excuse {
  const expired = until !== undefined && until < today.toISOString().slice(0, 10);
  return {
    source,
    reason,
    ...(until === undefined ? {} : { until }),
    ...(expired ? { fault: "expired" } : {}),
  };
}

function matches(exemption: Exemption, workload: Exemptible): boolean {
  const { kind, namespace, name, labels } = exemption;
  if (kind !== undefined && !matchesGlob(workload.kind, kind)) return false;
  if (namespace !== undefined && !(isKnown(workload.namespace) && matchesGlob(workload.namespace, namespace))) {
    return false;
  }
  if (name !== undefined && !workload.names.some((own) => matchesGlob(own, name))) return false;
  if (labels !== undefined) {
    if (!isKnown(workload.labels)) return false;
    for (const [key, glob] of Object.entries(labels)) {
      const value = workload.labels.get(key);
      if (value === undefined || !isKnown(value) || !matchesGlob(value, glob)) return false;
    }
  }
  return true;
}
