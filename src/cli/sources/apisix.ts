/** APISIX's own APIs, read only: what a data plane holds (Control API), or what it was given (Admin API). */
import type { ClientRequest, IncomingMessage } from "node:http";
import { getList, getNumber } from "../../kubernetes/values";
import { nodesOf } from "../../measure";
import { InputError, UsageError } from "./source";

export interface ApisixApi {
  /** For messages: its URL. */
  name: string;
  /** All nodes that it holds. @throws InputError where it doesn't tell them, or not all of them */
  nodes: () => Promise<Set<string>>;
  close: () => void;
}

/** What one answer may hold, in bytes. */
const largest = 64 * 1024 * 1024;

/** `/v1/services` and `/v1/upstreams` are of APISIX 2.11 and later (docs/en/latest/control-api.md). */
const lists = ["upstreams", "services", "routes"];

/** @throws UsageError what is wrong with the URL, without what it holds: it may be a password */
export function apisixUrl(text: string): URL {
  const wrong = (why: string) => new UsageError(`a URL of APISIX: ${why}; write it as http://127.0.0.1:9090`);
  if (!URL.canParse(text)) throw wrong("not a URL");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw wrong("neither http nor https");
  if (url.username !== "" || url.password !== "") throw wrong("credentials don't belong in it");
  if (url.search !== "" || url.hash !== "") throw wrong("it ends with its path");
  return url;
}

/** What a data plane holds right now. @param timeout seconds */
export function controlApi(url: URL, timeout: number): ApisixApi {
  return apisixApi(url, "/v1", {}, timeout);
}

/** What APISIX was given. @param key goes into the header `X-API-KEY` and nowhere else @param timeout seconds */
export function adminApi(url: URL, key: string | undefined, timeout: number): ApisixApi {
  const path = /\/apisix\/admin\/?$/.test(url.pathname) ? "" : "/apisix/admin";
  const named = new URL(`${url.href.replace(/\/+$/, "")}${path}`);
  return apisixApi(named, "", key === undefined ? {} : { "x-api-key": key }, timeout);
}

function apisixApi(url: URL, below: string, headers: Record<string, string>, timeout: number): ApisixApi {
  const name = url.href.replace(/\/+$/, "");
  const { request, Agent } = clientOf(url);
  // An agent of its own: no proxy of the environment gets between, and one connection stays open.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let served: readonly string[] | undefined;

  const ask = (list: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const fail = (why: string) => {
        reject(new InputError(`${name}${below}/${list}: ${why}`));
        asked.destroy();
      };
      const onAnswer = (answer: IncomingMessage) => {
        const parts: Buffer[] = [];
        let size = 0;
        answer.on("data", (part: Buffer) => {
          size += part.length;
          if (size > largest) fail(`an answer of more than ${largest} bytes`);
          else parts.push(part);
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
        answer.on("error", () => fail("its answer broke off"));
      };
      const target = `${name}${below}/${list}`;
      const asked: ClientRequest = request(
        target,
        { agent, headers: { ...headers, accept: "application/json" } },
        onAnswer,
      );
      // Of the whole answer, and not of its silences.
      const late = setTimeout(() => fail(`no answer in ${timeout} s`), timeout * 1000);
      asked.on("close", () => clearTimeout(late));
      // The code alone: a message may quote what was sent.
      asked.on("error", (error: NodeJS.ErrnoException) => fail(`no answer: ${error.code ?? "the connection failed"}`));
      asked.end();
    });

  async function read(list: string): Promise<Set<string> | undefined> {
    const { status, text } = await ask(list);
    const wrong = (why: string) => new InputError(`${name}${below}/${list}: ${why}`);
    // Only before it has ever answered: later, what was there isn't any more.
    if (status === 404 && served === undefined) return undefined;
    if (status === 401 || status === 403) throw wrong(`it doesn't accept the credentials (${status})`);
    if (status !== 200) throw wrong(`it answers with status ${status}`);
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      throw wrong("its answer is not JSON");
    }
    if (typeof answer !== "object" || answer === null) throw wrong("its answer is no list");
    // Without `page` it lists all (APISIX apisix/admin/v3_adapter.lua); what stands before it may add one.
    const [total, listed] = [getNumber(answer, "total"), getList(answer, "list")];
    if (typeof total === "number" && total > (Array.isArray(listed) ? listed.length : 0)) {
      throw wrong(`its answer is a page of ${total} objects, and not all of them`);
    }
    return nodesOf(answer);
  }

  return {
    name,
    nodes: async () => {
      const all = new Set<string>();
      const answered: string[] = [];
      for (const list of served ?? lists) {
        const nodes = await read(list);
        if (!nodes) continue;
        answered.push(list);
        for (const node of nodes) all.add(node);
      }
      if (answered.length === 0) throw new InputError(`${name}${below}: it has none of ${lists.join(", ")} (404)`);
      served = answered;
      return all;
    },
    close: () => agent.destroy(),
  };
}

/** Loaded on first use: other commands ask nobody. */
function clientOf({ protocol }: URL): Pick<typeof import("node:http"), "request" | "Agent"> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require(protocol === "https:" ? "node:https" : "node:http") as typeof import("node:http");
}
