/**
 * A double of APISIX's Admin API (v3), as far as the ingress controller 1.x calls it: it takes and keeps whatever is
 * put, and knows no plugin, so that the controller checks nothing against a plugin's schema.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { serve } from "../serve";

/** What was put: collection (`routes`, `upstreams`, …) → id → object. */
export type Pushed = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

export interface AdminApi {
  /** `http://127.0.0.1:…/apisix/admin` */
  url: string;
  pushed: Pushed;
  /** Milliseconds since the last change. */
  quietFor: () => number;
  /** Forgets everything. */
  clear: () => void;
  stop: () => void;
}

const root = "/apisix/admin";

/** @param onChange is told after each change */
export async function startAdminApi(onChange = () => {}): Promise<AdminApi> {
  const pushed = new Map<string, Map<string, unknown>>();
  let changed = Date.now();
  const { url, stop } = await serve((request, response) => {
    void readText(request).then((text) => {
      const { status, body } = answer(pushed, request.method ?? "", request.url ?? "", text);
      if (request.method !== "GET") {
        changed = Date.now();
        onChange();
      }
      send(response, status, body);
    });
  });
  return {
    url: `${url}${root}`,
    pushed,
    quietFor: () => Date.now() - changed,
    clear: () => pushed.clear(),
    stop,
  };
}

/** Of 1.8.4, pkg/apisix/cluster.go and resource.go: an item is `{ key, value }`, and a list has its `total`. */
function answer(
  pushed: Map<string, Map<string, unknown>>,
  method: string,
  url: string,
  text: string,
): { status: number; body: unknown } {
  const [collection = "", id] = new URL(url, "http://admin").pathname.slice(root.length + 1).split("/");
  if (collection === "plugins" || collection === "schema") return { status: 200, body: {} };
  const objects = pushed.get(collection) ?? new Map<string, unknown>();
  pushed.set(collection, objects);
  const item = (key: string) => ({ key: `/apisix/${collection}/${key}`, value: objects.get(key) });
  if (id === undefined) return { status: 200, body: { total: objects.size, list: [...objects.keys()].map(item) } };
  if (method === "PUT") objects.set(id, JSON.parse(text));
  if (!objects.has(id)) return { status: 404, body: { message: "Key not found" } };
  if (method === "DELETE") return { status: 200, body: { deleted: String(objects.delete(id)), key: id } };
  return { status: 200, body: item(id) };
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += part;
  return text;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
