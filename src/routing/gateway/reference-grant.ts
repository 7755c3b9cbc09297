/** ReferenceGrants: what lets a Gateway API route name a Service of another namespace. Only 2.x asks for them. */
import type { Resource } from "../../kubernetes/resource";
import { getList, getString, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import type { Context } from "../follow/reference";
import type { Place } from "../follow/resource-index";

const group = "gateway.networking.k8s.io";

/** What ReferenceGrants allow: `grantKey`s. */
export type Grants = ReadonlySet<string>;

function grantKey(there: Place, kind: string, fromNamespace: string, service: string): string {
  return [there, kind, fromNamespace, service].join("\0");
}

/** Reads all ReferenceGrants that let routes name Services. */
export function readGrants({ index }: Context): Grants {
  const grants = new Set<string>();
  for (const grant of index.ofKind("gateway.networking/ReferenceGrant")) {
    const place = index.placeOf(grant);
    const froms = getList(grant.body, "spec", "from");
    const tos = getList(grant.body, "spec", "to");
    if (place === undefined || froms === unknown || tos === unknown) continue;
    const services = (tos ?? [])
      .filter((to) => (getString(to, "group") ?? "") === "" && getString(to, "kind") === "Service")
      .map((to) => getString(to, "name") ?? "");
    for (const from of froms ?? []) {
      const kind = getString(from, "kind");
      const namespace = getString(from, "namespace");
      if (getString(from, "group") !== group || typeof kind !== "string" || typeof namespace !== "string") continue;
      for (const service of services) if (isKnown(service)) grants.add(grantKey(place, kind, namespace, service));
    }
  }
  return grants;
}

/** Does a ReferenceGrant in the Service's namespace let the route name it? */
export function isGranted(
  { index }: Context,
  grants: Grants,
  route: Resource,
  service: Maybe<string>,
  namespace: Maybe<string>,
): Maybe<boolean> {
  const here = index.placeOf(route);
  const there = isKnown(namespace) ? index.placeNamed(route.cluster, namespace) : index.placeFrom(route, "spec");
  if (here === undefined || there === undefined) return unknown;
  if (here === there) return true;
  const key = (name: string) => grantKey(there, route.kind, index.namespaceText(here) ?? "", name);
  if (grants.has(key(""))) return true;
  if (isKnown(service)) return grants.has(key(service));
  // It may be one of those that a grant names.
  return [...grants].some((granted) => granted.startsWith(key(""))) ? unknown : false;
}
