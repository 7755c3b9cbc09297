import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { openStack, programIn, run, startEngine, type Engine } from "../../tools/pulumi";

const project = join(__dirname, "..", "..", "examples", "routes");

describe("examples/routes on a real Pulumi engine", () => {
  it("prints the path of each route, and blames nothing else", async () => {
    const engine = await startEngine();
    try {
      const stack = await openStack({ engine, program: programIn(project) });
      const { succeeded, output, events } = await run(stack, "preview", {
        policyPackConfig: join(project, "mandatory.json"),
      });
      assert.equal(succeeded, false);
      const reports = events.flatMap(({ policyEvent }) => policyEvent ?? []);
      const violations = reports.filter(({ enforcementLevel }) => enforcementLevel === "mandatory");
      const chains = violations.map(({ message }) => message.split("\n").find((line) => line.includes(" › ")));
      assert.deepEqual(
        chains.sort(),
        [
          "ApisixRoute shop/catalog › Service shop/catalog:80 › Deployment shop/catalog",
          "Ingress shop/checkout › Service shop/checkout:80 › Deployment shop/checkout",
          "HTTPRoute shop/inventory › Service stock/inventory:80 › Deployment stock/inventory",
        ].sort(),
        output,
      );
      // What is true of the stack is advice, and reported once.
      const advice = reports.filter((report) => !violations.includes(report));
      assert.deepEqual(
        advice.map(({ policyName, message }) => [policyName, message.split("#").at(-1)?.trim()]),
        [["apisix-rollout-advice", "controller-line"]],
      );
    } finally {
      engine.close();
    }
  });
});

/** The class is the platform team's stack's, and the workload is of a kind that only the setting knows. */
function openshift(): void {
  const labels = { app: "web" };
  const metadata = { name: "web", namespace: "shop" };
  const backends = [{ serviceName: "web", servicePort: 80 }];
  new k8s.apiextensions.CustomResource("route", {
    apiVersion: "apisix.apache.org/v2",
    kind: "ApisixRoute",
    metadata,
    spec: { ingressClassName: "platform", http: [{ name: "all", match: { paths: ["/*"] }, backends }] },
  });
  new k8s.core.v1.Service("service", { metadata, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } });
  new k8s.apiextensions.CustomResource("web", {
    apiVersion: "apps.openshift.io/v1",
    kind: "DeploymentConfig",
    metadata,
    spec: {
      replicas: 2,
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "web", image: "web:1", ports: [{ containerPort: 8080 }], readinessProbe: {} }] },
      },
    },
  });
}

describe("an ApisixRoute of another stack's class, to a DeploymentConfig", () => {
  const workloads = [{ apiVersion: "apps.openshift.io/v1", kind: "DeploymentConfig" }];
  const levels: [level: string, settings: object, said: RegExp, succeeds: boolean][] = [
    ["is a blind spot without the setting", {}, /add { "apiVersion": "apps\.openshift\.io\/v1", "kind": "Depl/, true],
    [
      "is repaired with it",
      { "pre-stop-sleep": { workloads } },
      /\[remediate\] {2}pre-stop-sleep {2}\(kubernetes:apps\.openshift\.io\/v1:DeploymentConfig: web\) \[diff: ~spec\]/,
      true,
    ],
    [
      "is blamed where nothing is repaired, with a note on the class",
      { "pre-stop-sleep": { workloads, enforcementLevel: "advisory" } },
      /DeploymentConfig shop\/web\n.*Note: Its class platform is not in this stack\./,
      false,
    ],
  ];
  let engine: Engine | undefined;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine?.close());

  for (const [what, settings, said, succeeds] of levels) {
    it(what, async () => {
      assert.ok(engine);
      const config = join(engine.folder, "config.json");
      writeFileSync(config, JSON.stringify(settings));
      const stack = await openStack({ engine, program: { name: "openshift", run: openshift } });
      const { succeeded, output } = await run(stack, "preview", { policyPackConfig: config });
      assert.equal(succeeded, succeeds, output);
      assert.match(output, said);
    });
  }
});
