import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packPolicies } from "../../policies/list";
import type { Report } from "../../src/report";
import { parseMessage } from "../../src/report/message";
import { openStack, programIn, run } from "../../tools/pulumi";
import { deployable, deployAndExport, startDeployments, type Deployments } from "../support/deployments";

const root = join(__dirname, "..", "..");
const cli = join(root, "dist", "cli.js");

describe("check says what a real Pulumi engine says", () => {
  let deployments: Deployments | undefined;
  before(async function () {
    deployments = await startDeployments(this, ["shop", "stock"]);
  });
  after(() => deployments?.stop());

  const programs: [name: string, folder: string, secrets?: Record<string, string>][] = [
    ["examples/shop", join(root, "examples", "shop"), { paymentKey: "not-to-be-seen" }],
    ["examples/routes", join(root, "examples", "routes")],
    ["a stack of routes", join(__dirname, "across-stacks", "edge")],
    ["a stack of workloads", join(__dirname, "across-stacks", "shop")],
  ];
  for (const [name, folder, secrets = {}] of programs) {
    it(`of ${name}`, async () => {
      const { engine } = deployments ?? assert.fail();
      const config = join(engine.folder, "mandatory.json");
      writeFileSync(
        config,
        JSON.stringify({ all: "mandatory", "pre-stop-sleep": { enforcementLevel: "mandatory", select: "all" } }),
      );
      const stack = await openStack({ engine, program: deployable(programIn(folder)), secrets });
      const { events } = await run(stack, "preview", { policyPackConfig: config });
      const descriptions = new Map<string, string>(packPolicies.map((policy) => [policy.name, policy.description]));
      const said = events.flatMap(({ policyEvent }) => {
        if (!policyEvent) return [];
        const { what, evidence, fix } = parseMessage(policyEvent.message, descriptions.get(policyEvent.policyName));
        return [JSON.stringify([policyEvent.policyName, policyEvent.enforcementLevel, what, evidence, fix])];
      });

      const state = join(engine.folder, "state.json");
      writeFileSync(state, JSON.stringify(await deployAndExport(stack)));
      const args = [cli, "check", state, "--settings", config, "--format", "json"];
      const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      assert.equal(status, 1, stderr);
      assert.doesNotMatch(stdout, /not-to-be-seen/);
      const found = (JSON.parse(stdout) as Report).findings.map(({ policy, level, what, evidence, fix }) =>
        JSON.stringify([policy, level, what, evidence, fix]),
      );
      assert.ok(found.length > 0);
      assert.deepEqual(found.sort(), said.sort());
    });
  }
});
