import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import type { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { configFileProblems } from "../src/cli/settings-check";
import { settingsSchema } from "../src/settings/schema";

const root = join(__dirname, "..");
const page = readFileSync(join(root, "docs", "pack-page.md"), "utf8");

/** What the pack answers to the engine's first question, started with these options. */
async function packInfo(options: object): Promise<AnalyzerInfo.AsObject> {
  const program = `require("./index").createPack({}, ${JSON.stringify(options)})`;
  const pack = spawn(process.execPath, ["--require", "ts-node/register/transpile-only", "-e", program], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [port] = (await once(createInterface(pack.stdout), "line")) as [string];
    const client = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const info = await promisify<Empty, AnalyzerInfo>(client.getAnalyzerInfo.bind(client))(new Empty());
    client.close();
    return info.toObject();
  } finally {
    pack.kill();
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
