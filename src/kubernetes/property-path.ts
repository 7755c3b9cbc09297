/**
 * Of paths of `ignoreChanges`, the first that covers one of some fields. As the engine takes it
 * (`PropertyPath.Contains`): a path covers what stands below it, and `*` is any name or index.
 *
 * @param paths such as `spec.template`, `spec["template"].spec.containers[*]` or `*`; each is taken apart once
 * @returns takes fields such as `spec.template.spec.containers[0].lifecycle`
 */
export function firstCovering(paths: readonly string[]): (fields: readonly string[]) => string | undefined {
  const all = paths.map((path) => ({ path, own: segments(path) }));
  return (fields) => {
    const others = fields.map(segments);
    return all.find(({ own }) => others.some((other) => isPrefix(own, other)))?.path;
  };
}

function isPrefix(own: readonly string[], other: readonly string[]): boolean {
  return own.length > 0 && own.every((segment, i) => i < other.length && (segment === "*" || segment === other[i]));
}

/** The names and indices of a path. */
export function segments(path: string): string[] {
  const all = path.matchAll(/\["((?:\\"|[^"])*)"\]|\[([^\]"]*)\]|([^.[]+)/g);
  return [...all].map(([, quoted, index, name]) => quoted?.replaceAll('\\"', '"') ?? index ?? name ?? "");
}
