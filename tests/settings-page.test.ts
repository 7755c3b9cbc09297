import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { generatedFiles } from "../tools/docs-settings";

describe("what is made of the settings' schema", () => {
  it("is up to date; `npm run docs:settings` writes it", async () => {
    for (const [file, text] of await generatedFiles()) assert.equal(readFileSync(file, "utf8"), text, basename(file));
  });
});
