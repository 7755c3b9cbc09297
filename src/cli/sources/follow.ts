/** Objects of a live cluster, as they change: listed, then watched; listed again wherever the watch ends. */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { elementsOf, get, getString } from "../../kubernetes/values";
import type { Api } from "./cluster";
import { InputError } from "./source";

/** What a follower gets. Times are of `performance.now()`: something happened between the two. */
export interface Follower {
  /** For messages: `pods`. */
  what: string;
  /** All objects. */
  onList: (since: number, at: number, objects: unknown[]) => void;
  /** One object that came, changed or went. */
  onChange: (since: number, at: number, object: unknown, isGone: boolean) => void;
  /** Something wasn't seen. */
  onProblem: (problem: string) => void;
}

/** Seconds between two lists, at least. */
const pause = 1;

/**
 * A watch answers nothing when it begins: what it brings within so many milliseconds may have happened at any time since
 * the list.
 */
const beginning = 2_000;

/**
 * Follows a list's objects until `stop` is aborted.
 *
 * @param path of the list, with a query or without
 * @param seconds how long it goes on, at most
 * @throws InputError where the first list is refused: `message` says why
 */
export async function follow(api: Api, path: string, seconds: number, stop: AbortSignal, to: Follower): Promise<void> {
  const and = path.includes("?") ? "&" : "?";
  let since: number | undefined;
  let canWatch = true;
  while (!stop.aborted) {
    const asked = performance.now();
    const listed = await list(api, path).catch((error: unknown) => {
      if (since === undefined || !(error instanceof Error)) throw error;
      return error;
    });
    if (stop.aborted) return;
    if (listed instanceof Error) to.onProblem(listed.message);
    else {
      to.onList(since ?? asked, performance.now(), elementsOf(listed, "items"));
      since = asked;
      if (canWatch) {
        const begun = performance.now();
        let last = asked;
        const version = encodeURIComponent(String(getString(listed, "metadata", "resourceVersion") ?? ""));
        const query = `watch=1&resourceVersion=${version}&timeoutSeconds=${Math.ceil(seconds) + 60}`;
        const onLine = (line: string) => {
          const event = parsed(line);
          const [type, object] = [get(event, "type"), get(event, "object")];
          if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") return;
          const now = performance.now();
          to.onChange(now - begun < beginning ? asked : now, now, object, type === "DELETED");
          last = now;
        };
        const failure = await api.stream(`${path}${and}${query}`, onLine, stop);
        const ended = performance.now();
        // Ctrl-C ends kubectl, too, and maybe before it is heard here.
        await sleep(100, undefined, { signal: stop }).catch(() => undefined);
        if (stop.aborted) return;
        since = failure ? last : ended;
        if (failure?.status === 403) {
          canWatch = false;
          to.onProblem(`not allowed to watch ${to.what}: they are listed every ${pause} s, so times are less exact`);
        } else if (failure) to.onProblem(`watching ${to.what} broke off (${failure.said}): they are listed again`);
      }
    }
    await sleep(pause * 1000, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function list(api: Api, path: string): Promise<unknown> {
  const answer = await api.ask(path);
  if ("body" in answer) return answer.body;
  throw new InputError(`${api.name}: GET ${path.split("?")[0]} failed: ${answer.said}`);
}

/** An event is one line of JSON; whatever else comes is none. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
