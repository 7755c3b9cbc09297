import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The pack's page in Pulumi Cloud, as Markdown: docs/pack-page.md, above src/ in the sources and above dist/src/ in the
 * package. Undefined if neither is there, as in a bundle: only publishing, which takes the package, shows the page.
 */
export function packPage(): string | undefined {
  for (const root of [join(__dirname, ".."), join(__dirname, "..", "..")]) {
    try {
      return readFileSync(join(root, "docs", "pack-page.md"), "utf8");
    } catch {
      // The other one.
    }
  }
  return undefined;
}
