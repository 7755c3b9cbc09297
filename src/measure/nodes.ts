/** What APISIX's APIs hold: the nodes of whatever upstream an answer has. */
import { isIPv6 } from "node:net";
import { isObject } from "../schema/check";

/** A node's host and port, in the one way in which the same address is always written. */
export function nodeKey(host: string, port: number): string {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const one = isIPv6(bare) && !bare.includes("%") ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare;
  return `${one} ${port}`;
}

/**
 * The nodes of an answer: of upstreams, in services and routes, in plugins (`traffic-split`), and what DNS made of them
 * (`dns_value`). Wherever a Pod is still a node, requests may go: also with a weight of 0, which is no promise.
 *
 * `nodes` is a list of `{ host, port, weight }` or an object from `host:port` to a weight
 * (APISIX `apisix/schema_def.lua`). The Admin API of APISIX 2.x calls the objects of its lists `nodes`, too: these
 * have no host.
 */
export function nodesOf(answer: unknown): Set<string> {
  const found = new Set<string>();
  // Without recursion: an answer may be as deep as it likes.
  const rest: unknown[] = [answer];
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value !== "object" || value === null) continue;
    for (const [key, child] of Object.entries(value)) {
      if (key === "nodes") for (const node of nodesIn(child)) found.add(node);
      rest.push(child);
    }
  }
  return found;
}

function nodesIn(nodes: unknown): string[] {
  if (Array.isArray(nodes)) {
    return nodes.flatMap((node: unknown) =>
      isObject(node) && typeof node.host === "string" ? [nodeKey(node.host, Number(node.port ?? 80))] : [],
    );
  }
  if (!isObject(nodes)) return [];
  return Object.keys(nodes).flatMap((address) => {
    const [, host, port = "80"] = /^(\[.*\]|[^:]+)(?::(\d+))?$/.exec(address) ?? [];
    return host === undefined ? [] : [nodeKey(host, Number(port))];
  });
}
