import assert from "node:assert/strict";
import fc from "fast-check";
import { messageOf } from "../../../src/assess";
import { Secrets } from "../../../src/kubernetes/secrets";
import { assess, readKnowledge } from "../../../src/assess";
import { asPulumi, judged, today } from "../../support/findings";
import { UNKNOWN, type TestResource } from "../../support/host";
import { apisixRoute, barePod, deployment, nativeSleep, served, service } from "../../support/resources";

type Fields = Record<string, unknown>;
const fine = nativeSleep(5);

/** A workload `web` with these fields in its spec. */
function workload(spec: Fields, kind = "Deployment", type?: string, container: Fields = fine): TestResource {
  const base = deployment("web", container, { kind, ...(type === undefined ? {} : { type }) });
  return { ...base, props: { ...base.props, spec: { ...(base.props.spec as object), ...spec } } };
}

const rolling = (replicas: unknown, rollingUpdate?: unknown) =>
  workload({
    ...(replicas === undefined ? {} : { replicas }),
    strategy: { type: "RollingUpdate", ...(rollingUpdate === undefined ? {} : { rollingUpdate }) },
  });
const kruise = (kind: string) => `kubernetes:apps.kruise.io/v1:${kind}`;
const stateful = (replicas: unknown, more: Fields = {}) =>
  workload({ ...(replicas === undefined ? {} : { replicas }), ...more }, "StatefulSet");
const rollout = (blueGreen: Fields, container: Fields = {}) =>
  workload({ replicas: 2, strategy: { blueGreen } }, "Rollout", "kubernetes:argoproj.io/v1alpha1:Rollout", container);
const probed = (container: Fields, pod: Fields = {}) => {
  const base = deployment("web", { ...fine, startupProbe: undefined, ...container }, { pod });
  return { ...base, props: { ...base.props, spec: { ...(base.props.spec as object), replicas: 2 } } };
};
const scaler = (target: Fields, kind = "HorizontalPodAutoscaler", group = "autoscaling/v2"): TestResource => ({
  type: `kubernetes:${group}:${kind}`,
  name: "scaler",
  props: {
    apiVersion: group,
    kind,
    metadata: { name: "scaler", namespace: "shop" },
    spec: { scaleTargetRef: target },
  },
});
const web = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const other = { name: "proxy", image: "proxy:1", ...fine };

/** The reasons that are found. */
function gaps(resources: TestResource[]): string[] {
  return judged([...resources, service("web"), apisixRoute("web")]).findings.flatMap((each) =>
    each.code === "nothing-takes-over" ? each.data.gaps.map((gap) => gap.is) : [],
  );
}

const all = ["all-unavailable"];
const cases: [what: string, resources: TestResource[], gaps: string[]][] = [
  ["a Deployment of two, by default", [rolling(2)], []],
  ["of one, by default: a new Pod comes first", [rolling(1)], []],
  ["without a strategy", [workload({})], []],
  ["Recreate", [workload({ replicas: 1, strategy: { type: "Recreate" } })], ["recreate"]],
  ["Recreate of many", [workload({ replicas: 9, strategy: { type: "Recreate" } })], ["recreate"]],
  [
    "Recreate of as many as there may be",
    [workload({ replicas: UNKNOWN, strategy: { type: "Recreate" } })],
    ["recreate"],
  ],
  ["Recreate of none", [workload({ replicas: 0, strategy: { type: "Recreate" } })], []],
  ["an unknown strategy", [workload({ replicas: 1, strategy: UNKNOWN })], []],
  ["an unknown type of strategy", [workload({ replicas: 1, strategy: { type: UNKNOWN } })], []],
  ["100 %", [rolling(3, { maxUnavailable: "100%" })], all],
  ["100 % of an unknown number", [rolling(UNKNOWN, { maxUnavailable: "100%" })], all],
  [
    "100 %, with a surge: the old Pods go at once all the same",
    [rolling(3, { maxUnavailable: "100%", maxSurge: 3 })],
    all,
  ],
  ["as many as there are", [rolling(2, { maxUnavailable: 2 })], all],
  ["more than there are", [rolling(2, { maxUnavailable: 5 })], all],
  ["one less", [rolling(3, { maxUnavailable: 2 })], []],
  ["50 % of one rounds down", [rolling(1, { maxUnavailable: "50%" })], []],
  ["50 % of two", [rolling(2, { maxUnavailable: "50%" })], []],
  ["one of one", [rolling(1, { maxUnavailable: 1 })], all],
  ["one without a surge", [rolling(1, { maxSurge: 0 })], all],
  ["one without a surge in percent", [rolling(1, { maxSurge: "0%" })], all],
  ["one by default, without a surge", [rolling(undefined, { maxSurge: 0 })], all],
  [
    "neither surge nor unavailability: the controller makes one of both",
    [rolling(1, { maxSurge: 0, maxUnavailable: 0 })],
    all,
  ],
  ["the same of two", [rolling(2, { maxSurge: 0, maxUnavailable: 0 })], []],
  ["two without a surge", [rolling(2, { maxSurge: 0 })], []],
  ["an unknown surge", [rolling(1, { maxSurge: UNKNOWN })], []],
  ["malformed numbers", [rolling(1, { maxSurge: "none", maxUnavailable: -3 })], []],
  ["a fraction of replicas", [rolling(0.5, { maxSurge: 0 })], []],
  ["fewer replicas than none", [rolling(-1, { maxSurge: 0 })], []],
  ["an endless number", [rolling(1, { maxSurge: "9".repeat(400) + "%" })], []],
  ["a paused Deployment", [workload({ replicas: 1, paused: true, strategy: { type: "Recreate" } })], []],
  ["an autoscaler decides", [rolling(1, { maxSurge: 0 }), scaler(web)], []],
  ["KEDA does", [rolling(undefined, { maxSurge: 0 }), scaler({ name: "web" }, "ScaledObject", "keda.sh/v1alpha1")], []],
  ["one with an unknown target may", [rolling(1, { maxSurge: 0 }), scaler({ ...web, name: UNKNOWN })], []],
  ["one of another workload doesn't", [rolling(1, { maxSurge: 0 }), scaler({ ...web, name: "api" })], all],
  ["one of another kind doesn't", [rolling(1, { maxSurge: 0 }), scaler({ ...web, kind: "StatefulSet" })], all],
  ["another kind of that name is none", [rolling(1, { maxSurge: 0 }), scaler(web, "HorizontalPodAutoscaler", "acme.io/v1")], all], // prettier-ignore
  ["nor does an autoscaler change Recreate", [workload({ strategy: { type: "Recreate" } }), scaler(web)], ["recreate"]],
  ["a StatefulSet of one", [stateful(1)], ["stops-first"]],
  ["of one by default", [stateful(undefined)], ["stops-first"]],
  ["of two", [stateful(2)], []],
  ["of none", [stateful(0)], []],
  ["of an unknown number", [stateful(UNKNOWN)], []],
  ["that keeps its Pods", [stateful(1, { updateStrategy: { type: "OnDelete" } })], []],
  ["that keeps its one Pod", [stateful(1, { updateStrategy: { rollingUpdate: { partition: 1 } } })], []],
  ["OpenKruise's, which may update in place", [workload({ replicas: 1 }, "StatefulSet", kruise("StatefulSet"))], []],
  [
    "a CloneSet",
    [workload({ replicas: 1, updateStrategy: { maxUnavailable: "100%" } }, "CloneSet", kruise("CloneSet"))],
    [],
  ],
  ["a DaemonSet", [workload({}, "DaemonSet")], []],
  [
    "a DaemonSet with 100 %",
    [workload({ updateStrategy: { rollingUpdate: { maxUnavailable: "100%" } } }, "DaemonSet")],
    all,
  ],
  [
    "a DaemonSet with a number",
    [workload({ updateStrategy: { rollingUpdate: { maxUnavailable: 9 } } }, "DaemonSet")],
    [],
  ],
  ["blueGreen without a delay, and without a sleep", [rollout({ scaleDownDelaySeconds: 0 })], ["no-scale-down-delay"]],
  ["blueGreen without a delay: the sleep covers it", [rollout({ scaleDownDelaySeconds: 0 }, fine)], []],
  ["blueGreen with its default", [rollout({})], []],
  ["a container without a readiness probe", [probed({})], ["not-probed"]],
  ["with one", [probed({ readinessProbe: { httpGet: { port: 80 } } })], []],
  ["with an unknown one", [probed({ readinessProbe: UNKNOWN })], []],
  ["with a liveness probe alone", [probed({ livenessProbe: { httpGet: { port: 80 } } })], ["not-probed"]],
  ["with a startup probe", [probed({ startupProbe: { httpGet: { port: 80 } } })], []],
  ["with a postStart hook", [probed({ lifecycle: { ...(fine.lifecycle as object), postStart: { exec: {} } } })], []],
  ["with a readiness gate", [probed({}, { readinessGates: [{ conditionType: "x" }] })], []],
  ["beside one that has a probe, which may ask it", [probed({}, { containers: [{ name: "web", ports: [{ containerPort: 80, name: "http" }], ...fine }, { ...other, readinessProbe: {} }] })], []], // prettier-ignore
  ["another container without a probe", [probed({}, { containers: [{ ...served, name: "web", ...fine }, other] })], []],
  ["containers that aren't known", [probed({}, { containers: UNKNOWN })], []],
  ["a Pod", [barePod("web")], []],
  ["a ReplicaSet", [workload({ replicas: 1 }, "ReplicaSet", undefined, { ...fine, startupProbe: undefined })], []],
  ["a patch", [workload({ replicas: 1, strategy: { type: "Recreate" } }, "DeploymentPatch")], []],
];

describe("nothing-takes-over", () => {
  for (const [what, resources, expected] of cases) it(what, () => assert.deepEqual(gaps(resources), expected));

  it("isn't certain of replicas that aren't written", () => {
    for (const [replicas, certain] of [
      [1, true],
      [undefined, false],
    ] as const) {
      const { findings } = judged([stateful(replicas), service("web"), apisixRoute("web")]);
      assert.deepEqual(
        findings.map((each) => each.certain),
        [certain],
      );
    }
  });

  it("isn't said of a rollout beside other Pods of the same Service", () => {
    const [stable, canary] = ["stable", "canary"].map((name) => {
      const own = workload({ strategy: { type: "Recreate" } });
      const metadata = { ...(own.props.metadata as object), name };
      return { ...own, name, props: { ...own.props, metadata } };
    });
    assert.ok(stable && canary);
    assert.deepEqual(gaps([stable]), ["recreate"]);
    assert.deepEqual(gaps([stable, canary]), []);
  });

  it("is said of routed workloads alone", () => {
    const { findings } = judged([workload({ strategy: { type: "Recreate" } }), service("web")]);
    assert.ok(!findings.some(({ code }) => code === "nothing-takes-over"));
  });

  it("is one line with all reasons", () => {
    const upstream: TestResource = {
      type: "kubernetes:apisix.apache.org/v2:ApisixUpstream",
      name: "web",
      props: {
        apiVersion: "apisix.apache.org/v2",
        kind: "ApisixUpstream",
        metadata: { name: "web", namespace: "shop" },
        spec: { retries: 0 },
      },
    };
    const recreated = workload({ strategy: { type: "Recreate" } }, "Deployment", undefined, {
      ...fine,
      startupProbe: undefined,
    });
    const { findings } = judged([recreated, upstream, service("web"), apisixRoute("web")]);
    assert.deepEqual(findings.map(messageOf).map((text) => text.split("\n").slice(0, 3)), [
      [
        'A rollout of Deployment shop/web may lose requests that no sleep protects: strategy Recreate stops all Pods before it starts new ones; container "web" has no readiness probe, and may get requests before the app listens; APISIX doesn\'t try a request that fails at one Pod on another one (spec.retries: 0 in ApisixUpstream shop/web).',
        "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web",
        'Fix: strategy.type: RollingUpdate if two versions of the app can run side by side, and give container "web" a readinessProbe, and remove retries: 0.',
      ],
    ]); // prettier-ignore
  });

  it("reads no secret", () => {
    const knowledge = readKnowledge({}, {});
    const planned = asPulumi([rolling(1, { maxSurge: 0 }), service("web"), apisixRoute("web")]);
    for (const path of ["spec.replicas", "spec.strategy", "spec"]) {
      const secrets = new Secrets();
      secrets.add(path.split("."), {});
      const hidden = planned.map((each) => (each.type.endsWith("Deployment") ? { ...each, secrets } : each));
      const { findings } = assess({ planned: hidden }, knowledge, today);
      assert.ok(!findings.some(({ code }) => code === "nothing-takes-over"), path);
    }
  });

  it("finds what the Deployment controller's own numbers say", () => {
    const amount = fc.oneof(fc.nat(6), fc.nat(150).map((percent) => `${percent}%`)); // prettier-ignore
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), amount, amount, (replicas, maxUnavailable, maxSurge) => {
        const of = (value: number | string, round: (value: number) => number) =>
          typeof value === "number" ? value : round((replicas * Number.parseInt(value)) / 100);
        let unavailable = of(maxUnavailable, Math.floor);
        if (unavailable === 0 && of(maxSurge, Math.ceil) === 0) unavailable = 1;
        // The controller scales the old Pods down to this many at once.
        const kept = replicas - Math.min(replicas, unavailable);
        assert.deepEqual(gaps([rolling(replicas, { maxUnavailable, maxSurge })]), kept === 0 ? all : []);
      }),
      { numRuns: 60 },
    );
  });
});
