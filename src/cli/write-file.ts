/** Writes outputs: files as a whole or not at all, and whatever is no file without replacing it. */
import { randomBytes } from "node:crypto";
import { write, type BigIntStats } from "node:fs";
import { access, constants, open, readlink, realpath, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { connect } from "node:net";
import { basename, dirname, join, resolve } from "node:path";
import { finished } from "node:stream/promises";
import { promisify } from "node:util";
import { say, type Io } from "./io";
import { isSystemError, systemMessage } from "./sources";

/**
 * Writes a file, device, pipe or socket, and says on standard error what can't be written.
 *
 * @returns is it written?
 */
export async function writeOutput(file: string, text: string, io: Pick<Io, "stdout" | "stderr">): Promise<boolean> {
  try {
    const target = await targetOf(file);
    if (target === 1) io.stdout(text);
    else await writeWhole(target, text);
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    say(io, "error", `${file}: not written: ${writeMessage(error)}`);
    return false;
  }
}

/** Why something couldn't be written, in words. */
export function writeMessage(error: NodeJS.ErrnoException): string {
  return error.code === "ENOENT" ? "its folder doesn't exist" : systemMessage(error);
}

/**
 * Writes a file as a whole or not at all: beside it first, then over it. A link is followed, and a file keeps its owner
 * and its permissions: one that may not be written is not replaced either. What is no file is written to as it is.
 *
 * @param target where it is, or a descriptor of this process
 */
export async function writeWhole(target: string | number, text: string): Promise<void> {
  const path = typeof target === "number" ? target : await targetOf(target);
  if (typeof path === "number") return writeTo(path, text);
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found?.isSocket()) {
    const socket = connect(path).end(text);
    await finished(socket, { readable: false });
    socket.destroy();
  } else if (found && !found.isFile()) {
    const special = await open(path, constants.O_WRONLY);
    await special.writeFile(text).finally(() => special.close());
  } else {
    if (found) await access(path, constants.W_OK);
    // Replaced, the other names of a hard link would keep the old text.
    if (found && found.nlink > 1n) return overwrite(path, text);
    try {
      await replace(path, text, found);
    } catch (error) {
      // Its folder takes no file, its owner can't be given, or it is mounted by itself: but it may be written.
      const isFixed = isSystemError(error) && /^(EACCES|EPERM|EBUSY|ENOENT)$/.test(error.code ?? "");
      if (!found || !isFixed) throw error;
      await overwrite(path, text);
    }
  }
}

/**
 * Where a path leads, through all its links; also to what isn't there yet. `/dev/stdout`, `/dev/fd/3` and
 * `/proc/self/fd/3` are descriptors of this process (https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html): whatever
 * was opened is written on, also where it is a file.
 */
async function targetOf(file: string): Promise<string | number> {
  let path = file;
  // As many links as Linux follows (https://man7.org/linux/man-pages/man7/path_resolution.7.html).
  for (let links = 0; links <= 40; links++) {
    const folder = await realpath(dirname(path));
    path = join(folder, basename(path));
    const isOwn = folder === "/dev/fd" || folder === `/proc/${process.pid}/fd`;
    if (isOwn && /^\d+$/.test(basename(path))) return Number(basename(path));
    const link = await readlink(path).catch(() => undefined);
    if (link === undefined) return path;
    // What another process has open: the name that the link shows may not be there.
    if (/^\/proc\/\d+\/fd$/.test(folder)) return path;
    path = resolve(folder, link);
  }
  // A link to itself: the system has the words for it.
  return realpath(path);
}

const writeSome = promisify(write);

/** To a descriptor that somebody else has opened, where that one is. */
async function writeTo(descriptor: number, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += (await writeSome(descriptor, bytes, at)).bytesWritten;
}

/** A file that another one takes the place of. Its name is nobody else's: the file is made anew. */
async function replace(path: string, text: string, found: BigIntStats | undefined): Promise<void> {
  const unfinished = join(dirname(path), `.${randomBytes(8).toString("hex")}.tmp`);
  const file = await open(unfinished, "wx", found ? 0o600 : 0o666);
  try {
    try {
      await file.writeFile(text);
      if (found) await keep(file, found);
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** Owner first: a change of it takes special permissions away. */
async function keep(file: FileHandle, { uid, gid, mode }: BigIntStats): Promise<void> {
  const own = await file.stat({ bigint: true });
  if (own.uid !== uid || own.gid !== gid) await file.chown(Number(uid), Number(gid));
  await file.chmod(Number(mode & 0o7777n));
}

/** In its place. Where that fails, as on a full disk, the old text goes back: it had its room there. */
async function overwrite(path: string, text: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    const old = await file.readFile();
    try {
      await fill(file, Buffer.from(text));
    } catch (error) {
      await fill(file, old);
      throw error;
    }
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
  await file.truncate(bytes.length);
}
