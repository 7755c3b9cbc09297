import { closest, distance } from "fastest-levenshtein";

/** `; did you mean "x"?` if something is close enough, otherwise what there is. */
export function didYouMean(word: string, known: readonly string[]): string {
  const match = closeTo(word, known);
  return match === undefined ? `; there are: ${known.join(", ")}` : `; did you mean "${match}"?`;
}

/** The known word that was probably meant. */
export function closeTo(word: string, known: readonly string[]): string | undefined {
  const best = closest(
    word.toLowerCase(),
    known.map((name) => name.toLowerCase()),
  );
  if (distance(word.toLowerCase(), best) > Math.max(2, word.length / 3)) return undefined;
  return known.find((name) => name.toLowerCase() === best);
}
