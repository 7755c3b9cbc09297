/** What became of repairs: the words, and what is wrong where one isn't made. */
import { count, oneLine } from "./plain";
import { keysOf } from "./repair";
import type { Change, Finding, Outcome, Repair } from "./types";

/** The code by which the pack itself says that a repair isn't made. */
export const repairUndone = "repair-undone";

/** What became of a repair: `rolls out`. Where the log doesn't say, all that is certain is that it was announced. */
export function outcomeWord({ outcome, onlyExposed }: Pick<Repair, "outcome" | "onlyExposed">): string {
  return outcomes[outcome ?? "announced"].word + (onlyExposed ? " (only looks exposed)" : "");
}

/** The outcomes, with words for one and for more. */
const outcomes: Readonly<Record<Outcome | "announced", { word: string; words?: string }>> = {
  "rolls-out": { word: "rolls out", words: "roll out" },
  waits: { word: "waits for new Pods", words: "wait for new Pods" },
  kept: { word: "kept" },
  unchanged: { word: "unchanged" },
  announced: { word: "announced" },
  written: { word: "repaired" },
  "not-applied": { word: "not applied" },
  "would-be-repaired": { word: "would be repaired" },
};

/** Is the resource repaired, as far as that is known? */
export function isMade({ outcome }: Pick<Repair, "outcome">): boolean {
  return outcome !== "not-applied" && outcome !== "would-be-repaired";
}

/** `3 repairs (1 rolls out, 2 kept)`, `1 repair not applied`. */
export function repairsText(repairs: readonly Repair[]): string[] {
  const of = (wanted: Outcome | "announced") =>
    repairs.filter(({ outcome = "announced" }) => outcome === wanted).length;
  const made = repairs.filter(isMade).length;
  const parts = (["rolls-out", "waits", "kept", "unchanged", "announced"] as const).flatMap((outcome) => {
    const { word, words = word } = outcomes[outcome];
    return of(outcome) === 0 ? [] : [`${of(outcome)} ${of(outcome) === 1 ? word : words}`];
  });
  const exposed = repairs.filter(({ onlyExposed }) => onlyExposed).length;
  if (exposed > 0) parts.push(`${exposed} only ${exposed === 1 ? "looks" : "look"} exposed`);
  const how = of("announced") < made && parts.length > 0 ? ` (${parts.join(", ")})` : "";
  const [lost, proposed] = [of("not-applied"), of("would-be-repaired")];
  return [
    ...(made > 0 ? [`${count(made, "repair")}${how}`] : []),
    ...(lost > 0 ? [`${count(lost, "repair")} not applied`] : []),
    ...(proposed > 0 ? [`${proposed} would be repaired`] : []),
  ];
}

/** What is said of a repair's changes; a list with a secret in it is secret as a whole in Pulumi's events. */
export function changeTexts({ changes }: Pick<Repair, "changes">): string[] {
  return changes.length > 0 ? changes.map(changeText) : ["what it changes is hidden by a secret"];
}

/** `spec.terminationGracePeriodSeconds: 30 s → 45 s`. */
function changeText({ path, before, after, kind }: Change): string {
  const where = oneLine(path);
  if (before !== undefined && after !== undefined) return `${where}: ${oneLine(before)} → ${oneLine(after)}`;
  return after === undefined ? `${where}: ${kind}` : `${where}: ${oneLine(after)} (${kind})`;
}

/**
 * What is wrong where a repair isn't made: a finding for each container whose hook it would write, or one for the grace
 * period alone. The pack was to repair it and didn't, so that it fails.
 */
export function findingsOf(repair: Repair): Omit<Finding, "fingerprint">[] {
  const { policy, resource, changes, outcome } = repair;
  if (outcome === undefined || isMade(repair)) return [];
  const byContainer = new Map<string | undefined, Change[]>();
  for (const change of changes) {
    const container = containerOf(change);
    byContainer.set(container, [...(byContainer.get(container) ?? []), change]);
  }
  // A hook that is longer than the grace period raises that, too: one thing is wrong, not two.
  if (byContainer.size > 1) byContainer.delete(undefined);
  if (byContainer.size === 0) byContainer.set(undefined, []);
  return [...byContainer].map(([container, own]) => ({
    ...{ policy, level: "remediate", resource, outcome, evidence: [] },
    ...(container === undefined ? {} : { container }),
    ...sentences(repair, container, own),
  }));
}

function sentences({ outcome, because, resource }: Repair, container: string | undefined, changes: readonly Change[]) {
  const field =
    container !== undefined
      ? `the preStop hook of container "${container}"`
      : changes.length > 0
        ? "the grace period"
        : "this workload";
  const list = changes.map(({ path, after }) => (after === undefined ? path : `${path}: ${after}`)).join("; ");
  const write = list === "" ? "write the repair into the program" : `write it into the program: ${list}`;
  if (outcome === "would-be-repaired") {
    const what = `The pack would repair ${field}. An analysis changes nothing: the deployed Pods run without the repair.`;
    return { what, fix: `run pulumi up with the pack, or ${write}` };
  }
  switch (because) {
    case "replaced":
      return {
        what: `The repair of ${field} is lost: Pulumi drops repairs of a resource that it replaces.`,
        fix: `${write}; or ${resource.kind === "Pod" ? "make it a Deployment: each run would replace the Pod again" : "run pulumi up once more"}`,
      };
    case "ignored":
      return {
        what: `The repair of ${field} is lost: the resource ignores changes of this field (ignoreChanges).`,
        fix: `let ignoreChanges leave out what the repair changes${list === "" ? "" : `: ${list}`}`,
      };
    default:
      return { what: `The repair of ${field} is lost: this run leaves the resource without it.`, fix: write };
  }
}

/** The container that a change is about. */
function containerOf({ path }: Change): string | undefined {
  return keysOf(path)?.flatMap((key) => (typeof key === "object" ? (key.name ?? []) : []))[0];
}
