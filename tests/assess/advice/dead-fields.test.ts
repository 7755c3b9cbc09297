import assert from "node:assert/strict";
import fc from "fast-check";
import { messageOf } from "../../../src/assess";
import { deadFields } from "../../../src/assess/advice/dead-fields";
import { fromPulumi } from "../../../src/kubernetes/resource";
import { Secrets } from "../../../src/kubernetes/secrets";
import { readWorkload } from "../../../src/kubernetes/workload";
import { asPulumi, judged } from "../../support/findings";
import { UNKNOWN, type TestResource } from "../../support/host";
import { apisixRoute, barePod, behind, deployment, routed, service } from "../../support/resources";

type Fields = Record<string, unknown>;
const sleeps = { exec: { command: ["sleep", "5"] } };
const lifecycle = (fields: Fields) => deployment("web", { lifecycle: fields });
const grace = { terminationGracePeriodSeconds: 60 };

/** `web` with more fields, at the root, in its metadata, its spec and its template. */
function withFields(at: "" | "metadata" | "spec" | "template", fields: Fields, of = deployment("web")): TestResource {
  const props = structuredClone(of.props) as Fields & { metadata: Fields; spec: Fields & { template: Fields } };
  const owner = at === "" ? props : at === "template" ? props.spec.template : props[at];
  Object.assign(owner, fields);
  return { ...of, props };
}

const cloneSet = deployment("web", {}, { type: "kubernetes:apps.kruise.io/v1alpha1:CloneSet", kind: "CloneSet" });

function found(resource: TestResource, secrets?: Secrets): string[] {
  const [one] = asPulumi([resource]);
  const kubernetes = one && fromPulumi({ ...one, ...(secrets && { secrets }) });
  const workload = kubernetes && readWorkload(kubernetes);
  assert.ok(workload);
  return deadFields(workload).map(({ path, meant }) => `${path} → ${meant}`);
}

const pod = "spec.template.spec";
const first = `${pod}.containers[0]`;
const toGrace = (path: string) => [`${path} → ${pod}.terminationGracePeriodSeconds`];
const toHook = (path: string) => [`${path} → ${first}.lifecycle.preStop`];
const cases: [what: string, resource: TestResource, fields: string[]][] = [
  ["a hook", lifecycle({ preStop: sleeps }), []],
  ["all that a lifecycle has", lifecycle({ preStop: sleeps, postStart: sleeps, stopSignal: "SIGTERM" }), []],
  ["a lifecycle that isn't known", lifecycle(UNKNOWN as never), []],
  ["a lifecycle of text", lifecycle("preStopHook" as never), []],
  ["no hook", lifecycle({ preStopHook: null }), []],
  ...["preStopHook", "prestop", "preSTop", "PreStop", "pre_stop", "pre-stop", "preStp", "preStopp", "preStopHooks"].map(
    (name): [string, TestResource, string[]] => [
      `lifecycle.${name}`,
      lifecycle({ [name]: sleeps }),
      toHook(`${first}.lifecycle.${name}`),
    ],
  ),
  ...["poststart", "postStop", "preStart", "stopsignal", "stop", "pre", `preStop${"p".repeat(10 ** 6)}`].map(
    (name): [string, TestResource, string[]] => [
      `lifecycle.${name.slice(0, 20)}, which may mean anything`,
      lifecycle({ [name]: sleeps }),
      [],
    ],
  ),
  ["a hook that isn't known, by a wrong name", lifecycle({ prestop: UNKNOWN }), toHook(`${first}.lifecycle.prestop`)],
  [
    "a command without exec",
    lifecycle({ preStop: { command: ["sleep", "5"] } }),
    [`${first}.lifecycle.preStop.command → ${first}.lifecycle.preStop.exec.command`],
  ],
  ["the container's own command", deployment("web", { command: ["app"] }), []],
  ["a hook on the container", deployment("web", { preStop: sleeps }), toHook(`${first}.preStop`)],
  [
    "a lifecycle in another case",
    deployment("web", { lifeCycle: { preStop: sleeps } }),
    [`${first}.lifeCycle → ${first}.lifecycle`],
  ],
  [
    "a lifecycle of the Pod",
    deployment("web", {}, { pod: { lifecycle: { preStop: sleeps } } }),
    [`${pod}.lifecycle → ${first}.lifecycle`],
  ],
  [
    "of several containers' Pod",
    deployment("web", {}, { pod: { containers: [{ name: "a" }, { name: "b" }], lifecycle: { preStop: sleeps } } }),
    [`${pod}.lifecycle → undefined`],
  ],
  ["a hook of the Pod", deployment("web", {}, { pod: { preStop: sleeps } }), toHook(`${pod}.preStop`)],
  ["the grace period", deployment("web", {}, { pod: grace }), []],
  ["on the container", deployment("web", grace), toGrace(`${first}.terminationGracePeriodSeconds`)],
  ["in the lifecycle", lifecycle(grace), toGrace(`${first}.lifecycle.terminationGracePeriodSeconds`)],
  [
    "in the hook",
    lifecycle({ preStop: { ...sleeps, ...grace } }),
    toGrace(`${first}.lifecycle.preStop.terminationGracePeriodSeconds`),
  ],
  ["in a liveness probe, which has one", deployment("web", { livenessProbe: { ...grace } }), []],
  ["in a startup probe, which has one", deployment("web", { startupProbe: { ...grace } }), []],
  ["on the Deployment's spec", withFields("spec", grace), toGrace("spec.terminationGracePeriodSeconds")],
  ["on the template", withFields("template", grace), toGrace("spec.template.terminationGracePeriodSeconds")],
  ["in the metadata", withFields("metadata", grace), toGrace("metadata.terminationGracePeriodSeconds")],
  ["on the root", withFields("", grace), toGrace("terminationGracePeriodSeconds")],
  ["on a CloneSet's spec, which may have it", withFields("spec", grace, cloneSet), []],
  ["a CloneSet's own lifecycle", withFields("spec", { lifecycle: { preDelete: {} } }, cloneSet), []],
  [
    "on a CloneSet's template",
    withFields("template", grace, cloneSet),
    toGrace("spec.template.terminationGracePeriodSeconds"),
  ],
  [
    "of a Pod",
    withFields("", grace, barePod("web")),
    ["terminationGracePeriodSeconds → spec.terminationGracePeriodSeconds"],
  ],
  ["a Pod's", withFields("spec", grace, barePod("web")), []],
  ...[
    "terminationGracePeriod",
    "terminationGracePeriodsSeconds",
    "TerminationGracePeriodSeconds",
    "terminationgraceperiodseconds",
    "termination_grace_period_seconds",
    "terminationGraceSeconds",
    "gracePeriodSeconds",
    "terminationGracePeriodSecond",
  ].map((name): [string, TestResource, string[]] => [
    name,
    deployment("web", {}, { pod: { [name]: 60 } }),
    toGrace(`${pod}.${name}`),
  ]),
  ["other fields of a Pod", deployment("web", {}, { pod: { activeDeadlineSeconds: 9, terminationMessage: "x" } }), []],
  ["a container's terminationMessagePath", deployment("web", { terminationMessagePath: "/x" }), []],
  ["a Deployment's own seconds", withFields("spec", { minReadySeconds: 9, progressDeadlineSeconds: 9 }), []],
  ["an init container that is none of those that stop", deployment("web", {}, { pod: { initContainers: [{ name: "i", preStop: {} }] } }), []], // prettier-ignore
  [
    "a sidecar",
    deployment("web", {}, { pod: { initContainers: [{ name: "i", restartPolicy: "Always", preStop: sleeps }] } }),
    [`${pod}.initContainers[0].preStop → ${pod}.initContainers[0].lifecycle.preStop`],
  ],
  ["a patch", deployment("web", grace, { kind: "DeploymentPatch" }), toGrace(`${first}.terminationGracePeriodSeconds`)],
];

describe("field-dropped", () => {
  for (const [what, resource, fields] of cases) it(what, () => assert.deepEqual(found(resource), fields));

  it("names none that is a part of a secret", () => {
    for (const path of [`${first}.lifecycle.preStopHook`, `${first}.lifecycle`, "spec"]) {
      const secrets = new Secrets();
      secrets.add(path.split(/[.[\]]+/), {});
      assert.deepEqual(found(lifecycle({ preStopHook: sleeps }), secrets), [], path);
    }
  });

  const codes = (...resources: TestResource[]) =>
    judged(resources).findings.flatMap(({ code, reported }) => (code === "field-dropped" && reported ? [code] : []));

  it("is said of what is known to be routed", () => {
    const dead = (options = {}) => deployment("web", { preStop: sleeps }, options);
    assert.deepEqual(codes(...behind(dead())), ["field-dropped"]);
    assert.deepEqual(codes(dead(routed)), ["field-dropped"]);
    assert.deepEqual(codes(dead(), service("web")), []);
    assert.deepEqual(codes(dead({ annotations: { "apisix-graceful-termination/routed": "false" } })), []);
  });

  it("is one finding a workload, that names three fields", () => {
    const containers = Array.from({ length: 5 }, (_, i) => ({ name: `c${i}`, ...grace }));
    const { findings } = judged([deployment("web", {}, { pod: { containers } }), service("web"), apisixRoute("web")]);
    const texts = findings.filter(({ code }) => code === "field-dropped").map(messageOf);
    assert.equal(texts.length, 1);
    assert.match(
      texts[0] ?? "",
      /^Kubernetes doesn't know these fields of Deployment shop\/web, and drops or refuses them: spec\.template\.spec\.containers\[0\]\.terminationGracePeriodSeconds, .*\[1\].*, .*\[2\]\.terminationGracePeriodSeconds and 2 more\.\n/,
    );
  });

  it("is to be removed where the right field is set", () => {
    const resources = [
      deployment("web", { lifecycle: { preStop: sleeps, preStopHook: sleeps, ...grace } }),
      service("web"),
      apisixRoute("web"),
    ];
    const [text] = judged(resources)
      .findings.filter(({ code }) => code === "field-dropped")
      .map(messageOf);
    assert.match(
      text ?? "",
      /\nFix: remove \S+\.preStopHook, as \S+\.preStop is set, and move \S+\.terminationGracePeriodSeconds to \S+\.terminationGracePeriodSeconds\.\n/,
    );
  });

  it("never throws, and finds nothing in what is right", () => {
    const value = fc.oneof(fc.anything(), fc.constant(UNKNOWN));
    const names = fc.constantFrom("preStop", "postStart", "stopSignal");
    fc.assert(
      fc.property(fc.dictionary(names, value), value, (own, period) => {
        const resource = deployment("web", { lifecycle: own }, { pod: { terminationGracePeriodSeconds: period } });
        const dead = found(resource).filter((text) => !text.includes(".preStop."));
        assert.deepEqual(dead, []);
      }),
    );
  });
});
