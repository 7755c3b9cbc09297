import assert from "node:assert/strict";
import { codesOf, judged } from "../support/findings";
import { preview, secret, UNKNOWN, type TestResource } from "../support/host";
import { apisixRoute, behind, deployment, hook, nativeSleep, routed, service } from "../support/resources";

const policy = "apisix-route-blind-spots";
const shop = behind(deployment("web"));
const annotated = (annotations: Record<string, string>, container = {}) =>
  deployment("web", container, { annotations });

const gitOps = (apiVersion: string, kind: string, name: string): TestResource => ({
  type: `kubernetes:${apiVersion}:${kind}`,
  name,
  props: { apiVersion, kind, metadata: { name, namespace: "gitops" }, spec: {} },
});
const apisix = deployment("apisix", { ...nativeSleep(5), image: "apache/apisix:3.18.0-ubuntu" });
const apisixController = deployment("controller", { image: "apache/apisix-ingress-controller:2.2.0" });
const chartOf = (chart: unknown, more: object = {}): TestResource => ({
  ...{ type: "kubernetes:helm.sh/v3:Release", name: "store" },
  props: { chart, namespace: "shop", ...more },
});

const cases: [what: string, resources: TestResource[], codes: string[]][] = [
  ["a route to a Service outside the stack", [apisixRoute("web")], ["service-not-in-stack"]],
  [
    "a Service without a selector",
    [deployment("web"), service("web", { selector: {} }), apisixRoute("web")],
    ["service-without-selector"],
  ],
  ["a Service name that is not known", [...shop, apisixRoute("other", UNKNOWN)], ["value-unknown"]],
  ["a hook that may be too short", behind(deployment("web", hook("/drain"))), ["hook-may-be-too-short"]],
  [
    "containers that are not known",
    behind(deployment("web", {}, { pod: { containers: UNKNOWN } })),
    ["template-unknown"],
  ],
  [
    "a grace period that is not known",
    behind(deployment("web", nativeSleep(5), { pod: { terminationGracePeriodSeconds: UNKNOWN } })),
    ["grace-unknown"],
  ],
  [
    "a hook on what may be a sidecar",
    behind(
      deployment("web", nativeSleep(5), {
        pod: { initContainers: [{ name: "proxy", restartPolicy: UNKNOWN, ...hook("sh", "-c", "kill 1; sleep 1") }] },
      }),
    ),
    ["sidecar-unknown"],
  ],
  [
    "Helm releases",
    [{ type: "kubernetes:helm.sh/v3:Release", name: "redis", props: { chart: "redis" } }],
    ["helm-release"],
  ],
  ...(
    [
      ["argoproj.io/v1alpha1", "Application"],
      ["argoproj.io/v1alpha1", "ApplicationSet"],
      ["helm.toolkit.fluxcd.io/v2", "HelmRelease"],
      ["kustomize.toolkit.fluxcd.io/v1", "Kustomization"],
    ] as const
  ).map(([apiVersion, kind]): [string, TestResource[], string[]] => [
    `what installs others: ${kind}`,
    [gitOps(apiVersion, kind, "a"), gitOps(apiVersion, kind, "b")],
    ["gitops-objects"],
  ]),
  ["a Kustomization that kubectl reads", [gitOps("kustomize.config.k8s.io/v1beta1", "Kustomization", "a")], []],
  ["a Workflow of Argo", [gitOps("argoproj.io/v1alpha1", "Workflow", "a")], []],
  ["APISIX without routes", [apisix], ["no-routes-seen"]],
  ["its controller without routes", [apisixController], ["no-routes-seen"]],
  ["APISIX without routes, beside an app", [apisix, deployment("web")], ["no-routes-seen", "nothing-to-judge"]],
  ["APISIX without routes, beside an app that is annotated", [apisix, deployment("web", nativeSleep(9), routed)], []],
  ["APISIX with routes", [apisix, ...behind(deployment("web", nativeSleep(5)))], []],
  ["APISIX's chart without routes", [chartOf("oci://example.org/apisix")], ["helm-release", "no-routes-seen"]],
  ["the controller's chart", [chartOf("apisix/apisix-ingress-controller")], ["helm-release", "no-routes-seen"]],
  ["its packed chart", [chartOf("./apisix-2.14.0.tgz")], ["helm-release", "no-routes-seen"]],
  ["the chart of its dashboard", [chartOf("apisix/apisix-dashboard")], ["helm-release"]],
  ["a chart that isn't known", [chartOf(UNKNOWN)], ["helm-release"]],
  [
    "a wish that is below the setting",
    behind(annotated({ "apisix-graceful-termination/sleep-seconds": "3" }, nativeSleep(9))),
    ["annotation-below-setting"],
  ],
  [
    "a wish that is the setting",
    behind(annotated({ "apisix-graceful-termination/sleep-seconds": "5" }, nativeSleep(5))),
    [],
  ],
  [
    "a wish that isn't known",
    behind(
      deployment("web", nativeSleep(9), { annotations: { "apisix-graceful-termination/sleep-seconds": UNKNOWN } }),
    ),
    [],
  ],
  [
    "an annotation that isn't known",
    behind(deployment("web", nativeSleep(9), { annotations: { "apisix-graceful-termination/routed": UNKNOWN } })),
    [],
  ],
  [
    "a wish that is no number",
    behind(annotated({ "apisix-graceful-termination/shutdown-seconds": "1m" }, nativeSleep(9))),
    ["annotation-not-seconds"],
  ],
  [
    "an annotation that is neither true nor false",
    behind(annotated({ "apisix-graceful-termination/routed": "yes" }, nativeSleep(9))),
    ["annotation-not-boolean"],
  ],
  [
    "an annotated workload without a route that can't be judged",
    [annotated({ "apisix-graceful-termination/routed": "true" }, hook("/drain"))],
    ["hook-may-be-too-short"],
  ],
  ["a stack that says nothing about routes", [deployment("web"), deployment("api")], ["nothing-to-judge"]],
  [
    "a stack where one workload is annotated as unrouted, and of the other nothing is known",
    [annotated({ "apisix-graceful-termination/routed": "false" }), deployment("api")],
    ["nothing-to-judge"],
  ],
  [
    "an annotation that can't be used, exempt",
    behind(
      annotated(
        {
          "apisix-graceful-termination/sleep-seconds": "3",
          [`ignore.apisix-graceful-termination/${policy}`]: "known",
        },
        nativeSleep(9),
      ),
    ),
    [],
  ],
  ["a stack whose workloads don't look reachable", [deployment("worker", { ports: [] })], []],
  ["a workload that is annotated as unrouted", [annotated({ "apisix-graceful-termination/routed": "false" })], []],
  ["a stack where all is seen", [...shop, deployment("worker"), service("worker")], []],
  [
    "a hook that is exempt",
    behind(annotated({ "ignore.apisix-graceful-termination/pre-stop-sleep": "drains" }, hook("/drain"))),
    [],
  ],
  [
    "a hook that is exempt from this policy alone",
    behind(annotated({ [`ignore.apisix-graceful-termination/${policy}`]: "drains" }, hook("/drain"))),
    [],
  ],
];

describe(policy, () => {
  for (const [what, resources, codes] of cases) {
    it(what, () => assert.deepEqual(codesOf(policy, resources), codes));
  }

  it("reports nothing that is certain", () => {
    for (const [, resources] of cases) {
      for (const one of judged(resources).findings) {
        if (one.policy === policy && "because" in one.data) assert.equal(one.certain, false, one.code);
      }
    }
  });

  it("reports to Pulumi, as advice", async () => {
    const { violations } = await preview(behind(deployment("web", hook("/drain"))));
    assert.deepEqual(
      violations.map((each) => [each.policy, each.level, each.resource, each.code]),
      [[policy, "advisory", "web", "hook-may-be-too-short"]],
    );
  });

  it("names the Helm release that probably makes a Service, by what isn't a secret", async () => {
    const said = async (release: TestResource) => {
      const { violations } = await preview([apisixRoute("redis"), release]);
      return violations
        .filter(({ code }) => code === "service-not-in-stack")
        .map(({ message }) => message)
        .join();
    };
    assert.match(await said(chartOf("redis")), /The Helm release "store" probably installs it/);
    assert.match(await said(chartOf("cache", { name: "redis" })), /The Helm release "store" probably installs it/);
    for (const other of [
      chartOf("cache"),
      chartOf(secret("redis")),
      chartOf("cache", { name: UNKNOWN }),
      chartOf("redis", { namespace: secret("shop") }),
      chartOf("redis", { namespace: "other" }),
    ]) {
      assert.doesNotMatch(await said(other), /store/);
    }
  });

  it("reports an annotation that asks for more than the ceiling leaves", () => {
    const annotations = { "apisix-graceful-termination/shutdown-seconds": "30" };
    const { findings } = judged(behind(annotated(annotations)), { maxGracePeriodSeconds: 30 });
    const codes = findings.filter(({ reported }) => reported).map(({ code }) => code);
    assert.deepEqual(codes, ["no-hook", "annotation-above-ceiling"]);
  });

  it("says once that nothing can be judged, unless a catalog or a setting says more", () => {
    const stack = [deployment("web"), deployment("api")];
    const catalog = [{ namespace: "shop", name: "x", selector: { app: "x" } }];
    assert.deepEqual(codesOf(policy, stack, { catalog }), []);
    assert.deepEqual(codesOf(policy, stack, { select: "all" }), []);
  });
});
