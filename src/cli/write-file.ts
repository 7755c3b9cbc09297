import { access, chmod, constants, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file as a whole or not at all: beside it first, then over it. What a link points at is written, and a file
 * keeps its permissions: one that may not be written is not replaced either.
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const unfinished = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  const mode = await stat(target).then(
    (found) => found.mode,
    () => undefined,
  );
  if (mode !== undefined) await access(target, constants.W_OK);
  try {
    await writeFile(unfinished, text, { flag: "wx" });
    if (mode !== undefined) await chmod(unfinished, mode & 0o7777);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
