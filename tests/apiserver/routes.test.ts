import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { loadAll } from "js-yaml";
import { parseCatalog } from "../../src/routing/catalog";
import { goProgram } from "../../tools/go";
import { kubectlProgram } from "../../tools/kubernetes";
import { cli, type Ran } from "../cli/run";
import {
  apply,
  canRunApiServer,
  routeDefinitions,
  startApiServer,
  type ApiServer,
  type KubernetesObject,
} from "../support/kubernetes";

const minutes = 60_000;

function service(namespace: string, name: string): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name },
    spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
  };
}

function apisixRoute(namespace: string, name: string): KubernetesObject {
  const backends = [{ serviceName: name, servicePort: 80 }];
  return {
    apiVersion: "apisix.apache.org/v2",
    kind: "ApisixRoute",
    metadata: { namespace, name },
    spec: { http: [{ name: "all", match: { paths: ["/*"] }, backends }] },
  };
}

const ingress: KubernetesObject = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { namespace: "shop", name: "api" },
  spec: {
    ingressClassName: "apisix",
    rules: [
      {
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "api", port: { name: "http" } } } }],
        },
      },
    ],
  },
};

const gatewayObjects: KubernetesObject[] = [
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: "edge" },
    spec: { controllerName: "apisix.apache.org/gateway-controller" },
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { namespace: "shop", name: "edge" },
    spec: { gatewayClassName: "edge", listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { namespace: "shop", name: "cart" },
    spec: { parentRefs: [{ name: "edge" }], rules: [{ backendRefs: [{ name: "cart", port: 80 }] }] },
  },
];

const names = ({ stdout }: Ran) =>
  parseCatalog(stdout, "-").services.map(({ namespace, name }) => `${namespace}/${name}`);

describe("routes of a real Kubernetes API", function () {
  this.timeout(15 * minutes);

  let api: ApiServer | undefined;
  const server = () => {
    assert.ok(api);
    return api;
  };
  let env: NodeJS.ProcessEnv = {};
  const routesBy = (kubeconfig: string, ...args: string[]) =>
    cli(["routes", "--kubeconfig", kubeconfig, ...args], { env });
  const routes = (user: string | undefined, ...args: string[]) =>
    routesBy(user === undefined ? server().kubeconfigPath : server().kubeconfigFor(user), ...args);

  before(async function () {
    if (canRunApiServer() !== undefined) return this.skip();
    env = { ...process.env, PATH: [dirname(await goProgram(kubectlProgram)), process.env.PATH].join(delimiter) };
    api = await startApiServer({ users: [{ name: "auditor" }, { name: "shopkeeper" }, { name: "nobody" }] });
    await Promise.all(["shop", "blog"].map((namespace) => server().createNamespace(namespace)));
    await apply(
      server(),
      service("shop", "web"),
      service("shop", "api"),
      service("shop", "cart"),
      service("blog", "web"),
    );
    await apply(server(), service("shop", "unrouted"), ingress);
  });
  after(() => api?.stop());

  it("reads a cluster without APISIX's and the Gateway API's kinds", async () => {
    const ran = await routes(undefined);
    assert.deepEqual([ran.code, ran.stderr, names(ran)], [0, "", ["shop/api"]]);
  });

  it("reads all kinds of routes with the definitions of APISIX 1.x and the Gateway API", async () => {
    await apply(server(), ...routeDefinitions());
    await apply(server(), apisixRoute("shop", "web"), apisixRoute("blog", "web"), ...gatewayObjects);
    const ran = await routes(undefined);
    assert.deepEqual([ran.code, ran.stderr], [0, ""]);
    assert.deepEqual(parseCatalog(ran.stdout, "-").services, [
      {
        namespace: "blog",
        name: "web",
        selector: { app: "web" },
        ports: [{ name: "http", port: 80, targetPort: 8080 }],
        evidence: ["ApisixRoute blog/web › Service blog/web:80"],
      },
      {
        namespace: "shop",
        name: "api",
        selector: { app: "api" },
        ports: [{ name: "http", port: 80, targetPort: 8080 }],
        evidence: ["Ingress shop/api › Service shop/api:http"],
      },
      {
        namespace: "shop",
        name: "cart",
        selector: { app: "cart" },
        ports: [{ name: "http", port: 80, targetPort: 8080 }],
        evidence: ["HTTPRoute shop/cart › Service shop/cart:80"],
      },
      {
        namespace: "shop",
        name: "web",
        selector: { app: "web" },
        ports: [{ name: "http", port: 80, targetPort: 8080 }],
        evidence: ["ApisixRoute shop/web › Service shop/web:80"],
      },
    ]);
  });

  it("keeps to the namespaces that are given", async () => {
    assert.deepEqual(names(await routes(undefined, "--namespace", "blog")), ["blog/web"]);
  });

  it("pages through more objects than fit on one page", async () => {
    await server().createNamespace("many");
    const all = Array.from({ length: 520 }, (_, i) => {
      const each = service("many", `s${i}`);
      // Without an address of its own: the test's cluster has 254 of them.
      return { ...each, spec: { ...(each.spec as object), clusterIP: "None" } };
    });
    for (let i = 0; i < all.length; i += 40)
      await Promise.all(all.slice(i, i + 40).map((each) => apply(server(), each)));
    await apply(server(), apisixRoute("many", "s0"), apisixRoute("many", "s519"));
    const ran = await routes(undefined);
    assert.equal(ran.code, 0);
    assert.deepEqual(
      names(ran).filter((name) => name.startsWith("many/")),
      ["many/s0", "many/s519"],
    );
  });

  it("needs no more than the documented ClusterRole", async () => {
    const [role] = loadAll(readFileSync(join(__dirname, "..", "..", "docs", "cluster-role.yaml"), "utf8"));
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "auditor" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "auditor" }],
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "apisix-graceful-termination-routes",
      },
    };
    await apply(server(), role as KubernetesObject, binding);
    const [own, administrators] = [await routes("auditor"), await routes(undefined)];
    assert.deepEqual([own.code, own.stderr], [0, ""]);
    assert.deepEqual(names(own), names(administrators));
  });

  it("gives what one may read, says what one may not, and ends with 3", async () => {
    const refused = await routes("nobody");
    assert.equal(refused.code, 3);
    assert.deepEqual(names(refused), []);
    assert.match(refused.stderr, /not allowed to list services in all namespaces: objects may be missing/);
    assert.match(refused.stderr, /not allowed to list apisixroutes\.apisix\.apache\.org in all namespaces/);

    const [rules, roleRef] = [
      [
        { apiGroups: [""], resources: ["services"], verbs: ["list"] },
        { apiGroups: ["apisix.apache.org"], resources: ["apisixroutes"], verbs: ["list"] },
      ],
      { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "shopkeeper" },
    ];
    const metadata = { name: "shopkeeper", namespace: "shop" };
    await apply(
      server(),
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata,
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "shopkeeper" }],
        roleRef,
      },
    );
    const part = await routes("shopkeeper", "--namespace", "shop");
    assert.equal(part.code, 3);
    assert.deepEqual(names(part), ["shop/web"]);
    assert.match(part.stderr, /not allowed to list ingresses\.networking\.k8s\.io in namespace shop/);
    assert.match(part.stderr, /not allowed to list ingressclasses\.networking\.k8s\.io: objects may be missing/);
  });

  it("check judges what runs, with the rights that are documented and no more", async () => {
    const roles = loadAll(readFileSync(join(__dirname, "..", "..", "docs", "cluster-role.yaml"), "utf8"));
    const pod = {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "web:1", ports: [{ containerPort: 8080 }] }] },
    };
    const binding = (name: string) => ({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "auditor" }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
    });
    await apply(
      server(),
      ...(roles as KubernetesObject[]),
      ...["routes", "check"].map((name) => binding(`apisix-graceful-termination-${name}`)),
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { namespace: "shop", name: "web" },
        spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template: pod },
      },
    );
    const config = server().kubeconfigFor("auditor");
    const ran = await cli(["check", "--kubeconfig", config, "--namespace", "shop"], { env });
    assert.deepEqual([ran.code, ran.stderr], [1, ""]);
    assert.match(ran.stdout, /^Deployment shop\/web\n {2}mandatory {2}Container "web" receives SIGTERM as soon as/m);
    assert.match(ran.stdout, /ApisixRoute shop\/web › Service shop\/web:80 › Deployment shop\/web/);
  });

  it("gives up on credentials that the API doesn't know", async () => {
    const config = JSON.parse(readFileSync(server().kubeconfigPath, "utf8")) as { users: { user: object }[] };
    const [user] = config.users;
    assert.ok(user);
    user.user = { token: "not-known-3b7d" };
    const file = join(server().folder, "unknown-user.json");
    writeFileSync(file, JSON.stringify(config));
    const { code, stdout, stderr } = await routesBy(file);
    assert.deepEqual([code, stdout], [3, ""]);
    assert.match(stderr, /doesn't accept the user's credentials \(401\)/);
    assert.doesNotMatch(stderr, /not-known-3b7d/);
  });
});
