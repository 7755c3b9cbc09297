/**
 * Reading values that may be unknown, secret or malformed.
 *
 * Everything the pack judges comes from somebody's program: a property may be an output that is not known in this
 * preview, or have a type that the Kubernetes API would refuse. These readers never throw; what they can't tell is
 * `unknown`, and whoever asked says so instead of guessing.
 */

/** A value that can't be known: not known in this preview, encrypted, or of a type that it may not have. */
export const unknown = Symbol("unknown");
export type Unknown = typeof unknown;

/** A value of type T, or one that can't be known. */
export type Maybe<T> = T | Unknown;

export function isKnown<T>(value: Maybe<T>): value is T {
  return value !== unknown;
}

/**
 * One property of an object or element of an array: `undefined` where there is none (or it is null, which the
 * Kubernetes API treats alike), `unknown` where it, or its parent, can't be known.
 *
 * Pulumi's policy SDK throws when a property that is not known in this preview is read, and nothing else throws
 * here: that is how an unknown is told from a value, without depending on the SDK.
 */
export function get(parent: unknown, ...path: (string | number)[]): unknown {
  let value = parent;
  for (const key of path) {
    if (value === unknown || value === undefined || value === null) return value ?? undefined;
    if (typeof value !== "object") return unknown;
    // A list where an object belongs: what belongs into it can't be known.
    if (Array.isArray(value) && !isIndex(key)) return unknown;
    try {
      value = Object.hasOwn(value, key) ? (value as Record<string | number, unknown>)[key] : undefined;
    } catch {
      return unknown;
    }
  }
  return value ?? undefined;
}

function isIndex(key: string | number): boolean {
  return typeof key === "number" || key === "length" || /^\d+$/.test(key);
}

/** The string at a path. A number or boolean where a string belongs is unknown, as the API refuses it. */
export function getString(parent: unknown, ...path: (string | number)[]): Maybe<string> | undefined {
  const value = get(parent, ...path);
  return value === undefined || typeof value === "string" ? value : unknown;
}

/** The number at a path, also when written as a numeric string: Pulumi programs may pass either. */
export function getNumber(parent: unknown, ...path: (string | number)[]): Maybe<number> | undefined {
  const value = get(parent, ...path);
  if (value === undefined) return undefined;
  const number = typeof value === "string" && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : unknown;
}

/** The boolean at a path, also when written as "true" or "false". */
export function getBoolean(parent: unknown, ...path: (string | number)[]): Maybe<boolean> | undefined {
  const value = get(parent, ...path);
  if (value === undefined || typeof value === "boolean") return value;
  if (value === "true" || value === "false") return value === "true";
  return unknown;
}

/** The object at a path, itself and not a copy; an array is not one. */
export function getObject(parent: unknown, ...path: (string | number)[]): Maybe<object> | undefined {
  const value = get(parent, ...path);
  if (value === undefined) return undefined;
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : unknown;
}

/**
 * The elements of the list at a path, each possibly `unknown`. The array is new, its elements are the original
 * ones: what is written into an element reaches the resource.
 */
export function getList(parent: unknown, ...path: (string | number)[]): Maybe<unknown[]> | undefined {
  const value = get(parent, ...path);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return unknown;
  const length = getNumber(value, "length");
  if (length === undefined || length === unknown) return unknown;
  const elements: unknown[] = [];
  // An indexed loop, as the SDK's proxies crash on the array methods that build arrays.
  for (let i = 0; i < length; i++) elements.push(get(value, i));
  return elements;
}

/** The same, and none where there is no list or it can't be known: for what is only looked for, never ruled out. */
export function elementsOf(parent: unknown, ...path: (string | number)[]): unknown[] {
  const list = getList(parent, ...path);
  return list === undefined || list === unknown ? [] : list;
}

/** The string map at a path (labels, annotations, selectors), each value possibly `unknown`. */
export function getStringMap(
  parent: unknown,
  ...path: (string | number)[]
): Maybe<ReadonlyMap<string, Maybe<string>>> | undefined {
  const value = getObject(parent, ...path);
  if (value === undefined || value === unknown) return value;
  const map = new Map<string, Maybe<string>>();
  let keys: string[];
  try {
    keys = Object.keys(value);
  } catch {
    return unknown;
  }
  for (const key of keys) {
    // The API makes an empty text of a null that is created, and removes the key by one that is applied.
    map.set(key, getString(value, key) ?? unknown);
  }
  return map;
}
