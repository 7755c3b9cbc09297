import { isIP } from "node:net";

/** Is it an IP address, or a range of them, as Go's `net.ParseIP` and `net.ParseCIDR` read them? They take no zone. */
export function isAddressOrRange(text: string): boolean {
  const [, address = "", bits] = /^([^%/]*)(?:\/(\d+))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128));
}
