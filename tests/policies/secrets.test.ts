import assert from "node:assert/strict";
import { preview, secret, type TestResource } from "../support/host";
import { apisixRoute, behind, deployment, hook, nativeSleep, routed, service } from "../support/resources";

const object = (type: string, name: string, body: object, namespace: string | undefined = "shop"): TestResource => ({
  type: `kubernetes:${type}`,
  name,
  props: {
    apiVersion: type.split(":")[0]?.replace(/^core\//, ""),
    kind: type.split(":")[1],
    metadata: { name, ...(namespace && { namespace }) },
    ...body,
  },
});
const route = (...http: object[]) =>
  object("apisix.apache.org/v2:ApisixRoute", "edge", { spec: { ingressClassName: "apisix", http } });
const upstreams = (spec: object) => object("apisix.apache.org/v2:ApisixUpstream", "out", { spec });
const ingress = (annotations: object, spec: object) => {
  const made = object("networking.k8s.io/v1:Ingress", "front", { spec });
  Object.assign(made.props.metadata as object, { annotations });
  return made;
};
const rule = (backend: object) => ({ rules: [{ host: "a.example.org", http: { paths: [{ path: "/", backend }] } }] });
const httpRoute = (parent: object, ref: object) =>
  object("gateway.networking.k8s.io/v1:HTTPRoute", "way", {
    spec: { parentRefs: [parent], rules: [{ backendRefs: [ref], timeouts: { request: "90s" } }] },
  });
const gateway = (spec: object) => object("gateway.networking.k8s.io/v1:Gateway", "gate", { spec }, "infra");

const gatewayClass = object(
  "gateway.networking.k8s.io/v1:GatewayClass",
  "apisix",
  { spec: { controllerName: "apisix.apache.org/apisix-ingress-controller" } },
  undefined,
);

const ignored = (policy: string, text: string) => ({ [`ignore.apisix-graceful-termination/${policy}`]: text });
const pod = (container: object, more: object = {}) =>
  deployment(
    "web",
    { env: [{ name: "PAUSE", value: "2" }], ...container },
    { pod: { terminationGracePeriodSeconds: 11, ...more } },
  );

/** Stacks whose messages print as much as can be of what they hold. */
const stacks: Record<string, TestResource[]> = {
  "a shop": behind(pod({})),
  "a hook that is too short": behind(pod(hook("/bin/sh", "-c", "sleep 3"))),
  "a hook with a variable": behind(pod(hook("/bin/sh", "-c", "sleep $PAUSE"))),
  "a hook that is too long": behind(pod(hook("/bin/sh", "-c", "sleep 8"))),
  "a hook that stops the app": behind(pod(hook("/bin/sh", "-c", "sleep 2; kill 1"))),
  "a hook that fails": behind(pod(hook("sleep 21"))),
  "a hook of unknown length": behind(pod(hook("/bin/sh", "-c", "sleep 2; /drain --now"))),
  "a native sleep that is too long": behind(pod(nativeSleep(17))),
  "a native sleep": behind(pod(nativeSleep(3))),
  "an endless hook": behind(pod(hook("/bin/sh", "-c", "sleep 2; sleep infinity"))),
  "a sidecar": behind(
    pod(nativeSleep(6), {
      initContainers: [
        { name: "proxy", restartPolicy: "Always", ...nativeSleep(2) },
        { name: "x", restartPolicy: "?" },
      ],
    }),
  ),
  "a workload that is known to be routed": [deployment("web", {}, routed)],
  wishes: behind(
    deployment("web", nativeSleep(3), {
      annotations: {
        "apisix-graceful-termination/sleep-seconds": "9",
        "apisix-graceful-termination/shutdown-seconds": "14",
      },
    }),
  ),
  "wishes of the Pods": behind(
    deployment("web", {}, { podAnnotations: { "apisix-graceful-termination/sleep-seconds": "9" } }),
  ),
  "wishes that can't be used": behind(
    deployment("web", nativeSleep(3), {
      annotations: {
        "apisix-graceful-termination/sleep-seconds": "3",
        "apisix-graceful-termination/shutdown-seconds": "soon",
        "apisix-graceful-termination/routed": "perhaps",
      },
    }),
  ),
  exemptions: behind(
    deployment(
      "web",
      {},
      {
        annotations: {
          ...ignored("pre-stop-sleep", "moves until 2020-03-31"),
          ...ignored("pre-stop-slep", "x"),
          ...ignored("apisix-routed-workloads", "until 2020-13-31"),
        },
      },
    ),
  ),
  "a slow request": [
    pod(nativeSleep(5)),
    service("web"),
    route({ name: "a", timeout: { read: "40s" }, backends: [{ serviceName: "web", servicePort: 80 }] }),
  ],
  "connections that stay open": [
    pod(nativeSleep(5)),
    service("web", { ports: [{ port: 80, appProtocol: "kubernetes.io/ws" }] }),
    route({ name: "a", websocket: true, backends: [{ serviceName: "web", servicePort: 80 }] }),
  ],
  "a gRPC upstream without retries": [
    ...behind(pod({ ...nativeSleep(5), startupProbe: null })),
    object("apisix.apache.org/v2:ApisixUpstream", "web", { spec: { scheme: "grpcs", retries: 0 } }),
  ],
  "fields that are dropped": behind(
    pod({ preSTop: {}, lifecycle: { prestop: {}, preStop: { command: ["x"] } } }, { gracePeriodSeconds: 47 }),
  ),
  "a slow upstream": [
    ...behind(pod(nativeSleep(5))),
    object("apisix.apache.org/v2:ApisixUpstream", "web", { spec: { timeout: { read: "50s" } } }),
  ],
  "a Service that isn't there": [route({ name: "a", backends: [{ serviceName: "gone", servicePort: 81 }] })],
  "a port that isn't there": [
    ...behind(pod({})),
    route({ name: "a", backends: [{ serviceName: "web", servicePort: "none" }] }),
  ],
  "a port number that isn't there": [
    ...behind(pod({})),
    route({ name: "a", backends: [{ serviceName: "web", servicePort: 8443 }] }),
  ],
  "a Service named twice": [
    ...behind(pod({})),
    route({
      name: "a",
      backends: [
        { serviceName: "web", servicePort: 80 },
        { serviceName: "web", servicePort: 80 },
      ],
    }),
  ],
  "a subset": [
    ...behind(pod({})),
    route({ name: "a", backends: [{ serviceName: "web", servicePort: 80, subset: "blue" }] }),
  ],
  "an upstream that isn't there": [route({ name: "a", upstreams: [{ name: "far" }] })],
  "an external node": [
    ...behind(pod({})),
    route({ name: "a", upstreams: [{ name: "out" }] }),
    upstreams({
      externalNodes: [
        { type: "Domain", name: "gone.infra.svc", port: 8080 },
        { type: "Domain", name: "web.shop.svc", port: 80 },
        { type: "Service", name: "web", port: 80 },
        { type: "Service", name: "lost", port: 99 },
      ],
    }),
  ],
  "a discovery": [
    route({ name: "a", upstreams: [{ name: "out" }] }),
    upstreams({ discovery: { type: "kubernetes", serviceName: "infra/gone:http" } }),
  ],
  "an ExternalName Service": [
    route({ name: "a", backends: [{ serviceName: "alias", servicePort: 8443 }] }),
    service("alias", { type: "ExternalName", externalName: "gone.infra.svc.cluster.local" }),
    service("web"),
  ],
  "a cluster IP": [
    pod({}),
    service("web", { clusterIP: "10.0.0.7" }),
    route({ name: "a", backends: [{ serviceName: "web", servicePort: 80, resolveGranularity: "service" }] }),
  ],
  "a headless Service": [
    pod({}),
    service("web", { clusterIP: "None", publishNotReadyAddresses: true }),
    apisixRoute("web"),
    upstreams({}),
    route({ name: "b", plugins: [{ name: "forward-auth", enable: true, config: { uri: "http://web.shop.svc:80" } }] }),
  ],
  plugins: [
    route({
      name: "a",
      plugin_config_name: "shared",
      plugin_config_namespace: "infra",
      plugins: [
        { name: "forward-auth", enable: true, config: { uri: "http://auth.infra.svc:9180/x" } },
        { name: "kafka-logger", enable: true, config: { brokers: [{ host: "log.infra.svc", port: 9092 }] } },
        { name: "openid-connect", enable: true, secretRef: "oidc", config: { client_secret: "s" } },
        {
          name: "traffic-split",
          enable: true,
          config: {
            rules: [
              {
                weighted_upstreams: [
                  { upstream: { nodes: { "b.infra.svc:81": 1 } } },
                  { upstream: { nodes: [{ host: "c.infra.svc", port: 82, weight: 1 }] } },
                  { upstream_id: 7 },
                ],
              },
            ],
          },
        },
      ],
    }),
    service("x"),
  ],
  "a route of an old version": [
    {
      ...apisixRoute("web"),
      type: "kubernetes:apisix.apache.org/v2beta3:ApisixRoute",
      props: { ...apisixRoute("web").props, apiVersion: "apisix.apache.org/v2beta3" },
    },
    pod({}),
    service("web"),
  ],
  "a class that isn't there": [
    { ...apisixRoute("web"), props: { ...apisixRoute("web").props, spec: { ingressClassName: "edge", http: [] } } },
  ],
  "a class of another controller": [
    object("networking.k8s.io/v1:IngressClass", "apisix", { spec: { controller: "example.org/other" } }, undefined),
    apisixRoute("web"),
  ],
  "an Ingress": [
    ...behind(pod({})),
    ingress(
      { "k8s.apisix.apache.org/upstream-read-timeout": "70s" },
      {
        ingressClassName: "apisix",
        ...rule({ service: { name: "web", port: { number: 80 } } }),
        defaultBackend: { service: { name: "web" } },
      },
    ),
  ],
  "an Ingress to elsewhere": [
    ingress(
      {
        "k8s.apisix.apache.org/svc-namespace": "infra",
        "k8s.apisix.apache.org/plugin-config-name": "shared",
        "k8s.apisix.apache.org/auth-uri": "http://auth.infra.svc:9180",
      },
      { ingressClassName: "apisix", ...rule({ service: { name: "gone", port: { name: "http" } } }) },
    ),
  ],
  "an Ingress by annotation": [
    ingress(
      { "kubernetes.io/ingress.class": "apisix-edge" },
      rule({ service: { name: "gone", port: { number: 83 } } }),
    ),
  ],
  "the Gateway API": [
    pod(nativeSleep(5)),
    service("web"),
    httpRoute({ name: "gate", namespace: "infra" }, { name: "web", port: 80 }),
    gateway({
      gatewayClassName: "apisix",
      listeners: [{ name: "http", protocol: "HTTP", port: 80, allowedRoutes: { namespaces: { from: "All" } } }],
    }),
    gatewayClass,
    object("apisix.apache.org/v1alpha1:BackendTrafficPolicy", "slow", {
      spec: { targetRefs: [{ name: "web", kind: "Service", group: "" }], timeout: { read: "95s" } },
    }),
  ],
  "a Gateway that isn't there": [httpRoute({ name: "gate", namespace: "infra" }, { name: "web", port: 80 })],
  "a Gateway whose class isn't there": [
    httpRoute({ name: "gate", namespace: "infra" }, { name: "web", port: 80 }),
    gateway({ gatewayClassName: "apisix-edge", listeners: [] }),
  ],
  "a listener for some namespaces": [
    httpRoute({ name: "gate", namespace: "infra" }, { name: "web", port: 80 }),
    gateway({
      gatewayClassName: "apisix",
      listeners: [
        {
          name: "http",
          protocol: "HTTP",
          port: 80,
          allowedRoutes: { namespaces: { from: "Selector", selector: { matchLabels: { a: "b" } } } },
        },
      ],
    }),
    gatewayClass,
  ],
  "a grant that isn't there": [
    httpRoute({ name: "gate", namespace: "infra" }, { name: "web", namespace: "other", port: 80 }),
    gateway({
      gatewayClassName: "apisix",
      listeners: [{ name: "http", protocol: "HTTP", port: 80, allowedRoutes: { namespaces: { from: "All" } } }],
    }),
    gatewayClass,
  ],
  "APISIX's own configuration": [
    object("core/v1:ConfigMap", "apisix", {
      data: {
        "apisix.yaml":
          "routes:\n  - uri: /\n    timeout: {read: 44, send: 44, connect: 1}\n    plugins: {forward-auth: {uri: http://auth.infra.svc}}\n    upstream: {nodes: {gone.infra.svc:8080: 1, web.shop.svc:80: 1}}\n#END\n",
      },
    }),
    ...behind(pod(nativeSleep(5))),
  ],
  "its provider's namespace": behind(deployment("web")).map((each) => {
    const { namespace, ...metadata } = each.props.metadata as { namespace: string };
    return { ...each, props: { ...each.props, metadata }, provider: { name: "own", props: { namespace } } };
  }),
  "a repair that was dropped": behind({ ...pod({}), ignoreChanges: ["spec"], deployed: pod({}).props }),
};

type Path = (string | number)[];

/** Where the texts and numbers of a value stand. */
function* leaves(value: unknown, path: Path = []): Iterable<{ path: Path; value: string | number }> {
  if (typeof value === "string" || typeof value === "number") yield { path, value };
  else if (typeof value === "object" && value !== null) {
    for (const [key, each] of Object.entries(value)) yield* leaves(each, [...path, key]);
  }
}

const all = (stack: TestResource[]) => stack.map(({ props, provider }) => ({ props, ...(provider && { provider }) }));

/** The same secret in two values: no message may tell them apart. */
function variants(value: string | number): [string | number, string | number][] {
  if (typeof value === "number")
    return [
      [value, value + 1],
      [value, value * 2],
    ];
  const pairs: [string, string][] = [[`canary${value.length}`, `zanary${value.length}`]];
  if (/\d/.test(value)) pairs.push([value, value.replace(/\d+/, (digits) => String(Number(digits) + 1))]);
  const [word] = value.match(/[a-z]+(?=[.:/])/) ?? [];
  if (word !== undefined) pairs.push([value.replace(word, "canary"), value.replace(word, "zanary")]);
  return pairs;
}

/** A stack with a value for all that hold the same one, each of them a secret or a part of one. */
function withSecret(stack: TestResource[], from: string | number, to: string | number, above: number): TestResource[] {
  const word = new RegExp(`\\b${String(from).replace(/[^\w\s]/g, "\\$&")}\\b`, "g");
  const replace = (value: unknown): unknown => {
    if (value === from) return to;
    if (typeof value === "string" && typeof from === "string" && from.length > 2)
      return value.replace(word, String(to));
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replace(each)]));
  };
  const holders: Path[] = [];
  const before = all(stack);
  const after = replace(before) as ReturnType<typeof all>;
  for (const { path, value } of leaves(before)) {
    const isIn = value === from || (typeof value === "string" && replace(value) !== value);
    // Not above the top-level fields of an object or a provider.
    if (isIn) holders.push(path.slice(0, Math.max(path[1] === "provider" ? 4 : 3, path.length - above)));
  }
  for (const holder of holders) {
    let parent = after as unknown as Record<string | number, unknown>;
    for (const key of holder.slice(0, -1)) {
      parent = parent[key] as typeof parent;
      // It's in a secret already.
      if ("4dabf18193072939515e22adb298388d" in parent) break;
    }
    const last = holder.at(-1) ?? "";
    if (last in parent && !("4dabf18193072939515e22adb298388d" in Object(parent[last])))
      parent[last] = secret(parent[last]);
  }
  return stack.map((each, i) => ({
    ...each,
    ...after[i],
    ...(each.deployed && { deployed: (after[i] as { props: Record<string, unknown> }).props }),
  }));
}

describe("what is a secret isn't printed", () => {
  for (const [what, stack] of Object.entries(stacks)) {
    it(what, async () => {
      let compared = 0;
      // What kind of an object it is decides too much.
      const values = [...leaves(all(stack))].filter(
        ({ path }) => path.at(-1) !== "apiVersion" && path.at(-1) !== "kind",
      );
      for (const value of new Set(values.map((leaf) => leaf.value))) {
        for (const pair of variants(value)) {
          for (const above of [0, 2]) {
            const [one = [], other = []] = await Promise.all(
              pair.map(async (to) => {
                const { violations } = await preview(withSecret(stack, value, to, above), { all: "mandatory" });
                for (const { message } of violations) assert.doesNotMatch(message, /[cz]anary/);
                return violations;
              }),
            );
            // What a secret decides shows, say by a violation that is gone, or by a fix that isn't needed.
            const codes = (violations: typeof one) => violations.map(({ code }) => code).join();
            if (codes(one) !== codes(other)) continue;
            compared++;
            const grace = /, and (raise )?terminationGracePeriodSeconds( to the .*time .*|: 15)\./;
            const texts = (violations: typeof one) =>
              violations.map(({ message }) => (typeof value === "number" ? message.replace(grace, ".") : message));
            assert.deepEqual(texts(one), texts(other), `${value}: ${pair.join(" or ")}, ${above} above`);
          }
        }
      }
      assert.ok(compared > 4, String(compared));
    });
  }
});

/** The message about a shop's workload, line by line, after something in it was made a secret. */
async function printed(change: (workload: Fields, service: Fields) => void, container: object = {}): Promise<string[]> {
  const [web, front, way] = behind(pod(container));
  change(web!.props as unknown as Fields, front!.props as unknown as Fields);
  const { violations } = await preview([web!, front!, way!], { all: "mandatory" });
  return violations.map(({ message }) => message.split("\n").slice(1, -1)).flat();
}

interface Fields {
  metadata: Record<string, unknown>;
  spec: { template: { spec: Record<string, unknown> & { containers: Record<string, unknown>[] } } };
}

const plain = [
  'Container "web" receives SIGTERM as soon as its Pod terminates, but APISIX may keep sending it requests for another 5 s.',
  "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
  'Fix: lifecycle.preStop.sleep.seconds: 5 on container "web", and terminationGracePeriodSeconds: 15.',
];

const printings: [what: string, change: Parameters<typeof printed>[0], lines: string[], container?: object][] = [
  ["nothing", () => undefined, plain],
  [
    "another value that is the same as a name",
    ({ spec }, service) => {
      (spec.template.spec.containers[0] as Record<string, unknown>).env = [{ name: "A", value: secret("web") }];
      service.metadata.labels = { app: secret("web") };
    },
    plain,
  ],
  [
    "a Service's name",
    (_, service) => (service.metadata.name = secret("web")),
    [plain[0]!, "ApisixRoute shop/web › Service shop/(secret):80 › Deployment shop/web", plain[2]!],
  ],
  [
    "a namespace",
    (_, service) => (service.metadata.namespace = secret("shop")),
    [plain[0]!, "ApisixRoute shop/web › Service (secret)/web:80 › Deployment shop/web", plain[2]!],
  ],
  [
    "all of a workload's metadata",
    (workload) => (workload.metadata = secret(workload.metadata) as never),
    [plain[0]!, "ApisixRoute shop/web › Service shop/web:80 › Deployment (secret)/(secret)", plain[2]!],
  ],
  [
    "a container's name",
    ({ spec }) => (spec.template.spec.containers[0]!.name = secret("web")),
    plain.map((line) => line.replace('"web"', '"containers[0]"')),
  ],
  [
    "a grace period",
    ({ spec }) => (spec.template.spec.terminationGracePeriodSeconds = secret(12)),
    [
      'Container "web" may receive SIGKILL before it has shut down: its preStop hook takes 6 s and the grace period is (secret) s, which leaves (secret) s, and the app may need 10 s after SIGTERM.',
      plain[1]!,
      "Fix: terminationGracePeriodSeconds: 16.",
    ],
    nativeSleep(6),
  ],
  [
    "a hook",
    ({ spec }) => (spec.template.spec.containers[0]!.lifecycle = secret(nativeSleep(1).lifecycle)),
    [
      'Container "web" receives SIGTERM (secret) s after its Pod starts to terminate, but APISIX may send it requests for 5 s: its preStop hook is a secret.',
      plain[1]!,
      'Fix: make the hook on container "web" sleep 5 s, and raise terminationGracePeriodSeconds to the longest hook and the time that the app needs to shut down.',
    ],
  ],
];

describe("a message about a secret", () => {
  for (const [what, change, lines, container] of printings) {
    it(what, async () => assert.deepEqual(await printed(change, container), lines));
  }
});
