import { get, getString, type Maybe } from "../../kubernetes/values";

const seconds: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };

/** Seconds of a Go duration (`60s`, `1m30s`), as Kubernetes' objects hold it; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = "", , unit = ""] of text.matchAll(/(\d+(\.\d+)?)(h|ms|m|s|us|µs|ns)/g)) {
    total += Number(amount) * (seconds[unit] ?? 0);
  }
  return total;
}

/** The longest of some durations, in seconds; undefined where none is known. */
export function longestOf(texts: readonly (Maybe<string> | undefined)[]): number | undefined {
  const values = texts
    .map((text) => (typeof text === "string" ? parseDuration(text) : undefined))
    .filter((value) => value !== undefined);
  return values.length > 0 ? Math.max(...values) : undefined;
}

/** How long a request may last by the durations at these keys: the longest of them, in seconds. */
export function longest(parent: unknown, ...keys: string[]): number | undefined {
  return longestOf(keys.map((key) => getString(parent, key)));
}

/**
 * How long a request may last by a `timeout: {connect, send, read}` of APISIX's. Each bounds one wait between two
 * reads or writes; the time to connect is over before the request is sent.
 */
export function requestTimeout(parent: unknown): number | undefined {
  return longest(get(parent, "timeout"), "send", "read");
}
