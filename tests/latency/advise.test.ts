/** Stacks, and what they say of t. */
import assert from "node:assert/strict";
import { unknown } from "../../src/kubernetes/values";
import { adviseT, noEvidence, type Advice, type Evidence, type SyncDurations } from "../../src/latency";
import {
  configured,
  controller,
  evidenceIn,
  gatewayProxy,
  ingressClass,
  ofClass,
  publicController,
  read,
  routes,
} from "./resources";

/** The greatest reason, its seconds, and what isn't known. */
type Right = [reason: string, seconds: number, missing?: Advice["missing"]];

const adc = (cpu?: unknown) => ({ adc: cpu === undefined ? {} : { resources: { limits: { cpu } } } });

// 0.65 ms of CPU time a route and sync, with ADC 0.28.0; two syncs, and a second around them (src/latency/advise.ts).
const cases: [name: string, manifests: object[], right: Right][] = [
  ["2.x with few routes", [controller(adc()), gatewayProxy(), ...routes(100)], ["documented", 5]],
  ["2.x with 2,000 routes", [controller(adc()), gatewayProxy(), ...routes(2000)], ["documented", 5]],
  ["2.x with 4,000 routes", [controller(adc()), gatewayProxy(), ...routes(4000)], ["syncs-estimated", 7]],
  [
    "3,000 routes, and a fifth of a CPU",
    [controller(adc("200m")), gatewayProxy(), ...routes(3000)],
    ["syncs-estimated", 21],
  ],
  ["the same as a number", [controller(adc(0.2)), gatewayProxy(), ...routes(3000)], ["syncs-estimated", 21]],
  ["more CPUs than one thread takes", [controller(adc("4")), gatewayProxy(), ...routes(4000)], ["syncs-estimated", 7]],
  // Whoever can't read the limit doesn't know that there is none.
  [
    "a limit that is none",
    [controller(adc("much")), gatewayProxy(), ...routes(2000)],
    ["documented", 5, ["adc-limit"]],
  ],
  [
    "a limit in another unit",
    [controller(adc("200000u")), gatewayProxy(), ...routes(2000)],
    ["documented", 5, ["adc-limit"]],
  ],
  [
    "a limit that isn't known yet",
    [controller({ adc: { resources: unknown } }), gatewayProxy(), ...routes(2000)],
    ["documented", 5, ["adc-limit"]],
  ],
  [
    "a release candidate of which it isn't known",
    [controller({ image: publicController("2.0.0-rc2"), ...adc("200m") }), gatewayProxy(), ...routes(3000)],
    ["documented", 5, ["early-candidate"]],
  ],
  ["a limit of 0", [controller(adc("0")), gatewayProxy(), ...routes(2000)], ["documented", 5]],
  [
    // Mode `apisix`: 2.2.0 internal/adc/client/executor.go runs ADC for one server after the other.
    "three endpoints in turn",
    [controller(adc()), gatewayProxy({ mode: "apisix", endpoints: ["a", "b", "c"] }), ...routes(2000)],
    ["syncs-estimated", 9],
  ],
  [
    "three endpoints in standalone mode, together",
    [controller(adc()), gatewayProxy({ mode: "apisix-standalone", endpoints: ["a", "b", "c"] }), ...routes(2000)],
    ["documented", 5],
  ],
  [
    "three endpoints in a mode that isn't known: only once",
    [controller(adc()), gatewayProxy({ endpoints: ["a", "b", "c"] }), ...routes(2000)],
    ["documented", 5, ["mode"]],
  ],
  ["routes of another stack", [controller(adc()), gatewayProxy()], ["documented", 5, ["routes"]]],
  ["ADC of another stack", [controller(), gatewayProxy(), ...routes(1)], ["documented", 5, ["adc-limit"]]],
  ["a GatewayProxy alone", [gatewayProxy(), ...routes(1)], ["documented", 5, ["controller", "adc-limit"]]],
  ["the tag `latest`", [controller({ image: publicController("latest") })], ["documented", 5, ["version"]]],
  [
    "a digest alone",
    [controller({ image: `apache/apisix-ingress-controller@sha256:${"0".repeat(64)}` })],
    ["documented", 5, ["version"]],
  ],
  ["somebody's own build", [controller({ image: publicController("2.2.0-acme") })], ["documented", 5, ["version"]]],
  [
    "two controllers: each syncs its own",
    [controller(adc("200m")), controller({ name: "other", ...adc("200m") }), gatewayProxy(), ...routes(3000)],
    ["documented", 5, ["several-controllers", "routes", "adc-limit"]],
  ],
  // apache/apisix-ingress-controller issue 2030.
  ["1.x in composite mode", configured("etcdserver:\n  enabled: true\n"), ["composite", 15]],
  ["1.x with etcd", configured("etcdserver:\n  enabled: false\n"), ["documented", 5]],
  ["1.x, by its defaults", configured("log_level: info\n"), ["documented", 5]],
  ["1.x with what isn't YAML", configured("etcdserver: [\n"), ["documented", 5, ["controller-config"]]],
  [
    "1.x without its configuration",
    [controller({ image: publicController("1.8.4") })],
    ["documented", 5, ["controller-config"]],
  ],
];

function only(manifests: readonly object[]): Evidence {
  const [evidence = noEvidence] = evidenceIn(read(manifests));
  return evidence;
}

describe("t of a stack", () => {
  for (const [name, manifests, [reason, seconds, missing = []]] of cases) {
    it(name, () => {
      const advice = adviseT(only(manifests));
      assert.deepEqual([advice.reasons[0]?.code, advice.seconds, advice.missing], [reason, seconds, missing]);
      assert.equal(advice.isInferred, true);
      assert.deepEqual(evidenceIn(read([...manifests].reverse())).length, 1);
    });
  }

  it("where nothing is known, is what the documentation says", () => {
    assert.deepEqual(evidenceIn(read(routes(10))), []);
    const { seconds, missing } = adviseT(noEvidence);
    assert.deepEqual([seconds, missing], [5, ["controller"]]);
  });

  it("takes the line of the settings where no version says it", () => {
    const resources = read([controller({ image: publicController("dev"), ...adc("100m") }), ...routes(2000)]);
    assert.equal(adviseT(evidenceIn(resources)[0] ?? noEvidence).reasons[0]?.code, "documented");
    assert.equal(adviseT(evidenceIn(resources, "2")[0] ?? noEvidence).reasons[0]?.seconds, 27);
  });

  it("is of each cluster", () => {
    const [one, other] = [read([controller(), ...routes(4000)]), read([gatewayProxy()])];
    const resources = [
      ...one.map((each) => ({ ...each, cluster: "a" })),
      ...other.map((each) => ({ ...each, id: `other${each.id}`, cluster: "b" })),
    ];
    assert.deepEqual(
      evidenceIn(resources).map(({ cluster, routes }) => [cluster, routes]),
      [
        ["a", 4000],
        ["b", undefined],
      ],
    );
  });

  it("throws on nothing", () => {
    const odd = [
      controller({ image: 7, replicas: "many", adc: { resources: { limits: "none" } } }),
      gatewayProxy({ mode: ["apisix"], endpoints: "a" }),
      { ...gatewayProxy(), spec: null },
      { ...controller({ name: "b" }), spec: { template: { spec: { containers: "none" } } } },
      ofClass("ApisixUpstream"),
    ];
    assert.equal(adviseT(only(odd)).seconds, 5);
  });
});

const durations = (p99: number, isAbove = false): SyncDurations => ({ p99, isAbove, count: 100 });

describe("t by what the controller measured", () => {
  const known = only([controller(adc("100m")), gatewayProxy(), ...routes(5000)]);
  const measured: [name: string, evidence: Evidence, durations: SyncDurations, seconds: number, first: string][] = [
    ["replaces what is inferred from the routes", known, durations(1.2), 5, "documented"],
    ["waits for two syncs", known, durations(4), 9, "syncs-measured"],
    ["needs no stack", noEvidence, durations(4), 9, "syncs-measured"],
    ["above the highest bucket, at least", noEvidence, durations(10, true), 21, "syncs-measured"],
  ];
  for (const [name, evidence, given, seconds, first] of measured) {
    it(name, () => {
      const advice = adviseT(evidence, given);
      assert.deepEqual([advice.seconds, advice.reasons[0]?.code], [seconds, first]);
    });
  }
});

it("metrics that can't be a controller 1.x' own don't replace what is known of that", () => {
  const [reason] = adviseT(only(configured("etcdserver:\n  enabled: true\n")), durations(1)).reasons;
  assert.deepEqual([reason?.code, reason?.seconds], ["composite", 15]);
});

it("few syncs, and those above the highest bucket, are named", () => {
  assert.deepEqual(adviseT(noEvidence, durations(1)).missing, ["controller"]);
  assert.deepEqual(adviseT(noEvidence, { ...durations(1), count: 99 }).missing, ["controller", "few-syncs"]);
  const { missing, isAtLeast } = adviseT(noEvidence, durations(10, true));
  assert.deepEqual([missing, isAtLeast], [["controller", "longest-syncs"], true]);
});

describe("versions that no sleep helps", () => {
  const standalone = gatewayProxy({ mode: "apisix-standalone" });
  const of = (version: string, ...others: object[]) => [controller({ image: publicController(version) }), ...others];
  const several = (version: string, ...others: object[]) => [
    controller({ image: publicController(version), replicas: 2 }),
    ...others,
  ];
  const class_ = [ingressClass, ofClass("ApisixUpstream", "apisix")];
  // By the tags of apache/apisix-ingress-controller: 2534 and 2538 in 2.0.0-rc5, 2745 in 2.1.0, 2785 in 2.2.0.
  const known: [name: string, manifests: object[], certain: string[], possible?: string[]][] = [
    ["2.0.0-rc2", of("2.0.0-rc2"), []],
    ["2.0.0-rc3", of("2.0.0-rc3"), ["sync-not-retried"]],
    ["2.0.0-rc4", of("v2.0.0-rc4"), ["sync-not-retried"]],
    ["2.0.0-rc5", of("2.0.0-rc5"), []],
    ["2.0.1 with an ApisixUpstream of its class", of("2.0.1", gatewayProxy(), ...class_), ["first-sync-waits"]],
    [
      "2.0.0 with an ApisixPluginConfig of its class",
      of("2.0.0", gatewayProxy(), ingressClass, ofClass("ApisixPluginConfig", "apisix")),
      ["first-sync-waits"],
    ],
    [
      "2.0.1 with an ApisixUpstream of a class of another stack",
      of("2.0.1", gatewayProxy(), ofClass("ApisixUpstream", "edge")),
      [],
      ["first-sync-waits"],
    ],
    ["2.0.1 without any: another stack may have one", of("2.0.1", gatewayProxy()), [], ["first-sync-waits"]],
    ["2.1.0 with an ApisixUpstream", of("2.1.0", gatewayProxy(), ...class_), []],
    ["2.1.0 in standalone mode, twice", several("2.1.0", standalone), ["stale-baseline"]],
    ["2.1.0 in standalone mode, once", of("2.1.0", standalone), []],
    [
      "2.1.0 in standalone mode, scaled to none",
      [controller({ image: publicController("2.1.0"), replicas: 0 }), standalone],
      [],
    ],
    [
      "2.1.0 in standalone mode, on every node",
      [{ ...controller({ image: publicController("2.1.0") }), kind: "DaemonSet" }, standalone],
      [],
      ["stale-baseline"],
    ],
    ["2.1.0 in a mode that isn't known, twice", several("2.1.0"), [], ["stale-baseline"]],
    ["2.2.0 in standalone mode, twice", several("2.2.0", standalone), []],
    ["1.8.4", of("1.8.4", ...class_), []],
    ["latest", several("latest", standalone, ...class_), []],
    // api7/adc: 354 in 0.22.0, 598 after 0.28.0; only Services of an older ADC.
    ["ADC 0.23.1", [controller({ adc: { image: "api7/adc:0.23.1" } }), gatewayProxy()], [], ["inline-upstreams"]],
    ["ADC 0.21.2", [controller({ adc: { image: "ghcr.io/api7/adc:0.21.2" } }), gatewayProxy()], []],
    ["ADC in standalone mode", [controller({ adc: { image: "ghcr.io/api7/adc:0.23.1" } }), standalone], []],
  ];
  for (const [name, manifests, certain, possible = []] of known) {
    it(name, () => {
      const { faults } = adviseT(only(manifests));
      const ids = (isCertain: boolean) => faults.filter((each) => each.isCertain === isCertain).map(({ id }) => id);
      assert.deepEqual([ids(true), ids(false)], [certain, possible]);
    });
  }
});
