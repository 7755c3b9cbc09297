import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { pathBelow } from "../../src/report/place";

const here = process.cwd();
const cases: [root: string | undefined, file: string, path: string][] = [
  [undefined, "./a.yaml", "./a.yaml"],
  [here, "a.yaml", "a.yaml"],
  [here, "./a//b/../c.yaml", "a/c.yaml"],
  [here, join(here, "a", "b.yaml"), "a/b.yaml"],
  [here, "..a/b.yaml", "..a/b.yaml"],
  [here, "../a.yaml", resolve("../a.yaml")],
  [here, ".", here],
  [resolve(here, ".."), "a.yaml", join(here, "a.yaml").slice(resolve(here, "..").length + 1)],
  [join(here, "a"), join(here, "ab", "c.yaml"), join(here, "ab", "c.yaml")],
];

describe("report/place", () => {
  for (const [root, file, path] of cases) {
    it(`${file} below ${root === undefined ? "nothing" : root.replace(here, ".")}`, () => {
      assert.equal(pathBelow(root, file), path);
    });
  }
});
