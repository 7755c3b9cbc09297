import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { measurement, measurementText, merged, readMeasurement } from "../../src/measure";
import { distribution, recommendation } from "../../src/measure/distribution";
import type { MeasuredPod, MeasurementFile } from "../../src/schema/measurement";

const pod = (seconds: number, plusMinus = 0): MeasuredPod => ({
  pod: "shop/a",
  start: "deletion",
  gone: { seconds, plusMinus },
});
const still = (atLeastSeconds: number): MeasuredPod => ({
  pod: "shop/b",
  start: "deletion",
  uncounted: "still-in-apisix",
  atLeastSeconds,
});
const vague: MeasuredPod = { ...pod(30, 20), uncounted: "too-vague" };

const cases: [what: string, pods: MeasuredPod[], sleep: number | undefined][] = [
  ["none", [], undefined],
  ["none that counts", [vague, still(3)], undefined],
  ["one", [pod(0.4, 0.1)], 2],
  ["a whole second is rounded to itself", [pod(0.9, 0.1)], 2],
  ["sums of floating point, too", [pod(0.7, 0.1), pod(0.8, 0.2)], 2],
  ["none at all", [pod(0)], 1],
  ["the longest of few", [pod(0.2), pod(4.2)], 6],
  ["not the one in a hundred", [...Array<MeasuredPod>(100).fill(pod(0.5)), pod(9)], 2],
  ["what doesn't count doesn't", [pod(0.5), { ...pod(14, 13), uncounted: "too-vague" }], 2],
  ["a Pod seen vaguely, but there for longer all the same", [pod(0.5), vague], undefined],
  ["a Pod that is still there, but not for longer", [pod(0.5), still(1.5)], 2],
  ["a Pod that was there for longer", [pod(0.5), still(30)], undefined],
];

describe("the recommended sleep", () => {
  for (const [what, pods, sleep] of cases) it(what, () => assert.equal(recommendation(pods), sleep));

  it("covers what was measured, at its latest, but for one in a hundred", () => {
    const times = fc.array(fc.tuple(fc.nat(60_000), fc.nat(5_000)), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(times, (all) => {
        const pods = all.map(([t, error]) => pod(t / 1000, error / 1000));
        const sleep = recommendation(pods) ?? 0;
        const longer = all.filter(([t, error]) => t + error > (sleep - 1) * 1000);
        assert.ok(longer.length <= all.length / 100);
        const { n, min, median, p90, p99, max } = distribution(pods)!;
        assert.equal(n, all.length);
        const values = [min, median, p90, p99, max];
        assert.deepEqual(
          values,
          [...values].sort((a, b) => a - b),
        );
        for (const value of values) assert.ok(all.some(([t]) => t / 1000 === value));
      }),
    );
  });
});

const runOf = (startedAt: string) => ({
  service: "shop/web",
  startedAt,
  seconds: 60,
  everySeconds: 0.2,
  apis: ["http://127.0.0.1:9090"],
  problems: [],
});

describe("saved runs", () => {
  const [one, other] = [runOf("2027-01-31T12:00:00Z"), runOf("2027-02-01T12:00:00Z")];

  it("are read as they were written", () => {
    const file = measurement([one], [pod(0.4, 0.1), still(3)]);
    assert.deepEqual(readMeasurement(JSON.stringify(file)), file);
  });

  it("are merged as if they were one, in any order", () => {
    const [a, b] = [measurement([one], [pod(1)]), measurement([other], [pod(2), pod(3)])];
    const { file, overlapping } = merged([a, b]);
    assert.deepEqual(overlapping, []);
    assert.deepEqual(file.runs, [one, other]);
    assert.equal(file.distribution?.n, 3);
    assert.deepEqual(file.distribution, merged([b, a]).file.distribution);
  });

  const meanwhile = runOf("2027-01-31T12:01:00Z");
  const elsewhere = { ...meanwhile, service: "shop/api" };
  const overlaps: [about: string, MeasurementFile, MeasurementFile, boolean][] = [
    ["the same run", measurement([one], []), measurement([one], []), true],
    ["at one time, the same Pod", measurement([one], [pod(1)]), measurement([meanwhile], [pod(2)]), true],
    ["the same, in a merged file", measurement([other, one], [pod(1)]), measurement([meanwhile], [pod(1)]), true],
    ["another time", measurement([one], [pod(1)]), measurement([other], [pod(2)]), false],
    ["other Pods, as of another cluster", measurement([one], [pod(1)]), measurement([meanwhile], []), false],
    ["another Service with the same Pod", measurement([one], [pod(1)]), measurement([elsewhere], [pod(1)]), true],
    [
      "the same time, other Pods",
      measurement([one], [pod(1)]),
      measurement([one], [{ ...pod(1), pod: "shop/b" }]),
      false,
    ],
  ];
  for (const [about, a, b, isFound] of overlaps) {
    it(`tell runs in which a Pod would count twice: ${about}`, () => {
      assert.equal(merged([a, b]).overlapping.length > 0, isFound);
      assert.equal(merged([b, a]).overlapping.length > 0, isFound);
    });
  }

  const wrong: [what: string, text: string, says: RegExp][] = [
    ["not JSON", "x", /not JSON/],
    ["something else", "{}", /version: is missing/],
    ["another version", '{"version":2,"runs":[],"pods":[]}', /version: must be 1/],
    [
      "a time that is none",
      JSON.stringify(measurement([one], [pod(-1)])),
      /pods\[0\]\.gone\.seconds: must be at least 0/,
    ],
    [
      "a time that no run has",
      JSON.stringify(measurement([one], [pod(1e308)])),
      /pods\[0\]\.gone\.seconds: must be at most 86400/,
    ],
    ["another", JSON.stringify(measurement([one], [still(-1)])), /pods\[0\]\.atLeastSeconds: must be at least 0/],
  ];
  for (const [what, text, says] of wrong) {
    it(`say of ${what} what is wrong`, () => {
      const read = readMeasurement(text);
      assert.ok(Array.isArray(read));
      assert.match(read.join("; "), says);
    });
  }
});

describe("a measurement in words", () => {
  const text = (...pods: MeasuredPod[]) => measurementText(measurement([runOf("2027-01-31T12:00:00Z")], pods));

  it("has a line for each Pod, the distribution and the sleep", () => {
    const gone = { ...pod(1.04, 0.1), notReady: { seconds: 0.05, plusMinus: 0 } };
    assert.equal(
      text(gone, still(1)),
      `Service shop/web, 2027-01-31T12:00:00Z, for 60 s; every 0.2 s: http://127.0.0.1:9090

Pod     no longer ready  gone from APISIX (t)
shop/a  0.05 s ± 0.00 s  1.0 s ± 0.10 s
shop/b  not seen         more than 1.0 s, not counted: still in APISIX

t of 1 Pod: min 1.0 s, median 1.0 s, p90 1.0 s, p99 1.0 s, max 1.0 s
sleepSeconds: 3 (the p99 at its latest, rounded up, and 1 s)
  1 is few: with fewer than 20 Pods the p99 is a guess.
`,
    );
  });

  it("is as docs/measure.md shows it", () => {
    const page = readFileSync(join(__dirname, "..", "..", "docs", "measure.md"), "utf8");
    const one = (name: string, t: number, plusMinus: number, ready: number): MeasuredPod => ({
      ...pod(t, plusMinus),
      pod: `shop/web-5d-${name}`,
      notReady: { seconds: ready, plusMinus: 0 },
    });
    const pods = [one("2xk7p", 1.3, 0.11, 0.06), one("9wq4d", 1.1, 0.1, 0.05), one("jt6zr", 1.4, 0.1, 0.07)];
    const words = measurementText(measurement([{ ...runOf("2027-01-31T12:00:00Z"), seconds: 600 }], pods));
    assert.ok(page.includes(`\`\`\`text\n${words}\`\`\``), words);
  });

  it("says of which API t is longer", () => {
    const of = (api: string) =>
      measurementText(measurement([{ ...runOf("2027-01-31T12:00:00Z"), apis: [api] }], [pod(1)]));
    assert.match(of("http://127.0.0.1:9180/apisix/admin"), /The Admin API tells what APISIX was given/);
    assert.doesNotMatch(of("http://127.0.0.1:9090"), /Admin API/);
  });

  it("says what to do where no Pod terminated", () => assert.match(text(), /not measured\. Let Pods .* terminate/));

  it("recommends nothing while APISIX has a Pod for longer", () =>
    assert.match(text(pod(1), still(60)), /sleepSeconds: no recommendation/));

  it("takes as many Pods as a file has", () => {
    const many = Array<MeasuredPod>(200_000).fill(pod(1));
    assert.match(text(...many.slice(0, 2)), /t of 2 Pods/);
    assert.match(measurementText(measurement([], many)), /t of 200000 Pods/);
  });

  it("stays in its lines", () => {
    const odd: MeasuredPod = { ...pod(1), pod: "shop/a\nsleepSeconds: 0\u001b[2J" };
    assert.doesNotMatch(text(odd), /^sleepSeconds: 0|\u001b/m);
  });
});
