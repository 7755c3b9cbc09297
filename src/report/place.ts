import { isAbsolute, relative, resolve, sep } from "node:path";

/**
 * A file's path below a folder, with forward slashes, whatever way it was given: absolute, `./` or `../`. One that is
 * elsewhere is absolute.
 *
 * @param root without it, the path is taken as it is
 */
export function pathBelow(root: string | undefined, file: string): string {
  if (root === undefined) return file;
  const path = relative(root, resolve(file));
  const isBelow = path !== "" && path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path);
  return (isBelow ? path : resolve(file)).replaceAll(sep, "/");
}
