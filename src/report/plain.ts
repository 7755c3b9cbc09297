/** Text of Pulumi's, and of reports, made safe to show. */
import { stripVTControlCharacters } from "node:util";

export { jsonText, oneLine, shortened, visible } from "../plain";

/** Pulumi's own color tags, as in a message written with `--color raw`: `<{%fg 1%}>`, `<{%reset%}>`. */
const colorTag = /<\{%[a-z0-9 ]*%\}>/g;

/** Without colors: neither Pulumi's tags nor a terminal's codes. */
export function withoutColors(text: string): string {
  return stripVTControlCharacters(text.replace(colorTag, ""));
}

/** `1 finding`, `2 findings`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** A text's first sentence: up to a full stop before a capital letter. */
export function firstSentence(text: string): string {
  return /^.*?\.(?=\s+[A-Z])/s.exec(text)?.[0] ?? text;
}
