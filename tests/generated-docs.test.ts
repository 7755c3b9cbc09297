import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { findingsPage, findingsText } from "../tools/docs-findings";
import { settingsPage, settingsText } from "../tools/docs-settings";

describe("docs that are written from the code", () => {
  it("docs/settings.md is what the settings' schema says; `npm run docs:settings` writes it", async () => {
    assert.equal(readFileSync(settingsPage, "utf8"), await settingsText());
  });

  it("docs/findings.md is what the messages say; `npm run docs:findings` writes it", async () => {
    assert.equal(readFileSync(findingsPage, "utf8"), await findingsText());
  });
});
