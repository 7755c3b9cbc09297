import assert from "node:assert/strict";
import { currentText, typesFiles, typesText } from "../tools/types";

describe("types", () => {
  for (const one of typesFiles) {
    it(`${one.file} is what ${one.from} says; \`npm run types\` writes it`, async () => {
      assert.equal(currentText(one), await typesText(one));
    });
  }
});
