/** The bytes of files and streams as text: UTF-8, and not more than can be held. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { InputError } from "./source";

/** Of a file, and of standard input. What is larger takes more memory to judge than Node has by default. */
export const maxBytes = 64 * 1024 * 1024;

const tooLarge = `larger than ${maxBytes / 1024 / 1024} MB: split it, or leave it out with --exclude`;

/** Bytes that are no UTF-8: kubectl refuses them, and to read them as something else would rewrite them. */
export class NotUtf8 extends InputError {
  /** @param text with U+FFFD where it can't be read */
  constructor(
    message: string,
    readonly text: string,
  ) {
    super(message);
  }
}

/** @param most of a plain file, in bytes @throws InputError, or the system's error */
export async function readFileText(file: string, most = maxBytes): Promise<string> {
  const found = await stat(file);
  if (found.isSocket()) throw new InputError("is a socket");
  // A FIFO or a device has no size, and may never end.
  if (!found.isFile() && !found.isDirectory()) return readStream(createReadStream(file));
  if (found.size > most) throw new InputError(tooLarge);
  return decoded(await readFile(file));
}

/** A file that nobody named: empty where it isn't there or can't be read. A FIFO would keep its reader waiting. */
export async function readPlain(file: string): Promise<string> {
  try {
    const found = await stat(file);
    return found.isFile() && found.size <= maxBytes ? await readFile(file, "utf8") : "";
  } catch {
    return "";
  }
}

/** @throws InputError, or the system's error */
export async function readStream(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > maxBytes) throw new InputError(tooLarge);
  }
  return decoded(Buffer.concat(chunks));
}

/** @throws InputError */
function decoded(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  const at = text.indexOf("\ufffd");
  // The letter that stands for what can't be read may be what is written.
  if (at < 0 || bytes.equals(Buffer.from(text))) return text;
  const [line, column] = firstBad(bytes, text);
  throw new NotUtf8(`not UTF-8, at line ${line}, column ${column}: save it as UTF-8`, text);
}

/** Where the first letter that isn't UTF-8 stands, from 1. */
function firstBad(bytes: Buffer, text: string): [line: number, column: number] {
  const mark = Buffer.from("\ufffd");
  let offset = 0;
  for (let from = 0; ;) {
    const at = text.indexOf("\ufffd", from);
    offset += Buffer.byteLength(text.slice(from, at));
    if (at < 0 || !bytes.subarray(offset, offset + mark.length).equals(mark)) {
      const before = text.slice(0, at < 0 ? text.length : at).split("\n");
      return [before.length, (before.at(-1) ?? "").length + 1];
    }
    offset += mark.length;
    from = at + 1;
  }
}
