/** From what is seen of the cluster and of APISIX to each Pod's times. No clock and no network: these are the caller's. */
import type { MeasuredPod } from "../schema/measurement";
import type { Endpoint, PodState } from "./endpoints";
import { between, rounded, type Interval } from "./interval";

/** A Pod that is gone from everywhere for so long is done with: its address is another's then. Milliseconds. */
const settled = 30_000;
/** The cluster's word of a deletion may come after APISIX has acted on it, by so many milliseconds at most. */
const slack = 1_000;
/** What is known only within more than so many seconds is not counted. */
const vague = 5;

interface Seen {
  pod: string;
  nodes: readonly string[];
  isReady: boolean;
  notReady?: Interval;
  /** In the slices: terminating, or not there. */
  leaving?: Interval;
  deleted?: Interval;
  apis: Map<Api, Held>;
  /** Another Pod has its address: what APISIX holds from then on says nothing of this one. */
  isClosed: boolean;
  why?: "address-reused" | "came-back";
}

/** Of one Pod, by one API. */
interface Held {
  /** When the last answer that had it was asked for; undefined if none had. */
  present?: number;
  gone?: Interval;
}

interface Api {
  /** When its last answer was asked for. */
  asked?: number;
}

export interface Tracker {
  /** The whole of the Service's endpoints. @param since until when the state before was known to hold */
  endpoints(since: number, at: number, all: readonly Endpoint[]): void;
  /** Pods that changed. */
  pods(since: number, at: number, changed: Iterable<PodState>): void;
  /** What an API answered: the nodes that it held at some time between the two. @param api its number */
  nodes(api: number, asked: number, answered: number, nodes: ReadonlySet<string>): void;
  /** The Pods that terminated, in the order in which they were first seen. */
  result(): MeasuredPod[];
}

/** @param seesPods whether Pods can be read; if not, the EndpointSlices say when one terminates */
export function tracker(apiCount: number, seesPods: () => boolean): Tracker {
  const apis: Api[] = Array.from({ length: apiCount }, () => ({}));
  /** By uid. */
  const seen = new Map<string, Seen>();
  /** Who has a node now. */
  const owners = new Map<string, Seen>();
  /** Pods that were there without a deletion, by uid. */
  const alive = new Set<string>();
  const started = (one: Seen) => one.deleted ?? (seesPods() ? undefined : one.leaving);

  /** When it was gone from all of them; undefined while it isn't. */
  function gone({ apis: held }: Seen): Interval | undefined {
    const all = apis.map((api) => held.get(api)?.gone);
    if (all.length === 0 || !all.every((each) => each !== undefined)) return undefined;
    return { from: Math.max(...all.map(({ from }) => from)), to: Math.max(...all.map(({ to }) => to)) };
  }

  function take(one: Seen, node: string): void {
    const before = owners.get(node);
    if (before === one) return;
    if (before && !before.isClosed) {
      before.isClosed = true;
      if (!gone(before)) before.why ??= "address-reused";
    }
    owners.set(node, one);
  }

  function see(one: Seen, since: number, at: number, state: Endpoint | undefined): void {
    const isReady = state?.isReady === true;
    if (isReady) delete one.notReady;
    else if (one.isReady) one.notReady = { from: since, to: at };
    one.isReady = isReady;
    if (!state || state.isTerminating) one.leaving ??= { from: since, to: at };
    else delete one.leaving;
  }

  function measured(one: Seen): MeasuredPod | undefined {
    const start = started(one);
    if (!start) return undefined;
    const { pod, notReady } = one;
    const times: MeasuredPod = { pod, start: one.deleted ? "deletion" : "endpointslice" };
    if (notReady) times.notReady = between(start, notReady);
    const held = [...one.apis.values()];
    const presents = held.flatMap(({ present }) => present ?? []);
    const end = gone(one);
    if (one.why) return { ...times, uncounted: one.why };
    if (presents.length === 0) return { ...times, uncounted: end ? "never-in-apisix" : "not-asked-since" };
    if (!end) {
      const isHeld = held.some(({ present, gone }) => present !== undefined && !gone && present >= start.to);
      if (!isHeld) return { ...times, uncounted: "not-asked-since" };
      const atLeastSeconds = rounded((Math.max(...presents) - start.to) / 1000);
      return { ...times, uncounted: "still-in-apisix", atLeastSeconds };
    }
    if (end.to < start.from - slack) return { ...times, uncounted: "left-before" };
    const time = between(start, end);
    return { ...times, gone: time, ...(time.plusMinus > vague ? { uncounted: "too-vague" } : {}) };
  }

  return {
    endpoints(since, at, all) {
      const now = new Map(all.map((each) => [each.uid, each]));
      for (const [uid, one] of seen) if (!now.has(uid)) see(one, since, at, undefined);
      for (const [uid, state] of now) {
        let one = seen.get(uid);
        if (!one) {
          // Whoever terminates already when it is first seen began to at a time that nobody saw.
          if (state.isTerminating) continue;
          one = { pod: state.pod, nodes: state.nodes, isReady: state.isReady, apis: new Map(), isClosed: false };
          seen.set(uid, one);
        } else see(one, since, at, state);
        if (state.nodes.length > 0) one.nodes = state.nodes;
        for (const node of one.nodes) take(one, node);
      }
    },

    pods(since, at, changed) {
      for (const { uid, isDeleted } of changed) {
        if (!isDeleted) {
          alive.add(uid);
          continue;
        }
        const one = seen.get(uid);
        if (one && !one.deleted && alive.has(uid)) one.deleted = { from: since, to: at };
        alive.delete(uid);
      }
    },

    nodes(number, asked, answered, nodes) {
      const api = apis[number];
      if (!api) return;
      for (const one of seen.values()) {
        if (one.isClosed) continue;
        const held = one.apis.get(api) ?? {};
        const isLeaving = started(one) !== undefined;
        if (one.nodes.some((node) => nodes.has(node))) {
          if (held.gone && held.present !== undefined && isLeaving) {
            // Its own again or another's with the same address: nobody can tell.
            one.why = "came-back";
            one.isClosed = true;
          }
          one.apis.set(api, { present: asked });
          continue;
        }
        // One that never had it has let go of it by the first answer after its end.
        const from = held.present ?? (isLeaving ? (api.asked ?? asked) : undefined);
        if (from !== undefined && !held.gone) one.apis.set(api, { ...held, gone: { from, to: answered } });
        const end = gone(one);
        if (isLeaving && end && answered - end.to > settled) one.isClosed = true;
      }
      api.asked = asked;
    },

    result: () => [...seen.values()].flatMap((one) => measured(one) ?? []),
  };
}
