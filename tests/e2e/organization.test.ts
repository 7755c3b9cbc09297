import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import { configFileProblems } from "../../src/cli/settings-check";
import { openStack, programIn, run, startEngine, type Engine } from "../../tools/pulumi";
import { podSpec } from "../support/resources";

const root = join(__dirname, "..", "..");

/** An organization's own pack, as docs/organization.md has it. */
const ownPack = `import { createPack } from "apisix-graceful-termination";

createPack(require("./defaults.json"), { name: "acme-graceful-termination" });
`;
/** A program that repairs by itself, as the same page has it. */
const ownProgram = `import * as pulumi from "@pulumi/pulumi";
import { gracefulTermination } from "apisix-graceful-termination";

pulumi.runtime.registerResourceTransform(gracefulTermination({ sleepSeconds: 10 }));
`;
const defaults = {
  sleepSeconds: 10,
  exempt: [{ kind: "Deployment", name: "api", reason: "moves to the new gateway", until: "2999-01-31" }],
};

function succeed(command: string, args: string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${error?.message ?? ""}\n${stdout}\n${stderr}`);
  return stdout;
}

describe("a pack of an organization's own", () => {
  let engine: Engine;
  let stack: Stack;
  let pack: string;
  before(async () => {
    engine = await startEngine();
    const program = programIn(join(root, "examples", "shop"));
    stack = await openStack({ engine, program, secrets: { paymentKey: "x" } });
    succeed("npm", ["pack", "--silent", "--pack-destination", engine.folder], root);
    const packed = readdirSync(engine.folder).find((file) => file.endsWith(".tgz"));
    assert.ok(packed);
    pack = join(engine.folder, "acme");
    mkdirSync(pack);
    const page = readFileSync(join(root, "docs", "organization.md"), "utf8");
    for (const example of [ownPack, ownProgram]) assert.ok(page.includes(example), example);
    writeFileSync(join(pack, "index.ts"), ownPack);
    writeFileSync(join(pack, "defaults.json"), JSON.stringify(defaults));
    writeFileSync(join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\n");
    const manifest = { name: "acme", version: "2.3.4", private: true, main: "index.ts" };
    writeFileSync(join(pack, "package.json"), JSON.stringify(manifest));
    succeed("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", join(engine.folder, packed)], pack);
  });
  after(() => engine.close());

  it("is a preview's pack, with its own name, version and defaults", async () => {
    const { succeeded, output, events } = await run(stack, "preview", { policyPack: pack });
    assert.equal(succeeded, true, output);
    assert.match(output, /acme-graceful-termination@v2\.3\.4/);
    assert.deepEqual(containers(events, "storefront")[0]?.lifecycle, { preStop: { sleep: { seconds: 10 } } });
    assert.doesNotMatch(output, /Deployment: api\)/);
  });

  it("is still refined by policy config", async () => {
    const config = join(engine.folder, "config.json");
    writeFileSync(config, JSON.stringify({ "pre-stop-sleep": { sleepSeconds: 12 } }));
    const { events } = await run(stack, "preview", { policyPack: pack, policyPackConfig: config });
    assert.deepEqual(containers(events, "storefront")[0]?.lifecycle, { preStop: { sleep: { seconds: 12 } } });
  });

  // What docs/organization.md says of who refuses what, and `settings check` finds before.
  const refused: [about: string, config: object, error: RegExp][] = [
    ["the engine: a $schema", { $schema: "policy-config.schema.json" }, /parsing enforcement level for "\$schema"/],
    ["the engine: a level that doesn't exist", { all: "advisry" }, /"advisry" is not a valid enforcement level/],
    ["the engine: a value of the wrong type", { "pre-stop-sleep": { sleepSeconds: "5" } }, /sleepSeconds/],
    [
      "the engine, without its name: an unknown policy with settings",
      { "pre-stop-slep": { sleepSeconds: 5 } },
      /invalid enforcement level ""/,
    ],
    ["the pack: an unknown policy with a level", { "pre-stop-slep": "advisory" }, /did you mean "pre-stop-sleep"\?/],
    [
      "the pack: an unknown setting",
      { "pre-stop-sleep": { sleepSecond: 5 } },
      /pre-stop-sleep › sleepSecond: no such setting; did you mean "sleepSeconds"\?/,
    ],
  ];
  for (const [about, value, error] of refused) {
    it(`is stopped by ${about}`, async () => {
      const config = join(engine.folder, "config.json");
      writeFileSync(config, JSON.stringify(value));
      const { succeeded, output } = await run(stack, "preview", { policyPack: pack, policyPackConfig: config });
      assert.equal(succeeded, false, output);
      assert.match(output, error);
      assert.notDeepEqual(configFileProblems(value as Record<string, unknown>), []);
    });
  }

  it("brings the types of the transform, for a strict compiler", () => {
    const more = `
export const options: pulumi.CustomResourceOptions = { transforms: [gracefulTermination()] };
// @ts-expect-error -- no such setting
gracefulTermination({ sleepSecond: 10 });
`;
    writeFileSync(join(pack, "program.ts"), ownProgram + more);
    const flags = ["--strict", "--noEmit", "--module", "node16", "--target", "es2022", "--types", "node"];
    const types = join(root, "node_modules", "@types");
    succeed(
      process.execPath,
      [require.resolve("typescript/bin/tsc"), ...flags, "--typeRoots", types, "program.ts"],
      pack,
    );
  });

  it("loads no policy SDK into a program", () => {
    const program = `require("apisix-graceful-termination").gracefulTermination();
      console.log(Object.keys(require.cache).filter((file) => /@pulumi.policy/.test(file)).length)`;
    assert.equal(succeed(process.execPath, ["-e", program], pack).trim(), "0");
  });

  it("brings the command line, which needs nothing else", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    assert.equal(succeed("npx", ["--no-install", "apisix-graceful-termination", "--version"], pack).trim(), version);
    writeFileSync(
      join(pack, "web.yaml"),
      "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: web, ports: [{ containerPort: 80 }] }] }\n",
    );
    const fixed = succeed(
      "npx",
      ["--no-install", "apisix-graceful-termination", "check", "--diff", "--include-exposed", "web.yaml"],
      pack,
    );
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
