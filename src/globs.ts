/**
 * Globs over names: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, `!(a|b)` as the end, and `\` before a character that is meant
 * itself.
 *
 * Own code, as libraries make regular expressions of globs, and those may take longer than anyone waits: here a match
 * costs no more than the glob's length times the text's.
 */
import { oncePer } from "./once";

/** One step of a glob: a character, any text, or one of several globs. */
type Step = { is: (char: string) => boolean; exactly?: string } | "any text" | { oneOf: readonly Glob[] };

interface Glob {
  steps: readonly Step[];
  /** What the rest of the text must not be. */
  not?: readonly Glob[];
}

/** How to mend what is none, for whoever wrote it. */
export const notAGlob = "not a valid glob; write it with *, ?, [a-z], {a,b}, or !(a|b) as its end";

/** Longer ones are nobody's names. */
const longest = 10_000;
/** `{a,{b,{c}}}` is 3 deep. */
const deepest = 10;

const globs = new Map<string, Glob | undefined>();

/** Read once each. */
function globOf(text: string): Glob | undefined {
  if (!globs.has(text)) globs.set(text, read(text));
  return globs.get(text);
}

/** Does a text match a glob? What is no glob matches nothing. */
export function matchesGlob(text: string, glob: string): boolean {
  const read = globOf(glob);
  return read !== undefined && isMatch(read, [...text]);
}

/** Can it be read as a glob? Brackets must close: what `web-[0-9` means is anyone's guess. */
export function isGlob(glob: string): boolean {
  return globOf(glob) !== undefined;
}

/** The one text that a glob matches; undefined if there may be others. */
export function literalOf(glob: string): string | undefined {
  const { steps = [], not } = globOf(glob) ?? {};
  const chars = steps.map((step) => (typeof step === "object" && "exactly" in step ? step.exactly : undefined));
  return not || chars.length === 0 || chars.includes(undefined) ? undefined : chars.join("");
}

/** Does a text match one of the globs? Names cost one look-up, however many there are. */
export const matcherOf = oncePer((all: readonly string[]): ((text: string) => boolean) => {
  const names = new Set(all.map(literalOf));
  const others = all.filter((glob) => literalOf(glob) === undefined);
  return (text) => names.has(text) || others.some((glob) => matchesGlob(text, glob));
});

function read(text: string): Glob | undefined {
  const chars = [...text];
  if (chars.length === 0 || chars.length > longest) return undefined;
  let at = 0;
  try {
    return sequence("", 0);
  } catch (error) {
    if (error instanceof NoGlob) return undefined;
    throw error;
  }

  /** Up to the end, or one of these characters. */
  function sequence(until: string, depth: number): Glob {
    if (depth > deepest) throw new NoGlob();
    const steps: Step[] = [];
    for (; at < chars.length && !until.includes(chars[at] ?? ""); at++) {
      const [char = "", next] = chars.slice(at, at + 2);
      if (next === "(" && char === "!" && depth === 0) {
        // After any text, there is always an end that isn't it.
        if (steps.includes("any text")) throw new NoGlob();
        at++;
        const not = choice("|", ")", depth);
        if (at < chars.length - 1) throw new NoGlob();
        at++;
        return { steps, not };
      }
      if (char === "\\") {
        at++;
        steps.push(exactly(chars[at]));
      } else if (char === "*") steps.push("any text");
      else if (char === "?") steps.push({ is: () => true });
      else if (char === "[") steps.push({ is: set() });
      else if (char === "{") {
        const oneOf = choice(",", "}", depth);
        // `{a}` and `{1..3}` are something else in every shell.
        if (oneOf.length < 2) throw new NoGlob();
        steps.push({ oneOf });
      } else if ("()]}|".includes(char)) throw new NoGlob();
      else steps.push(exactly(char));
    }
    return { steps };
  }

  /** From an opening bracket to its closing one. */
  function choice(separator: string, end: string, depth: number): Glob[] {
    const all: Glob[] = [];
    do {
      at++;
      all.push(sequence(separator + end, depth + 1));
    } while (chars[at] === separator);
    if (chars[at] !== end) throw new NoGlob();
    return all;
  }

  /** `[a-z]`; at its closing bracket afterwards. */
  function set(): (char: string) => boolean {
    const isNot = chars[at + 1] === "!" || chars[at + 1] === "^";
    if (isNot) at++;
    const ranges: [from: string, to: string][] = [];
    for (at++; chars[at] !== "]"; at++) {
      const from = one();
      const isRange = chars[at + 1] === "-" && chars[at + 2] !== "]";
      if (isRange) at += 2;
      ranges.push([from, isRange ? one() : from]);
    }
    if (ranges.length === 0 || ranges.some(([from, to]) => from > to)) throw new NoGlob();
    return (char) => ranges.some(([from, to]) => from <= char && char <= to) !== isNot;
  }

  /** A character of a set, itself or behind a backslash. */
  function one(): string {
    if (chars[at] === "\\") at++;
    const char = chars[at];
    if (char === undefined || char === "[") throw new NoGlob();
    return char;
  }
}

class NoGlob extends Error {}

function exactly(char: string | undefined): Step {
  if (char === undefined) throw new NoGlob();
  return { is: (other) => other === char, exactly: char };
}

function isMatch({ steps, not }: Glob, text: readonly string[]): boolean {
  const ends = through(steps, text, new Set([0]));
  if (!not) return ends.has(text.length);
  return [...ends].some((end) => !not.some((glob) => through(glob.steps, text, new Set([end])).has(text.length)));
}

/** Where in the text the steps may end that begin at these places: all of them at once, so that nothing is tried twice. */
function through(steps: readonly Step[], text: readonly string[], starts: ReadonlySet<number>): ReadonlySet<number> {
  let places = starts;
  for (const step of steps) {
    if (places.size === 0) return places;
    const next = new Set<number>();
    if (step === "any text") {
      let first = text.length;
      for (const place of places) first = Math.min(first, place);
      for (let i = first; i <= text.length; i++) next.add(i);
    } else if ("oneOf" in step) {
      for (const { steps } of step.oneOf) for (const place of through(steps, text, places)) next.add(place);
    } else {
      for (const place of places) {
        const char = text[place];
        if (char !== undefined && step.is(char)) next.add(place + 1);
      }
    }
    places = next;
  }
  return places;
}
