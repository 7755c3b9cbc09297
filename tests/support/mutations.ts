/** Changes of Pulumi's values as nobody would write them: wrong types, unknowns, secrets, depth, length, odd keys. */
import fc from "fast-check";
import { secret, UNKNOWN, unwrap, type TestResource } from "./host";

/** The keys and indices that lead to a value. */
export type Path = readonly (string | number)[];

/** The paths to all values of an object, secrets' contents too. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = unwrap(value);
  // How the engine marks a secret is not the program's to change.
  if (inner !== value) return [path, ...pathsOf(inner, [...path, "value"]).slice(1)];
  const entries = Object.entries(value).map(([key, each]) => [Array.isArray(value) ? Number(key) : key, each] as const);
  return [path, ...entries.flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

const deep = (value: unknown): unknown => Array.from({ length: 200 }).reduce((inner) => ({ a: [inner] }), value);
const many = (value: unknown): unknown => Array.from({ length: 150 }, () => structuredClone(value));

/** What becomes of a value; undefined: it is removed. */
const changes: Readonly<Record<string, (value: unknown) => unknown>> = {
  removed: () => undefined,
  unknown: () => UNKNOWN,
  secret: (value) => secret(value),
  "in a list": (value) => [value],
  "in an object": (value) => ({ value }),
  deep,
  "in a long list": many,
  // One of each twice, as with names.
  doubled: (value) =>
    Array.isArray(value) ? [...(value as unknown[]), ...structuredClone(value as unknown[])] : value,
  reversed: (value) => (Array.isArray(value) ? [...(value as unknown[])].reverse() : value),
  // A secret that is a part of a text is none any more.
  "a text": (value) => JSON.stringify(value).replaceAll("canary-", "plain-"),
  "a number": (value) => (typeof value === "string" && Number(value)) || 7,
  null: () => null,
  "an empty text": () => "",
  "a long text": () => "x".repeat(20_000),
  zero: () => 0,
  "a negative number": () => -1,
  "a fraction": () => 1.5,
  "a large number": () => 1e300,
  true: () => true,
  "an empty list": () => [],
  "a list of nulls": () => [null, null],
  "an empty object": () => ({}),
  "with odd keys": (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.assign(
          JSON.parse('{"__proto__": {"a": 1}, "constructor": "x", "toString": null, "": 1}') as object,
          value,
        )
      : (JSON.parse('{"__proto__": []}') as unknown),
  "a control character": () => "a\u001b[31m\u0000\n\u202eb",
};

export interface Mutation {
  /** Of the stack's resources. */
  resource: number;
  /** Of the paths of its props. */
  path: number;
  change: string;
}

export const arbitraryMutation: fc.Arbitrary<Mutation> = fc.record({
  resource: fc.nat(1_000),
  path: fc.nat(10_000),
  change: fc.constantFrom(...Object.keys(changes)),
});

/** The resources with a change at one place. */
export function mutated(resources: readonly TestResource[], { resource, path, change }: Mutation): TestResource[] {
  const at = resource % resources.length;
  return resources.map((each, i) => {
    if (i !== at) return each;
    const props = structuredClone(each.props);
    const paths = pathsOf(props).filter(({ length }) => length > 0);
    const chosen = paths[path % paths.length];
    if (chosen) replace(props, chosen, changes[change] ?? (() => undefined));
    return { ...each, props };
  });
}

function replace(root: unknown, path: Path, change: (value: unknown) => unknown): void {
  const parent = path.slice(0, -1).reduce((value, key) => (value as Record<string, unknown>)[key], root) as object;
  const key = path.at(-1) ?? "";
  const value = change((parent as Record<string, unknown>)[key]);
  if (value !== undefined)
    Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as Record<string, unknown>)[key];
}

/** Secrets in place of texts, one in `sparsity` of them; each begins with `canary-`. */
export function withSecrets(resources: readonly TestResource[], seed: number, sparsity: number): TestResource[] {
  let count = seed;
  return resources.map((each) => {
    const props = structuredClone(each.props);
    for (const path of pathsOf(props)) {
      if (path.length === 0) continue;
      replace(props, path, (value) => {
        if (typeof value !== "string" || value === UNKNOWN) return value ?? null;
        // A step that no small number divides.
        count = (count * 48_271 + 1) % 2_147_483_647;
        return count % sparsity === 0 ? secret(`canary-${count}`) : value;
      });
    }
    return { ...each, props };
  });
}

/** The values themselves, without what marks secrets. */
export function revealed(value: unknown): unknown {
  const inner = unwrap(value);
  if (inner !== value) return revealed(inner);
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revealed(each)]));
}
