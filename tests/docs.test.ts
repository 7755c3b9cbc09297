import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { load } from "js-yaml";
import { packPolicies } from "../policies/list";
import { codes, explain } from "../src/assess";
import { configFileProblems } from "../src/cli/settings-check";
import { factNames, ownSettings, policyNames, settingsSchema } from "../src/settings/schema";
import { checkSettings } from "../src/settings/settings";
import { measuredPods } from "./kubelet/pods";

const root = join(__dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** All pages of docs/. */
function pages(): string[] {
  const folders = ["docs", "docs/policies"];
  const files = folders.flatMap((folder) => readdirSync(join(root, folder)).map((file) => `${folder}/${file}`));
  return files.filter((file) => file.endsWith(".md"));
}

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

  it("shows the YAML program that is tested", () => {
    const program = read("examples/shop-yaml/Pulumi.yaml");
    assert.ok(read("docs/organization.md").includes(`\`\`\`yaml\n${program}\`\`\``));
  });

  it("gives configs and defaults that the pack accepts", () => {
    const blocks = (page: string, language: string) =>
      [...read(page).matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(([, text = ""]) => text);
    const objects = ["README.md", "docs/organization.md"].flatMap((page) =>
      blocks(page, "json").map((text) => JSON.parse(text) as Record<string, unknown>),
    );
    const isConfig = (value: object) => Object.keys(value).some((key) => ["all", ...policyNames].includes(key));
    const configs = objects.filter(isConfig);
    assert.ok(configs.length > 1);
    for (const config of configs) assert.deepEqual(configFileProblems(config), []);
    const [defaults] = objects.filter((value) => "sleepSeconds" in value);
    checkSettings(defaults);

    // ESC takes `pack:policy`, too, and objects only.
    const [environment = ""] = blocks("docs/organization.md", "yaml").filter((text) => text.includes("policyConfig"));
    const { values } = load(environment) as { values: { policyConfig: Record<string, object> } };
    const policyConfig = Object.entries(values.policyConfig).map(([key, value]) => [key.replace(/^.*:/, ""), value]);
    assert.deepEqual(configFileProblems(Object.fromEntries(policyConfig) as Record<string, unknown>), []);
  });

  it("quotes what `settings check` prints", () => {
    const [problem] = configFileProblems({ "pre-stop-sleep": { sleepSecond: 10 } });
    assert.ok(read("docs/organization.md").includes(`\ngroups/production.json: ${problem}\n`));
  });

  it("tells what was measured of every Pod that the kubelet's test measures", () => {
    const table = read("docs/hooks.md").split("## Measured on a real kubelet")[1] ?? "";
    for (const { about } of measuredPods(0)) {
      assert.ok(table.includes(`| ${about.replaceAll("|", "\\|").replaceAll("\r", "")}`), about);
    }
  });

  it("tells of every npm script", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const contributing = read("CONTRIBUTING.md");
    for (const name of Object.keys(scripts)) {
      if (name === "prepare") continue;
      const row = name === "test" ? "| `npm test`" : `| \`npm run ${name}\``;
      assert.ok(contributing.includes(row), name);
    }
  });

  it("uses no British spelling", () => {
    for (const page of ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...pages()]) {
      assert.doesNotMatch(read(page), /\b\w*(colou[r]|behaviou[r]|favour|honour|catalogue)\w*\b/i, page);
    }
  });

  it("has no link to a page that isn't there", () => {
    for (const page of ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...pages()]) {
      for (const [, target = ""] of read(page).matchAll(/\]\(([^)#:]+)\)/g)) {
        assert.ok(existsSync(join(root, dirname(page), target)), `${page}: ${target}`);
      }
    }
  });
});
