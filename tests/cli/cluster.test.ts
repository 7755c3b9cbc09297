import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { load } from "js-yaml";
import { listedKinds } from "../../src/cli/sources/cluster";
import { parseCatalog } from "../../src/routing/catalog";
import { cli, inFolder } from "./run";

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

/** A server that answers as told; a number is a status. Everything else is 404. */
async function withServer<T>(answers: Answers, use: (url: string, asked: string[]) => Promise<T>): Promise<T> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const url = request.url ?? "";
    asked.push(url);
    const answer = typeof answers[url] === "function" ? (answers[url] as () => unknown)() : answers[url];
    if (answer === "hang") return;
    const status = typeof answer === "number" ? answer : answer === undefined ? 404 : 200;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer ?? { message: "no" }));
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
    clusters: [{ name: "test", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "me", user: { token: "hidden-token" } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "me" } }],
    "current-context": "test",
  });
}

/** `routes` on a cluster that answers so. */
function routes(answers: Answers, ...args: string[]) {
  return withServer(answers, (url, asked) =>
    inFolder({ config: kubeconfig(url) }, async (folder) => {
      const ran = await cli(["routes", "--kubeconfig", join(folder, "config"), ...args]);
      assert.doesNotMatch(ran.stdout + ran.stderr, /hidden-token/);
      return { ...ran, asked };
    }),
  );
}

function names(text: string): string[] {
  return parseCatalog(text, "-").services.map(({ name }) => name);
}

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
    assert.match(stderr, /error: cluster test: may not list services in all namespaces: routes may be missing/);
  });

  const failing: [what: string, answers: Answers, says: RegExp][] = [
    ["doesn't know the user", { "/apis": 401 }, /doesn't accept the user's credentials \(401\)/],
    ["fails", { "/apis": 500 }, /GET \/apis answered 500/],
    ["is something else", { "/apis": "<html>" }, /its answer is not JSON: is it a Kubernetes API\?/],
    ["never answers", { "/apis": "hang" }, /no answer in 0\.2 s/],
    ["stops answering", { ...all, "/api/v1/services?limit=500": "hang" }, /no answer in 0\.2 s/],
  ];
  for (const [what, answers, says] of failing) {
    it(`gives up on a cluster that ${what}`, async () => {
      const { code, stdout, stderr } = await routes(answers, "--timeout", "0.2");
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, says);
    });
  }

  it("gives up on a kubeconfig that points at nothing", async () => {
    await inFolder({ config: kubeconfig("http://127.0.0.1:1") }, async (folder) => {
      const { code, stderr } = await cli(["routes", "--kubeconfig", join(folder, "config")]);
      assert.equal(code, 1);
      assert.match(stderr, /cluster test at http:\/\/127\.0\.0\.1:1: connect ECONNREFUSED/);
    });
  });

  it("takes the kubeconfigs that kubectl takes, and says what is wrong with them", async () => {
    const files = {
      good: kubeconfig("http://127.0.0.1:1"),
      bad: "a: [",
      none: "{}",
      ".kube/config": kubeconfig("ftp://x"),
    };
    await inFolder(files, async (folder) => {
      const says = async (env: NodeJS.ProcessEnv, ...args: string[]) => {
        const { code, stderr } = await cli(["routes", "--cluster", ...args], { env });
        assert.equal(code, 1);
        return stderr;
      };
      const at = (name: string) => join(folder, name);
      assert.match(await says({ HOME: at("nowhere") }), /no kubeconfig: there is no .*nowhere/);
      assert.match(await says({ HOME: folder }), /its server is no web address/);
      assert.match(await says({ KUBECONFIG: at("missing") }), /missing: no such kubeconfig/);
      assert.match(await says({ KUBECONFIG: `${at("missing")}:${at("good")}` }), /ECONNREFUSED/);
      assert.match(await says({}, "--kubeconfig", at("bad")), /bad: not a kubeconfig/);
      assert.match(
        await says({}, "--kubeconfig", at("none")),
        /it has no current context|names no cluster|not a kubeconfig/,
      );
      assert.match(
        await says({}, "--kubeconfig", at("good"), "--context", "tset"),
        /no context tset.*did you mean "test"/,
      );
    });
  });

  it("needs no more than docs/cluster-role.yaml allows", () => {
    const role = load(readFileSync("docs/cluster-role.yaml", "utf8")) as {
      rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
    };
    const plural = (kind: string) => {
      const lower = kind.toLowerCase();
      if (/(s|x)$/.test(lower)) return `${lower}es`;
      return /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
    };
    assert.deepEqual(
      Object.fromEntries(role.rules.map(({ apiGroups, resources }) => [apiGroups.join(), [...resources].sort()])),
      Object.fromEntries(Object.entries(listedKinds).map(([group, kinds]) => [group, kinds.map(plural).sort()])),
    );
    assert.deepEqual(new Set(role.rules.flatMap(({ verbs }) => verbs)), new Set(["list"]));
  });
});
