import assert from "node:assert/strict";
import type { Settings } from "../../src/settings/schema";
import { preview, type TestResource } from "../support/host";
import { deployment, hook, nativeSleep, podSpec, routed } from "../support/resources";

const policy = "pre-stop-sleep";
const distroless = { image: "gcr.io/distroless/java17" };

/** Container, settings, the hook after a repair (undefined: not repaired), and the code at level mandatory. */
const cases: [what: string, container: object, settings: Settings, repaired: unknown, code: string | undefined][] = [
  ["no hook", {}, {}, nativeSleep(5), "no-hook"],
  ["a longer t", {}, { sleepSeconds: 12 }, nativeSleep(12), "no-hook"],
  ["hook: exec", {}, { hook: "exec" }, hook("/bin/sh", "-c", "sleep 5"), "no-hook"],
  ["an old cluster", {}, { kubernetesVersion: "1.29" }, hook("/bin/sh", "-c", "sleep 5"), "no-hook"],
  ["an old cluster, no shell in the image", distroless, { kubernetesVersion: "1.29" }, undefined, "no-hook"],
  [
    "a native sleep that the cluster drops",
    nativeSleep(5),
    { kubernetesVersion: "1.29" },
    hook("/bin/sh", "-c", "sleep 5"),
    "native-sleep-unsupported",
  ],
  ["long enough", nativeSleep(5), {}, undefined, undefined],
  ["one second short", nativeSleep(4), {}, nativeSleep(5), "hook-too-short"],
  ["a shell's sleep, short", hook("/bin/sh", "-c", "sleep 4"), {}, hook("/bin/sh", "-c", "sleep 5"), "hook-too-short"],
  ["a broken sleep", hook("sh", "-c", "sleep", "5"), {}, nativeSleep(5), "hook-fails"],
  ["a hook that does more", hook("/bin/sh", "-c", "sleep 1; nginx -s quit"), {}, undefined, "hook-stops-app"],
  ["a hook of unknown length", hook("/drain"), {}, undefined, undefined],
];

describe(policy, () => {
  for (const [what, container, settings, repaired, code] of cases) {
    it(what, async () => {
      const resource = deployment("web", container as Record<string, unknown>, routed);
      const config = { "termination-grace-period": "disabled", "apisix-route-blind-spots": "disabled" };
      const { resources, remediations } = await preview([resource], config, settings);
      const [after] = podSpec(resources[0]?.props ?? {}).containers;
      const expected = repaired ?? container;
      assert.deepEqual(after?.lifecycle, (expected as { lifecycle?: object }).lifecycle);
      assert.equal(remediations.length, repaired === undefined ? 0 : 1);
      const { violations } = await preview([resource], { ...config, [policy]: "mandatory" }, settings);
      assert.deepEqual(
        violations.map((each) => [each.policy, each.level, each.code]),
        code === undefined ? [] : [[policy, "mandatory", code]],
      );
    });
  }

  it("repairs and reports a kind that the settings name, where its Pod's spec stands", async () => {
    const { props } = deployment("web");
    const { spec: pods, metadata } = (props.spec as { template: { spec: object; metadata: object } }).template;
    const type = "kubernetes:example.org/v1:Shop";
    const meta = { ...(props.metadata as object), annotations: routed.annotations };
    const shop = {
      apiVersion: "example.org/v1",
      kind: "Shop",
      metadata: meta,
      spec: { server: { pods: { metadata, spec: pods } } },
    };
    const resource: TestResource = { type, name: "web", props: shop };
    const settings: Settings = {
      workloads: [{ apiVersion: "example.org/v1", kind: "Shop", podSpec: "spec.server.pods.spec" }],
    };
    const { resources } = await preview([resource], {}, settings);
    const after = resources[0]?.props as typeof shop;
    assert.deepEqual((after.spec.server.pods.spec as { containers: object[] }).containers, [
      { ...(pods as { containers: object[] }).containers[0], ...nativeSleep(5) },
    ]);
    const { violations } = await preview([resource], { all: "disabled", [policy]: "mandatory" }, settings);
    assert.deepEqual(
      violations.map(({ code }) => code),
      ["no-hook"],
    );
    assert.deepEqual((await preview([resource], {})).remediations, []);
  });

  it("leaves the grace period to its own policy", async () => {
    const api: TestResource = deployment("api", hook("/bin/sh", "-c", "sleep 40"), routed);
    const { violations } = await preview([api], { all: "disabled", [policy]: "mandatory" });
    assert.deepEqual(violations, []);
  });
});
