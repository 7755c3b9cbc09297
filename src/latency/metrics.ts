/**
 * The controller's own measurements: `apisix_ingress_adc_sync_duration_seconds`, a histogram of Prometheus.
 *
 * Source: 2.2.0 pkg/metrics/metrics.go, internal/adc/client/client.go (one observation a GatewayProxy and sync, whatever
 * came of it); https://prometheus.io/docs/instrumenting/exposition_formats/. Only this one histogram is read: a parser
 * of the whole format would be a dependency for a few lines.
 */

const bucketName = "apisix_ingress_adc_sync_duration_seconds_bucket";

/** More lines of it than this are no controller's: a bucket, a GatewayProxy, a kind of resources and an end each. */
const mostBuckets = 100_000;

/** How long the controller's syncs take. Seconds. */
export interface SyncDurations {
  /** p99 of all GatewayProxies, which are synced one after the other: the sum of their own. */
  p99: number;
  /** p99 of one is above the highest bucket: then it counts as that bucket, and `p99` is the least that it may be. */
  isAbove: boolean;
  /** The syncs that were measured. */
  count: number;
}

/**
 * Reads what the controller's Pods answer on `/metrics`; of several, the counts are added up, as only the leader syncs.
 *
 * A change waits for any sync, and then for one that succeeds. So the p99 is of all syncs, or of those that succeeded where
 * that is more: syncs that fail at once say nothing of those.
 *
 * @returns undefined where no sync is measured
 */
export function readSyncDurations(texts: readonly string[]): SyncDurations | undefined {
  /** By `config_name`. */
  const [all, successful] = [new Map<string, Buckets>(), new Map<string, Buckets>()];
  let lines = 0;
  for (const text of texts) {
    for (const line of text.split("\n")) {
      const bucket = line.startsWith(bucketName) ? readBucket(line) : undefined;
      if (!bucket) continue;
      if (++lines > mostBuckets) return undefined;
      add(all, bucket);
      if (bucket.isSuccess) add(successful, bucket);
    }
  }
  const measured = [...all].flatMap(([config, counts]) => {
    const [any, success] = [quantile(counts, 0.99), quantile(successful.get(config) ?? new Map(), 0.99)];
    if (!any) return [];
    const value = Math.max(any.value, success?.value ?? 0);
    return [{ ...any, value, isAbove: any.isAbove || success?.isAbove === true }];
  });
  if (measured.length === 0) return undefined;
  return {
    p99: measured.reduce((sum, { value }) => sum + value, 0),
    isAbove: measured.some(({ isAbove }) => isAbove),
    count: measured.reduce((sum, { count }) => sum + count, 0),
  };
}

/** How many syncs took so long at most, by seconds. */
type Buckets = Map<number, number>;

interface Bucket {
  config: string;
  isSuccess: boolean;
  upTo: number;
  count: number;
}

function add(to: Map<string, Buckets>, { config, upTo, count }: Bucket): void {
  const counts = to.get(config) ?? new Map<number, number>();
  counts.set(upTo, (counts.get(upTo) ?? 0) + count);
  to.set(config, counts);
}

/** One line: `…_bucket{config_name="a",le="0.5",…} 12`. Labels stand in any order; a value may hold escaped quotes. */
function readBucket(line: string): Bucket | undefined {
  // An optional time stands behind the value.
  const [, labels = "", value = ""] = /^\w+\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}\s+(\S+)/.exec(line) ?? [];
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  const label = (name: string) => pairs.find(([, own]) => own === name)?.[2];
  const [config, le] = [label("config_name"), label("le")];
  const upTo = le === "+Inf" ? Infinity : numberIn(le ?? "");
  const count = numberIn(value);
  if (config === undefined || upTo === undefined || count === undefined) return undefined;
  return { config, isSuccess: label("status") === "success", upTo, count };
}

function numberIn(text: string): number | undefined {
  return /^\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

/**
 * As Prometheus' `histogram_quantile`: linear within a bucket, whose counts are of all that is below it.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
function quantile(
  counts: ReadonlyMap<number, number>,
  q: number,
): { value: number; isAbove: boolean; count: number } | undefined {
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const [last, total = 0] = buckets.at(-1) ?? [];
  if (last !== Infinity || total <= 0 || buckets.length < 2) return undefined;
  // Counts that fall aren't a histogram's.
  if (buckets.some(([, count], i) => count < (buckets[i - 1]?.[1] ?? 0))) return undefined;
  const rank = q * total;
  let [below, before] = [0, 0];
  for (const [upTo, count] of buckets) {
    if (count >= rank) {
      if (upTo === Infinity) return { value: below, isAbove: true, count: total };
      return { value: below + ((upTo - below) * (rank - before)) / (count - before), isAbove: false, count: total };
    }
    [below, before] = [upTo, count];
  }
  return undefined;
}
