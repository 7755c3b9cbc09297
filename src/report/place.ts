import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/**
 * A file's path below a folder, with forward slashes, whatever way it was given: absolute, `./` or `../`. One that is
 * elsewhere is absolute.
 *
 * @param root without it, the path is taken as it is
 */
export function pathBelow(root: string | undefined, file: string): string {
  if (root === undefined) return file;
  const path = pathFrom(root, file);
  return path !== "" && !isElsewhere(path) ? path : resolve(file).replaceAll(sep, "/");
}

/** A file's path from a folder: `../a.yaml` where it is elsewhere. */
export function pathFrom(root: string, file: string): string {
  const path = relative(root, resolve(file));
  // A link may lead to the root: /tmp on macOS, and what $PWD has of one.
  const real = isElsewhere(path) ? relative(root, realPath(resolve(file))) : path;
  return (isElsewhere(real) ? path : real).replaceAll(sep, "/");
}

function isElsewhere(path: string): boolean {
  return /^\.\.(?![^/\\])/.test(path) || isAbsolute(path);
}

/** A file by its folder's real path; as it is where that isn't there: a report may come from another machine. */
function realPath(file: string): string {
  try {
    return join(realpathSync(dirname(file)), basename(file));
  } catch {
    return file;
  }
}
