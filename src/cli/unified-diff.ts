import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";

/** What changes in a file, as `patch -p1` and `git apply` read it. */
export function unifiedDiff(file: string, before: string, after: string): string {
  const name = file === "-" ? "stdin" : file.replace(/^\/+/, "");
  const patch = structuredPatch(`a/${name}`, `b/${name}`, before, after, "", "", { context: 3 });
  return formatPatch(patch, FILE_HEADERS_ONLY);
}
