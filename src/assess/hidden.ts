/**
 * Times that come from secrets: what a Pod's hooks, its grace period or its annotations say is judged, and isn't
 * printed. Such a number is NaN in what a message is made of, which messages print as "(secret)".
 */
import { isSecret } from "../kubernetes/resource";
import { getList, isKnown } from "../kubernetes/values";
import { podMetadataPath, type Workload } from "../kubernetes/workload";
import { annotationPrefix } from "../settings/exemptions";
import type { Defect, Fix } from "../shutdown/judge";

/** Which of a workload's times come from secrets. */
export interface HiddenTimes {
  grace: boolean;
  hooks: boolean;
  /** The seconds that its annotations ask for. */
  wishes: boolean;
}

/** Undefined where none does, as nearly always. */
export function hiddenTimes(workload: Workload): HiddenTimes | undefined {
  const { resource, podSpecPath } = workload;
  if (!resource.secrets) return undefined;
  const times: HiddenTimes = {
    grace: isSecret(resource, `${podSpecPath}.terminationGracePeriodSeconds`),
    hooks: hasSecretHook(workload),
    wishes: ["sleep-seconds", "shutdown-seconds"].some((name) => isAnnotationSecret(workload, annotationPrefix + name)),
  };
  return times.grace || times.hooks || times.wishes ? times : undefined;
}

/** Has the workload an annotation, or have its Pods, whose value is a secret? */
export function isAnnotationSecret(workload: Workload, name: string): boolean {
  return annotated(workload).some(
    ([path, map]) => isSecret(workload.resource, `${path}["${name}"]`) && isKnown(map) && map.has(name),
  );
}

/** Are the names of its annotations secrets, on the workload or on its Pods? */
export function areAnnotationsSecret(workload: Workload): boolean {
  return annotated(workload).some(([path]) => isSecret(workload.resource, path));
}

function annotated(workload: Workload) {
  return [
    ["metadata.annotations", workload.annotations],
    [`${podMetadataPath(workload)}.annotations`, workload.podAnnotations],
  ] as const;
}

/** A variable of the environment is a part of a hook whose command names one. */
function hasSecretHook({ resource: { secrets }, podSpecPath, pod }: Workload): boolean {
  if (!secrets) return false;
  if (!isKnown(pod.containers)) return secrets.touch(podSpecPath);
  return pod.containers.some(({ path, preStop }) => {
    const at = `${podSpecPath}.${path}`;
    if (secrets.touch(`${at}.lifecycle`)) return true;
    const command = isKnown(preStop) ? getList(preStop, "exec", "command") : [];
    const hasVariable = isKnown(command) && command?.some((word) => typeof word === "string" && word.includes("$"));
    return Boolean(hasVariable) && secrets.touch(`${at}.env`);
  });
}

/** A defect without the times that come from secrets. */
export function withoutTimes(defect: Defect, hides: HiddenTimes | undefined): Defect {
  if (!hides) return defect;
  const data = Object.entries(defect.data as Record<string, unknown>).map(([key, value]) => [
    key,
    hidesPart(key, hides) ? hiddenValue(value) : value,
  ]);
  // What is left of the grace period after a hook tells its length, even if it is nothing.
  if (defect.code === "grace-too-short" && defect.data.hook && (hides.grace || hides.hooks)) data.push(["left", NaN]);
  const { t } = defect.data as { t?: number };
  const fixes = defect.fixes.map((fix) => fixWithoutTimes(fix, hides, t));
  return { ...defect, data: Object.fromEntries(data) as never, fixes };
}

/** What each part of a defect's data comes from. */
function hidesPart(key: string, { grace, hooks, wishes }: HiddenTimes): boolean {
  switch (key) {
    case "because":
    case "protects":
    case "hook":
    case "sleep":
      return hooks;
    case "grace":
      return grace;
    case "left":
      return grace || hooks;
    case "needed":
      return hooks || wishes;
    case "t":
    case "shutdown":
      return wishes;
    default:
      return false;
  }
}

function hiddenValue(value: unknown): unknown {
  if (typeof value === "number") return NaN;
  if (typeof value === "string") return "is a secret";
  if (typeof value !== "object" || value === null) return value;
  // An interval, or a grace period.
  return "atLeast" in value ? { atLeast: NaN, atMost: NaN } : { seconds: NaN, isDefault: false };
}

/** A fix without them. @param t how long a hook has to last, which is no secret unless the wishes are */
export function fixWithoutTimes(fix: Fix, { grace, hooks, wishes }: HiddenTimes, t?: number): Fix {
  switch (fix.do) {
    case "set-hook":
      if (wishes) return { ...fix, hook: { sleep: { seconds: NaN } } };
      // As long as the one that it replaces was meant to be.
      return hooks && fix.replaces
        ? { do: "sleep-first", container: fix.container, seconds: t ?? NaN, plain: true, stopsApp: false }
        : fix;
    case "set-hook-without-shell":
      return wishes || (hooks && fix.replaces) ? { ...fix, seconds: NaN } : fix;
    case "sleep-first":
    case "sleep-then-request":
    case "hold-proxy":
      return wishes ? { ...fix, seconds: NaN } : fix;
    case "set-grace":
      return hooks || wishes ? { ...fix, seconds: NaN } : fix;
    case "shorten":
      return hooks || wishes ? { ...fix, needed: NaN } : fix;
    case "end-hook":
      return grace || wishes ? { do: "end-hook", container: fix.container } : fix;
    default:
      return fix;
  }
}
