import { strict as assert } from "node:assert";
import fc from "fast-check";
import { unknown } from "../../src/kubernetes/values";
import { readPod, type Pod } from "../../src/kubernetes/workload";
import type { Interval } from "../../src/shutdown/interval";
import { effectiveGracePeriod, timeline, type ContainerTimeline } from "../../src/shutdown/timeline";
import { container, exec, httpGet, pod, sh, sidecar, sleep, tcpSocket } from "../support/pods";
import { withUnknowns } from "../support/unreadable";

function lines(of: Pod, version = "1.36"): Record<string, ContainerTimeline> {
  const line = timeline(of, { kubernetesVersion: version });
  assert.ok(line);
  return Object.fromEntries(line.containers.map((each) => [each.container.name, each]));
}

const point = (seconds: number): Interval => ({ atLeast: seconds, atMost: seconds });
const between = (atLeast: number, atMost: number): Interval => ({ atLeast, atMost });

/** What the kubelet needs to start with a Pod that is deleted, and to end it; seen with Pods without hooks. */
const startUp = 1.2;

/**
 * Measured on a real kubelet (1.36.3, containerd 2.4.2): seconds from the delete call to SIGTERM, and until the
 * container was gone where it was measured.
 */
const measured: [name: string, pod: Pod, sigterm: Record<string, number>, gone?: number][] = [
  ["no hook", pod([container("a")], 30), { a: 1.1 }, 2.1],
  ["native sleep 3", pod([container("a", sleep(3))], 30), { a: 3 }],
  ['sh -c "sleep 3"', pod([container("a", sh("sleep 3"))], 30), { a: 3 }],
  ["sleep without an operand", pod([container("a", exec("sh", "-c", "sleep", "3"))], 30), { a: 0.2 }],
  ["a missing binary", pod([container("a", exec("/no/such/binary"))], 30), { a: 0.2 }],
  ["tcpSocket", pod([container("a", tcpSocket)], 30), { a: 0.2 }],
  ["httpGet refused", pod([container("a", httpGet)], 30), { a: 0.2 }],
  ["a hook that exits with 7", pod([container("a", sh("sleep 2; exit 7"))], 30), { a: 2 }],
  ["a background job", pod([container("a", sh("sleep 3 &"))], 30), { a: 3.3 }],
  ["a background job, redirected", pod([container("a", sh("sleep 3 >/dev/null 2>&1 &"))], 30), { a: 0 }],
  ["the hook stops the app", pod([container("a", sh("kill 1; sleep 3"))], 30), { a: 0 }],
  ["two containers", pod([container("a", sleep(4)), container("b")], 30), { a: 4, b: 0 }],
  ["a sidecar without hook", pod([container("a", sleep(3))], 30, [sidecar("s")]), { a: 3, s: 3.5 }],
  ["a sidecar's own hook", pod([container("a")], 30, [sidecar("s", sleep(5))]), { a: 0, s: 5 }],
  ["a hook longer than the grace period", pod([container("a", sh("sleep 60"))], 4), { a: 4 }, 5.5],
  ["an app that needs longer than what is left", pod([container("a", sleep(3))], 4), { a: 3 }, 6.2],
  ["a hook equal to the grace period", pod([container("a", sleep(3))], 3), { a: 3 }],
  ["grace period -1", pod([container("a", sh("sleep 3"))], -1), { a: 1.3 }],
  ["grace period 0", pod([container("a", exec("sleep", "3"))], 0), { a: 1 }, 1],
  ["grace period 0, the app needs longer", pod([container("a")], 0), { a: 0 }, 2],
  ["a fraction of a second", pod([container("a", exec("sleep", "1.8"))], 4), { a: 1.9 }, 4.9],
];

describe("timeline holds what a real kubelet did", () => {
  for (const [name, of, sigterm, gone] of measured) {
    it(name, () => {
      const line = lines(of);
      for (const [container, seconds] of Object.entries(sigterm)) {
        const predicted = line[container]?.sigterm;
        assert.ok(predicted && predicted.atLeast <= seconds && seconds <= predicted.atMost + startUp, container);
      }
      if (gone !== undefined) assert.ok(line["a"] && gone <= line["a"].sigkill.atMost + startUp);
    });
  }
});

/** `[name, Pod, container → [sigterm, left, sigkill]]` */
const cases: [name: string, pod: Pod, Record<string, [Interval, Interval, Interval]>, version?: string][] = [
  ["the default grace period", pod([container("a")]), { a: [point(0), point(30), point(30)] }],
  ["grace 60", pod([container("a", sleep(5))], 60), { a: [point(5), point(55), point(60)] }],
  ["one second is left: at least two", pod([container("a", sleep(3))], 4), { a: [point(3), point(2), point(5)] }],
  ["equality", pod([container("a", sleep(30))]), { a: [point(30), point(2), point(32)] }],
  ["cut", pod([container("a", exec("sleep", "60"))], 30), { a: [point(30), point(2), point(32)] }],
  ["grace 0 counts as 1", pod([container("a", sleep(0))], 0), { a: [point(0), point(2), point(2)] }],
  [
    "the kubelet counts whole seconds of a hook",
    pod([container("a", exec("sleep", "2.5"))], 30),
    { a: [point(2.5), between(27, 28), between(30, 30.5)] },
  ],
  ["grace -1 counts as 1", pod([container("a")], -1), { a: [point(0), point(2), point(2)] }],
  ["grace -30, too", pod([container("a", exec("sleep", "5"))], -30), { a: [point(1), point(2), point(3)] }],
  ["grace 1", pod([container("a")], 1), { a: [point(0), point(2), point(2)] }],
  ["a numeric text", pod([container("a", sleep("5"))], "60"), { a: [point(5), point(55), point(60)] }],
  [
    "a hook that may take any time",
    pod([container("a", httpGet)], 30),
    { a: [between(0, 30), between(2, 32), between(30, 32)] },
  ],
  [
    "an unknown grace period may be 1, or anything",
    pod([container("a", sleep(5)), container("b")], "soon"),
    {
      a: [between(1, 5), between(2, Infinity), between(3, Infinity)],
      b: [point(0), between(2, Infinity), between(2, Infinity)],
    },
  ],
  [
    "a sidecar waits until the app has ended, which may be at once, or at SIGKILL",
    pod([container("a", sleep(5))], 30, [sidecar("s")]),
    { a: [point(5), point(25), point(30)], s: [between(5, 30), between(2, 25), between(30, 32)] },
  ],
  [
    "a sidecar's own hook runs from the start",
    pod([container("a", sleep(5))], 30, [sidecar("s", sleep(7))]),
    { a: [point(5), point(25), point(30)], s: [between(7, 30), between(2, 23), between(30, 32)] },
  ],
  [
    "sidecars in reverse order",
    pod([container("a", sleep(1))], 30, [sidecar("s1"), sidecar("s2", sleep(4)), sidecar("s3", sleep(2))]),
    {
      a: [point(1), point(29), point(30)],
      s1: [between(4, 30), between(2, 26), between(30, 32)],
      s2: [between(4, 30), between(2, 26), between(30, 32)],
      s3: [between(2, 30), between(2, 28), between(30, 32)],
    },
  ],
  [
    "before 1.29 sidecars don't wait",
    pod([container("a", exec("sleep", "5"))], 30, [sidecar("s")]),
    { a: [point(5), point(25), point(30)], s: [point(0), point(30), point(30)] },
    "1.28",
  ],
  [
    "what may be a sidecar may wait, or have ended long ago",
    readPod({
      containers: [container("a", sleep(5))],
      initContainers: [container("s1"), withUnknowns({ name: "s2", restartPolicy: "" }, "restartPolicy")],
    }),
    { a: [point(5), point(25), point(30)], s2: [between(0, 30), between(2, 30), between(30, 32)] },
  ],
  [
    "a sidecar doesn't wait for what may be none",
    readPod({
      containers: [container("a")],
      initContainers: [
        sidecar("s1"),
        withUnknowns({ name: "s2", restartPolicy: "", lifecycle: sleep(5) }, "restartPolicy"),
      ],
    }),
    {
      a: [point(0), point(30), point(30)],
      s1: [between(0, 30), between(2, 30), between(30, 32)],
      s2: [between(5, 30), between(2, 25), between(30, 32)],
    },
  ],
  ["init containers have ended", pod([container("a")], 30, [container("i")]), { a: [point(0), point(30), point(30)] }],
  ["no containers", pod([]), {}],
];

describe("timeline", () => {
  for (const [name, of, expected, version] of cases) {
    it(name, () => {
      const line = lines(of, version);
      assert.deepEqual(
        Object.fromEntries(
          Object.entries(line).map(([key, { sigterm, left, sigkill }]) => [key, [sigterm, left, sigkill]]),
        ),
        expected,
      );
    });
  }

  it("what hooks protect doesn't depend on the grace period", () => {
    for (const grace of [0, -1, 2, 30, "soon"]) {
      const line = lines(pod([container("a", sleep(5))], grace, [sidecar("s1", sleep(7)), sidecar("s2")]));
      assert.deepEqual(line["a"]?.protects, point(5));
      assert.deepEqual(line["s1"]?.protects, point(7));
      assert.deepEqual(line["s2"]?.protects, point(5));
    }
  });

  it("there is none where the containers can't be known", () => {
    assert.equal(timeline(readPod({ containers: null }), { kubernetesVersion: "1.34" }), undefined);
    assert.equal(timeline(readPod(undefined), { kubernetesVersion: "1.34" }), undefined);
  });

  for (const [grace, expected] of [
    [undefined, 30],
    [60, 60],
    [0, 1],
    [-1, 1],
    [-9, 1],
    ["soon", unknown],
  ] as const) {
    it(`the kubelet counts a grace period of ${grace} as ${String(expected)}`, () => {
      const of = pod([container("a")], grace);
      assert.equal(effectiveGracePeriod(of), expected);
      assert.equal(timeline(of, { kubernetesVersion: "1.34" })?.gracePeriod, expected);
    });
  }

  it("intervals are intervals, whatever the hooks and the grace period", () => {
    const hook = fc.oneof(
      fc.constant(undefined),
      fc.constant(httpGet),
      fc.constant(tcpSocket),
      fc.nat(100).map(sleep),
      fc.nat(100).map((n) => exec("sleep", String(n))),
      fc.constantFrom("sleep 5 && nginx -s quit", "nginx -s quit; sleep 10", "while true; do sleep 1; done").map(sh),
    );
    const of = fc
      .tuple(
        fc.array(hook, { maxLength: 3 }),
        fc.array(hook, { maxLength: 3 }),
        fc.oneof(fc.integer({ min: -2, max: 120 }), fc.constant(undefined), fc.constant("unknown")),
      )
      .map(([hooks, sidecars, grace]) =>
        pod(
          hooks.map((each, i) => container(`c${i}`, each)),
          grace,
          sidecars.map((each, i) => sidecar(`s${i}`, each)),
        ),
      );
    fc.assert(
      fc.property(of, fc.constantFrom("1.28", "1.29", "1.34"), (each, version) => {
        for (const { sigterm, left, sigkill, protects } of Object.values(lines(each, version))) {
          for (const { atLeast, atMost } of [sigterm, left, sigkill, protects]) {
            assert.ok(0 <= atLeast && atLeast <= atMost, `${atLeast} to ${atMost}`);
          }
          assert.ok(sigterm.atMost <= sigkill.atMost);
        }
      }),
    );
  });
});
