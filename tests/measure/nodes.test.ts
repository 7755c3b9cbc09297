import assert from "node:assert/strict";
import { nodesOf } from "../../src/measure";
import { nodeKey } from "../../src/measure/nodes";

const node = (host: string, port = 80, weight = 1) => ({ host, port, weight });

/** Answers of APISIX, and the nodes in them. Shapes are those of docs/en/latest/control-api.md and admin-api.md. */
const cases: [what: string, answer: unknown, nodes: string[]][] = [
  ["Control API: upstreams", [{ key: "/apisix/upstreams/1", value: { nodes: [node("10.0.0.1")] } }], ["10.0.0.1 80"]],
  ["Control API: services", [{ value: { upstream: { nodes: [node("10.0.0.1", 8080)] } } }], ["10.0.0.1 8080"]],
  ["Admin API v3", { total: 1, list: [{ value: { nodes: [node("10.0.0.1")] } }] }, ["10.0.0.1 80"]],
  ["Admin API of 2.x", { node: { nodes: [{ value: { nodes: [node("10.0.0.1")] } }] } }, ["10.0.0.1 80"]],
  [
    "nodes as an object",
    { nodes: { "10.0.0.1:8080": 1, web: 1, "[::1]:90": 1 } },
    ["10.0.0.1 8080", "::1 90", "web 80"],
  ],
  ["no port", { nodes: [{ host: "10.0.0.1", weight: 1 }] }, ["10.0.0.1 80"]],
  ["a weight of 0", { nodes: [node("10.0.0.1", 80, 0)] }, ["10.0.0.1 80"]],
  ["IPv6 however it is written", { nodes: [node("[FD00:0:0::1]")] }, [nodeKey("fd00::1", 80)]],
  [
    "traffic-split",
    {
      plugins: { "traffic-split": { rules: [{ weighted_upstreams: [{ upstream: { nodes: [node("10.0.0.2")] } }] }] } },
    },
    ["10.0.0.2 80"],
  ],
  [
    "what DNS made of a name",
    { nodes: [node("web")], dns_value: { nodes: [node("10.0.0.3")] } },
    ["10.0.0.3 80", "web 80"],
  ],
  ["an empty list, as Lua writes it", { list: {}, total: 0 }, []],
  ["malformed nodes", { nodes: [null, 1, "10.0.0.1", { host: 1 }, []] }, []],
  ["nodes that are none", [{ nodes: null }, { nodes: "10.0.0.1:80" }, { nodes: 7 }], []],
  ["no JSON object", "nodes", []],
];

describe("the nodes of an answer", () => {
  for (const [what, answer, nodes] of cases) {
    it(what, () => assert.deepEqual([...nodesOf(answer)].sort(), [...nodes].sort()));
  }

  it("of an answer that is as deep as it likes", () => {
    let deep: unknown = { nodes: [node("10.0.0.1")] };
    for (let i = 0; i < 100_000; i++) deep = { a: deep };
    assert.deepEqual([...nodesOf(deep)], ["10.0.0.1 80"]);
  });
});
