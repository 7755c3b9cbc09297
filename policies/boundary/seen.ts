import { findSecrets, Secrets } from "../../src/kubernetes/secrets";
import { providerPath } from "../../src/kubernetes/resource";

/** A part of a request's protocol buffers: a resource, as the engine sends it. */
export interface WireResource {
  getType(): string;
  getUrn(): string;
  getProperties(): Struct | undefined;
  getProvider(): { getProperties(): Struct | undefined } | undefined;
}

export interface Struct {
  toJavaScript(): Record<string, unknown>;
}

/** What only the wire shows of the resources of a run: what can't be handed to the SDK, and what it decrypts. */
export class Seen {
  /** The URNs of resources that the SDK couldn't decode. */
  readonly unreadable = new Set<string>();
  private readonly secrets = new Map<string, Secrets>();

  /** Undefined where it has none. */
  secretsOf(urn: string): Secrets | undefined {
    return this.secrets.get(urn);
  }

  /**
   * Looks at a resource before the SDK decodes it.
   *
   * Assets, archives and references are no part of a Kubernetes object, and the SDK throws on some, and writes others
   * back as something else.
   *
   * @returns false if it isn't to be handed on
   */
  looksAt(resource: WireResource): boolean {
    let isReadable = false;
    try {
      const found = (path: readonly string[], value: unknown) => this.add(resource.getUrn(), path, value);
      isReadable =
        findSecrets(readOnce(resource.getProperties()), found) &&
        findSecrets(readOnce(resource.getProvider()?.getProperties()), found, [providerPath]);
    } catch {
      // Nested too deep, or not what the protocol says.
    }
    if (!isReadable) this.unreadable.add(resource.getUrn());
    return isReadable;
  }

  private add(urn: string, path: readonly string[], value: unknown): void {
    let own = this.secrets.get(urn);
    if (!own) this.secrets.set(urn, (own = new Secrets()));
    own.add(path, value);
  }
}

/** The SDK reads the properties once for each policy, and changes nothing of what it reads. */
function readOnce(struct: Struct | undefined): unknown {
  const values = struct?.toJavaScript();
  if (struct && values) struct.toJavaScript = () => values;
  return values;
}
