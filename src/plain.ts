/**
 * Text that comes from manifests, programs and other tools, made safe to show: what a terminal or a reader would not
 * see, or would see in another place, is made visible. Escaping for a format (HTML, XML, Markdown) is that format's.
 */

/**
 * Control characters (but line feed and tab), halves of surrogate pairs, and the marks that change the direction of
 * the text around them, each replaced by U+FFFD. A name with such a mark could show as another name.
 */
const hidden = /(?![\n\t])\p{Cc}|\p{Cs}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu;

export function visible(text: string): string {
  return text.replace(/\r\n?|[\u2028\u2029]/g, "\n").replace(hidden, "\ufffd");
}

/** What most texts don't hold: anything but words of ASCII with a space between them. */
const odd = /[^ -~]| {2}|^ | $/;

/** The same on one line: every run of white space is one space. */
export function oneLine(text: string): string {
  if (!odd.test(text)) return text;
  return visible(text).replace(/\s+/g, " ").trim();
}

/** JSON that a terminal can't obey: what `visible` replaces is escaped, which means the same to whoever reads JSON. */
export function jsonText(value: unknown): string {
  const escape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(value, undefined, 2).replace(hidden, escape)}\n`;
}

/**
 * What a program says is wrong with its input, without what it quotes of it: the name of an anchor, for one, may be a
 * password. From the first mark to the last, as what is quoted may have marks in it.
 */
export function withoutQuotes(reason: string): string {
  return reason.replace(/(?<!\w)["'`<].{2,}["'`>](?!\w)/gs, "…");
}

/** At most so many characters; what is left out is said. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return `${text.slice(0, end)}… (${text.length - end} more characters)`;
}
