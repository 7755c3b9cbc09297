/**
 * Text that comes from manifests, programs and other tools, made safe to show: what a terminal or a reader would not
 * see, or would see in another place, is made visible. Escaping for a format (HTML, XML, Markdown) is that format's.
 */

/**
 * Control characters (but line feed and tab), halves of surrogate pairs, and the marks that change the direction of
 * the text around them, each replaced by U+FFFD. A name with such a mark could show as another name.
 */
const hidden = /(?![\n\t])\p{Cc}|\p{Cs}|[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu;

export function visible(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(hidden, "\ufffd");
}

/** The same on one line: every run of white space is one space. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, " ").trim();
}

/** At most so many characters; what is left out is said. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = /[\ud800-\udbff]/.test(text.charAt(most - 1)) ? most - 1 : most;
  return `${text.slice(0, end)}… (${text.length - end} more characters)`;
}
