/** The examples of docs/routing.md: a block of manifests, and after it what they lead to. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { whatOf } from "../../src/assess/blind-spot-messages";
import { printChain, resolveRoutes, type RoutingSettings } from "../../src/routing";
import { apisixVersion } from "../../src/routing/apisix/plugin-hosts";
import { fencedBlocks, readManifests } from "./manifests";
import { settings } from "./resources";

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
});
