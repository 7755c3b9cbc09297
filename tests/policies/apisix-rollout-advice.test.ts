import assert from "node:assert/strict";
import type { Settings } from "../../src/settings/schema";
import { codesOf, judged } from "../support/findings";
import { preview, UNKNOWN, type TestResource } from "../support/host";
import { apisixRoute, behind, deployment, hook, served, service } from "../support/resources";

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

const slow = { timeout: { read: "90s" } };
const grace = (terminationGracePeriodSeconds: number) => ({ terminationGracePeriodSeconds });
/** "web" has 55 s left after its SIGTERM, "proxy" 20 s. */
const sidecar = (fields: object) =>
  deployment(
    "web",
    {},
    {
      pod: {
        ...grace(60),
        containers: [
          { ...served, name: "web", image: "web:1", ...fine, ...fields },
          { name: "proxy", image: "proxy:1", lifecycle: { preStop: { sleep: { seconds: 40 } } } },
        ],
      },
    },
  );

const cases: [what: string, resources: TestResource[], codes: string[], settings?: Settings][] = [
  [
    "a route that gives a request more time than its container has left",
    [good, service("web"), route("web", {}, { timeout: { read: "90s" } })],
    ["timeout-exceeds-grace"],
  ],
  ["a route whose timeout is covered", [good, service("web"), route("web", {}, { timeout: { read: "25s" } })], []],
  [
    "a timeout within shutdownSeconds, although the grace period leaves less",
    [deployment("web", fine, { pod: grace(12) }), service("web"), route("web", {}, { timeout: { read: "10s" } })],
    [],
  ],
  [
    "the longest of several timeouts",
    [
      good,
      service("web"),
      ...["8s", "90s", "9s"].map((read, i) => route(`web-${i}`, {}, { ...backend({}), timeout: { read } })),
    ],
    ["timeout-exceeds-grace"],
  ],
  [
    "a route with a long timeout to containers that aren't known",
    [deployment("web", fine, { pod: { containers: UNKNOWN } }), service("web"), route("web", {}, slow)],
    [],
  ],
  [
    "a timeout that a container without the routed port has no time for",
    [sidecar({}), service("web"), route("web", {}, { timeout: { read: "30s" } })],
    [],
  ],
  [
    "a timeout that an ignored container has no time for",
    [
      sidecar({}),
      service("web", { ports: [{ port: 80, targetPort: 9090 }] }),
      route("web", {}, { timeout: { read: "30s" } }),
    ],
    [],
    { ignoreContainers: ["proxy"] },
  ],
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
  [
    "an annotation whose value isn't known, for a policy that doesn't exist",
    [deployment("web", fine, { annotations: { [ignore("pre-stop-slep")]: UNKNOWN } })],
    [],
  ],
  [
    "an annotation for a policy that doesn't exist, and none are allowed",
    [annotated("pre-stop-slep")],
    [],
    { allowAnnotations: false },
  ],
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

  it("says which exemption has no effect, and on what", () => {
    const found = (resources: TestResource[], settings: Settings) =>
      judged(resources, settings).findings.flatMap(({ code, subject, data }) =>
        "source" in data ? [[code, subject?.logicalName, data]] : [],
      );
    const exempt = [{ namespace: "shop", reason }];
    const api = deployment("api", fine);
    assert.deepEqual(found([good, api], { exempt }), [
      ["exemption-without-effect", undefined, { source: "exempt[0]", workload: "Deployment shop/api", others: 1 }],
    ]);
    // It has an effect on one of the two.
    assert.deepEqual(found([deployment("web"), api], { exempt }), []);
    assert.deepEqual(found([annotated("pre-stop-sleep")], {}), [
      [
        "exemption-without-effect",
        "web",
        { source: ignore("pre-stop-sleep"), workload: "Deployment shop/web", others: 0 },
      ],
    ]);
  });

  it("is sure of what it says", () => {
    for (const [, resources, , settings] of cases) {
      const plain = JSON.parse(JSON.stringify(resources)) as TestResource[];
      for (const one of judged(plain, settings).findings) assert.ok(one.policy !== policy || one.certain, one.code);
    }
  });

  it("says which container has too little time left, and on which path", () => {
    const stack = [
      sidecar({}),
      service("web", { ports: [{ port: 80, targetPort: 9090 }] }),
      ...["25s", "30s", "9s"].map((read, i) => route(`web-${i}`, {}, { ...backend({}), timeout: { read } })),
    ];
    const { findings } = judged(stack);
    assert.deepEqual(
      findings.map(({ code, container, data, evidence }) => ({ code, container, data, evidence })),
      [
        {
          code: "timeout-exceeds-grace",
          container: "proxy",
          data: { timeout: 30, left: 20, grace: 70, fits: 20 },
          evidence: ["ApisixRoute shop/web-1 › Service shop/web:80 › Deployment shop/web"],
        },
      ],
    );
  });

  it("names the first of those that it is true of, with a path on which it is true", () => {
    const own = backend({ resolveGranularity: "service" });
    const stack = [good, service("web"), route("web-a", {}, backend({})), route("web-b", {}, own)];
    const found = (stack: TestResource[]) =>
      judged(stack, { controller: "1" }).findings.map(({ code, subject, data, evidence }) => [
        code,
        subject?.logicalName,
        data,
        evidence,
      ]);
    assert.deepEqual(found(stack), [
      [
        "keep-alive-connections",
        "web",
        { workload: "Deployment shop/web", others: 0 },
        ["ApisixRoute shop/web-b › Service shop/web:80 › Deployment shop/web"],
      ],
    ]);
    const api = [
      deployment("api", fine),
      service("api"),
      // Its path is the last one, its name the first.
      route("zoo", {}, { backends: [{ serviceName: "api", servicePort: 80, resolveGranularity: "service" }] }),
    ];
    assert.deepEqual(found([...stack, ...api]), [
      [
        "keep-alive-connections",
        undefined,
        { workload: "Deployment shop/api", others: 1 },
        ["ApisixRoute shop/zoo › Service shop/api:80 › Deployment shop/api"],
      ],
    ]);
  });

  it("names the first route that only one line of the controller takes", () => {
    const classless = (name: string) => route(name, { ingressClassName: undefined }, backend({}));
    // Both have two paths: the shortest is shown.
    const stack = [
      good,
      service("web"),
      deployment("web-2", fine, { labels: { app: "web" } }),
      classless("b"),
      classless("a"),
    ];
    const { findings } = judged(JSON.parse(JSON.stringify(stack)) as TestResource[]);
    assert.deepEqual(
      findings.map(({ code, subject, data, evidence }) => [
        code,
        subject,
        "others" in data && "route" in data && [data.route, data.others],
        evidence,
      ]),
      [
        [
          "controller-line",
          undefined,
          ["ApisixRoute shop/a", 1],
          ["ApisixRoute shop/a › Service shop/web:80 › Deployment shop/web"],
        ],
      ],
    );
  });

  it("tells the reasons of the controller's lines apart", () => {
    const twice = route("twice", {}, { backends: [backend({}).backends[0], backend({}).backends[0]] });
    const stack = [good, service("web"), twice, route("web", { ingressClassName: undefined })];
    const { findings } = judged(JSON.parse(JSON.stringify(stack)) as TestResource[]);
    assert.deepEqual(
      findings.map(({ data }) => "route" in data && "note" in data && [data.route, data.note.code]),
      [
        ["ApisixRoute shop/twice", "controller-line"],
        ["ApisixRoute shop/web", "controller-line-unclear"],
      ],
    );
  });

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
