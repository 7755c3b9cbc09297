import assert from "node:assert/strict";
import { readDocuments } from "../../src/cli/sources/documents";
import { corpus } from "./odd-yaml";

describe("reads odd files as kubectl does:", () => {
  for (const [what, text, reading] of corpus) {
    it(what, () => {
      const { documents, problems } = readDocuments(text, "odd.yaml");
      if (reading === "lenient") return assert.deepEqual(problems, []);
      const isRefused = "before" in reading;
      const wanted = isRefused ? reading.before : reading;
      const values = documents.map(({ value }) => value);
      assert.deepEqual(isRefused ? values.slice(0, wanted.length) : values, wanted);
      assert.equal(problems.length > 0, isRefused, problems[0]?.message);
    });
  }

  it("but loses no document that kubectl drops without a word: one behind lines of old", () => {
    const { documents, problems } = readDocuments("a: 1\r---\rb: 2\r\n---\nc: 3\n", "odd.yaml");
    assert.deepEqual([documents.map(({ value }) => value), problems.length], [[{ c: 3 }], 1]);
  });
});
