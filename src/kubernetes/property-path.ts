/** A field that may be covered by a path: `spec.template.spec.containers[0].lifecycle`. */
export interface Field {
  path: string;
  /** Is it covered by a path that leads further into it, too? */
  orPart?: boolean;
}

/**
 * Of paths of `ignoreChanges`, the first that covers one of some fields. As the engine takes it
 * (`PropertyPath.Contains`): a path covers what stands below it, and `*` is any name or index.
 *
 * @param paths such as `spec.template`, `spec["template"].spec.containers[*]` or `*`; each is taken apart once
 */
export function firstCovering(paths: readonly string[]): (fields: readonly Field[]) => string | undefined {
  const all = paths.map((path) => ({ path, own: segments(path) }));
  return (fields) => {
    const others = fields.map(({ path, orPart = false }) => ({ other: segments(path), orPart }));
    return all.find(({ own }) => others.some(({ other, orPart }) => covers(own, other, orPart)))?.path;
  };
}

function covers(own: readonly string[], other: readonly string[], orPart: boolean): boolean {
  if (own.length === 0 || (own.length > other.length && !orPart)) return false;
  return own.slice(0, other.length).every((segment, i) => segment === "*" || segment === other[i]);
}

/** The names and indices of a path. */
export function segments(path: string): string[] {
  const all = path.matchAll(/\["((?:\\"|[^"])*)"\]|\[([^\]"]*)\]|([^.[]+)/g);
  return [...all].map(([, quoted, index, name]) => quoted?.replaceAll('\\"', '"') ?? index ?? name ?? "");
}
