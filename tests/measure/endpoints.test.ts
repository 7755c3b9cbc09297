import assert from "node:assert/strict";
import { endpointsOf, podState, selectorOf } from "../../src/measure";

const pod = (name: string) => ({ kind: "Pod", name, uid: `uid-${name}` });
const slice = (endpoints: object[], ports: unknown = [{ name: "http", port: 8080 }]) => ({
  metadata: { namespace: "shop", name: "web-1" },
  ports,
  endpoints,
});
const at = (conditions?: object, address = "10.0.0.1") => ({
  addresses: [address],
  targetRef: pod("a"),
  ...(conditions ? { conditions } : {}),
});

type Expected = [nodes: string[], isReady: boolean, isTerminating: boolean];

/** `discovery.k8s.io/v1` types.go: a condition that isn't set is unknown, and unknown is ready. */
const cases: [what: string, slices: object[], expected: Expected | undefined, port?: string][] = [
  ["ready", [slice([at({ ready: true })])], [["10.0.0.1 8080"], true, false]],
  ["without conditions", [slice([at()])], [["10.0.0.1 8080"], true, false]],
  ["not ready", [slice([at({ ready: false })])], [["10.0.0.1 8080"], false, false]],
  ["terminating", [slice([at({ ready: false, terminating: true })])], [["10.0.0.1 8080"], false, true]],
  [
    "moved between slices",
    [slice([at({ ready: false, terminating: true })]), slice([at({ ready: true })])],
    [["10.0.0.1 8080"], true, false],
  ],
  ["of both families", [slice([at()]), slice([at({}, "fd00::1")])], [["10.0.0.1 8080", "fd00::1 8080"], true, false]],
  [
    "the port that is asked for",
    [
      slice(
        [at()],
        [
          { name: "http", port: 1 },
          { name: "x", port: 2 },
        ],
      ),
    ],
    [["10.0.0.1 2"], true, false],
    "x",
  ],
  ["the port without a name", [slice([at()], [{ port: 1 }])], [["10.0.0.1 1"], true, false], ""],
  ["no ports", [slice([at()], null)], [[], true, false]],
  [
    "no Pod",
    [slice([{ addresses: ["10.0.0.1"] }, { addresses: ["10.0.0.2"], targetRef: { kind: "Node" } }])],
    undefined,
  ],
  ["malformed", [slice([{ addresses: "x", targetRef: 1 }]), { endpoints: 7 }, {}], undefined],
];

describe("the endpoints of slices", () => {
  for (const [what, slices, expected, port] of cases) {
    it(what, () => {
      const all = expected
        ? [{ uid: "uid-a", pod: "shop/a", nodes: expected[0], isReady: expected[1], isTerminating: expected[2] }]
        : [];
      assert.deepEqual(endpointsOf(slices, port), all);
    });
  }
});

describe("a Pod", () => {
  it("is deleted from its deletionTimestamp on, or when it is gone", () => {
    const metadata = { uid: "u" };
    assert.deepEqual(podState({ metadata }, false), { uid: "u", isDeleted: false });
    assert.deepEqual(podState({ metadata }, true), { uid: "u", isDeleted: true });
    const deleted = { metadata: { ...metadata, deletionTimestamp: "2027-01-31T12:00:00Z" } };
    assert.deepEqual(podState(deleted, false), { uid: "u", isDeleted: true });
    assert.equal(podState({}, false), undefined);
  });

  it("is selected by the Service's labels", () => {
    assert.equal(selectorOf({ spec: { selector: { app: "web", tier: "x" } } }), "app=web,tier=x");
    for (const selector of [undefined, {}, "app"]) assert.equal(selectorOf({ spec: { selector } }), undefined);
  });
});
