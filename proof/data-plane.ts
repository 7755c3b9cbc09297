/**
 * A stand-in for APISIX's data plane. It proxies by what the ingress controller has put into the Admin API, as APISIX's
 * nginx does by default (3.18.0, apisix/cli/ngx_tpl.lua, apisix/balancer.lua):
 *
 * - nodes in turn, one more try for each further node (`retries`), which are tried once each (a single one again);
 * - another try after an error or a timeout before the answer begins (`proxy_next_upstream error timeout`), but not for
 *   a POST that was sent already;
 * - connections are kept open; a try on one that turns out to be closed doesn't count;
 * - 60 s to connect and to answer.
 *
 * There is neither an etcd nor a controller 2.x between. In their place, what is put is used after a delay.
 */
import { Agent, IncomingMessage, request as httpRequest } from "node:http";
import type { IncomingHttpHeaders, RequestListener, ServerResponse } from "node:http";
import type { Pushed } from "../tests/support/controller/admin-api";
import { serve } from "../tests/support/serve";

/** APISIX's `retries`: its default, which is the number of nodes less one, or 0. */
export type Retries = "default" | "off";

export interface DataPlane {
  /** `http://127.0.0.1:…` */
  proxies: Record<Retries, string>;
  /** Its Control API, which tells what it uses now. */
  controlApi: string;
  /** It uses what was put until now, after its delay. */
  put: (pushed: Pushed) => void;
  /** How long it takes to use what is put. Seconds. */
  delaySeconds: number;
  /** Since when an address isn't a node any more: Unix time in milliseconds. */
  removals: ReadonlyMap<string, number>;
  stop: () => void;
}

interface UpstreamNode {
  host: string;
  port: number;
}

interface Failure {
  isTimeout: boolean;
  /** Was the request sent, if only in part? */
  isSent: boolean;
  /** Was the connection one that was kept open? */
  isReused: boolean;
}

const timeout = 60_000;

export async function startDataPlane(): Promise<DataPlane> {
  let used: Pushed = new Map();
  let addresses = new Set<string>();
  const removals = new Map<string, number>();
  const use = (pushed: Pushed) => {
    used = pushed;
    const now = new Set([...(used.get("upstreams")?.values() ?? [])].flatMap(nodesOf).map(({ host }) => host));
    for (const address of addresses) if (!now.has(address)) removals.set(address, Date.now());
    for (const address of now) removals.delete(address);
    addresses = now;
  };
  const servers = {
    default: await serve(proxy(() => used, "default")),
    off: await serve(proxy(() => used, "off")),
    control: await serve((request, response) => {
      const collection = request.url?.replace(/^\/v1\//, "") ?? "";
      const values = [...(used.get(collection)?.values() ?? [])].map((value) => ({ value }));
      response.setHeader("content-type", "application/json").end(JSON.stringify(values));
    }),
  };
  let [puts, latest] = [0, 0];
  const plane: DataPlane = {
    proxies: { default: servers.default.url, off: servers.off.url },
    controlApi: servers.control.url,
    delaySeconds: 0,
    put: (pushed) => {
      const copy = new Map([...pushed].map(([collection, objects]) => [collection, new Map(objects)]));
      const number = ++puts;
      const useIt = () => {
        // What was put later may have been in use sooner, with another delay.
        if (number > latest) use(copy);
        latest = Math.max(latest, number);
      };
      if (plane.delaySeconds === 0) useIt();
      else setTimeout(useIt, plane.delaySeconds * 1000).unref();
    },
    removals,
    stop: () => Object.values(servers).forEach(({ stop }) => stop()),
  };
  return plane;
}

function proxy(pushed: () => Pushed, retries: Retries): RequestListener {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 320 });
  let turn = 0;

  const ask = (node: UpstreamNode, request: IncomingMessage, body: Buffer) =>
    new Promise<IncomingMessage | Failure>((resolve) => {
      let isSent = false;
      const { method, url: path } = request;
      const headers = endToEnd(request.headers);
      const asked = httpRequest({ ...node, agent, method, path, headers, timeout }, resolve);
      const fail = (isTimeout: boolean) => resolve({ isTimeout, isSent, isReused: asked.reusedSocket });
      asked.on("socket", (socket) => {
        if (socket.connecting) socket.once("connect", () => (isSent = true));
        else isSent = true;
      });
      asked.on("timeout", () => {
        fail(true);
        asked.destroy();
      });
      asked.on("error", () => fail(false));
      asked.end(body);
    });

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(request);
    const nodes = nodesFor(pushed(), request.url ?? "/");
    if (nodes === undefined) return end(response, 404);
    if (nodes.length === 0) return end(response, 503);
    const first = turn++;
    let tries = 1 + (retries === "default" ? nodes.length - 1 : 0);
    // Each is asked once, but for a single one.
    for (let i = 0; i < nodes.length || nodes.length === 1; i++) {
      const answer = await ask(nodes[(first + i) % nodes.length]!, request, body);
      if (answer instanceof IncomingMessage) return relay(answer, response);
      if (!answer.isReused || answer.isTimeout) tries--;
      if (tries === 0 || (answer.isSent && request.method === "POST")) {
        return end(response, answer.isTimeout ? 504 : 502);
      }
    }
    end(response, 502);
  }

  return (request, response) => void pass(request, response).catch(() => response.destroy());
}

/** The nodes of the route for a path; undefined where there is none. */
function nodesFor(pushed: Pushed, url: string): UpstreamNode[] | undefined {
  const path = url.replace(/\?.*/, "");
  for (const route of (pushed.get("routes") ?? new Map<string, unknown>()).values()) {
    const { uris = [], upstream_id = "" } = route as { uris?: string[]; upstream_id?: string };
    const matches = uris.some((uri) => (uri.endsWith("*") ? path.startsWith(uri.slice(0, -1)) : path === uri));
    if (matches) return nodesOf(pushed.get("upstreams")?.get(upstream_id));
  }
  return undefined;
}

function nodesOf(upstream: unknown): UpstreamNode[] {
  return (upstream as { nodes?: UpstreamNode[] } | undefined)?.nodes?.map(({ host, port }) => ({ host, port })) ?? [];
}

function relay(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
  // Once the answer has begun, nothing can be made good.
  answer.on("error", () => response.destroy()).pipe(response);
}

/** Without the headers that are of one connection alone. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _c, "keep-alive": _k, "transfer-encoding": _t, ...others } = headers;
  return others;
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
