import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hookDelay } from "../../src/shutdown/hook";
import type { Interval } from "../../src/shutdown/interval";

/** Cells of a table's row. `\|` is a bar in a cell. */
function cells(row: string): string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** The rows of the tables about hooks; other tables of the page are somebody else's. */
const rows = readFileSync(join(__dirname, "../../docs/hooks.md"), "utf8")
  .split("\n\n")
  .filter((table) => /^\| hook +\| takes +\| protects +\| why +\|/.test(table))
  .flatMap((table) => table.split("\n").slice(2))
  .map(cells);

function inWords({ atLeast, atMost }: Interval): string {
  if (atLeast === Infinity) return "forever";
  if (atLeast === atMost) return `${atLeast} s`;
  return atMost === Infinity ? `${atLeast} s or more` : `${atLeast}–${atMost} s`;
}

function hookOf(text: string): object {
  if (text.startsWith('{"') || text === "{}") return JSON.parse(text) as object;
  const command: unknown = text.startsWith('["') ? JSON.parse(text) : ["/bin/sh", "-c", text.replace("\\r", "\r")];
  return { exec: { command } };
}

describe("docs/hooks.md", () => {
  it("has its tables", () => assert.ok(rows.length > 60));

  for (const [hook = "", takes, protects, why] of rows) {
    it(hook, () => {
      const [, text = "", version] = /^`(.*)`(?: on Kubernetes (.*))?$/.exec(hook) ?? [];
      const answer = hookDelay(hookOf(text), { body: {} }, version);
      assert.deepEqual(
        { takes: inWords(answer), protects: inWords(answer.protects), why: answer.because },
        { takes, protects, why },
      );
    });
  }
});
