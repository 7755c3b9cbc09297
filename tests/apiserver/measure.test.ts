import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "js-yaml";
import { readMeasurement } from "../../src/measure";
import { goProgram } from "../../tools/go";
import { kubectlProgram } from "../../tools/kubernetes";
import { startCli } from "../cli/child";
import { cli } from "../cli/run";
import { apply, canRunApiServer, startApiServer, type ApiServer, type KubernetesObject } from "../support/kubernetes";
import { until } from "../support/kubernetes/processes";

const minutes = 60_000;

const service: KubernetesObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "shop", name: "web" },
  spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
};

// On a node, which nobody is: a Pod without one is gone as soon as it is deleted.
const pod = (name: string): KubernetesObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: "shop", name, labels: { app: "web" } },
  spec: { nodeName: "nowhere", containers: [{ name: "web", image: "web:1" }] },
});

const slice = (uids: Record<string, string>, terminating?: string): KubernetesObject => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { namespace: "shop", name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints: Object.entries(uids).map(([name, uid], i) => ({
    addresses: [`10.1.0.${i + 1}`],
    conditions: { ready: name !== terminating, serving: true, terminating: name === terminating },
    targetRef: { kind: "Pod", namespace: "shop", name, uid },
  })),
});

describe("measure on a real Kubernetes API", function () {
  this.timeout(15 * minutes);

  let api: ApiServer | undefined;
  let env: NodeJS.ProcessEnv = {};

  before(async function () {
    if (canRunApiServer() !== undefined) return this.skip();
    env = { ...process.env, PATH: [dirname(await goProgram(kubectlProgram)), process.env.PATH].join(delimiter) };
    api = await startApiServer({ users: [{ name: "auditor" }, { name: "nobody" }] });
    await api.createNamespace("shop");
  });
  after(() => api?.stop());

  it("tells a Pod's t, with the rights that are documented and no more", async () => {
    assert.ok(api);
    const role = load(readFileSync(join(__dirname, "..", "..", "docs", "measure-role.yaml"), "utf8"));
    const name = "apisix-graceful-termination-measure";
    const binding = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name, namespace: "shop" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "auditor" }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    };
    await apply(api, role as KubernetesObject, binding, service, pod("a"), pod("b"));
    const uids: Record<string, string> = {};
    for (const each of ["a", "b"]) {
      const { metadata } = await api.ask<{ metadata: { uid: string } }>("GET", `/api/v1/namespaces/shop/pods/${each}`);
      uids[each] = metadata.uid;
    }
    await apply(api, slice(uids));

    let [asked, hosts] = [0, ["10.1.0.1", "10.1.0.2"]];
    const control = createServer((request, response) => {
      if (request.url === "/v1/upstreams") asked++;
      const nodes = request.url === "/v1/upstreams" ? hosts.map((host) => ({ host, port: 8080, weight: 1 })) : [];
      response.end(JSON.stringify([{ value: { nodes } }]));
    });
    await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(control.address() as AddressInfo).port}`;
      const given = ["--kubeconfig", api.kubeconfigFor("auditor"), "--service", "shop/web", "--control-api", url];
      const child = startCli(["measure", ...given, "--format", "json", "--every", "100ms", "--for", "60s"], env);
      await until(() => asked > 5, "APISIX is asked", 30);
      // Its watches stand by then, so that the deletion is heard of when it happens.
      await sleep(4000);
      await api.ask("DELETE", "/api/v1/namespaces/shop/pods/a");
      const deletedAt = performance.now();
      await apply(api, slice(uids, "a"));
      await sleep(2500);
      hosts = ["10.1.0.2"];
      const truth = (performance.now() - deletedAt) / 1000;
      await sleep(2000);
      child.interrupt();
      const { code, stdout, stderr } = await child.ended;
      assert.deepEqual([code, stderr], [0, ""]);
      const file = readMeasurement(stdout);
      assert.ok(!Array.isArray(file));
      assert.deepEqual(
        file.pods.map(({ pod, start, uncounted }) => [pod, start, uncounted]),
        [["shop/a", "deletion", undefined]],
      );
      assert.ok(file.pods[0]?.notReady);
      const { seconds, plusMinus } = file.pods[0].gone!;
      // The answer to the deletion may come after the watch has told of it, and on a busy machine the other way around.
      assert.ok(Math.abs(seconds - truth) <= plusMinus + 1, `${seconds} ± ${plusMinus}, ${truth}`);
      if (process.env.MEASURE_SAYS) console.log(`      t ${seconds} ± ${plusMinus} s, and was ${truth.toFixed(3)} s`);
    } finally {
      control.closeAllConnections();
      control.close();
    }
  });

  it("says which right is missing", async () => {
    assert.ok(api);
    const given = ["--kubeconfig", api.kubeconfigFor("nobody"), "--service", "shop/web"];
    const { code, stdout, stderr } = await cli(["measure", ...given, "--control-api", "http://127.0.0.1:9"], { env });
    assert.deepEqual([code, stdout], [3, ""]);
    assert.match(stderr, /Service shop\/web can't be read: .*Forbidden.* cannot get resource "services"/);
  });
});
