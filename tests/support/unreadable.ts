/**
 * Values that can't be read, in the ways that occur: Pulumi's SDK throws when a property is read whose value is not
 * known in this preview, and reads its siblings.
 */

/** A copy of an object in which reading some of its keys throws. */
export function withUnknowns<T extends object>(object: T, ...keys: (string | number)[]): T {
  const copy = (Array.isArray(object) ? [...(object as unknown[])] : { ...object }) as T;
  for (const key of keys) {
    Object.defineProperty(copy, key, {
      enumerable: true,
      configurable: true,
      get() {
        throw new Error(`${key} can't be known during preview`);
      },
    });
  }
  return copy;
}

/** An object of which nothing can be read: every trap throws. */
export function unreadable(target: object = {}): object {
  const refuse = () => {
    throw new Error("can't be known during preview");
  };
  return new Proxy(target, { get: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse });
}
