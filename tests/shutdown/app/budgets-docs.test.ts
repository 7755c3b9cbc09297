import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { frameworks, injected } from "../../../src/shutdown/app";

describe("docs/app-shutdown.md", () => {
  it("has the table of the code", () => {
    const text = readFileSync(join(__dirname, "../../../docs/app-shutdown.md"), "utf8");
    const [table = ""] = /^\| framework [^]*?\n(?=\n)/m.exec(text) ?? [];
    const rows = table
      .trimEnd()
      .split("\n")
      .slice(2)
      .map((row) => row.split("|").slice(1, -1))
      .map((row) => row.map((cell) => cell.trim()));
    const expected = [...frameworks, ...injected.map((each) => ({ ...each, otherwise: undefined }))].map(
      ({ name, link, versions, reads, otherwise = "" }) => [
        `[${name}](${link})`,
        versions,
        reads.join("; "),
        otherwise,
      ],
    );
    assert.deepEqual(rows, expected);
  });
});
