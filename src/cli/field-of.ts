/** The fields that findings are about: what an editor should show. */
import type { Finding } from "../assess";
import { isKnown } from "../kubernetes/values";
import { podMetadataPath, type Workload } from "../kubernetes/workload";
import { pathOf } from "./moves";

type Path = readonly (string | number)[];

/**
 * The fields of an object that a finding is about; the first that is written there counts. None: the object itself.
 *
 * @param workload the object as a workload, if it is one
 */
export function fieldsOf({ code, container, data }: Finding, workload: Workload | undefined): Path[] {
  if ("annotation" in data) {
    const annotation = ["metadata", "annotations", data.annotation];
    const ofPods = workload ? [...pathOf(podMetadataPath(workload)), "annotations", data.annotation] : annotation;
    return [annotation, ofPods, []];
  }
  if (code === "field-dropped") return data.fields.slice(0, 1).map(({ path }) => pathOf(path));
  if (!workload) return [];
  const { pod, podSpecPath } = workload;
  const spec = pathOf(podSpecPath);
  const own = (isKnown(pod.containers) ? pod.containers : []).find(({ name }) => name === container);
  const holder = own ? [...spec, ...pathOf(own.path)] : undefined;
  const grace = [...spec, "terminationGracePeriodSeconds"];
  switch (code) {
    case "grace-unknown":
    case "grace-zero":
    case "sleep-exceeds-grace":
    case "grace-too-short":
    case "grace-may-be-too-short":
    case "spot-nodes":
      return holder ? [grace, holder] : [grace];
    case "signal-lost":
    case "signal-may-be-lost":
      return holder ? [[...holder, "command"], [...holder, "args"], holder] : [];
    case "stop-signal-kills":
      return holder ? [[...holder, "lifecycle", "stopSignal"], holder] : [];
    case "template-unknown":
      return [spec];
    default:
      return holder ? [[...holder, "lifecycle", "preStop"]] : [];
  }
}
