/** What a Pulumi URN says: `urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>`. */
export interface Urn {
  stack: string;
  project: string;
  /** The resource's own type, without its parents': `kubernetes:apps/v1:Deployment`. */
  type: string;
  /** The last part of the type: `Deployment`. */
  kind: string;
  /** The name in the program, which is not the name in the cluster. It may hold anything, `::` too. */
  name: string;
}

const prefix = "urn:pulumi:";

/** The parts of a URN; undefined for text that isn't one. The same rules as Pulumi's own `urn.IsValid`. */
export function parseUrn(text: string): Urn | undefined {
  if (!text.startsWith(prefix)) return undefined;
  const parts = text.slice(prefix.length).split("::");
  const [stack, project, qualifiedType] = parts;
  if (parts.length < 4 || stack === undefined || project === undefined || qualifiedType === undefined) return undefined;
  const type = qualifiedType.slice(qualifiedType.lastIndexOf("$") + 1);
  const kind = type.slice(type.lastIndexOf(":") + 1);
  return { stack, project, type, kind, name: parts.slice(3).join("::") };
}

/** The type of the resource that stands for the stack itself. A stack policy may report on it. */
export const stackType = "pulumi:pulumi:Stack";
