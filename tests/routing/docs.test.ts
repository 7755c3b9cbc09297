/** The examples of docs/routing.md: a block of manifests, and after it what they lead to. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { whatOf } from "../../src/assess/blind-spot-messages";
import { printChain, resolveRoutes, type RefusalCode, type RoutingSettings } from "../../src/routing";
import { apisixVersion } from "../../src/routing/apisix/plugin-hosts";
import { refusals } from "../assess/refusals";
import { fencedBlocks, readManifests } from "./manifests";
import { settings } from "./resources";

/** Why a line doesn't take a path, or takes a class for another controller's; nothing is dead for it. */
const onlyNotes: readonly RefusalCode[] = [
  "class-of-other-controller",
  "grpc-route-not-read",
  "no-gateway-named",
  "discovery-differs",
  "class-not-known",
  "split-replaces-plugin",
  "plugin-replaces-split",
  "gateway-proxy-not-read",
  "plugin-config-not-read",
  "plugin-takes-all",
  "consumer-plugins-not-read",
  "first-backend-only",
  "reference-grant-not-in-stack",
];

const text = readFileSync(join(__dirname, "../../docs/routing.md"), "utf8");

describe("docs/routing.md", () => {
  const blocks = fencedBlocks(text);
  it("has a result after each example", () => {
    assert.ok(blocks.length >= 8);
    for (const [i, { language }] of blocks.entries()) assert.equal(language, i % 2 === 0 ? "yaml" : "text");
  });

  for (let i = 0; i + 1 < blocks.length; i += 2) {
    const [example, result] = [blocks[i], blocks[i + 1]];
    it(`example ${i / 2 + 1}`, () => {
      const controller = (/controller=(\d)/.exec(example?.info ?? "")?.[1] ?? "auto") as RoutingSettings["controller"];
      const routes = resolveRoutes(readManifests(example?.text ?? ""), { ...settings, gatewayProxies: [], controller });
      const lines = [
        ...routes.workloads.flatMap(({ chains }) =>
          chains.map((chain) => printChain(chain) + (chain.via === "mirror" ? " (mirror)" : "")),
        ),
        ...routes.blindSpots.map((spot) => `Blind spot: ${whatOf(spot)}`),
      ];
      assert.deepEqual(lines, result?.text.trimEnd().split("\n"));
    });
  }

  it("says which version of APISIX its plugins are of", () => {
    assert.ok(text.includes(`The plugins of APISIX ${apisixVersion}:`));
  });

  it("has a row for each reason that makes a route dead", () => {
    const [, table = ""] = /^## Dead routes$(.*?)^## /ms.exec(text) ?? [];
    const rows = [...table.matchAll(/^\| `([a-z-]+)` /gm)].map(([, code = ""]) => code);
    assert.deepEqual(new Set(rows).size, rows.length, "one row a code");
    const codes = refusals.map(({ code }) => code).filter((code) => !onlyNotes.includes(code));
    assert.deepEqual([...rows].sort(), [...codes].sort());
  });
});
