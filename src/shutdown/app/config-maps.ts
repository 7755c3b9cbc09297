/** The ConfigMaps of a stack, and what of them a container sees. */
import { oncePer } from "../../once";
import { expandLists } from "../../kubernetes/lists";
import { labelOf, nameOf, namespaceOf, type Resource } from "../../kubernetes/resource";
import {
  elementsOf,
  get,
  getList,
  getObject,
  getString,
  getStringMap,
  isKnown,
  unknown,
  type Maybe,
} from "../../kubernetes/values";
import type { Environment } from "../hook/environment";

/** A file that a container mounts from a ConfigMap, or a value of one. The same object for whoever mounts it. */
export interface ConfigFile {
  /** `application.yml of ConfigMap shop/web`. */
  label: string;
  text: string;
}

/** What a ConfigMap holds, by key. */
type ConfigMap = ReadonlyMap<string, ConfigFile>;

/** Finds a ConfigMap of one cluster and namespace. Unknown where it can't be read, or isn't in the stack. */
export type FindConfigMap = (name: Maybe<string> | undefined) => Maybe<ConfigMap>;

/** A longer file is not read, in characters. */
const longestFile = 100_000;
/** Nor is a ConfigMap with more keys: any number of containers may see each of them. */
const mostKeys = 1_000;

/** Finds nothing: what a policy knows that sees one resource. */
export const noConfigMaps: FindConfigMap = () => unknown;

/**
 * The ConfigMaps of a stack, for a workload of it. One that holds a secret or what isn't known, that a patch changes, or
 * that is there twice is not read.
 */
export function configMapsOf(resources: readonly Resource[]): (workload: Resource) => FindConfigMap {
  const all = new Map<string, Resource | undefined>();
  for (const resource of expandLists(resources)) {
    if (resource.kind !== "ConfigMap" || resource.group !== "") continue;
    const key = keyOf(resource, nameOf(resource));
    if (key !== undefined) all.set(key, all.has(key) || resource.isPatch ? undefined : resource);
  }
  const read = new Map<Resource, Maybe<ConfigMap>>();
  return (workload) => (name) => {
    const resource = all.get(keyOf(workload, name) ?? "");
    if (!resource) return unknown;
    const known = read.get(resource) ?? readConfigMap(resource);
    read.set(resource, known);
    return known;
  };
}

function keyOf(resource: Resource, name: Maybe<string> | undefined): string | undefined {
  const namespace = namespaceOf(resource);
  if (typeof name !== "string" || !isKnown(namespace)) return undefined;
  return [resource.cluster, namespace, name].join("\0");
}

function readConfigMap(resource: Resource): Maybe<ConfigMap> {
  if (resource.secrets?.touch("data")) return unknown;
  const data = getStringMap(resource.body, "data") ?? new Map<string, Maybe<string>>();
  if (!isKnown(data) || data.size > mostKeys) return unknown;
  const files = new Map<string, ConfigFile>();
  for (const [key, text] of data) {
    if (!isKnown(text)) return unknown;
    files.set(key, { label: `${key} of ${labelOf(resource)}`, text });
  }
  return files;
}

/** What `envFrom` sets: nothing where one of its sources can't be known, as it may set any variable. */
export function environmentFrom(container: object, find: FindConfigMap): Environment {
  const sources = getList(container, "envFrom");
  const environment = new Map<string, string>();
  if (!isKnown(sources)) return environment;
  for (const source of sources ?? []) {
    const configMap = find(getString(source, "configMapRef", "name"));
    const prefix = getString(source, "prefix") ?? "";
    // What comes later wins.
    if (!isKnown(configMap) || !isKnown(prefix)) environment.clear();
    else for (const [key, { text }] of configMap) environment.set(prefix + key, text);
  }
  return environment;
}

/** The value of a variable's `valueFrom.configMapKeyRef`. */
export function valueFrom(source: unknown, find: FindConfigMap): Maybe<string> {
  const configMap = find(getString(source, "configMapKeyRef", "name"));
  const key = getString(source, "configMapKeyRef", "key");
  return isKnown(configMap) && typeof key === "string" ? (configMap.get(key)?.text ?? unknown) : unknown;
}

/** The files that a container mounts from ConfigMaps, by their paths. Those that are too long are unknown. */
export function mountedFiles(
  container: object,
  spec: object | undefined,
  find: FindConfigMap,
): Map<string, Maybe<ConfigFile>> {
  const files = new Map<string, Maybe<ConfigFile>>();
  const mounts = getList(container, "volumeMounts");
  if (!isKnown(mounts) || !mounts || !spec) return files;
  const byName = volumesOf(spec);
  for (const mount of mounts) {
    const [name, at, subPath] = ["name", "mountPath", "subPath"].map((key) => getString(mount, key));
    if (typeof name !== "string" || typeof at !== "string" || subPath === unknown) continue;
    if (get(mount, "subPathExpr") !== undefined) continue;
    for (const [path, file] of filesOf(byName.get(name), find)) {
      const known = file.text.length > longestFile ? unknown : file;
      if (!subPath) files.set(`${at.replace(/\/+$/, "")}/${path}`, known);
      else if (path === subPath) files.set(at, known);
    }
  }
  return files;
}

/** The volumes of a Pod's spec, by name. */
const volumesOf = oncePer((spec: object): ReadonlyMap<unknown, unknown> => {
  return new Map(elementsOf(spec, "volumes").map((volume) => [getString(volume, "name"), volume]));
});

/** The files of a volume, by their paths in it: those of its ConfigMap, or of the ConfigMaps that it projects. */
function filesOf(volume: unknown, find: FindConfigMap): [string, ConfigFile][] {
  const single = getObject(volume, "configMap");
  if (single !== undefined) return itemsOf(single, find(getString(single, "name")));
  return elementsOf(volume, "projected", "sources").flatMap((source) => {
    const each = getObject(source, "configMap");
    return each === undefined ? [] : itemsOf(each, find(getString(each, "name")));
  });
}

function itemsOf(source: unknown, configMap: Maybe<ConfigMap>): [string, ConfigFile][] {
  if (!isKnown(configMap)) return [];
  const items = getList(source, "items");
  if (items === undefined) return [...configMap];
  return (isKnown(items) ? items : []).flatMap((item): [string, ConfigFile][] => {
    const [key, path] = [getString(item, "key"), getString(item, "path")];
    const file = typeof key === "string" ? configMap.get(key) : undefined;
    return file && typeof path === "string" ? [[path, file]] : [];
  });
}
