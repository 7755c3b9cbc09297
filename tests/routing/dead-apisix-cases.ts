/**
 * ApisixRoutes that the controller refuses as a whole, and backends and upstreams that it drops.
 *
 * Sources: 1.8.4 pkg/providers/apisix/apisix_route.go, pkg/providers/apisix/translation/{apisix_route,apisix_upstream}.go,
 * pkg/providers/translation/{service,apisix_upstream}.go and the CRDs in samples/deploy/crd/v1; 2.2.0
 * internal/controller/apisixroute_controller.go, internal/adc/translator/{apisixroute,apisixupstream}.go,
 * api/v2/apisixroute_types.go and config/crd/bases. A case names the file where it isn't clear. A value of the wrong type
 * stands for one that isn't known.
 */
import type { Resource } from "../../src/kubernetes/resource";
import type { RefusalCode } from "../../src/routing";
import { spot, type Case } from "./case";
import {
  apisixRoute,
  apisixUpstream,
  app,
  backend,
  deployment,
  external,
  http,
  ingress,
  ingressClass,
  object,
  path,
  plugin,
  service,
} from "./resources";

const name = "ApisixRoute shop/web";
const to = (end: string) => `${name} › Service shop/${end}:80 › Deployment shop/${end}`;
const route = (spec: object, version?: string) =>
  apisixRoute("shop/web", { ingressClassName: "apisix", ...spec }, version);
const apps = (...names: string[]) => names.flatMap((each) => app(`shop/${each}`));
const rule = (ruleName: string, end: string, more: object = {}) => ({
  name: ruleName,
  match: { paths: [`/${end}`] },
  backends: [backend(end)],
  ...more,
});
const stream = (ruleName: string, end: string, more: Record<string, unknown> = {}) => ({
  name: ruleName,
  protocol: "TCP",
  match: { ingressPort: 9100 },
  backend: backend(end, more),
});
const on2 = (code: RefusalCode): NonNullable<Case["dead"]> => ({ "2": { [name]: code } });
const on1 = (code: RefusalCode): NonNullable<Case["dead"]> => ({ "1": { [name]: code } });
const both = (code: RefusalCode): NonNullable<Case["dead"]> => ({ ...on1(code), ...on2(code) });

/** A route of which both lines refuse everything, and the workload that isn't blamed for it. */
function dead(what: string, code: RefusalCode, spec: object, ...more: Resource[]): Case {
  return { name: what, given: [route(spec), ...apps("web", "api"), ...more], dead: both(code) };
}

/** A route with nothing wrong. */
function fine(what: string, spec: object, ...more: Resource[]): Case {
  return { name: what, given: [route(spec), ...apps("web"), ...more], routed: [to("web")] };
}

const nameCases: Case[] = [
  // 1.x: translateHTTPRouteV2; 2.x: the CRD's list map.
  dead("two http rules of one name", "rule-name-twice", { http: [rule("same", "web"), rule("same", "api")] }),
  dead("two stream rules of one name", "rule-name-twice", { stream: [stream("same", "web"), stream("same", "api")] }),
  {
    name: "an http and a stream rule of one name: 2.x refuses both",
    given: [route({ http: [rule("same", "web")], stream: [stream("same", "api")] }), ...apps("web", "api")],
    routed: [to("web"), to("api")],
    on: "1",
    dead: on2("rule-name-twice"),
  },
  {
    name: "the names of two routes don't meet",
    given: [
      ...["web", "api"].map((each) =>
        apisixRoute(`shop/${each}`, { ingressClassName: "apisix", http: [rule("a", each)] }),
      ),
      ...apps("web", "api"),
    ],
    routed: [to("web"), "ApisixRoute shop/api › Service shop/api:80 › Deployment shop/api"],
  },
  {
    name: "a name that isn't known may be another one",
    given: [route({ http: [rule("a", "web"), { ...rule("a", "api"), name: 5 }] }), ...apps("web", "api")],
    routed: [to("web"), to("api")],
  },
  {
    name: "rules without a name: the API of both refuses them, aloud",
    given: [route({ http: ["web", "api"].map((each) => ({ backends: [backend(each)] })) }), ...apps("web", "api")],
    routed: [to("web"), to("api")],
  },
];

const header = (more: object) => ({ match: { exprs: [{ subject: { scope: "Header", name: "x" }, ...more }] } });
const withExpression = (more: object) => ({ http: [rule("a", "web", header(more)), rule("b", "api")] });
const withAddress = (address: unknown) => ({ http: [rule("a", "web", { match: { remoteAddrs: [address] } })] });

const matchCases: Case[] = [
  // 1.x: the CRD's enum; 2.x: ToVars, as its CRD takes any text.
  dead("an unknown op", "expression-invalid", withExpression({ op: "Equals", value: "1" })),
  dead("In with a value", "expression-invalid", withExpression({ op: "In", value: "1" })),
  dead("In with a null set", "expression-invalid", withExpression({ op: "In", value: "1", set: null })),
  dead("Equal with a set", "expression-invalid", withExpression({ op: "Equal", set: ["1"] })),
  dead("an op without anything", "expression-invalid", withExpression({ op: "RegexMatch" })),
  dead("a subject without a name", "expression-invalid", {
    http: [rule("a", "web", { match: { exprs: [{ subject: { scope: "Query" }, op: "Equal", value: "1" }] } })],
  }),
  fine("In with an empty set", { http: [rule("a", "web", header({ op: "In", set: [] }))] }),
  fine("the path has no name", {
    http: [rule("a", "web", { match: { exprs: [{ subject: { scope: "Path" }, op: "NotIn", set: ["/x"] }] } })],
  }),
  fine("an op that isn't known", { http: [rule("a", "web", header({ op: 5 }))] }),
  {
    name: "the scope Body is 2.x'",
    given: [
      route({
        http: [
          rule("a", "web", { match: { exprs: [{ subject: { scope: "Body", name: "x" }, op: "Equal", value: "" }] } }),
        ],
      }),
      ...apps("web"),
    ],
    routed: [to("web")],
    on: "2",
    dead: on1("expression-invalid"),
  },
  // 1.x: pkg/providers/translation/util.go; 2.x: internal/utils/k8s.go: Go's net.ParseIP and net.ParseCIDR.
  ...[
    "10.0.0.0/33",
    "fe80::1%eth0",
    "010.0.0.1",
    "",
    "example.org",
    "10.0.0.0/",
    "::1/129",
    "1.2.3.4/-1",
    "1.2.3.4/8/8",
  ].map((address) => dead(`the address "${address}"`, "remote-address-invalid", withAddress(address))),
  ...["10.0.0.1/8", "::1", "fe80::/10", "::ffff:1.2.3.4/100", "10.0.0.0/08"].map((address) =>
    fine(`the address ${address}`, withAddress(address)),
  ),
  fine("an address that is no text", withAddress(10)),
];

const specCases: Case[] = [
  // metav1.Duration: the list of all ApisixRoutes is decoded as one.
  ...["20", "", "1m30", "5 s"].map((read) =>
    dead(`the timeout "${read}"`, "duration-unreadable", {
      http: [rule("a", "web", { timeout: { read } }), rule("b", "api")],
    }),
  ),
  ...["0", "1.5h", ".5s", "-1s", "1µs"].map((send) =>
    fine(`the timeout ${send}`, { http: [rule("a", "web", { timeout: { send } })] }),
  ),
  {
    name: "a plugin's config as text: 2.x refuses the route, and the API of 1.x, aloud",
    given: [
      route({ http: [rule("a", "web", { plugins: [plugin("cors", "{}")] }), rule("b", "api")] }),
      ...apps("web", "api"),
    ],
    routed: [to("web"), to("api")],
    on: "1",
    dead: on2("plugin-config-unreadable"),
  },
  {
    name: "a stream's plugin with a list for a config",
    given: [
      route({ http: [rule("a", "web")], stream: [{ ...stream("s", "api"), plugins: [plugin("x", ["y"])] }] }),
      ...apps("web", "api"),
    ],
    routed: [to("web"), to("api")],
    on: "1",
    dead: on2("plugin-config-unreadable"),
  },
  fine("a plugin with text that is off", {
    http: [rule("a", "web", { plugins: [plugin("x", "y", { enable: false })] })],
  }),
  fine("a plugin that may be off", {
    http: [rule("a", "web", { plugins: [plugin("x", "y", { enable: "may be" })] })],
  }),
  {
    name: "an ApisixPluginConfig with text for a config",
    given: [
      route({ http: [rule("a", "web", { plugin_config_name: "pc" })] }),
      object("apisix.apache.org/v2", "ApisixPluginConfig", "shop/pc", { spec: { plugins: [plugin("cors", "{}")] } }),
      ...apps("web"),
    ],
    routed: [to("web")],
    on: "1",
    dead: on2("plugin-config-unreadable"),
  },
  // 1.x: the CRD's anyOf and minItems; 2.x takes it, and makes nothing of it.
  dead("no rules", "no-rules", {}),
  dead("empty lists of rules", "no-rules", { http: [], stream: [] }),
  dead("the rules of v1 in v2", "no-rules", { rules: [{ http: { paths: [{ backend: backend("web") }] } }] }),
  fine("an empty list beside another one", { http: [rule("a", "web")], stream: [] }),
  { name: "no backends at all", given: [route({ http: [{ name: "a", match: { paths: ["/*"] } }] }), ...apps("web")] },
  { name: "empty backends", given: [route(http()), ...apps("web")] },
];

const otherClass = (config: object) =>
  object("apisix.apache.org/v2", "ApisixPluginConfig", "shop/pc", { spec: { plugins: [], ...config } });
const toConfig = { http: [rule("a", "web", { plugin_config_name: "pc" })] };

const pluginConfigCases: Case[] = [
  fine("an ApisixPluginConfig of the route's class", toConfig, otherClass({ ingressClassName: "apisix" })),
  {
    // validatePluginConfig asks for the controller alone.
    name: "an ApisixPluginConfig of another class of the controller, which has no GatewayProxy",
    given: [
      route(toConfig),
      object("networking.k8s.io/v1", "IngressClass", "second", {
        spec: { controller: "apisix.apache.org/apisix-ingress-controller" },
      }),
      otherClass({ ingressClassName: "second" }),
      ...apps("web"),
    ],
    routed: [to("web")],
  },
  fine(
    "an ApisixPluginConfig of a class that the stack doesn't hold",
    toConfig,
    otherClass({ ingressClassName: "far" }),
  ),
  {
    name: "of two controllers of APISIX's, the class of one doesn't do for the other",
    given: [
      ingressClass("apisix", "example.com/one"),
      ingressClass("second", "example.com/two"),
      route(toConfig),
      otherClass({ ingressClassName: "second" }),
      ...apps("web"),
    ],
    settings: { controllerNames: ["example.com/one", "example.com/two"] },
    routed: [to("web")],
    on: "1",
    dead: on2("plugin-config-of-other-class"),
  },
  {
    name: "of two classes of one controller, either will do",
    given: [
      ingressClass("apisix", "example.com/one"),
      ingressClass("second", "example.com/one"),
      route(toConfig),
      otherClass({ ingressClassName: "second" }),
      ...apps("web"),
    ],
    settings: { controllerNames: ["example.com/one"] },
    routed: [to("web")],
  },
  {
    name: "the class of the route is not known to be of another controller",
    given: [
      ingressClass("second", "example.com/two"),
      apisixRoute("shop/web", { ingressClassName: "far", ...toConfig }),
      otherClass({ ingressClassName: "second" }),
      ...apps("web"),
    ],
    routed: [to("web")],
    on: "2",
    otherwiseBlind: [{ code: "class-of-unlisted-controller", data: { resource: "ApisixPluginConfig shop/pc" } }],
  },
  {
    // 1.8.4 pkg/providers/utils/ingress_class.go, MatchCRDsIngressClass.
    name: "1.x with `apisix-and-all` takes the ApisixPluginConfig of another controller's class",
    given: [
      ingressClass("nginx", "k8s.io/ingress-nginx"),
      apisixRoute("shop/web", toConfig),
      otherClass({ ingressClassName: "nginx" }),
      ...apps("web"),
    ],
    settings: { ingressClasses: ["apisix", "apisix-and-all"] },
    routed: [to("web")],
    on: "1",
    dead: on2("plugin-config-of-other-class"),
  },
  {
    name: "1.x with `apisix-and-all` takes an ApisixRoute of another controller's class",
    given: [
      ingressClass("nginx", "k8s.io/ingress-nginx"),
      apisixRoute("shop/web", { ingressClassName: "nginx", ...http(backend("web")) }),
      ...apps("web"),
    ],
    settings: { ingressClasses: ["apisix", "apisix-and-all"] },
    routed: [to("web")],
    on: "1",
    otherwiseBlind: [{ code: "class-of-unlisted-controller", data: { resource: "ApisixRoute shop/web" } }],
  },
];

const nothingLeft = (spec: object) => route({ http: [{ name: "a", match: { paths: ["/*"] }, ...spec }] });
const noPort = { code: "service-port-missing" as const, data: { service: "Service shop/web" } };

const portCases: Case[] = [
  // servicePort is an IntOrString: GetServiceClusterIPAndPort, getPortFromService.
  dead("a port by number in a text", "service-port-missing", http(backend("web", { servicePort: "80" }))),
  dead("the port 0", "service-port-missing", http(backend("web", { servicePort: 0 }))),
  {
    name: "a port by its name",
    given: [route(http(backend("web:p80"))), ...app("shop/web", { ports: [{ name: "p80", port: 80 }] })],
    routed: [`${name} › Service shop/web:p80 › Deployment shop/web`],
  },
  {
    name: "an empty name is that of the port without one",
    given: [route(http(backend("web", { servicePort: "" }))), ...apps("web")],
    routed: [`${name} › Service shop/web › Deployment shop/web`],
  },
  {
    name: "text beside a number: 2.x sends requests to the other backend",
    given: [route(http(backend("web", { servicePort: "80" }), backend("api"))), ...apps("web", "api")],
    routed: [to("api")],
    on: "2",
    blind: [noPort],
    otherwiseBlind: [],
    dead: on1("service-port-missing"),
  },
  {
    name: "Ingress v1beta1: text is a name, too",
    given: [
      ingress("shop/web", "apisix", [{ backend: { serviceName: "web", servicePort: "80" } }], {
        apiVersion: "networking.k8s.io/v1beta1",
      }),
      ...apps("web"),
    ],
    dead: { "1": { "Ingress shop/web": "service-port-missing" }, "2": { "Ingress shop/web": "service-port-missing" } },
  },
  {
    name: "Ingress v1: a number in a text is refused by the API, aloud",
    given: [
      ingress("shop/web", "apisix", [{ backend: { service: { name: "web", port: { number: "9" } } } }]),
      ...apps("web"),
    ],
    routed: ["Ingress shop/web › Service shop/web › Deployment shop/web"],
  },
  dead("a stream's missing port costs the http rules, too", "service-port-missing", {
    http: [rule("a", "web")],
    stream: [stream("s", "api:9999")],
  }),
  dead("a stream's port in a text", "service-port-missing", {
    http: [rule("a", "web")],
    stream: [stream("s", "api", { servicePort: "80" })],
  }),
  {
    name: "a stream's Service that another stack may hold costs nothing",
    given: [route({ http: [rule("a", "web")], stream: [stream("s", "far")] }), ...apps("web")],
    routed: [to("web")],
    blind: [{ code: "service-not-in-stack", data: { service: "Service shop/far" } }],
  },
  {
    name: "a missing port in one of two rules",
    given: [route({ http: [rule("a", "web:81"), rule("b", "api")] }), ...apps("web", "api")],
    routed: [to("api")],
    on: "2",
    blind: [noPort],
    otherwiseBlind: [],
    dead: on1("service-port-missing"),
  },
  {
    name: "a port that isn't known may be there",
    given: [route(http(backend("web", { servicePort: {} }))), ...apps("web")],
    routed: [`${name} › Service shop/web › Deployment shop/web`],
  },
];

const e = external("shop/e", "web.other.svc");
const toE = (port: string) => `${name} › Service shop/e:${port} › Service other/web:${port} › Deployment other/web`;

const externalNameCases: Case[] = [
  {
    // 1.x drops it, and 2.x may take it: the cluster's default class decides.
    name: "of a route without a class",
    given: [
      apisixRoute("shop/web", http(backend("ext"))),
      external("shop/ext", "web.shop.svc.cluster.local"),
      ...app("shop/web"),
    ],
    on: "2",
    blind: [spot("class-missing", { resource: "ApisixRoute shop/web" })],
    otherwiseBlind: [],
    dead: { "1": { "ApisixRoute shop/web": "external-name-not-read" } },
    isOpen: true,
  },
  {
    name: "by number it needs no port; 1.x refuses the route for it",
    given: [
      route(http(backend("e:8080"), backend("api"))),
      e,
      ...app("other/web", { ports: [{ port: 8080 }] }),
      ...apps("api"),
    ],
    routed: [toE("8080"), to("api")],
    on: "2",
    dead: on1("external-name-not-read"),
  },
  {
    name: "by a name that it doesn't declare",
    given: [route(http(backend("e:http"))), e, ...app("other/web")],
    dead: { ...on1("external-name-not-read"), ...on2("service-port-missing") },
  },
  {
    name: "by a name that it declares",
    given: [
      route(http(backend("e:http"))),
      object("v1", "Service", "shop/e", {
        spec: { type: "ExternalName", externalName: "web.other.svc", ports: [{ name: "http", port: 80 }] },
      }),
      ...app("other/web", { ports: [{ name: "http", port: 80 }] }),
    ],
    routed: [toE("http")],
    on: "2",
    dead: on1("external-name-not-read"),
  },
  {
    name: "with granularity service",
    given: [
      route(http(backend("e", { resolveGranularity: "service" }), backend("api"))),
      e,
      ...app("other/web"),
      ...apps("api"),
    ],
    routed: [to("api")],
    on: "2",
    blind: [{ code: "external-name-without-cluster-ip", data: { service: "Service shop/e" } }],
    otherwiseBlind: [],
    dead: on1("external-name-not-read"),
  },
  {
    name: "in a stream, by number",
    given: [route({ http: [rule("a", "api")], stream: [stream("s", "e")] }), e, ...app("other/web"), ...apps("api")],
    routed: [toE("80"), to("api")],
    on: "2",
    dead: on1("external-name-not-read"),
  },
  {
    name: "in a stream, by a name that it doesn't declare: the http rules go, too",
    given: [
      route({ http: [rule("a", "api")], stream: [stream("s", "e:http")] }),
      e,
      ...app("other/web"),
      ...apps("api"),
    ],
    dead: { ...on1("external-name-not-read"), ...on2("service-port-missing") },
  },
  {
    name: "in a stream, with granularity service",
    given: [
      route({ http: [rule("a", "api")], stream: [stream("s", "e", { resolveGranularity: "service" })] }),
      e,
      ...app("other/web"),
      ...apps("api"),
    ],
    dead: { ...on1("external-name-not-read"), ...on2("external-name-without-cluster-ip") },
  },
  {
    name: "1.x refuses a whole Ingress for it",
    given: [ingress("shop/web", "apisix", [path("e"), path("api")]), e, ...app("other/web"), ...apps("api")],
    routed: [toE("80"), to("api")].map((way) => way.replace("ApisixRoute", "Ingress")),
    on: "2",
    dead: { "1": { "Ingress shop/web": "external-name-not-read" } },
  },
];

const good = { type: "Domain", name: "web.other.svc", port: 80 };
const toUp = { http: [{ name: "a", match: { paths: ["/*"] }, upstreams: [{ name: "up" }] }] };
const throughUp = `${name} › ApisixUpstream shop/up › Service other/web:80 › Deployment other/web`;
const refusedUp = (field: string) => ({
  code: "apisix-upstream-refused" as const,
  data: { upstream: "ApisixUpstream shop/up", field },
});

const nodeCases: Case[] = [
  ...["Web.other.svc", "web.other.svc.", "http://web", "::1", "a_b.example.org", "x.example.org:80", ""].map(
    (bad): Case => ({
      name: `one bad node, "${bad}", loses all of them`,
      given: [
        route({ http: [...toUp.http, rule("b", "api")] }),
        apisixUpstream("shop/up", { externalNodes: [good, { type: "Domain", name: bad }] }),
        ...app("other/web"),
        ...apps("api"),
      ],
      routed: [to("api")],
      blind: [refusedUp("spec.externalNodes[1].name")],
    }),
  ),
  {
    name: "a node with an address is fine",
    given: [
      route(toUp),
      apisixUpstream("shop/up", { externalNodes: [good, { type: "Domain", name: "10.1.2.3" }] }),
      ...app("other/web"),
    ],
    routed: [throughUp],
  },
  {
    name: "a node whose name isn't known is not taken for a bad one",
    given: [
      route(toUp),
      apisixUpstream("shop/up", { externalNodes: [good, { type: "Domain", name: 5 }] }),
      ...app("other/web"),
    ],
    routed: [throughUp],
    blind: [
      { code: "value-unknown", data: { field: "spec.externalNodes[1].name", resource: "ApisixUpstream shop/up" } },
    ],
  },
  {
    name: "a node with an ordinary Service loses the others, too",
    given: [
      route({ http: [...toUp.http, rule("b", "api")] }),
      apisixUpstream("shop/up", { externalNodes: [good, { type: "Service", name: "api" }] }),
      ...app("other/web"),
      ...apps("api"),
    ],
    routed: [to("api")],
    blind: [{ code: "external-node-of-wrong-type", data: { service: "Service shop/api" } }],
  },
  {
    name: "a node with a Service that another stack may hold",
    given: [
      route(toUp),
      apisixUpstream("shop/up", { externalNodes: [good, { type: "Service", name: "far" }] }),
      ...app("other/web"),
    ],
    routed: [throughUp],
    blind: [{ code: "service-not-in-stack", data: { service: "Service shop/far" } }],
  },
  {
    name: "a node of no type: 1.x passes it over, 2.x takes it for a Service that it hasn't looked up",
    given: [
      route({ http: [...toUp.http, rule("b", "api")] }),
      apisixUpstream("shop/up", { externalNodes: [good, { name: "far" }] }),
      ...app("other/web"),
      ...apps("api"),
    ],
    routed: [throughUp, to("api")],
    on: "1",
    otherwise: [to("api")],
    otherwiseBlind: [refusedUp("spec.externalNodes[1].type")],
  },
  {
    name: "only upstreams without nodes: nothing works",
    given: [route(toUp), apisixUpstream("shop/up", { scheme: "http" }), ...apps("web")],
    dead: both("apisix-upstream-empty"),
  },
  {
    name: "a patch of an ApisixUpstream doesn't empty it",
    given: [route(toUp), { ...apisixUpstream("shop/up", { scheme: "http" }), isPatch: true }, ...apps("web")],
  },
  {
    name: "a bad upstream beside a backend costs nothing more",
    given: [
      nothingLeft({ backends: [backend("web")], upstreams: [{ name: "up" }] }),
      apisixUpstream("shop/up", { externalNodes: [{ type: "Domain", name: "UP" }] }),
      ...apps("web"),
    ],
    routed: [to("web")],
    blind: [refusedUp("spec.externalNodes[0].name")],
  },
  {
    name: "a host outside the cluster is left",
    given: [
      nothingLeft({ upstreams: [{ name: "up" }, { name: "out" }] }),
      apisixUpstream("shop/up", { externalNodes: [{ type: "Domain", name: "UP" }] }),
      apisixUpstream("shop/out", { externalNodes: [{ type: "Domain", name: "www.example.com" }] }),
      ...apps("web"),
    ],
    blind: [refusedUp("spec.externalNodes[0].name")],
  },
];

/** A route to `web` and `api`, and an ApisixUpstream with the name of the first one's Service. */
const beside = (spec: object) => [
  route({ http: [rule("a", "web"), rule("b", "api")] }),
  apisixUpstream("shop/web", spec),
  ...apps("web", "api"),
];
const refusedWeb = (field: string) => ({
  code: "apisix-upstream-refused" as const,
  data: { upstream: "ApisixUpstream shop/web", field },
});

const dns = (end: string) => ({ type: "dns", serviceName: `${end}.shop.svc:80` });
const own = (port: number, end: string) => ({ port, discovery: dns(end) });
const discovered = {
  web: to("web"),
  api: `${name} › Service shop/web:80 › ApisixUpstream shop/web › Service shop/api:80 › Deployment shop/api`,
};

const namesakeCases: Case[] = [
  // Both lines: 1.x refuses the whole route, 2.x drops the backend.
  ...(
    [
      ["timeout.read", { timeout: { read: "-1s" } }],
      ["timeout.send", { timeout: { send: "-20s" } }],
      ["healthCheck.active.healthy.interval", { healthCheck: { active: { healthy: { successes: 1 } } } }],
      ["healthCheck.active.unhealthy.interval", { healthCheck: { active: { unhealthy: { interval: "500ms" } } } }],
    ] as const
  ).map(([field, spec]): Case => ({
    name: `an ApisixUpstream with the Service's name and a bad ${field}`,
    given: beside(spec),
    routed: [to("api")],
    on: "2",
    blind: [refusedWeb(`spec.${field}`)],
    otherwiseBlind: [],
    dead: on1("apisix-upstream-refused"),
  })),
  // metav1.Duration: the real controllers find no such object, and take the Service as it is.
  ...(
    [
      ["timeout.send", { timeout: { send: "20" }, retries: -1 }],
      ["healthCheck.active.healthy.interval", { healthCheck: { active: { healthy: { interval: "5" } } } }],
      ["portLevelSettings[0].timeout.read", { portLevelSettings: [{ port: 81, timeout: { read: "1" } }] }],
      ["timeout.read, and a discovery", { timeout: { read: "1" }, discovery: dns("api") }],
    ] as const
  ).map(([what, spec]): Case => ({
    name: `an ApisixUpstream with the Service's name that can't be decoded for its ${what}`,
    given: beside(spec),
    routed: [to("web"), to("api")],
  })),
  // The CRD of 1.x takes no negative retries; its controller doesn't look at the nodes.
  ...(
    [
      ["spec.retries", { retries: -1 }],
      ["spec.portLevelSettings[0].retries", { portLevelSettings: [{ port: 80, retries: -1 }] }],
      ["spec.portLevelSettings[1].retries", { portLevelSettings: [{ port: 80 }, { port: 80, retries: -1 }] }],
      ["spec.externalNodes[0].name", { externalNodes: [{ type: "Domain", name: "UP" }] }],
      ["spec.externalNodes[0].type", { externalNodes: [{ type: "Service", name: "e" }] }],
    ] as const
  ).map(([field, spec]): Case => ({
    name: `an ApisixUpstream with the Service's name and ${field}: 2.x drops the backend`,
    given: [...beside(spec), e],
    routed: [to("web"), to("api")],
    on: "1",
    otherwise: [to("api")],
    otherwiseBlind: [refusedWeb(field)],
  })),
  ...(
    [
      ["settings of another port", { portLevelSettings: [{ port: 81, retries: -1 }] }],
      ["external nodes, which nobody looks at", { externalNodes: [good] }],
      ["an interval of a second", { healthCheck: { active: { healthy: { interval: "1s" } } } }],
      ["a load balancer", { loadbalancer: { type: "chash", hashOn: "vars", key: "uri" } }],
      ["retries that aren't known", { retries: "x" }],
    ] as const
  ).map(([what, spec]): Case => ({
    name: `${what} beside a Service`,
    given: beside(spec),
    routed: [to("web"), to("api")],
  })),
  {
    name: "chash without hashOn: the CRD of 2.x has a default",
    given: beside({ loadbalancer: { type: "chash", key: "uri" } }),
    routed: [to("web"), to("api")],
    on: "2",
    dead: on1("apisix-upstream-refused"),
  },
  {
    name: "settings of the port replace the others on 1.x, and add to them on 2.x",
    given: beside({ timeout: { read: "-1s" }, portLevelSettings: [{ port: 80 }] }),
    routed: [to("web"), to("api")],
    on: "1",
    otherwise: [to("api")],
    otherwiseBlind: [refusedWeb("spec.timeout.read")],
  },
  {
    name: "a stream's ApisixUpstream costs the http rules, too, on both lines",
    given: [
      route({ http: [rule("a", "api")], stream: [stream("s", "web")] }),
      apisixUpstream("shop/web", { timeout: { read: "-1s" } }),
      ...apps("web", "api"),
    ],
    dead: both("apisix-upstream-refused"),
  },
  {
    name: "an Ingress has the ApisixUpstream on 1.x only",
    given: [
      ingress("shop/web", "apisix", [path("web"), path("api")]),
      apisixUpstream("shop/web", { timeout: { read: "-1s" } }),
      ...apps("web", "api"),
    ],
    routed: [to("web"), to("api")].map((way) => way.replace("ApisixRoute", "Ingress")),
    on: "2",
    dead: { "1": { "Ingress shop/web": "apisix-upstream-refused" } },
  },
  {
    name: "2.x doesn't look at the ApisixUpstream's class, 1.x does",
    given: [
      ingressClass("nginx", "k8s.io/ingress-nginx"),
      ...beside({ ingressClassName: "nginx", timeout: { read: "-1s" } }),
    ],
    routed: [to("web"), to("api")],
    on: "1",
    otherwise: [to("api")],
    otherwiseBlind: [refusedWeb("spec.timeout.read")],
  },
  {
    name: "its discovery takes the requests of the Service",
    given: [
      route(http(backend("web"))),
      apisixUpstream("shop/web", { discovery: { type: "dns", serviceName: "api.shop.svc:80" } }),
      ...apps("web", "api"),
    ],
    routed: [`${name} › Service shop/web:80 › ApisixUpstream shop/web › Service shop/api:80 › Deployment shop/api`],
  },
  {
    name: "an Ingress' requests go to the Service on 2.x, and to the discovery on 1.x",
    given: [
      ingress("shop/web", "apisix", [path("web")]),
      apisixUpstream("shop/web", { discovery: { type: "dns", serviceName: "api.shop.svc:80" } }),
      ...apps("web", "api"),
    ],
    routed: ["Ingress shop/web › Service shop/web:80 › Deployment shop/web"],
    on: "2",
    otherwise: [
      "Ingress shop/web › Service shop/web:80 › ApisixUpstream shop/web › Service shop/api:80 › Deployment shop/api",
    ],
  },
  // 1.8.4 pkg/providers/translation/service.go (translateUpstreamV2), whose CRD has no discovery for single ports;
  // 2.2.0 internal/adc/translator/apisixupstream.go (translateApisixUpstreamForPort).
  ...(
    [
      ["a port's own: 2.x only", { portLevelSettings: [own(80, "api")] }, "web", "api"],
      ["another port's", { portLevelSettings: [own(81, "api")] }, "web", "web"],
      [
        "that of all ports, beside settings of another one",
        { discovery: dns("api"), portLevelSettings: [{ port: 81 }] },
        "api",
        "api",
      ],
      [
        "that of all ports, beside settings of the port: 2.x only",
        { discovery: dns("api"), portLevelSettings: [{ port: 80 }] },
        "web",
        "api",
      ],
      ["a port's own wins on 2.x", { discovery: dns("web"), portLevelSettings: [own(80, "api")] }, "web", "api"],
      ["a port's last wins on 2.x", { portLevelSettings: [own(80, "web"), own(80, "api")] }, "web", "api"],
      ["one without a type is none", { discovery: { serviceName: "api.shop.svc:80" } }, "web", "web"],
    ] as const
  ).map(([what, spec, on1, on2]): Case => ({
    name: `a Service's discovery: ${what}`,
    given: [route(http(backend("web"))), apisixUpstream("shop/web", spec), ...apps("web", "api")],
    routed: [discovered[on1]],
    ...(on1 !== on2 && { on: "1", otherwise: [discovered[on2]] }),
  })),
  {
    name: "a Service's discovery, by the name of the port",
    given: [
      route(http(backend("web:http"))),
      apisixUpstream("shop/web", { portLevelSettings: [own(80, "api")] }),
      ...app("shop/web", { ports: [{ name: "http", port: 80 }] }),
      ...apps("api"),
    ],
    routed: [`${name} › Service shop/web:http › Deployment shop/web`],
    on: "1",
    otherwise: [
      `${name} › Service shop/web:http › ApisixUpstream shop/web › Service shop/api:80 › Deployment shop/api`,
    ],
  },
];

const patch = (resource: Resource): Resource => ({ ...resource, isPatch: true });
const classless = (spec: object) => apisixRoute("shop/web", spec);

const patchCases: Case[] = [
  {
    name: "a patch has the class of what it patches, and its own backends",
    given: [
      classless({ ingressClassName: "apisix", http: [rule("a", "web")] }),
      patch(classless({ http: [rule("a", "api")] })),
      ...apps("web", "api"),
    ],
    routed: [to("web"), to("api").replace("Route ", "RoutePatch ")],
  },
  {
    name: "a patch of another controller's route",
    given: [
      ingressClass("nginx", "k8s.io/ingress-nginx"),
      classless({ ingressClassName: "nginx", http: [rule("a", "web")] }),
      patch(classless({ http: [rule("a", "api")] })),
      ...apps("web", "api"),
    ],
    blind: [{ code: "class-of-unlisted-controller", data: { class: "IngressClass nginx" } }],
  },
  {
    name: "a patch of a route of another stack: its class can't be known",
    given: [patch(classless({ http: [rule("a", "web")] })), ...apps("web")],
    blind: [{ code: "value-unknown", data: { field: "spec.ingressClassName" } }],
  },
  {
    name: "a patch without rules doesn't remove them",
    given: [patch(classless({ ingressClassName: "apisix" })), ...apps("web")],
  },
  {
    name: "a patch with a missing port: what else the route has on 2.x can't be seen",
    given: [patch(route({ http: [rule("a", "web:81"), rule("b", "api")] })), ...apps("web", "api")],
    on: "2",
    blind: [noPort],
    otherwiseBlind: [],
    routed: [to("api").replace("Route ", "RoutePatch ")],
    dead: { "1": { "ApisixRoutePatch shop/web": "service-port-missing" } },
  },
  {
    name: "a ServicePatch doesn't take the ports away",
    given: [
      route(http(backend("web"))),
      patch(service("shop/web", { app: "web" }, { ports: undefined })),
      deployment("shop/web", { app: "web" }),
    ],
    routed: [to("web").replace("Service ", "ServicePatch ")],
  },
];

export const deadApisixCases: Case[] = [
  ...nameCases,
  ...matchCases,
  ...specCases,
  ...pluginConfigCases,
  ...portCases,
  ...externalNameCases,
  ...nodeCases,
  ...namesakeCases,
  ...patchCases,
];
