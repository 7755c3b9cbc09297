import { isKubernetesType, helmRelease, type PulumiResource } from "../../src/kubernetes/resource";
import { Secrets } from "../../src/kubernetes/secrets";
import { mayBeWorkload, type WorkloadKind } from "../../src/kubernetes/workload";
import { unknown } from "../../src/kubernetes/values";
import { isUnknownValue } from "../../src/wire";
import { decode, type Struct, type WireResource } from "./decode";

/** What the pack's policies judge: read off the wire once, and not by the SDK once for each policy. */
export class Seen {
  /** The URNs of resources that couldn't be read. */
  readonly unreadable = new Set<string>();
  /** The resources that the engine asks about now, by their URNs. */
  readonly asked = new Map<string, PulumiResource>();
  /** The Kubernetes resources and Helm releases of the stack that the engine asks about now. */
  stack: readonly PulumiResource[] = [];
  /** @param kinds of workloads, by the settings; asked for each resource, as the pack is configured after its start */
  constructor(private readonly kinds: () => readonly WorkloadKind[] = () => []) {}

  private readonly secrets = new Map<string, Secrets>();

  mayBeWorkload(type: string): boolean {
    return mayBeWorkload(type, this.kinds());
  }

  /** Undefined where it has none. */
  secretsOf(urn: string): Secrets | undefined {
    return this.secrets.get(urn);
  }

  /** A resource of which the policies read the values; undefined where they can't be read. */
  read(resource: WireResource): PulumiResource | undefined {
    const urn = resource.getUrn();
    try {
      const read = decode(resource, (path, value) => this.add(urn, path, value));
      const secrets = this.secrets.get(urn);
      return secrets ? { ...read, secrets } : read;
    } catch {
      // Nested too deep, or not what the protocol says, or something that no Kubernetes object holds.
      this.unreadable.add(urn);
      return undefined;
    }
  }

  /** Takes a whole stack: the resources that a stack policy reads, and that can be read. */
  readStack(all: readonly WireResource[]): void {
    this.stack = all.flatMap((resource): PulumiResource[] => {
      const type = resource.getType();
      if (type === helmRelease) return [releaseOf(resource)];
      const read = isKubernetesType(type) && this.read(resource);
      return read ? [read] : [];
    });
  }

  private add(urn: string, path: readonly string[], value: unknown): void {
    let own = this.secrets.get(urn);
    if (!own) this.secrets.set(urn, (own = new Secrets()));
    own.add(path, value);
  }
}

/** Of a release only its names are read: its values may be files, and hold secrets. */
function releaseOf(resource: WireResource): PulumiResource {
  const provider = resource.getProvider();
  return {
    type: resource.getType(),
    urn: resource.getUrn(),
    name: resource.getName(),
    props: texts(resource.getProperties(), "name", "namespace", "chart"),
    ...(provider && { provider: { urn: provider.getUrn(), props: texts(provider.getProperties(), "namespace") } }),
  };
}

/** Some values, those that are texts: what isn't known in this preview, or a secret, is unknown. */
function texts(values: Struct | undefined, ...names: readonly string[]): Record<string, unknown> {
  const all = fieldsOf(values);
  const given = names.filter((name) => all[name] !== undefined && all[name] !== null);
  const text = (value: unknown) => (typeof value === "string" && !isUnknownValue(value) ? value : unknown);
  return Object.fromEntries(given.map((name) => [name, text(all[name])]));
}

/** None where they are nested too deep. */
function fieldsOf(values: Struct | undefined): Record<string, unknown> {
  try {
    return values?.toJavaScript() ?? {};
  } catch {
    return {};
  }
}
