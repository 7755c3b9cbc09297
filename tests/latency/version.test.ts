import assert from "node:assert/strict";
import { isWithin, versionIn } from "../../src/latency/version";

const images: [image: string, version: string | undefined][] = [
  ["apache/apisix-ingress-controller:2.0.1", "2.0.1"],
  ["registry:5000/apache/apisix-ingress-controller:v1.8.4", "1.8.4"],
  ["apache/apisix-ingress-controller:2.0.0-rc5@sha256:00", "2.0.0-rc5"],
  ["registry:5000/apache/apisix-ingress-controller", undefined],
  ["apache/apisix-ingress-controller@sha256:00", undefined],
  ["apache/apisix-ingress-controller:latest", undefined],
  ["apache/apisix-ingress-controller:2.0", undefined],
  ["apache/apisix-ingress-controller:2.0.1-debug", undefined],
  ["apache/apisix-ingress-controller:99999.0.0", undefined],
  ["", undefined],
];

const ranges: [version: string, from: string, before: string, is: boolean][] = [
  ["2.0.0-rc3", "2.0.0-rc3", "2.0.0-rc5", true],
  ["2.0.0-rc10", "2.0.0-rc3", "2.0.0-rc5", false],
  ["2.0.0-rc10", "2.0.0-rc3", "2.0.0", true],
  ["2.0.0", "2.0.0-rc3", "2.0.0-rc5", false],
  ["2.0.0-rc5", "2.0.0", "2.1.0", false],
  ["2.0.12", "2.0.2", "2.1.0", true],
  ["2.1.0", "2.0.0", "2.1.0", false],
  ["latest", "2.0.0", "2.1.0", false],
];

describe("versions in tags", () => {
  for (const [image, version] of images) it(image || "no image", () => assert.equal(versionIn(image), version));
  for (const [version, from, before, is] of ranges) {
    it(`${version} is ${is ? "" : "not "}from ${from} to ${before}`, () =>
      assert.equal(isWithin(version, [from, before]), is));
  }
});
