import { isAbsolute, relative, resolve, sep } from "node:path";

/**
 * A file's path below a folder, with forward slashes, whatever way it was given: absolute, `./` or `../`. One that is
 * elsewhere is absolute.
 *
 * @param root without it, the path is taken as it is
 */
export function pathBelow(root: string | undefined, file: string): string {
  if (root === undefined) return file;
  const path = pathFrom(root, file);
  const isBelow = path !== "" && path !== ".." && !path.startsWith("../") && !isAbsolute(path);
  return isBelow ? path : resolve(file).replaceAll(sep, "/");
}

/** A file's path from a folder: `../a.yaml` where it is elsewhere. */
export function pathFrom(root: string, file: string): string {
  return relative(root, resolve(file)).replaceAll(sep, "/");
}
