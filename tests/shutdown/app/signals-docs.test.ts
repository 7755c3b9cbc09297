import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { injectedProxies, type Marks } from "../../../src/shutdown/app/injected";
import { signalOf } from "../../../src/shutdown/app/signal";
import { forms } from "./forms";

const page = readFileSync(join(__dirname, "../../../docs/signals.md"), "utf8");

/** The rows of the table with that first heading. `\|` is a bar in a cell. */
function rows(heading: string): string[][] {
  const table = page.split("\n\n").find((part) => part.startsWith(`| ${heading} `)) ?? "";
  const cells = (row: string) => row.split(/(?<!\\)\|/).slice(1, -1);
  return table
    .trim()
    .split("\n")
    .slice(2)
    .map((row) => cells(row).map((cell) => cell.trim().replaceAll("\\|", "|")));
}

const codeIn = (cell: string) => [...cell.matchAll(/`([^`]*)`/g)].map(([, code = ""]) => code);

/** With these labels and annotations, wherever they belong. */
function marked(entries: readonly string[]): Marks {
  const map = new Map(entries.map((each) => [each.split(": ")[0] ?? "", each.replace(/^[^:]*: /, "")]));
  return { labels: map, annotations: map, namespaceLabels: map, namespaceAnnotations: map, isHostNetwork: false };
}

describe("docs/signals.md", () => {
  it("has the scripts that are tested", () => {
    const told = rows("script").map(([script = "", ...answers]) => [
      codeIn(script)[0]?.replaceAll("\\n", "\n"),
      ...answers,
    ]);
    assert.deepEqual(told, forms);
  });

  for (const [command = "", answer] of rows("command")) {
    it(command, () => {
      const [argv = ""] = codeIn(command);
      assert.equal(signalOf({ body: { command: JSON.parse(argv) as unknown } }), answer);
    });
  }

  const meshes = rows("mesh");
  it("has the meshes", () => assert.equal(meshes.length, 3));
  for (const [mesh, proxy = "", marks = "", natives = "", waits = ""] of meshes) {
    it(`the annotations of ${mesh}`, () => {
      const found = (entries: string[]) => injectedProxies(marked(entries), 5, "1.34").map((each) => each.proxy);
      for (const mark of codeIn(marks)) {
        assert.deepEqual(found([mark]), codeIn(proxy), mark);
        for (const holds of [...codeIn(natives), ...codeIn(waits)]) {
          if (holds.includes(": ")) assert.deepEqual(found([mark, holds]), [], `${mark}, ${holds}`);
        }
      }
    });
  }
});
