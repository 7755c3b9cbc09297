/** Edits of an object's fields, apart from any text that it is written in. */
export type Path = readonly (string | number)[];

/** A field that is set, or replaced as a whole; that gets another name in its place; or that is removed. */
export type FieldEdit = { path: Path } & ({ value: unknown } | { rename: string } | { remove: true });

/** A value with one field set; what is around it is shared. */
export function withValue(root: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(root)) return root.map((each: unknown, i) => (i === key ? withValue(each, rest, value) : each));
  const fields = (root ?? {}) as Record<string, unknown>;
  return { ...fields, [key]: withValue(fields[key], rest, value) };
}

/** A value without one of its fields, or with another name for it. */
export function withoutKey(root: unknown, path: Path, renamed?: string): unknown {
  const owner = path.slice(0, -1);
  const { [String(path.at(-1))]: value, ...others } = (valueAt(root, owner) ?? {}) as Record<string, unknown>;
  return withValue(root, owner, renamed === undefined ? others : { ...others, [renamed]: value });
}

export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce((value, key) => value?.[key as never], root);
}
