import assert from "node:assert/strict";
import fc from "fast-check";
import { apply, assess, assessResource, readKnowledge, resourcePolicies, type Finding } from "../../src/assess";
import { fromPulumi } from "../../src/kubernetes/resource";
import type { PolicyName, Settings } from "../../src/settings/schema";
import type { PackConfig } from "../../src/settings/settings";
import type { Fix } from "../../src/shutdown/judge";
import { arbitraryPodSpec } from "../support/arbitrary-pods";
import { asPulumi, brief, judged, today } from "../support/findings";
import { UNKNOWN, type TestResource } from "../support/host";
import {
  apisixRoute,
  behind,
  deployment,
  hook,
  nativeSleep,
  podSpec,
  routed,
  served,
  service,
} from "../support/resources";

const shop = (container: Record<string, unknown> = {}, pod: Record<string, unknown> = {}) =>
  behind(deployment("web", container, { pod }));

describe("facts", () => {
  /** Two policies, a fact each: the fixes of all findings, once each. */
  const fixesOf = (resources: TestResource[], config: PackConfig) => {
    const { findings } = judged(resources, {}, config);
    return new Set(findings.flatMap(({ fixes = [] }) => fixes).map((fix) => JSON.stringify(fix)));
  };
  const graces = (resources: TestResource[], config: PackConfig) =>
    [...fixesOf(resources, config)].map((text) => JSON.parse(text) as Fix).filter((fix) => fix.do === "set-grace");

  it("give one number to every policy", () => {
    const config = {
      "pre-stop-sleep": { sleepSeconds: 25, select: "all" },
      "termination-grace-period": { shutdownSeconds: 40, select: "all" },
    };
    assert.deepEqual(graces(shop(), config), [{ do: "set-grace", seconds: 65 }]);
  });

  it("decide for every policy whether a native sleep works", () => {
    const config = { "pre-stop-sleep": { kubernetesVersion: "1.29", sleepSeconds: 25 } };
    const { findings } = judged(
      shop({ lifecycle: { preStop: { sleep: { seconds: 25 } } } }),
      { select: "all" },
      config,
    );
    const codes = new Set(findings.filter(({ certain }) => certain).map(({ code }) => code));
    assert.deepEqual([...codes], ["native-sleep-unsupported"]);
  });

  it("advise the hook that a remedy writes", () => {
    const [text] = fixesOf(shop(), { "pre-stop-sleep": { hook: "exec" } });
    assert.match(text ?? "", /"exec"/);
  });

  for (const ceiling of [25, 45]) {
    it(`advise nothing above a ceiling of ${ceiling} s`, () => {
      const config = { "termination-grace-period": { maxGracePeriodSeconds: ceiling } };
      const all = graces(shop(hook("/bin/sh", "-c", "sleep 90")), config);
      assert.deepEqual(all, []);
    });
  }
});

describe("assess", () => {
  it("reports each workload by the policies that know it to be routed", () => {
    const { printed } = judged([
      deployment("web", {}, routed),
      service("web"),
      apisixRoute("web"),
      deployment("worker"),
    ]);
    assert.deepEqual(printed, ["pre-stop-sleep: no-hook web web", "apisix-routed-workloads: no-hook web web"]);
  });

  it("holds what is only likely to be routed, unreported", () => {
    const { findings, printed } = judged([deployment("web"), service("web")]);
    assert.deepEqual(printed, ["apisix-route-blind-spots: nothing-to-judge"]);
    assert.deepEqual(
      findings.map(({ code, reported }) => [code, reported]),
      [
        ["no-hook", false],
        ["nothing-to-judge", true],
      ],
    );
  });

  it("carries an exemption with the finding that it keeps back", () => {
    const { findings, printed } = judged(shop(), { exempt: [{ name: "web", reason: "drains" }] });
    assert.deepEqual(printed, []);
    assert.deepEqual(
      findings.map(({ code, excuses }) => [code, excuses.map(({ reason }) => reason)]),
      [
        ["no-hook", ["drains"]],
        ["no-hook", ["drains"]],
      ],
    );
  });

  it("judges what is deployed by its routes, and what is planned by the resource policies", () => {
    const planned = asPulumi([deployment("web", {}, routed), service("web"), apisixRoute("web")]);
    const deployed = asPulumi(shop({ lifecycle: { preStop: { sleep: { seconds: 9 } } } }));
    const { findings } = assess({ planned, deployed }, readKnowledge(), today);
    assert.deepEqual(findings.map(brief), ["pre-stop-sleep: no-hook web web"]);
  });

  it("says the same of resources in any order", () => {
    const stack = [
      ...shop(hook("/drain")),
      deployment("api", {}, routed),
      service("api"),
      apisixRoute("b", "gone"),
      apisixRoute("a", "gone"),
      apisixRoute("other", UNKNOWN),
      { type: "kubernetes:helm.sh/v3:Release", name: "redis", props: {} },
    ];
    const told = (resources: TestResource[]) =>
      judged(resources, { exempt: [{ name: "none", reason: "x" }] }).findings.map(({ subject, ...rest }) => ({
        ...rest,
        subject: subject?.id,
      }));
    const expected = told(stack);
    fc.assert(
      fc.property(fc.shuffledSubarray(stack, { minLength: stack.length }), (shuffled) => {
        assert.deepEqual(told(shuffled), expected);
      }),
      { numRuns: 50 },
    );
  });
});

const two = (web: object, proxy: object, pod: object = {}) =>
  deployment(
    "web",
    {},
    {
      ...routed,
      pod: {
        containers: [
          { ...served, name: "web", image: "web:1", ...web },
          { name: "proxy", image: "proxy:1", ...proxy },
        ],
        ...pod,
      },
    },
  );
const mirror: TestResource = {
  ...apisixRoute("mirror"),
  props: {
    ...apisixRoute("mirror").props,
    spec: {
      ingressClassName: "apisix",
      http: [
        {
          name: "mirror",
          match: { paths: ["/*"] },
          backends: [{ serviceName: "gone", servicePort: 80 }],
          plugins: [{ name: "proxy-mirror", enable: true, config: { host: "http://web.shop.svc:80" } }],
        },
      ],
    },
  },
};
const mirrored = (workload: TestResource, spec: object = {}) => [workload, service("web", spec as never), mirror];
const sayingSo = { annotations: { "apisix-graceful-termination/routed": "false" } };

/** Who says what of whom, on which evidence, and how sure. */
const judgements: [what: string, resources: TestResource[], printed: string[], settings?: Settings][] = [
  [
    "containers that serve: a route tells, an annotation doesn't",
    behind(two({}, {})),
    [
      "pre-stop-sleep: no-hook web proxy",
      "pre-stop-sleep: no-hook web web",
      "apisix-routed-workloads: no-hook web web",
    ],
    { containers: "serving" },
  ],
  [
    "containers that serve: a port's number tells nothing",
    behind(two({}, {}), { ports: [{ port: 80, targetPort: 9090 }] }),
    [
      "pre-stop-sleep: no-hook web proxy",
      "pre-stop-sleep: no-hook web web",
      "apisix-routed-workloads: no-hook web proxy",
      "apisix-routed-workloads: no-hook web web",
    ],
    { containers: "serving" },
  ],
  [
    "containers that serve: so does a catalog",
    [two({}, {})],
    ["pre-stop-sleep: no-hook web web"],
    {
      containers: "serving",
      catalog: [
        { namespace: "shop", name: "web", selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] },
      ],
    },
  ],
  [
    "a Service that publishes not-ready addresses, behind a route",
    behind(deployment("web", nativeSleep(5)), { publishNotReadyAddresses: true }),
    ["apisix-routed-workloads: publishes-not-ready web"],
  ],
  [
    "a Service that publishes not-ready addresses, and gets mirrored requests only",
    mirrored(deployment("web", nativeSleep(5)), { publishNotReadyAddresses: true }),
    ["apisix-route-blind-spots: service-not-in-stack mirror"],
  ],
  [
    "a workload that gets mirrored requests only, with defects that are certain and one that isn't",
    mirrored(two(hook("/drain"), {}, { terminationGracePeriodSeconds: 4 })).map((each, i) =>
      i === 0 ? { ...each, props: { ...each.props, metadata: { name: "web", namespace: "shop" } } } : each,
    ),
    [
      "apisix-route-blind-spots: service-not-in-stack mirror",
      "apisix-route-blind-spots: hook-may-be-too-short web web",
      "apisix-rollout-advice: mirror-only web proxy",
    ],
  ],
  [
    "a workload that gets mirrored requests only, with a hook of unknown length",
    mirrored(deployment("web", hook("/drain"))),
    [
      "apisix-route-blind-spots: service-not-in-stack mirror",
      "apisix-route-blind-spots: hook-may-be-too-short web web",
    ],
  ],
  [
    "a workload that gets mirrored requests only, whose fault is the Pod's",
    mirrored(deployment("web", nativeSleep(5), { pod: { terminationGracePeriodSeconds: 0 } })),
    ["apisix-route-blind-spots: service-not-in-stack mirror", "apisix-rollout-advice: mirror-only web"],
  ],
  [
    "a route to a dead end, and workloads that look reachable",
    [deployment("web"), apisixRoute("web", "gone")],
    ["apisix-route-blind-spots: service-not-in-stack web"],
  ],
  [
    "two workloads, one of which is annotated",
    [deployment("web", nativeSleep(5), sayingSo), deployment("api")],
    ["apisix-route-blind-spots: nothing-to-judge"],
  ],
  ["workloads that one policy selects", [deployment("web", nativeSleep(5))], [], { catalog: [] }],
  [
    "an annotation of an unrouted workload that can't be used",
    [deployment("web", nativeSleep(5), { annotations: { "apisix-graceful-termination/routed": "yes" } })],
    ["apisix-route-blind-spots: nothing-to-judge", "apisix-route-blind-spots: annotation-not-boolean web"],
  ],
  [
    "a likely workload that can't be judged",
    [deployment("web", hook("/drain")), service("web")],
    ["apisix-route-blind-spots: nothing-to-judge"],
  ],
];

const secondsOf = (annotations: Record<string, string>, allowed: PolicyName[]) => {
  const config = Object.fromEntries(
    resourcePolicies.map((name) => [name, { allowAnnotations: allowed.includes(name) }]),
  );
  const own = { [`${prefix}sleep-seconds`]: "7", [`${prefix}shutdown-seconds`]: "19", ...annotations };
  const [resource] = asPulumi([deployment("web", {}, { annotations: own })]);
  const read = resource && fromPulumi(resource);
  const requirement = read && assessResource(read, readKnowledge(config), today)?.judged().requirement;
  return [requirement?.sleepSeconds, requirement?.shutdownSeconds];
};
const prefix = "apisix-graceful-termination/";

describe("what a workload asks for", () => {
  const asked: [
    annotations: Record<string, string>,
    allowed: PolicyName[],
    seconds: [sleep: number, shutdown: number],
  ][] = [
    [{}, ["pre-stop-sleep", "termination-grace-period"], [7, 19]],
    [{}, ["pre-stop-sleep"], [7, 10]],
    [{}, ["termination-grace-period"], [5, 19]],
    [{}, [], [5, 10]],
    [{ [`${prefix}sleep-seconds`]: "5" }, ["pre-stop-sleep"], [5, 10]],
    [{ [`${prefix}sleep-seconds`]: "4" }, ["pre-stop-sleep"], [5, 10]],
    [{ [`${prefix}sleep-seconds`]: "100000" }, ["pre-stop-sleep"], [5, 10]],
    [{ [`${prefix}sleep-seconds`]: "99999" }, ["pre-stop-sleep"], [99999, 10]],
  ];
  for (const [annotations, allowed, seconds] of asked) {
    it(`${JSON.stringify(annotations)}, allowed by ${allowed.join(" and ") || "none"}`, () =>
      assert.deepEqual(secondsOf(annotations, allowed), seconds));
  }

  it("is no opting in, unless annotations are allowed", () => {
    const settings = { allowAnnotations: false };
    assert.deepEqual(judged([deployment("web", {}, routed)], settings).printed, [
      "apisix-route-blind-spots: nothing-to-judge",
    ]);
    const misread = { annotations: { [`${prefix}routed`]: "yes" } };
    assert.deepEqual(judged([deployment("web", {}, misread)], settings).printed, [
      "apisix-route-blind-spots: nothing-to-judge",
    ]);
    // One policy that allows them is enough to say that one can't be used.
    const one = { "pre-stop-sleep": { allowAnnotations: false } };
    assert.deepEqual(judged([deployment("web", {}, misread)], {}, one as never).printed, [
      "apisix-route-blind-spots: nothing-to-judge",
      "apisix-route-blind-spots: annotation-not-boolean web",
    ]);
    const misspelled = { annotations: { [`ignore.${prefix}pre-stop-slep`]: "x" } };
    assert.ok(
      judged([deployment("web", {}, misspelled)], {}, one).printed.includes(
        "apisix-rollout-advice: exemption-policy-unknown web",
      ),
    );
  });
});

describe("one judgement", () => {
  for (const [what, resources, printed, settings] of judgements) {
    it(what, () => assert.deepEqual(judged(resources, settings).printed, printed));
  }

  it("knows nothing only if no policy knows anything", () => {
    const config = { "termination-grace-period": { select: "all" } };
    assert.deepEqual(judged([deployment("web", nativeSleep(5))], {}, config as never).printed, []);
  });

  it("gives each finding its evidence", () => {
    const wrong = { "apisix-graceful-termination/sleep-seconds": "3" };
    const evidence = (resources: TestResource[]) =>
      judged(resources).findings.map((one) => [one.code, ...one.evidence]);
    assert.deepEqual(evidence([deployment("web", nativeSleep(9), { annotations: wrong })]), [
      ["nothing-to-judge"],
      ["annotation-below-setting", "Deployment shop/web"],
    ]);
    assert.deepEqual(
      evidence([deployment("web", nativeSleep(9), { annotations: { ...wrong, ...routed.annotations } })]),
      [["annotation-below-setting", "Deployment shop/web (annotated apisix-graceful-termination/routed)"]],
    );
    assert.deepEqual(evidence(behind(deployment("web", nativeSleep(9), { annotations: wrong }))), [
      ["annotation-below-setting", "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"],
    ]);
    assert.deepEqual(evidence(mirrored(deployment("web"))).slice(-1), [
      ["mirror-only", "ApisixRoute shop/mirror › Service shop/web:80 › Deployment shop/web"],
    ]);
    assert.deepEqual(evidence(mirrored(deployment("web", hook("/drain")))).slice(-1), [
      ["hook-may-be-too-short", "ApisixRoute shop/mirror › Service shop/web:80 › Deployment shop/web"],
    ]);
    assert.deepEqual(evidence([...mirrored(deployment("web")), apisixRoute("web")]).slice(0, 2), [
      ["no-hook"],
      ["no-hook", "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"],
    ]);
  });

  it("shows the shortest path, and how many others there are", () => {
    const routes = (count: number) =>
      ["a", "b", "c"].slice(0, count).map((name) => ({
        ...apisixRoute(name, "web"),
      }));
    const shown = (count: number) =>
      judged([deployment("web"), service("web"), ...routes(count)]).findings.flatMap(({ evidence }) => evidence);
    const first = "ApisixRoute shop/a › Service shop/web:80 › Deployment shop/web";
    assert.deepEqual([1, 2, 3].flatMap(shown), [first, `${first} (and 1 more path)`, `${first} (and 2 more paths)`]);
  });

  it("notes what is peculiar to a path, but not what it says of the stack once", () => {
    const notes = (route: TestResource) =>
      judged([deployment("web"), service("web"), route, apisixRoute("other", "gone")]).findings.flatMap((one) =>
        one.policy === "apisix-routed-workloads" ? [one.notes] : [],
      );
    const classless = apisixRoute("web");
    delete (classless.props.spec as Record<string, unknown>).ingressClassName;
    assert.deepEqual(notes(classless), [undefined]);
    const asked = apisixRoute("web", "gone");
    const [rule] = (asked.props.spec as { http: Record<string, unknown>[] }).http;
    const config = { host: "http://web.shop.svc:80", policy: "x" };
    Object.assign(rule ?? {}, { plugins: [{ name: "opa", enable: true, config }] });
    assert.deepEqual(notes(asked), [[{ code: "asked-by-plugin", plugin: "opa" }]]);
  });

  it("is certain of what the controller refuses, and not of what can't be seen", () => {
    const twice = apisixRoute("web");
    const [rule] = (twice.props.spec as { http: { backends: object[] }[] }).http;
    rule?.backends.push(...rule.backends);
    const { findings } = judged(
      [deployment("web", nativeSleep(5)), service("web"), twice, apisixRoute("other", "gone")],
      {
        controller: "2",
      },
    );
    assert.deepEqual(
      findings.map(({ policy, code, certain, evidence }) => [policy, code, certain, evidence]),
      [
        ["apisix-route-blind-spots", "service-not-in-stack", false, ["ApisixRoute shop/other › Service shop/gone:80"]],
        ["apisix-rollout-advice", "dead-route", true, ["ApisixRoute shop/web"]],
      ],
    );
  });

  it("names each Helm release once, in order", () => {
    const release = (name: string) => ({ type: "kubernetes:helm.sh/v3:Release", name, props: {} });
    const [found] = judged([release("redis"), release("kafka")]).findings;
    assert.deepEqual(found?.data, { releases: '"kafka", "redis"', count: 2 });
  });

  it("tells what the judgement of each workload goes by", () => {
    const assessment = assess(
      { planned: asPulumi(behind(two({}, {}))) },
      readKnowledge({}, { containers: "serving" }),
      today,
    );
    const [of] = [...assessment.judged.values()].map((each) => each());
    assert.deepEqual(
      of?.timeline?.containers.map(({ container }) => [container.name, of.requirement.concerns(container)]),
      [
        ["web", true],
        ["proxy", false],
      ],
    );
  });
});

/** What somebody does who follows a fix to the letter. */
function follow(spec: ReturnType<typeof podSpec>, fix: Fix): void {
  const named = "container" in fix ? containerOf(spec, fix.container ?? "") : undefined;
  switch (fix.do) {
    case "set-hook":
      if (named) named.lifecycle = { preStop: fix.hook };
      break;
    case "set-hook-without-shell":
      if (named) named.lifecycle = { preStop: { exec: { command: ["sleep", String(fix.seconds)] } } };
      break;
    case "set-grace":
      spec.terminationGracePeriodSeconds = fix.seconds;
      break;
    case "sleep-first": {
      const preStop = (named?.lifecycle as { preStop?: { exec?: { command?: string[] } } } | undefined)?.preStop;
      const [, , script] = preStop?.exec?.command ?? [];
      if (!named) break;
      named.lifecycle =
        fix.plain || script === undefined
          ? hook("/bin/sh", "-c", `sleep ${fix.seconds}`).lifecycle
          : hook("/bin/sh", "-c", `sleep ${fix.seconds}; ${script}`).lifecycle;
      break;
    }
    default:
      assert.fail(`${fix.do} is nothing to copy`);
  }
}

function containerOf(spec: ReturnType<typeof podSpec>, name: string) {
  const { initContainers = [] } = spec as { initContainers?: typeof spec.containers };
  return [...spec.containers, ...initContainers].find((each) => each.name === name);
}

describe("following all advice once", () => {
  const facts = fc.record({
    sleepSeconds: fc.integer({ min: 1, max: 40 }),
    shutdownSeconds: fc.nat(60),
    kubernetesVersion: fc.constantFrom("1.29", "1.34"),
    hook: fc.constantFrom("auto" as const, "exec" as const),
    maxGracePeriodSeconds: fc.option(fc.integer({ min: 100, max: 200 }), { nil: undefined }),
  });
  const toCopy = new Set<Fix["do"]>(["set-hook", "set-hook-without-shell", "set-grace", "sleep-first"]);

  it("leaves nothing certain of the same rules", () => {
    fc.assert(
      fc.property(arbitraryPodSpec, facts, (input, settings) => {
        const resource = deployment("web", {}, { pod: structuredClone(input), ...routed });
        const certain = () =>
          judged([resource], settings as never).findings.filter((one) => one.certain && one.fixes !== undefined);
        const before = certain();
        // A hook that never ends, or a ceiling that is too low, is for a person to think about.
        fc.pre(
          before.every(({ fixes = [] }) => fixes.every((fix) => toCopy.has(fix.do) || fix.do === "raise-version")),
        );
        const spec = podSpec(resource.props);
        const fixes = new Map(before.flatMap(({ fixes = [] }) => fixes).map((fix) => [JSON.stringify(fix), fix]));
        for (const fix of fixes.values()) if (fix.do !== "raise-version") follow(spec, fix);
        assert.deepEqual(certain().map(text), []);
      }),
      { numRuns: 500 },
    );
  });
});

function text({ code, container, data, fixes }: Finding): string {
  return JSON.stringify({ code, container, data, fixes });
}

describe("the resource policies' remedies", () => {
  it("leave nothing that they could repair, one after the other", () => {
    const [resource] = asPulumi([deployment("web", hook("/bin/sh", "-c", "sleep 2"), routed)]);
    assert.ok(resource);
    const knowledge = readKnowledge({}, { sleepSeconds: 25 });
    const alone = () => {
      const read = fromPulumi(resource);
      return read && assessResource(read, knowledge, today);
    };
    const findings = () => resourcePolicies.flatMap((policy) => alone()?.findings(policy) ?? []);
    assert.deepEqual(findings().map(brief), ["pre-stop-sleep: hook-too-short web web"]);
    for (const policy of resourcePolicies) apply(alone()?.remedy(policy) ?? []);
    assert.deepEqual(findings(), []);
    assert.equal(podSpec(resource.props as never).terminationGracePeriodSeconds, 35);
  });
});
