/** The order of what is printed: never that of the resources. */

/** By code unit: the same order on every machine, whatever its language. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What something is sorted by: its parts, the first that differs decides. */
export type Key = readonly (number | string)[];

/** The items by their keys, part by part. Each key is made once; items with the same key stay in their order. */
export function sortedBy<T>(items: readonly T[], keyOf: (item: T) => Key): T[] {
  if (items.length < 2) return [...items];
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  return keyed.sort((a, b) => compareKeys(a.key, b.key)).map(({ item }) => item);
}

/** Keys of one kind: at one place, all have numbers or all have texts. */
function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i] ?? "", b[i] ?? ""];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}
