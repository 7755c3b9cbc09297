import assert from "node:assert/strict";
import type { Settings } from "../../src/settings/schema";
import { codesOf, judged } from "../support/findings";
import { preview, UNKNOWN, type TestResource } from "../support/host";
import { apisixRoute, deployment, hook, service } from "../support/resources";

const policy = "apisix-rollout-advice";
const ignore = (of: string) => `ignore.apisix-graceful-termination/${of}`;
const fine = { lifecycle: { preStop: { sleep: { seconds: 5 } } } };
const reason = "drains by itself";
const good = deployment("web", fine);

/** An ApisixRoute with other fields in its spec, or in its one rule. */
function route(name: string, spec: object, rule: object = {}): TestResource {
  const base = apisixRoute(name);
  const own = base.props.spec as { http: [object] };
  return { ...base, props: { ...base.props, spec: { ...own, http: [{ ...own.http[0], ...rule }], ...spec } } };
}

const backend = (fields: object) => ({ backends: [{ serviceName: "web", servicePort: 80, ...fields }] });
const annotated = (of: string, container: object = fine, text = reason) =>
  deployment("web", container as Record<string, unknown>, { annotations: { [ignore(of)]: text } });
const behind = (workload: TestResource) => [workload, service("web"), apisixRoute("web")];

const cases: [what: string, resources: TestResource[], codes: string[], settings?: Settings][] = [
  [
    "a route that gives a request more time than its container has left",
    [good, service("web"), route("web", {}, { timeout: { read: "90s" } })],
    ["timeout-exceeds-grace"],
  ],
  ["a route whose timeout is covered", [good, service("web"), route("web", {}, { timeout: { read: "25s" } })], []],
  [
    "keep-alive connections that outlive the sleep",
    [good, service("web"), route("web", {}, backend({ resolveGranularity: "service" }))],
    ["keep-alive-connections"],
  ],
  [
    "a workload that is only mirrored to",
    [
      good,
      service("web"),
      deployment("shadow"),
      service("shadow"),
      route(
        "web",
        {},
        { plugins: [{ name: "proxy-mirror", enable: true, config: { host: "http://shadow.shop.svc:80" } }] },
      ),
    ],
    ["mirror-only"],
  ],
  [
    "a route without a class",
    [good, service("web"), route("web", { ingressClassName: undefined })],
    ["controller-line"],
  ],
  [
    "the commonest route: no class, through the Service",
    [good, service("web"), route("web", { ingressClassName: undefined }, backend({ resolveGranularity: "service" }))],
    ["controller-line", "keep-alive-connections"],
  ],
  [
    "a controller that is known",
    [good, service("web"), route("web", { ingressClassName: undefined })],
    [],
    { controller: "1" },
  ],

  // Exemptions
  ["an annotation that is needed", [annotated("pre-stop-sleep", {})], []],
  ["an annotation of a workload that is fine", [annotated("pre-stop-sleep")], ["exemption-without-effect"]],
  [
    "an annotation of a workload that isn't selected",
    [annotated("pre-stop-sleep", { ports: [] })],
    ["exemption-without-effect"],
  ],
  ["an annotation of a routed workload without ports", behind(annotated("pre-stop-sleep", { ports: [] })), []],
  [
    "an annotation without a reason, of a workload that is repaired",
    [annotated("pre-stop-sleep", {}, "")],
    ["exemption-invalid"],
  ],
  [
    "an annotation that isn't known",
    [deployment("web", {}, { annotations: { [ignore("pre-stop-sleep")]: UNKNOWN } })],
    ["exemption-invalid"],
  ],
  [
    "a setting for labels that aren't known",
    [deployment("web", fine, { labels: { app: "web", tier: UNKNOWN } })],
    ["exemption-invalid"],
    { exempt: [{ labels: { tier: "x" }, reason }] },
  ],
  ["an annotation for the stack policy", behind(annotated("apisix-routed-workloads", { ports: [] })), []],
  ["an annotation for a policy that doesn't exist", [annotated("pre-stop-slep")], ["exemption-policy-unknown"]],
  ["annotations that aren't allowed", [annotated("pre-stop-sleep")], [], { allowAnnotations: false }],
  ["a setting that is needed", [deployment("web")], [], { exempt: [{ name: "web", reason }] }],
  [
    "a setting for a workload that is fine",
    [good],
    ["exemption-without-effect"],
    { exempt: [{ name: "web", reason }] },
  ],
  [
    "a setting that matches nothing",
    [deployment("web")],
    ["exemption-matches-nothing"],
    { exempt: [{ name: "wbe", reason }] },
  ],
  [
    "connections that are exempt",
    [
      deployment("web", fine, { annotations: { [ignore(policy)]: "closed by hand" } }),
      service("web"),
      route("web", {}, backend({ resolveGranularity: "service" })),
    ],
    [],
  ],
  [
    "advice that is exempt",
    [
      deployment("web", fine, { annotations: { [ignore(policy)]: "slow on purpose" } }),
      service("web"),
      route("web", {}, { timeout: { read: "90s" } }),
    ],
    [],
  ],
];

describe(policy, () => {
  for (const [what, resources, codes, settings] of cases) {
    it(what, () => {
      const plain = JSON.parse(JSON.stringify(resources)) as TestResource[];
      assert.deepEqual(codesOf(policy, plain, settings), codes);
    });
  }

  const slow = (seconds: number) => route("web", {}, { timeout: { read: `${seconds}s` } });
  const timeouts: [what: string, container: object, pod: object, settings: Settings, data: object][] = [
    ["a sleep", fine, {}, {}, { timeout: 60, left: 25, grace: 65, fits: 25 }],
    ["no hook yet", {}, {}, {}, { timeout: 60, left: 30, grace: 65, fits: 25 }],
    [
      "a grace period that is to be raised",
      fine,
      { terminationGracePeriodSeconds: 8 },
      {},
      { timeout: 60, left: 3, grace: 65, fits: 10 },
    ],
    ["a ceiling", fine, {}, { maxGracePeriodSeconds: 30 }, { timeout: 60, left: 25, fits: 25 }],
  ];
  for (const [what, container, pod, settings, data] of timeouts) {
    it(`advises one grace period for a slow request: ${what}`, () => {
      const stack = [
        deployment("web", container as Record<string, unknown>, { pod: pod as Record<string, unknown> }),
        service("web"),
        slow(60),
      ];
      const found = judged(stack, settings).findings.filter(({ code }) => code === "timeout-exceeds-grace");
      assert.deepEqual(
        found.map((one) => one.data),
        [data],
      );
    });
  }

  it("says nothing of a slow request beside a hook that never ends", () => {
    const endless = deployment("web", hook("sh", "-c", "while true; do sleep 1; done"));
    assert.deepEqual(codesOf(policy, [endless, service("web"), slow(60)]), []);
  });

  it("names the policies of an exemption that isn't in all of them, and judges each by itself", () => {
    const config = {
      "pre-stop-sleep": { exempt: [{ name: "wbe", reason }] },
      "apisix-routed-workloads": { exempt: [{ name: "web", reason }] },
    };
    const { findings } = judged(behind(deployment("web")), {}, config);
    assert.deepEqual(
      findings.filter((one) => one.policy === policy).map(({ code, data }) => [code, data]),
      [["exemption-matches-nothing", { source: "exempt[0] of pre-stop-sleep" }]],
    );
  });

  it("says what is true of many workloads once", () => {
    const stack = ["a", "b", "c"].flatMap((name) => {
      const own = { backends: [{ serviceName: name, servicePort: 80, resolveGranularity: "service" }] };
      return [deployment(name, fine), service(name), route(name, { ingressClassName: undefined }, own)];
    });
    const { findings } = judged(JSON.parse(JSON.stringify(stack)) as TestResource[]);
    assert.deepEqual(
      findings.map(({ code, data }) => [code, "others" in data && data.others]),
      [
        ["controller-line", 2],
        ["keep-alive-connections", 2],
      ],
    );
  });

  it("reports to Pulumi, as advice", async () => {
    const slow = [good, service("web"), route("web", {}, { timeout: { read: "90s" } })];
    const { violations } = await preview(slow);
    assert.deepEqual(
      violations.map((each) => [each.policy, each.level, each.resource, each.code]),
      [[policy, "advisory", "web", "timeout-exceeds-grace"]],
    );
  });
});
