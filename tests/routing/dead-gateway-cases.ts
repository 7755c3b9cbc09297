/**
 * Gateway API routes and Ingresses that a line of the controller refuses or passes over, and their siblings that it
 * takes; and whose is what has no class.
 *
 * Each case names the file that says so: of the controller (1.8.4 or 2.2.0), or of Kubernetes.
 */
import type { Resource } from "../../src/kubernetes/resource";
import type { Case } from "./case";
import {
  apisixRoute,
  app,
  backend,
  controller1,
  controller2,
  edge,
  gateway,
  gatewayClass,
  gatewayRoute,
  http,
  ingress,
  ingressClass,
  object,
  path,
} from "./resources";

const all = { allowedRoutes: { namespaces: { from: "All" } } };
const parent = (name: string, more: object = {}) => ({ namespace: "edge", name, ...more });
const web = (kind = "HTTPRoute") => `${kind} shop/web › Service shop/web:80 › Deployment shop/web`;
const patch = (resource: Resource): Resource => ({ ...resource, isPatch: true });
const toParents = (...parentRefs: object[]) => gatewayRoute("HTTPRoute", "shop/web", { parentRefs });
const dead = (line: "1" | "2", route: string, code: NonNullable<NonNullable<Case["dead"]>["1"]>[string]) =>
  ({ [line]: { [route]: code } }) as NonNullable<Case["dead"]>;

/** A Gateway that names no GatewayProxy. */
const bare = (name: string, className: string, listeners?: unknown) =>
  gateway(name, className, listeners, { infrastructure: undefined });

const gatewayProxy = (name: string, provider: unknown) =>
  object("apisix.apache.org/v1alpha1", "GatewayProxy", name, { spec: { provider } });
const plane = (more: object) => ({
  type: "ControlPlane",
  controlPlane: {
    endpoints: ["http://apisix-admin:9180"],
    auth: { type: "AdminKey", adminKey: { value: "k" } },
    ...more,
  },
});

const tls = (name: string, port: number, mode: string | undefined) => ({
  name,
  port,
  protocol: "TLS",
  hostname: `${name}.example.com`,
  tls: mode === undefined ? {} : { mode },
  ...all,
});
const tlsRoute = gatewayRoute("TLSRoute", "shop/web", { hostnames: ["a.example.com"] });

/** 2.2.0 internal/controller/utils.go (ParseRouteParentRefs, ProcessGatewayProxy). */
const parentCases: Case[] = [
  {
    // The Gateway that accepts the route has no GatewayProxy, but the other one has.
    name: "one parent accepts it, and another one has the GatewayProxy",
    given: [
      gatewayClass("main", controller2),
      bare("edge/apisix", "main"),
      gateway("edge/other", "main", [{ name: "tcp", port: 9, protocol: "TCP" }]),
      toParents(parent("apisix"), parent("other")),
      ...app("shop/web"),
    ],
    routed: [web()],
    on: "2",
    dead: dead("1", "HTTPRoute shop/web", "class-of-other-line"),
  },
  {
    name: "no parent has a GatewayProxy",
    given: [
      gatewayClass("main", controller2),
      bare("edge/apisix", "main"),
      bare("edge/other", "main"),
      toParents(parent("apisix"), parent("other")),
      ...app("shop/web"),
    ],
    dead: {
      "1": { "HTTPRoute shop/web": "class-of-other-line" },
      "2": { "HTTPRoute shop/web": "gateway-without-gateway-proxy" },
    },
  },
  {
    name: "a second Gateway of a class of another stack: it may be the one that accepts the route",
    given: [
      gateway("edge/apisix", "apisix", [{ name: "tcp", port: 9, protocol: "TCP", ...all }]),
      gateway("edge/other", "istio"),
      toParents(parent("apisix"), parent("other")),
      ...app("shop/web"),
    ],
    blind: [{ code: "gateway-class-not-in-stack", data: { class: "istio" } }],
  },
  {
    // 1.8.4 pkg/providers/gateway/validator.go, getListenersConf: "ParentRef.Kind support Gateway only".
    name: "a Service is a parent, too: 1.x fails the route",
    given: [...edge(), toParents({ group: "", kind: "Service", name: "web" }, parent("apisix")), ...app("shop/web")],
    routed: [web()],
    on: "2",
    dead: dead("1", "HTTPRoute shop/web", "other-parent"),
  },
  {
    // 1.8.4 validator.go: FindListener finds none of that name; 2.2.0 passes the parent over.
    name: "a sectionName that no listener has, beside one that is there: 1.x fails the route",
    given: [
      ...edge(),
      toParents(parent("apisix", { sectionName: "gone" }), parent("apisix", { sectionName: "http" })),
      ...app("shop/web"),
    ],
    routed: [web()],
    on: "2",
    dead: dead("1", "HTTPRoute shop/web", "no-listener"),
  },
  {
    // 1.8.4 translation/gateway.go, getAllowedKinds, drops the listener; a Gateway without any isn't found.
    name: "a Gateway whose only listener allows another kind, beside one that takes it: 1.x fails the route",
    given: [
      ...edge(),
      gateway("edge/grpc", "apisix", [
        {
          name: "http",
          port: 81,
          protocol: "HTTP",
          allowedRoutes: { kinds: [{ kind: "GRPCRoute" }], namespaces: { from: "All" } },
        },
      ]),
      toParents(parent("grpc"), parent("apisix")),
      ...app("shop/web"),
    ],
    routed: [web()],
    on: "2",
    dead: dead("1", "HTTPRoute shop/web", "no-listener"),
  },
  {
    name: "two Gateways of 1.x, one of which accepts the route",
    given: [
      gatewayClass("main", controller1),
      bare("edge/apisix", "main"),
      bare("edge/tcp", "main", [{ name: "tcp", port: 9, protocol: "TCP", ...all }]),
      toParents(parent("tcp"), parent("apisix")),
      ...app("shop/web"),
    ],
    routed: [web()],
    on: "1",
    dead: dead("2", "HTTPRoute shop/web", "class-of-other-line"),
  },
  {
    name: "a Gateway of a class that is only patched",
    given: [
      patch(gatewayClass("apisix", undefined)),
      gateway("edge/apisix", "apisix"),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    blind: [{ code: "value-unknown", data: { field: "spec.controllerName", resource: "GatewayClassPatch apisix" } }],
  },
  {
    name: "a Gateway and its patch are one: the Gateway says its class and listeners",
    given: [
      ...edge(),
      patch(object("gateway.networking.k8s.io/v1", "Gateway", "edge/apisix", { spec: {} })),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    routed: [web()],
  },
  {
    name: "a Gateway of another stack that is patched",
    given: [
      patch(object("gateway.networking.k8s.io/v1", "Gateway", "edge/apisix", { spec: {} })),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    blind: [{ code: "value-unknown", data: { field: "spec.gatewayClassName", resource: "GatewayPatch edge/apisix" } }],
  },
  {
    name: "a route of another stack that is patched",
    given: [...edge(), patch(gatewayRoute("HTTPRoute", "shop/web", { parentRefs: undefined })), ...app("shop/web")],
    blind: [{ code: "value-unknown", data: { field: "spec.parentRefs", resource: "HTTPRoutePatch shop/web" } }],
  },
];

/** 2.2.0 internal/controller/utils.go (routeMatchesListenerType, portsWithConflictingTLSMode). */
const listenerCases: Case[] = [
  {
    name: "an HTTPS listener without tls",
    given: [
      gateway("edge/apisix", "apisix", [{ name: "main", port: 443, protocol: "HTTPS", ...all }]),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    dead: { "1": { "HTTPRoute shop/web": "no-listener" }, "2": { "HTTPRoute shop/web": "no-listener" } },
  },
  {
    name: "an HTTPS listener whose mode is the default",
    given: [
      gateway("edge/apisix", "apisix", [
        { name: "main", port: 443, protocol: "HTTPS", tls: { certificateRefs: [{ name: "cert" }] }, ...all },
      ]),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    routed: [web()],
    on: "2",
    dead: dead("1", "HTTPRoute shop/web", "no-listener"),
  },
  ...(
    [
      ["different modes on one port", [tls("a", 443, "Passthrough"), tls("b", 443, "Terminate")], false],
      [
        "Passthrough beside the default mode on one port",
        [tls("a", 443, "Passthrough"), tls("b", 443, undefined)],
        false,
      ],
      ["the same mode on one port", [tls("a", 443, "Passthrough"), tls("b", 443, "Passthrough")], true],
      ["different modes on two ports", [tls("a", 443, "Passthrough"), tls("b", 444, "Terminate")], true],
      [
        "an HTTPS listener on its port",
        [tls("a", 443, "Passthrough"), { ...tls("b", 443, "Terminate"), protocol: "HTTPS" }],
        true,
      ],
      [
        "different modes on one port, and a listener of another port that takes it",
        [tls("a", 443, "Passthrough"), tls("b", 443, "Terminate"), tls("a", 444, "Passthrough")],
        true,
      ],
    ] as const
  ).map(([name, listeners, isTaken]): Case => ({
    name: `TLS listeners: ${name}`,
    given: [gateway("edge/apisix", "apisix", listeners), tlsRoute, ...app("shop/web")],
    ...(isTaken ? { routed: [web("TLSRoute")], on: "2" as const } : {}),
    // 1.8.4 validator.go wants an HTTPS listener for a TLSRoute, which allows no TLSRoutes.
    dead: {
      "1": { "TLSRoute shop/web": "no-listener" },
      ...(isTaken ? {} : { "2": { "TLSRoute shop/web": "tls-modes-differ" as const } }),
    },
  })),
  {
    // 1.8.4 pkg/providers/gateway/translation/gateway.go, getAllowedKinds.
    name: "a listener of an unknown protocol beside it: 1.x drops the Gateway",
    given: [
      gateway("edge/apisix", "apisix", [
        { name: "quic", port: 81, protocol: "example.com/quic" },
        { name: "http", port: 80, protocol: "HTTP", ...all },
      ]),
      gatewayRoute("HTTPRoute", "shop/web"),
      ...app("shop/web"),
    ],
    routed: [web()],
    on: "2",
    dead: dead("1", "HTTPRoute shop/web", "no-listener"),
  },
];

/** 2.2.0 internal/adc/translator/gatewayproxy.go; its Service and Secret may be another stack's. */
const proxyCases: Case[] = (
  [
    ["no provider", undefined, false],
    ["no controlPlane", { type: "ControlPlane" }, false],
    ["neither endpoints nor a Service", plane({ endpoints: undefined }), false],
    ["no admin key", plane({ auth: { type: "AdminKey" } }), false],
    ["an empty admin key", plane({ auth: { type: "AdminKey", adminKey: { value: "" } } }), false],
    [
      "an admin key in a Secret of another stack",
      plane({ auth: { type: "AdminKey", adminKey: { valueFrom: { secretKeyRef: { name: "s", key: "k" } } } } }),
      true,
    ],
    ["a Service of another stack", plane({ endpoints: undefined, service: { name: "admin", port: 9180 } }), true],
    ["endpoints and a key", plane({}), true],
  ] as const
).map(([name, provider, isTaken]): Case => ({
  name: `a GatewayProxy with ${name}`,
  given: [
    gatewayProxy("edge/proxy", provider),
    gateway("edge/apisix", "apisix", undefined, {
      infrastructure: { parametersRef: { group: "apisix.apache.org", kind: "GatewayProxy", name: "proxy" } },
    }),
    gatewayRoute("HTTPRoute", "shop/web"),
    ...app("shop/web"),
  ],
  routed: [web()],
  ...(isTaken ? {} : { on: "1" as const, dead: dead("2", "HTTPRoute shop/web", "gateway-proxy-incomplete") }),
}));

const mirror = (name: string) => ({ type: "RequestMirror", requestMirror: { backendRef: { name, port: 80 } } });

const ruleCases: Case[] = [
  ...(["HTTPRoute", "GRPCRoute"] as const).map((kind): Case => ({
    // 2.2.0 translator/httproute.go: APISIX answers 500, or 503, before it would send a copy; 1.8.4
    // translation/gateway_httproute.go passes over such a rule.
    name: `a mirror of a rule without backends, ${kind}`,
    given: [
      ...edge(),
      gatewayRoute(kind, "shop/web", {}, { backendRefs: undefined, filters: [mirror("copy")] }),
      ...app("shop/copy"),
    ],
  })),
  {
    // 1.8.4 pkg/providers/gateway/translation/gateway_tlsroute.go.
    name: "a TLSRoute without parents: 1.x takes the first backend that is a Service with a port",
    given: [
      gatewayRoute(
        "TLSRoute",
        "shop/web",
        { parentRefs: undefined, hostnames: ["a.example.com"] },
        {
          backendRefs: [
            { group: "example.com", kind: "Bucket", name: "no" },
            { name: "web", port: 80 },
            { name: "api", port: 80 },
          ],
        },
      ),
      ...["no", "web", "api"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: [web("TLSRoute")],
    on: "1",
  },
  {
    name: "a TLSRoute without parents or hostnames: 1.x makes no route",
    given: [gatewayRoute("TLSRoute", "shop/web", { parentRefs: undefined }), ...app("shop/web")],
    dead: { "1": { "TLSRoute shop/web": "hostnames-missing" } },
  },
  // 2.2.0 httproute.go (translateBackendsToUpstreams), tcproute.go: the weights of the backends that are left are the
  // first ones of the list.
  ...(["HTTPRoute", "TCPRoute"] as const).map((kind): Case => ({
    name: `a backend without its port moves the weights of those behind it on 2.x, ${kind}`,
    given: [
      ...edge(),
      gatewayRoute(
        kind,
        "shop/web",
        {},
        {
          backendRefs: [
            { name: "gone", port: 81 },
            { name: "web", port: 80, weight: 0 },
            { name: "api", port: 80 },
          ],
        },
      ),
      ...["gone", "web", "api"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: [web(kind)],
    on: "2",
    blind: [
      { code: "service-port-missing", data: { service: "Service shop/gone" } },
      { code: "weight-zero", data: { service: "Service shop/api" } },
    ],
    otherwiseBlind: [],
    dead: dead("1", `${kind} shop/web`, "service-port-missing"),
  })),
  {
    name: "the only backend that is left has no weight on 2.x",
    given: [
      ...edge(),
      gatewayRoute(
        "HTTPRoute",
        "shop/web",
        {},
        {
          backendRefs: [
            { name: "gone", port: 81 },
            { name: "web", port: 80, weight: 0 },
          ],
        },
      ),
      ...["gone", "web"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: [web()],
    on: "2",
    blind: [{ code: "service-port-missing", data: { service: "Service shop/gone" } }],
    otherwiseBlind: [],
    dead: dead("1", "HTTPRoute shop/web", "service-port-missing"),
  },
  {
    // 2.2.0 httproute.go: the user's split stands for the first that is left.
    name: "beside a split, the first backend with its port is the route's own on 2.x",
    given: [
      ...edge(),
      gatewayRoute(
        "HTTPRoute",
        "shop/web",
        {},
        {
          backendRefs: [
            { name: "gone", port: 81 },
            { name: "web", port: 80 },
            { name: "api", port: 80 },
          ],
          filters: [
            { type: "ExtensionRef", extensionRef: { group: "apisix.apache.org", kind: "PluginConfig", name: "pc" } },
          ],
        },
      ),
      object("apisix.apache.org/v1alpha1", "PluginConfig", "shop/pc", {
        spec: { plugins: [{ name: "traffic-split", config: { rules: [{ weighted_upstreams: [{ weight: 1 }] }] } }] },
      }),
      ...["gone", "web", "api"].flatMap((name) => app(`shop/${name}`)),
    ],
    routed: [web()],
    on: "2",
    blind: [{ code: "service-port-missing", data: { service: "Service shop/gone" } }],
    otherwiseBlind: [],
    dead: dead("1", "HTTPRoute shop/web", "service-port-missing"),
  },
  {
    // 2.2.0 httproute_controller.go: the group of a backend isn't read, and a missing PluginConfig drops nothing else.
    name: "a backend of another group, and a PluginConfig of another stack",
    given: [
      ...edge(),
      gatewayRoute(
        "HTTPRoute",
        "shop/web",
        {},
        {
          backendRefs: [{ group: "example.com", kind: "Service", name: "web", port: 80 }],
          filters: [
            { type: "ExtensionRef", extensionRef: { group: "apisix.apache.org", kind: "PluginConfig", name: "gone" } },
          ],
        },
      ),
      ...app("shop/web"),
    ],
    routed: [web()],
    blind: [{ code: "plugin-config-not-in-stack", data: { config: "PluginConfig shop/gone" } }],
    on: "2",
    otherwise: [web()],
    otherwiseBlind: [],
  },
];

export const deadGatewayCases: Case[] = [...parentCases, ...listenerCases, ...proxyCases, ...ruleCases];

const toWeb = "Ingress shop/web › Service shop/web:80 › Deployment shop/web";
const toAuth = "Ingress shop/web › ApisixPluginConfig shop/pc › Service shop/auth:80 › Deployment shop/auth";
const annotated = (annotations: object) => ({ metadata: { annotations } });
const classAnnotation = "kubernetes.io/ingress.class";
const pluginConfig = (ingressClassName?: string) =>
  object("apisix.apache.org/v2", "ApisixPluginConfig", "shop/pc", {
    spec: {
      ingressClassName,
      plugins: [{ name: "forward-auth", enable: true, config: { uri: "http://auth.shop.svc" } }],
    },
  });
const withConfig = (...more: Resource[]) => [
  ingress("shop/web", "apisix", [path("web")], annotated({ "k8s.apisix.apache.org/plugin-config-name": "pc" })),
  ...more,
  ...app("shop/web"),
  ...app("shop/auth"),
];

export const deadIngressCases: Case[] = [
  {
    // 1.8.4 pkg/providers/ingress/translation/translator.go looks up a Secret without a name; 2.2.0
    // ingress_controller.go, processTLS, passes over the entry.
    name: "tls without a secretName: 1.x drops it",
    given: [
      ingress("shop/web", "apisix", [path("web")], {
        spec: { tls: [{ hosts: ["a.example.com"], secretName: "cert" }, { hosts: ["b.example.com"] }] },
      }),
      ...app("shop/web"),
    ],
    routed: [toWeb],
    on: "2",
    dead: dead("1", "Ingress shop/web", "tls-secret-not-named"),
  },
  {
    // Both lines drop an Ingress whose TLS Secret is missing. It is nearly always another stack's, or cert-manager's.
    name: "tls with a Secret that isn't in the stack",
    given: [
      ingress("shop/web", "apisix", [path("web")], { spec: { tls: [{ secretName: "cert" }] } }),
      ...app("shop/web"),
    ],
    routed: [toWeb],
  },
  {
    // 1.8.4 pkg/providers/apisix/apisix_plugin_config.go doesn't push it, and APISIX refuses the route that names it;
    // 2.2.0 ingress_controller.go, processPluginConfig, leaves the plugins out.
    name: "a plugin config of another controller's class: 1.x may refuse the whole route",
    given: withConfig(pluginConfig("nginx"), ingressClass("nginx", "k8s.io/ingress-nginx")),
    routed: [toWeb],
    on: "2",
    otherwiseBlind: [{ code: "class-of-unlisted-controller", data: { resource: "ApisixPluginConfig shop/pc" } }],
  },
  {
    name: "a plugin config of another controller's class: 1.x with `apisix-and-all` takes it",
    given: withConfig(pluginConfig("nginx"), ingressClass("nginx", "k8s.io/ingress-nginx")),
    settings: { ingressClasses: ["apisix", "apisix-and-all"] },
    routed: [toWeb, toAuth],
    on: "1",
    otherwise: [toWeb],
  },
  { name: "a plugin config of its class", given: withConfig(pluginConfig("apisix")), routed: [toWeb, toAuth] },
  {
    name: "a plugin config of another class of APISIX's",
    given: withConfig(pluginConfig("inner"), ingressClass("inner", controller2)),
    routed: [toWeb, toAuth],
  },
  {
    name: "a missing plugin config may be another stack's",
    given: withConfig(),
    routed: [toWeb],
    blind: [{ code: "plugin-config-not-in-stack", data: { config: "ApisixPluginConfig shop/pc" } }],
  },
  {
    // Kubernetes pkg/apis/networking/validation, ValidateIngressCreate: equal names pass.
    name: "the same class in the annotation and the field",
    given: [
      ingress("shop/web", "apisix", [path("web")], annotated({ [classAnnotation]: "apisix" })),
      ...app("shop/web"),
    ],
    routed: [toWeb],
  },
  {
    // 1.8.4 pkg/providers/ingress/ingress.go, isIngressEffective: `apisix-and-all` takes Ingresses of class `apisix`.
    name: "1.x' apisix-and-all takes Ingresses of class apisix",
    given: [ingress("shop/web", "apisix", [path("web")]), ...app("shop/web")],
    settings: { ingressClasses: ["apisix-and-all"] },
    routed: [toWeb],
    on: "1",
    otherwiseBlind: [{ code: "class-not-in-stack", data: { class: "apisix" } }],
  },
  {
    name: "an Ingress of another stack that is patched",
    given: [
      patch(ingress("shop/web", undefined, [path("web")])),
      ingressClass("apisix", controller2),
      ...app("shop/web"),
    ],
    blind: [{ code: "value-unknown", data: { field: "spec.ingressClassName", resource: "IngressPatch shop/web" } }],
  },
  {
    name: "a class that is only patched",
    given: [
      patch(object("networking.k8s.io/v1", "IngressClass", "apisix", { metadata: { labels: { a: "b" } } })),
      ingress("shop/web", "apisix", [path("web")]),
      ...app("shop/web"),
    ],
    settings: { ingressClasses: [] },
    blind: [{ code: "value-unknown", data: { field: "spec.controller", resource: "IngressClassPatch apisix" } }],
  },
];

const isDefault = { "ingressclass.kubernetes.io/is-default-class": "true" };
const nginx = (annotations = {}) => ingressClass("nginx", "k8s.io/ingress-nginx", annotations);
const classless = (annotations = {}) => [
  ingress("shop/web", undefined, [path("web")], annotated(annotations)),
  ...app("shop/web"),
];
const route = () => [apisixRoute("shop/web", http(backend("web"))), ...app("shop/web")];
const ofRoute = "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web";
const asksForDefault: Case["blind"] = [{ code: "ingress-class-missing", data: { ingress: "Ingress shop/web" } }];
const routeAsks: Case["blind"] = [{ code: "class-missing", data: { resource: "ApisixRoute shop/web" } }];
const sign = { "k8s.apisix.apache.org/enable-websocket": "true" };

/**
 * Kubernetes plugin/pkg/admission/network/defaultingressclass: a new Ingress without a class gets the newest of the
 * default ones, unless it has the annotation. 2.2.0 internal/controller/utils.go, FindMatchingIngressClassByName: what
 * has no class is taken if any class of the controller's own is a default one.
 */
export const defaultClassCases: Case[] = [
  { name: "an Ingress, and nothing speaks of APISIX", given: classless() },
  { name: "an Ingress with an annotation of APISIX's", given: classless(sign), blind: asksForDefault },
  {
    name: "an Ingress, and the setting names APISIX's class",
    given: classless(),
    settings: { defaultIngressClass: "apisix" },
    routed: [toWeb],
  },
  {
    name: "an Ingress, and the setting names another class",
    given: classless(sign),
    settings: { defaultIngressClass: "nginx" },
  },
  {
    name: "an Ingress, and the setting says that there is none",
    given: classless(sign),
    settings: { defaultIngressClass: "" },
  },
  {
    name: "an Ingress, and the setting names a class of the stack",
    given: [ingressClass("mine", controller2), ...classless()],
    settings: { defaultIngressClass: "mine" },
    routed: [toWeb],
  },
  {
    name: "an Ingress, and the setting names another controller's class of the stack",
    given: [ingressClass("apisix", "k8s.io/ingress-nginx"), ...classless(sign)],
    settings: { defaultIngressClass: "apisix" },
    // 1.x compares names alone.
    routed: [toWeb],
    on: "1",
    auto: [],
  },
  {
    name: "an Ingress, and two defaults in the stack: the newest counts",
    given: [ingressClass("apisix", controller2, isDefault), nginx(isDefault), ...classless()],
    blind: asksForDefault,
  },
  {
    name: "an Ingress, two defaults in the stack, and the setting says which one counts",
    given: [ingressClass("apisix", controller2, isDefault), nginx(isDefault), ...classless()],
    settings: { defaultIngressClass: "nginx" },
  },
  {
    name: "an Ingress, and two defaults of APISIX's",
    given: [ingressClass("a", controller2, isDefault), ingressClass("b", controller2, isDefault), ...classless()],
    routed: [toWeb],
  },
  {
    name: "an Ingress, and another controller's default class",
    given: [nginx(isDefault), ...classless(sign)],
  },
  {
    name: "an Ingress with an empty annotation: 2.x takes its own default class, Kubernetes writes none",
    given: [ingressClass("apisix", controller2, isDefault), ...classless({ [classAnnotation]: "" })],
    routed: [toWeb],
    on: "2",
  },
  {
    name: "an Ingress, and a default class of 1.x' controller",
    given: [ingressClass("apisix", "apisix.apache.org/apisix-ingress", isDefault), ...classless()],
    routed: [toWeb],
    on: "1",
    dead: dead("2", "Ingress shop/web", "class-of-other-line"),
  },
  {
    name: "an Ingress, and a patch makes APISIX's class the default",
    given: [
      ingressClass("apisix", controller2),
      patch(object("networking.k8s.io/v1", "IngressClass", "apisix", { metadata: { annotations: isDefault } })),
      ...classless(),
    ],
    routed: [toWeb],
  },
  {
    name: "an ApisixRoute, and another controller's default class: APISIX's may be a default, too",
    given: [nginx(isDefault), ...route()],
    routed: [ofRoute],
    on: "1",
    otherwiseBlind: routeAsks,
  },
  {
    name: "an ApisixRoute, and two defaults in the stack: 2.x takes its own",
    given: [ingressClass("apisix", controller2, isDefault), nginx(isDefault), ...route()],
    routed: [ofRoute],
  },
  {
    name: "an ApisixRoute, and the setting names APISIX's class",
    given: route(),
    settings: { defaultIngressClass: "apisix" },
    routed: [ofRoute],
  },
  {
    name: "an ApisixRoute, and the setting says that there is none",
    given: route(),
    settings: { defaultIngressClass: "" },
    routed: [ofRoute],
    on: "1",
    dead: dead("2", "ApisixRoute shop/web", "no-class"),
  },
  {
    name: "an ApisixRoute, and the setting names a class that isn't known to be APISIX's",
    given: route(),
    settings: { defaultIngressClass: "public" },
    routed: [ofRoute],
    on: "1",
    otherwiseBlind: [{ code: "class-not-in-stack", data: { class: "public" } }],
  },
  {
    name: "an ApisixRoute, and the setting names a class of another controller in the stack",
    given: [nginx(), ...route()],
    settings: { defaultIngressClass: "nginx" },
    routed: [ofRoute],
    on: "1",
    dead: dead("2", "ApisixRoute shop/web", "no-class"),
  },
  {
    name: "an ApisixRoute, and a default class of APISIX's without a GatewayProxy",
    given: [
      object("networking.k8s.io/v1", "IngressClass", "apisix", {
        metadata: { annotations: isDefault },
        spec: { controller: controller2 },
      }),
      ...route(),
    ],
    routed: [ofRoute],
    on: "1",
    dead: dead("2", "ApisixRoute shop/web", "class-without-gateway-proxy"),
  },
];
