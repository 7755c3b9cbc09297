import assert from "node:assert/strict";
import fc from "fast-check";
import { readKnowledge } from "../../src/assess";
import { drawn, judgedAlone } from "../../src/cli/timelines";
import { unknown } from "../../src/kubernetes/values";
import { buildReport, emptyReading, formats, type ContainerTimeline, type WorkloadTimeline } from "../../src/report";
import { readReport } from "../../src/report/json";
import { arbitraryPodSpec } from "../support/arbitrary-pods";
import { deployment, hook, nativeSleep } from "../support/resources";

function draw(container: object, pod: object = {}, config = {}, annotations = {}): WorkloadTimeline | undefined {
  const { type, name, props } = deployment("web", { ...container }, { pod: { ...pod }, annotations });
  const judged = judgedAlone({ type, name, urn: "", props }, readKnowledge(config), new Date());
  return drawn({ kind: "Deployment", namespace: "shop", name }, judged);
}

const at = (seconds: number) => ({ atLeast: seconds, atMost: seconds });
const grace = (seconds: unknown) => ({ terminationGracePeriodSeconds: seconds });

const ends: [what: string, container: object, pod: object, expected: Partial<ContainerTimeline>][] = [
  [
    "a sleep",
    nativeSleep(5),
    {},
    { verdict: "ok", hook: at(5), sigterm: at(5), because: "Its preStop hook sleeps 5 s." },
  ],
  ["no hook", {}, {}, { verdict: "short", sigterm: at(0), left: at(30), because: "It has no preStop hook." }],
  [
    "a grace period of 0, which the kubelet counts as 1 s",
    nativeSleep(5),
    grace(0),
    { verdict: "short", sigterm: at(1), sigkill: 3 },
  ],
  [
    "a grace period that is too short for the shutdown alone",
    nativeSleep(5),
    grace(8),
    { verdict: "short", left: at(3) },
  ],
  [
    "a hook that never ends",
    hook("sh", "-c", "while true; do sleep 1; done"),
    {},
    {
      verdict: "short",
      hook: { atLeast: 32, atMost: null },
      sigterm: at(30),
      sigkill: 32,
      because: "Its preStop hook never ends.",
    },
  ],
  [
    "a hook that can't be told",
    hook("/drain"),
    {},
    { verdict: "unknown", hook: { atLeast: 0, atMost: null }, sigterm: { atLeast: 0, atMost: 30 }, sigkill: 32 },
  ],
  ["an unknown hook", { lifecycle: unknown }, {}, { verdict: "unknown" }],
  ["an unknown grace period", nativeSleep(5), grace(unknown), { verdict: "unknown", sigkill: null }],
  ["an unknown grace period, without a hook", {}, grace(unknown), { verdict: "short", sigkill: null }],
];

describe("timelines", () => {
  for (const [what, container, pod, expected] of ends) {
    it(`of ${what}`, () => {
      const [drawn] = draw(container, pod)?.after.containers ?? [];
      assert.ok(drawn);
      assert.deepEqual({ ...drawn, ...expected }, drawn);
    });
  }

  it("judges by settings and by annotations, which may only raise", () => {
    const config = { "apisix-routed-workloads": { sleepSeconds: 8 } };
    const raised = { "apisix-graceful-termination/sleep-seconds": "9" };
    assert.equal(draw(nativeSleep(8), {}, config)?.t, 8);
    assert.equal(draw(nativeSleep(8), {}, config)?.after.containers[0]?.verdict, "ok");
    assert.equal(draw(nativeSleep(8), {}, config, raised)?.t, 9);
    assert.equal(draw(nativeSleep(8), {}, config, raised)?.after.containers[0]?.verdict, "short");
  });

  it("asks nothing of a container that the settings ignore", () => {
    const config = { "apisix-routed-workloads": { ignoreContainers: ["web"] } };
    const [drawn] = draw({}, {}, config)?.after.containers ?? [];
    assert.deepEqual([drawn?.verdict, drawn?.because], ["ok", "The settings ignore this container."]);
  });

  it("tells what a sidecar waits for", () => {
    const initContainers = [{ name: "proxy", image: "proxy:1", restartPolicy: "Always" }];
    const [, proxy] = draw(nativeSleep(5), { initContainers })?.after.containers ?? [];
    assert.deepEqual(
      [proxy?.sidecar, proxy?.verdict, proxy?.because],
      [true, "ok", "It has no preStop hook, and waits for the containers that end before it."],
    );
  });

  it("has nothing to draw of what is no workload, or can't be known", () => {
    const service = { type: "kubernetes:core/v1:Service", name: "web", urn: "", props: { kind: "Service" } };
    assert.equal(judgedAlone(service, readKnowledge(), new Date()), undefined);
    assert.equal(draw({}, { containers: unknown }), undefined);
    assert.equal(draw({}, { containers: null })?.after.containers.length ?? 0, 0);
  });

  it("of any Pod is the same after it went through JSON, and is rendered by every format", () => {
    fc.assert(
      fc.property(arbitraryPodSpec, (spec) => {
        const drawn = draw({}, spec);
        if (!drawn) return;
        const read = readReport(
          JSON.parse(formats.json(buildReport([{ ...emptyReading(), timelines: [drawn] }]))) as Record<string, unknown>,
          "report.json",
        );
        assert.deepEqual(read.problems, []);
        assert.deepEqual(read.timelines, [drawn]);
        for (const { because } of drawn.after.containers) assert.match(because, /^[A-Z].*\.$/s);
        for (const render of Object.values(formats)) assert.ok(!/NaN|Infinity/.test(render(buildReport([read]))));
      }),
      { numRuns: 200 },
    );
  });
});
