import { readFileSync } from "node:fs";
import { join } from "node:path";

const repository = "https://github.com/apisix-graceful-termination/apisix-graceful-termination";

/** The version in the package.json: beside dist/ in the package, beside src/ in the sources. */
export function packVersion(): string {
  version ??= readVersion();
  return version;
}

let version: string | undefined;

function readVersion(): string {
  for (const folder of [join(__dirname, ".."), join(__dirname, "..", "..")]) {
    try {
      return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
    } catch {
      // The other one.
    }
  }
  return "0.0.0";
}

/** The address of a page of the docs, of the version that runs. */
export function docsUrl(page: string): string {
  return `${repository}/blob/v${packVersion()}/docs/${page}`;
}
