/** A program that isn't in TypeScript, run on the command line as a user does: the YAML language host runs it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { startDeployments, withoutControllers, type Deployments } from "../support/deployments";
import { podSpec } from "../support/resources";

const root = join(__dirname, "..", "..");
const example = join(root, "examples", "shop-yaml");
const hook = { preStop: { sleep: { seconds: 5 } } };

interface Printed {
  status: number | null;
  text: string;
}

describe("examples/shop-yaml on the command line", () => {
  let deployments: Deployments | undefined;
  let project: string;
  before(async function () {
    deployments = await startDeployments(this, ["shop"], { yaml: true });
    project = join(deployments.engine.folder, "shop-yaml");
    cpSync(example, project, { recursive: true });
    assert.equal(pulumi(["stack", "init", "dev"]).status, 0);
  });
  after(() => deployments?.stop());

  const run = (command: string, args: string[], env: NodeJS.ProcessEnv = {}): Printed => {
    const options = {
      cwd: project,
      encoding: "utf8",
      env: { ...process.env, ...deployments?.engine.env, ...env },
    } as const;
    const { status, stdout, stderr } = spawnSync(command, args, options);
    return { status, text: stdout + stderr };
  };
  const pulumi = (args: string[], env?: NodeJS.ProcessEnv) => run("pulumi", [...args, "--non-interactive"], env);
  const withPack = ["--policy-pack", root];
  const noCluster = { KUBECONFIG: join(__dirname, "no-kubeconfig") };

  it("is previewed and repaired without a cluster", () => {
    const { status, text } = pulumi(["preview", ...withPack], noCluster);
    assert.equal(status, 0, text);
    assert.match(text, /\[remediate\] {2}pre-stop-sleep {2}\(kubernetes:apps\/v1:Deployment: storefront\)/);
    assert.doesNotMatch(text, /mandatory|advisory|\[remediate\].*queue-worker/);
  });

  it("is reported from the event log of a preview that blocks", () => {
    const config = join(root, "examples", "shop", "mandatory.json");
    const env = { ...noCluster, PULUMI_DEBUG_COMMANDS: "true" };
    const args = ["preview", ...withPack, "--policy-pack-config", config, "--event-log", "events.jsonl"];
    assert.notEqual(pulumi(args, env).status, 0);
    const cli = join(root, "dist", "cli.js");
    const { status, text } = run(process.execPath, [cli, "report", "events.jsonl", "--format", "text"]);
    assert.equal(status, 1, text);
    assert.match(text, /Ingress shop\/storefront › Service shop\/storefront:80 › Deployment shop\/storefront/);
    assert.doesNotMatch(text, /queue-worker/);
  });

  it("is deployed with the hook", async () => {
    const file = join(project, "Pulumi.yaml");
    const program = load(readFileSync(file, "utf8")) as {
      resources: Record<string, { properties: { metadata: { annotations?: object } } }>;
    };
    for (const { properties } of Object.values(program.resources)) properties.metadata.annotations = withoutControllers;
    writeFileSync(file, dump(program, { noRefs: true }));
    const { status, text } = pulumi(["up", "--yes", "--skip-preview", ...withPack]);
    assert.equal(status, 0, text);
    const stored = async (name: string) => {
      const path = `/apis/apps/v1/namespaces/shop/deployments/${name}`;
      return podSpec(await deployments!.api.ask<Record<string, unknown>>("GET", path)).containers[0];
    };
    assert.deepEqual((await stored("storefront"))?.lifecycle, hook);
    assert.equal((await stored("queue-worker"))?.lifecycle, undefined);
    const again = pulumi(["preview", "--expect-no-changes", ...withPack]);
    assert.equal(again.status, 0, again.text);
  });
});
