/** Kubernetes manifests: YAML or JSON, many documents in a file, lists. */
import { expandLists } from "../../kubernetes/lists";
import { fromManifest } from "../../kubernetes/resource";
import type { Document } from "./documents";
import { getList, getObject, getString } from "../../kubernetes/values";
import { registered, type Sourced } from "./source";

/**
 * The objects of one document: itself, or the items of a list. What has no apiVersion and kind is no Kubernetes object,
 * and there are none then.
 */
export function objectsOf(document: Document, file: string): Sourced[] {
  const { value, line, index } = document;
  const resource = fromManifest(value, `${file}#${index}`);
  if (!resource) return [];
  return expandLists([resource]).map((object) => ({
    resource: registered(object, object.id, object.body),
    place: { file, line, document, path: pathIn(object.id) },
  }));
}

/** `web.yaml#0#items[2]` → `["items", 2]`: how `expandLists` names items. */
function pathIn(id: string): (string | number)[] {
  return [...id.matchAll(/#items\[(\d+)\]/g)].flatMap(([, i]) => ["items", Number(i)]);
}

/** Is it there for `helm test` alone? (https://helm.sh/docs/topics/charts_hooks) No request is ever sent to it. */
export function isHook({ resource: { props } }: Sourced): boolean {
  const hook = getString(props, "metadata", "annotations", "helm.sh/hook");
  return typeof hook === "string" && hook.split(",").some((each) => /^test(-success|-failure)?$/.test(each.trim()));
}

const withSelector = /^kubernetes:apps\/\w+:(Deployment|StatefulSet|DaemonSet|ReplicaSet)$/;

/** Does it lack what Kubernetes asks of a workload, selector and images? Then it is to be patched into one. */
export function isPart({ resource: { type, props } }: Sourced): boolean {
  if (!withSelector.test(type) || getObject(props, "spec", "selector") !== undefined) return false;
  const containers = getList(props, "spec", "template", "spec", "containers") ?? [];
  return Array.isArray(containers) && containers.every((each) => getString(each, "image") === undefined);
}
