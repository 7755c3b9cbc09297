/** The executable pack says what the ordinary one says, byte for byte, and the real CLI takes it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Resource } from "../../src/kubernetes/resource";
import { openStack, programIn, run, startEngine, type Engine } from "../../tools/pulumi";
import { cases } from "../routing/cases";
import { hooks as hookCases } from "../shutdown/corpus";
import { configureRequest, connect, type Analyzer, type Called } from "../support/analyzer";
import { resourceRequest, secret, stackRequest, UNKNOWN, type TestResource } from "../support/host";
import { startFolder, startPack, type PackProcess } from "../support/pack-process";
import { loadRemedies } from "../support/remedies";
import { deployment } from "../support/resources";
import { root, tarball } from "./support";

const executable = join(root, "build", "apisix-graceful-termination");

/** An object of a case table, as a Pulumi program registers it. */
function registered(body: Record<string, unknown>, name: string): TestResource {
  const [group, version] = /\//.test(String(body.apiVersion))
    ? String(body.apiVersion).split("/")
    : ["core", body.apiVersion];
  return { type: `kubernetes:${group}/${String(version)}:${String(body.kind)}`, name, props: body };
}

function stackOf(resources: readonly Resource[]): TestResource[] {
  return resources.map(({ body }, i) => registered(wire(body) as Record<string, unknown>, `r${i}`));
}

/** A value as it goes over the wire: what a case table holds as unknown is the engine's mark for it. */
function wire(value: unknown): unknown {
  if (typeof value === "symbol") return UNKNOWN;
  if (Array.isArray(value)) return value.map(wire);
  if (typeof value !== "object" || value === null) return value === undefined ? null : value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, wire(each)]));
}

const badConfigs: Record<string, Record<string, unknown>>[] = [
  { "pre-stop-sleeep": { enforcementLevel: "advisory" } },
  { "pre-stop-sleep": { sleepSecond: 7 } },
  { "pre-stop-sleep": { sleepSeconds: -1, hook: "sh" }, "apisix-routed-workloads": { controller: "3" } },
  { "termination-grace-period": { catalog: "no-such-catalog.json" } },
  { "termination-grace-period": { sleepSeconds: 20, maxGracePeriodSeconds: 10 } },
  { "apisix-routed-workloads": { exempt: [{ name: "web" }] } },
  { "apisix-route-blind-spots": { catalog: [{ namespace: "shop" }] } },
];

const goodConfigs: Record<string, Record<string, unknown>>[] = [
  {},
  {
    "pre-stop-sleep": { enforcementLevel: "mandatory", select: "all" },
    "termination-grace-period": { enforcementLevel: "mandatory", select: "all", shutdownSeconds: 60 },
  },
];

describe("the executable pack", function () {
  this.timeout(600_000);
  let packs: PackProcess[] = [];
  let ordinary: Analyzer;
  let alone: Analyzer;
  let calls = 0;

  before(async () => {
    // Packing builds.
    tarball();
    // The same working directory: paths in messages are then the same.
    packs = [await startFolder(root), await startPack([executable, "127.0.0.1:1"], { cwd: root })];
    const [first, second] = packs.map(({ port, stderr }) => connect(port ?? assert.fail(stderr())));
    ordinary = first ?? assert.fail();
    alone = second ?? assert.fail();
  });
  after(async () => {
    ordinary.close();
    alone.close();
    for (const pack of packs) await pack.stop();
  });

  /** The answer of both. */
  async function both(...call: Parameters<Analyzer["call"]>): Promise<Called> {
    const [left, right] = await Promise.all([ordinary.call(...call), alone.call(...call)]);
    assert.deepEqual(right, left);
    calls++;
    return left;
  }

  /** One preview's calls; answers how many of them found or repaired something. */
  async function bothPreview(resources: TestResource[]): Promise<number> {
    let found = 0;
    for (const resource of resources) {
      for (const method of ["remediate", "analyze"] as const) {
        const called = await both(method, resourceRequest(resource));
        if ("answer" in called && called.answer.length > 0) found++;
      }
    }
    const called = await both("analyzeStack", stackRequest(resources));
    return "answer" in called && called.answer.length > 0 ? found + 1 : found;
  }

  it("has the ordinary pack's name, version, policies and schemas", async () => {
    const called = await both("getAnalyzerInfo");
    assert.ok("answer" in called && called.answer.includes("apisix-routed-workloads"));
  });

  for (const config of badConfigs) {
    it(`refuses ${JSON.stringify(config)} in the same words`, async () => {
      const called = await both("configure", configureRequest(config));
      assert.match("error" in called ? called.error : "", /^3: Bad setting/);
    });
  }

  for (const [i, config] of goodConfigs.entries()) {
    it(`answers the case tables with the same bytes, under ${i === 0 ? "the defaults" : "a config"}`, async () => {
      assert.ok("answer" in (await both("configure", configureRequest(config))));
      let found = 0;
      for (const { given } of cases) found += await bothPreview(stackOf(given));
      for (const { name, input } of loadRemedies()) found += await bothPreview([registered(input, name)]);
      const hooks = Object.values(hookCases)
        .flat()
        .map(({ hook }, n) => {
          const command = typeof hook === "string" ? ["sh", "-c", hook] : hook;
          return deployment(`h${n}`, { lifecycle: { preStop: { exec: { command } } } });
        });
      found += await bothPreview(hooks);
      found += await bothPreview([
        deployment("secret", { env: [{ name: "KEY", value: secret("x") }] }),
        deployment("unknown", { lifecycle: UNKNOWN }),
        {
          type: "kubernetes:apps/v1:Deployment",
          name: "malformed",
          props: { spec: { template: { spec: { containers: null } } } },
        },
      ]);
      assert.ok(calls > 1000 && found > 100, `${found} of ${calls} calls`);
    });
  }

  describe("under the real CLI", () => {
    let engine: Engine;
    before(async () => {
      engine = await startEngine();
    });
    after(() => engine.close());

    it("repairs a preview as the ordinary pack does", async () => {
      const program = programIn(join(root, "examples", "shop"));
      const stack = await openStack({ engine, program, secrets: { paymentKey: "not-to-be-seen" } });
      const [left, right] = [await run(stack, "preview"), await run(stack, "preview", { policyPack: executable })];
      assert.equal(right.succeeded, true, right.output);
      const plain = (text: string) => text.replace(/\(local: [^)]*\)/, "(local: …)");
      // Their order is that in which the engine's workers came to them.
      const policies = (text: string) =>
        plain(text)
          .split("\n")
          .filter((line) => /@v|\[remediate\]/.test(line))
          .sort();
      assert.ok(policies(left.output).length > 3, left.output);
      assert.deepEqual(policies(right.output), policies(left.output));
    });

    it("refuses a bad config with the ordinary pack's words", async () => {
      const policyPackConfig = join(engine.folder, "bad.json");
      writeFileSync(policyPackConfig, '{ "pre-stop-sleeep": "advisory" }');
      const stack = await openStack({ engine, program: programIn(join(root, "examples", "routes")) });
      const { succeeded, output } = await run(stack, "preview", { policyPack: executable, policyPackConfig });
      assert.equal(succeeded, false);
      assert.match(output, /pre-stop-sleeep: no such policy; did you mean "pre-stop-sleep"\?/);
    });
  });
});
