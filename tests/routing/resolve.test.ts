import assert from "node:assert/strict";
import fc from "fast-check";
import { labelOf, type Resource } from "../../src/kubernetes/resource";
import { printChain, resolveRoutes, type BlindSpot, type Chain, type Note, type Routes } from "../../src/routing";
import type { Case, Spot } from "./case";
import { cases } from "./cases";
import {
  apisixRoute,
  apisixUpstream,
  app,
  backend,
  controller2,
  deployment,
  gateway,
  gatewayClass,
  gatewayRoute,
  http,
  ingress,
  ingressClass,
  object,
  path,
  plugin,
  service,
  settings,
  withUnknown,
} from "./resources";

/** `ApisixRoute shop/web: 2 rule-name-twice`, a line for each that refuses a route which is dead. */
function refusalsIn({ deadRoutes }: Routes): string[] {
  return deadRoutes
    .flatMap(({ route, refusals }) => refusals.map(({ line, because }) => `${labelOf(route)}: ${line} ${because.code}`))
    .sort();
}

function expectedRefusals(
  { dead = {}, isOpen }: Case,
  controller: "auto" | "1" | "2",
  routed: readonly string[],
): string[] {
  if (controller === "auto" && isOpen) return [];
  const all = (["1", "2"] as const).flatMap((line) =>
    Object.entries(dead[line] ?? {}).map(([route, code]) => ({ line, route, text: `${route}: ${line} ${code}` })),
  );
  const own = controller === "auto" ? all : all.filter(({ line }) => line === controller);
  const isRouted = (route: string) => routed.some((way) => way.startsWith(`${route} ›`));
  return own
    .filter(({ route }) => !isRouted(route))
    .map(({ text }) => text)
    .sort();
}

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
        assert.deepEqual(refusalsIn(routes), expectedRefusals(each, controller, actual));
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
  const toPort = apisixRoute("shop/web", {
    ingressClassName: "apisix",
    http: [{ backends: [backend("web:9")] }, { backends: [backend("web")] }],
  });
  const toPortWithPlugin = apisixRoute("shop/web", {
    ingressClassName: "apisix",
    http: [{ backends: [backend("web:9")], plugins: [plugin("redirect", { http_to_https: true })] }],
  });
  const toHost = apisixRoute("shop/web", {
    ingressClassName: "apisix",
    http: [{ plugins: [plugin("opa", { host: "http://web.shop.svc:9" })] }],
  });
  const cases: [lost: string, route: Resource, controller: "auto" | "1" | "2"][] = [
    ["route-on-1", toPort, "auto"],
    ["backend", toPort, "2"],
    // A plugin may answer where no upstream is left.
    ["backend", toPortWithPlugin, "2"],
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

  /** One route through a Gateway, with every field that it may be refused by. */
  const viaGateway = () => {
    const listener = {
      name: "web",
      port: 443,
      protocol: "HTTPS",
      hostname: "*.example.com",
      tls: { mode: "Terminate" },
      allowedRoutes: { namespaces: { from: "All" }, kinds: [{ kind: "HTTPRoute" }] },
    };
    const parent = { kind: "Gateway", namespace: "edge", name: "apisix", sectionName: "web", port: 443 };
    const grant = object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "other/grant", {
      spec: {
        from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" }],
        to: [{ group: "", kind: "Service", name: "web" }],
      },
    });
    const rule = {
      backendRefs: [{ kind: "Service", namespace: "other", name: "web", port: 80, weight: 1 }],
      filters: [
        { type: "RequestMirror", requestMirror: { backendRef: { namespace: "shop", name: "copy", port: 80 } } },
      ],
    };
    return {
      class: gatewayClass("apisix", controller2),
      gateway: gateway("edge/apisix", "apisix", [listener]),
      route: gatewayRoute("HTTPRoute", "shop/web", { parentRefs: [parent], hostnames: ["a.example.com"] }, rule),
      grant,
      service: service("other/web", { app: "web" }),
      pods: deployment("other/web", { app: "web" }),
      copy: service("shop/copy", { app: "copy" }),
      copies: deployment("shop/copy", { app: "copy" }),
    };
  };
  const toWeb = "HTTPRoute shop/web › Service other/web:80 › Deployment other/web";
  const toCopy = "HTTPRoute shop/web › Service shop/copy:80 › Deployment shop/copy";
  const both = [toWeb, toCopy];

  /** Where a value isn't known, what is still found, and which field the pack says it doesn't know. */
  const anywhere: [of: keyof ReturnType<typeof viaGateway>, path: string, chains: string[], blind: string[][]][] = [
    ["class", "spec.controllerName", [], [["spec.controllerName", "GatewayClass apisix"]]],
    ["class", "metadata.name", both, []],
    ["gateway", "metadata.name", [], [["gateway-not-in-stack"]]],
    ["gateway", "metadata.namespace", [], [["gateway-not-in-stack"]]],
    ["gateway", "spec.gatewayClassName", [], [["spec.gatewayClassName", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners", [], [["spec.listeners", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners.0", [], [["spec.listeners[0]", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners.0.name", [], [["spec.listeners[0]", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners.0.port", [], [["spec.listeners[0]", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners.0.protocol", [], [["spec.listeners[0]", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners.0.hostname", [], [["spec.listeners[0]", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners.0.tls.mode", [], [["spec.listeners[0]", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners.0.allowedRoutes.kinds", [], [["spec.listeners[0]", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners.0.allowedRoutes.kinds.0.kind", [], [["spec.listeners[0]", "Gateway edge/apisix"]]],
    ["gateway", "spec.listeners.0.allowedRoutes.namespaces.from", [], [["listener-namespaces-unknown"]]],
    [
      "route",
      "metadata.namespace",
      ["HTTPRoute web › Service shop/copy:80 › Deployment shop/copy"],
      [["metadata.namespace", "HTTPRoute web"]],
    ],
    ["route", "spec.parentRefs", [], [["spec.parentRefs", "HTTPRoute shop/web"]]],
    ["route", "spec.parentRefs.0", [], [["spec.parentRefs[0].name", "HTTPRoute shop/web"]]],
    ["route", "spec.parentRefs.0.kind", [], [["spec.parentRefs[0].kind", "HTTPRoute shop/web"]]],
    ["route", "spec.parentRefs.0.group", [], [["spec.parentRefs[0].group", "HTTPRoute shop/web"]]],
    ["route", "spec.parentRefs.0.name", [], [["spec.parentRefs[0].name", "HTTPRoute shop/web"]]],
    ["route", "spec.parentRefs.0.namespace", [], [["spec.parentRefs[0].namespace", "HTTPRoute shop/web"]]],
    ["route", "spec.parentRefs.0.sectionName", [], [["spec.parentRefs[].sectionName", "HTTPRoute shop/web"]]],
    ["route", "spec.parentRefs.0.port", [], [["spec.parentRefs[].port", "HTTPRoute shop/web"]]],
    ["route", "spec.hostnames", [], [["spec.hostnames", "HTTPRoute shop/web"]]],
    ["route", "spec.hostnames.0", [], [["spec.hostnames", "HTTPRoute shop/web"]]],
    ["route", "spec.rules", [], [["spec.rules", "HTTPRoute shop/web"]]],
    ["route", "spec.rules.0.backendRefs", [], [["spec.rules[0].backendRefs", "HTTPRoute shop/web"]]],
    [
      "route",
      "spec.rules.0.backendRefs.0.kind",
      [toCopy],
      [["spec.rules[0].backendRefs[0].kind", "HTTPRoute shop/web"]],
    ],
    [
      "route",
      "spec.rules.0.backendRefs.0.name",
      [toCopy],
      [["spec.rules[0].backendRefs[0].name", "HTTPRoute shop/web"]],
    ],
    [
      "route",
      "spec.rules.0.backendRefs.0.namespace",
      [toCopy],
      [["spec.rules[0].backendRefs[0].namespace", "HTTPRoute shop/web"]],
    ],
    [
      "route",
      "spec.rules.0.backendRefs.0.port",
      ["HTTPRoute shop/web › Service other/web › Deployment other/web", toCopy],
      [],
    ],
    ["route", "spec.rules.0.backendRefs.0.weight", both, []],
    ["route", "spec.rules.0.filters", [], [["spec.rules[0].filters", "HTTPRoute shop/web"]]],
    ["route", "spec.rules.0.filters.0", [], [["spec.rules[0].filters[0]", "HTTPRoute shop/web"]]],
    [
      "route",
      "spec.rules.0.filters.0.requestMirror",
      [toWeb],
      [["spec.rules[0].filters[0].requestMirror.backendRef", "HTTPRoute shop/web"]],
    ],
    [
      "route",
      "spec.rules.0.filters.0.requestMirror.backendRef",
      [toWeb],
      [["spec.rules[0].filters[0].requestMirror.backendRef", "HTTPRoute shop/web"]],
    ],
    [
      "route",
      "spec.rules.0.filters.0.requestMirror.backendRef.name",
      [toWeb],
      [["spec.rules[0].filters[0].requestMirror.backendRef.name", "HTTPRoute shop/web"]],
    ],
    [
      "route",
      "spec.rules.0.filters.0.requestMirror.backendRef.namespace",
      [toWeb],
      [["spec.rules[0].filters[0].requestMirror.backendRef.namespace", "HTTPRoute shop/web"]],
    ],
    [
      "route",
      "spec.rules.0.filters.0.requestMirror.backendRef.port",
      [toWeb, "HTTPRoute shop/web › Service shop/copy › Deployment shop/copy"],
      [],
    ],
    ["grant", "metadata.namespace", [toCopy], [["reference-grant-not-in-stack"]]],
    ["grant", "spec.from", [toCopy], [["reference-grant-not-in-stack"]]],
    ["grant", "spec.from.0.group", [toCopy], [["reference-grant-not-in-stack"]]],
    ["grant", "spec.from.0.kind", [toCopy], [["reference-grant-not-in-stack"]]],
    ["grant", "spec.from.0.namespace", [toCopy], [["reference-grant-not-in-stack"]]],
    ["grant", "spec.to", [toCopy], [["reference-grant-not-in-stack"]]],
    ["grant", "spec.to.0.group", [toCopy], [["reference-grant-not-in-stack"]]],
    ["grant", "spec.to.0.kind", [toCopy], [["reference-grant-not-in-stack"]]],
    ["grant", "spec.to.0.name", [toCopy], [["reference-grant-not-in-stack"]]],
    ["service", "metadata.name", [toCopy], [["service-not-in-stack"]]],
    ["service", "metadata.namespace", [toCopy], [["service-not-in-stack"]]],
    ["service", "spec.selector", [toCopy], [["spec.selector", "Service other/web"]]],
    ["service", "spec.selector.app", [toCopy], [["spec.selector", "Service other/web"]]],
    ["service", "spec.ports", both, []],
    ["pods", "metadata.name", ["HTTPRoute shop/web › Service other/web:80 › Deployment other/(unnamed)", toCopy], []],
    ["pods", "metadata.namespace", [toCopy], [["service-selects-nothing"]]],
    ["pods", "spec.template", [toCopy], [["pod-labels-unknown"]]],
    ["pods", "spec.template.metadata.labels", [toCopy], [["pod-labels-unknown"]]],
    ["pods", "spec.template.metadata.labels.app", [toCopy], [["pod-labels-unknown"]]],
  ];
  for (const [of, path, chains, blind] of anywhere) {
    it(`behind a Gateway: ${of} ${path}`, () => {
      const all = viaGateway();
      unknownAt(all[of], path);
      const routes = resolveRoutes(Object.values(all), { ...settings, controller: "2" });
      assert.deepEqual([only(routes), unknowns(routes)], [chains, blind]);
    });
  }

  const apisix = (rule: object) => apisixRoute("shop/web", { ingressClassName: "apisix", http: [rule] });
  const nodes = { rules: [{ weighted_upstreams: [{ upstream: { nodes: { "web.shop.svc": 1 } } }] }] };
  const consumer = (gatewayRef: object) =>
    object("apisix.apache.org/v1alpha1", "Consumer", "shop/up", {
      spec: { gatewayRef, plugins: [{ name: "limit-count", config: { policy: "redis", redis_host: "web.shop.svc" } }] },
    });
  const elsewhere: [path: string, resource: Resource, field: string, ...besides: Resource[]][] = [
    ["spec.gatewayRef.name", consumer({ name: "?" }), "spec.gatewayRef"],
    ["spec.gatewayRef.namespace", consumer({ name: "edge", namespace: "?" }), "spec.gatewayRef"],
    ["spec.http.0.upstreams.0.name", apisix({ upstreams: [{ name: "?" }] }), "spec.http[0].upstreams[0].name"],
    [
      "spec.externalNodes.0.type",
      apisixUpstream("shop/up", { externalNodes: [{ type: "?", name: "web.shop.svc" }] }),
      "spec.externalNodes[0].type",
      apisix({ upstreams: [{ name: "up" }] }),
    ],
    [
      "spec.http.0.plugins.0.config.brokers.0.host",
      apisix({ plugins: [plugin("kafka-logger", { brokers: [{ host: "?", port: 80 }] })] }),
      "spec.http[0].plugins[0].config.brokers[0].host",
    ],
    [
      "spec.http.0.plugins.0.config.rules.0.weighted_upstreams.0.upstream.nodes",
      apisix({ plugins: [plugin("traffic-split", nodes)] }),
      "spec.http[0].plugins[0].config.rules[0].weighted_upstreams[0].upstream.nodes",
    ],
  ];
  for (const [path, resource, field, ...besides] of elsewhere) {
    it(`of ${resource.kind}: ${field}`, () => {
      const routes = resolveRoutes([unknownAt(resource, path), ...besides, ...app("shop/web")], settings);
      const label = `${resource.kind} shop/${resource.kind === "ApisixRoute" ? "web" : "up"}`;
      assert.deepEqual([only(routes), unknowns(routes)], [[], [[field, label]]]);
    });
  }

  it("behind a Gateway: everything is known", () => {
    const all = viaGateway();
    assert.deepEqual(only(resolveRoutes(Object.values(all), { ...settings, controller: "2" })), both);
    for (const [resource, on] of [
      ["route", "gateway"],
      ["gateway", "class"],
    ] as const) {
      const path = resource === "route" ? "spec.parentRefs.0.name" : "spec.gatewayClassName";
      const given = viaGateway();
      const dependent = dependsOn(unknownAt(given[resource], path), "spec", given[on]);
      const routes = resolveRoutes(Object.values({ ...given, [resource]: dependent }), {
        ...settings,
        controller: "2",
      });
      assert.deepEqual([only(routes), unknowns(routes)], [both, []], path);
    }
  });

  it("passes over a Consumer of a Gateway that the stack gives to another controller", () => {
    const chains = (gatewayClassName: string) => {
      const given = [
        gateway("edge/own", gatewayClassName),
        consumer({ name: "own", namespace: "edge" }),
        ...app("shop/web"),
      ];
      return only(resolveRoutes(given, settings));
    };
    assert.equal(chains("apisix").length, 1);
    assert.deepEqual(chains("istio"), []);
  });

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

  it("takes nothing from the dependencies that can't be meant: another cluster's, another namespace's", () => {
    const name = [["spec.http[0].backends[0].serviceName", "ApisixRoute shop/web"]];
    const elsewhere = app("shop/web").map((each) => ({ ...each, cluster: "another" }));
    const cluster = resolveRoutes([routeTo(elsewhere[0]!), ...elsewhere], settings);
    assert.deepEqual([only(cluster), unknowns(cluster)], [[], name]);
    const other = app("other/web");
    const namespace = resolveRoutes([routeTo(other[0]!), ...other], settings);
    assert.deepEqual([only(namespace), unknowns(namespace)], [[], name]);

    const own = unknownAt(ingress("shop/web", "?", [path("web")]), "spec.ingressClassName");
    const ofAnother = { ...ingressClass("edge", settings.controllerNames[0]), cluster: "another" };
    const gone = ingressClass("gone", settings.controllerNames[0]);
    for (const others of [[ofAnother], []]) {
      const given = [dependsOn(own, "spec", ...others, gone), ...others, ...app("shop/web")];
      const routes = resolveRoutes(given, settings);
      assert.deepEqual([only(routes), unknowns(routes)], [[], [["spec.ingressClassName", "Ingress shop/web"]]]);
    }

    const [web, pods] = [app("shop/web")[0]!, app("other/web")[1]!];
    const selecting = dependsOn(unknownAt(web, "spec.selector"), "spec", pods);
    const selector = resolveRoutes([apisixRoute("shop/web", http(backend("web"))), selecting, pods], settings);
    assert.deepEqual([only(selector), unknowns(selector)], [[], [["spec.selector", "Service shop/web"]]]);
  });

  it("goes by a resource's dependencies if those of its properties aren't known", () => {
    const web = app("shop/web");
    const plain = { ...routeTo(), propertyDependencies: new Map(), dependencies: [web[0]!.id] };
    assert.equal(only(resolveRoutes([plain, ...web], settings)).length, 1);
    const other = dependsOn(plain, "metadata", web[0]!);
    assert.equal(only(resolveRoutes([other, ...web], settings)).length, 0);
  });

  it("says that the labels of a subset aren't known", () => {
    const [web, pods] = [service("shop/web", { app: "web" }), deployment("shop/web", { app: "web", v: "?" })];
    const subsets = apisixUpstream("shop/web", { subsets: [{ name: "v1", labels: { v: "1" } }] });
    const route = apisixRoute("shop/web", http(backend("web", { subset: "v1" })));
    const routes = resolveRoutes([route, subsets, web, unknownAt(pods, "spec.template.metadata.labels.v")], settings);
    assert.deepEqual(
      [only(routes), unknowns(routes)],
      [[], [["spec.template.metadata.labels", "Deployment shop/web"]]],
    );
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
