import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..");
const folder = join(root, "docs", "upstream");

/** The faults of Pulumi's SDK that the pack works around: if one is mended, its page and the way around it may go. */
describe("docs/upstream", () => {
  for (const file of readdirSync(folder)) {
    it(`${file} is true of the installed SDK`, () => {
      const text = readFileSync(join(folder, file), "utf8");
      const block = (language: string) => new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "m").exec(text)?.[1];
      const ran = spawnSync(process.execPath, ["-"], { cwd: root, input: block("js"), encoding: "utf8" });
      assert.equal(ran.stdout + ran.stderr, block("text"));
    });
  }
});
