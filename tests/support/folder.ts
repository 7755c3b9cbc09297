/** Temporary folders, outside of the tree. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A temporary folder, and the way to get rid of it. */
export function temporary(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "apisix-graceful-termination-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Writes files, with the folders that they are in. */
export function write(folder: string, files: Record<string, string | object>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}

/** A folder with these files, gone when the callback is done. */
export async function inFolder<T>(files: Record<string, string>, use: (folder: string) => Promise<T>): Promise<T> {
  const { folder, remove } = temporary();
  try {
    write(folder, files);
    return await use(folder);
  } finally {
    remove();
  }
}
