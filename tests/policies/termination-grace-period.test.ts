import assert from "node:assert/strict";
import type { Settings } from "../../src/settings/schema";
import { preview, UNKNOWN } from "../support/host";
import { deployment, hook, podSpec } from "../support/resources";

const policy = "termination-grace-period";
const annotations = { "apisix-graceful-termination/routed": "true" };
const grace = (terminationGracePeriodSeconds: unknown) => ({ terminationGracePeriodSeconds });
const sleep = (seconds: number) => hook("/bin/sh", "-c", `sleep ${seconds}`);

/** Hook, Pod, settings, the grace period after a repair (undefined: not repaired), and the code at level mandatory. */
const cases: [
  what: string,
  container: Record<string, unknown>,
  pod: Record<string, unknown>,
  settings: Settings,
  repaired: number | undefined,
  code: string | undefined,
][] = [
  ["a hook beyond the default", sleep(40), {}, {}, 50, "grace-too-short"],
  ["a hook that just fits", sleep(20), {}, {}, undefined, undefined],
  ["one second short", sleep(21), {}, {}, 31, "grace-too-short"],
  ["an app that needs longer", sleep(20), {}, { shutdownSeconds: 11 }, 31, "grace-too-short"],
  ["a grace period of 0", sleep(5), grace(0), {}, 15, "grace-zero"],
  [
    "a native sleep that the API refuses",
    { lifecycle: { preStop: { sleep: { seconds: 40 } } } },
    {},
    {},
    50,
    "sleep-exceeds-grace",
  ],
  // The number that does once the sleep is there, too.
  ["no hook at all", {}, grace(8), {}, 15, "grace-too-short"],
  ["up to the ceiling", sleep(40), {}, { maxGracePeriodSeconds: 50 }, 50, "grace-too-short"],
  ["a grace period that isn't known", sleep(40), grace(UNKNOWN), {}, undefined, undefined],
  ["a hook that never ends", hook("sh", "-c", "while true; do sleep 1; done"), {}, {}, undefined, "hook-never-ends"],
];

describe(policy, () => {
  for (const [what, container, pod, settings, repaired, code] of cases) {
    it(what, async () => {
      const resource = deployment("web", container, { annotations, pod });
      const config = { "pre-stop-sleep": "disabled", "apisix-route-blind-spots": "disabled" };
      const { resources, remediations } = await preview([resource], config, settings);
      const after = podSpec(resources[0]?.props ?? {}).terminationGracePeriodSeconds;
      assert.equal(after, repaired ?? pod.terminationGracePeriodSeconds);
      assert.equal(remediations.length, repaired === undefined ? 0 : 1);
      const { violations } = await preview([resource], { ...config, [policy]: "mandatory" }, settings);
      assert.deepEqual(
        violations.map((each) => [each.policy, each.level, each.code]),
        code === undefined ? [] : [[policy, "mandatory", code]],
      );
    });
  }

  it("goes up to the ceiling where that helps, and advises nothing above it", async () => {
    const resource = deployment("web", sleep(40), { annotations });
    const settings = { maxGracePeriodSeconds: 45 };
    const { resources, violations } = await preview([resource], {}, settings);
    assert.equal(podSpec(resources[0]?.props ?? {}).terminationGracePeriodSeconds, 45);
    assert.deepEqual(
      violations.map(({ code, message }) => [code, /Fix: .*/.exec(message)?.[0]]),
      [
        [
          "grace-too-short",
          "Fix: shorten the hook or the shutdown: the Pod needs 50 s, and maxGracePeriodSeconds is 45.",
        ],
      ],
    );
  });
});
