import { parseDuration } from "../../kubernetes/duration";
import { get, getString, type Maybe } from "../../kubernetes/values";

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

/**
 * Can Go not read it as a duration (`20`, an empty text)? Source: `time.ParseDuration`, by way of metav1.Duration in 1.8.4
 * pkg/kube/apisix/apis/config/v2/types.go and 2.2.0 api/v2.
 */
export function isUnreadable(text: Maybe<string> | undefined): boolean {
  return typeof text === "string" && !/^[-+]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(text);
}

/** Is it surely shorter than so many seconds? */
export function isBelow(text: Maybe<string> | undefined, seconds: number): boolean {
  if (typeof text !== "string") return false;
  const amount = /^[-+]?0$/.test(text) ? 0 : parseDuration(text.replace(/^[-+]/, ""));
  return amount !== undefined && (text.startsWith("-") ? -amount : amount) < seconds;
}
