import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { preview, startEngine, type Engine } from "../../tools/pulumi";
import { podSpec } from "../support/resources";

const root = join(__dirname, "..", "..");

/** An organization's own pack, as docs/organization.md has it. */
const ownPack = `import { createPack } from "apisix-graceful-termination";

createPack(
  { sleepSeconds: 10, exempt: [{ kind: "Deployment", name: "api", reason: "moves to the new gateway", until: "2999-01-31" }] },
  { name: "acme-graceful-termination" },
);
`;

function run(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${error?.message ?? ""}\n${stdout}\n${stderr}`);
  return stdout;
}

describe("a pack of an organization's own", () => {
  let engine: Engine;
  let pack: string;
  before(async () => {
    engine = await startEngine();
    run("npm", ["pack", "--silent", "--pack-destination", engine.folder], root);
    const packed = readdirSync(engine.folder).find((file) => file.endsWith(".tgz"));
    assert.ok(packed);
    pack = join(engine.folder, "acme");
    mkdirSync(pack);
    writeFileSync(join(pack, "index.ts"), ownPack);
    writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\n");
    const manifest = { name: "acme", version: "2.3.4", private: true, main: "index.ts" };
    writeFileSync(join(pack, "package.json"), JSON.stringify(manifest));
    run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", join(engine.folder, packed)], pack);
  });
  after(() => engine.close());

  it("is a preview's pack, with its own name, version and defaults", async () => {
    const { succeeded, output, events } = await preview({
      engine,
      project: join(root, "examples", "shop"),
      secrets: { paymentKey: "x" },
      policyPack: pack,
    });
    assert.equal(succeeded, true, output);
    assert.match(output, /acme-graceful-termination@v2\.3\.4/);
    assert.deepEqual(containers(events, "storefront")[0]?.lifecycle, { preStop: { sleep: { seconds: 10 } } });
    assert.doesNotMatch(output, /Deployment: api\)/);
  });

  it("is still refined by policy config", async () => {
    const config = join(engine.folder, "config.json");
    writeFileSync(config, JSON.stringify({ "pre-stop-sleep": { sleepSeconds: 12 } }));
    const { events } = await preview({
      engine,
      project: join(root, "examples", "shop"),
      secrets: { paymentKey: "x" },
      policyPack: pack,
      policyPackConfig: config,
    });
    assert.deepEqual(containers(events, "storefront")[0]?.lifecycle, { preStop: { sleep: { seconds: 12 } } });
  });

  it("brings the command line, which needs nothing else", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    assert.equal(run("npx", ["--no-install", "apisix-graceful-termination", "--version"], pack).trim(), version);
    writeFileSync(
      join(pack, "web.yaml"),
      "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: web, ports: [{ containerPort: 80 }] }] }\n",
    );
    const fixed = run("npx", ["--no-install", "apisix-graceful-termination", "check", "--diff", "web.yaml"], pack);
    assert.match(fixed, /\+.*lifecycle: \{ preStop: \{ sleep: \{ seconds: 5 \} \} \}/);
  });
});

function containers(events: readonly EngineEvent[], name: string) {
  for (const { resourcePreEvent } of events) {
    const step = resourcePreEvent?.metadata;
    if (step?.type === "kubernetes:apps/v1:Deployment" && step.urn.endsWith(`::${name}`)) {
      return podSpec((step.new?.inputs ?? {}) as Record<string, unknown>).containers;
    }
  }
  throw new Error(`no Deployment ${name} in the preview`);
}
