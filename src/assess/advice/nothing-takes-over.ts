/** Why no Pod may take over while a routed workload rolls out. These are other tools' rules: only what a route makes matter. */
import type { Resource } from "../../kubernetes/resource";
import { get, getNumber, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import type { Workload } from "../../kubernetes/workload";
import type { Chain, Mark } from "../../routing";
import type { Defect } from "../../shutdown/judge";
import { landsOf } from "../../shutdown/lands";

/** One reason. `isDefault`: the number of replicas isn't written, and is 1. */
export type Gap =
  | { is: "recreate" }
  | { is: "all-unavailable"; isSingle: boolean; isDefault: boolean }
  | { is: "stops-first"; isDefault: boolean }
  | { is: "no-scale-down-delay" }
  | { is: "not-probed"; container: string }
  | ({ is: "no-retries" } & Mark);

/**
 * @param isScaled may an autoscaler decide how many replicas it has?
 * @param isAlone is it all that one of its Services leads to? Otherwise the others' Pods take over
 * @param defects what is wrong with its Pods' end
 */
export function gapsOf(
  workload: Workload,
  upstream: readonly Chain[],
  { isScaled, isAlone }: { isScaled: boolean; isAlone: boolean },
  defects: readonly Defect[],
): Gap[] {
  const { kind, isPatch } = workload.resource;
  const rollsOut = ["Deployment", "StatefulSet", "DaemonSet", "Rollout", "CloneSet"].includes(kind);
  const replicas = replicasOf(workload.resource, isScaled);
  if (!rollsOut || isPatch || (isKnown(replicas) && replicas.count === 0)) return [];
  const container = unprobed(workload, upstream);
  const noRetries = upstream.find((chain) => chain.noRetries)?.noRetries;
  return [
    ...(isAlone && landsOf(workload) === "rolls-out" ? strategyGaps(workload.resource, replicas, defects) : []),
    ...(container === undefined ? [] : [{ is: "not-probed", container } as const]),
    ...(noRetries ? [{ is: "no-retries", ...noRetries } as const] : []),
  ];
}

interface Replicas {
  count: number;
  isDefault: boolean;
}

/** `spec.replicas`, which the API sets to 1 where it isn't set. */
function replicasOf(resource: Resource, isScaled: boolean): Maybe<Replicas> {
  const count = readNumber(resource, "spec", "replicas");
  if (isScaled || (count !== undefined && !(Number.isInteger(count) && Number(count) >= 0))) return unknown;
  return { count: Number(count ?? 1), isDefault: count === undefined };
}

function strategyGaps(resource: Resource, replicas: Maybe<Replicas>, defects: readonly Defect[]): Gap[] {
  switch (`${resource.group}/${resource.kind}`) {
    case "apps/Deployment":
    case "extensions/Deployment":
      return deploymentGaps(resource, replicas);
    case "apps/StatefulSet":
      // The next Pod has the name of the one before: it is made when that is gone.
      return isKnown(replicas) && replicas.count === 1 ? [{ is: "stops-first", isDefault: replicas.isDefault }] : [];
    case "apps/DaemonSet": {
      const all = percentOf(read(resource, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"));
      return all !== undefined && all >= 100 ? [{ is: "all-unavailable", isSingle: false, isDefault: false }] : [];
    }
    case "argoproj.io/Rollout": {
      // 30 s by default (argo-rollouts utils/defaults). With a sleep in its Pods, the old ones serve on without it.
      const isAtOnce = readNumber(resource, "spec", "strategy", "blueGreen", "scaleDownDelaySeconds") === 0;
      return isAtOnce && defects.some(({ rule }) => rule === "sleep") ? [{ is: "no-scale-down-delay" }] : [];
    }
    default:
      return [];
  }
}

/** As the Deployment controller computes it (pkg/controller/deployment/util, ResolveFenceposts). */
function deploymentGaps(resource: Resource, replicas: Maybe<Replicas>): Gap[] {
  const type = read(resource, "spec", "strategy", "type");
  if (type === "Recreate") return [{ is: "recreate" }];
  if (type !== undefined && type !== "RollingUpdate") return [];
  const at = ["spec", "strategy", "rollingUpdate"] as const;
  const most = read(resource, ...at, "maxUnavailable") ?? "25%";
  const surge = read(resource, ...at, "maxSurge") ?? "25%";
  if ((percentOf(most) ?? 0) >= 100) return [{ is: "all-unavailable", isSingle: false, isDefault: false }];
  if (!isKnown(replicas)) return [];
  const { count, isDefault } = replicas;
  const [down, up] = [scaled(most, count, Math.floor), scaled(surge, count, Math.ceil)];
  if (down === undefined || up === undefined) return [];
  const unavailable = down === 0 && up === 0 ? 1 : down;
  return unavailable >= count ? [{ is: "all-unavailable", isSingle: count === 1, isDefault }] : [];
}

/** `25` of `25%`. */
function percentOf(value: unknown): number | undefined {
  const match = typeof value === "string" ? /^(\d{1,9})%$/.exec(value) : undefined;
  return match ? Number(match[1]) : undefined;
}

/** A number, or a percentage of the replicas; undefined where it is neither. */
function scaled(value: unknown, count: number, round: (value: number) => number): number | undefined {
  const percent = percentOf(value);
  if (percent !== undefined) return round((percent * count) / 100);
  return Number.isInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
}

/** A value of the resource's; unknown where it is a secret. */
function read(resource: Resource, ...path: string[]): unknown {
  return resource.secrets?.touch(path.join(".")) ? unknown : get(resource.body, ...path);
}

function readNumber(resource: Resource, ...path: string[]): Maybe<number> | undefined {
  const value = read(resource, ...path);
  return value === undefined ? undefined : (getNumber({ value }, "value") ?? unknown);
}

/**
 * A container that serves a routed port, of a Pod that is ready as soon as it runs. A startup probe and a postStart hook
 * hold that back, too; and another container's probe, or a readiness gate, may.
 */
function unprobed({ pod }: Workload, upstream: readonly Chain[]): string | undefined {
  if (!isKnown(pod.containers) || !pod.spec || get(pod.spec, "readinessGates") !== undefined) return undefined;
  if (pod.containers.some(({ body }) => get(body, "readinessProbe") !== undefined)) return undefined;
  if (upstream.some(({ serving }) => serving === undefined)) return undefined;
  // Many chains may share one list.
  const serving = new Set([...new Set(upstream.map((chain) => chain.serving))].flatMap((names) => names ?? []));
  const isHeld = (body: object) =>
    get(body, "startupProbe") !== undefined || get(body, "lifecycle", "postStart") !== undefined;
  return pod.containers.find(({ name, body }) => serving.has(name) && !isHeld(body))?.name;
}
