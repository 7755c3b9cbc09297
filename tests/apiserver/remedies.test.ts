import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fromManifest } from "../../src/kubernetes/resource";
import { readWorkload } from "../../src/kubernetes/workload";
import { requirementOf } from "../../src/assess/workload";
import { defaults } from "../../src/settings/settings";
import { judge } from "../../src/shutdown/judge";
import { landsOf } from "../../src/shutdown/lands";
import { arbitraryWorkload } from "../support/arbitrary-pods";
import {
  apply,
  canRunApiServer,
  dryRun,
  dryRunChange,
  remove,
  startApiServer,
  type ApiServer,
  type KubernetesObject,
  type Verdict,
} from "../support/kubernetes";
import { loadRemedies, repair } from "../support/remedies";
import { seed } from "../support/seed";

/** How many workloads are made at random. */
const runs = 300;

/** What our judge finds wrong, and whether it says that the API refuses the workload. */
function judged(manifest: unknown): { saysRefused: boolean; codes: string[] } {
  const resource = fromManifest(manifest, "generated");
  const workload = resource && readWorkload(resource);
  assert.ok(workload);
  const findings = judge(workload.pod, requirementOf(defaults({}), { problems: [] }));
  return {
    saysRefused: findings.some(
      (defect) =>
        defect.code === "sleep-exceeds-grace" ||
        (defect.code === "hook-fails" && defect.data.because.includes("Kubernetes API refuses")),
    ),
    codes: findings.filter(({ certain }) => certain).map(({ code }) => code),
  };
}

describe("What a remedy leaves, before a real Kubernetes API", function () {
  this.timeout(15 * 60_000);
  let api: ApiServer;

  before(async function () {
    const missing = canRunApiServer();
    if (missing !== undefined) {
      console.log(`Skipped: ${missing}.`);
      this.skip();
    }
    api = await startApiServer();
    await api.createNamespace("shop");
  });
  after(() => api?.stop());

  const ask = (manifest: unknown): Promise<Verdict> => dryRun(api, manifest as KubernetesObject);

  describe("is accepted where its input was, or wasn't for its hook or grace period alone", () => {
    for (const { name, input, output } of loadRemedies()) {
      it(name, async () => {
        const [before, after] = [await ask(input), await ask(output)];
        if (before.accepted) assert.equal(after.accepted, true, after.message);
        else if (JSON.stringify(input) !== JSON.stringify(output)) {
          assert.equal(after.accepted, true, `repaired, and still refused: ${after.message}`);
        }
      });
    }
  });

  describe("is accepted over what is stored, or told beforehand not to be", () => {
    for (const { name, input, output } of loadRemedies()) {
      if (JSON.stringify(input) === JSON.stringify(output)) continue;
      it(name, async function () {
        const [stored, repaired] = [input, output].map((each) => each as KubernetesObject);
        assert.ok(stored && repaired);
        const resource = fromManifest(repaired, "case");
        const workload = resource && readWorkload(resource);
        assert.ok(workload);
        // Some are repaired because the API would refuse them: nothing of these is stored.
        if (!(await ask(stored)).accepted) return this.skip();
        await apply(api, stored);
        try {
          const verdicts = await dryRunChange(api, repaired);
          const expected = landsOf(workload) !== "new-pod";
          for (const [how, { accepted, message }] of Object.entries(verdicts)) {
            assert.equal(accepted, expected, `${how}: ${message}`);
          }
        } finally {
          await remove(api, stored);
        }
      });
    }
  });

  it("is refused where a patch writes another handler than the object has, so that none is written", async () => {
    const deployment = (hook: object, spec: object = {}): KubernetesObject => ({
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "patched", namespace: "shop" } },
      spec: { template: { spec: { containers: [{ name: "web", lifecycle: { preStop: hook }, ...spec }] } } },
    });
    const whole = deployment({ exec: { command: ["/bin/sh", "-c", "sleep 9"] } }, { image: "web:1" });
    const labels = { app: "patched" };
    const { template } = whole.spec as { template: object };
    await apply(api, {
      ...whole,
      spec: { selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } },
    });
    const { apply: verdict } = await dryRunChange(api, deployment({ sleep: { seconds: 5 } }), "another");
    assert.match(verdict.message ?? "", /may not specify more than 1 handler type/);
  });

  it(`is accepted for ${runs} workloads made at random; what is called refused is`, async () => {
    const workloads = fc.sample(arbitraryWorkload, { numRuns: runs, seed }).map((each) => structuredClone(each));
    let refused = 0;
    let repaired = 0;
    for (const workload of workloads) {
      const before = await ask(workload);
      const text = JSON.stringify(workload);
      const { saysRefused, codes } = judged(workload);
      if (saysRefused) assert.equal(before.accepted, false, text);
      if (!before.accepted) {
        refused++;
        // A grace period of 0 is found first, and worse.
        assert.ok(saysRefused || codes.includes("grace-zero"), `${before.message}\n${text}`);
      }
      if (repair(workload).length === 0) continue;
      repaired++;
      const after = await ask(workload);
      assert.equal(after.accepted, true, `${after.message}\n${text}\n${JSON.stringify(workload)}`);
    }
    // Else this would have asked nothing.
    assert.ok(refused > 0 && refused < runs / 2, `${refused} refused`);
    assert.ok(repaired > runs / 3, `${repaired} repaired`);
  });
});
