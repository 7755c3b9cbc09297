/** What a reader should know of a workload beside what is wrong with it: what stands in the way of a fix. */
import { oncePer } from "../once";
import { firstCovering, type Field } from "../kubernetes/property-path";
import { isKnown } from "../kubernetes/values";
import type { Resource } from "../kubernetes/resource";
import type { Container, Pod, Workload } from "../kubernetes/workload";
import type { Defect } from "../shutdown/judge";
import { landsOf } from "../shutdown/lands";
import type { Remark } from "./finding";

/** What stands in the way of a fix. */
export function remarksOn(defect: Defect, workload: Workload): Remark[] {
  if (!defect.certain) return [];
  const remarks: Remark[] = [];
  const lands = landsOf(workload);
  if (lands !== undefined && lands !== "rolls-out") remarks.push({ about: "lands", lands });
  const path = ignoredPath(defect, workload);
  if (path !== undefined) remarks.push({ about: "ignored", path });
  return remarks;
}

/** The path of `ignoreChanges` that covers a field which mends the defect. */
export function ignoredPath(defect: Defect, workload: Workload): string | undefined {
  const fields = [fieldOf(defect, workload)];
  if (defect.fixes.some((fix) => fix.do === "set-grace")) fields.push(graceField(workload));
  return ignored(workload, fields);
}

/** The first path of `ignoreChanges` that covers one of the fields, as property paths name them. */
export function ignored({ resource }: Workload, fields: readonly Field[]): string | undefined {
  return resource.ignoreChanges.length === 0 ? undefined : ignoredOf(resource)(fields);
}

const ignoredOf = oncePer(({ ignoreChanges }: Resource) => firstCovering(ignoreChanges));

/** The field that a defect is mended in. */
function fieldOf({ rule, container }: Defect, workload: Workload): Field {
  const own = rule === "sleep" ? containersOf(workload.pod).get(container) : undefined;
  if (!own) return graceField(workload);
  // What Pulumi ignores of a hook that isn't there yet, it doesn't: there is nothing to keep.
  return { path: `${workload.podSpecPath}.${own.path}.lifecycle.preStop`, orPart: own.preStop !== undefined };
}

/** The containers of a Pod, by name: the first of each. */
const containersOf = oncePer(({ containers }: Pod): ReadonlyMap<string | undefined, Container> => {
  const all = isKnown(containers) ? containers : [];
  return new Map([...all].reverse().map((each) => [each.name, each]));
});

/** The grace period's field. */
export function graceField({ podSpecPath }: Workload): Field {
  return { path: `${podSpecPath}.terminationGracePeriodSeconds` };
}
