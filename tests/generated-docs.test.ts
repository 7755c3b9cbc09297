import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { generatedFiles as proofFiles, lastResult } from "../proof/page";
import { findingsPage, findingsText } from "../tools/docs-findings";
import { routingPage, routingText } from "../tools/docs-plugins";
import { generatedFiles } from "../tools/docs-settings";

describe("docs that are written from the code", () => {
  it("are what the settings' schema says; `npm run docs:settings` writes them", async () => {
    for (const [file, text] of await generatedFiles()) assert.equal(readFileSync(file, "utf8"), text, basename(file));
  });

  it("docs/proof.md, its picture and README are what the proof found; `npm run docs:proof` writes them", async () => {
    for (const [file, text] of await proofFiles(lastResult()))
      assert.equal(readFileSync(file, "utf8"), text, basename(file));
  });

  it("docs/routing.md lists the plugins of the table; `npm run docs:plugins` writes them", async () => {
    assert.equal(readFileSync(routingPage, "utf8"), await routingText());
  });

  it("docs/findings.md is what the messages say; `npm run docs:findings` writes it", async () => {
    assert.equal(readFileSync(findingsPage, "utf8"), await findingsText());
  });
});
