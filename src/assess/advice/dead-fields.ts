/**
 * Fields that are meant to delay SIGTERM or SIGKILL, and that Kubernetes doesn't have: they are misspelt, or stand at the
 * wrong level. The API drops what it doesn't know; with strict validation, which kubectl asks for, it refuses it.
 *
 * Source: Lifecycle, LifecycleHandler, Container, PodSpec, PodTemplateSpec and ObjectMeta, and the specs of apps/v1, in
 * https://kubernetes.io/docs/reference/kubernetes-api/. A probe has a terminationGracePeriodSeconds of its own.
 */
import { distance } from "fastest-levenshtein";
import { segments } from "../../kubernetes/property-path";
import { get, getObject, isKnown } from "../../kubernetes/values";
import type { Workload } from "../../kubernetes/workload";

/** A field that has no effect. Paths in the resource. */
export interface DeadField {
  path: string;
  /** The field that was meant; absent where there are several containers that it may be meant for. */
  meant?: string;
  /** Is that field set? Then this one is left over. */
  isTaken?: true;
}

/** All of a workload, the outer ones first. Never throws. */
export function deadFields({ resource, podSpecPath, pod }: Workload): DeadField[] {
  const { body, group, secrets } = resource;
  const found: DeadField[] = [];
  const containers = (isKnown(pod.containers) ? pod.containers : []).map(({ path, body }) => ({
    at: `${podSpecPath}.${path}`,
    body,
  }));
  const [only] = containers.length === 1 ? containers : [];
  /** @param meant what each name means there; a name that is right there isn't dead */
  const look = (at: string, owner: unknown, meant: { [name in Name]?: string | undefined }, right?: string) => {
    for (const key of keysOf(owner)) {
      const name = key === right ? undefined : nameMeant(key);
      if (name === undefined || !(name in meant) || get(owner, key) === undefined) continue;
      const path = at === "" ? key : `${at}.${key}`;
      const field = meant[name];
      if (secrets?.cover(path)) continue;
      if (field === undefined) found.push({ path });
      else found.push({ path, meant: field, ...(isSet(body, field) && { isTaken: true }) });
    }
  };
  const grace = { terminationGracePeriodSeconds: `${podSpecPath}.terminationGracePeriodSeconds` };
  const ofPod = {
    ...grace,
    lifecycle: only && `${only.at}.lifecycle`,
    preStop: only && `${only.at}.lifecycle.preStop`,
  };

  look("metadata", get(body, "metadata"), ofPod);
  if (podSpecPath === "spec") look("", body, ofPod);
  else {
    // A custom resource may have a field of that name: CloneSet has `spec.lifecycle`.
    if (["", "apps", "extensions"].includes(group)) {
      look("", body, ofPod);
      look("spec", get(body, "spec"), ofPod);
    }
    const template = podSpecPath.replace(/\.spec$/, "");
    look(template, get(body, ...segments(template)), ofPod);
    look(`${template}.metadata`, get(body, ...segments(template), "metadata"), ofPod);
  }
  look(podSpecPath, pod.spec, ofPod, "terminationGracePeriodSeconds");
  for (const { at, body } of containers) {
    const lifecycle = `${at}.lifecycle`;
    const preStop = `${lifecycle}.preStop`;
    look(at, body, { ...grace, lifecycle, preStop }, "lifecycle");
    look(lifecycle, get(body, "lifecycle"), { ...grace, preStop }, "preStop");
    look(preStop, get(body, "lifecycle", "preStop"), { ...grace, command: `${preStop}.exec.command` });
  }
  return found;
}

function isSet(body: unknown, path: string): boolean {
  return get(body, ...segments(path)) !== undefined;
}

type Name = "terminationGracePeriodSeconds" | "lifecycle" | "preStop" | "command";

/** The field that a key was meant to be: as it is written, in another case, or nearly so. */
function nameMeant(key: string): Name | undefined {
  if (key.length > 40) return undefined;
  const word = key.toLowerCase().replace(/[-_]/g, "");
  if (word === "command") return "command";
  if (/^prestop(hook)?s?$/.test(word) || isNear(word, "prestop", 2)) return "preStop";
  if (isNear(word, "lifecycle", 2)) return "lifecycle";
  const isGrace = /^(terminationgrace(period)?|graceperiod)s?(sec(ond)?s?)?$/.test(word);
  return isGrace || isNear(word, "terminationgraceperiodseconds", 3) ? "terminationGracePeriodSeconds" : undefined;
}

/** What differs more in length isn't near, and needs no comparison. */
function isNear(word: string, name: string, most: number): boolean {
  return Math.abs(word.length - name.length) <= most && distance(word, name) <= most;
}

function keysOf(owner: unknown): string[] {
  const object = getObject({ owner }, "owner");
  if (object === undefined || !isKnown(object)) return [];
  try {
    return Object.keys(object);
  } catch {
    return [];
  }
}
