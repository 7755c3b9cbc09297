import assert from "node:assert/strict";
import * as fc from "fast-check";
import { tracker } from "../../src/measure";
import type { MeasuredPod } from "../../src/schema/measurement";

const pod = (uid: string, state: "ready" | "not ready" | "terminating" = "ready", node = `${uid} 80`) => ({
  uid,
  pod: `shop/${uid}`,
  nodes: [node],
  isReady: state === "ready",
  isTerminating: state === "terminating",
});

type Endpoints = ReturnType<typeof pod>[];
/** At a time, in milliseconds: slices, a Pod that lives or is deleted, or an API's answer that took 10 ms. */
type Event =
  | [at: number, what: "slices", endpoints: Endpoints]
  | [at: number, what: "lives" | "deleted", uid: string]
  | [at: number, what: "api", nodes: string[], api?: number];

function times(events: readonly Event[], { apis = 1, seesPods = true } = {}): MeasuredPod[] {
  const track = tracker(apis, () => seesPods);
  for (const [at, what, of, api = 0] of events) {
    if (what === "slices") track.endpoints(at, at, of);
    else if (what === "api") track.nodes(api, at, at + 10, new Set(of.map((uid) => `${uid} 80`)));
    else track.pods(at, at, [{ uid: of, isDeleted: what === "deleted" }]);
  }
  return track.result();
}

const begin: Event[] = [
  [0, "lives", "a"],
  [0, "slices", [pod("a")]],
  [100, "api", ["a"]],
];
/** One Pod that goes as Pods go: deleted at 1 s, out of its slice at 1.05 s. */
const going: Event[] = [
  ...begin,
  [900, "api", ["a"]],
  [1000, "deleted", "a"],
  [1050, "slices", [pod("a", "terminating")]],
];
const notReady = { seconds: 0.05, plusMinus: 0 };
const deleted = { pod: "shop/a", start: "deletion" } as const;

const cases: [what: string, events: Event[], expected: MeasuredPod[], options?: object][] = [
  ["nothing happened", begin, []],
  [
    "gone between two answers",
    [...going, [1900, "api", ["a"]], [2090, "api", []]],
    [{ ...deleted, notReady, gone: { seconds: 1, plusMinus: 0.1 } }],
  ],
  [
    "gone before the slice is heard of, and the Pod",
    [...begin, [990, "api", ["a"]], [1000, "deleted", "a"], [1010, "api", []], [1050, "slices", []]],
    [{ ...deleted, notReady, gone: { seconds: 0.01, plusMinus: 0.01 } }],
  ],
  [
    "a deletion that is heard of after APISIX has acted",
    [...begin, [900, "api", ["a"]], [950, "api", []], [1000, "deleted", "a"]],
    [{ ...deleted, gone: { seconds: 0, plusMinus: 0 } }],
  ],
  [
    "a gap: answers that failed make it vaguer",
    [...going, [1900, "api", ["a"]], [6090, "api", []]],
    [{ ...deleted, notReady, gone: { seconds: 3, plusMinus: 2.1 } }],
  ],
  [
    "a gap of half a minute",
    [...going, [1900, "api", ["a"]], [30_000, "api", []]],
    [{ ...deleted, notReady, gone: { seconds: 14.955, plusMinus: 14.055 }, uncounted: "too-vague" }],
  ],
  [
    "still there at the end",
    [...going, [9000, "api", ["a"]]],
    [{ ...deleted, notReady, uncounted: "still-in-apisix", atLeastSeconds: 8 }],
  ],
  ["no answer since", going, [{ ...deleted, notReady, uncounted: "not-asked-since" }]],
  [
    "never in APISIX",
    [
      [0, "lives", "a"],
      [0, "slices", [pod("a")]],
      [1, "api", []],
      [9, "deleted", "a"],
      [20, "api", []],
    ],
    [{ ...deleted, uncounted: "never-in-apisix" }],
  ],
  [
    "unready, dropped, and only then deleted",
    [...begin, [200, "slices", [pod("a", "not ready")]], [300, "api", []], [5000, "deleted", "a"]],
    [{ ...deleted, notReady: { seconds: 0, plusMinus: 0 }, uncounted: "left-before" }],
  ],
  [
    "unready for a while, long before",
    [
      ...begin,
      [200, "slices", [pod("a", "not ready")]],
      [300, "api", []],
      [400, "slices", [pod("a")]],
      [500, "api", ["a"]],
      [1000, "deleted", "a"],
      [1900, "api", ["a"]],
      [2090, "api", []],
    ],
    [{ ...deleted, gone: { seconds: 1, plusMinus: 0.1 } }],
  ],
  [
    "back after it was gone",
    [...going, [1900, "api", ["a"]], [2000, "api", []], [2100, "api", ["a"]], [2200, "api", []]],
    [{ ...deleted, notReady, uncounted: "came-back" }],
  ],
  [
    "back after half a minute: its address is another's",
    [...going, [1900, "api", ["a"]], [2090, "api", []], [40_000, "api", []], [50_000, "api", ["a"]]],
    [{ ...deleted, notReady, gone: { seconds: 1, plusMinus: 0.1 } }],
  ],
  [
    "its address goes to another Pod before it is gone",
    [...going, [1100, "slices", [pod("b", "ready", "a 80")]], [1900, "api", ["a"]], [5000, "api", []]],
    [{ ...deleted, notReady, uncounted: "address-reused" }],
  ],
  [
    "its address goes to another Pod once it is gone",
    [
      ...going,
      [1900, "api", ["a"]],
      [2090, "api", []],
      [3000, "slices", [pod("b", "ready", "a 80")]],
      [3100, "api", ["a"]],
    ],
    [{ ...deleted, notReady, gone: { seconds: 1, plusMinus: 0.1 } }],
  ],
  [
    "terminating when the run begins: nobody saw since when",
    [
      [0, "deleted", "a"],
      [0, "slices", [pod("a", "terminating")]],
      [1, "api", ["a"]],
      [500, "api", []],
    ],
    [],
  ],
  [
    "deleted by force",
    [
      ...begin,
      [990, "api", ["a"]],
      [1000, "deleted", "a"],
      [1000, "slices", []],
      [1990, "api", ["a"]],
      [2000, "api", []],
    ],
    [{ ...deleted, notReady: { seconds: 0, plusMinus: 0 }, gone: { seconds: 1, plusMinus: 0.01 } }],
  ],
  [
    "of two data planes the later one counts",
    [...going, [1000, "api", ["a"], 1], [1500, "api", []], [1900, "api", ["a"], 1], [2090, "api", [], 1]],
    [{ ...deleted, notReady, gone: { seconds: 1, plusMinus: 0.1 } }],
    { apis: 2 },
  ],
  [
    "one of two data planes still has it",
    [...going, [1500, "api", []], [2000, "api", ["a"], 1]],
    [{ ...deleted, notReady, uncounted: "still-in-apisix", atLeastSeconds: 1 }],
    { apis: 2 },
  ],
  [
    "one of two data planes isn't heard of any more",
    [...going, [900, "api", ["a"], 1], [1500, "api", []]],
    [{ ...deleted, notReady, uncounted: "not-asked-since" }],
    { apis: 2 },
  ],
  [
    "one of two data planes never had it",
    [...going, [900, "api", [], 1], [1100, "api", [], 1], [1900, "api", ["a"]], [2090, "api", []]],
    [{ ...deleted, notReady, gone: { seconds: 1, plusMinus: 0.1 } }],
    { apis: 2 },
  ],
  [
    "without the right to see Pods the slice counts",
    [...going.filter(([, what]) => what !== "deleted"), [1950, "api", ["a"]], [2140, "api", []]],
    [
      {
        pod: "shop/a",
        start: "endpointslice",
        notReady: { seconds: 0, plusMinus: 0 },
        gone: { seconds: 1, plusMinus: 0.1 },
      },
    ],
    { seesPods: false },
  ],
  [
    "without that right, unready alone is no deletion",
    [...begin, [1050, "slices", [pod("a", "not ready")]], [1950, "api", []]],
    [],
    { seesPods: false },
  ],
];

describe("a Pod's times", () => {
  for (const [what, events, expected, options] of cases) {
    it(what, () => assert.deepEqual(times(events, options), expected));
  }

  it("hold what happened, however often APISIX is asked", () => {
    const ms = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(ms(5000), ms(2000), fc.array(ms(3000), { minLength: 1, maxLength: 60 }), (deletion, t, pauses) => {
        const [at, gone] = [1000 + deletion, 1000 + deletion + t];
        const events: Event[] = [
          [0, "lives", "a"],
          [0, "slices", [pod("a")]],
          [1, "api", ["a"]],
        ];
        let clock = 1;
        for (const pause of pauses) {
          const before = clock;
          clock += pause;
          if (before < at && at <= clock) events.push([at, "deleted", "a"], [at, "slices", [pod("a", "terminating")]]);
          // The answer is of any moment of its 10 ms.
          events.push([clock, "api", clock + (pause % 10) < gone ? ["a"] : []]);
        }
        for (const { gone: seen, atLeastSeconds } of times(events)) {
          if (seen) assert.ok(Math.abs(seen.seconds - t / 1000) <= seen.plusMinus + 0.0011, JSON.stringify(seen));
          if (atLeastSeconds !== undefined) assert.ok(atLeastSeconds <= t / 1000);
        }
      }),
    );
  });
});
