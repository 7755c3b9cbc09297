import { strict as assert } from "node:assert";
import { hasNativeSleep, hasOrderedSidecars, minorVersion } from "../../src/kubernetes/version";

const cases: [version: string, minor: number, nativeSleep: boolean, orderedSidecars: boolean][] = [
  ["1.34", 34, true, true],
  ["v1.34.2", 34, true, true],
  ["1.34.2-gke.100", 34, true, true],
  ["1.30", 30, true, true],
  ["v1.30.0", 30, true, true],
  ["1.29", 29, false, true],
  ["1.28.15", 28, false, false],
  ["1.9", 9, false, false],
  ["1.3", 3, false, false],
  ["1.100", 100, true, true],
  ["", 0, false, false],
  ["latest", 0, false, false],
  ["11.34", 0, false, false],
];

describe("version", () => {
  for (const [version, minor, nativeSleep, orderedSidecars] of cases) {
    it(version || "none", () => {
      assert.equal(minorVersion(version), minor);
      assert.equal(hasNativeSleep(version), nativeSleep);
      assert.equal(hasOrderedSidecars(version), orderedSidecars);
    });
  }
});
