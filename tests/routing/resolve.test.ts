import assert from "node:assert/strict";
import type { Resource } from "../../src/kubernetes/resource";
import { printChain, resolveRoutes, type Chain, type Routes } from "../../src/routing";
import { cases, type Case } from "./cases";
import { apisixRoute, app, backend, deployment, http, object, settings, withUnknown } from "./resources";

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
        const said = routes.blindSpots.map(({ message }) => message);
        const text = said.join("\n\n");
        assert.equal(said.length, blind.length, text);
        for (const pattern of blind)
          assert.ok(
            said.some((message) => pattern.test(message)),
            `${pattern} in\n${text}`,
          );
      });
    }
  }

  it("puts the shortest way first, and mirrors last", () => {
    const routes = resolveRoutes(
      cases.flatMap((each) => each.given),
      settings,
    );
    for (const { chains } of routes.workloads) {
      const ranks = chains.map((chain) => (chain.via === "mirror" ? 1000 : 0) + chain.steps.length);
      assert.deepEqual(
        ranks,
        [...ranks].sort((a, b) => a - b),
      );
    }
  });
});

function shown(chain: Chain, show: Case["show"]): string {
  switch (show) {
    case "serving":
      return ` [${chain.serving?.join(", ") ?? "?"}]`;
    case "timeout":
      return ` [${chain.timeout ?? "-"} s]`;
    case "via":
      return ` [${chain.via}]`;
    case "notes":
      return chain.notes.map((note) => ` [${note}]`).join("");
    case undefined:
      return "";
  }
}

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
  const only = (routes: Routes) => routes.workloads.flatMap(({ chains }) => chains.map(printChain));

  it("matches an unknown Service name through the dependencies", () => {
    const [web, other] = [app("shop/web"), app("shop/other")];
    const routes = resolveRoutes([routeTo(web[0]!), ...web, ...other], settings);
    assert.deepEqual(only(routes), ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"]);
    assert.deepEqual(routes.blindSpots, []);
  });

  it("says which value it doesn't know where the dependencies name two Services, or none", () => {
    const [web, other] = [app("shop/web"), app("shop/other")];
    for (const services of [[], [web[0]!, other[0]!]]) {
      const routes = resolveRoutes([routeTo(...services), ...web, ...other], settings);
      assert.deepEqual(only(routes), []);
      assert.match(
        routes.blindSpots[0]?.message ?? "",
        /^spec\.http\[0\]\.backends\[0\]\.serviceName of ApisixRoute shop\/web is not known/,
      );
      assert.equal(routes.blindSpots.length, 1);
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
    assert.match(routes.blindSpots[0]?.message ?? "", /^spec\.selector of Service shop\/web is not known/);
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
    assert.match(routes.blindSpots[0]?.message ?? "", /^metadata\.namespace of ApisixRoute web is not known/);
  });
});
