import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The version in the package.json: beside dist/ in the package, beside src/ in the sources. */
export function packVersion(): string {
  for (const folder of [join(__dirname, "..", ".."), join(__dirname, "..", "..", "..")]) {
    try {
      return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
    } catch {
      // The other one.
    }
  }
  return "0.0.0";
}
