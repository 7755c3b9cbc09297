import assert from "node:assert/strict";
import fc from "fast-check";
import type { Resource } from "../../src/kubernetes/resource";
import { printChain, resolveRoutes, type BlindSpot, type Chain, type Note, type Routes } from "../../src/routing";
import { cases, type Case, type Spot } from "./cases";
import {
  apisixRoute,
  apisixUpstream,
  app,
  backend,
  deployment,
  http,
  ingress,
  ingressClass,
  object,
  path,
  plugin,
  settings,
  withUnknown,
} from "./resources";

/** What no route leads to: workloads that share a part of the names and labels with those of the cases. */
const decoys = [
  ...app("decoys/web"),
  deployment("shop/decoy", { application: "web" }),
  { ...deployment("shop/web", { app: "web", in: "shop" }), cluster: "another", id: "another cluster's" },
];

describe("resolveRoutes", () => {
  for (const each of cases) {
    for (const controller of ["auto", "1", "2"] as const) {
      it(`${each.name} (controller ${controller})`, () => {
        const routes = resolveRoutes([...each.given, ...decoys], { ...settings, ...each.settings, controller });
        const isTaken = !each.on || each.on === controller;
        const taken = [...((controller === "auto" ? each.auto : undefined) ?? each.routed ?? [])];
        // Both lines' ways are taken where it isn't known which one is installed.
        if (controller === "auto" && !each.auto)
          for (const way of each.otherwise ?? []) if (!taken.includes(way)) taken.push(way);
        const routed = isTaken || controller === "auto" ? taken : (each.otherwise ?? []);
        const blind = isTaken || controller === "auto" ? (each.blind ?? []) : (each.otherwiseBlind ?? each.blind ?? []);
        const show = controller === "auto" || each.show !== "notes" ? each.show : undefined;
        const bare = (line: string) => (show === each.show ? line : line.replace(/ \[.*$/, ""));
        const actual = routes.workloads.flatMap(({ chains }) =>
          chains.map((chain) => printChain(chain) + shown(chain, show)),
        );
        assert.deepEqual(actual.sort(), routed.map(bare).sort());
        assert.deepEqual(likeExpected(routes.blindSpots, blind), sortedSpots(blind));
      });
    }
  }

  it("answers the same whatever the order of the resources is", () => {
    for (const each of cases) {
      const given = [...each.given, ...twins(each.given), ...decoys];
      const own = { ...settings, ...each.settings };
      const expected = asData(resolveRoutes(given, own));
      fc.assert(
        fc.property(shuffled(given), (resources) => {
          assert.deepEqual(asData(resolveRoutes(resources, own)), expected, each.name);
        }),
        { numRuns: 5 },
      );
    }
  });

  it("shows the same way first of two routes to one missing Service", () => {
    const routes = ["shop/b", "shop/a"].map((name) =>
      apisixRoute(name, { ingressClassName: "apisix", ...http(backend("gone")) }),
    );
    for (const given of [routes, [...routes].reverse()]) {
      const [spot] = resolveRoutes(given, settings).blindSpots;
      assert.deepEqual(spot?.evidence, ["ApisixRoute shop/a › Service shop/gone:80 (and 1 more)"]);
      assert.equal(spot?.resource, routes[1]);
    }
  });

  it("puts the shortest way first, and mirrors last", () => {
    // Some together: their routes and Services have the same names.
    for (let first = 0; first < cases.length; first += 20) {
      const given = cases.slice(first, first + 20).flatMap((each) => each.given);
      for (const { chains } of resolveRoutes(given, settings).workloads) {
        const ranks = chains.map((chain) => (chain.via === "mirror" ? 1000 : 0) + chain.steps.length);
        assert.deepEqual(
          ranks,
          [...ranks].sort((a, b) => a - b),
        );
      }
    }
  });
});

function shuffled<T>(all: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...all], { minLength: all.length });
}

/** The same resources again, under ids of their own: all that is printed of the two ties. */
function twins(resources: readonly Resource[]): Resource[] {
  return resources.map((resource) => ({ ...resource, id: `${resource.id} again` }));
}

/** Routes with ids for resources, in the order in which they were given. */
function asData({ workloads, services, blindSpots }: Routes): unknown {
  return {
    workloads: workloads.map(({ workload, chains }) => [workload.resource.id, chains]),
    services: services.map(({ service, chains }) => [service.id, chains]),
    blindSpots: blindSpots.map(({ resource, ...spot }) => [resource.id, spot]),
  };
}

function shown(chain: Chain, show: Case["show"]): string {
  switch (show) {
    case "serving":
      return ` [${chain.serving?.join(", ") ?? "?"}]`;
    case "timeout":
      return ` [${chain.timeout ?? "-"} s]`;
    case "via":
      return ` [${chain.via}]`;
    case "notes":
      return chain.notes.map((note) => ` [${words(note)}]`).join("");
    case undefined:
      return "";
  }
}

/** A note with all of its data in one line. */
function words(note: Note): string {
  if (!("because" in note)) return Object.values(note).join(" ");
  const { data, ...reason } = { data: {}, ...note.because };
  return [note.code, note.line, ...Object.values(reason), ...Object.values(data)].join(" ");
}

/** The blind spots, as far as what is expected of those with their code says anything. */
function likeExpected(found: readonly BlindSpot[], expected: readonly Spot[]): Spot[] {
  return sortedSpots(
    found.map(({ code, data, evidence }) => {
      const like = expected.find((each) => each.code === code);
      const some = Object.entries(data).filter(([key]) => like === undefined || key in like.data);
      return {
        code,
        data: Object.fromEntries(some),
        ...(like?.evidence === undefined ? {} : { evidence: evidence.join() }),
      };
    }),
  );
}

function sortedSpots(spots: readonly Spot[]): Spot[] {
  return [...spots].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe("a missing port", () => {
  const [webService, pods] = app("shop/web");
  const toPort = apisixRoute("shop/web", { ingressClassName: "apisix", ...http(backend("web:9")) });
  const toHost = apisixRoute("shop/web", {
    ingressClassName: "apisix",
    http: [{ plugins: [plugin("opa", { host: "http://web.shop.svc:9" })] }],
  });
  const cases: [lost: string, route: Resource, controller: "auto" | "1" | "2"][] = [
    ["route-on-1", toPort, "auto"],
    ["route-on-1", toPort, "1"],
    ["backend", toPort, "2"],
    ["ingress", ingress("shop/web", "apisix", [path("web:9")]), "auto"],
    ["requests", toHost, "auto"],
  ];
  for (const [lost, route, controller] of cases) {
    it(`of ${route.kind} costs: ${lost} (controller ${controller})`, () => {
      const { blindSpots } = resolveRoutes([route, webService!, pods!], { ...settings, controller });
      assert.deepEqual(
        blindSpots.map(({ code, data }) => [code, data]),
        [["service-port-missing", { service: "Service shop/web", port: 9, lost }]],
      );
    });
  }
});

describe("resolveRoutes with unknown values", () => {
  /** Like Pulumi's `metadata: {…}` whose name is an output: the program knows what it depends on. */
  function dependsOn(resource: Resource, property: string, ...others: Resource[]): Resource {
    return {
      ...resource,
      propertyDependencies: new Map([
        ...resource.propertyDependencies,
        [property, others.map(({ id }) => id)] as [string, string[]],
      ]),
    };
  }
  function unknownAt(resource: Resource, path: string): Resource {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    withUnknown(keys.reduce((parent, key) => (parent as Record<string, unknown>)[key], resource.body) as object, last);
    return resource;
  }
  const routeTo = (...services: Resource[]) => {
    const route = apisixRoute("shop/web", http(backend("?")));
    return dependsOn(unknownAt(route, "spec.http.0.backends.0.serviceName"), "spec", ...services);
  };
  /** What isn't known: field and resource of each blind spot. */
  const unknowns = (routes: Routes) =>
    routes.blindSpots.map((spot) =>
      spot.code === "value-unknown" ? [spot.data.field, spot.data.resource] : [spot.code],
    );
  const only = (routes: Routes) => routes.workloads.flatMap(({ chains }) => chains.map(printChain));

  it("matches an unknown Service name through the dependencies", () => {
    const [web, other] = [app("shop/web"), app("shop/other")];
    const routes = resolveRoutes([routeTo(web[0]!), ...web, ...other], settings);
    assert.deepEqual(only(routes), ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"]);
    assert.deepEqual(routes.blindSpots, []);
  });

  it("matches an unknown ApisixUpstream, IngressClass or ApisixPluginConfig through the dependencies", () => {
    const pods = app("shop/web");
    const upstream = apisixUpstream("shop/up", { externalNodes: [{ type: "Domain", name: "web.shop.svc" }] });
    const toUpstream = apisixRoute("shop/web", { http: [{ upstreams: [{ name: "?" }] }] });
    const found = (route: Resource, path: string, on: Resource, ...more: Resource[]) =>
      only(resolveRoutes([dependsOn(unknownAt(route, path), "spec", on, ...more), on, ...more, ...pods], settings));
    assert.deepEqual(found(toUpstream, "spec.http.0.upstreams.0.name", upstream, pods[0]!), [
      "ApisixRoute shop/web › ApisixUpstream shop/up › Service shop/web:80 › Deployment shop/web",
    ]);
    const config = object("apisix.apache.org/v2", "ApisixPluginConfig", "shop/auth", {
      spec: { plugins: [plugin("opa", { host: "http://web.shop.svc" })] },
    });
    const withConfig = apisixRoute("shop/web", { http: [{ backends: [], plugin_config_name: "?" }] });
    assert.deepEqual(found(withConfig, "spec.http.0.plugin_config_name", config, pods[0]!), [
      "ApisixRoute shop/web › ApisixPluginConfig shop/auth › Service shop/web:80 › Deployment shop/web",
    ]);
    for (const [controller, count] of [
      [settings.controllerNames[0], 1],
      ["k8s.io/ingress-nginx", 0],
    ] as const) {
      const own = ingress("shop/web", "?", [path("web")]);
      const chains = found(own, "spec.ingressClassName", ingressClass("edge", controller), pods[0]!);
      assert.equal(chains.length, count, controller);
    }
  });

  it("says which value it doesn't know where the dependencies name two Services, or none", () => {
    const [web, other] = [app("shop/web"), app("shop/other")];
    for (const services of [[], [web[0]!, other[0]!]]) {
      const routes = resolveRoutes([routeTo(...services), ...web, ...other], settings);
      assert.deepEqual(only(routes), []);
      assert.deepEqual(unknowns(routes), [["spec.http[0].backends[0].serviceName", "ApisixRoute shop/web"]]);
    }
  });

  it("takes the Service whose own name is unknown, if there is one among the dependencies", () => {
    const [web, other] = [app("shop/web"), app("shop/other")];
    unknownAt(web[0]!, "metadata.name");
    const routes = resolveRoutes([routeTo(web[0]!, other[0]!), ...web, ...other], settings);
    assert.equal(only(routes).length, 1);
  });

  it("matches a selector through the dependencies", () => {
    const [web, pods] = app("shop/web");
    const selecting = dependsOn(unknownAt(web!, "spec.selector"), "spec", pods!);
    const routes = resolveRoutes(
      [apisixRoute("shop/web", http(backend("web"))), selecting, pods!, ...app("shop/x")],
      settings,
    );
    assert.deepEqual(only(routes), ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"]);
  });

  it("says that a selector isn't known", () => {
    const [web, pods] = app("shop/web");
    const routes = resolveRoutes(
      [apisixRoute("shop/web", http(backend("web"))), unknownAt(web!, "spec.selector"), pods!],
      settings,
    );
    assert.deepEqual(only(routes), []);
    assert.deepEqual(unknowns(routes), [["spec.selector", "Service shop/web"]]);
  });

  it("matches what is in one Namespace whose name isn't known", () => {
    const namespaces = ["a", "b"].map((name) => unknownAt(object("v1", "Namespace", name), "metadata.name"));
    const inside = namespaces.map((namespace) =>
      [apisixRoute("x/web", http(backend("web"))), ...app("x/web")].map((resource) => ({
        ...dependsOn(unknownAt(resource, "metadata.namespace"), "metadata", namespace),
        logicalName: `${namespace.id}-${resource.kind}`,
      })),
    );
    const routes = resolveRoutes([...namespaces, ...inside.flat()], settings);
    assert.equal(routes.workloads.length, 2);
    for (const { workload, chains } of routes.workloads) {
      assert.equal(chains.length, 1);
      assert.equal(
        chains[0]?.steps[0]?.id,
        inside.find((each) => each.some(({ id }) => id === workload.resource.id))?.[0]?.id,
      );
    }
    assert.deepEqual(routes.blindSpots, []);
  });

  it("says so when it can't know the namespace of a route", () => {
    const route = unknownAt(apisixRoute("shop/web", http(backend("web"))), "metadata.namespace");
    const routes = resolveRoutes([route, ...app("shop/web")], settings);
    assert.deepEqual(only(routes), []);
    assert.deepEqual(unknowns(routes), [["metadata.namespace", "ApisixRoute web"]]);
  });
});
