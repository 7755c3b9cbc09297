/**
 * The resources of a stack by kind, name, namespace and label: built once, in linear time, so that following a route
 * costs a look-up and not a walk over the stack.
 */
import { nameOf, type Resource } from "../kubernetes/resource";
import { selects, type Labels } from "../kubernetes/selector";
import { getBoolean, getString, getStringMap, isKnown, unknown, type Maybe } from "../kubernetes/values";
import { readWorkload, type Workload } from "../kubernetes/workload";

/**
 * A namespace of a cluster. A namespace whose name is not known in this preview is a place too: that of the Namespace
 * resource which the name comes from, or where the provider puts objects without a namespace.
 */
export type Place = string;

/** Kinds are told apart with their API group: `apisix.apache.org/ApisixRoute`, `/Service`. */
export type Kind = `${string}/${string}`;

/** `networking` and `networking.k8s.io` are one group: Pulumi's type tokens leave the suffix out. */
function familyOf(group: string): string {
  return group.endsWith(".k8s.io") ? group.slice(0, -".k8s.io".length) : group;
}

export function kindOf(resource: Resource): Kind {
  return `${familyOf(resource.group)}/${resource.kind}`;
}

const namespaceKind: Kind = "/Namespace";
const serviceKind: Kind = "/Service";

export class ResourceIndex {
  private readonly byId = new Map<string, Resource>();
  private readonly byKind = new Map<Kind, Resource[]>();
  private readonly byName = new Map<string, Resource[]>();
  private readonly slices = new Map<string, Resource[]>();
  private readonly byAddress = new Map<string, Resource[]>();
  private readonly places = new Map<Resource, Place | undefined>();
  private readonly namespaces = new Set<Place>();
  private readonly workloads = new Map<Resource, Workload>();
  /** Workloads by place, label key and value (`unknown` has its own entry), and those of which more can't be known. */
  private readonly byLabel = new Map<string, Workload[]>();
  private readonly unclearLabels = new Map<Place, Workload[]>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      this.byId.set(resource.id, resource);
      add(this.byKind, kindOf(resource), resource);
    }
    for (const resource of resources) this.indexNames(resource);
    // After the names, as a Rollout looks for the workload whose template it runs.
    for (const workload of this.workloads.values()) this.indexLabels(workload);
  }

  private indexNames(resource: Resource): void {
    const name = nameOf(resource);
    const place = this.findPlace(resource);
    this.places.set(resource, place);
    if (place !== undefined) this.namespaces.add(place);
    if (isKnown(name) && name !== undefined) {
      add(this.byName, nameKey(clusterWide(resource.cluster), kindOf(resource), name), resource);
      if (place !== undefined) add(this.byName, nameKey(place, kindOf(resource), name), resource);
    }
    if (kindOf(resource) === serviceKind) {
      const address = getString(resource.body, "spec", "clusterIP");
      if (typeof address === "string" && address !== "" && address !== "None") {
        add(this.byAddress, `${resource.cluster}\0${address}`, resource);
      }
    }
    if (place !== undefined && kindOf(resource) === "discovery/EndpointSlice") {
      const labels = getStringMap(resource.body, "metadata", "labels");
      const owner = labels === unknown ? undefined : labels?.get("kubernetes.io/service-name");
      if (typeof owner === "string") add(this.slices, nameKey(place, "/Service", owner), resource);
    }
    const workload = readWorkload(resource);
    if (workload) this.workloads.set(resource, workload);
  }

  private indexLabels(workload: Workload): void {
    const place = this.placeOf(workload.resource);
    if (place === undefined) return;
    const labels = this.labelsOf(workload);
    if (labels === unknown) {
      // A Rollout runs the template of a workload that is judged itself, if that one is in the stack.
      if (!this.templateOf(workload)) add(this.unclearLabels, place, workload);
      return;
    }
    // The labels that a patch of something outside the stack doesn't set are unknown.
    if (workload.resource.isPatch && !this.baseOf(workload)) add(this.unclearLabels, place, workload);
    else for (const [key, value] of labels) add(this.byLabel, labelKey(place, key, value), workload);
  }

  /** All resources of a kind, of all clusters. */
  ofKind(kind: Kind): readonly Resource[] {
    return this.byKind.get(kind) ?? [];
  }

  /** The resources with that name in a place; more than one where the stack holds a `*Patch` of another. */
  named(place: Place, kind: Kind, name: string): readonly Resource[] {
    return this.byName.get(nameKey(place, kind, name)) ?? [];
  }

  /** The resources with that name in any namespace of a cluster, or without one (an IngressClass, say). */
  namedAnywhere(cluster: string, kind: Kind, name: string): readonly Resource[] {
    return this.named(clusterWide(cluster), kind, name);
  }

  /** The Services whose `spec.clusterIP` is written out. */
  servicesAt(cluster: string, address: string): readonly Resource[] {
    return this.byAddress.get(`${cluster}\0${address}`) ?? [];
  }

  /** The EndpointSlices for a Service. */
  slicesOf(place: Place, service: string): readonly Resource[] {
    return this.slices.get(nameKey(place, "/Service", service)) ?? [];
  }

  /** The namespace of a resource; undefined where it can't be known which one that is. */
  placeOf(resource: Resource): Place | undefined {
    return this.places.get(resource);
  }

  placeNamed(cluster: string, namespace: string): Place {
    return `${cluster}\0=${namespace}`;
  }

  /** How people are told of a resource that isn't in the stack: `Service shop/web`. */
  describe(place: Place, kind: string, name: string): string {
    const namespace = this.namespaceText(place);
    return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
  }

  /** The name of a namespace; undefined where it isn't known. */
  namespaceText(place: Place): string | undefined {
    return /^[^\0]*\0=(.*)$/s.exec(place)?.[1];
  }

  /** Does the stack hold anything in this namespace? */
  isKnownPlace(place: Place): boolean {
    return this.namespaces.has(place);
  }

  private findPlace(resource: Resource): Place | undefined {
    const written = getString(resource.body, "metadata", "namespace");
    if (written)
      return isKnown(written) ? this.placeNamed(resource.cluster, written) : this.placeFrom(resource, "metadata");
    // Wherever the provider puts objects without a namespace, it's the same for all of them.
    return isKnown(resource.defaultNamespace)
      ? this.placeNamed(resource.cluster, resource.defaultNamespace || "default")
      : `${resource.cluster}\0default`;
  }

  /** The place of an unknown namespace: that of the one Namespace which the property depends on. */
  placeFrom(resource: Resource, property: string): Place | undefined {
    const namespace = this.origin(resource, property, (other) => kindOf(other) === namespaceKind);
    if (!namespace) return undefined;
    const name = nameOf(namespace);
    return isKnown(name) && name !== undefined
      ? this.placeNamed(resource.cluster, name)
      : `${resource.cluster}\0from ${namespace.id}`;
  }

  /**
   * Where an unknown value below a property comes from: the one resource of the wanted kind, of the same cluster, that
   * Pulumi says the property depends on; undefined where there is none or more than one.
   */
  origin(from: Resource, property: string, isWanted: (other: Resource) => boolean): Resource | undefined {
    const ids = from.propertyDependencies.get(property) ?? (from.propertyDependencies.size ? [] : from.dependencies);
    const candidates: Resource[] = [];
    for (const id of new Set(ids)) {
      const other = this.byId.get(id);
      if (other && other.cluster === from.cluster && isWanted(other)) candidates.push(other);
    }
    if (candidates.length < 2) return candidates[0];
    // A value that isn't known doesn't come from a resource whose name is known, if there is one whose name isn't.
    const unnamed = candidates.filter((candidate) => nameOf(candidate) === unknown);
    return unnamed.length === 1 ? unnamed[0] : undefined;
  }

  workloadOf(resource: Resource): Workload | undefined {
    return this.workloads.get(resource);
  }

  /** The workload whose Pod template a Rollout runs (`spec.workloadRef`), if that is in the stack. */
  templateOf(rollout: Workload): Workload | undefined {
    const { kind, name } = rollout.templateFrom ?? {};
    const place = this.placeOf(rollout.resource);
    if (place === undefined || typeof kind !== "string" || typeof name !== "string") return undefined;
    const [found] = this.named(place, `apps/${kind}`, name);
    return found && found !== rollout.resource ? this.workloads.get(found) : undefined;
  }

  /** What a `*Patch` of a workload patches, if that is in the stack. */
  private baseOf(patch: Workload): Workload | undefined {
    if (!patch.resource.isPatch) return undefined;
    const name = nameOf(patch.resource);
    const place = this.placeOf(patch.resource);
    if (place === undefined || typeof name !== "string") return undefined;
    const base = this.named(place, kindOf(patch.resource), name).find((resource) => !resource.isPatch);
    return base && this.workloads.get(base);
  }

  /** The labels of a workload's Pods: of a `*Patch`, together with those of what it patches. */
  private labelsOf(workload: Workload): Labels {
    const base = this.baseOf(workload);
    if (!base) return workload.podLabels;
    const own = workload.podLabels === unknown ? new Map<string, Maybe<string>>() : workload.podLabels;
    return base.podLabels === unknown ? unknown : new Map([...base.podLabels, ...own]);
  }

  /**
   * The workloads that a selector selects in a place, and those of which it can't be known whether it does. The cost is
   * that of the rarest of the selector's labels.
   */
  selected(place: Place, selector: ReadonlyMap<string, Maybe<string>>): { workloads: Workload[]; unclear: Workload[] } {
    let rarest: { having: readonly Workload[]; maybe: readonly Workload[] } | undefined;
    for (const [key, value] of selector) {
      if (!isKnown(value)) continue;
      const having = this.byLabel.get(labelKey(place, key, value)) ?? [];
      const maybe = this.byLabel.get(labelKey(place, key, unknown)) ?? [];
      if (!rarest || having.length + maybe.length < rarest.having.length + rarest.maybe.length)
        rarest = { having, maybe };
    }
    const workloads: Workload[] = [];
    const unclear: Workload[] = [];
    const others = this.unclearLabels.get(place) ?? [];
    for (const workload of [...(rarest?.having ?? []), ...(rarest?.maybe ?? []), ...others]) {
      const partial = workload.resource.isPatch && this.baseOf(workload) === undefined;
      const answer = selects(selector, this.labelsOf(workload), partial);
      if (answer === unknown) unclear.push(workload);
      else if (answer) workloads.push(workload);
    }
    return { workloads, unclear };
  }

  /** Is it the cluster's default IngressClass? */
  isDefaultClass(ingressClass: Resource): Maybe<boolean> {
    const annotations = getStringMap(ingressClass.body, "metadata", "annotations");
    if (annotations === unknown) return unknown;
    return getBoolean({ value: annotations?.get("ingressclass.kubernetes.io/is-default-class") }, "value") ?? false;
  }
}

function clusterWide(cluster: string): Place {
  return `${cluster}\0`;
}

function nameKey(place: Place, kind: Kind, name: string): string {
  return `${place}\0${kind}\0${name}`;
}

function labelKey(place: Place, key: string, value: Maybe<string>): string {
  return `${place}\0${key}\0${isKnown(value) ? `=${value}` : ""}`;
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
