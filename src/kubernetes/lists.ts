/**
 * Lists: `v1 List`, `apps/v1 DeploymentList` and so on. They occur in manifests and in what `kubectl get -o yaml`
 * prints; a Pulumi program can't create them (pulumi-kubernetes#2494), and its YAML and Helm components expand them.
 */
import { fromManifest, type Resource } from "./resource";
import { getList, getObject, getString, unknown } from "./values";

/** The kind of the items of a typed list: `DeploymentList` → `Deployment`; "" for a `List`, whose items say it. */
function itemKind(kind: string): string | undefined {
  return kind.endsWith("List") ? kind.slice(0, -4) : undefined;
}

/**
 * A resource itself, or the items of a list, also of lists in lists. Items that are no Kubernetes objects, or can't be
 * known, are left out. An item's id is the list's and its place: `<id>#items[2]`.
 */
export function expandLists(resources: readonly Resource[]): Resource[] {
  const expanded: Resource[] = [];
  for (const resource of resources) expand(resource, expanded);
  return expanded;
}

function expand(list: Resource, into: Resource[]): void {
  const kind = itemKind(list.kind);
  const items = kind === undefined ? undefined : getList(list.body, "items");
  if (kind === undefined || items === undefined) {
    into.push(list);
    return;
  }
  if (items === unknown) return;
  for (const [i, item] of items.entries()) {
    const id = `${list.id}#items[${i}]`;
    // Items of a typed list may leave out what the list's own kind tells.
    const tells = kind !== "" && getString(item, "kind") === undefined && getObject(item, "metadata") !== undefined;
    const read = tells ? { group: list.group, version: list.version, kind, body: item } : fromManifest(item, id);
    if (!read) continue;
    const { cluster, defaultNamespace, dependencies, propertyDependencies } = list;
    const from = { cluster, defaultNamespace, dependencies, propertyDependencies } satisfies Partial<Resource>;
    expand({ ...read, ...from, id, isPatch: false, logicalName: "", ignoreChanges: [] }, into);
  }
}
