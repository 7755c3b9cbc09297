/**
 * The resources of a stack by kind, name, namespace and label: built once, in linear time, so that following a route
 * costs a look-up and not a walk over the stack.
 */
import { addTo } from "../../multimap";
import { nameOf, type Resource } from "../../kubernetes/resource";
import { selects, type Labels } from "../../kubernetes/selector";
import { getBoolean, getString, getStringMap, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { readOtherPods, readWorkload, type Workload, type WorkloadKind } from "../../kubernetes/workload";

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

/** Of several resources for one object, the one that isn't a `*Patch` of another. */
export function wholeOf(all: readonly Resource[]): Resource | undefined {
  return all.find(({ isPatch }) => !isPatch) ?? all[0];
}

const namespaceKind: Kind = "/Namespace";
const serviceKind: Kind = "/Service";

/** Resources of one kind by a text. */
type Table = ReadonlyMap<string, readonly Resource[]>;
const none: readonly Resource[] = [];

export class ResourceIndex {
  private readonly byId = new Map<string, Resource>();
  private readonly byKind = new Map<Kind, Resource[]>();
  /** Built on first use: most kinds are never looked up by name. */
  private readonly tables = new Map<string, Table>();
  private readonly placeNames = new Map<string, Map<string, Place>>();
  private readonly places = new Map<Resource, Place | undefined>();
  private namespaces: ReadonlySet<Place> | undefined;
  private readonly workloads = new Map<Resource, Workload>();
  /** What else makes Pods. */
  private readonly others = new Set<Workload>();
  /** Workloads by place, label key and value (`unknown` has its own entry), and those of which more can't be known. */
  private readonly byLabel = new Map<string, Workload[]>();
  private readonly unclearLabels = new Map<Place, Workload[]>();

  /** @param kinds workloads besides those that are known */
  constructor(resources: readonly Resource[], kinds: readonly WorkloadKind[] = []) {
    for (const resource of resources) {
      this.byId.set(resource.id, resource);
      addTo(this.byKind, kindOf(resource), resource);
      const workload = readWorkload(resource, kinds);
      const other = workload ? undefined : readOtherPods(resource);
      if (workload) this.workloads.set(resource, workload);
      if (other) this.others.add(other);
    }
    // After all are known by their kind, as a Rollout looks for the workload whose template it runs.
    for (const workload of [...this.workloads.values(), ...this.others]) this.indexLabels(workload);
  }

  private indexLabels(workload: Workload): void {
    const place = this.placeOf(workload.resource);
    if (place === undefined) return;
    const labels = this.labelsOf(workload);
    if (labels === unknown) {
      // A Rollout runs the template of a workload that is judged itself, if that one is in the stack.
      if (!this.templateOf(workload)) addTo(this.unclearLabels, place, workload);
      return;
    }
    // The labels that a patch of something outside the stack doesn't set are unknown.
    if (workload.resource.isPatch && !this.baseOf(workload)) addTo(this.unclearLabels, place, workload);
    else for (const [key, value] of labels) addTo(this.byLabel, labelKey(place, key, value), workload);
  }

  private table(kind: Kind, by: string, keyOf: (resource: Resource) => string | undefined): Table {
    let table = this.tables.get(`${by} ${kind}`);
    if (!table) {
      const made = new Map<string, Resource[]>();
      for (const resource of this.ofKind(kind)) {
        const key = keyOf(resource);
        if (key !== undefined) addTo(made, key, resource);
      }
      this.tables.set(`${by} ${kind}`, (table = made));
    }
    return table;
  }

  /** Every workload, in the resources' order. */
  allWorkloads(): Workload[] {
    return [...this.workloads.values()];
  }

  /** All resources of a kind, of all clusters. */
  ofKind(kind: Kind): readonly Resource[] {
    return this.byKind.get(kind) ?? [];
  }

  /** All resources of an API group. */
  ofGroup(group: string): readonly Resource[] {
    return [...this.byKind].flatMap(([kind, all]) => (kind.startsWith(`${group}/`) ? all : []));
  }

  /** The resources with that name in a place; more than one where the stack holds a `*Patch` of another. */
  named(place: Place, kind: Kind, name: string): readonly Resource[] {
    const table = this.table(kind, "place", (resource) => {
      const [there, own] = [this.placeOf(resource), nameOf(resource)];
      return there !== undefined && typeof own === "string" ? `${there}\0${own}` : undefined;
    });
    return table.get(`${place}\0${name}`) ?? none;
  }

  /** The resources with that name in any namespace of a cluster, or without one (an IngressClass, say). */
  namedAnywhere(cluster: string, kind: Kind, name: string): readonly Resource[] {
    const table = this.table(kind, "cluster", (resource) => {
      const own = nameOf(resource);
      return typeof own === "string" ? `${resource.cluster}\0${own}` : undefined;
    });
    return table.get(`${cluster}\0${name}`) ?? none;
  }

  /** The Services whose `spec.clusterIP` is written out. */
  servicesAt(cluster: string, address: string): readonly Resource[] {
    const table = this.table(serviceKind, "address", (service) => {
      const own = getString(service.body, "spec", "clusterIP");
      return typeof own === "string" ? `${service.cluster}\0${own}` : undefined;
    });
    return table.get(`${cluster}\0${address}`) ?? none;
  }

  /** The EndpointSlices for a Service. */
  slicesOf(place: Place, service: string): readonly Resource[] {
    const table = this.table("discovery/EndpointSlice", "service", (slice) => {
      const labels = getStringMap(slice.body, "metadata", "labels");
      const owner = labels === unknown ? undefined : labels?.get("kubernetes.io/service-name");
      const there = this.placeOf(slice);
      return there !== undefined && typeof owner === "string" ? `${there}\0${owner}` : undefined;
    });
    return table.get(`${place}\0${service}`) ?? none;
  }

  /** The namespace of a resource; undefined where it can't be known which one that is. */
  placeOf(resource: Resource): Place | undefined {
    const known = this.places.get(resource);
    if (known !== undefined || this.places.has(resource)) return known;
    const place = this.findPlace(resource);
    this.places.set(resource, place);
    return place;
  }

  placeNamed(cluster: string, namespace: string): Place {
    let names = this.placeNames.get(cluster);
    if (!names) this.placeNames.set(cluster, (names = new Map<string, Place>()));
    let place = names.get(namespace);
    if (place === undefined) names.set(namespace, (place = `${cluster}\0=${namespace}`));
    return place;
  }

  /** How people read the name of a resource that isn't in the stack: `shop/web`, or `web` in an unknown namespace. */
  nameIn(place: Place, name: string): string {
    const namespace = this.namespaceText(place);
    return namespace === undefined ? name : `${namespace}/${name}`;
  }

  /** The name of a namespace; undefined where it isn't known. */
  namespaceText(place: Place): string | undefined {
    return /^[^\0]*\0=(.*)$/s.exec(place)?.[1];
  }

  /** Does the stack hold anything in this namespace? */
  isKnownPlace(place: Place): boolean {
    if (!this.namespaces) {
      const all = [...this.byKind.values()].flat().map((resource) => this.placeOf(resource));
      this.namespaces = new Set(all.filter((each) => each !== undefined));
    }
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

  /** Does the stack hold a `*Patch` of the resource? */
  isPatched(resource: Resource): boolean {
    const [place, name] = [this.placeOf(resource), nameOf(resource)];
    if (place === undefined || typeof name !== "string") return false;
    return this.named(place, kindOf(resource), name).some(({ isPatch }) => isPatch);
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
   * The workloads that a selector selects in a place, those of which it can't be known whether it does, and what else
   * makes Pods that it selects. The cost is that of the rarest of the selector's labels.
   */
  selected(
    place: Place,
    selector: ReadonlyMap<string, Maybe<string>>,
  ): { workloads: Workload[]; unclear: Workload[]; others: Workload[] } {
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
    const others: Workload[] = [];
    const unlabeled = this.unclearLabels.get(place) ?? [];
    for (const workload of [...(rarest?.having ?? []), ...(rarest?.maybe ?? []), ...unlabeled]) {
      const partial = workload.resource.isPatch && this.baseOf(workload) === undefined;
      const answer = selects(selector, this.labelsOf(workload), partial);
      if (this.others.has(workload)) {
        if (answer === true) others.push(workload);
      } else if (answer === unknown) unclear.push(workload);
      else if (answer) workloads.push(workload);
    }
    return { workloads, unclear, others };
  }

  /** Is it the cluster's default IngressClass? */
  isDefaultClass(ingressClass: Resource): Maybe<boolean> {
    const annotations = getStringMap(ingressClass.body, "metadata", "annotations");
    if (annotations === unknown) return unknown;
    return getBoolean(annotations?.get("ingressclass.kubernetes.io/is-default-class")) ?? false;
  }
}

function labelKey(place: Place, key: string, value: Maybe<string>): string {
  return `${place}\0${key}\0${isKnown(value) ? `=${value}` : ""}`;
}
