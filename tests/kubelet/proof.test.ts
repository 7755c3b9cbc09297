import assert from "node:assert/strict";
import { canProve, prove } from "../../proof/prove";
import type { Result, Rollout } from "../../proof/result";

/** The proof in its shortest form: one Pod is replaced, without and with the repair. */
describe("A roll-out under load", function () {
  this.timeout(40 * 60_000);
  let result: Result;

  before(async function () {
    const missing = canProve();
    if (missing !== undefined) {
      console.log(`Skipped: ${missing}.`);
      return this.skip();
    }
    result = await prove(["one-replica"]);
  });

  const rolledOut = (repaired: boolean): Rollout => result.rollouts.find((each) => each.repaired === repaired)!;

  it("loses requests without the repair, also with APISIX's retries", () => {
    const { requests, sleepSeconds, bins } = rolledOut(false);
    assert.equal(sleepSeconds, undefined);
    assert.ok(requests.off.quick.lost > 0);
    assert.ok(requests.default.quick.lost > 0);
    // It is the roll-out that loses them.
    const before = bins!.filter(({ at }) => at < 0);
    assert.ok(before.length > 10 && before.every(({ lost }) => lost === 0));
  });

  it("loses none with it", () => {
    const { requests, sleepSeconds, pods } = rolledOut(true);
    assert.equal(sleepSeconds, 5);
    assert.ok(pods.every(({ killed }) => !killed));
    for (const { quick, slow } of [requests.off, requests.default]) {
      assert.deepEqual([quick.lost, slow.lost], [0, 0]);
      assert.ok(quick.sent > 1000 && slow.sent > 50, "requests were sent");
    }
  });

  for (const repaired of [false, true]) {
    it(`takes as long as measure says${repaired ? ", repaired" : ""}`, () => {
      for (const { deleted, sigterm, gone, measured } of rolledOut(repaired).pods) {
        assert.ok(measured && sigterm !== undefined);
        const t = gone - deleted;
        // A machine with much to do hears of things late. `npm run proof` itself allows 0.2 s.
        assert.ok(Math.abs(measured.seconds - t) <= measured.plusMinus + 1, `${measured.seconds}, ${t}`);
        assert.equal(sigterm < gone, !repaired, "SIGTERM comes before the Pod is gone from APISIX, or after that");
      }
    });
  }
});
