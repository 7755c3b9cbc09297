import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { isOlder, oldestSdk } from "../policies/engine-boundary";
import { isSupportedNode, supportedNode } from "../src/start";

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  engines: { node: string };
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};

describe("what the pack starts with", () => {
  it("is what package.json declares", () => {
    assert.equal(supportedNode, manifest.engines.node);
    const peers = Object.entries(oldestSdk).map(([name, version]) => [name, `^${version}`]);
    assert.deepEqual(Object.fromEntries(peers), manifest.peerDependencies);
    for (const range of Object.values(manifest.dependencies)) assert.match(range, /^\^/);
  });

  const nodes: Record<string, boolean> = {
    "18.20.8": false,
    "20.18.3": false,
    "20.19.0": true,
    "21.7.3": false,
    "22.0.0": false,
    "22.11.0": false,
    "22.12.0": true,
    "23.0.0": true,
    "24.1.0": true,
  };
  for (const [version, expected] of Object.entries(nodes)) {
    it(`${expected ? "takes" : "refuses"} Node ${version}`, () => assert.equal(isSupportedNode(version), expected));
  }

  const versions: [version: string, than: string, expected: boolean][] = [
    ["1.19.9", "1.20.0", true],
    ["1.20.0", "1.20.0", false],
    ["1.20.0-alpha.1", "1.20.0", false],
    ["1.100.0", "1.20.0", false],
    ["2.0.0", "1.20.0", false],
    ["0.99.0", "1.20.0", true],
    ["3.220.1", "3.220.0", false],
    ["3.99.0", "3.220.0", true],
    ["1.20.0", "1.20.1", true],
    ["1.20.2", "1.20.1", false],
    ["1.20.0", "1.20.0-alpha.1", false],
    ["1.20.1-alpha.1", "1.20.1-alpha.2", false],
    ["not a version", "1.20.0", false],
  ];
  for (const [version, than, expected] of versions) {
    it(`takes ${version} for ${expected ? "older" : "not older"} than ${than}`, () => {
      assert.equal(isOlder(version, than), expected);
    });
  }
});
