/** The repository that a command runs in. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The working directory and the folders above it, up to the repository's root, or to the file system's. */
export function foldersUp(folder = process.cwd()): string[] {
  const above = dirname(folder);
  return above === folder || isRoot(folder) ? [folder] : [folder, ...foldersUp(above)];
}

/** What files count from in reports: the repository's root, or the working directory where there is none. */
export function sourceRoot(): string {
  const [here = "", ...above] = foldersUp();
  const last = above.at(-1);
  return last !== undefined && isRoot(last) ? last : here;
}

/** A work tree's `.git` is a file. */
function isRoot(folder: string): boolean {
  return existsSync(join(folder, ".git"));
}
