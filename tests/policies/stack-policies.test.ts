import assert from "node:assert/strict";
import { policies } from "../../policies";
import type { Settings } from "../../src/settings/schema";
import { preview, UNKNOWN, type TestResource } from "../support/host";
import { apisixRoute, deployment, hook, service } from "../support/resources";

/** What the stack policies say at level mandatory, where nothing is repaired: policy, resource, message without the description. */
async function report(resources: TestResource[], settings: Settings = {}) {
  const { violations } = await preview(policies(settings), resources, {
    all: "mandatory",
    "apisix-route-blind-spots": "advisory",
  });
  return violations
    .filter(({ policy }) => policy.startsWith("apisix-"))
    .map(({ policy, resource, message }) => ({ policy, resource, message: message.slice(message.indexOf("\n") + 1) }));
}

const shop = [deployment("web"), service("web"), apisixRoute("web")];

function change(resource: TestResource, spec: Record<string, unknown>): TestResource {
  return { ...resource, props: { ...resource.props, spec: { ...(resource.props.spec as object), ...spec } } };
}

describe("apisix-routed-workloads", () => {
  it("reports a routed workload with its evidence", async () => {
    assert.deepEqual(await report(shop), [
      {
        policy: "apisix-routed-workloads",
        resource: "web",
        message: [
          'Container "web" gets SIGTERM at once when its Pod terminates, while APISIX may send it requests for 5 s more.',
          "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
          'Fix: lifecycle.preStop.sleep.seconds: 5 on "web". docs/policies/apisix-routed-workloads.md',
        ].join("\n"),
      },
    ]);
  });

  it("has nothing to say where the resource policies repaired", async () => {
    const { violations, remediations } = await preview(policies({}), shop);
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
    assert.match(
      found?.message ?? "",
      /^Service shop\/web publishes not-ready addresses: .*\nApisixRoute shop\/web › Service shop\/web:80\nFix: /,
    );
  });

  it("is excused by an annotation for the rule that the finding breaks", async () => {
    const annotations = { "ignore.apisix-graceful-termination/pre-stop-sleep": "mesh drains" };
    const api = deployment("web", {}, { annotations, pod: { terminationGracePeriodSeconds: 5 } });
    const reports = await report([api, service("web"), apisixRoute("web")]);
    assert.equal(reports.length, 1);
    assert.match(reports[0]?.message ?? "", /may get SIGKILL before it has shut down/);
  });

  it("believes the route rather than an annotation that denies it, and says so", async () => {
    const annotations = { "apisix-graceful-termination/routed": "false" };
    const [found] = await report([deployment("web", {}, { annotations }), service("web"), apisixRoute("web")]);
    assert.match(found?.message ?? "", /Its annotation says that it is not routed; the route says that it is\./);
  });

  it("notes what only one line of the controller is sure to take, and says it nowhere else", async () => {
    const [found, ...others] = await report(
      [deployment("web"), service("web"), change(apisixRoute("web"), { ingressClassName: undefined })].map(
        (each) => JSON.parse(JSON.stringify(each)) as TestResource,
      ),
    );
    assert.deepEqual(others, []);
    assert.match(
      found?.message ?? "",
      /Deployment shop\/web\nNote: Only APISIX ingress controller 1\.x is sure to take this way\. .*\nFix: /,
    );
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

describe("apisix-route-blind-spots", () => {
  const good = deployment("web", { lifecycle: { preStop: { sleep: { seconds: 5 } } } });
  const rule = { name: "web", match: { paths: ["/*"] }, backends: [{ serviceName: "web", servicePort: 80 }] };
  const cases: [what: string, resources: TestResource[], expected: RegExp][] = [
    ["a route to a Service outside the stack", [apisixRoute("web")], /shop\/web/],
    [
      "a Service without a selector",
      [deployment("web"), service("web", { selector: {} }), apisixRoute("web")],
      /selector/,
    ],
    ["a Service name that is not known", [...shop, apisixRoute("other", UNKNOWN)], /not known in this preview/],
    [
      "a hook that may be too short",
      [deployment("web", hook("/drain")), service("web"), apisixRoute("web")],
      /^Can't tell whether container "web" holds SIGTERM back for 5 s/,
    ],
    [
      "containers that are not known",
      [
        change(deployment("web"), {
          template: { metadata: { labels: { app: "web" } }, spec: { containers: UNKNOWN } },
        }),
        service("web"),
        apisixRoute("web"),
      ],
      /^Its containers can't be judged/,
    ],
    [
      "a Helm release",
      [{ type: "kubernetes:helm.sh/v3:Release", name: "redis", props: { chart: "redis" } }],
      /^Can't see what Helm release "redis" installs/,
    ],
    [
      "a route that gives a request more time than its container has left",
      [good, service("web"), change(apisixRoute("web"), { http: [{ ...rule, timeout: { read: "90s" } }] })],
      /^A request to container "web" may take 90 s by its route's timeout, and the container has at most 25 s left/,
    ],
    [
      "keep-alive connections that outlive the sleep",
      [
        good,
        service("web"),
        change(apisixRoute("web"), {
          http: [{ ...rule, backends: [{ serviceName: "web", servicePort: 80, resolveGranularity: "service" }] }],
        }),
      ],
      /^A sleep alone doesn't protect Deployment shop\/web\. Requests arrive through the Service's cluster IP/,
    ],
    [
      "an annotation that can't be used",
      [
        deployment(
          "web",
          { lifecycle: { preStop: { sleep: { seconds: 9 } } } },
          { annotations: { "apisix-graceful-termination/sleep-seconds": "3" } },
        ),
        service("web"),
        apisixRoute("web"),
      ],
      /sleep-seconds is below sleepSeconds \(5 s\)/,
    ],
  ];
  for (const [what, resources, expected] of cases) {
    it(`tells of ${what}, once and as no violation`, async () => {
      const reports = (await report(resources)).filter(({ resource }) => resource !== "web" || resources.length !== 4);
      const [found, ...others] = reports.filter(({ policy }) => policy === "apisix-route-blind-spots");
      assert.match(found?.message ?? "", expected);
      assert.deepEqual(others, []);
    });
  }

  it("is silent where all is seen", async () => {
    const reports = await report([...shop, deployment("worker"), service("worker")]);
    assert.deepEqual(
      reports.map(({ policy }) => policy),
      ["apisix-routed-workloads"],
    );
  });
});
