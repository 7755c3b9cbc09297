import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { settingsPage, settingsText } from "../tools/docs-settings";

describe("docs/settings.md", () => {
  it("is what the settings' schema says; `npm run docs:settings` writes it", async () => {
    assert.equal(readFileSync(settingsPage, "utf8"), await settingsText());
  });
});
