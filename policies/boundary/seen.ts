import { isKubernetesType, helmRelease, type PulumiResource } from "../../src/kubernetes/resource";
import { Secrets } from "../../src/kubernetes/secrets";
import { mayBeWorkload, type WorkloadKind } from "../../src/kubernetes/workload";
import { decode, type WireResource } from "./decode";

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
      // Of a release only the name is read. Its values may be files.
      if (type === helmRelease) return [{ type, urn: resource.getUrn(), name: resource.getName(), props: {} }];
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
