/** Kubernetes manifests: YAML or JSON, many documents in a file, lists. */
import { expandLists } from "../../kubernetes/lists";
import { fromManifest } from "../../kubernetes/resource";
import type { Document } from "./documents";
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
