import assert from "node:assert/strict";
import type { Settings } from "../../src/settings/schema";
import { judged } from "../support/findings";
import { preview, UNKNOWN, type TestResource } from "../support/host";
import { apisixRoute, deployment, service } from "../support/resources";

/** What this policy and the blind spots say where nothing is repaired. */
async function report(resources: TestResource[], settings: Settings = {}) {
  const config = { all: "mandatory", "apisix-route-blind-spots": "advisory", "apisix-rollout-advice": "disabled" };
  const { violations } = await preview(resources, config, settings);
  return violations
    .filter(({ policy }) => policy.startsWith("apisix-"))
    .map(({ policy, resource, code, message }) => ({ policy, resource, code, evidence: message.split("\n")[2] }));
}

const shop = [deployment("web"), service("web"), apisixRoute("web")];

describe("apisix-routed-workloads", () => {
  it("reports a routed workload with its evidence", async () => {
    assert.deepEqual(await report(shop), [
      {
        policy: "apisix-routed-workloads",
        resource: "web",
        code: "no-hook",
        evidence: "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
      },
    ]);
  });

  it("reports nothing where the resource policies repaired", async () => {
    const { violations, remediations } = await preview(shop);
    assert.equal(remediations.length, 1);
    assert.deepEqual(violations, []);
  });

  it("follows an Ingress by the name of its class, and by the controller of an IngressClass in the stack", async () => {
    const ingress = (className: string): TestResource => ({
      type: "kubernetes:networking.k8s.io/v1:Ingress",
      name: "web",
      props: {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: "web", namespace: "shop" },
        spec: {
          ingressClassName: className,
          rules: [
            {
              http: {
                paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { number: 80 } } } }],
              },
            },
          ],
        },
      },
    });
    const ingressClass = (controller: string): TestResource => ({
      type: "kubernetes:networking.k8s.io/v1:IngressClass",
      name: "edge",
      props: {
        apiVersion: "networking.k8s.io/v1",
        kind: "IngressClass",
        metadata: { name: "edge" },
        spec: { controller },
      },
    });
    const blamed = async (...more: TestResource[]) =>
      (await report([deployment("web"), service("web"), ...more])).filter(
        ({ policy }) => policy === "apisix-routed-workloads",
      ).length;
    assert.equal(await blamed(ingress("apisix")), 1);
    assert.equal(await blamed(ingress("nginx")), 0);
    assert.equal(await blamed(ingress("edge"), ingressClass("apisix.apache.org/apisix-ingress-controller")), 1);
    assert.equal(await blamed(ingress("edge"), ingressClass("k8s.io/ingress-nginx")), 0);
  });

  it("blames neither an unrouted workload, nor one in another namespace, nor one of another cluster", async () => {
    const provider = { name: "other", props: {} };
    const decoys = [
      deployment("worker"),
      deployment("web", {}, { namespace: "elsewhere" }),
      { ...deployment("web"), provider },
    ].map((each, i) => ({ ...each, name: `decoy-${i}` }));
    const reports = await report([...shop, ...decoys]);
    assert.deepEqual(
      reports.map(({ resource }) => resource),
      ["web"],
    );
  });

  it("reports a Service that publishes not-ready addresses", async () => {
    const good = deployment("web", { lifecycle: { preStop: { sleep: { seconds: 5 } } } });
    const [found, ...others] = await report([
      good,
      service("web", { publishNotReadyAddresses: true }),
      apisixRoute("web"),
    ]);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [found?.code, found?.evidence],
      ["publishes-not-ready", "ApisixRoute shop/web › Service shop/web:80"],
    );
  });

  it("is excused by an annotation for the rule that the finding breaks", async () => {
    const annotations = { "ignore.apisix-graceful-termination/pre-stop-sleep": "mesh drains" };
    const api = deployment("web", {}, { annotations, pod: { terminationGracePeriodSeconds: 5 } });
    const reports = await report([api, service("web"), apisixRoute("web")]);
    assert.deepEqual(
      reports.map(({ code }) => code),
      ["grace-too-short"],
    );
  });

  it("believes the route rather than an annotation that denies it, and says so", async () => {
    const annotations = { "apisix-graceful-termination/routed": "false" };
    const { findings } = judged([deployment("web", {}, { annotations }), service("web"), apisixRoute("web")]);
    const [found] = findings.filter((one) => one.policy === "apisix-routed-workloads");
    assert.deepEqual([found?.code, found?.remarks], ["no-hook", [{ about: "denies-route" }]]);
  });

  it("matches a Service whose name is not known by what the route depends on", async () => {
    const route = { ...apisixRoute("web", UNKNOWN), propertyDependencies: { spec: ["web-service"] } };
    const unnamed = service("web");
    const target = {
      ...unnamed,
      name: "web-service",
      props: { ...unnamed.props, metadata: { name: UNKNOWN, namespace: "shop" } },
    };
    const [found] = await report([deployment("web"), target, route]);
    assert.equal(found?.policy, "apisix-routed-workloads");
  });
});
