import assert from "node:assert/strict";
import fc from "fast-check";
import { readWorkload, type Workload } from "../../src/kubernetes/workload";
import {
  CatalogError,
  catalogEntries,
  catalogEntryFor,
  indexCatalog,
  parseCatalog,
  printCatalog,
  type CatalogEntry,
} from "../../src/routing/catalog";
import { resolveRoutes } from "../../src/routing";
import { apisixRoute, backend, deployment, http, service, settings, withUnknown } from "./resources";

function entry(more: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    namespace: "shop",
    name: "web",
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, targetPort: "http" }],
    evidence: ["ApisixRoute shop/web › Service shop/web:80"],
    ...more,
  };
}

function workload(name: string, labels: unknown, podSpec: Record<string, unknown> = {}): Workload {
  const containers = [{ name: "app", ports: [{ name: "http", containerPort: 8080 }] }];
  const read = readWorkload(deployment(name, labels, { containers, ...podSpec }));
  assert.ok(read);
  return read;
}

describe("route catalog", () => {
  describe("parseCatalog", () => {
    const file = (services: unknown, more: object = {}) => JSON.stringify({ version: 1, services, ...more });
    const bad: [what: string, text: string, says: string | RegExp][] = [
      ["an empty file", "", "ends in the middle, at line 1, column 1: it is cut off"],
      [
        "a truncated file",
        printCatalog({ sources: [], services: [entry()] }).slice(0, 300),
        /ends in the middle, at line \d+/,
      ],
      ["text", "services:\n  - x", "is not JSON: line 1, column 1"],
      ["a list", "[]", "must be an object, not a list"],
      ["no version", "{}", "- version: is missing\n  - services: is missing"],
      [
        "another version",
        '{"version": 2}',
        /^version: 2, and this release reads version 1; regenerate it with `apisix-graceful-termination routes`/,
      ],
      ["a version of another type", '{"version": "1"}', "- services: is missing\n  - version: must be 1"],
      ["no services", '{"version": 1}', "services: is missing"],
      ["a date that is none", file([], { createdAt: "yesterday" }), 'createdAt: must look like "2027-01-31T12:00:00Z"'],
      ["sources of another type", file([], { sources: [1] }), "sources[0]: must be a string, not a number"],
      ["what is wrong in the middle, with its place", '{\n  "version": 1,\n  oops\n}', "is not JSON: line 3, column 3"],
      ["a date that is a number", file([], { createdAt: 5 }), /^createdAt: must be a string/],
      ["a port that is a number", file([{ ...entry(), ports: [80] }]), /^services\[0\]\.ports\[0\]: must be an object/],
      [
        "twenty mistakes, all of them named",
        file(Array.from({ length: 20 }, () => 1)),
        /^- services\[0\]: [^]*- services\[19\]: [^\n]*$/,
      ],
      [
        "more mistakes than anyone reads",
        file(Array.from({ length: 21 }, () => 1)),
        /- services\[19\]: [^\n]*\n {2}- and 1 more$/,
      ],
      [
        "two entries for one Service",
        file([entry(), entry({ selector: { x: "y" } })]),
        "services[1]: Service shop/web duplicates services[0]",
      ],
      [
        "a selector that is a string",
        file([{ ...entry(), selector: "app=web" }]),
        "services[0].selector: must be an object, not a string",
      ],
      [
        "a selector with a number",
        file([{ ...entry(), selector: { app: 1 } }]),
        'services[0].selector["app"]: must be a string, not a number',
      ],
      [
        "a selector with null",
        file([{ ...entry(), selector: { app: null } }]),
        'services[0].selector["app"]: must be a string, not null',
      ],
      ["an empty selector", file([{ ...entry(), selector: {} }]), "services[0].selector: must not be empty"],
      ["no name", file([{ ...entry(), name: undefined }]), "services[0].name: is missing"],
      [
        "a port that is a string",
        file([{ ...entry(), ports: [{ port: "80" }] }]),
        "services[0].ports[0].port: must be a whole number, not a string",
      ],
      ["ports that are no list", file([{ ...entry(), ports: {} }]), "services[0].ports: must be a list, not an object"],
      [
        "evidence that is no list",
        file([{ ...entry(), evidence: "x" }]),
        "services[0].evidence: must be a list, not a string",
      ],
      ["an entry that is null", file([null]), "services[0]: must be an object, not null"],
      [
        "many mistakes",
        file([{ ...entry(), name: 1, ports: 1 }]),
        "- services[0].name: must be a string, not a number\n  - services[0].ports: must be a list, not a number",
      ],
    ];
    for (const [what, text, says] of bad) {
      it(`refuses ${what}`, () => {
        assert.throws(
          () => parseCatalog(text, "catalog.json"),
          (error: unknown) => {
            assert.ok(error instanceof CatalogError);
            assert.ok(error.message.startsWith("Route catalog catalog.json: "), error.message);
            const problem = error.message.slice("Route catalog catalog.json: ".length);
            if (typeof says === "string") assert.equal(problem, says);
            else assert.match(problem, says);
            return true;
          },
        );
      });
    }

    it("throws nothing but CatalogError, whatever the text is", () => {
      const anything = fc.oneof(
        fc.string(),
        fc.json(),
        fc.anything().map((services) => JSON.stringify({ version: 1, services }) ?? ""),
      );
      fc.assert(
        fc.property(anything, (text) => {
          try {
            parseCatalog(text, "x");
          } catch (error) {
            assert.ok(error instanceof CatalogError);
          }
        }),
      );
    });

    it("reads what printCatalog writes, also with a byte order mark and fields of a later release", () => {
      const catalog = { createdAt: "2027-01-31T12:00:00Z", sources: ["edge.json"], services: [entry()] };
      assert.deepEqual(parseCatalog(`\ufeff${printCatalog(catalog)}`, "x"), catalog);
      const bare = { namespace: "shop", name: "web", selector: { app: "web" } };
      assert.deepEqual(parseCatalog(file([bare]), "x"), { sources: [], services: [bare] });
      assert.equal(parseCatalog(file([{ ...entry(), weight: 1 }], { later: true }), "x").services.length, 1);
    });
  });

  describe("catalogEntries", () => {
    it("has the ports that routes use, and leaves mirrors and dormant ways out", () => {
      const two = { ports: [{ name: "http", port: 80, targetPort: 8080 }, { port: 9090 }] };
      const routes = resolveRoutes(
        [
          service("shop/web", { app: "web" }, two),
          service("shop/idle", { app: "idle" }),
          apisixRoute("shop/web", http(backend("web:http"), backend("idle", { weight: 0 }))),
          apisixRoute("shop/other", http(backend("web:80"))),
        ],
        settings,
      );
      const { entries, omissions } = catalogEntries(routes.services);
      assert.deepEqual(omissions, []);
      assert.deepEqual(entries, [
        {
          namespace: "shop",
          name: "web",
          selector: { app: "web" },
          ports: [{ name: "http", port: 80, targetPort: 8080 }],
          evidence: ["ApisixRoute shop/other › Service shop/web:80", "ApisixRoute shop/web › Service shop/web:http"],
        },
      ]);
    });

    it("has a Service of several clusters once, unless they select differently", () => {
      const of = (cluster: string, name: string, selector: object, ports: object[]) =>
        [
          service(`shop/${name}`, selector, { ports }),
          apisixRoute(
            `shop/${cluster}`,
            http(...ports.map(({ port }: { port?: number }) => backend(`${name}:${port}`))),
          ),
        ].map((each) => ({ ...each, cluster, id: `${cluster} ${each.id}` }));
      const routes = resolveRoutes(
        [
          ...of("east", "web", { app: "web" }, [{ port: 90, name: "b" }, { port: 80 }]),
          ...of("west", "web", { app: "web" }, [{ port: 90, name: "a" }, { port: 80 }]),
          ...of("north", "api", { app: "api" }, [{ port: 80 }]),
          ...of("south", "api", { app: "other" }, [{ port: 80 }]),
          ...of("north", "unknown", { app: "x" }, [withUnknown({ port: 80 }, "targetPort")]),
        ],
        settings,
      );
      const { entries, omissions } = catalogEntries(routes.services);
      assert.deepEqual(
        entries.map(({ name, ports, evidence }) => [name, ports, evidence?.length]),
        [
          ["unknown", [], 1],
          ["web", [{ port: 80 }, { name: "a", port: 90 }, { name: "b", port: 90 }], 4],
        ],
      );
      assert.deepEqual(
        omissions.map(({ label }) => label),
        ["Service shop/api"],
      );
    });

    it("says which routed Services it can't hold", () => {
      const routes = resolveRoutes(
        [
          service("shop/none", undefined),
          service("shop/odd", { app: 5 }),
          apisixRoute("shop/web", http(backend("none"), backend("odd"))),
        ],
        settings,
      );
      const { entries, omissions } = catalogEntries(routes.services);
      assert.deepEqual(entries, []);
      assert.deepEqual(omissions, [
        { label: "Service shop/none", why: "it has no selector, so its Pods aren't known" },
        { label: "Service shop/odd", why: "its selector is not known" },
      ]);
    });
  });

  describe("catalogEntryFor", () => {
    const cases: [what: string, name: string, labels: unknown, expected: string | undefined][] = [
      [
        "a selected workload",
        "shop/web",
        { app: "web", tier: "front" },
        "route catalog › ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
      ],
      ["another namespace", "other/web", { app: "web" }, undefined],
      ["other labels", "shop/web", { app: "api" }, undefined],
      ["no labels", "shop/web", undefined, undefined],
      ["labels of a wrong type", "shop/web", "app=web", undefined],
      ["a label of a wrong type", "shop/web", { app: 1 }, undefined],
      ["no namespace", "web", { app: "web" }, undefined],
    ];
    for (const [what, name, labels, expected] of cases) {
      it(`${expected === undefined ? "knows nothing of" : "knows"} ${what}`, () => {
        assert.equal(catalogEntryFor(workload(name, labels), indexCatalog([entry()]))?.evidence, expected);
      });
    }

    it("counts further ways and shows the shortest", () => {
      const long = entry({ name: "web-2", evidence: ["Gateway a/b › HTTPRoute shop/web › Service shop/web-2:80"] });
      const match = catalogEntryFor(workload("shop/web", { app: "web" }), indexCatalog([long, entry()]));
      assert.equal(
        match?.evidence,
        "route catalog › ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web (and 1 more way)",
      );
    });

    it("does without evidence and ports", () => {
      const bare = { namespace: "shop", name: "web", selector: { app: "web" } };
      const match = catalogEntryFor(workload("shop/web", { app: "web" }), indexCatalog([bare]));
      assert.deepEqual(match, { evidence: "route catalog › Service shop/web › Deployment shop/web" });
    });

    it("knows nothing of a workload that has none of the ports", () => {
      const of = (ports: NonNullable<CatalogEntry["ports"]>, declared: unknown) => {
        const containers = [{ name: "web", ports: declared }];
        const index = indexCatalog([entry({ ports })]);
        return catalogEntryFor(workload("shop/web", { app: "web" }, { containers }), index) !== undefined;
      };
      const [byName, byNumber] = [
        { port: 80, targetPort: "http" },
        { port: 81, targetPort: 8081 },
      ];
      assert.equal(of([byName], []), false);
      assert.equal(of([byName], [{ name: "web", containerPort: 8080 }]), false);
      assert.equal(of([byName, byNumber], []), true);
      assert.equal(of([byNumber], []), true);
      assert.equal(of([{ port: 80 }], []), true);
      assert.equal(of([], []), true);
      // An entry doesn't tell protocols, and what isn't known may be the port.
      assert.equal(of([byName], [{ name: "http", containerPort: 8080, protocol: "UDP" }]), true);
      assert.equal(of([byName], [{ name: 7, containerPort: 8080 }]), true);
    });

    it("tells the containers that serve the ports", () => {
      const containers = [
        { name: "web", ports: [{ name: "http", containerPort: 8080 }] },
        { name: "log", ports: [{ containerPort: 9090 }] },
        { name: "quiet" },
      ];
      const serving = (ports: NonNullable<CatalogEntry["ports"]>) =>
        catalogEntryFor(workload("shop/web", { app: "web" }, { containers }), indexCatalog([entry({ ports })]))
          ?.serving;
      assert.deepEqual(serving([{ port: 80, targetPort: "http" }]), ["web"]);
      assert.deepEqual(serving([{ port: 9090 }]), ["log"]);
      assert.deepEqual(serving([{ port: 80, targetPort: 8080 }, { port: 9090 }]), ["web", "log"]);
      assert.equal(serving([{ port: 5000 }]), undefined);
      assert.equal(serving([]), undefined);
    });
  });
});
