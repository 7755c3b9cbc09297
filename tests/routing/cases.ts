/**
 * Resources in, routed workloads with their evidence out.
 *
 * Every case runs for both controller lines and for `auto`, and with decoys beside it that nothing leads to.
 */
import type { Resource } from "../../src/kubernetes/resource";
import { bothLines, spot, type Case } from "./case";
import { consumerCases, pluginHostCases, splitCases } from "./plugin-cases";
import { endpointCases, jobCases, kindCases } from "./endpoint-cases";
import { serviceNameCases } from "./service-name-cases";
import { deadGatewayCases, deadIngressCases, defaultClassCases } from "./dead-gateway-cases";
import { deadApisixCases } from "./dead-apisix-cases";
import {
  apisixRoute,
  apisixUpstream,
  app,
  backend,
  configMap,
  controller1,
  controller2,
  deployment,
  edge,
  external,
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
  withPlugins,
} from "./resources";

const classed = { ingressClassName: "apisix" };
const route = (spec: object, version?: string) => apisixRoute("shop/web", { ...classed, ...spec }, version);
const toWeb = () => route(http(backend("web")));
const web = "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web";
const ingressWeb = "Ingress shop/web › Service shop/web:80 › Deployment shop/web";
const routeChain = (kind: string) => [`${kind} shop/web › Service shop/web:80 › Deployment shop/web`];
const k8s = "k8s.apisix.apache.org/";

const apisixRouteCases: Case[] = [
  { name: "an HTTP backend", given: [toWeb(), ...app("shop/web")], routed: [web] },
  {
    name: "a stream backend",
    given: [route({ stream: [{ backend: backend("web") }] }), ...app("shop/web")],
    routed: [web],
  },
  {
    name: "all backends of all rules",
    given: [
      route({ http: [{ backends: [backend("a"), backend("b")] }, { backends: [backend("c")] }] }),
      ...["a", "b", "c", "d"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: ["a", "b", "c"].map((name) => `ApisixRoute shop/web › Service shop/${name}:80 › Deployment shop/${name}`),
  },
  {
    name: "a Service of that name in another namespace is another one",
    given: [toWeb(), ...app("other/web")],
    blind: [
      spot("service-not-in-stack", { service: "Service shop/web" }, "ApisixRoute shop/web › Service shop/web:80"),
    ],
  },
  {
    name: "a Service of another stack is said once, however many routes lead to it",
    given: [...["a", "b", "c"].map((name) => apisixRoute(`shop/${name}`, { ...classed, ...http(backend("gone")) }))],
    blind: [
      spot(
        "service-not-in-stack",
        { service: "Service shop/gone" },
        "ApisixRoute shop/a › Service shop/gone:80 (and 2 more)",
      ),
    ],
  },
  {
    name: "v1: rules and paths",
    given: [
      apisixRoute(
        "shop/web",
        { rules: [{ host: "h", http: { paths: [{ backend: backend("web"), path: "/" }] } }] },
        "v1",
      ),
      ...app("shop/web"),
    ],
    routed: [web],
    on: "1",
    dead: { "2": { "ApisixRoute shop/web": "version-not-served" } },
  },
  {
    name: "v1 with a class: 2.x doesn't serve it",
    given: [route({ rules: [{ http: { paths: [{ backend: backend("web") }] } }] }, "v1"), ...app("shop/web")],
    routed: [`${web} [controller-line 1 version-not-served v1]`],
    show: "notes",
    on: "1",
    otherwise: [],
    dead: { "2": { "ApisixRoute shop/web": "version-not-served" } },
  },
  ...["v2alpha1", "v2beta1"].map((version): Case => ({
    name: `${version}: one backend`,
    given: [route({ http: [{ backend: backend("web") }] }, version), ...app("shop/web")],
    routed: [web],
    on: "1",
    dead: { "2": { "ApisixRoute shop/web": "version-not-served" } },
  })),
  ...["v2alpha1", "v2beta1"].map((version): Case => ({
    name: `${version}: backends win over backend`,
    given: [
      route({ http: [{ backend: backend("old"), backends: [backend("web")] }] }, version),
      ...app("shop/web"),
      ...app("shop/old"),
    ],
    routed: [web],
    on: "1",
    dead: { "2": { "ApisixRoute shop/web": "version-not-served" } },
  })),
  {
    name: "v2alpha1: tcp",
    given: [
      route({ tcp: [{ backend: backend("web") }], stream: [{ backend: backend("no") }] }, "v2alpha1"),
      ...app("shop/web"),
      ...app("shop/no"),
    ],
    routed: [web],
    on: "1",
    dead: { "2": { "ApisixRoute shop/web": "version-not-served" } },
  },
  ...["v2beta1", "v2beta2", "v2beta3"].map((version): Case => ({
    name: `${version}: stream`,
    given: [route({ stream: [{ backend: backend("web") }] }, version), ...app("shop/web")],
    routed: [web],
    on: "1",
    dead: { "2": { "ApisixRoute shop/web": "version-not-served" } },
  })),
  ...["v2beta2", "v2beta3"].map((version): Case => ({
    name: `${version}: backends, and no backend or upstreams`,
    given: [
      route({ http: [{ backend: backend("no"), backends: [backend("web")], upstreams: [{ name: "no" }] }] }, version),
      ...app("shop/web"),
      ...app("shop/no"),
    ],
    routed: [web],
    on: "1",
    dead: { "2": { "ApisixRoute shop/web": "version-not-served" } },
  })),
  {
    name: "v2 has no single backend",
    given: [route({ http: [{ backend: backend("web") }] }), ...app("shop/web")],
  },
  {
    name: "a port by name",
    given: [route(http(backend("web:http"))), ...app("shop/web", { ports: [{ name: "http", port: 80 }] })],
    routed: ["ApisixRoute shop/web › Service shop/web:http › Deployment shop/web"],
  },
  {
    // 1.8.4 pkg/providers/apisix/translation/apisix_route.go, 2.2.0 internal/adc/translator/apisixroute.go: by its type.
    name: "a port number as text is a name",
    given: [route(http({ serviceName: "web", servicePort: "80" })), ...app("shop/web")],
    dead: bothLines("ApisixRoute shop/web", "service-port-missing"),
  },
  {
    name: "weight 0 gets no requests, and that is said",
    given: [route(http(backend("web"), backend("next", { weight: 0 }))), ...app("shop/web"), ...app("shop/next")],
    routed: [web],
    blind: [spot("weight-zero", { service: "Service shop/next" })],
  },
  {
    name: "weight 0 on one route, and 1 on another",
    given: [
      route(http(backend("next"), backend("web", { weight: 0 }))),
      apisixRoute("shop/other", { ...classed, ...http(backend("web", { weight: 1 })) }),
      ...app("shop/web"),
      ...app("shop/next"),
    ],
    routed: [
      "ApisixRoute shop/other › Service shop/web:80 › Deployment shop/web",
      "ApisixRoute shop/web › Service shop/next:80 › Deployment shop/next",
    ],
  },
  {
    name: "resolveGranularity: service",
    given: [route(http(backend("web", { resolveGranularity: "service" }))), ...app("shop/web")],
    routed: [`${web} [keep-alive-connections]`],
    show: "notes",
  },
  {
    name: "resolveGranularity: endpoint, endpoints or a typo means Pod IPs",
    given: [
      route({
        http: [
          { backends: [backend("web", { resolveGranularity: "endpoints" })] },
          { backends: [backend("web", { resolveGranualrity: "service" })] },
        ],
      }),
      ...app("shop/web"),
    ],
    routed: [web],
    show: "notes",
  },
  {
    name: "resolveGranularity: service on a headless Service works nowhere",
    given: [route(http(backend("web", { resolveGranularity: "service" }))), ...app("shop/web", { clusterIP: "None" })],
    blind: [spot("headless-service-as-host", { service: "Service shop/web" })],
  },
  {
    name: "a headless Service",
    given: [toWeb(), ...app("shop/web", { clusterIP: "None" })],
    routed: [web],
    show: "notes",
  },
  {
    name: "a subset takes only the Pods with its labels",
    given: [
      route(http(backend("web", { subset: "v2" }))),
      apisixUpstream("shop/web", {
        subsets: [
          { name: "v1", labels: { v: "1" } },
          { name: "v2", labels: { v: "2" } },
        ],
      }),
      service("shop/web", { app: "web" }),
      deployment("shop/web", { app: "web", v: "2" }),
      deployment("shop/web-1", { app: "web", v: "1" }),
    ],
    routed: [web],
  },
  {
    name: "a subset that the ApisixUpstream doesn't have is all Pods",
    given: [
      route(http(backend("web", { subset: "v2" }))),
      apisixUpstream("shop/web", { subsets: [{ name: "v1", labels: { v: "1" } }] }),
      ...app("shop/web"),
    ],
    routed: [web],
  },
  {
    name: "a subset of an ApisixUpstream of another stack",
    given: [route(http(backend("web", { subset: "v2" }))), ...app("shop/web")],
    blind: [
      spot("subset-not-in-stack", {
        upstream: "ApisixUpstream shop/web",
        field: "spec.http[0].backends[0].subset",
        route: "ApisixRoute shop/web",
      }),
    ],
  },
  {
    name: "a later rule without a subset: 2.x takes all Pods for both",
    given: [
      route({
        http: [
          { backends: [backend("web", { subset: "a" })] },
          { backends: [backend("elsewhere"), backend("web", { weight: 0 })] },
        ],
      }),
      apisixUpstream("shop/web", { subsets: [{ name: "a", labels: { v: "a" } }] }),
      ...app("shop/elsewhere"),
      service("shop/web", { app: "web" }),
      deployment("shop/a", { app: "web", v: "a" }),
      deployment("shop/b", { app: "web", v: "b" }),
    ],
    routed: [
      "ApisixRoute shop/web › Service shop/elsewhere:80 › Deployment shop/elsewhere",
      "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/a",
    ],
    on: "1",
    otherwise: [
      "ApisixRoute shop/web › Service shop/elsewhere:80 › Deployment shop/elsewhere",
      ...["a", "b"].map((name) => `ApisixRoute shop/web › Service shop/web:80 › Deployment shop/${name}`),
    ],
    auto: [
      "ApisixRoute shop/web › Service shop/elsewhere:80 › Deployment shop/elsewhere",
      "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/a",
    ],
    blind: [spot("weight-zero", { service: "Service shop/web" })],
    otherwiseBlind: [],
  },
  {
    name: "behind a cluster IP there are no subsets",
    given: [route(http(backend("web", { subset: "v2", resolveGranularity: "service" }))), ...app("shop/web")],
    routed: [web],
  },
  {
    name: "two subsets of a Service: 2.x takes the last one's Pods for both",
    given: [
      route({
        http: [{ backends: [backend("web", { subset: "a" })] }, { backends: [backend("web", { subset: "b" })] }],
      }),
      apisixUpstream("shop/web", {
        subsets: [
          { name: "a", labels: { v: "a" } },
          { name: "b", labels: { v: "b" } },
        ],
      }),
      service("shop/web", { app: "web" }),
      deployment("shop/a", { app: "web", v: "a" }),
      deployment("shop/b", { app: "web", v: "b" }),
    ],
    routed: ["a", "b"].map((name) => `ApisixRoute shop/web › Service shop/web:80 › Deployment shop/${name}`),
    on: "1",
    otherwise: ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/b"],
  },
  {
    name: "2.x refuses a route that names a Service twice in one rule",
    given: [route(http(backend("web"), backend("web"))), ...app("shop/web")],
    routed: [web],
    on: "1",
    dead: { "2": { "ApisixRoute shop/web": "service-named-twice" } },
  },
  {
    name: "a missing port stops the whole route on 1.x, and its backend on 2.x",
    given: [route(http(backend("web"), backend("api:8080"))), ...app("shop/web"), ...app("shop/api")],
    routed: [web],
    on: "2",
    blind: [spot("service-port-missing", { service: "Service shop/api", port: 8080 })],
    otherwiseBlind: [],
    dead: { "1": { "ApisixRoute shop/web": "service-port-missing" } },
  },
  {
    name: "a same-named ApisixUpstream is no route",
    given: [apisixUpstream("shop/web", { loadbalancer: { type: "chash" } }), ...app("shop/web")],
  },
  {
    name: "a timeout of the route",
    given: [
      route({ http: [{ backends: [backend("web")], timeout: { connect: "900s", read: "5m", send: "10s" } }] }),
      ...app("shop/web"),
    ],
    routed: [`${web} [300 s]`],
    show: "timeout",
  },
  {
    name: "a timeout of the same-named ApisixUpstream",
    given: [toWeb(), apisixUpstream("shop/web", { timeout: { read: "1m30s" } }), ...app("shop/web")],
    routed: [`${web} [90 s]`],
    show: "timeout",
  },
  ...[
    [{}, {}, "-"],
    [{ timeout: { read: "0s" } }, {}, "0"],
    [{ timeout: { read: "20s" } }, {}, "20"],
    [{}, { timeout: { read: "20s" } }, "20"],
    [{ timeout: { read: "1h1m1s1ms" } }, { timeout: { read: 20 } }, "3661.001"],
  ].map(([one, other, seconds]): Case => ({
    name: `two rules, whose timeouts make ${seconds as string} s`,
    given: [
      route({ http: [one, other].map((timeout) => ({ backends: [backend("web")], ...(timeout as object) })) }),
      ...app("shop/web"),
    ],
    routed: [`${web} [${seconds as string} s]`],
    show: "timeout",
  })),
  {
    name: "the longest timeout of two rules, and the route's before the upstream's",
    given: [
      route({
        http: [
          { backends: [backend("web")], timeout: { read: "20s" } },
          { backends: [backend("web")], timeout: { send: "70s" } },
        ],
      }),
      apisixUpstream("shop/web", { timeout: { read: "900s" } }),
      ...app("shop/web"),
    ],
    routed: [`${web} [70 s]`],
    show: "timeout",
  },
];

const upstreamCases: Case[] = [
  {
    name: "a route's timeout, before that of its ApisixUpstream",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }], timeout: { read: "20s" } }] }),
      apisixUpstream("shop/ext", {
        externalNodes: [{ type: "Domain", name: "web.shop.svc", port: 80 }],
        timeout: { read: "900s" },
      }),
      ...app("shop/web"),
    ],
    routed: ["ApisixRoute shop/web › ApisixUpstream shop/ext › Service shop/web:80 › Deployment shop/web [20 s]"],
    show: "timeout",
  },
  {
    name: "a subset without labels is all Pods",
    given: [
      route(http(backend("web", { subset: "v1" }))),
      apisixUpstream("shop/web", { subsets: [{ name: "v1" }] }),
      ...app("shop/web"),
    ],
    routed: [web],
  },
  {
    name: "external node: a cluster DNS name",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", {
        externalNodes: [{ type: "Domain", name: "web.other.svc.cluster.local", port: 80 }],
      }),
      ...app("other/web"),
    ],
    routed: ["ApisixRoute shop/web › ApisixUpstream shop/ext › Service other/web:80 › Deployment other/web"],
  },
  {
    name: "external node: a host outside the cluster",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { externalNodes: [{ type: "Domain", name: "www.example.com" }] }),
      ...app("shop/web"),
    ],
  },
  {
    name: "external node: an ExternalName Service that points back into the cluster",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { externalNodes: [{ type: "Service", name: "alias" }] }),
      external("shop/alias", "web.other.svc.cluster.local"),
      ...app("other/web"),
    ],
    routed: [
      "ApisixRoute shop/web › ApisixUpstream shop/ext › Service shop/alias:80 › Service other/web:80 › Deployment other/web",
    ],
  },
  {
    name: "external node: the port of the scheme",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { scheme: "https", externalNodes: [{ type: "Domain", name: "web.shop" }] }),
      ...app("shop/web", { ports: [{ port: 443 }] }),
    ],
    routed: ["ApisixRoute shop/web › ApisixUpstream shop/ext › Service shop/web:443 › Deployment shop/web"],
  },
  {
    name: "external node: an ordinary Service is refused",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { externalNodes: [{ type: "Service", name: "web" }] }),
      ...app("shop/web"),
    ],
    dead: bothLines("ApisixRoute shop/web", "external-node-of-wrong-type"),
  },
  {
    name: "external node: without a type it is nothing",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { externalNodes: [{ name: "web.shop" }] }),
      ...app("shop/web"),
    ],
    dead: {
      "1": { "ApisixRoute shop/web": "apisix-upstream-empty" },
      "2": { "ApisixRoute shop/web": "apisix-upstream-refused" },
    },
  },
  {
    name: "an ApisixUpstream of another stack",
    given: [route({ http: [{ upstreams: [{ name: "ext" }] }] }), ...app("shop/ext")],
    blind: [spot("apisix-upstream-not-in-stack", { upstream: "ApisixUpstream shop/ext" })],
  },
  {
    name: "backends and upstreams side by side, one upstream with weight 0",
    given: [
      route({
        http: [
          {
            backends: [backend("web")],
            upstreams: [
              { name: "a", weight: 10 },
              { name: "b", weight: 0 },
            ],
          },
        ],
      }),
      apisixUpstream("shop/a", { externalNodes: [{ type: "Domain", name: "a.shop.svc" }] }),
      apisixUpstream("shop/b", { externalNodes: [{ type: "Domain", name: "b.shop.svc" }] }),
      ...app("shop/web"),
      ...app("shop/a"),
      ...app("shop/b"),
    ],
    routed: [web, "ApisixRoute shop/web › ApisixUpstream shop/a › Service shop/a:80 › Deployment shop/a"],
    blind: [spot("weight-zero", { service: "Service shop/b" })],
  },
  {
    name: "discovery: dns",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { discovery: { type: "dns", serviceName: "web.shop.svc.cluster.local:80" } }),
      ...app("shop/web"),
    ],
    routed: ["ApisixRoute shop/web › ApisixUpstream shop/ext › Service shop/web:80 › Deployment shop/web"],
  },
  {
    name: "discovery: dns of a headless Service",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { discovery: { type: "dns", serviceName: "web.shop.svc.cluster.local:8080" } }),
      ...app("shop/web", { clusterIP: "None" }),
    ],
    routed: ["ApisixRoute shop/web › ApisixUpstream shop/ext › Service shop/web:8080 › Deployment shop/web [dns-ttl]"],
    show: "notes",
  },
  {
    name: "discovery: kubernetes, whose endpoints need no note",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { discovery: { type: "kubernetes", serviceName: "other/web:http" } }),
      ...app("other/web", { ports: [{ name: "http", port: 80 }] }),
    ],
    routed: ["ApisixRoute shop/web › ApisixUpstream shop/ext › Service other/web:http › Deployment other/web"],
    show: "notes",
  },
  {
    name: "discovery: kubernetes in another cluster",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { discovery: { type: "kubernetes", serviceName: "east/shop/web:http" } }),
      ...app("shop/web"),
    ],
    blind: [
      spot("discovery-name-not-followed", {
        field: "spec.discovery.serviceName",
        resource: "ApisixUpstream shop/ext",
      }),
    ],
  },
  {
    // 1.8.4 pkg/providers/apisix/translation/apisix_upstream.go, 2.2.0 api/adc/types.go (MarshalJSON).
    name: "discovery beside external nodes: the nodes are left out",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", {
        discovery: { type: "kubernetes", serviceName: "shop/web:http" },
        externalNodes: [{ type: "Domain", name: "api.shop.svc", port: 80 }],
      }),
      ...app("shop/web", { ports: [{ name: "http", port: 80 }] }),
      ...app("shop/api"),
    ],
    routed: ["ApisixRoute shop/web › ApisixUpstream shop/ext › Service shop/web:http › Deployment shop/web"],
  },
  {
    name: "discovery: something else",
    given: [
      route({ http: [{ upstreams: [{ name: "ext" }] }] }),
      apisixUpstream("shop/ext", { discovery: { type: "nacos", serviceName: "web" } }),
      ...app("shop/web"),
    ],
    blind: [
      spot("discovery-not-followed", { field: "spec.discovery.serviceName", resource: "ApisixUpstream shop/ext" }),
    ],
  },
];

const dns = (host: string, more: Partial<Case> & { given: Resource[] }): Case => ({
  name: `host ${host}`,
  ...more,
  given: [
    route({ http: [{ upstreams: [{ name: "up" }] }] }),
    apisixUpstream("shop/up", { externalNodes: [{ type: "Domain", name: host, port: 80 }] }),
    ...more.given,
  ],
});
const throughUp = (name: string) => [
  `ApisixRoute shop/web › ApisixUpstream shop/up › Service ${name}:80 › Deployment ${name}`,
];

const dnsCases: Case[] = [
  ...["web.other", "web.other.svc", "web.other.svc.cluster.local"].map((host) =>
    dns(host, { given: app("other/web"), routed: throughUp("other/web") }),
  ),
  // As an external node, they are refused.
  ...["web.other.svc.cluster.local.", "Web.Other.svc"].map((host) => ({
    name: `host ${host}`,
    given: [route({ http: [{ plugins: [plugin("opa", { host: `http://${host}` })] }] }), ...app("other/web")],
    routed: ["ApisixRoute shop/web › Service other/web:80 › Deployment other/web"],
  })),
  dns("web-0.web.other.svc.cluster.local", {
    given: app("other/web", { clusterIP: "None" }),
    routed: throughUp("other/web"),
  }),
  dns("web", { given: app("apisix/web"), settings: { apisixNamespace: "apisix" }, routed: throughUp("apisix/web") }),
  dns("web", {
    given: app("shop/web"),
    blind: [
      spot("host-without-namespace", { field: "spec.externalNodes[0].name", resource: "ApisixUpstream shop/up" }),
    ],
  }),
  dns("web", { given: app("shop/web"), settings: { apisixNamespace: "apisix" } }),
  dns("intranet", { given: app("shop/web") }),
  dns("example.com", { given: app("shop/web") }),
  dns("localhost", { given: app("shop/localhost") }),
  dns("gone.shop", { given: app("shop/web"), blind: [spot("service-not-in-stack", { service: "Service shop/gone" })] }),
  dns("gone.far.svc", {
    given: app("shop/web"),
    blind: [spot("service-not-in-stack", { service: "Service far/gone" })],
  }),
  dns("web.shop.svc.corp.example", {
    given: app("shop/web"),
    blind: [spot("other-cluster-domain", { field: "spec.externalNodes[0].name", resource: "ApisixUpstream shop/up" })],
  }),
  dns("web.shop.svc.corp.example", {
    given: app("shop/web"),
    settings: { clusterDomain: "corp.example" },
    routed: throughUp("shop/web"),
  }),
  dns("10.0.0.7", { given: app("shop/web", { clusterIP: "10.0.0.7" }), routed: throughUp("shop/web") }),
  dns("10.0.0.8", { given: app("shop/web", { clusterIP: "10.0.0.7" }) }),
  dns("web.shop.svc.example.com.evil.net", {
    given: app("shop/web"),
    blind: [spot("other-cluster-domain", { field: "spec.externalNodes[0].name", resource: "ApisixUpstream shop/up" })],
  }),
];

const pluginCases: Case[] = [
  {
    name: "traffic-split with nodes as a map, and as a list",
    given: [
      route(
        withPlugins(
          plugin("traffic-split", {
            rules: [
              {
                weighted_upstreams: [
                  { upstream: { nodes: { "a.shop.svc.cluster.local:80": 1 } }, weight: 1 },
                  { upstream: { nodes: [{ host: "b.shop.svc", port: 80, weight: 1 }] } },
                  { weight: 2 },
                ],
              },
            ],
          }),
        ),
      ),
      ...["web", "a", "b"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: ["web", "a", "b"].map((name) => `ApisixRoute shop/web › Service shop/${name}:80 › Deployment shop/${name}`),
  },
  {
    name: "traffic-split with weight 0, of the upstream or of a node",
    given: [
      route(
        withPlugins(
          plugin("traffic-split", {
            rules: [
              {
                weighted_upstreams: [
                  { upstream: { nodes: { "a.shop.svc:80": 1 } }, weight: 0 },
                  { upstream: { nodes: { "b.shop.svc:80": 0 } }, weight: 1 },
                ],
              },
            ],
          }),
        ),
      ),
      ...["web", "a", "b"].flatMap((name) => app(`shop/${name}`)),
    ],
    // A node that is alone gets all, whatever its weight.
    routed: ["ApisixRoute shop/web › Service shop/b:80 › Deployment shop/b"],
    blind: [
      spot("weight-zero", { service: "Service shop/a" }),
      spot("split-takes-all", { service: "Service shop/web" }),
    ],
  },
  {
    name: "traffic-split with nodes without a host, or that are no host, or without nodes",
    given: [
      route(
        withPlugins(
          plugin("traffic-split", {
            rules: [
              {
                weighted_upstreams: [
                  { upstream: { nodes: [{ port: 80 }] } },
                  { upstream: { nodes: { "": 1 } } },
                  { upstream: {} },
                  {},
                ],
              },
            ],
          }),
        ),
      ),
      ...app("shop/web"),
    ],
    routed: [web],
  },
  {
    name: "traffic-split with an upstream id, or a discovery",
    given: [
      route(
        withPlugins(
          plugin("traffic-split", {
            rules: [
              {
                weighted_upstreams: [
                  { upstream_id: 7, weight: 1 },
                  { upstream: { discovery_type: "kubernetes", service_name: "shop/a:80" } },
                  { weight: 1 },
                ],
              },
            ],
          }),
        ),
      ),
      ...["web", "a"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: [web],
    blind: [
      spot("discovery-not-followed", { resource: "ApisixRoute shop/web" }),
      spot("upstream-id-not-followed", { resource: "ApisixRoute shop/web" }),
    ],
  },
  {
    name: "a user's traffic-split beats that of several backends on 2.x, and loses on 1.x",
    given: [
      route({
        http: [
          {
            backends: [backend("web"), backend("b")],
            plugins: [
              plugin("traffic-split", {
                rules: [{ weighted_upstreams: [{ upstream: { nodes: { "c.shop:80": 1 } } }] }],
              }),
            ],
          },
        ],
      }),
      ...["web", "b", "c"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: [web, "ApisixRoute shop/web › Service shop/b:80 › Deployment shop/b"],
    on: "1",
    otherwise: ["ApisixRoute shop/web › Service shop/c:80 › Deployment shop/c"],
    otherwiseBlind: [spot("split-takes-all", { service: "Service shop/web" })],
    settings: {},
  },
  {
    name: "proxy-mirror is a mirror, and stands behind other ways",
    given: [
      route(withPlugins(plugin("proxy-mirror", { host: "http://copy.shop.svc.cluster.local:80" }))),
      ...app("shop/web"),
      ...app("shop/copy"),
    ],
    routed: [`${web} [upstream]`, "ApisixRoute shop/web › Service shop/copy:80 › Deployment shop/copy [mirror]"],
    show: "via",
  },
  ...(
    [
      ["forward-auth", { uri: "http://auth.shop.svc/verify" }, "upstream"],
      ["opa", { host: "http://auth.shop.svc:80", policy: "p" }, "upstream"],
      ["openid-connect", { discovery: "http://auth.shop.svc/.well-known/openid-configuration" }, "upstream"],
      ["openid-connect", { introspection_endpoint: "http://auth.shop.svc/introspect" }, "upstream"],
      ["authz-keycloak", { discovery: "http://auth.shop.svc/x" }, "upstream"],
      ["authz-keycloak", { token_endpoint: "http://auth.shop.svc/x" }, "upstream"],
      ["authz-keycloak", { resource_registration_endpoint: "http://auth.shop.svc/x" }, "upstream"],
      ["authz-casdoor", { endpoint_addr: "http://auth.shop.svc" }, "upstream"],
      ["aws-lambda", { function_uri: "http://auth.shop.svc/f" }, "upstream"],
      ["azure-functions", { function_uri: "http://auth.shop.svc/f" }, "upstream"],
      ["openfunction", { function_uri: "http://auth.shop.svc/f" }, "upstream"],
      ["openwhisk", { api_host: "http://auth.shop.svc" }, "upstream"],
      ["cas-auth", { idp_uri: "http://auth.shop.svc/cas" }, "upstream"],
      ["wolf-rbac", { server: "http://auth.shop.svc" }, "upstream"],
      ["ldap-auth", { ldap_uri: "auth.shop.svc:80" }, "upstream"],
      ["limit-conn", { policy: "redis", redis_host: "auth.shop.svc", redis_port: 80 }, "upstream"],
      ["limit-conn", { policy: "redis-cluster", redis_cluster_nodes: ["auth.shop.svc:80"] }, "upstream"],
      ["limit-count", { policy: "redis", redis_host: "auth.shop.svc", redis_port: 80 }, "upstream"],
      ["limit-count", { policy: "redis-cluster", redis_cluster_nodes: ["auth.shop.svc:80"] }, "upstream"],
      ["limit-req", { policy: "redis", redis_host: "auth.shop.svc", redis_port: 80 }, "upstream"],
      ["limit-req", { policy: "redis-cluster", redis_cluster_nodes: ["auth.shop.svc:80"] }, "upstream"],
      ["ai-proxy", { override: { endpoint: "http://auth.shop.svc/v1" } }, "upstream"],
      ["ai-proxy-multi", { instances: [{ override: { endpoint: "http://auth.shop.svc/v1" } }] }, "upstream"],
      ["http-logger", { uri: "http://auth.shop.svc/logs" }, "mirror"],
      ["kafka-logger", { brokers: [{ host: "auth.shop.svc", port: 80 }] }, "mirror"],
      ["clickhouse-logger", { endpoint_addr: "http://auth.shop.svc" }, "mirror"],
      ["elasticsearch-logger", { endpoint_addr: "http://auth.shop.svc" }, "mirror"],
      ["skywalking-logger", { endpoint_addr: "http://auth.shop.svc" }, "mirror"],
      ["clickhouse-logger", { endpoint_addrs: ["http://auth.shop.svc"] }, "mirror"],
      ["elasticsearch-logger", { endpoint_addrs: ["http://auth.shop.svc"] }, "mirror"],
      ["loki-logger", { endpoint_addrs: ["http://auth.shop.svc"] }, "mirror"],
      ["rocketmq-logger", { nameserver_list: ["auth.shop.svc:80"] }, "mirror"],
      ["splunk-hec-logging", { endpoint: { uri: "http://auth.shop.svc" } }, "mirror"],
      ["syslog", { host: "auth.shop.svc", port: 80 }, "mirror"],
      ["tcp-logger", { host: "auth.shop.svc", port: 80 }, "mirror"],
      ["udp-logger", { host: "auth.shop.svc", port: 80 }, "mirror"],
      ["zipkin", { endpoint: "http://auth.shop.svc/spans" }, "mirror"],
    ] as const
  ).map(([name, config, via]): Case => ({
    name: `${name} (${Object.keys(config).join(", ")})`,
    given: [route(withPlugins(plugin(name, config))), ...app("shop/web"), ...app("shop/auth")],
    routed: [`${web} [upstream]`, `ApisixRoute shop/web › Service shop/auth:80 › Deployment shop/auth [${via}]`],
    show: "via",
  })),
  {
    name: "a plugin that is off leads nowhere",
    given: [
      route(
        withPlugins(
          plugin("forward-auth", { uri: "http://auth.shop.svc" }, { enable: false }),
          plugin("opa", { host: "http://auth.shop.svc", _meta: { disable: true } }),
        ),
      ),
      ...app("shop/web"),
      ...app("shop/auth"),
    ],
    routed: [web],
  },
  {
    name: "other plugins lead nowhere, whatever they hold",
    given: [
      route(withPlugins(plugin("cors", { host: "auth.shop.svc" }), plugin("proxy-rewrite", { host: "auth.shop.svc" }))),
      ...app("shop/web"),
      ...app("shop/auth"),
    ],
    routed: [web],
  },
  {
    name: "a plugin whose target is in a Secret",
    given: [route(withPlugins(plugin("forward-auth", {}, { secretRef: "auth" }))), ...app("shop/web")],
    routed: [web],
    blind: [spot("upstream-in-secret", { resource: "ApisixRoute shop/web" })],
  },
  {
    name: "a stream's plugins",
    given: [
      route({ stream: [{ backend: backend("web"), plugins: [plugin("syslog", { host: "log.shop", port: 80 })] }] }),
      ...app("shop/web"),
      ...app("shop/log"),
    ],
    routed: [web, "ApisixRoute shop/web › Service shop/log:80 › Deployment shop/log"],
  },
  {
    name: "LDAP authentication that is off",
    given: [
      route({
        http: [
          {
            backends: [backend("web")],
            authentication: { enable: false, type: "ldapAuth", ldapAuth: { ldap_uri: "ldap.shop:80" } },
          },
        ],
      }),
      ...app("shop/web"),
      ...app("shop/ldap"),
    ],
    routed: [web],
  },
  {
    name: "LDAP authentication of a route",
    given: [
      route({
        http: [
          {
            backends: [backend("web")],
            authentication: { enable: true, type: "ldapAuth", ldapAuth: { ldap_uri: "ldap.shop:80" } },
          },
        ],
      }),
      ...app("shop/web"),
      ...app("shop/ldap"),
    ],
    routed: [web, "ApisixRoute shop/web › Service shop/ldap:80 › Deployment shop/ldap"],
  },
  {
    name: "ApisixPluginConfig, also of another namespace",
    given: [
      route({
        http: [
          { backends: [backend("web")], plugin_config_name: "near" },
          { backends: [backend("web")], plugin_config_name: "far", plugin_config_namespace: "edge" },
        ],
      }),
      ...[
        ["shop/near", "a"],
        ["edge/far", "b"],
        ["shop/unused", "c"],
      ].map(([name = "", host = ""]) =>
        object("apisix.apache.org/v2", "ApisixPluginConfig", name, {
          spec: { plugins: [plugin("forward-auth", { uri: `http://${host}.shop.svc/` })] },
        }),
      ),
      ...["web", "a", "b", "c"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: [
      web,
      "ApisixRoute shop/web › ApisixPluginConfig shop/near › Service shop/a:80 › Deployment shop/a",
      "ApisixRoute shop/web › ApisixPluginConfig edge/far › Service shop/b:80 › Deployment shop/b",
    ],
  },
  {
    name: "ApisixPluginConfig of another stack",
    given: [route({ http: [{ backends: [backend("web")], plugin_config_name: "far" }] }), ...app("shop/web")],
    routed: [web],
    blind: [spot("plugin-config-not-in-stack", { config: "ApisixPluginConfig shop/far" })],
  },
  {
    // 1.x may have the class `apisix-and-all`: 1.8.4 pkg/providers/utils/ingress_class.go, MatchCRDsIngressClass.
    name: "ApisixPluginConfig of another controller's class: 2.x refuses the whole route, and 1.x may",
    given: [
      ingressClass("other", "example.com/other"),
      route({ http: [{ backends: [backend("web")], plugin_config_name: "pc" }] }),
      object("apisix.apache.org/v2", "ApisixPluginConfig", "shop/pc", {
        spec: { ingressClassName: "other", plugins: [] },
      }),
      ...app("shop/web"),
    ],
    on: "1",
    blind: [spot("class-of-unlisted-controller", { resource: "ApisixPluginConfig shop/pc" })],
    otherwiseBlind: [],
    isOpen: true,
    dead: { "2": { "ApisixRoute shop/web": "plugin-config-of-other-class" } },
  },
  {
    name: "ApisixPluginConfig without a class",
    given: [
      route({ http: [{ backends: [backend("web")], plugin_config_name: "pc" }] }),
      object("apisix.apache.org/v2", "ApisixPluginConfig", "shop/pc", { spec: { plugins: [] } }),
      ...app("shop/web"),
    ],
    routed: [web],
  },
  {
    name: "ApisixGlobalRule",
    given: [
      object("apisix.apache.org/v2", "ApisixGlobalRule", "edge/all", {
        spec: { ...classed, plugins: [plugin("opa", { host: "http://web.shop.svc" })] },
      }),
      ...app("shop/web"),
    ],
    routed: ["ApisixGlobalRule edge/all › Service shop/web:80 › Deployment shop/web"],
  },
  {
    name: "ApisixGlobalRule of another controller's class, and one that leads nowhere",
    given: [
      ingressClass("other", "example.com/other"),
      object("apisix.apache.org/v2", "ApisixGlobalRule", "edge/all", {
        spec: { ingressClassName: "other", plugins: [plugin("opa", { host: "http://web.shop.svc" })] },
      }),
      object("apisix.apache.org/v2", "ApisixGlobalRule", "edge/cors", {
        spec: { ingressClassName: "far", plugins: [plugin("cors", {})] },
      }),
      ...app("shop/web"),
    ],
    blind: [spot("class-of-unlisted-controller", { resource: "ApisixGlobalRule edge/all" })],
  },
  {
    name: "GatewayProxy of an IngressClass",
    given: [
      object("networking.k8s.io/v1", "IngressClass", "apisix", {
        spec: { controller: controller2, parameters: { kind: "GatewayProxy", name: "proxy", namespace: "edge" } },
      }),
      object("apisix.apache.org/v1alpha1", "GatewayProxy", "edge/proxy", {
        spec: {
          provider: { controlPlane: { service: { name: "admin", port: 9180 } } },
          plugins: [
            { name: "opa", enabled: true, config: { host: "http://web.shop.svc" } },
            { name: "forward-auth", enabled: false, config: { uri: "http://admin.edge.svc" } },
          ],
        },
      }),
      ...app("shop/web"),
      ...app("edge/admin"),
    ],
    routed: ["GatewayProxy edge/proxy › Service shop/web:80 › Deployment shop/web"],
    on: "2",
  },
  {
    name: "GatewayProxy that nothing in the stack uses",
    given: [
      object("apisix.apache.org/v1alpha1", "GatewayProxy", "edge/proxy", {
        spec: { plugins: [{ name: "opa", enabled: true, config: { host: "http://web.shop.svc" } }] },
      }),
      object("apisix.apache.org/v1alpha1", "GatewayProxy", "edge/plain", { spec: {} }),
      ...app("shop/web"),
    ],
    on: "2",
    blind: [spot("gateway-proxy-unused", { proxy: "GatewayProxy edge/proxy" }, "GatewayProxy edge/proxy")],
    otherwiseBlind: [],
  },
  {
    name: "ApisixGlobalRule without a class",
    given: [
      object("apisix.apache.org/v2", "ApisixGlobalRule", "edge/all", {
        spec: { plugins: [plugin("opa", { host: "http://web.shop.svc" })] },
      }),
      ...app("shop/web"),
    ],
    routed: ["ApisixGlobalRule edge/all › Service shop/web:80 › Deployment shop/web"],
    on: "1",
    otherwiseBlind: [spot("class-missing", { resource: "ApisixGlobalRule edge/all" })],
  },
  {
    name: "Consumer of a Gateway",
    given: [
      ...edge(),
      object("apisix.apache.org/v1alpha1", "Consumer", "edge/jane", {
        spec: {
          gatewayRef: { name: "apisix" },
          plugins: [{ name: "limit-count", config: { policy: "redis", redis_host: "web.shop.svc", redis_port: 80 } }],
        },
      }),
      ...app("shop/web"),
    ],
    routed: ["Consumer edge/jane › Service shop/web:80 › Deployment shop/web"],
    on: "2",
  },
  {
    name: "L4RoutePolicy of a TCPRoute",
    given: [
      ...edge(),
      gatewayRoute("TCPRoute", "shop/web"),
      object("apisix.apache.org/v1alpha1", "L4RoutePolicy", "shop/log", {
        spec: {
          targetRefs: [
            { group: "gateway.networking.k8s.io", kind: "TCPRoute", name: "web" },
            { group: "gateway.networking.k8s.io", kind: "TCPRoute", name: "gone" },
          ],
          plugins: [{ name: "tcp-logger", config: { host: "log.shop.svc", port: 80 } }],
        },
      }),
      ...app("shop/web"),
      ...app("shop/log"),
    ],
    routed: [
      ...routeChain("TCPRoute"),
      "TCPRoute shop/web › L4RoutePolicy shop/log › Service shop/log:80 › Deployment shop/log",
    ],
    on: "2",
    otherwise: routeChain("TCPRoute"),
  },
];

const ingressCases: Case[] = [
  {
    name: "class by name",
    given: [ingress("shop/web", "apisix", [path("web")]), ...app("shop/web")],
    routed: [ingressWeb],
  },
  {
    name: "class by the controller of its IngressClass",
    given: [ingressClass("public", controller2), ingress("shop/web", "public", [path("web")]), ...app("shop/web")],
    routed: [ingressWeb],
  },
  {
    name: "classes of other controllers",
    given: [
      ingressClass("nginx", "k8s.io/ingress-nginx"),
      ingress("shop/web", "nginx", [path("web")]),
      ingress("shop/other", "traefik", [path("web")]),
      ingress("shop/none", undefined, [path("web")]),
      ...app("shop/web"),
    ],
  },
  {
    name: "a class of another stack whose name or annotations speak of APISIX",
    given: [
      ingress("shop/a", "apache-apisix", [path("web")]),
      ingress("shop/b", "public", [path("web")], { metadata: { annotations: { [`${k8s}use-regex`]: "true" } } }),
      ...app("shop/web"),
    ],
    routed: ["Ingress shop/a › Service shop/web:80 › Deployment shop/web"],
    blind: [spot("class-not-in-stack", { class: "public" })],
  },
  {
    name: "a class that the setting lists",
    given: [ingress("shop/web", "apache-apisix", [path("web")]), ...app("shop/web")],
    settings: { ingressClasses: ["apache-apisix"] },
    routed: [ingressWeb],
  },
  {
    name: "a listed class that the stack gives to another controller: 1.x compares names alone",
    given: [
      ingressClass("apisix", "k8s.io/ingress-nginx"),
      ingress("shop/web", "apisix", [path("web")]),
      ...app("shop/web"),
    ],
    auto: [],
    on: "2",
    otherwise: [ingressWeb],
  },
  {
    name: "class by annotation",
    given: [
      ingress("shop/web", undefined, [path("web")], {
        metadata: { annotations: { "kubernetes.io/ingress.class": "apisix" } },
      }),
      ...app("shop/web"),
    ],
    routed: [ingressWeb],
  },
  {
    name: "annotation against field: 1.x takes the annotation",
    given: [
      ingress("shop/web", "nginx", [path("web")], {
        metadata: { annotations: { "kubernetes.io/ingress.class": "apisix" } },
      }),
      ...app("shop/web"),
    ],
    routed: [`${ingressWeb} [controller-line 1 class-not-known]`],
    show: "notes",
    on: "1",
    blind: [spot("ingress-class-named-twice", { ingress: "Ingress shop/web", annotation: "apisix", field: "nginx" })],
    otherwiseBlind: [],
  },
  {
    name: "field against annotation: 2.x takes the field",
    given: [
      ingress("shop/web", "apisix", [path("web")], {
        metadata: { annotations: { "kubernetes.io/ingress.class": "nginx" } },
      }),
      ...app("shop/web"),
    ],
    routed: [ingressWeb],
    on: "2",
    blind: [spot("ingress-class-named-twice", { ingress: "Ingress shop/web", annotation: "nginx", field: "apisix" })],
    otherwiseBlind: [],
  },
  {
    name: "no class, and a default IngressClass of APISIX's",
    given: [
      ingressClass("public", controller2, { "ingressclass.kubernetes.io/is-default-class": "true" }),
      ingress("shop/web", undefined, [path("web")]),
      ...app("shop/web"),
    ],
    routed: [ingressWeb],
  },
  {
    name: "no class, and a default IngressClass of somebody else's",
    given: [
      ingressClass("apisix", controller2),
      ingressClass("public", "k8s.io/ingress-nginx", { "ingressclass.kubernetes.io/is-default-class": "true" }),
      ingress("shop/web", undefined, [path("web")]),
      ...app("shop/web"),
    ],
  },
  ...["networking.k8s.io/v1beta1", "extensions/v1beta1"].map((apiVersion): Case => ({
    name: `${apiVersion}`,
    given: [
      ingress("shop/web", "apisix", [{ backend: { serviceName: "web", servicePort: 80 } }], { apiVersion }),
      ...app("shop/web"),
    ],
    routed: [ingressWeb],
  })),
  {
    name: "a port by name",
    given: [
      ingress("shop/web", "apisix", [path("web:http")]),
      ...app("shop/web", { ports: [{ name: "http", port: 80 }] }),
    ],
    routed: ["Ingress shop/web › Service shop/web:http › Deployment shop/web"],
  },
  {
    name: "default backend and resource backends are not read",
    given: [
      ingress("shop/web", "apisix", [path("web"), { backend: { resource: { kind: "Bucket", name: "b" } } }], {
        spec: { defaultBackend: { service: { name: "rest", port: { number: 80 } } } },
      }),
      ...app("shop/web"),
      ...app("shop/rest"),
    ],
    routed: [ingressWeb],
    blind: [
      spot("default-backend-not-read", { ingress: "Ingress shop/web" }),
      spot("backend-resource-not-read", { ingress: "Ingress shop/web" }),
    ],
  },
  {
    name: "svc-namespace moves all backends",
    given: [
      ingress("shop/web", "apisix", [path("web")], { metadata: { annotations: { [`${k8s}svc-namespace`]: "other" } } }),
      ...app("shop/web"),
      ...app("other/web"),
    ],
    routed: ["Ingress shop/web › Service other/web:80 › Deployment other/web"],
  },
  {
    name: "plugin-config-name and auth-uri",
    given: [
      ingress("shop/web", "apisix", [path("web")], {
        metadata: {
          annotations: { [`${k8s}plugin-config-name`]: "pc", [`${k8s}auth-uri`]: "http://auth.shop.svc/verify" },
        },
      }),
      object("apisix.apache.org/v2", "ApisixPluginConfig", "shop/pc", {
        spec: { plugins: [plugin("proxy-mirror", { host: "http://copy.shop.svc" })] },
      }),
      ...["web", "auth", "copy"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: [
      ingressWeb,
      "Ingress shop/web › Service shop/auth:80 › Deployment shop/auth",
      "Ingress shop/web › ApisixPluginConfig shop/pc › Service shop/copy:80 › Deployment shop/copy",
    ],
  },
  {
    name: "timeouts by annotation",
    given: [
      ingress("shop/web", "apisix", [path("web")], {
        metadata: {
          annotations: { [`${k8s}upstream-read-timeout`]: "300s", [`${k8s}upstream-connect-timeout`]: "900" },
        },
      }),
      ...app("shop/web"),
    ],
    routed: [`${ingressWeb} [300 s]`],
    show: "timeout",
  },
  {
    name: "a missing port drops the whole Ingress",
    given: [ingress("shop/web", "apisix", [path("web"), path("web:9")]), ...app("shop/web")],
    dead: bothLines("Ingress shop/web", "service-port-missing"),
  },
  {
    name: "a Service of another stack doesn't keep the others from being routed",
    given: [ingress("shop/web", "apisix", [path("web"), path("gone")]), ...app("shop/web")],
    routed: [ingressWeb],
    blind: [spot("service-not-in-stack", { service: "Service shop/gone" })],
  },
];

const classCases: Case[] = [
  {
    name: "ApisixRoute without a class: 1.x takes it",
    given: [apisixRoute("shop/web", http(backend("web"))), ...app("shop/web")],
    routed: [`${web} [controller-line-unclear 1 class-missing ApisixRoute shop/web]`],
    show: "notes",
    on: "1",
    otherwiseBlind: [spot("class-missing", { resource: "ApisixRoute shop/web" }, "ApisixRoute shop/web")],
  },
  {
    name: "ApisixRoute without a class, and a default IngressClass of APISIX's",
    given: [
      ingressClass("apisix", controller2, { "ingressclass.kubernetes.io/is-default-class": "true" }),
      apisixRoute("shop/web", http(backend("web"))),
      ...app("shop/web"),
    ],
    routed: [web],
    show: "notes",
  },
  {
    name: "ApisixRoute of an IngressClass in the stack",
    given: [
      ingressClass("mine", "apisix.apache.org/apisix-ingress"),
      apisixRoute("shop/web", { ingressClassName: "mine", ...http(backend("web")) }),
      ...app("shop/web"),
    ],
    routed: [web],
    on: "1",
    dead: { "2": { "ApisixRoute shop/web": "class-of-other-line" } },
  },
  {
    name: "ApisixRoute of another controller's IngressClass",
    given: [
      ingressClass("other", "example.com/other"),
      apisixRoute("shop/web", { ingressClassName: "other", ...http(backend("web")) }),
      ...app("shop/web"),
    ],
    blind: [spot("class-of-unlisted-controller", { class: "IngressClass other", resource: "ApisixRoute shop/web" })],
  },
  {
    name: "ApisixRoute of a class that isn't in the stack",
    given: [apisixRoute("shop/web", { ingressClassName: "far", ...http(backend("web")) }), ...app("shop/web")],
    routed: [`${web} [class-outside far]`],
    show: "notes",
  },
  {
    name: "a controller of one's own name",
    given: [
      ingressClass("mine", "example.com/apisix"),
      apisixRoute("shop/web", { ingressClassName: "mine", ...http(backend("web")) }),
      ...app("shop/web"),
    ],
    settings: { controllerNames: ["example.com/apisix"] },
    routed: [web],
  },
];

const listener = (fields: object) => [{ name: "main", port: 80, protocol: "HTTP", ...fields }];
const all = { allowedRoutes: { namespaces: { from: "All" } } };

const gatewayCases: Case[] = [
  ...(["HTTPRoute", "TCPRoute", "UDPRoute"] as const).map((kind): Case => ({
    name: `${kind}`,
    given: [...edge(), gatewayRoute(kind, "shop/web"), ...app("shop/web")],
    routed: routeChain(kind),
  })),
  ...(["v1alpha2", "v1beta1", "v1"] as const).map((version): Case => ({
    name: `HTTPRoute ${version}`,
    given: [...edge(), gatewayRoute("HTTPRoute", "shop/web", {}, {}, version), ...app("shop/web")],
    routed: routeChain("HTTPRoute"),
  })),
  {
    name: "GRPCRoute: 2.x only",
    given: [...edge(), gatewayRoute("GRPCRoute", "shop/web"), ...app("shop/web")],
    routed: routeChain("GRPCRoute"),
    on: "2",
  },
  {
    name: "TLSRoute: 2.x only, and with hostnames",
    given: [
      ...edge(),
      gatewayRoute("TLSRoute", "shop/web", { hostnames: ["a.example"] }, {}, "v1alpha2"),
      ...app("shop/web"),
    ],
    routed: routeChain("TLSRoute"),
    on: "2",
    dead: { "1": { "TLSRoute shop/web": "no-listener" } },
  },
  {
    name: "TLSRoute without hostnames: no route at all",
    given: [...edge(), gatewayRoute("TLSRoute", "shop/web"), ...app("shop/web")],
    dead: { "1": { "TLSRoute shop/web": "no-listener" }, "2": { "TLSRoute shop/web": "hostnames-missing" } },
  },
  {
    name: "TLSRoute without parents: 1.x",
    given: [...edge(), gatewayRoute("TLSRoute", "shop/web", { parentRefs: [], hostnames: ["a"] }), ...app("shop/web")],
    routed: routeChain("TLSRoute"),
    on: "1",
  },
  {
    name: "HTTPRoute without parents: 1.x",
    given: [gatewayRoute("HTTPRoute", "shop/web", { parentRefs: undefined }), ...app("shop/web")],
    routed: [`${routeChain("HTTPRoute")[0]} [controller-line 1 no-gateway-named]`],
    show: "notes",
    on: "1",
  },
  {
    name: "GatewayClass of 2.x in the stack",
    given: [
      gatewayClass("main", controller2),
      gateway("edge/apisix", "main"),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    routed: routeChain("HTTPRoute"),
    on: "2",
    dead: { "1": { "HTTPRoute shop/web": "class-of-other-line" } },
  },
  {
    name: "GatewayClass of 1.x in the stack",
    given: [
      gatewayClass("main", controller1),
      gateway("edge/apisix", "main"),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    routed: routeChain("HTTPRoute"),
    on: "1",
    dead: { "2": { "HTTPRoute shop/web": "class-of-other-line" } },
  },
  {
    name: "GatewayClass of another controller",
    given: [
      gatewayClass("apisix", "istio.io/gateway-controller"),
      ...edge(),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
  },
  {
    name: "GatewayClass of another stack: known implementations are no business of ours",
    given: [gateway("edge/apisix", "istio"), gatewayRoute("HTTPRoute", "shop/web"), ...app("shop/web")],
  },
  {
    name: "GatewayClass of another stack whose name speaks of APISIX",
    given: [gateway("edge/apisix", "apisix-internal"), gatewayRoute("HTTPRoute", "shop/web"), ...app("shop/web")],
    routed: routeChain("HTTPRoute"),
  },
  {
    name: "GatewayClass of another stack with APISIX's parameters",
    given: [
      gateway("edge/apisix", "main", undefined, {
        infrastructure: { parametersRef: { group: "apisix.apache.org", kind: "GatewayProxy", name: "p" } },
      }),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    blind: [spot("gateway-class-not-in-stack", { class: "main" })],
  },
  {
    name: "a Gateway of another stack",
    given: [gatewayRoute("HTTPRoute", "shop/web"), gatewayRoute("HTTPRoute", "shop/also"), ...app("shop/web")],
    blind: [
      spot(
        "gateway-not-in-stack",
        { gateway: "edge/apisix" },
        "HTTPRoute shop/also › Gateway edge/apisix (and 1 more)",
      ),
    ],
  },
  {
    name: "a Gateway of another stack that the setting lists",
    given: [gatewayRoute("HTTPRoute", "shop/web"), ...app("shop/web")],
    settings: { gateways: ["edge/apisix"] },
    routed: routeChain("HTTPRoute"),
  },
  {
    name: "a Gateway of another stack that the setting doesn't list",
    given: [gatewayRoute("HTTPRoute", "shop/web"), ...app("shop/web")],
    settings: { gateways: ["edge/other"] },
  },
  {
    name: "two parents, one of another stack: 1.x fails the route",
    given: [
      ...edge(),
      gatewayClass("istio", "istio.io/gateway-controller"),
      gateway("edge/istio", "istio"),
      gatewayRoute("HTTPRoute", "shop/web", {
        parentRefs: [
          { namespace: "edge", name: "istio" },
          { namespace: "edge", name: "apisix" },
        ],
      }),
      ...app("shop/web"),
    ],
    routed: routeChain("HTTPRoute"),
    on: "2",
    dead: { "1": { "HTTPRoute shop/web": "other-parent" } },
  },
  {
    name: "a parent that is a Service is no Gateway",
    given: [
      gatewayRoute("HTTPRoute", "shop/web", { parentRefs: [{ kind: "Service", group: "", name: "web" }] }),
      ...app("shop/web"),
    ],
  },
  {
    name: "a Gateway in the route's own namespace",
    given: [
      gateway("shop/apisix", "apisix", listener({})),
      gatewayRoute("HTTPRoute", "shop/web", { parentRefs: [{ name: "apisix" }] }),
      ...app("shop/web"),
    ],
    routed: routeChain("HTTPRoute"),
  },
  {
    name: "listeners allow the Gateway's own namespace only, by default",
    given: [
      gateway("edge/apisix", "apisix", listener({ allowedRoutes: { kinds: [{ kind: "HTTPRoute" }] } })),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    dead: bothLines("HTTPRoute shop/web", "no-listener"),
  },
  {
    name: "listeners that allow another kind",
    given: [
      gateway(
        "edge/apisix",
        "apisix",
        listener({ allowedRoutes: { kinds: [{ kind: "GRPCRoute" }], namespaces: { from: "All" } } }),
      ),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    dead: bothLines("HTTPRoute shop/web", "no-listener"),
  },
  {
    name: "listeners that choose namespaces by label",
    given: [
      gateway(
        "edge/apisix",
        "apisix",
        listener({ allowedRoutes: { namespaces: { from: "Selector", selector: { matchLabels: { public: "yes" } } } } }),
      ),
      object("v1", "Namespace", "shop", { metadata: { labels: { public: "yes" } } }),
      object("v1", "Namespace", "other", { metadata: { labels: { public: "no" } } }),
      gatewayRoute("HTTPRoute", "shop/web"),
      gatewayRoute("HTTPRoute", "other/web"),
      ...app("shop/web"),
      ...app("other/web"),
    ],
    routed: routeChain("HTTPRoute"),
    dead: bothLines("HTTPRoute other/web", "no-listener"),
  },
  {
    name: "listeners that choose namespaces by the label that the API server writes",
    given: [
      gateway(
        "edge/apisix",
        "apisix",
        listener({
          allowedRoutes: {
            namespaces: {
              from: "Selector",
              selector: {
                matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: ["shop"] }],
              },
            },
          },
        }),
      ),
      gatewayRoute("HTTPRoute", "shop/web"),
      gatewayRoute("HTTPRoute", "other/web"),
      ...app("shop/web"),
      ...app("other/web"),
    ],
    routed: routeChain("HTTPRoute"),
    dead: bothLines("HTTPRoute other/web", "no-listener"),
  },
  {
    name: "listeners that choose by labels of a namespace of another stack",
    given: [
      gateway(
        "edge/apisix",
        "apisix",
        listener({ allowedRoutes: { namespaces: { from: "Selector", selector: { matchLabels: { public: "yes" } } } } }),
      ),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    blind: [spot("listener-namespaces-unknown", { gateway: "Gateway edge/apisix", namespace: "shop" })],
  },
  {
    name: "HTTPS listeners: 2.x only",
    given: [
      gateway("edge/apisix", "apisix", listener({ protocol: "HTTPS", tls: { mode: "Terminate" }, ...all })),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    routed: routeChain("HTTPRoute"),
    on: "2",
    dead: { "1": { "HTTPRoute shop/web": "no-listener" } },
  },
  {
    name: "a listener of another protocol",
    given: [
      gateway("edge/apisix", "apisix", listener({ protocol: "TCP", ...all })),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    dead: bothLines("HTTPRoute shop/web", "no-listener"),
  },
  {
    name: "sectionName",
    given: [
      gateway("edge/apisix", "apisix", [...listener(all), { name: "tcp", port: 9, protocol: "TCP", ...all }]),
      gatewayRoute("HTTPRoute", "shop/web", {
        parentRefs: [{ namespace: "edge", name: "apisix", sectionName: "main" }],
      }),
      gatewayRoute("HTTPRoute", "shop/no", { parentRefs: [{ namespace: "edge", name: "apisix", sectionName: "tcp" }] }),
      ...app("shop/web"),
    ],
    routed: routeChain("HTTPRoute"),
    dead: bothLines("HTTPRoute shop/no", "no-listener"),
  },
  {
    name: "the parent's port: read by 2.x",
    given: [
      ...edge(),
      gatewayRoute("HTTPRoute", "shop/web", { parentRefs: [{ namespace: "edge", name: "apisix", port: 81 }] }),
      ...app("shop/web"),
    ],
    routed: routeChain("HTTPRoute"),
    on: "1",
    dead: { "2": { "HTTPRoute shop/web": "no-listener" } },
  },
  {
    name: "host names: one that matches is enough for 2.x, 1.x wants all",
    given: [
      gateway("edge/apisix", "apisix", listener({ hostname: "*.example.com", ...all })),
      gatewayRoute("HTTPRoute", "shop/web", { hostnames: ["a.example.com", "b.example.org"] }),
      gatewayRoute("HTTPRoute", "shop/no", { hostnames: ["b.example.org", "example.com"] }),
      ...app("shop/web"),
    ],
    routed: routeChain("HTTPRoute"),
    on: "2",
    dead: {
      "1": { "HTTPRoute shop/no": "no-listener", "HTTPRoute shop/web": "no-listener" },
      "2": { "HTTPRoute shop/no": "no-listener" },
    },
  },
  {
    name: "backends: weight 0, another kind, no port",
    given: [
      ...edge(),
      gatewayRoute(
        "HTTPRoute",
        "shop/web",
        {},
        {
          backendRefs: [
            { name: "web", port: 80, weight: 1 },
            { name: "zero", port: 80, weight: 0 },
            { name: "kind", kind: "ServiceImport", group: "multicluster.x-k8s.io", port: 80 },
            { name: "portless" },
          ],
        },
      ),
      ...["web", "zero", "kind", "portless"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: routeChain("HTTPRoute"),
    blind: [spot("weight-zero", { service: "Service shop/zero" })],
  },
  {
    name: "another namespace with a ReferenceGrant",
    given: [
      ...edge(),
      gatewayRoute("HTTPRoute", "shop/web", {}, { backendRefs: [{ name: "web", namespace: "other", port: 80 }] }),
      object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "other/grant", {
        spec: {
          from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" }],
          to: [{ group: "", kind: "Service" }],
        },
      }),
      ...app("other/web"),
    ],
    routed: ["HTTPRoute shop/web › Service other/web:80 › Deployment other/web"],
    show: "notes",
  },
  {
    name: "another namespace without a ReferenceGrant that fits: 1.x doesn't ask",
    given: [
      ...edge(),
      gatewayRoute("HTTPRoute", "shop/web", {}, { backendRefs: [{ name: "web", namespace: "other", port: 80 }] }),
      object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "other/grant", {
        spec: {
          from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" }],
          to: [{ group: "", kind: "Service", name: "api" }],
        },
      }),
      object("gateway.networking.k8s.io/v1beta1", "ReferenceGrant", "shop/wrong-place", {
        spec: {
          from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: "shop" }],
          to: [{ group: "", kind: "Service" }],
        },
      }),
      ...app("other/web"),
    ],
    routed: ["HTTPRoute shop/web › Service other/web:80 › Deployment other/web"],
    on: "1",
    otherwiseBlind: [spot("reference-grant-not-in-stack", { route: "HTTPRoute shop/web" })],
  },
  {
    name: "a request mirror: the last one, of low severity, without a grant",
    given: [
      ...edge(),
      gatewayRoute(
        "HTTPRoute",
        "shop/web",
        {},
        {
          filters: [
            { type: "RequestMirror", requestMirror: { backendRef: { name: "first", port: 80 } } },
            { type: "RequestMirror", requestMirror: { backendRef: { name: "copy", namespace: "other", port: 80 } } },
          ],
        },
      ),
      ...["shop/web", "shop/first", "other/copy"].flatMap((name) => app(name)),
    ],
    routed: [
      "HTTPRoute shop/web › Service shop/web:80 › Deployment shop/web [upstream]",
      "HTTPRoute shop/web › Service other/copy:80 › Deployment other/copy [mirror]",
    ],
    show: "via",
  },
  {
    name: "filters of a backend are not read",
    given: [
      ...edge(),
      gatewayRoute(
        "HTTPRoute",
        "shop/web",
        {},
        {
          backendRefs: [
            {
              name: "web",
              port: 80,
              filters: [{ type: "RequestMirror", requestMirror: { backendRef: { name: "copy", port: 80 } } }],
            },
          ],
        },
      ),
      ...app("shop/web"),
      ...app("shop/copy"),
    ],
    routed: routeChain("HTTPRoute"),
  },
  {
    name: "an extensionRef to a PluginConfig: 2.x",
    given: [
      ...edge(),
      gatewayRoute(
        "HTTPRoute",
        "shop/web",
        {},
        {
          filters: [
            { type: "ExtensionRef", extensionRef: { group: "apisix.apache.org", kind: "PluginConfig", name: "pc" } },
          ],
        },
      ),
      object("apisix.apache.org/v1alpha1", "PluginConfig", "shop/pc", {
        spec: { plugins: [{ name: "forward-auth", config: { uri: "http://auth.shop.svc" } }] },
      }),
      ...app("shop/web"),
      ...app("shop/auth"),
    ],
    routed: [
      ...routeChain("HTTPRoute"),
      "HTTPRoute shop/web › PluginConfig shop/pc › Service shop/auth:80 › Deployment shop/auth",
    ],
    on: "2",
    otherwise: routeChain("HTTPRoute"),
  },
  {
    name: "timeouts of a rule, or of a BackendTrafficPolicy",
    given: [
      ...edge(),
      gatewayRoute("HTTPRoute", "shop/web", {}, { timeouts: { request: "2m", backendRequest: "10s" } }),
      gatewayRoute("HTTPRoute", "shop/api", {}, { backendRefs: [{ name: "api", port: 80 }] }),
      object("apisix.apache.org/v1alpha1", "BackendTrafficPolicy", "shop/slow", {
        spec: { targetRefs: [{ group: "", kind: "Service", name: "api" }], timeout: { read: "400s" } },
      }),
      object("apisix.apache.org/v1alpha1", "BackendTrafficPolicy", "shop/alone", {
        spec: { targetRefs: [{ group: "", kind: "Service", name: "unrouted" }] },
      }),
      ...["web", "api", "unrouted"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: [
      `${routeChain("HTTPRoute")[0]} [120 s]`,
      "HTTPRoute shop/api › Service shop/api:80 › Deployment shop/api [400 s]",
    ],
    show: "timeout",
  },
];

const serviceCases: Case[] = [
  {
    name: "without a selector",
    given: [toWeb(), service("shop/web"), deployment("shop/web", {})],
    blind: [spot("service-without-selector", { service: "Service shop/web" })],
  },
  {
    name: "with an empty selector, it selects nothing",
    given: [toWeb(), service("shop/web", {}), deployment("shop/web", { app: "web" })],
    blind: [spot("service-without-selector", { service: "Service shop/web" })],
  },
  {
    name: "without a selector, with Endpoints or EndpointSlices by hand",
    given: [
      route(http(backend("a"), backend("b"))),
      service("shop/a"),
      service("shop/b"),
      object("v1", "Endpoints", "shop/a", { subsets: [] }),
      object("discovery.k8s.io/v1", "EndpointSlice", "shop/b-1", {
        metadata: { labels: { "kubernetes.io/service-name": "b" } },
      }),
    ],
    blind: [
      spot("endpoints-written-by-hand", { service: "Service shop/a" }),
      spot("endpoints-written-by-hand", { service: "Service shop/b" }),
    ],
  },
  {
    name: "selects by all of its labels, and by those of the Pod template",
    given: [
      toWeb(),
      service("shop/web", { app: "web", tier: "front" }),
      deployment("shop/web", { app: "web", tier: "front", version: "1" }),
      deployment("shop/half", { app: "web" }),
      deployment("shop/else", { app: "web", tier: "back" }),
      object("apps/v1", "Deployment", "shop/own", {
        metadata: { labels: { app: "web", tier: "front" } },
        spec: { template: { metadata: { labels: { app: "own" } } } },
      }),
    ],
    routed: [web],
  },
  {
    name: "whose Pods an operator makes",
    given: [
      toWeb(),
      service("shop/web", { "strimzi.io/name": "x" }),
      object("kafka.strimzi.io/v1beta2", "Kafka", "shop/web"),
    ],
    blind: [spot("service-selects-nothing", { service: "Service shop/web" })],
  },
  {
    name: "of another namespace selects nothing here",
    given: [toWeb(), service("shop/web", { app: "web" }), deployment("other/web", { app: "web" })],
    blind: [spot("service-selects-nothing", { service: "Service shop/web" })],
  },
  ...(
    [
      ["apps/v1", "StatefulSet"],
      ["apps/v1", "DaemonSet"],
      ["apps/v1", "ReplicaSet"],
      ["v1", "ReplicationController"],
      ["argoproj.io/v1alpha1", "Rollout"],
      ["extensions/v1beta1", "Deployment"],
      ["apps.kruise.io/v1alpha1", "CloneSet"],
    ] as const
  ).map(([apiVersion, kind]): Case => ({
    name: `selects the Pods of a ${apiVersion} ${kind}`,
    given: [
      toWeb(),
      service("shop/web", { app: "web" }),
      object(apiVersion, kind, "shop/web", { spec: { template: { metadata: { labels: { app: "web" } } } } }),
    ],
    routed: [`ApisixRoute shop/web › Service shop/web:80 › ${kind} shop/web`],
  })),
  {
    name: "selects a Pod; and a Job's Pods are no backends",
    given: [
      toWeb(),
      service("shop/web", { app: "web" }),
      object("v1", "Pod", "shop/web", {
        metadata: { labels: { app: "web" } },
        spec: { containers: [{ name: "app" }] },
      }),
      object("batch/v1", "Job", "shop/job", { spec: { template: { metadata: { labels: { app: "web" } } } } }),
    ],
    routed: ["ApisixRoute shop/web › Service shop/web:80 › Pod shop/web"],
  },
  {
    name: "a Rollout that runs a Deployment's template",
    given: [
      toWeb(),
      ...app("shop/web"),
      object("argoproj.io/v1alpha1", "Rollout", "shop/web", {
        spec: { workloadRef: { kind: "Deployment", name: "web" } },
      }),
    ],
    routed: [web],
  },
  {
    name: "a Rollout that runs a template of another stack",
    given: [
      toWeb(),
      service("shop/web", { app: "web" }),
      object("argoproj.io/v1alpha1", "Rollout", "shop/web", {
        spec: { workloadRef: { kind: "Deployment", name: "far" } },
      }),
    ],
    blind: [spot("pod-labels-unknown", { service: "Service shop/web", workload: "Rollout shop/web", more: 0 })],
  },
  {
    name: "ExternalName in a backend: 2.x",
    given: [toWeb(), external("shop/web", "web.other.svc.cluster.local"), ...app("other/web")],
    routed: ["ApisixRoute shop/web › Service shop/web:80 › Service other/web:80 › Deployment other/web"],
    on: "2",
    dead: { "1": { "ApisixRoute shop/web": "external-name-not-read" } },
  },
  {
    name: "ExternalName in an Ingress and in an HTTPRoute: 2.x",
    given: [
      ...edge(),
      ingress("shop/web", "apisix", [path("alias")]),
      gatewayRoute("HTTPRoute", "shop/web", {}, { backendRefs: [{ name: "alias", port: 80 }] }),
      external("shop/alias", "web.shop.svc"),
      ...app("shop/web"),
    ],
    routed: [
      "Ingress shop/web › Service shop/alias:80 › Service shop/web:80 › Deployment shop/web",
      "HTTPRoute shop/web › Service shop/alias:80 › Service shop/web:80 › Deployment shop/web",
    ],
    on: "2",
    dead: {
      "1": { "Ingress shop/web": "external-name-not-read", "HTTPRoute shop/web": "external-name-not-read" },
    },
  },
  {
    name: "ExternalName chains, and to the Internet",
    given: [
      route(http(backend("a"), backend("x"))),
      external("shop/a", "b.shop.svc"),
      external("shop/b", "web.shop.svc"),
      external("shop/x", "www.example.com"),
      ...app("shop/web"),
    ],
    routed: [
      "ApisixRoute shop/web › Service shop/a:80 › Service shop/b:80 › Service shop/web:80 › Deployment shop/web",
    ],
    on: "2",
    dead: { "1": { "ApisixRoute shop/web": "external-name-not-read" } },
  },
  {
    name: "ExternalName in a ring",
    given: [
      route({ http: [{ upstreams: [{ name: "ring" }] }] }),
      apisixUpstream("shop/ring", { externalNodes: ["a", "self"].map((name) => ({ type: "Service", name })) }),
      external("shop/a", "b.shop.svc"),
      external("shop/b", "a.shop.svc"),
      external("shop/self", "self.shop.svc.cluster.local"),
      ...app("shop/web"),
    ],
  },
  {
    name: "all ways to one workload, the shortest first",
    given: [
      route({ http: [{ backends: [backend("web")], upstreams: [{ name: "up" }] }] }),
      apisixUpstream("shop/up", { externalNodes: [{ type: "Domain", name: "web.shop.svc" }] }),
      ingress("shop/web", "apisix", [path("web")]),
      ...edge(),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    routed: [
      web,
      ingressWeb,
      ...routeChain("HTTPRoute"),
      "ApisixRoute shop/web › ApisixUpstream shop/up › Service shop/web:80 › Deployment shop/web",
    ],
  },
];

const container = (name: string, ...ports: object[]) => ({ name, ports });

const portCases: Case[] = (
  [
    ["number", { port: 80, targetPort: 8080 }, 80, "app"],
    ["name of a container's port", { port: 80, targetPort: "web" }, 80, "app"],
    ["no targetPort", { port: 9090 }, 9090, "metrics"],
    ["a native sidecar's port", { port: 80, targetPort: "proxy" }, 80, "side"],
    ["a port that nobody declares", { port: 80, targetPort: 7 }, 80, "?"],
  ] as const
).map(([name, port, number, serving]): Case => ({
  name: `serving container: ${name}`,
  given: [
    route(http(backend(`web:${number}`))),
    service("shop/web", { app: "web" }, { ports: [{ port: 1 }, port] }),
    deployment(
      "shop/web",
      { app: "web" },
      {
        containers: [
          container("app", { containerPort: 8080, name: "web" }),
          container("metrics", { containerPort: 9090, name: "metrics" }),
        ],
        initContainers: [
          { ...container("side", { containerPort: 1, name: "proxy" }), restartPolicy: "Always" },
          container("init", { containerPort: 8080, name: "web" }),
        ],
      },
    ),
  ],
  routed: [`ApisixRoute shop/web › Service shop/web:${number} › Deployment shop/web [${serving}]`],
  show: "serving",
}));

portCases.push({
  name: "serving container: the port of a headless Service's host name is the Pods' own",
  given: [
    route({ http: [{ upstreams: [{ name: "up" }] }] }),
    apisixUpstream("shop/up", { externalNodes: [{ type: "Domain", name: "web.shop.svc", port: 8080 }] }),
    service("shop/web", { app: "web" }, { clusterIP: "None", ports: [{ port: 80, targetPort: 9090 }] }),
    deployment(
      "shop/web",
      { app: "web" },
      { containers: [container("app", { containerPort: 8080 }), container("metrics", { containerPort: 9090 })] },
    ),
  ],
  routed: ["ApisixRoute shop/web › ApisixUpstream shop/up › Service shop/web:8080 › Deployment shop/web [app]"],
  show: "serving",
});

const configText = (text: string) => `${text}\n#END\n`;

const configCases: Case[] = [
  {
    name: "routes with inline, named and service upstreams",
    given: [
      configMap(
        "apisix/apisix",
        configText(`
routes:
  - {uri: /a, upstream: {nodes: {"a.shop.svc:80": 1}, type: roundrobin}}
  - {uri: /b, upstream_id: 1}
  - {uri: /c, service_id: s}
  - {uri: /off, status: 0, upstream_id: 2}
services:
  - {id: s, upstream_id: u, plugins: {forward-auth: {uri: "http://auth.shop.svc"}}}
upstreams:
  - {id: "1", nodes: [{host: b.shop.svc, port: 80, weight: 1}]}
  - {id: 2, nodes: {"off.shop.svc:80": 1}}
  - {id: u, nodes: {"c.shop.svc:80": 1}}
  - {id: unused, nodes: {"d.shop.svc:80": 1}}`),
      ),
      ...["a", "b", "c", "d", "off", "auth"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: ["a", "b", "c", "auth"].map(
      (name) => `ConfigMap apisix/apisix › Service shop/${name}:80 › Deployment shop/${name}`,
    ),
  },
  {
    name: "stream routes, global rules, plugin configs, discovery, timeouts",
    given: [
      configMap(
        "apisix/apisix",
        configText(`
stream_routes: [{upstream: {nodes: {"a.shop.svc:80": 1}}}]
global_rules: [{id: 1, plugins: {opa: {host: "http://b.shop.svc"}}}]
plugin_configs: [{id: 1, plugins: {forward-auth: {uri: "http://c.shop.svc"}}}]
routes:
  - {plugin_config_id: 1, timeout: {connect: 1, send: 2, read: 600}, upstream: {discovery_type: kubernetes, service_name: "shop/d:80"}}`),
      ),
      ...["a", "b", "c", "d"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: ["a [- s]", "b [- s]", "c [600 s]", "d [600 s]"].map(
      (name) => `ConfigMap apisix/apisix › Service shop/${name[0]}:80 › Deployment shop/${name}`,
    ),
    show: "timeout",
  },
  {
    name: "short names are looked up in the ConfigMap's namespace",
    given: [
      configMap("apisix/apisix", configText('routes: [{upstream: {nodes: {"web:80": 1}}}]')),
      ...app("apisix/web"),
      ...app("shop/web"),
    ],
    routed: ["ConfigMap apisix/apisix › Service apisix/web:80 › Deployment apisix/web"],
  },
  {
    name: "without #END APISIX doesn't load it",
    given: [configMap("apisix/apisix", 'routes: [{upstream: {nodes: {"web.shop:80": 1}}}]'), ...app("shop/web")],
  },
  {
    name: "no YAML",
    given: [configMap("apisix/apisix", configText("routes: [")), ...app("shop/web")],
    blind: [spot("apisix-config-unreadable", { key: "apisix.yaml", configMap: "ConfigMap apisix/apisix" })],
  },
  {
    name: "a host from the environment",
    given: [
      configMap("apisix/apisix", configText('routes: [{upstream: {nodes: {"${{HOST}}:80": 1}}}]')),
      ...app("shop/web"),
    ],
    blind: [spot("value-unknown", { resource: "ConfigMap apisix/apisix" })],
  },
];

const grouped: [string, Case[]][] = [
  ["ApisixRoute", apisixRouteCases],
  ["dead ApisixRoute", deadApisixCases],
  ["ApisixUpstream", upstreamCases],
  ["cluster DNS", dnsCases],
  ["plugins", pluginCases],
  ["plugin hosts", pluginHostCases],
  ["traffic-split", splitCases],
  ["consumers", consumerCases],
  ["Ingress", ingressCases],
  ["classes", classCases],
  ["Gateway API", gatewayCases],
  ["Service", serviceCases],
  ["ports", portCases],
  ["endpoints", endpointCases],
  ["kinds of workloads", kindCases],
  ["Jobs", jobCases],
  ["names of Services", serviceNameCases],
  ["apisix.yaml", configCases],
  ["dead Gateway API routes", deadGatewayCases],
  ["dead Ingresses", deadIngressCases],
  ["default classes", defaultClassCases],
];

export const cases: Case[] = grouped.flatMap(([group, list]) =>
  list.map((each) => ({ ...each, name: `${group}: ${each.name}` })),
);
