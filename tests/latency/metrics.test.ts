/** What the controller answers on /metrics. */
import assert from "node:assert/strict";
import { readSyncDurations } from "../../src/latency";

const name = "apisix_ingress_adc_sync_duration_seconds";

/** A histogram as the controller's library writes it (prometheus.DefBuckets), in a shorter form. */
function histogram(counts: readonly [le: string, count: number][], config = "apisix", status = "success"): string {
  const lines = counts.map(
    ([le, count]) =>
      `${name}_bucket{config_name="${config}",resource_type="all",status="${status}",le="${le}"} ${count}`,
  );
  return [`# HELP ${name} Time spent`, `# TYPE ${name} histogram`, ...lines, `${name}_count{} 9`, ""].join("\n");
}

const plain: [string, number][] = [
  ["0.5", 50],
  ["1", 90],
  ["2.5", 100],
  ["+Inf", 100],
];

const cases: [name: string, texts: string[], right: ReturnType<typeof readSyncDurations>][] = [
  // As histogram_quantile(0.99, …): 1 + 1.5 × (99 − 90) / 10.
  ["is interpolated in its bucket", [histogram(plain)], { p99: 2.35, isAbove: false, count: 100 }],
  [
    "adds up failed syncs: an event waits for them, too",
    [histogram(plain) + histogram(plain, "apisix", "failure")],
    { p99: 2.35, isAbove: false, count: 200 },
  ],
  [
    // All: 0.99 in the first bucket; 1 + 1.5 × (99 − 90) / 10 of those that succeed.
    "isn't made less by syncs that fail at once",
    [
      histogram(plain) +
        histogram(
          [
            ["0.5", 100_000],
            ["1", 100_000],
            ["2.5", 100_000],
            ["+Inf", 100_000],
          ],
          "apisix",
          "failure",
        ),
    ],
    { p99: 2.35, isAbove: false, count: 100_100 },
  ],
  [
    "adds up the Pods of a controller, of which the leader alone syncs",
    [
      histogram(plain),
      "# nothing\n",
      histogram([
        ["0.5", 0],
        ["+Inf", 0],
      ]),
    ],
    { p99: 2.35, isAbove: false, count: 100 },
  ],
  [
    "sums the GatewayProxies, which are synced in turn",
    [histogram(plain, "a") + histogram(plain, "b")],
    { p99: 4.7, isAbove: false, count: 200 },
  ],
  [
    "above the highest bucket",
    [
      histogram([
        ["5", 1],
        ["10", 2],
        ["+Inf", 100],
      ]),
    ],
    { p99: 10, isAbove: true, count: 100 },
  ],
  [
    "of labels in any order, escaped, with a time",
    [
      `${name}_bucket{le="1",config_name="a\\"}b"} 1e2 1700000000\n${name}_bucket{le="+Inf",config_name="a\\"}b"} 100\n`,
    ],
    { p99: 0.99, isAbove: false, count: 100 },
  ],
  [
    "without a sync",
    [
      histogram([
        ["1", 0],
        ["+Inf", 0],
      ]),
    ],
    undefined,
  ],
  [
    "without +Inf",
    [
      histogram([
        ["1", 5],
        ["2", 6],
      ]),
    ],
    undefined,
  ],
  [
    "with counts that fall",
    [
      histogram([
        ["1", 5],
        ["2", 4],
        ["+Inf", 3],
      ]),
    ],
    undefined,
  ],
  ["of something else", ['up 1\nother_bucket{le="1"} 3\n', "", "<html>", "\0\0"], undefined],
  ["broken off", [histogram(plain).slice(0, 200), `${name}_bucket{config_name="a",le="1`], undefined],
  [
    "with odd values",
    [`${name}_bucket{config_name="a",le="NaN"} 1\n${name}_bucket{config_name="a",le="+Inf"} -3\n`],
    undefined,
  ],
];

describe("p99 of the controller's syncs", () => {
  for (const [name, texts, right] of cases) {
    it(name, () => {
      const durations = readSyncDurations(texts);
      const rounded = durations && { ...durations, p99: Number(durations.p99.toFixed(6)) };
      assert.deepEqual(rounded, right);
    });
  }

  it("reads a large file, and no endless one", () => {
    const other = `other_metric{label="${"x".repeat(100)}"} 1\n`.repeat(50_000);
    assert.equal(readSyncDurations([other + histogram(plain)])?.count, 100);
    const many = `${name}_bucket{config_name="a",le="1"} 1\n`.repeat(100_001);
    assert.equal(readSyncDurations([many]), undefined);
    const label = `${name}_bucket{config_name="${"\\\\".repeat(100_000)}`;
    assert.equal(readSyncDurations([label]), undefined);
  });
});
