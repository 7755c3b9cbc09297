import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import { openStack, programIn, run, type RunResult } from "../../tools/pulumi";
import { deployable, startDeployments, type Deployments } from "../support/deployments";
import { podSpec } from "../support/resources";

const cli = join(__dirname, "..", "..", "dist", "cli.js");
const program = (name: string) => deployable(programIn(join(__dirname, "across-stacks", name)));

describe("routes in one stack, workloads in another", () => {
  let deployments: Deployments | undefined;
  let folder: string;
  let edge: Stack;
  let shop: Stack;
  let catalog: string;
  before(async function () {
    deployments = await startDeployments(this, ["shop"]);
    const { engine } = deployments;
    ({ folder } = engine);
    [edge, shop] = [
      await openStack({ engine, program: program("edge") }),
      await openStack({ engine, program: program("shop") }),
    ];
    await edge.up();
    const state = join(folder, "edge.json");
    writeFileSync(state, JSON.stringify(await edge.exportStack()));
    catalog = join(folder, "catalog.json");
    const { status, stderr } = spawnSync(process.execPath, [cli, "routes", state, "-o", catalog], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });
  after(() => deployments?.stop());

  const previewShop = (level: "remediate" | "mandatory", settings: object = {}): Promise<RunResult> => {
    const config = join(folder, "config.json");
    const known = { enforcementLevel: level, ...settings };
    writeFileSync(
      config,
      JSON.stringify({
        "pre-stop-sleep": known,
        "termination-grace-period": known,
        "apisix-route-blind-spots": { enforcementLevel: "advisory", ...settings },
      }),
    );
    return run(shop, "preview", { policyPackConfig: config });
  };

  it("is a blind spot of the stack that has the routes", async () => {
    const { succeeded, events } = await run(edge, "preview");
    assert.equal(succeeded, true);
    for (const name of ["web", "api"]) {
      const said = messages(events, "apisix-route-blind-spots").filter((text) =>
        text.includes(`Service shop/${name} `),
      );
      assert.equal(said.length, 1);
      assert.match(said[0] ?? "", /selects no Pods of the workloads in this stack/);
    }
  });

  it("leaves the workloads alone without the catalog", async () => {
    const { succeeded, events, output } = await previewShop("remediate");
    assert.equal(succeeded, true, output);
    assert.deepEqual(lifecycle(events, "web"), {});
    assert.deepEqual(messages(events), []);
  });

  it("repairs with the catalog what is routed, and nothing else", async () => {
    const { events, output } = await previewShop("remediate", { catalog });
    assert.deepEqual(lifecycle(events, "web"), { preStop: { sleep: { seconds: 5 } } });
    assert.deepEqual(lifecycle(events, "worker"), {});
    assert.doesNotMatch(output, /Deployment: worker/);
    // A hook that does more than sleep is nobody's to change: whether it is long enough can't be told.
    assert.deepEqual(lifecycle(events, "api"), { preStop: { exec: { command: ["/drain", "--all"] } } });
    const spots = messages(events, "apisix-route-blind-spots");
    assert.equal(spots.length, 1, spots.join("\n"));
    assert.match(spots[0] ?? "", /route catalog › ApisixRoute shop\/api › Service shop\/api:80 › Deployment shop\/api/);
  });

  it("blames with the evidence of the other stack where nothing is repaired", async () => {
    const { succeeded, events } = await previewShop("mandatory", { catalog });
    assert.equal(succeeded, false);
    const [blamed, ...others] = messages(events, "pre-stop-sleep");
    assert.match(blamed ?? "", /route catalog › ApisixRoute shop\/web › Service shop\/web:80 › Deployment shop\/web/);
    assert.deepEqual(others, []);
  });

  it("refuses a catalog that can't be used in one error, before anything is judged", async () => {
    const cut = join(folder, "cut.json");
    writeFileSync(cut, '{"version": 1, "services": [');
    const { succeeded, output, events } = await previewShop("remediate", { catalog: cut });
    assert.equal(succeeded, false);
    assert.match(
      output,
      /pre-stop-sleep › catalog: Route catalog .*cut\.json: ends in the middle, at line 1, column 29/,
    );
    assert.deepEqual(messages(events), []);
  });

  it("reads a stack through the installed CLI", () => {
    const env = { ...process.env, ...deployments?.engine.env };
    const routesOf = (stack: string) =>
      spawnSync(process.execPath, [cli, "routes", "--stack", stack], { encoding: "utf8", env });
    const { status, stdout, stderr } = routesOf("organization/edge/dev");
    assert.equal(status, 0, stderr);
    const { services } = JSON.parse(stdout) as { services: { name: string }[] };
    assert.deepEqual(
      services.map(({ name }) => name),
      ["api", "web"],
    );
    const missing = routesOf("organization/edge/nowhere");
    assert.deepEqual([missing.status, missing.stdout], [3, ""]);
    assert.match(missing.stderr, /stack organization\/edge\/nowhere: .*no stack named/);
  });
});

function messages(events: readonly EngineEvent[], policy?: string): string[] {
  return events
    .map(({ policyEvent }) => policyEvent)
    .filter((event) => event !== undefined && (policy === undefined || event.policyName === policy))
    .map((event) => event?.message ?? "");
}

function lifecycle(events: readonly EngineEvent[], name: string): unknown {
  for (const { resourcePreEvent } of events) {
    const step = resourcePreEvent?.metadata;
    if (step?.type === "kubernetes:apps/v1:Deployment" && step.urn.endsWith(`::${name}`)) {
      return podSpec((step.new?.inputs ?? {}) as Record<string, unknown>).containers[0]?.lifecycle;
    }
  }
  throw new Error(`no Deployment ${name} in the preview`);
}
