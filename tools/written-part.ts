/** Parts of pages that are written by a command, between two comments. */

export const endComment = "<!-- End of what is written. -->";

/**
 * A page with another text between the comments.
 *
 * @throws Error where the page lacks them
 */
export function withWritten(page: string, start: string, written: string, name: string): string {
  const [from, to] = [page.indexOf(start), page.indexOf(endComment)];
  if (from < 0 || to < from) throw new Error(`${name} lacks the comments around what is written`);
  return `${page.slice(0, from)}${start}\n\n${written}\n${page.slice(to)}`;
}
