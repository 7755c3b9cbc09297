import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb";
import { configFileProblems } from "../src/cli/settings-check";
import { settingsSchema } from "../src/settings/schema";
import { connect } from "./support/analyzer";
import { startPack } from "./support/pack-process";

const root = join(__dirname, "..");
const page = readFileSync(join(root, "docs", "pack-page.md"), "utf8");

/** What the pack answers to the engine's first question, started with these options. */
async function packInfo(options: object): Promise<AnalyzerInfo.AsObject> {
  const program = `require("./index").createPack({}, ${JSON.stringify(options)})`;
  const pack = await startPack([process.execPath, "--require", "ts-node/register/transpile-only", "-e", program], {
    cwd: root,
  });
  try {
    const analyzer = connect(pack.port ?? assert.fail(pack.stderr()));
    const called = await analyzer.call("getAnalyzerInfo");
    analyzer.close();
    return AnalyzerInfo.deserializeBinary("answer" in called ? called.answer : assert.fail(called.error)).toObject();
  } finally {
    await pack.stop();
  }
}

describe("the pack's page in Pulumi Cloud", function () {
  this.timeout(60_000);

  it("is what the pack hands to the engine, with what else the SDK shows there; an organization's own goes first", async () => {
    const info = await packInfo({ name: "acme", tags: ["acme"] });
    assert.equal(info.name, "acme");
    assert.deepEqual(info.tagsList, ["acme"]);
    assert.equal(info.readme, page);
    assert.equal(info.provider, "kubernetes");
    assert.notEqual(info.displayname, "");
    assert.notEqual(info.description, "");
    assert.match(info.repository, /^https:/);
    for (const policy of info.policiesList) {
      assert.match(policy.url, /^https:/, policy.name);
      for (const field of ["displayname", "description", "remediationSteps"] as const) {
        assert.notEqual(policy[field], "", `${policy.name}: ${field}`);
      }
      assert.notEqual(policy.tagsList.length, 0, policy.name);
    }
  });

  it("is in the tarball", () => {
    const args = ["pack", "--dry-run", "--ignore-scripts", "--json"];
    const [packed] = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8" })) as [
      { files: { path: string }[] },
    ];
    assert.ok(packed.files.some(({ path }) => path === "docs/pack-page.md"));
  });

  it("links to pages that are there, with addresses that hold outside the repository", () => {
    for (const [, target = ""] of page.matchAll(/\]\(([^)]+)\)/g)) {
      const path = /^https:\/\/github\.com\/[^/]+\/[^/]+\/blob\/main\/(.*)$/.exec(target)?.[1];
      assert.ok(path !== undefined && existsSync(join(root, path)), target);
    }
  });

  it("gives configs that `settings check` takes, and advises against the one that it refuses", () => {
    for (const [line] of page.matchAll(/.*`\{ .* \}`.*/g)) {
      const config = JSON.parse(/`(\{ .* \})`/.exec(line)?.[1] ?? "") as Record<string, unknown>;
      assert.equal(configFileProblems(config).length > 0, line.startsWith("Don't"), line);
    }
  });

  it("tells the defaults", () => {
    for (const name of ["sleepSeconds", "shutdownSeconds"] as const) {
      assert.match(page, new RegExp(`\`${name}\` \\([^;]*; ${settingsSchema.properties[name].default}\\)`), name);
    }
  });
});
