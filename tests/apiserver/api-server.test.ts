import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  apply,
  canRunApiServer,
  dryRun,
  startApiServer,
  type ApiServer,
  type KubernetesObject,
} from "../support/kubernetes";

const minutes = 60_000;

/** A Deployment with one container; `lifecycle` and the rest of the Pod's spec are the case's. */
function deployment(lifecycle: unknown, podSpec: object = {}): KubernetesObject {
  const labels = { app: "web" };
  const web = { name: "web", image: "web:1", lifecycle };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop" },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [web], ...podSpec } },
    },
  };
}

/** A Pod of its own, like the Deployment's. */
function pod(lifecycle: unknown, spec: object = {}): KubernetesObject {
  const web = { name: "web", image: "web:1", lifecycle };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec: { containers: [web], ...spec } };
}

const preStop = (handler: unknown) => ({ preStop: handler });
const sleep = (seconds: number) => preStop({ sleep: { seconds } });
const exec = (...command: unknown[]) => preStop({ exec: { command } });

// What the API says of hooks and grace periods: shutdown/ relies on each of these.
const accepted: [string, KubernetesObject][] = [
  ["no hook", deployment(undefined)],
  ["a sleep as long as the default grace period", deployment(sleep(30))],
  ["a sleep as long as its grace period", deployment(sleep(7), { terminationGracePeriodSeconds: 7 })],
  ["a sleep of 0 with a grace period of 0", deployment(sleep(0), { terminationGracePeriodSeconds: 0 })],
  ["a negative grace period", deployment(undefined, { terminationGracePeriodSeconds: -1 })],
  [
    "a sleep of 1 in a Pod with a negative grace period, which the API makes 1",
    pod(sleep(1), { terminationGracePeriodSeconds: -1 }),
  ],
  ["a sleep without seconds, which is 0", deployment(preStop({ sleep: {} }))],
  ["an exec sleep longer than the grace period", deployment(exec("sleep", "60"))],
  ["an exec hook that can't run", deployment(exec("sleep 5"))],
  ["a tcpSocket hook, which never works", deployment(preStop({ tcpSocket: { port: 80 } }))],
  ["a postStart hook beside a preStop hook", deployment({ postStart: { exec: { command: ["true"] } }, ...sleep(5) })],
  [
    "a hook on a native sidecar",
    deployment(undefined, {
      initContainers: [{ name: "proxy", image: "p:1", restartPolicy: "Always", lifecycle: sleep(5) }],
    }),
  ],
];
const refused: [string, KubernetesObject, RegExp][] = [
  [
    "a sleep longer than the default grace period",
    deployment(sleep(31)),
    /less than terminationGracePeriodSeconds \(30\)/,
  ],
  [
    "a sleep longer than its grace period",
    deployment(sleep(8), { terminationGracePeriodSeconds: 7 }),
    /less than terminationGracePeriodSeconds \(7\)/,
  ],
  [
    "a sleep of 2 in a Pod with a negative grace period",
    pod(sleep(2), { terminationGracePeriodSeconds: -1 }),
    /less than terminationGracePeriodSeconds \(1\)/,
  ],
  // Unlike in a Pod, the API leaves it negative in a template.
  ...[0, 1].map((seconds): [string, KubernetesObject, RegExp] => [
    `a sleep of ${seconds} in a Deployment with a negative grace period`,
    deployment(sleep(seconds), { terminationGracePeriodSeconds: -1 }),
    /less than terminationGracePeriodSeconds \(-1\)/,
  ]),
  [
    "a sleep with a grace period of 0",
    deployment(sleep(1), { terminationGracePeriodSeconds: 0 }),
    /less than terminationGracePeriodSeconds \(0\)/,
  ],
  ["a negative sleep", deployment(sleep(-1)), /must be non-negative/],
  ["a sleep of a fraction", deployment(sleep(0.5)), /cannot unmarshal/],
  [
    "two handlers",
    deployment(preStop({ sleep: { seconds: 5 }, exec: { command: ["true"] } })),
    /may not specify more than 1 handler type/,
  ],
  ["no handler", deployment(preStop({})), /must specify a handler type/],
  ["an empty command", deployment(exec()), /exec\.command: Required value/],
  ["a command of numbers", deployment(exec("sleep", 5)), /cannot unmarshal number/],
  [
    "a hook on an ordinary init container",
    deployment(undefined, { initContainers: [{ name: "setup", image: "s:1", lifecycle: sleep(5) }] }),
    /may not be set for init containers without restartPolicy=Always/,
  ],
];

describe("A real Kubernetes API", function () {
  this.timeout(30 * minutes);
  let api: ApiServer;
  before(async function () {
    const missing = canRunApiServer();
    if (missing !== undefined) {
      console.log(`Skipped: ${missing}.`);
      this.skip();
    }
    api = await startApiServer({ users: [{ name: "reader", groups: ["readers"] }] });
  });
  after(() => api?.stop());

  for (const [name, object] of accepted) {
    it(`accepts ${name}`, async () => assert.deepEqual(await dryRun(api, object), { accepted: true }));
  }
  for (const [name, object, why] of refused) {
    it(`refuses ${name}`, async () => {
      const verdict = await dryRun(api, object);
      assert.equal(verdict.accepted, false);
      assert.match(verdict.message ?? "", why);
    });
  }

  it("stores nothing in a dry-run", async () => {
    await dryRun(api, deployment(sleep(5)));
    const { items } = await api.ask<{ items: unknown[] }>("GET", "/apis/apps/v1/namespaces/shop/deployments");
    assert.deepEqual(items, []);
  });

  it("gives no verdict on a kind it doesn't know", async () => {
    await assert.rejects(dryRun(api, { apiVersion: "apps/v1", kind: "Nonesuch" }), /no Nonesuch/);
  });

  it("takes custom resource definitions", async () => {
    const schema = {
      type: "object",
      properties: { spec: { type: "object", properties: { size: { type: "integer" } }, required: ["size"] } },
    };
    const route = (spec: object) => ({ apiVersion: "example.org/v1", kind: "Route", metadata: { name: "a" }, spec });
    await apply(api, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "routes.example.org" },
      spec: {
        group: "example.org",
        names: { kind: "Route", plural: "routes", singular: "route", listKind: "RouteList" },
        scope: "Namespaced",
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    });
    assert.equal((await dryRun(api, route({ size: 1 }))).accepted, true);
    assert.match((await dryRun(api, route({}))).message ?? "", /spec\.size: Required value/);
  });

  it("lets a user do what a role allows, and no more", async () => {
    const pods = "/api/v1/namespaces/shop/pods";
    await api.createNamespace("shop");
    assert.equal((await api.request("GET", pods, undefined, { user: "reader" })).status, 403);
    const metadata = { name: "read-pods", namespace: "shop" };
    await apply(
      api,
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata,
        rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }],
      },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "read-pods" },
        subjects: [{ kind: "Group", name: "readers", apiGroup: "rbac.authorization.k8s.io" }],
      },
    );
    // The authorizer learns of a new role through a watch of its own, a moment after the API has stored it.
    let status = 403;
    for (let tries = 0; status === 403 && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      ({ status } = await api.request("GET", pods, undefined, { user: "reader" }));
    }
    assert.equal(status, 200);
    assert.equal(
      (await api.request("GET", "/api/v1/namespaces/shop/services", undefined, { user: "reader" })).status,
      403,
    );
  });

  it("writes a kubeconfig for each user", () => {
    assert.notEqual(readFileSync(api.kubeconfigFor("reader"), "utf8"), readFileSync(api.kubeconfigPath, "utf8"));
    assert.throws(() => api.kubeconfigFor("nobody"), /not told of a user nobody/);
  });
});
