import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { packPolicies } from "../policies/list";
import { codes, explain } from "../src/assess";
import { configProblems } from "../src/settings/settings";
import { measuredPods } from "./kubelet/pods";
import { factNames, ownSettings, settingsSchema } from "../src/settings/schema";

const root = join(__dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("the documentation", () => {
  for (const policy of packPolicies) {
    const page = `docs/policies/${policy.name}.md`;
    describe(page, () => {
      it("has the headings of a policy's page", () => {
        const headings = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
        assert.equal(headings[0], policy.name);
        for (const heading of ["Why", "Settings", "When not to use it"]) assert.ok(headings.includes(heading), heading);
      });

      it("tells the default level", () => {
        assert.match(read(page), new RegExp(`\\| default level +\\| \`${policy.enforcementLevel}\` +\\|`));
      });

      it("names every code that the policy reports, by way of docs/findings.md", () => {
        const [, list = ""] =
          new RegExp(`^- \\[\`${policy.name}\`\\]\\(.*?\\): (.*)$`, "m").exec(read("docs/findings.md")) ?? [];
        const own = codes.filter((code) => explain(code)?.policies.includes(policy.name));
        assert.deepEqual(
          [...list.matchAll(/\[([a-z-]+)\]/g)].map(([, code]) => code),
          own,
        );
      });

      it("names only settings that the policy has", () => {
        const table = read(page).split("## Settings")[1]?.split("\n## ")[0] ?? "";
        for (const row of table.matchAll(/^\| (`[^|]*)\|/gm)) {
          for (const [, name = ""] of row[1]?.matchAll(/`(\w+)`/g) ?? []) {
            assert.ok(([...factNames, ...ownSettings[policy.name]] as string[]).includes(name), name);
          }
        }
      });
    });
  }

  it("names only settings that exist, with their defaults", () => {
    const table = read("README.md").split("## Settings")[1]?.split("\n## ")[0] ?? "";
    const rows = [...table.matchAll(/^\| `(\w+)` +\| *`?([^|`]*?)`? *\|/gm)];
    assert.ok(rows.length > 5);
    for (const [, name = "", value = ""] of rows) {
      const schema = settingsSchema.properties[name as keyof typeof settingsSchema.properties];
      assert.ok(schema, name);
      assert.equal(value, "default" in schema ? String(schema.default) || "[]" : "", name);
    }
  });

  it("gives a config that the pack accepts", () => {
    for (const [, json = ""] of read("README.md").matchAll(/```json\n(.*?)```/gs)) {
      assert.deepEqual(configProblems(JSON.parse(json) as never), []);
    }
  });

  it("tells what was measured of every Pod that the kubelet's test measures", () => {
    const table = read("docs/hooks.md").split("## Measured on a real kubelet")[1] ?? "";
    for (const { about } of measuredPods(0)) {
      assert.ok(table.includes(`| ${about.replaceAll("|", "\\|").replaceAll("\r", "")}`), about);
    }
  });

  it("has no link to a page that isn't there", () => {
    const pages = ["README.md", "CONTRIBUTING.md", ...packPolicies.map(({ name }) => `docs/policies/${name}.md`)];
    for (const page of pages) {
      for (const [, target = ""] of read(page).matchAll(/\]\(([^)#:]+)\)/g)) {
        assert.ok(existsSync(join(root, dirname(page), target)), `${page}: ${target}`);
      }
    }
  });
});
