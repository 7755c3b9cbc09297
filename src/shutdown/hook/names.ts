/** The name of a program, without its path and without Windows' extension. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.exe$/i, "");
}

/**
 * Is there surely no program of that name? One with a blank, a quote or a comma in it is a whole command, or a list, that
 * no shell takes apart. (Windows has blanks in its paths.)
 */
export function isNoProgram(name: string): boolean {
  return name === "" || name.startsWith("-") || (/[\s"',;]/.test(name) && !/\\|\.exe$/i.test(name));
}
