import assert from "node:assert/strict";
import { realpathSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathBelow } from "../../src/report/place";
import { inFolder } from "../support/folder";

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

  it("is below a root that a link leads to, such as /tmp on macOS; a link below it is where it stands", () =>
    inFolder({ "repo/a.yaml": "", "away/b.yaml": "" }, (folder) => {
      const root = join(realpathSync(folder), "repo");
      symlinkSync(root, join(folder, "link"));
      symlinkSync(join(folder, "away"), join(root, "in"));
      assert.equal(pathBelow(root, join(folder, "link", "a.yaml")), "a.yaml");
      assert.equal(pathBelow(root, join(root, "in", "b.yaml")), "in/b.yaml");
      assert.equal(pathBelow(root, join(folder, "away", "b.yaml")), join(folder, "away", "b.yaml"));
      return Promise.resolve();
    }));
});
