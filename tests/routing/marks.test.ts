/** What routes say of their connections and retries, on both controller lines. */
import assert from "node:assert/strict";
import { Secrets } from "../../src/kubernetes/secrets";
import type { Resource } from "../../src/kubernetes/resource";
import { resolveRoutes, type Chain, type ControllerLine } from "../../src/routing";
import {
  apisixRoute,
  apisixUpstream,
  app,
  backend,
  configMap,
  edge,
  gatewayRoute,
  ingress,
  object,
  path,
  plugin,
  service,
  settings,
  withUnknown,
} from "./resources";

const route = (spec: Record<string, unknown>) => apisixRoute("shop/web", { ingressClassName: "apisix", ...spec });
const rule = (more: Record<string, unknown> = {}) => route({ http: [{ backends: [backend("web")], ...more }] });
const stream = (protocol: unknown) => route({ stream: [{ protocol, backend: backend("web") }] });
const k8s = "k8s.apisix.apache.org/";
const annotated = (annotations: Record<string, unknown>) =>
  ingress("shop/web", "apisix", [path("web")], { metadata: { annotations } });
const speaks = (appProtocol: unknown) => app("shop/web", { ports: [{ port: 80, appProtocol }] });
const plain = app("shop/web");
const named = (spec: object) => apisixUpstream("shop/web", spec);
const policy = (spec: object, ref: object = {}) =>
  object("apisix.apache.org/v1alpha1", "BackendTrafficPolicy", "shop/policy", {
    spec: { targetRefs: [{ group: "", kind: "Service", name: "web", ...ref }], ...spec },
  });
const config = (yaml: string) => configMap("apisix/apisix", `${yaml}\n#END`);

/** The chains to `shop/web` that take requests. */
function chainsOf(given: Resource[], controller: ControllerLine): Chain[] {
  const { workloads } = resolveRoutes(given, { ...settings, controller });
  const found = workloads.find(({ workload }) => workload.resource.body === given.find(isWeb)?.body);
  return (found?.chains ?? []).filter(({ via }) => via === "upstream");
}

function isWeb({ kind, body }: Resource): boolean {
  return kind === "Deployment" && (body as { metadata: { name: string } }).metadata.name === "web";
}

/** By line: `kind: resource field`, or nothing; `undefined` where the line doesn't take the route. */
type Mark = string | null;

function marks(given: Resource[], line: ControllerLine): Mark[] {
  return chainsOf(given, line).map(({ longLived: own }) =>
    own ? `${own.kind}: ${[own.resource, own.field].filter(Boolean).join(" ")}` : null,
  );
}

describe("connections that stay open", () => {
  const websocket = "websocket: ApisixRoute shop/web spec.http[0].websocket: true";
  const ofPort = (text: string) => `websocket: Service shop/web spec.ports[0].appProtocol: ${text}`;
  const ofIngress =
    'websocket: Ingress shop/web metadata.annotations["k8s.apisix.apache.org/enable-websocket"]: "true"';
  const scheme = (text: string) =>
    `grpc: Ingress shop/web metadata.annotations["k8s.apisix.apache.org/upstream-scheme"]: ${text}`;
  const ofUpstream = "grpc: ApisixUpstream shop/web spec.scheme: grpc";
  const tcp = "stream: ApisixRoute shop/web spec.stream[0].protocol: TCP";
  const cases: [what: string, given: Resource[], on1: Mark[], on2: Mark[]][] = [
    ["a plain route", [rule(), ...plain], [null], [null]],
    ["websocket: true", [rule({ websocket: true }), ...plain], [websocket], [websocket]],
    ["websocket: false", [rule({ websocket: false }), ...plain], [null], [null]],
    ["websocket of a wrong type", [rule({ websocket: 1 }), ...plain], [null], [null]],
    ["an unknown websocket", [route({ http: [withUnknown({ backends: [backend("web")] }, "websocket")] }), ...plain], [null], [null]], // prettier-ignore
    ["an old version", [apisixRoute("shop/web", { http: [{ backends: [backend("web")], websocket: true }] }, "v2beta3"), ...plain], [websocket], []], // prettier-ignore
    [
      "one of two rules",
      [route({ http: [{ backends: [backend("web")] }, { backends: [backend("web")], websocket: true }] }), ...plain],
      ["websocket: ApisixRoute shop/web spec.http[1].websocket: true"],
      ["websocket: ApisixRoute shop/web spec.http[1].websocket: true"],
    ],
    [
      "a service that a plugin asks",
      [
        route({
          http: [
            {
              backends: [backend("other")],
              websocket: true,
              plugins: [plugin("forward-auth", { uri: "http://web.shop.svc" })],
            },
          ],
        }),
        ...plain,
        ...app("shop/other"),
      ],
      [null],
      [null],
    ],
    ["an Ingress with enable-websocket", [annotated({ [`${k8s}enable-websocket`]: "true" }), ...plain], [ofIngress], [ofIngress]], // prettier-ignore
    ["an Ingress without", [annotated({ [`${k8s}enable-websocket`]: "false" }), ...plain], [null], [null]],
    ["another word", [annotated({ [`${k8s}enable-websocket`]: "yes" }), ...plain], [null], [null]],
    ["2.x reads a port's appProtocol", [rule(), ...speaks("kubernetes.io/ws")], [null], [ofPort("kubernetes.io/ws")]],
    ["the one with TLS", [rule(), ...speaks("kubernetes.io/wss")], [null], [ofPort("kubernetes.io/wss")]],
    ["of an Ingress", [annotated({}), ...speaks("kubernetes.io/ws")], [null], [ofPort("kubernetes.io/ws")]],
    ["a route that says no", [rule({ websocket: false }), ...speaks("kubernetes.io/ws")], [null], [null]],
    ["h2c means nothing to APISIX", [rule(), ...speaks("kubernetes.io/h2c")], [null], [null]],
    ["nor does grpc", [rule(), ...speaks("grpc")], [null], [null]],
    ["an appProtocol of a wrong type", [rule(), ...speaks(1)], [null], [null]],
    ["another port's", [rule(), service("shop/web", { app: "web", in: "shop" }, { ports: [{ port: 80 }, { port: 81, appProtocol: "kubernetes.io/ws" }] }), plain[1] as Resource], [null], [null]], // prettier-ignore
    ["an ApisixUpstream with scheme grpc", [rule(), named({ scheme: "grpc" }), ...plain], [ofUpstream], [ofUpstream]],
    ["with scheme https", [rule(), named({ scheme: "https" }), ...plain], [null], [null]],
    ["of another Service", [rule(), apisixUpstream("shop/api", { scheme: "grpc" }), ...plain], [null], [null]],
    ["1.x reads it for an Ingress, too", [annotated({}), named({ scheme: "grpc" }), ...plain], [ofUpstream], [null]],
    ["an Ingress with a scheme", [annotated({ [`${k8s}upstream-scheme`]: "GRPCS" }), ...plain], [scheme("grpcs")], [scheme("grpcs")]], // prettier-ignore
    ["2.x reads a BackendTrafficPolicy", [annotated({}), policy({ scheme: "grpc" }), ...plain], [null], ["grpc: BackendTrafficPolicy shop/policy spec.scheme: grpc"]], // prettier-ignore
    ["not for an ApisixRoute", [rule(), policy({ scheme: "grpc" }), ...plain], [null], [null]],
    [
      "WebSockets before gRPC",
      [rule({ websocket: true }), named({ scheme: "grpc" }), ...plain],
      [websocket],
      [websocket],
    ],
    ["an external node", [route({ http: [{ upstreams: [{ name: "web" }] }] }), named({ scheme: "grpc", externalNodes: [{ type: "Domain", name: "web.shop.svc" }] }), ...plain], [ofUpstream], [ofUpstream]], // prettier-ignore
    ["a GRPCRoute", [...edge(), gatewayRoute("GRPCRoute", "shop/web"), ...plain], [], ["grpc: GRPCRoute shop/web"]],
    ["an HTTPRoute", [...edge(), gatewayRoute("HTTPRoute", "shop/web"), ...plain], [null], [null]],
    ["a TCPRoute", [...edge(), gatewayRoute("TCPRoute", "shop/web"), ...plain], ["stream: TCPRoute shop/web"], ["stream: TCPRoute shop/web"]], // prettier-ignore
    ["a TLSRoute", [...edge(), gatewayRoute("TLSRoute", "shop/web", { hostnames: ["a.example.org"] }), ...plain], [], ["stream: TLSRoute shop/web"]], // prettier-ignore
    ["a UDPRoute has no connections", [...edge(), gatewayRoute("UDPRoute", "shop/web"), ...plain], [null], [null]],
    ["a stream rule", [stream("TCP"), ...plain], [tcp], [tcp]],
    ["a stream rule of a Service that speaks WebSocket", [stream("TCP"), ...speaks("kubernetes.io/ws")], [tcp], [tcp]],
    ["a stream rule with UDP", [stream("UDP"), ...plain], [null], [null]],
    ["a stream rule with an unknown protocol", [stream(undefined), ...plain], [null], [null]],
    [
      "apisix.yaml",
      [config(`routes: [{enable_websocket: true, upstream: {nodes: {"web.shop.svc:80": 1}}}]`), ...plain],
      ['websocket: ConfigMap apisix/apisix data["apisix.yaml"].routes[0].enable_websocket: true'],
      ['websocket: ConfigMap apisix/apisix data["apisix.yaml"].routes[0].enable_websocket: true'],
    ],
    [
      "an upstream in apisix.yaml",
      [config(`routes: [{upstream: {scheme: grpc, nodes: {"web.shop.svc:80": 1}}}]`), ...plain],
      ['grpc: ConfigMap apisix/apisix data["apisix.yaml"].routes[0].upstream.scheme: grpc'],
      ['grpc: ConfigMap apisix/apisix data["apisix.yaml"].routes[0].upstream.scheme: grpc'],
    ],
  ];
  for (const [what, given, on1, on2] of cases) {
    it(`${what} (1.x)`, () => assert.deepEqual(marks(given, "1"), on1));
    it(`${what} (2.x)`, () => assert.deepEqual(marks(given, "2"), on2));
  }

  it("are not read of a secret", () => {
    const secrets = new Secrets();
    secrets.add(["spec", "http", "0", "websocket"], true);
    assert.deepEqual(marks([{ ...rule({ websocket: true }), secrets }, ...plain], "2"), [null]);
  });
});

describe("retries: 0", () => {
  const ofUpstream = ["ApisixUpstream shop/web spec.retries: 0"];
  const off = { retries: 0 };
  const cases: [what: string, given: Resource[], on1: string[], on2: string[]][] = [
    ["an ApisixUpstream", [rule(), named(off), ...plain], ofUpstream, ofUpstream],
    ["with retries", [rule(), named({ retries: 1 }), ...plain], [], []],
    ["without", [rule(), named({}), ...plain], [], []],
    ["of a wrong type", [rule(), named({ retries: "none" }), ...plain], [], []],
    ["with settings of ports", [rule(), named({ ...off, portLevelSettings: [{ port: 80 }] }), ...plain], [], []],
    ["a cluster IP is one node, which is never tried again", [route({ http: [{ backends: [backend("web", { resolveGranularity: "service" })] }] }), named(off), ...plain], [], []], // prettier-ignore
    ["an Ingress reads them on 1.x", [annotated({}), named(off), ...plain], ofUpstream, []],
    ["an annotation of 0 counts as none", [annotated({ [`${k8s}upstream-retries`]: "0" }), ...plain], [], []],
    ["a BackendTrafficPolicy", [annotated({}), policy(off), ...plain], [], ["BackendTrafficPolicy shop/policy spec.retries: 0"]], // prettier-ignore
    ["of one port", [annotated({}), policy(off, { sectionName: "http" }), ...plain], [], []],
  ];
  const found = (given: Resource[], line: ControllerLine) =>
    chainsOf(given, line).flatMap(({ noRetries: own }) => (own ? [`${own.resource} ${own.field}`] : []));
  for (const [what, given, on1, on2] of cases) {
    it(`${what} (1.x)`, () => assert.deepEqual(found(given, "1"), on1));
    it(`${what} (2.x)`, () => assert.deepEqual(found(given, "2"), on2));
  }

  it("is not read of a secret", () => {
    const secrets = new Secrets();
    secrets.add(["spec", "retries"], 0);
    assert.deepEqual(found([rule(), { ...named(off), secrets }, ...plain], "2"), []);
  });
});
