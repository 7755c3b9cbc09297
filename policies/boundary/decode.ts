/** Reads a resource off the wire: its values as they are, which of them are secrets, and what else the pack asks for. */
import { providerPath, type PulumiResource } from "../../src/kubernetes/resource";
import { unknown } from "../../src/kubernetes/values";
import { isUnknownValue, secretSignature, signature } from "../../src/wire";

/** A part of a request's protocol buffers: a resource, as the engine sends it. */
export interface WireResource {
  getType(): string;
  getUrn(): string;
  getName(): string;
  getProperties(): Struct | undefined;
  getProvider(): { getUrn(): string; getProperties(): Struct | undefined } | undefined;
  getOptions(): { getIgnorechangesList(): string[] } | undefined;
  /** Only in a stack are these known. */
  getDependenciesList?(): string[];
  getPropertydependenciesMap?(): { entries(): Iterable<[string, { getUrnsList(): string[] }]> };
}

export interface Struct {
  toJavaScript(): Record<string, unknown>;
}

type Found = (path: readonly string[], value: unknown) => void;

/**
 * A resource with plain values: a secret is what it holds, and what isn't known in this preview is `unknown`.
 *
 * Assets, archives and references are no part of a Kubernetes object, and the SDK throws on some, and writes others
 * back as something else.
 *
 * @param found is given each secret, with its path
 * @throws where the values hold something that is special, or are nested too deep
 */
export function decode(resource: WireResource, found: Found): PulumiResource {
  const provider = resource.getProvider();
  const props = plain(resource.getProperties()?.toJavaScript() ?? {}, [], found);
  const inputs = provider && plain(provider.getProperties()?.toJavaScript() ?? {}, [providerPath], found);
  const propertyDependencies: Record<string, string[]> = {};
  for (const [property, on] of resource.getPropertydependenciesMap?.().entries() ?? []) {
    propertyDependencies[property] = on.getUrnsList();
  }
  return {
    type: resource.getType(),
    urn: resource.getUrn(),
    name: resource.getName(),
    props,
    ...(provider && { provider: { urn: provider.getUrn(), props: inputs } }),
    opts: { ignoreChanges: resource.getOptions()?.getIgnorechangesList() ?? [] },
    dependencies: resource.getDependenciesList?.() ?? [],
    propertyDependencies,
  };
}

/** In place: the values were made for this. Inside a secret no further one is looked for. */
function plain(value: unknown, path: string[], found: Found | undefined): unknown {
  if (typeof value === "string") return isUnknownValue(value) ? unknown : value;
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  const special = fields[signature];
  // As the SDK takes it: an empty one is none.
  if (special && !Array.isArray(value)) {
    const secret = fields.value;
    if (special !== secretSignature || secret === undefined) throw new Error("not a value of a Kubernetes object");
    found?.([...path], secret);
    return plain(secret, path, undefined);
  }
  for (const key of Object.keys(fields)) {
    path.push(key);
    fields[key] = plain(fields[key], path, found);
    path.pop();
  }
  return value;
}
