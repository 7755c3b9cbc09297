/** Calls of the file system that fail, as on a full disk: tests run as root, which nothing is forbidden to. */
import promises from "node:fs/promises";

type Call = "open" | "readdir" | "readFile" | "rename";

export function systemError(code: string, errno: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made up`), { code, errno });
}

/** Puts another function in the place of one of node:fs/promises, for as long as it is used. */
export async function withCall<C extends Call, T>(
  call: C,
  other: (real: (typeof promises)[C]) => (...args: never[]) => Promise<unknown>,
  use: () => Promise<T>,
): Promise<T> {
  const real = promises[call];
  promises[call] = other(real) as unknown as (typeof promises)[C];
  try {
    return await use();
  } finally {
    promises[call] = real;
  }
}
