/** What `check` says of repairs beside its report: what else could be repaired, what can't be, and how a repair lands. */
import { labelOf } from "../kubernetes/resource";
import { placeText } from "../report";
import { count } from "../report/plain";
import { landsOf } from "../shutdown/lands";
import type { Failure } from "./fix";
import { itemPlace } from "./item-place";
import type { FixPlan, WorkloadFix } from "./repair";
import type { Sourced } from "./sources";

/** After `check` alone. */
export function* fixHints({ fixes, exposed }: FixPlan): Iterable<string> {
  // Which of them their files can take is found out by repairing them, and takes longer than all the rest of `check`.
  if (fixes.length > 0) yield "--diff shows what can be repaired, --fix repairs it.";
  if (exposed > 0) {
    const [how, too] = fixes.length > 0 ? ["--include-exposed", ", too"] : ["--fix --include-exposed", ""];
    yield `${onlyExposed(exposed)}: ${how} repairs ${them(exposed)}${too}.`;
  }
}

/**
 * After `--fix` and `--diff`.
 *
 * @param objects those that stand in the files now, with these texts
 */
export function* fixNotes(
  made: readonly WorkloadFix[],
  failed: readonly Failure<WorkloadFix>[],
  { exposed, inState }: FixPlan,
  objects: readonly Sourced[],
  texts: ReadonlyMap<string, string>,
): Iterable<string> {
  for (const { workload } of made) {
    const lands = landsOf(workload);
    if (lands !== undefined && lands !== "rolls-out") yield `note: ${labelOf(workload.resource)}: ${landing[lands]}`;
  }
  const byUrn = new Map(objects.map((object) => [object.resource.urn, object]));
  for (const failure of failed) yield `warning: ${failureText(failure, byUrn, texts)}`;
  if (inState > 0) {
    const are = inState === 1 ? "is" : "are";
    yield `${count(inState, "workload")} ${are} in Pulumi state, which is never changed: repair ${them(inState)} in the program.`;
  }
  if (exposed > 0) yield `${onlyExposed(exposed)}: --include-exposed repairs ${them(exposed)}, too.`;
}

const landing = {
  "new-pod":
    "a running Pod can't be changed, so kubectl apply refuses the repair. Delete the Pod and apply it again, or make it a Deployment.",
  "next-pods": "its running Pods keep the old hook: only Pods that are made later have the new one.",
  "when-resumed": "it is paused: its running Pods keep the old hook until it is resumed.",
};

/** Where and why a workload isn't repaired. */
function failureText(
  { fix: { object, workload }, field, why }: Failure<WorkloadFix>,
  standing: ReadonlyMap<string, Sourced>,
  texts: ReadonlyMap<string, string>,
): string {
  const { place } = standing.get(object.resource.urn) ?? object;
  const { line, column } = place ? itemPlace(place, texts.get(place.file) ?? "", field) : {};
  const keys = field.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`));
  const name = keys.join("").slice(1);
  const because = {
    shared: `an anchor or a merge key shares ${name} with another place`,
    layout: `${name} is written in a way that can't be edited without changing more`,
  };
  const label = labelOf(workload.resource);
  return `${placeText(place?.file ?? "", line, column)}: ${label} is not repaired: ${because[why]}. Repair it by hand.`;
}

function onlyExposed(n: number): string {
  const looks = n === 1 ? "looks" : "look";
  return `${count(n, "workload")} only ${looks} exposed (a port or a readiness probe, and no known route)`;
}

function them(n: number): string {
  return n === 1 ? "it" : "them";
}
