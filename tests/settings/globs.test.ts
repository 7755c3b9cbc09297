import { strict as assert } from "node:assert";
import { isGlob, matchesGlob } from "../../src/settings/globs";

describe("matchesGlob", () => {
  const cases: [text: string, glob: string, expected: boolean][] = [
    ["web", "web", true],
    ["web", "Web", false],
    ["web-1", "web", false],
    ["web-1", "web*", true],
    ["web-1", "*", true],
    ["web-1", "web-?", true],
    ["web-10", "web-?", false],
    ["web-1", "web-[0-9]", true],
    ["web-a", "web-[0-9]", false],
    ["api", "{web,api}", true],
    ["worker", "{web,api}", false],
    ["api", "!(web)", true],
    ["web", "!(web)", false],
    // A mark at the start is one of the text's, and turns nothing around.
    ["api", "!web", false],
    ["web.v2", "web.v2", true],
    ["webxv2", "web.v2", false],
    [".hidden", "*", true],
    ["containers[0]", "containers\\[0\\]", true],
  ];
  for (const [text, glob, expected] of cases) {
    it(`${text} ${expected ? "matches" : "doesn't match"} ${glob}`, () => {
      assert.equal(matchesGlob(text, glob), expected);
      assert.equal(matchesGlob(text, glob), expected, "the same when it is compiled already");
    });
  }
});

describe("isGlob", () => {
  const cases: [glob: string, expected: boolean][] = [
    ["web", true],
    ["*", true],
    ["{web,api}", true],
    ["!(web)", true],
    ["web-[0-9]", true],
    ["web-[0-9", false],
    ["web-]", false],
    ["{web", false],
    ["(web", false],
    ["!(web", false],
    ["web)", false],
    ["", false],
    ["x".repeat(70_000), false],
  ];
  for (const [glob, expected] of cases) it(glob.slice(0, 20) || "nothing", () => assert.equal(isGlob(glob), expected));
});
