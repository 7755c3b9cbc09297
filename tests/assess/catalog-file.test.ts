import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCatalog } from "../../src/assess/catalog-file";
import { printCatalog } from "../../src/routing/catalog";
import type { Settings } from "../../src/settings/schema";
import { judged } from "../support/findings";
import { temporary } from "../support/folder";
import { preview, UNKNOWN, type TestResource } from "../support/host";
import { deployment, podSpec } from "../support/resources";

const entry = {
  namespace: "shop",
  name: "web",
  selector: { app: "web" },
  ports: [{ port: 80, targetPort: 8080 }],
  evidence: ["ApisixRoute shop/web › Service shop/web:80"],
};

/** A workload that nothing tells is reachable: no port, no probe. */
const quiet = (container: Record<string, unknown> = {}, pod: Record<string, unknown> = {}) =>
  deployment("web", { ports: [], ...container }, { pod });

async function run(resource: TestResource, settings: Settings, config: Record<string, never> | object = {}) {
  const { violations, resources } = await preview([resource], config as never, settings);
  return { violations, pod: podSpec(resources[0]?.props ?? {}) };
}

describe("the catalog setting", () => {
  const { folder, remove } = temporary();
  after(remove);

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it("makes a workload repaired of which nothing else is known", async () => {
    assert.equal((await run(quiet(), {})).pod.containers[0]?.lifecycle, undefined);
    const known = await run(quiet(), { catalog: [entry] });
    assert.deepEqual(known.pod.containers[0]?.lifecycle, { preStop: { sleep: { seconds: 5 } } });
    assert.deepEqual(known.violations, []);
  });

  for (const [form, catalog] of [
    ["entries", () => [entry]],
    ["a file", () => file("a.json", printCatalog({ sources: [], services: [entry] }))],
  ] as const) {
    it(`blames it with the catalog's evidence, by ${form}`, async () => {
      const { violations } = await run(quiet(), { catalog: catalog() }, { all: "mandatory" });
      assert.deepEqual(
        violations.map(({ policy, code, message }) => [policy, code, message.split("\n")[2]]),
        [
          [
            "pre-stop-sleep",
            "no-hook",
            "route catalog › ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
          ],
        ],
      );
    });
  }

  it("blames no other workload", async () => {
    const other = deployment("api", { ports: [] });
    assert.deepEqual((await run(other, { catalog: [entry] }, { all: "mandatory" })).violations, []);
  });

  it("tells the containers that serve a routed port", async () => {
    const containers = [
      { name: "web", ports: [{ name: "http", containerPort: 8080 }] },
      { name: "log", ports: [{ containerPort: 9090 }] },
    ];
    const { pod } = await run(deployment("web", {}, { pod: { containers } }), {
      catalog: [entry],
      containers: "serving",
    });
    assert.deepEqual(
      pod.containers.map(({ lifecycle }) => lifecycle !== undefined),
      [true, false],
    );
  });

  it("is a blind spot where the workload it knows can't be judged", async () => {
    const hook = { lifecycle: { preStop: { exec: { command: UNKNOWN } } } };
    const { violations } = await run(quiet(hook), { catalog: [entry] });
    const spots = violations.filter(({ policy }) => policy === "apisix-route-blind-spots");
    assert.equal(spots.length, 1);
    assert.match(spots[0]?.message ?? "", /Can't tell[^]*route catalog › ApisixRoute shop\/web/);
  });

  describe("maxCatalogAgeDays", () => {
    const stale = async (createdAt: string | undefined, maxCatalogAgeDays?: number) => {
      const date = createdAt === undefined ? {} : { createdAt };
      const catalog = file(`${createdAt}.json`, printCatalog({ ...date, sources: [], services: [entry] }));
      const settings = { catalog, ...(maxCatalogAgeDays === undefined ? {} : { maxCatalogAgeDays }) };
      const { violations } = await run(quiet(), settings);
      return violations.map(({ policy, level, code, message }) => [policy, level, code, message.split("\n")[1]]);
    };
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000 - 1000).toISOString();

    it("says so of an older one", async () => {
      const [spot, ...others] = await stale(daysAgo(31), 30);
      assert.deepEqual(spot?.slice(0, 3), ["apisix-rollout-advice", "advisory", "catalog-stale"]);
      assert.match(spot?.[3] ?? "", /is 31 days old, and maxCatalogAgeDays is 30/);
      assert.deepEqual(others, []);
    });
    it("counts whole days", () => {
      const catalog = file(
        "day.json",
        printCatalog({ createdAt: "2027-01-01T12:00:00Z", sources: [], services: [entry] }),
      );
      const days = (day: string, maxCatalogAgeDays: number) =>
        judged([quiet()], { catalog, maxCatalogAgeDays }, {}, new Date(day))
          .findings.filter(({ code }) => code === "catalog-stale")
          .map(({ data }) => data);
      assert.deepEqual(days("2027-01-31T12:00:00Z", 30), []);
      assert.deepEqual(days("2027-01-31T12:00:00Z", 29), [{ file: catalog, days: 30, most: 29 }]);
      assert.deepEqual(days("2027-01-31T11:59:59.999Z", 29), []);
    });
    it("holds for a file only", () => {
      assert.deepEqual(judged([quiet()], { catalog: [entry], maxCatalogAgeDays: 1 }).printed, [
        "pre-stop-sleep: no-hook web web",
      ]);
    });
    it("says so of one without a date", async () =>
      assert.equal((await stale(undefined, 30))[0]?.[2], "catalog-undated"));
    it("is silent of a younger one, and without the setting", async () => {
      assert.deepEqual(await stale(daysAgo(29), 30), []);
      assert.deepEqual(await stale(daysAgo(1000)), []);
    });
  });

  const bad: [what: string, catalog: () => unknown, says: RegExp][] = [
    ["a file that isn't there", () => join(folder, "no.json"), /^Route catalog .*no\.json: no such file/],
    ["a folder", () => folder, /can't be read \(EISDIR\)/],
    ["a truncated file", () => file("cut.json", '{"version": 1, "serv'), /cut\.json: ends in the middle, at line 1/],
    ["another version", () => file("v2.json", '{"version": 2}'), /v2\.json: version: 2/],
    ["two entries for one Service", () => [entry, entry], /^catalog\[1\]: Service shop\/web duplicates catalog\[0\]/],
  ];
  for (const [what, catalog, says] of bad) {
    it(`refuses ${what} once, before anything is judged`, async () => {
      const setting = catalog() as NonNullable<Settings["catalog"]>;
      assert.throws(() => readCatalog(setting), { name: "CatalogError", message: says });
      await assert.rejects(run(quiet(), { catalog: setting }), /Bad setting of apisix-graceful-termination: catalog: /);
    });
  }
});
