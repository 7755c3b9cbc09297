import assert from "node:assert/strict";
import { early, interval, scaleOf, sentence } from "../../src/report/scale";
import { timelineText } from "../../src/report/timeline-text";
import type { ContainerTimeline, Interval } from "../../src/report/model";
import { container, hostile, short, timeline, workloadTimeline } from "./samples";

describe("report/timeline-text", () => {
  it("draws before and after on one scale, with the numbers", () => {
    const of = workloadTimeline({
      after: timeline([
        container(),
        container({
          name: "envoy",
          sidecar: true,
          hook: { atLeast: 3, atMost: 8 },
          sigterm: { atLeast: 3, atMost: 8 },
          left: { atLeast: 22, atMost: 27 },
          verdict: "short",
          because: "Its hook may end after 3 s.",
        }),
      ]),
    });
    assert.equal(
      timelineText(of, { width: 70 }),
      `Deployment shop/web in stack shop/dev
APISIX may send requests for 5 s after the Pod began to terminate.

Without the repair: grace period 30 s
                  0 s     5 s                                     30 s
APISIX            ▒▒▒▒▒▒▒▒│
✗ web             T═══════════════════════════════════════════════K

web: too short. SIGTERM at once, 30 s to shut down, SIGKILL at 30 s.
  No preStop hook.

With the repair: grace period 30 s
                  0 s     5 s                                     30 s
APISIX            ▒▒▒▒▒▒▒▒│
✓ web             ░░░░░░░░T═══════════════════════════════════════K
✗ envoy (sidecar) ░░░░░~~~~~~~~T══════════════════════════════════K

web: in time. preStop hook 5 s, SIGTERM after 5 s, 25 s to shut down, SIGKILL at 30 s.
  SIGTERM comes 5 s after the Pod began to terminate.
envoy (sidecar): too short. preStop hook 3 to 8 s, SIGTERM after 3 to 8 s, 22 to 27 s to shut down, SIGKILL at 30 s.
  Its hook may end after 3 s.

▒ APISIX sends requests  ░ hook  T SIGTERM  ═ time to shut down  K SIGKILL  ~ not known
`,
    );
  });

  it("cuts the axis where the grace period is long", () => {
    const of = workloadTimeline({ after: timeline([container({ sigkill: 3600 })], 3600) });
    delete of.before;
    assert.match(timelineText(of, { width: 70 }), /0 s +5 s +\/\/ +3600 s\n/);
  });

  it("marks no moment that isn't known", () => {
    const unknown = container({ sigterm: { atLeast: 0, atMost: null }, sigkill: null, verdict: "unknown" });
    const of = workloadTimeline({ after: timeline([unknown], null) });
    delete of.before;
    const row = timelineText(of)
      .split("\n")
      .find((line) => line.startsWith("? web"));
    assert.match(row ?? "", /^\? web +~+$/);
  });

  for (const text of hostile) {
    it(`sends no control codes: ${JSON.stringify(text.slice(0, 40))}`, () => {
      const of = workloadTimeline({
        workload: { kind: text, name: text, namespace: text },
        after: timeline([container({ name: text, because: text })]),
      });
      assert.doesNotMatch(timelineText(of), /(?!\n)\p{Cc}|[\u202a-\u202e]/u);
    });
  }

  const numbers = [0, 1, 5, -5, 1e12, 1e308, 0.1, Number.MAX_VALUE, NaN];
  for (const n of numbers) {
    it(`stays within its width with ${n}`, () => {
      const of = workloadTimeline({
        t: n,
        after: timeline([container({ sigterm: { atLeast: n, atMost: n }, sigkill: n })], n),
      });
      const rows = timelineText(of)
        .split("\n")
        .filter((line) => /^[✓✗?] /.test(line));
      assert.ok(rows.length === 2 && rows.every((row) => row.length <= 80));
    });
  }
});

describe("report/scale: sentence", () => {
  const at = (atLeast: number, atMost: number | null): Interval => ({ atLeast, atMost });
  const cases: [Partial<ContainerTimeline>, string][] = [
    [{}, "preStop hook 5 s, SIGTERM after 5 s, 25 s to shut down, SIGKILL at 30 s."],
    [{ sigterm: null, sigkill: 0, hook: at(0, 0), left: at(0, 0) }, "Killed without SIGTERM at 0 s."],
    [short, "SIGTERM at once, 30 s to shut down, SIGKILL at 30 s."],
    [
      { hook: at(0, null), sigterm: at(0, null), left: at(0, 30), sigkill: null },
      "preStop hook of unknown length, SIGTERM at an unknown time, 0 to 30 s to shut down, SIGKILL at an unknown time.",
    ],
    [
      { hook: at(5, null), sigterm: at(5, 30), left: at(0, 25) },
      "preStop hook at least 5 s, SIGTERM after 5 to 30 s, 0 to 25 s to shut down, SIGKILL at 30 s.",
    ],
  ];
  for (const [over, expected] of cases) it(expected, () => assert.equal(sentence(container(over)), expected));

  it("interval", () => {
    assert.equal(interval(at(0.25, 0.25)), "0.3 s");
    assert.equal(interval(at(1, 2.5)), "1 to 2.5 s");
  });

  it("early", () => {
    const of = (atLeast: number, atMost: number | null) => early(container({ sigterm: at(atLeast, atMost) }), 5);
    assert.deepEqual([of(0, 0), of(0, 5), of(0, null), of(5, 5), of(6, null)], ["yes", "maybe", "maybe", "no", "no"]);
  });
});

it("report/scale: is never outside the picture and never goes back", () => {
  for (const grace of [null, 1, 5, 30, 31, 600, 86400]) {
    const of = workloadTimeline({ after: timeline([container({ sigkill: grace })], grace) });
    const scale = scaleOf(of);
    let last = 0;
    for (let at = -1; at <= 90_000; at += at < 60 ? 0.5 : 100) {
      const place = scale.at(at);
      assert.ok(place >= last && place <= 1, `grace ${grace}, ${at} s`);
      last = place;
    }
  }
});
