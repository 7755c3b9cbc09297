/** What the app of the tests' Pods notes (tools/go/stamp). */
import { existsSync, readFileSync } from "node:fs";

/** Events with their Unix time in seconds, in order; none where there is no file yet. */
export function readStamps(file: string): [event: string, at: number][] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
  return lines.map((line) => line.split(" ")).map(([event = "", at]) => [event, Number(at)]);
}
