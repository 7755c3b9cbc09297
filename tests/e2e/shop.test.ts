import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import { openStack, programIn, run, startEngine, type Engine, type RunResult } from "../../tools/pulumi";
import { workloadLines } from "../../tools/workload-lines";
import { deployable, deployAndExport, startDeployments } from "../support/deployments";
import { podSpec } from "../support/resources";

const root = join(__dirname, "..", "..");
const project = join(root, "examples", "shop");
const paymentKey = "not-to-be-seen-0f9b";

describe("examples/shop on a real Pulumi engine", () => {
  let engine: Engine;
  let stack: Stack;
  let result: RunResult;
  let mandatory: RunResult;
  before(async () => {
    engine = await startEngine();
    stack = await openStack({ engine, program: programIn(project), secrets: { paymentKey } });
    result = await run(stack, "preview");
    mandatory = await preview(join(project, "mandatory.json"));
  });
  after(() => engine.close());

  const preview = (policyPackConfig: string): Promise<RunResult> => run(stack, "preview", { policyPackConfig });

  describe("as it comes", () => {
    it("passes, and names what it repaired under the policy that repaired it", () => {
      assert.equal(result.succeeded, true, result.output);
      assert.match(result.output, /\[remediate] {2}pre-stop-sleep {2}\(kubernetes:apps\/v1:Deployment: storefront\)/);
      assert.match(
        result.output,
        /\[remediate] {2}termination-grace-period {2}\(kubernetes:apps\/v1:Deployment: api\)/,
      );
      assert.doesNotMatch(result.output, /mandatory|advisory|warning/);
    });

    it("gives the storefront a hook", () => {
      const pod = podSpec(inputs(result.events, "storefront"));
      assert.deepEqual(pod.containers[0]?.lifecycle, { preStop: { sleep: { seconds: 5 } } });
      assert.equal(pod.terminationGracePeriodSeconds, undefined);
    });

    it("raises the API's grace period, and leaves its hook alone", () => {
      const pod = podSpec(inputs(result.events, "api"));
      assert.equal(pod.terminationGracePeriodSeconds, 50);
      assert.deepEqual(pod.containers[0]?.lifecycle, { preStop: { exec: { command: ["/bin/sh", "-c", "sleep 40"] } } });
    });

    it("replaces the search's broken hook", () => {
      const pod = podSpec(inputs(result.events, "search"));
      assert.deepEqual(pod.containers[0]?.lifecycle, { preStop: { sleep: { seconds: 5 } } });
    });

    it("leaves the queue worker alone", () => {
      const pod = podSpec(inputs(result.events, "queue-worker"));
      assert.deepEqual(pod, { containers: [{ name: "worker", image: "ghcr.io/example/queue-worker:1.0.3" }] });
    });

    it("shows the secret nowhere", () => {
      assert.equal(result.output.includes(paymentKey), false);
      assert.equal(JSON.stringify(result.events).includes(paymentKey), false);
    });
  });

  it("fails under mandatory.json and says why, with the evidence", () => {
    const { succeeded, output, events } = mandatory;
    assert.equal(succeeded, false);
    assert.match(output, /ApisixRoute shop\/storefront › Service shop\/storefront:80 › Deployment shop\/storefront/);
    assert.match(output, /Ingress shop\/api › Service shop\/api:9000 › Deployment shop\/api/);
    assert.deepEqual(violations(events), [
      "mandatory apisix-routed-workloads api",
      "mandatory apisix-routed-workloads search",
      "mandatory apisix-routed-workloads storefront",
    ]);
    assert.equal((output + JSON.stringify(events)).includes(paymentKey), false);
  });

  it("reports and passes under advisory.json", async () => {
    const { succeeded, output, events } = await preview(join(project, "advisory.json"));
    assert.equal(succeeded, true, output);
    assert.deepEqual(violations(events), [
      "advisory apisix-routed-workloads api",
      "advisory apisix-routed-workloads search",
      "advisory apisix-routed-workloads storefront",
    ]);
  });

  it("refuses a bad config with one error that holds all of its problems", async () => {
    const config = join(engine.folder, "bad.json");
    writeFileSync(config, '{ "pre-stop-sleeep": "advisory", "pre-stop-sleep": { "sleepSecond": 7 } }');
    const { succeeded, output, events } = await preview(config);
    assert.equal(succeeded, false);
    assert.match(output, /pre-stop-sleeep: no such policy; did you mean "pre-stop-sleep"\?/);
    assert.match(output, /pre-stop-sleep › sleepSecond: no such setting; did you mean "sleepSeconds"\?/);
    assert.doesNotMatch(output, /node_modules|\.js:\d/);
    assert.deepEqual(violations(events), []);
  });

  it("takes a fact given to one policy for all of them, beside the defaults that the engine fills in", async () => {
    const config = join(engine.folder, "facts.json");
    const facts = {
      all: "mandatory",
      "pre-stop-sleep": { enforcementLevel: "mandatory", sleepSeconds: 25, select: "all" },
      "termination-grace-period": { enforcementLevel: "mandatory", shutdownSeconds: 40, select: "all" },
    };
    writeFileSync(config, JSON.stringify(facts));
    const { succeeded, output } = await preview(config);
    assert.equal(succeeded, false);
    // The storefront and the search need 25 + 40 s, the API's hook of 40 s needs 80 s; no other number is advised.
    const advised = new Set(
      [...output.matchAll(/terminationGracePeriodSeconds: (\d+)/g)].map(([, seconds]) => seconds),
    );
    assert.deepEqual([...advised].sort(), ["65", "80"]);
  });

  it("refuses two values of one fact, with both places", async () => {
    const config = join(engine.folder, "two-values.json");
    writeFileSync(
      config,
      '{ "pre-stop-sleep": { "sleepSeconds": 7 }, "apisix-routed-workloads": { "sleepSeconds": 8 } }',
    );
    const { succeeded, output, events } = await preview(config);
    assert.equal(succeeded, false);
    assert.match(output, /pre-stop-sleep › sleepSeconds and apisix-routed-workloads › sleepSeconds: different values/);
    assert.deepEqual(violations(events), []);
  });

  it("prints what the README shows", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [first = "", second = ""] = [...readme.matchAll(/```text\n(.*?)```/gs)].map(([, block]) => block);
    const printed = [result.output, ...workloadLines(result.events).map((line) => `  ${line}\n`)].join("");
    for (const [block, output] of [
      [first, printed],
      [second, mandatory.output],
    ] as const) {
      const lines = block.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("Hooks and grace"));
      assert.ok(lines.length > 3);
      for (const line of lines) assert.ok(output.includes(line.replace("(local: .)", `(local: ${root})`)), line);
    }
  });

  it("is previewed by the stand-in for the provider, too", async () => {
    const standIn = await startEngine({ provider: "stand-in" });
    try {
      const program = programIn(project);
      const { output, events } = await run(
        await openStack({ engine: standIn, program, secrets: { paymentKey } }),
        "preview",
      );
      assert.deepEqual(workloadLines(events).sort(), workloadLines(result.events).sort(), output);
    } finally {
      standIn.close();
    }
  });

  it("is judged from its state, by `pulumi policy analyze`", async function () {
    const state = join(engine.folder, "state.json");
    const deployments = await startDeployments(this, ["shop"]);
    try {
      const program = deployable(programIn(project));
      const deployed = await openStack({ engine: deployments.engine, program, secrets: { paymentKey } });
      writeFileSync(state, JSON.stringify(await deployAndExport(deployed)));
    } finally {
      deployments.stop();
    }
    for (const [config, status] of [
      ["mandatory", 1],
      ["advisory", 0],
    ] as const) {
      const args = ["policy", "analyze", "--file", state, "--policy-pack", root];
      const analyzed = spawnSync("pulumi", [...args, "--policy-pack-config", join(project, `${config}.json`)], {
        env: { ...process.env, ...engine.env },
        encoding: "utf8",
      });
      const output = analyzed.stdout + analyzed.stderr;
      assert.equal(analyzed.status === 0 ? 0 : 1, status, output);
      assert.match(output, /Ingress shop\/api › Service shop\/api:9000 › Deployment shop\/api/);
      assert.match(output, /ApisixRoute shop\/storefront › Service shop\/storefront:80 › Deployment shop\/storefront/);
      assert.equal(output.includes(paymentKey), false);
    }
  });
});

/** The inputs of a resource as the engine would deploy them. */
function inputs(events: EngineEvent[], name: string): Record<string, unknown> {
  for (const { resourcePreEvent } of events) {
    const step = resourcePreEvent?.metadata;
    if (step?.urn.endsWith(`:Deployment::${name}`)) return step.new?.inputs as Record<string, unknown>;
  }
  throw new Error(`no step of ${name}`);
}

function violations(events: EngineEvent[]): string[] {
  return events
    .flatMap(({ policyEvent }) => policyEvent ?? [])
    .map(({ enforcementLevel, policyName, resourceUrn }) =>
      [enforcementLevel, policyName, resourceUrn?.split("::").at(-1)].join(" "),
    )
    .sort();
}
