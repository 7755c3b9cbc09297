/** What a command line gives to be changed: its files, and what is in its folders. */
import { realpath } from "node:fs/promises";
import { sep } from "node:path";

/** Those of the files that a link leads to, out of all that was given. @param sources as the command line names them */
export async function leavingLinks(files: Iterable<string>, sources: readonly string[]): Promise<Set<string>> {
  const real = (path: string) => realpath(path).catch(() => undefined);
  const given = await Promise.all(sources.map(real));
  const leaving = new Set<string>();
  for (const file of files) {
    const target = file === "-" ? undefined : await real(file);
    if (target === undefined) continue;
    const isGiven = given.some((each) => target === each || (each !== undefined && target.startsWith(folder(each))));
    if (!isGiven) leaving.add(file);
  }
  return leaving;
}

/** The root of a file system ends with a separator already. */
function folder(path: string): string {
  return path.endsWith(sep) ? path : path + sep;
}
