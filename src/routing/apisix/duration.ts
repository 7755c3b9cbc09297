import { get, getString, isKnown } from "../../kubernetes/values";

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

/** How long a request may last by the durations at these keys: the longest of them, in seconds. */
export function longest(parent: unknown, ...keys: string[]): number | undefined {
  let answer: number | undefined;
  for (const key of keys) {
    const text = getString(parent, key);
    const value = isKnown(text) && text !== undefined ? parseDuration(text) : undefined;
    if (value !== undefined) answer = Math.max(value, answer ?? 0);
  }
  return answer;
}

/**
 * How long a request may last by a `timeout: {connect, send, read}` of APISIX's. Each bounds one wait between two
 * reads or writes; the time to connect is over before the request is sent.
 */
export function requestTimeout(parent: unknown): number | undefined {
  return longest(get(parent, "timeout"), "send", "read");
}
