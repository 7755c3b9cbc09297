import assert from "node:assert/strict";
import { readRelease } from "../../src/kubernetes/helm";
import { helmRelease } from "../../src/kubernetes/resource";
import { unknown } from "../../src/kubernetes/values";
import { resolveRoutes } from "../../src/routing";
import { apisixRoute, app, backend, http, settings } from "./resources";

/** A release `redis` of the chart `cache` in the namespace of the route, with other inputs over these. */
const release = (props: object = {}, more: object = {}) => ({
  ...{ type: helmRelease, urn: "1", name: "store" },
  props: { name: "redis", chart: "oci://example.org/charts/cache", namespace: "shop", ...props },
  ...more,
});

/** The Service, the release, and whether that probably makes it. */
const cases: [what: string, service: string, release: object, isLikely: boolean][] = [
  ["the release's name", "redis", release(), true],
  ["the release's name with more behind it", "redis-master-headless", release(), true],
  ["the chart's name", "cache", release(), true],
  ["the chart's name with more behind it", "cache-replicas", release(), true],
  ["a name of more words", "redis-a-b-web", release({ name: "redis-a-b" }), true],
  ["a part of a word", "rediscover", release(), false],
  ["the name at the end", "my-redis", release(), false],
  ["another name", "web", release(), false],
  ["another namespace", "redis", release({ namespace: "other" }), false],
  ["a namespace that isn't known", "redis", release({ namespace: unknown }), false],
  [
    "the provider's namespace",
    "redis",
    release({ namespace: undefined }, { provider: { urn: "", props: { namespace: "shop" } } }),
    true,
  ],
  ["names that aren't known", "redis", release({ name: unknown, chart: unknown }), false],
  ["names of a wrong type", "redis", release({ name: 5, chart: ["redis"] }), false],
  ["no names", "", release({ name: "", chart: "" }), false],
  ["a chart in a folder", "cache-web", release({ chart: "./charts/cache/" }), true],
  ["a packed chart", "cache-web", release({ chart: "charts/cache-1.2.3.tgz" }), true],
  ["a name that no Service has", `redis${"-a".repeat(100)}`, release(), false],
];

describe("a Service that a Helm release probably makes", () => {
  for (const [what, service, given, isLikely] of cases) {
    it(`${what}: ${isLikely ? "named" : "not named"}`, () => {
      const read = readRelease({ ...release(), ...given });
      assert.ok(read);
      // The routes of these tests have no provider, which is a cluster of its own.
      const route = apisixRoute("shop/web", { ingressClassName: "apisix", ...http(backend(`${service}:80`)) });
      const { blindSpots } = resolveRoutes([route], settings, [
        { ...read, cluster: read.cluster === "default" ? "" : read.cluster },
      ]);
      const [spot] = blindSpots;
      if (service === "") return;
      assert.equal(spot?.code, "service-not-in-stack");
      assert.equal(spot.data.release, isLikely ? "store" : undefined);
    });
  }

  it("is not asked for where the stack has the Service", () => {
    const route = apisixRoute("shop/redis", { ingressClassName: "apisix", ...http(backend("redis")) });
    const read = readRelease(release());
    assert.ok(read);
    assert.deepEqual(resolveRoutes([route, ...app("shop/redis")], settings, [{ ...read, cluster: "" }]).blindSpots, []);
  });
});

describe("readRelease", () => {
  it("reads what is a release", () => {
    assert.deepEqual(readRelease(release()), {
      ...{ logicalName: "store", name: "redis", chart: "cache", namespace: "shop", cluster: "default" },
    });
    assert.equal(readRelease({ ...release(), type: "kubernetes:helm.sh/v4:Chart" }), undefined);
    assert.equal(
      readRelease(release({ namespace: undefined }, { provider: { urn: "p", props: { namespace: "x" } } }))?.namespace,
      "x",
    );
    assert.equal(readRelease(release({ namespace: undefined }))?.namespace, "default");
  });
});
