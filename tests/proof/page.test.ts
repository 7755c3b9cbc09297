import assert from "node:assert/strict";
import { contradictions } from "../../proof/page";
import type { Result, Rollout } from "../../proof/result";

const none = { sent: 100, lost: 0 };
const some = { sent: 100, lost: 7 };

/** A roll-out that is as the page says. */
const rollout = (repaired: boolean, change: Partial<Rollout> = {}): Rollout => ({
  scenario: "no-hook",
  repaired,
  replicas: 1,
  delaySeconds: 2,
  gracePeriodSeconds: 30,
  requests: { off: { quick: repaired ? none : some, slow: none }, default: { quick: none, slow: none } },
  pods: [{ deleted: 1, sigterm: 1.1, gone: 3, killed: false, measured: { seconds: 2.1, plusMinus: 0.1 } }],
  ...change,
});

const pod = rollout(true).pods[0]!;
const cases: [about: string, rollout: Rollout, says: string[]][] = [
  ["lost without the repair", rollout(false), []],
  ["none lost with it", rollout(true), []],
  ["none lost without it", rollout(false, { requests: rollout(true).requests }), ["no-hook: no request is lost"]],
  ["none lost, as t is none", rollout(false, { requests: rollout(true).requests, delaySeconds: 0 }), []],
  [
    "some lost with it, and retried ones",
    rollout(true, { requests: { off: { quick: none, slow: some }, default: { quick: some, slow: none } } }),
    ["no-hook, repaired: 14 requests are lost"],
  ],
  [
    "measure is wrong",
    rollout(true, { pods: [{ ...pod, measured: { seconds: 2.21, plusMinus: 0.3 } }] }),
    ["no-hook, repaired: measure is 0.21 s off"],
  ],
  [
    "measure saw nothing",
    rollout(true, { pods: [{ deleted: 1, sigterm: 6, gone: 3, killed: false }] }),
    ["no-hook, repaired: measure has no t of a Pod"],
  ],
  [
    "no SIGTERM",
    rollout(true, { pods: [{ deleted: 1, gone: 3, killed: true }] }),
    ["no-hook, repaired: a Pod had no SIGTERM"],
  ],
  [
    "lost before",
    rollout(false, { bins: [{ at: -1, answered: 5, lost: 1 }] }),
    ["no-hook: requests are lost before it begins"],
  ],
];

describe("the proof's page is written where it is true", () => {
  for (const [about, rollout, says] of cases) {
    it(about, () => assert.deepEqual(contradictions({ rollouts: [rollout] } as unknown as Result), says));
  }
});
