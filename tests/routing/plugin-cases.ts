/**
 * Plugins that send requests: their hosts, who gets the requests of a route beside `traffic-split`, and consumers.
 *
 * The answers are read from the code of apache/apisix 3.18.0 and of the ingress controller's two lines, 1.8.4 and
 * 2.2.0, at the places that each group names.
 */
import type { Resource } from "../../src/kubernetes/resource";
import { apisixVersion, pluginHosts, type HostField } from "../../src/routing/apisix/plugin-hosts";
import { spot, type Case } from "./case";
import {
  apisixRoute,
  app,
  backend,
  configMap,
  edge,
  gatewayRoute,
  ingress,
  ingressClass,
  object,
  path,
  plugin,
  service,
  withPlugins,
} from "./resources";

type Fields = Record<string, unknown>;

const classed = { ingressClassName: "apisix" };
const route = (spec: Fields) => apisixRoute("shop/web", { ...classed, ...spec });
const rule = (fields: Fields) => route({ http: [{ backends: [backend("web")], ...fields }] });
const withOne = (name: string, config: unknown) => route(withPlugins(plugin(name, config)));
const apps = (...names: string[]) => names.flatMap((name) => app(`shop/${name}`));
const way = (name: string, from = "ApisixRoute shop/web") =>
  `${from} › Service shop/${name}:80 › Deployment shop/${name}`;
const web = way("web");

/** An entry of a split that names a Service, and one for the route's own upstream. */
const to = (name: string, weight?: unknown) => ({ upstream: { nodes: { [`${name}.shop.svc:80`]: 1 } }, weight });
const own = (weight?: unknown) => ({ weight });
const only = (...weighted_upstreams: unknown[]) => ({ rules: [{ weighted_upstreams }] });
const matching = (...weighted_upstreams: unknown[]) => ({
  match: [{ vars: [["arg_a", "==", "b"]] }],
  weighted_upstreams,
});
const split = (config: unknown, more: Fields = {}) => plugin("traffic-split", config, more);
const taken = (name: string, field = "spec.http[0].plugins[0].config", resource = "ApisixRoute shop/web") =>
  spot("split-takes-all", { service: `Service shop/${name}`, field, resource });
const config = (kind: string, plugins: unknown[], name = "shop/shared") =>
  object(`apisix.apache.org/${kind === "ApisixPluginConfig" ? "v2" : "v1alpha1"}`, kind, name, { spec: { plugins } });

/** What one field leads to: the value at its place, in an object or in a list. */
function configOf({ url, map, port, only }: HostField): unknown {
  const made: Fields = {};
  const set = (path: string, value: unknown) => {
    const [before = "", behind] = path.split("[]");
    const keys = before.split(".");
    const last = keys.pop() ?? "";
    let parent = made;
    for (const key of keys) parent = (parent[key] ??= {}) as Fields;
    if (behind === undefined) parent[last] = value;
    else if (behind === "") parent[last] = [value];
    else {
      const inner = behind.slice(1).split(".");
      const key = inner.pop() ?? "";
      const element = ((parent[last] ??= [{}]) as Fields[])[0] as Fields;
      let at = element;
      for (const each of inner) at = (at[each] ??= {}) as Fields;
      at[key] = value;
    }
  };
  if (map) set(url, { "up.shop.svc": 80 });
  else set(url, port ? "up.shop.svc" : "http://up.shop.svc/x");
  if (port) set(port, 80);
  if (only) set(only[0], only[1]);
  return made;
}

const isPortless = ({ map }: HostField) => map === true;

/** Source: apisix/plugins/*.lua of the version in the table. */
const eachHost: Case[] = Object.entries(pluginHosts).flatMap(([name, fields]) =>
  fields.map((field): Case => {
    const via = field.told ? "mirror" : "upstream";
    const chain = isPortless(field) ? "Service shop/up" : "Service shop/up:80";
    const end = ` › ${chain} › Deployment shop/up [${via}]`;
    const proxy = object("apisix.apache.org/v1alpha1", "GatewayProxy", "shop/proxy", {
      spec: { pluginMetadata: { [name]: configOf(field) } },
    });
    const given: Resource[] = field.metadata
      ? [proxy, ingressClassOf("proxy"), ...apps("up")]
      : [withOne(name, configOf(field)), ...apps("up")];
    return {
      name: `${name} ${field.url} of APISIX ${apisixVersion}`,
      given: field.metadata ? given : [...given, ...apps("web")],
      routed: field.metadata ? [`GatewayProxy shop/proxy${end}`] : [`${web} [upstream]`, `ApisixRoute shop/web${end}`],
      ...(field.metadata ? ({ on: "2" } as const) : {}),
      show: "via",
    };
  }),
);

function ingressClassOf(proxy: string): Resource {
  return object("networking.k8s.io/v1", "IngressClass", "apisix", {
    spec: {
      controller: "apisix.apache.org/apisix-ingress-controller",
      parameters: { apiGroup: "apisix.apache.org", kind: "GatewayProxy", name: proxy, namespace: "shop" },
    },
  });
}

/** Each plugin without its host, with a wrong type, or without what switches the field on. */
const redis = { redis_host: "up.shop.svc", redis_port: 80 };

export const pluginHostCases: Case[] = [
  ...eachHost,
  {
    // limit-count/init.lua: `policy` is `local` by default, and Redis is asked for the others only.
    name: "Redis of a plugin that counts locally",
    given: [
      route(withPlugins(plugin("limit-count", redis), plugin("limit-req", { ...redis, policy: "local" }))),
      ...apps("web", "up"),
    ],
    routed: [web],
  },
  {
    name: "Redis of a session that is in a cookie",
    given: [
      withOne("openid-connect", { session: { storage: "cookie", redis: { host: "up.shop.svc" } } }),
      ...apps("web", "up"),
    ],
    routed: [web],
  },
  {
    // saml-auth.lua: the browser is sent there, and APISIX asks nothing.
    name: "a known plugin that names a host and sends nothing there",
    given: [
      route(
        withPlugins(
          plugin("saml-auth", { idp_uri: "http://up.shop.svc/" }),
          plugin("proxy-rewrite", { host: "up.shop.svc" }),
          plugin("openid-connect", { redirect_uri: "http://up.shop.svc/" }),
        ),
      ),
      ...apps("web", "up"),
    ],
    routed: [web],
  },
  {
    // The controllers make a map of the list: 1.8.4 pkg/providers/apisix/translation/apisix_route.go, 2.2.0
    // internal/adc/translator/apisixroute.go (loadRoutePlugins).
    name: "the last plugin of a name counts, if it is on",
    given: [
      route(
        withPlugins(
          plugin("opa", { host: "http://a.shop.svc" }),
          plugin("opa", { host: "http://b.shop.svc" }),
          plugin("opa", { host: "http://c.shop.svc" }, { enable: false }),
        ),
      ),
      ...apps("web", "a", "b", "c"),
    ],
    routed: [web, way("b")],
  },
  {
    // apisix/plugin_config.lua (merge): a name that the route has, also one that it turns off.
    name: "a route's plugin wins over that of its plugin config",
    given: [
      rule({
        plugin_config_name: "shared",
        plugins: [
          plugin("opa", { host: "http://a.shop.svc" }),
          plugin("forward-auth", { uri: "http://a.shop.svc", _meta: { disable: true } }),
          plugin("wolf-rbac", { server: "http://a.shop.svc" }, { enable: false }),
        ],
      }),
      config("ApisixPluginConfig", [
        plugin("opa", { host: "http://b.shop.svc" }),
        plugin("forward-auth", { uri: "http://b.shop.svc" }),
        plugin("wolf-rbac", { server: "http://c.shop.svc" }),
      ]),
      ...apps("web", "a", "b", "c"),
    ],
    routed: [
      web,
      way("a"),
      "ApisixRoute shop/web › ApisixPluginConfig shop/shared › Service shop/c:80 › Deployment shop/c",
    ],
  },
  {
    // multi-auth.lua: it calls `rewrite` of each itself, whatever their `_meta` says.
    name: "multi-auth",
    given: [
      withOne("multi-auth", {
        auth_plugins: [
          { "key-auth": {} },
          { "ldap-auth": { ldap_uri: "a.shop.svc:80" }, "wolf-rbac": { server: "http://b.shop.svc" } },
          { "openid-connect": { discovery: "http://c.shop.svc/x", _meta: { disable: true } } },
        ],
      }),
      ...apps("web", "a", "b", "c"),
    ],
    routed: [web, way("a"), way("b"), way("c")],
  },
  {
    name: "multi-auth that is off",
    given: [
      withOne("multi-auth", {
        _meta: { disable: true },
        auth_plugins: [{ "ldap-auth": { ldap_uri: "a.shop.svc:80" } }, {}],
      }),
      ...apps("web", "a"),
    ],
    routed: [web],
  },
  {
    name: "multi-auth in multi-auth isn't followed, and malformed entries neither",
    given: [
      withOne("multi-auth", {
        auth_plugins: [{ "multi-auth": { auth_plugins: [{ "ldap-auth": { ldap_uri: "a.shop.svc:80" } }] } }],
      }),
      ...apps("web", "a"),
    ],
    routed: [web],
  },
  {
    // workflow.lua: the first action of the first rule whose case holds; limit-conn and limit-count register.
    name: "workflow",
    given: [
      withOne("workflow", {
        rules: [
          {
            case: [["uri", "==", "/a"]],
            actions: [
              ["limit-count", { policy: "redis", redis_host: "a.shop.svc", redis_port: 80 }],
              ["limit-count", { policy: "redis", redis_host: "b.shop.svc", redis_port: 80 }],
            ],
          },
          { case: [["uri", "==", "/b"]], actions: [["opa", { host: "http://b.shop.svc" }]] },
          { actions: [["limit-conn", { policy: "redis", redis_host: "c.shop.svc", redis_port: 80 }]] },
          { actions: [["limit-count", { policy: "redis", redis_host: "b.shop.svc", redis_port: 80 }]] },
        ],
      }),
      ...apps("web", "a", "b", "c"),
    ],
    routed: [web, way("a"), way("c")],
  },
  {
    name: "a plugin that isn't known and holds the name of a Service",
    given: [
      withOne("geo", { deep: [{ url: "grpc://up.shop.svc.cluster.local:9000/x" }], a: "UP.shop.svc" }),
      ...apps("web", "up"),
    ],
    routed: [web],
    blind: [
      spot("plugin-not-followed", {
        plugin: "geo",
        resource: "ApisixRoute shop/web",
        service: "Service shop/up",
      }),
    ],
  },
  {
    name: "a plugin that runs code with the name of a Service",
    given: [
      withOne("serverless-pre-function", { functions: ['return function() http.get("http://up.shop.svc/") end'] }),
      ...apps("web", "up"),
    ],
    routed: [web],
    blind: [
      spot("plugin-not-followed", {
        plugin: "serverless-pre-function",
        field: "spec.http[0].plugins[0].config.functions[0]",
      }),
    ],
  },
  {
    name: "a plugin that isn't known and holds keys, other names, and what is no Service of the stack",
    given: [
      withOne("geo", {
        "up.shop.svc:80": 1,
        short: "up",
        two: "up.shop",
        gone: "gone.shop.svc",
        other: "up.shop.svc.other.domain",
        word: "up.shop.service",
      }),
      ...apps("web", "up"),
    ],
    routed: [web],
    blind: [spot("plugin-not-followed", { field: "spec.http[0].plugins[0].config" })],
  },
  {
    name: "a plugin that isn't known and is off",
    given: [
      route(
        withPlugins(
          plugin("geo", { url: "up.shop.svc" }, { enable: false }),
          plugin("geo2", { url: "up.shop.svc", _meta: { disable: true } }),
        ),
      ),
      ...apps("web", "up"),
    ],
    routed: [web],
  },
  {
    name: "plugin_metadata of apisix.yaml",
    given: [
      configMap("infra/apisix", "plugin_metadata: [{id: loggly, host: log.shop.svc, port: 80}, {id: cors}]\n#END"),
      ...apps("log"),
    ],
    routed: [`${way("log", "ConfigMap infra/apisix")} [mirror]`],
    show: "via",
  },
];

/**
 * Sources: apisix/plugins/traffic-split.lua (`access`), lua-resty-balancer 0.05 lib/resty/roundrobin.lua, apisix/plugin.lua
 * (how plugins merge); 1.8.4 pkg/providers/apisix/translation/apisix_route.go; 2.2.0 internal/adc/translator.
 */
export const splitCases: Case[] = [
  {
    name: "no entry for the route's own upstream",
    given: [rule({ plugins: [split(only(to("a")))] }), ...apps("web", "a")],
    routed: [way("a")],
    blind: [taken("web")],
  },
  {
    name: "its weight is 0",
    given: [rule({ plugins: [split(only(to("a"), own(0)))] }), ...apps("web", "a")],
    routed: [way("a")],
    blind: [taken("web")],
  },
  {
    name: "an entry without a weight has 1",
    given: [rule({ plugins: [split(only(to("a", 0), own()))] }), ...apps("web", "a")],
    routed: [web],
    blind: [spot("weight-zero", { service: "Service shop/a" })],
  },
  {
    name: "all weights are 0: all alike",
    given: [rule({ plugins: [split(only(to("a", 0), own(0)))] }), ...apps("web", "a")],
    routed: [web, way("a")],
  },
  {
    name: "one entry, of weight 0, gets all",
    given: [rule({ plugins: [split(only(to("a", 0)))] }), ...apps("web", "a")],
    routed: [way("a")],
    blind: [taken("web")],
  },
  {
    name: "two entries for the route's own upstream: the last one's weight",
    given: [rule({ plugins: [split(only(to("a"), own(1), own(0)))] }), ...apps("web", "a")],
    routed: [way("a")],
    blind: [taken("web")],
  },
  {
    name: "a rule that matches sometimes leaves the rest",
    given: [rule({ plugins: [split({ rules: [matching(to("a"))] })] }), ...apps("web", "a")],
    routed: [web, way("a")],
  },
  {
    name: "the first rule without match ends the rules",
    given: [
      rule({
        plugins: [
          split({
            rules: [matching(to("a")), { weighted_upstreams: [to("b")] }, { weighted_upstreams: [to("c"), own()] }],
          }),
        ],
      }),
      ...apps("web", "a", "b", "c"),
    ],
    routed: [way("a"), way("b")],
    blind: [taken("web")],
  },
  {
    name: "the default in a rule that matches sometimes",
    given: [
      rule({ plugins: [split({ rules: [matching(to("a"), own()), { weighted_upstreams: [to("b")] }] })] }),
      ...apps("web", "a", "b"),
    ],
    routed: [web, way("a"), way("b")],
  },
  {
    name: "an empty match is true at first, and false after a rule that didn't match",
    given: [
      rule({
        plugins: [split({ rules: [{ match: [], weighted_upstreams: [to("a")] }, { weighted_upstreams: [own()] }] })],
      }),
      apisixRoute("shop/other", {
        ...classed,
        http: [
          {
            backends: [backend("web")],
            plugins: [split({ rules: [matching(to("a")), { match: [], weighted_upstreams: [to("b")] }] })],
          },
        ],
      }),
      ...apps("web", "a", "b"),
    ],
    routed: [way("a"), way("web", "ApisixRoute shop/other"), way("a", "ApisixRoute shop/other")],
  },
  {
    name: "without rules, or without entries, all stays",
    given: [
      route({
        http: [
          { backends: [backend("web")], plugins: [split({})] },
          { backends: [backend("a")], plugins: [split({ rules: [{}] })] },
        ],
      }),
      ...apps("web", "a"),
    ],
    routed: [web, way("a")],
  },
  {
    name: "a split that is off",
    given: [
      rule({
        plugins: [split(only(to("a")), { enable: false }), split({ ...only(to("a")), _meta: { disable: true } })],
      }),
      ...apps("web", "a"),
    ],
    routed: [web],
  },
  {
    name: "of ApisixPluginConfig",
    given: [
      rule({ plugin_config_name: "shared" }),
      config("ApisixPluginConfig", [split(only(to("a")))]),
      ...apps("web", "a"),
    ],
    routed: ["ApisixRoute shop/web › ApisixPluginConfig shop/shared › Service shop/a:80 › Deployment shop/a"],
    blind: [taken("web", "spec.plugins[0].config", "ApisixPluginConfig shop/shared")],
  },
  {
    name: "the route's own beats that of ApisixPluginConfig",
    given: [
      rule({ plugin_config_name: "shared", plugins: [split(only(to("b"), own()))] }),
      config("ApisixPluginConfig", [split(only(to("a")))]),
      ...apps("web", "a", "b"),
    ],
    routed: [web, way("b")],
  },
  {
    name: "several backends and a split of ApisixPluginConfig: 2.x takes that one, 1.x its own",
    given: [
      route({ http: [{ backends: [backend("web"), backend("b")], plugin_config_name: "shared" }] }),
      config("ApisixPluginConfig", [split(only(to("a")))]),
      ...apps("web", "a", "b"),
    ],
    routed: [web, way("b")],
    on: "1",
    otherwise: ["ApisixRoute shop/web › ApisixPluginConfig shop/shared › Service shop/a:80 › Deployment shop/a"],
    otherwiseBlind: [taken("web", "spec.plugins[0].config", "ApisixPluginConfig shop/shared")],
  },
  {
    name: "several backends and a split that leaves some: 2.x gives it to the first",
    given: [
      route({
        http: [{ backends: [backend("web", { weight: 0 }), backend("b")], plugins: [split(only(to("a"), own()))] }],
      }),
      ...apps("web", "a", "b"),
    ],
    routed: [web, way("a")],
    on: "2",
    otherwise: [way("b")],
    otherwiseBlind: [spot("weight-zero", { service: "Service shop/web" })],
  },
  {
    // 2.2.0 internal/controller/apisixroute_controller.go drops a backend whose port is missing, and buildUpstream
    // makes the next one the route's own.
    name: "the first backend lacks its port: 2.x makes the next one the route's own",
    given: [
      route({
        http: [{ backends: [backend("web:81"), backend("b")], plugins: [split(only(to("a"), own()))] }],
      }),
      ...apps("web", "a", "b"),
    ],
    routed: [way("a"), way("b")],
    on: "2",
    otherwise: [],
    blind: [spot("service-port-missing", { service: "Service shop/web" })],
    otherwiseBlind: [],
    dead: { "1": { "ApisixRoute shop/web": "service-port-missing" } },
  },
  {
    name: "weight 0 of the only backend, or of all, gets requests",
    given: [
      route({
        http: [
          { backends: [backend("web", { weight: 0 })] },
          { backends: [backend("a", { weight: 0 }), backend("b", { weight: 0 })] },
        ],
      }),
      ...apps("web", "a", "b"),
    ],
    routed: [web, way("a"), way("b")],
  },
  {
    // apisix/stream/plugins/traffic-split.lua calls the same.
    name: "of a stream",
    given: [
      route({ stream: [{ protocol: "TCP", backend: backend("web"), plugins: [split(only(to("a")))] }] }),
      ...apps("web", "a"),
    ],
    routed: [way("a")],
    blind: [taken("web", "spec.stream[0].plugins[0].config")],
  },
  {
    // 2.2.0 internal/adc/translator/httproute.go: the filter's plugins overwrite the generated split.
    name: "of a PluginConfig: 1.x has none",
    given: [
      ...edge(),
      gatewayRoute(
        "HTTPRoute",
        "shop/web",
        {},
        {
          backendRefs: [
            { name: "web", port: 80 },
            { name: "b", port: 80 },
          ],
          filters: [{ type: "ExtensionRef", extensionRef: { kind: "PluginConfig", name: "shared" } }],
        },
      ),
      config("PluginConfig", [split(only(to("a")))]),
      ...apps("web", "a", "b"),
    ],
    routed: [way("web", "HTTPRoute shop/web"), way("b", "HTTPRoute shop/web")],
    on: "1",
    otherwise: ["HTTPRoute shop/web › PluginConfig shop/shared › Service shop/a:80 › Deployment shop/a"],
    otherwiseBlind: [taken("web", "spec.plugins[0].config", "PluginConfig shop/shared")],
  },
  {
    // 2.2.0 internal/adc/translator/policies.go (AttachL4RoutePolicyPlugins).
    name: "of an L4RoutePolicy, whose sections don't count",
    given: [
      ...edge(),
      gatewayRoute("TCPRoute", "shop/web"),
      object("apisix.apache.org/v1alpha1", "L4RoutePolicy", "shop/split", {
        spec: { targetRefs: [{ kind: "TCPRoute", name: "web" }], plugins: [split(only(to("a")))] },
      }),
      object("apisix.apache.org/v1alpha1", "L4RoutePolicy", "shop/section", {
        spec: { targetRefs: [{ kind: "TCPRoute", name: "web", sectionName: "x" }], plugins: [split(only(to("b")))] },
      }),
      ...apps("web", "a", "b"),
    ],
    routed: [way("web", "TCPRoute shop/web")],
    on: "1",
    otherwise: ["TCPRoute shop/web › L4RoutePolicy shop/split › Service shop/a:80 › Deployment shop/a"],
    otherwiseBlind: [taken("web", "spec.plugins[0].config", "L4RoutePolicy shop/split")],
  },
  {
    // apisix/init.lua runs global rules for the route's requests, too.
    name: "of a global rule: its upstreams get requests",
    given: [
      rule({}),
      object("apisix.apache.org/v2", "ApisixGlobalRule", "shop/all", {
        spec: { ...classed, plugins: [split({ rules: [matching(to("a"))] })] },
      }),
      ...apps("web", "a"),
    ],
    routed: [web, way("a", "ApisixGlobalRule shop/all")],
  },
  {
    name: "of apisix.yaml: the route's own, then the plugin config's, then the service's",
    given: [
      configMap(
        "infra/apisix",
        `
routes:
  - {id: "1", upstream_id: web, plugin_config_id: p, service_id: s}
  - {id: "2", service_id: s, upstream_id: b}
  - {id: "3", service_id: s, upstream_id: c, plugins: {traffic-split: {rules: [{weighted_upstreams: [{weight: 1}]}]}}}
plugin_configs:
  - {id: p, plugins: {traffic-split: {rules: [{weighted_upstreams: [{upstream: {nodes: {"a.shop.svc:80": 1}}}]}]}}}
services:
  - {id: s, plugins: {traffic-split: {rules: [{weighted_upstreams: [{upstream: {nodes: {"d.shop.svc:80": 1}}}, {}]}]}}}
upstreams:
  - {id: web, nodes: {"web.shop.svc:80": 1}}
  - {id: b, nodes: {"b.shop.svc:80": 1}}
  - {id: c, nodes: {"c.shop.svc:80": 1}}
#END`,
      ),
      ...apps("web", "a", "b", "c", "d"),
    ],
    routed: ["a", "b", "c", "d"].map((name) => way(name, "ConfigMap infra/apisix")),
    blind: [
      spot("split-takes-all", {
        service: "Service shop/web",
        field: 'data["apisix.yaml"].plugin_configs[0].plugins.traffic-split',
      }),
    ],
  },
  ...ingressSplits(),
];

/**
 * An Ingress has one backend a path, so the split of its ApisixPluginConfig decides on both lines. Sources: 1.8.4
 * pkg/providers/ingress/translation (plugin_config_id); 2.2.0 internal/adc/translator/ingress.go, and
 * internal/controller/ingress_controller.go (processPluginConfig) for a config of another class.
 */
function ingressSplits(): Case[] {
  const annotations = { "k8s.apisix.apache.org/plugin-config-name": "shared" };
  const ofIngress = (...more: Resource[]) => [
    ingress("shop/web", "apisix", [path("web")], { metadata: { annotations } }),
    ...more,
    ...apps("web", "a"),
  ];
  const shared = (rules: unknown, className?: string) =>
    object("apisix.apache.org/v2", "ApisixPluginConfig", "shop/shared", {
      spec: { ingressClassName: className, plugins: [split(rules)] },
    });
  const toWeb = way("web", "Ingress shop/web");
  const toA = way("a", "Ingress shop/web › ApisixPluginConfig shop/shared");
  const foreign = [shared(only(to("a")), "nginx"), ingressClass("nginx", "k8s.io/ingress-nginx")];
  const without = (webTaken: string) => spot("split-takes-all", { service: `Service shop/${webTaken}` });
  return [
    {
      name: "an Ingress whose ApisixPluginConfig sends all requests elsewhere",
      given: ofIngress(shared(only(to("a")))),
      routed: [toA],
      blind: [taken("web", "spec.plugins[0].config", "ApisixPluginConfig shop/shared")],
    },
    {
      name: "an Ingress whose ApisixPluginConfig leaves it some",
      given: ofIngress(shared(only(to("a"), own()))),
      routed: [toWeb, toA],
    },
    {
      name: "an Ingress whose ApisixPluginConfig sends some requests elsewhere",
      given: ofIngress(shared({ rules: [matching(to("a"))] })),
      routed: [toWeb, toA],
    },
    {
      name: "an Ingress whose ApisixPluginConfig has a split that isn't known",
      given: ofIngress(shared(5)),
      blind: [spot("value-unknown", { field: "spec.plugins[0].config.rules" })],
    },
    {
      name: "an Ingress whose ApisixPluginConfig is another stack's",
      given: ofIngress(),
      routed: [toWeb],
      blind: [spot("plugin-config-not-in-stack", { config: "ApisixPluginConfig shop/shared" })],
    },
    {
      name: "2.x leaves the split of another controller's class out, and 1.x with `apisix-and-all` doesn't",
      given: ofIngress(...foreign),
      settings: { ingressClasses: ["apisix", "apisix-and-all"] },
      routed: [toWeb],
      on: "2",
      otherwise: [toA],
      otherwiseBlind: [without("web")],
    },
  ];
}

const consumer = (spec: Fields, version = "v2") =>
  object(`apisix.apache.org/${version}`, "ApisixConsumer", "shop/jane", { spec: { ...classed, ...spec } });
const jane = "ApisixConsumer shop/jane";
const wolfRBAC = { value: { server: "http://a.shop.svc", appid: "x" } };

/**
 * Sources: 1.8.4 pkg/providers/apisix/translation/apisix_consumer.go; 2.2.0 api/v2/apisixconsumer_types.go,
 * internal/adc/translator/apisixconsumer.go.
 */
export const consumerCases: Case[] = [
  {
    name: "a consumer's split, beside the route that the others take",
    given: [
      rule({ authentication: { enable: true, type: "keyAuth" } }),
      consumer({ authParameter: { keyAuth: { value: { key: "k" } } }, plugins: [split(only(to("a")))] }),
      ...apps("web", "a"),
    ],
    routed: [web, way("a", jane)],
    on: "2",
    otherwise: [web],
  },
  {
    name: "plugins that are off, or lead nowhere",
    given: [
      consumer({
        plugins: [split(only(to("a")), { enable: false }), plugin("limit-count", { count: 1 }), plugin("geo", {})],
      }),
      ...apps("a"),
    ],
  },
  {
    name: "the server of wolfRBAC, on both lines",
    given: [consumer({ authParameter: { wolfRBAC } }), ...apps("a")],
    routed: [way("a", jane)],
  },
  {
    name: "the server of wolfRBAC in a Secret",
    given: [consumer({ authParameter: { wolfRBAC: { secretRef: { name: "s" } } } })],
    blind: [spot("upstream-in-secret", { field: "spec.authParameter.wolfRBAC.secretRef", resource: jane })],
  },
  {
    name: "of several parameters the first counts, and wolfRBAC comes after others",
    given: [consumer({ authParameter: { jwtAuth: { value: { key: "k" } }, wolfRBAC } }), ...apps("a")],
  },
  {
    name: "the plugin wolf-rbac wins over the parameter on 2.x",
    given: [
      consumer({ authParameter: { wolfRBAC }, plugins: [plugin("wolf-rbac", { server: "http://b.shop.svc" })] }),
      ...apps("a", "b"),
    ],
    routed: [way("a", jane)],
    on: "1",
    otherwise: [way("b", jane)],
  },
  {
    name: "a plugin wolf-rbac that is off doesn't",
    given: [
      consumer({
        authParameter: { wolfRBAC },
        plugins: [plugin("wolf-rbac", { server: "http://b.shop.svc" }, { enable: false })],
      }),
      ...apps("a", "b"),
    ],
    routed: [way("a", jane)],
  },
  {
    name: "ldapAuth and the others name no host",
    given: [consumer({ authParameter: { ldapAuth: { value: { user_dn: "cn=up.shop.svc" } } } }), ...apps("up")],
  },
  {
    name: "of another controller's class",
    given: [
      object("apisix.apache.org/v2", "ApisixConsumer", "shop/jane", {
        spec: { ingressClassName: "nginx", authParameter: { wolfRBAC } },
      }),
      ingressClass("nginx", "k8s.io/ingress-nginx"),
      ...apps("a"),
    ],
    blind: [spot("class-of-unlisted-controller", { resource: "ApisixConsumer shop/jane" })],
  },
  {
    name: "whose it is matters only where it leads somewhere",
    given: [
      object("apisix.apache.org/v2", "ApisixConsumer", "shop/jane", {
        spec: { ingressClassName: "edge", authParameter: { keyAuth: { value: { key: "k" } } } },
      }),
    ],
  },
  {
    name: "a Consumer's split",
    given: [
      ...edge(),
      object("apisix.apache.org/v1alpha1", "Consumer", "edge/jane", {
        spec: { gatewayRef: { name: "apisix" }, plugins: [{ name: "traffic-split", config: only(to("a")) }] },
      }),
      service("shop/other", { app: "other" }),
      ...apps("a"),
    ],
    routed: [way("a", "Consumer edge/jane")],
    on: "2",
  },
];
