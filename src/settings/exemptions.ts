import { isKnown, unknown, type Maybe } from "../kubernetes/values";
import { addTo } from "../multimap";
import { oncePer } from "../once";
import { literalOf, matchesGlob } from "../globs";
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
  for (const i of mayConcern(settings.exempt, workload.names)) {
    const exemption = settings.exempt[i];
    const answer = exemption !== undefined && matches(exemption, workload);
    if (answer === false) continue;
    const found = excuse(`exempt[${i}]`, exemption.reason, exemption.until, today);
    excuses.push(answer === unknown ? { ...found, fault: "unknown-value" } : found);
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

/** The places of exemptions, by the one name that each is of; the others apart. */
const byName = oncePer((exempt: readonly Exemption[]) => {
  const named = new Map<string | undefined, number[]>();
  for (const [i, { name }] of exempt.entries()) {
    addTo(named, name === undefined ? undefined : literalOf(name), i);
  }
  return named;
});

/** The places of the exemptions that don't name somebody else, in their order. */
function mayConcern(exempt: readonly Exemption[], names: readonly string[]): Iterable<number> {
  // Where no name is known, each of them may be meant.
  if (names.length === 0) return exempt.keys();
  const places = [undefined, ...names].flatMap((name) => byName(exempt).get(name) ?? []);
  return new Set(places.sort((a, b) => a - b));
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

/** Does an exemption name a workload? Unknown if that depends on what isn't known in this preview. */
function matches({ kind, namespace, name, labels }: Exemption, workload: Exemptible): Maybe<boolean> {
  const answers: Maybe<boolean>[] = [kind === undefined || matchesGlob(workload.kind, kind)];
  if (namespace !== undefined) answers.push(matchesMaybe(workload.namespace, namespace));
  if (name !== undefined) {
    const known = workload.names.some((own) => matchesGlob(own, name));
    answers.push(known || (workload.names.length === 0 ? unknown : false));
  }
  for (const [key, glob] of Object.entries(labels ?? {})) {
    answers.push(isKnown(workload.labels) ? matchesMaybe(workload.labels.get(key), glob) : unknown);
  }
  if (answers.includes(false)) return false;
  return answers.includes(unknown) ? unknown : true;
}

function matchesMaybe(text: Maybe<string> | undefined, glob: string): Maybe<boolean> {
  if (text === undefined) return false;
  return isKnown(text) ? matchesGlob(text, glob) : unknown;
}
