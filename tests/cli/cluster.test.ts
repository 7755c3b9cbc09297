import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { loadAll } from "js-yaml";
import { allKinds, limits, routeKinds } from "../../src/cli/sources/cluster";
import { parseCatalog } from "../../src/routing/catalog";
import { cli } from "./run";
import { inFolder } from "../support/folder";

type Answers = Record<string, unknown>;

const groups = {
  groups: [
    {
      name: "apisix.apache.org",
      preferredVersion: { version: "v2" },
      versions: [{ version: "v1alpha1" }, { version: "v2" }],
    },
  ],
};
const resource = (kind: string, name: string, namespaced = true) => ({ kind, name, namespaced, verbs: ["list"] });
const served: Answers = {
  "/apis": groups,
  "/api/v1": { resources: [resource("Service", "services"), { ...resource("Service", "services/status") }] },
  "/apis/apisix.apache.org/v2": { resources: [resource("ApisixRoute", "apisixroutes")] },
  "/apis/apisix.apache.org/v1alpha1": { resources: [resource("PluginConfig", "pluginconfigs")] },
  "/apis/apisix.apache.org/v1alpha1/pluginconfigs?limit=500": { items: [] },
};
const service = (name: string) => ({
  metadata: { name, namespace: "shop", uid: `service-${name}` },
  spec: { selector: { app: name }, ports: [{ port: 80 }] },
});
const route = (name: string) => ({
  metadata: { name, namespace: "shop", uid: `route-${name}` },
  spec: { http: [{ name: "all", backends: [{ serviceName: name, servicePort: 80 }] }] },
});

/** A server that answers as a Kubernetes API would; a number is a status. Everything else is 404. */
async function withServer<T>(answers: Answers, use: (url: string, asked: string[]) => Promise<T>): Promise<T> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const url = request.url ?? "";
    asked.push(url);
    const answer = typeof answers[url] === "function" ? (answers[url] as () => unknown)() : answers[url];
    if (answer === "hang") return;
    if (answer === "drip") {
      const drip = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(drip));
      return;
    }
    const code = typeof answer === "number" ? answer : answer === undefined ? 404 : 200;
    const reason = { 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 410: "Expired" }[code];
    const body = code === 200 ? answer : { kind: "Status", apiVersion: "v1", status: "Failure", reason, code };
    response.writeHead(code, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function kubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "me", user: { token: "hidden-token" } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "me" } }],
    "current-context": "test",
  });
}

/** With a kubectl on PATH that stands in for the real one. */
const env = { PATH: [join(__dirname, "..", "support", "kubectl"), process.env.PATH].join(delimiter) };

/** `routes` on a cluster that answers so. */
function routes(answers: Answers, ...args: string[]) {
  return withServer(answers, (url, asked) =>
    inFolder({ config: kubeconfig(url) }, async (folder) => {
      const ran = await cli(["routes", "--kubeconfig", join(folder, "config"), ...args], { env });
      assert.doesNotMatch(ran.stdout + ran.stderr, /hidden-token/);
      return { ...ran, asked };
    }),
  );
}

function names(text: string): string[] {
  return parseCatalog(text, "-").services.map(({ name }) => name);
}

describe("advice for a cluster", () => {
  const labels = { app: "aic" };
  const deployment = {
    metadata: { name: "aic", namespace: "infra", uid: "aic" },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "manager", image: "apache/apisix-ingress-controller:2.2.0" }] },
      },
    },
  };
  const pods = "/api/v1/namespaces/infra/pods";
  const bucket = (le: string, count: number) =>
    `apisix_ingress_adc_sync_duration_seconds_bucket{config_name="a",le="${le}"} ${count}\n`;
  const pod = (name: string, phase = "Running") => ({ metadata: { name }, status: { phase } });
  const answers = {
    ...served,
    "/apis": {
      groups: [...groups.groups, { name: "apps", preferredVersion: { version: "v1" }, versions: [{ version: "v1" }] }],
    },
    "/apis/apps/v1": { resources: [resource("Deployment", "deployments")] },
    "/apis/apps/v1/deployments?limit=500": { items: [deployment] },
    "/api/v1/services?limit=500": { items: [] },
    "/apis/apisix.apache.org/v2/apisixroutes?limit=500": { items: [] },
    [`${pods}?labelSelector=app%3Daic&limit=10`]: { items: [pod("one"), pod("two"), pod("new", "Pending")] },
    [`${pods}/one:8080/proxy/metrics`]: bucket("1", 0) + bucket("10", 100) + bucket("+Inf", 100),
    [`${pods}/two:8080/proxy/metrics`]: "up 1\n",
  };
  const advise = (own: Answers) =>
    withServer({ ...answers, ...own }, (url, asked) =>
      inFolder({ config: kubeconfig(url) }, async (folder) => ({
        ...(await cli(["advise", "--no-config", "--kubeconfig", join(folder, "config")], { env })),
        asked,
      })),
    );

  it("goes by what the Pods of its controller measured", async () => {
    const { code, stdout, stderr, asked } = await advise({});
    assert.deepEqual([code, stderr], [1, ""]);
    assert.match(stdout, /\n {2}21 s, measured: p99 of the controller's 100 syncs is 9\.91 s;/);
    assert.ok(!asked.some((path) => path.includes("/new:")));
  });

  for (const [name, path] of [
    ["Pods may not be listed", `${pods}?labelSelector=app%3Daic&limit=10`],
    ["no Pod may be asked", `${pods}/one:8080/proxy/metrics`],
  ] as const) {
    it(`says so, and goes on, where ${name}`, async () => {
      const { code, stdout, stderr } = await advise({ [path]: 403 });
      assert.equal(code, 0);
      assert.match(stderr, /^note: the controller's metrics are not read: .*Forbidden.*\n$/);
      assert.match(stdout, /^t is up to 5 s/);
    });
  }
});

describe("a check of a cluster", () => {
  const ofApps = {
    ...served,
    "/apis": {
      groups: [...groups.groups, { name: "apps", preferredVersion: { version: "v1" }, versions: [{ version: "v1" }] }],
    },
    "/apis/apps/v1": { resources: [resource("Deployment", "deployments"), resource("ReplicaSet", "replicasets")] },
    "/api/v1/services?limit=500": { items: [service("web")] },
    "/apis/apisix.apache.org/v2/apisixroutes?limit=500": { items: [route("web")] },
  };
  const workload = (name: string, spec: object, owner?: object) => ({
    metadata: { name, namespace: "shop", uid: `workload-${name}`, ...(owner && { ownerReferences: [owner] }) },
    spec: { replicas: 2, template: { metadata: { labels: { app: "web" } }, spec } },
  });
  const pod = { containers: [{ name: "web", image: "web:1", ports: [{ containerPort: 80 }], readinessProbe: {} }] };
  const fine = {
    ...pod,
    containers: pod.containers.map((each) => ({ ...each, lifecycle: { preStop: { sleep: { seconds: 5 } } } })),
  };
  const check = (answers: Answers, ...args: string[]) =>
    withServer(answers, (url) =>
      inFolder({ config: kubeconfig(url) }, (folder) =>
        cli(["check", "--kubeconfig", join(folder, "config"), ...args], { env }),
      ),
    );
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", controller: true };
  const running = (spec: object, own: object = owner) => ({
    ...ofApps,
    "/apis/apps/v1/deployments?limit=500": { items: [workload("web", spec)] },
    "/apis/apps/v1/replicasets?limit=500": { items: [workload("web-5d", pod, own)] },
  });

  it("lists the kinds that the settings name, and leaves out what they have made", async () => {
    const openshift = "apps.openshift.io";
    const kind = { apiVersion: `${openshift}/v1`, kind: "DeploymentConfig" };
    const group = { name: openshift, preferredVersion: { version: "v1" }, versions: [{ version: "v1" }] };
    const answers = {
      ...ofApps,
      "/apis": { groups: [...groups.groups, group] },
      "/api/v1": {
        resources: [resource("Service", "services"), resource("ReplicationController", "replicationcontrollers")],
      },
      "/api/v1/replicationcontrollers?limit=500": {
        items: [workload("web-1", pod, { ...kind, name: "web", controller: true })],
      },
      [`/apis/${openshift}/v1`]: { resources: [resource("DeploymentConfig", "deploymentconfigs")] },
      [`/apis/${openshift}/v1/deploymentconfigs?limit=500`]: { items: [workload("web", pod)] },
    };
    const checked = (settings: object) =>
      withServer(answers, (url) =>
        inFolder({ config: kubeconfig(url), settings: JSON.stringify(settings) }, async (folder) => {
          const [config, file] = [join(folder, "config"), join(folder, "settings")];
          const ran = await cli(["check", "--kubeconfig", config, "--settings", file], { env });
          return ran.stdout;
        }),
      );
    const listed = await checked({ "pre-stop-sleep": { workloads: [kind] } });
    assert.match(listed, /^DeploymentConfig shop\/web\n.*no-hook$/m);
    assert.doesNotMatch(listed, /ReplicationController/);
    assert.doesNotMatch(await checked({}), /DeploymentConfig/);
  });

  it("judges what runs as manifests are judged, and not what a workload has made", async () => {
    const { code, stdout } = await check(running(pod));
    assert.equal(code, 1);
    assert.match(stdout, /^Deployment shop\/web$/m);
    assert.match(stdout, /ApisixRoute shop\/web › Service shop\/web:80 › Deployment shop\/web/);
    assert.doesNotMatch(stdout, /ReplicaSet/);
  });

  it("is clean where all is fine", async () => {
    const { code, stdout } = await check(running(fine));
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /mandatory|pre-stop-sleep|termination-grace-period/);
  });

  const classes = (...items: object[]) => ({
    ...running(pod),
    "/apis": {
      groups: [
        ...ofApps["/apis"].groups,
        { name: "networking.k8s.io", preferredVersion: { version: "v1" }, versions: [{ version: "v1" }] },
      ],
    },
    "/apis/networking.k8s.io/v1": {
      resources: [resource("IngressClass", "ingressclasses", false), resource("Ingress", "ingresses")],
    },
    "/apis/networking.k8s.io/v1/ingressclasses?limit=500": { items },
    "/apis/networking.k8s.io/v1/ingresses?limit=500": { items: [{ metadata: { name: "web", namespace: "shop" } }] },
  });
  const ingressClass = (name: string, isDefault: string) => ({
    metadata: { name, annotations: { "ingressclass.kubernetes.io/is-default-class": isDefault } },
    spec: { controller: "acme.io/ingress" },
  });
  const forbidden = { ...classes(), "/apis/networking.k8s.io/v1/ingressclasses?limit=500": 403 };
  const defaults: [what: string, answers: Answers, isOpen: boolean, ...args: string[]][] = [
    ["there is no IngressClass", classes(), false],
    ["no IngressClass is the default", classes(ingressClass("acme", "false")), false],
    ["the default IngressClass is another controller's", classes(ingressClass("acme", "true")), false],
    ["IngressClasses may not be listed", forbidden, true],
  ];
  for (const [what, answers, isOpen] of defaults) {
    it(`${isOpen ? "can't tell" : "knows"} whose an Ingress without a class is if ${what}`, async () => {
      const { stdout } = await check(answers);
      assert.equal(/ingress-class-missing/.test(stdout), isOpen, stdout);
      assert.match(stdout, /no-hook/);
      const { stderr } = await routes(answers);
      assert.equal(/has no class, so the cluster's default IngressClass gets it/.test(stderr), isOpen, stderr);
    });
  }

  it("judges what an operator has made", async () => {
    const { stdout } = await check(
      running(fine, { apiVersion: "acme.io/v1", kind: "Shop", name: "shop", controller: true }),
    );
    assert.match(stdout, /^ReplicaSet shop\/web-5d$/m);
  });

  it("judges what it may read, and ends with 3", async () => {
    const { code, stderr } = await check({ ...running(fine), "/apis/apps/v1/replicasets?limit=500": 403 });
    assert.equal(code, 3);
    assert.match(stderr, /not allowed to list replicasets\.apps in all namespaces: objects may be missing/);
  });

  it("writes nothing", async () => {
    for (const option of ["--fix", "--diff"]) {
      const { code, stderr } = await check({}, option);
      assert.equal(code, 2);
      assert.match(stderr, /a cluster is only read: leave --fix and --diff out/);
    }
  });
});

describe("routes of a cluster", () => {
  const all = {
    ...served,
    "/api/v1/services?limit=500": { items: [service("a")], metadata: { continue: "p 2" } },
    "/api/v1/services?limit=500&continue=p%202": { items: [service("b")], metadata: {} },
    "/apis/apisix.apache.org/v2/apisixroutes?limit=500": { items: [route("a"), route("b")] },
  };

  it("lists page by page the kinds that the cluster serves, and only these", async () => {
    const { code, stdout, stderr, asked } = await routes(all);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(names(stdout), ["a", "b"]);
    assert.deepEqual((JSON.parse(stdout) as { sources: string[] }).sources, ["cluster test"]);
    assert.equal(asked.filter((path) => path.includes("limit=")).length, 4);
  });

  it("begins a list again that the cluster forgot", async () => {
    let times = 0;
    const forgetful = {
      ...all,
      "/api/v1/services?limit=500&continue=p%202": () => (times++ === 0 ? 410 : { items: [service("b")] }),
    };
    const { code, stdout } = await routes(forgetful);
    assert.equal(code, 0);
    assert.deepEqual(names(stdout), ["a", "b"]);
  });

  it("asks for the namespaces that are given", async () => {
    const inShop = {
      ...served,
      "/api/v1/namespaces/shop/services?limit=500": { items: [service("a")] },
      "/apis/apisix.apache.org/v2/namespaces/shop/apisixroutes?limit=500": { items: [route("a")] },
      "/apis/apisix.apache.org/v1alpha1/namespaces/shop/pluginconfigs?limit=500": { items: [] },
    };
    const { code, stdout } = await routes(inShop, "--namespace", "shop");
    assert.equal(code, 0);
    assert.deepEqual(names(stdout), ["a"]);
    assert.deepEqual((JSON.parse(stdout) as { sources: string[] }).sources, ["cluster test, namespaces shop"]);
  });

  it("writes what it may read, says what it may not, and ends with 3", async () => {
    const { code, stdout, stderr } = await routes({ ...all, "/api/v1/services?limit=500": 403 });
    assert.equal(code, 3);
    assert.deepEqual(names(stdout), []);
    assert.match(stderr, /error: cluster test: not allowed to list services in all namespaces: objects may be missing/);
  });

  const failing: [what: string, answers: Answers, says: RegExp, timeout?: string][] = [
    ["doesn't know the user", { "/apis": 401 }, /doesn't accept the user's credentials \(401\)/],
    ["fails", { "/apis": 500 }, /GET \/apis failed: Error from server \(InternalError\)/],
    ["is something else", { "/apis": "<html>" }, /its answer is not JSON: is it a Kubernetes API\?/],
    ["never answers", { "/apis": "hang" }, /no answer in 0\.6 s; .* more with --timeout/, "0.6"],
    ["never ends its answer", { "/apis": "drip" }, /no answer in 0\.6 s/, "0.6"],
    ["stops answering", { ...all, "/api/v1/services?limit=500": "hang" }, /no answer in 0\.6 s/, "0.6"],
  ];
  for (const [what, answers, says, timeout = "60"] of failing) {
    it(`gives up on a cluster that ${what}`, async () => {
      const { code, stdout, stderr } = await routes(answers, "--timeout", timeout);
      assert.deepEqual([code, stdout], [3, ""]);
      assert.match(stderr, says);
    });
  }

  /** Pages without end: each names another one. */
  const endless = (answers: Answers): Answers =>
    new Proxy(answers, {
      get: (_, url: string) => {
        const [, page] = /services\?limit=500(?:&continue=(\d+))?$/.exec(url) ?? [url, "none"];
        if (page === "none") return answers[url];
        return { items: [], metadata: { continue: `${Number(page ?? 0) + 1}` }, filler: "x".repeat(1_000) };
      },
    });
  const again = { ...all, "/api/v1/services?limit=500&continue=p%202": all["/api/v1/services?limit=500"] };
  const bounded: [what: string, answers: Answers, own: Partial<typeof limits>, says: RegExp][] = [
    [
      "more pages than any cluster has",
      all,
      { pages: 2 },
      /apisixroutes\.apisix\.apache\.org in all namespaces: more than 2 pages of objects: .*, with --namespace\n$/,
    ],
    ["pages without end", endless(all), { pages: 5 }, /services in all namespaces: more than 5 pages of objects/],
    ["more than fits", endless(all), { allBytes: 5_000 }, /cluster test: more than 5000 bytes of objects: objects may/],
    ["more than there is time for", endless(all), { seconds: 1 }, /cluster test: not read in 1 s: objects may be/],
    [
      "the same page again and again",
      again,
      {},
      /services in all namespaces: the page after the first 2 objects is always the same: .* not a proxy before it\n/,
    ],
  ];
  for (const [what, answers, own, says] of bounded) {
    it(`stops at ${what}, says so once, and ends with 3`, async () => {
      const before = { ...limits };
      try {
        Object.assign(limits, own);
        const { code, stdout, stderr } = await routes(answers);
        assert.equal(code, 3);
        assert.match(stderr, says);
        assert.equal(stderr.match(/^error: /gm)?.length, 1, stderr);
        names(stdout);
      } finally {
        Object.assign(limits, before);
      }
    });
  }

  it("gives up on an answer without end", async () => {
    const { bytes } = limits;
    try {
      limits.bytes = 10_000;
      const { code, stdout, stderr } = await routes({ ...all, "/apis": { filler: "x".repeat(20_000) } });
      assert.deepEqual([code, stdout], [3, ""]);
      assert.match(stderr, /cluster test: an answer of more than 10000 bytes/);
    } finally {
      limits.bytes = bytes;
    }
  });

  it("gives up on a kubectl that hangs in a plugin for credentials", async () => {
    const args = ["routes", "--context", "test", "--timeout", "0.6"];
    const { code, stdout, stderr } = await cli(args, { env: { ...env, KUBECTL_HANGS: "1" } });
    assert.deepEqual([code, stdout], [3, ""]);
    assert.match(stderr, /cluster test: no answer in 0\.6 s/);
  });

  it("says in one sentence that there is no kubectl", async () => {
    const ran = await cli(["routes", "--cluster"], { env: { PATH: "/nowhere" } });
    const says =
      "error: kubectl is not on PATH; install it, or give what `kubectl get … -A -o json` prints on standard input\n";
    assert.deepEqual(ran, { code: 3, stdout: "", stderr: says });
  });

  const files = {
    good: kubeconfig("http://127.0.0.1:1"),
    bad: "a: [",
    none: "{}",
    ".kube/config": kubeconfig("ftp://x"),
  };
  const configs: [
    what: string,
    given: (at: (name: string) => string) => [NodeJS.ProcessEnv, ...string[]],
    says: RegExp,
  ][] = [
    ["isn't there", (at) => [{ HOME: at("nowhere") }], /kubectl has no current context: name one with --context/],
    ["is of the home", (at) => [{ HOME: at("") }], /cluster test: .*unsupported protocol scheme …\n/],
    [
      "is named and isn't there",
      (at) => [{}, "--kubeconfig", at("missing"), "--context", "x"],
      /stat .*missing: no such file/,
    ],
    [
      "is one of $KUBECONFIG",
      (at) => [{ KUBECONFIG: `${at("missing")}${delimiter}${at("good")}` }],
      /cluster test: .*127\.0\.0\.1:1 was refused/,
    ],
    ["is broken", (at) => [{}, "--kubeconfig", at("bad")], /kubeconfig .*bad:1: not YAML\n/],
    ["is empty", (at) => [{}, "--kubeconfig", at("none")], /kubectl has no current context/],
    [
      "lacks the context",
      (at) => [{}, "--kubeconfig", at("good"), "--context", "tset"],
      /"tset" does not exist; did you mean "test"/,
    ],
  ];
  for (const [what, given, says] of configs) {
    it(`relays what kubectl says of a kubeconfig that ${what}`, () =>
      inFolder(files, async (folder) => {
        const [own, ...args] = given((name) => join(folder, name));
        const ran = await cli(["routes", "--cluster", ...args], { env: { ...env, ...own } });
        assert.equal(ran.code, 3);
        assert.match(ran.stderr, says);
      }));
  }

  it("lists every kind that routing reads", () => {
    // Not listed: ConfigMaps hold other things, too; endpoints tell only who writes them; the others are older names.
    const others = [
      "/ConfigMap",
      "/Endpoints",
      "discovery/EndpointSlice",
      "extensions/Ingress",
      "extensions/Deployment",
    ];
    const files = readdirSync("src/routing", { recursive: true, encoding: "utf8" }).filter((file) =>
      /\.ts$/.test(file),
    );
    const read = files.flatMap((file) => {
      const text = readFileSync(join("src/routing", file), "utf8");
      return [...text.matchAll(/["`]([a-z.]*\/[A-Z]\w+)["`]/g)].map(([, kind = ""]) => kind);
    });
    const listed = new Set(
      Object.entries(allKinds).flatMap(([group, kinds]) =>
        kinds.map((kind) => `${group.replace(/\.k8s\.io$/, "")}/${kind}`),
      ),
    );
    const missing = [...new Set(read)].filter((kind) => !listed.has(kind) && !others.includes(kind));
    assert.deepEqual(missing, []);
    assert.ok(read.includes("apisix.apache.org/ApisixConsumer"));
  });

  it("needs no more than docs/cluster-role.yaml allows", () => {
    type Rules = { apiGroups: string[]; resources: string[]; verbs: string[] }[];
    const roles = loadAll(readFileSync("docs/cluster-role.yaml", "utf8")) as { rules: Rules }[];
    const plural = (kind: string) => {
      const lower = kind.toLowerCase();
      if (/(s|x)$/.test(lower)) return `${lower}es`;
      return /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
    };
    const rules = roles.map((role) => role.rules);
    const allowed = (of: Rules) =>
      of.flatMap(({ apiGroups, resources }) => resources.map((each) => `${apiGroups.join()}/${each}`)).sort();
    const needed = (kinds: typeof allKinds) =>
      Object.entries(kinds)
        .flatMap(([group, each]) => each.map((kind) => `${group}/${plural(kind)}`))
        .sort();
    assert.deepEqual(allowed(rules[0] ?? []), needed(routeKinds));
    assert.deepEqual(allowed(rules.flat()), needed(allKinds));
    assert.deepEqual(new Set(rules.flat().flatMap(({ verbs }) => verbs)), new Set(["list"]));
  });
});
