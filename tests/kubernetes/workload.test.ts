import { strict as assert } from "node:assert";
import fc from "fast-check";
import { fromManifest, fromPulumi } from "../../src/kubernetes/resource";
import { unknown, type Maybe } from "../../src/kubernetes/values";
import {
  isExposed,
  mayBeWorkload,
  podMetadataPath,
  portsOf,
  readPod,
  readWorkload,
  type Container,
  type Pod,
  type WorkloadKind,
} from "../../src/kubernetes/workload";
import { unreadable, withUnknowns } from "../support/unreadable";

const podSpec = { containers: [{ name: "web", image: "web:1" }] };

function workloadOf(type: string, props: unknown) {
  const resource = fromPulumi({ type, urn: `urn:pulumi:test::shop::${type}::web`, name: "web", props });
  return resource && readWorkload(resource);
}

describe("readWorkload", () => {
  const templated = [
    "apps/v1:Deployment",
    "apps/v1beta1:Deployment",
    "apps/v1beta2:Deployment",
    "extensions/v1beta1:Deployment",
    "apps/v1:StatefulSet",
    "apps/v1beta1:StatefulSet",
    "apps/v1beta2:StatefulSet",
    "apps.kruise.io/v1beta1:StatefulSet",
    "apps/v1:DaemonSet",
    "apps/v1beta2:DaemonSet",
    "extensions/v1beta1:DaemonSet",
    "apps.kruise.io/v1alpha1:DaemonSet",
    "apps/v1:ReplicaSet",
    "apps/v1beta2:ReplicaSet",
    "extensions/v1beta1:ReplicaSet",
    "core/v1:ReplicationController",
    "argoproj.io/v1alpha1:Rollout",
    "apps.kruise.io/v1alpha1:CloneSet",
  ];
  for (const type of templated) {
    it(`kubernetes:${type}`, () => {
      const workload = workloadOf(`kubernetes:${type}`, {
        metadata: { annotations: { of: "workload" }, labels: { of: "workload" } },
        spec: { template: { metadata: { labels: { app: "web" }, annotations: { of: "pod" } }, spec: podSpec } },
      });
      assert.ok(workload);
      assert.equal(workload.podSpecPath, "spec.template.spec");
      assert.equal(workload.pod.spec, podSpec);
      assert.deepEqual(workload.podLabels, new Map([["app", "web"]]));
      assert.deepEqual(workload.podAnnotations, new Map([["of", "pod"]]));
      assert.deepEqual(workload.annotations, new Map([["of", "workload"]]));
    });

    it(`kubernetes:${type}Patch`, () => {
      const workload = workloadOf(`kubernetes:${type}Patch`, { metadata: { name: "web" } });
      assert.ok(workload);
      assert.equal(workload.pod.isPatch, true);
      assert.equal(workload.pod.gracePeriod, unknown);
      assert.equal(workload.podLabels, unknown);
      assert.equal(workload.annotations, unknown);
    });
  }

  it("a Pod is its own template", () => {
    const workload = workloadOf("kubernetes:core/v1:Pod", {
      metadata: { labels: { app: "web" }, annotations: { of: "pod" } },
      spec: podSpec,
    });
    assert.ok(workload);
    assert.equal(workload.podSpecPath, "spec");
    assert.equal(workload.pod.spec, podSpec);
    assert.deepEqual(workload.podLabels, new Map([["app", "web"]]));
    assert.deepEqual(workload.podAnnotations, workload.annotations);
  });

  const none = [
    "batch/v1:Job",
    "batch/v1:CronJob",
    "core/v1:Service",
    "core/v1:PodTemplate",
    "core/v1:Deployment",
    "example.com/v1:Pod",
    "example.com/v1:Deployment",
    "metrics.k8s.io/v1beta1:PodMetrics",
    "apps/v1:ControllerRevision",
    "apps/v1:constructor",
  ];
  for (const type of none) {
    it(`kubernetes:${type} is none`, () => {
      assert.equal(workloadOf(`kubernetes:${type}`, { spec: { template: { spec: podSpec }, ...podSpec } }), undefined);
    });
  }

  describe("of a kind that the settings name", () => {
    const type = "kubernetes:apps.openshift.io/v1:DeploymentConfig";
    const kind = { apiVersion: "apps.openshift.io/v1", kind: "DeploymentConfig" };
    const props = { spec: { template: { metadata: { labels: { app: "web" } }, spec: podSpec } } };
    const read = (type: string, props: unknown, ...kinds: WorkloadKind[]) => {
      const resource = fromPulumi({ type, urn: "1", name: "web", props });
      return resource && readWorkload(resource, kinds);
    };

    it("stands at spec.template.spec", () => {
      const workload = read(type, props, kind);
      assert.equal(workload?.podSpecPath, "spec.template.spec");
      assert.equal(workload.pod.spec, podSpec);
      assert.deepEqual(workload.podLabels, new Map([["app", "web"]]));
      assert.equal(read(type, props), undefined);
      assert.equal(read(type, props, { ...kind, apiVersion: "example.org/v1" }), undefined);
    });

    it("stands where the setting says", () => {
      const own = { spec: { a: { "b-c": { metadata: { labels: { app: "web" } }, spec: podSpec } } } };
      const workload = read(type, own, { ...kind, podSpec: "spec.a.b-c.spec" });
      assert.equal(workload?.pod.spec, podSpec);
      assert.equal(podMetadataPath(workload), "spec.a.b-c.metadata");
      assert.deepEqual(workload.podLabels, new Map([["app", "web"]]));
    });

    it("isn't known where the path leads nowhere, or through what isn't an object", () => {
      for (const own of [{}, { spec: 5 }, { spec: { template: [podSpec] } }, { spec: unknown }, null]) {
        const workload = read(type, own, kind);
        assert.equal(workload?.pod.containers, unknown);
      }
    });

    it("may be a patch, and its kind may end so", () => {
      assert.equal(read(`${type}Patch`, { ...props, kind: "DeploymentConfig" }, kind)?.resource.isPatch, true);
      assert.ok(mayBeWorkload(type, [kind]));
      assert.ok(mayBeWorkload(`${type}Patch`, [kind]));
      assert.ok(mayBeWorkload("kubernetes:example.org/v1:WebPatch", [{ ...kind, kind: "WebPatch" }]));
      assert.ok(!mayBeWorkload(type));
      assert.ok(!mayBeWorkload("shop:index:DeploymentConfig", [kind]));
    });
  });

  it("a manifest's group and kind decide, too", () => {
    const manifest = { apiVersion: "v1", kind: "ReplicationController", spec: { template: { spec: podSpec } } };
    const resource = fromManifest(manifest, "web.yaml#0");
    assert.ok(resource);
    assert.equal(readWorkload(resource)?.pod.spec, podSpec);
  });

  it("a Rollout may take its template from a Deployment", () => {
    const workload = workloadOf("kubernetes:argoproj.io/v1alpha1:Rollout", {
      spec: { workloadRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, template: { spec: podSpec } },
    });
    assert.deepEqual(workload?.templateFrom, { kind: "Deployment", name: "web" });
    assert.equal(workload?.pod.containers, unknown);
    assert.equal(workload?.podLabels, unknown);
  });

  it("nobody else's workloadRef means anything", () => {
    const spec = { workloadRef: { kind: "Deployment", name: "web" }, template: { spec: podSpec } };
    assert.equal(workloadOf("kubernetes:apps/v1:Deployment", { spec })?.templateFrom, undefined);
  });

  const malformed: [name: string, props: unknown][] = [
    ["no props", undefined],
    ["null", null],
    ["text", "spec"],
    ["no spec", {}],
    ["spec: null", { spec: null }],
    ["spec of text", { spec: "template" }],
    ["no template", { spec: {} }],
    ["template: null", { spec: { template: null } }],
    ["template of text", { spec: { template: "web" } }],
    ["a list for a template", { spec: { template: [podSpec] } }],
    ["no Pod spec", { spec: { template: { metadata: {} } } }],
    ["Pod spec of text", { spec: { template: { spec: "containers" } } }],
    ["unknown spec", withUnknowns({ spec: {} }, "spec")],
    ["unknown template", { spec: withUnknowns({ template: {} }, "template") }],
    ["nothing readable", unreadable()],
  ];
  for (const [name, props] of malformed) {
    it(`nothing is known of its Pods: ${name}`, () => {
      const workload = workloadOf("kubernetes:apps/v1:Deployment", props);
      assert.ok(workload);
      assert.deepEqual(workload.pod, { spec: undefined, gracePeriod: unknown, containers: unknown, isPatch: false });
    });
  }

  for (const [name, metadata] of [
    ["text", "app=web"],
    ["labels of text", { labels: "app=web" }],
    ["unknown labels", withUnknowns({ labels: {} }, "labels")],
  ] as const) {
    it(`labels are unknown: ${name}`, () => {
      const workload = workloadOf("kubernetes:apps/v1:Deployment", { spec: { template: { metadata, spec: podSpec } } });
      assert.equal(workload?.podLabels, unknown);
      assert.equal(workload?.pod.spec, podSpec);
    });
  }
});

/** What tests compare of a container: `name@path`, `sidecar` or `perhaps a sidecar`, and its hook. */
function summary(containers: Maybe<Container[]>): string[] | undefined {
  if (containers === unknown) return undefined;
  return containers.map(({ name, path, isSidecar, preStop }) => {
    const kind = isSidecar === unknown ? " perhaps a sidecar" : isSidecar ? " sidecar" : "";
    const hook = preStop === undefined ? "" : preStop === unknown ? " hook?" : " hook";
    return `${name}@${path}${kind}${hook}`;
  });
}

describe("readPod", () => {
  const sleep = { preStop: { sleep: { seconds: 5 } } };
  /** `[name, spec, containers as summary() tells them; undefined where the list is unknown]` */
  const cases: [name: string, spec: object, expected: string[] | undefined][] = [
    ["one", podSpec, ["web@containers[0]"]],
    ["with a hook", { containers: [{ name: "web", lifecycle: sleep }] }, ["web@containers[0] hook"]],
    ["lifecycle: null", { containers: [{ name: "web", lifecycle: null }] }, ["web@containers[0]"]],
    ["preStop: null", { containers: [{ name: "web", lifecycle: { preStop: null } }] }, ["web@containers[0]"]],
    ["postStart only", { containers: [{ name: "web", lifecycle: { postStart: {} } }] }, ["web@containers[0]"]],
    ["lifecycle of text", { containers: [{ name: "web", lifecycle: "sleep 5" }] }, ["web@containers[0] hook?"]],
    [
      "preStop of text",
      { containers: [{ name: "web", lifecycle: { preStop: "sleep" } }] },
      ["web@containers[0] hook?"],
    ],
    ["a list for a hook", { containers: [{ name: "web", lifecycle: { preStop: [] } }] }, ["web@containers[0] hook?"]],
    [
      "an unknown lifecycle",
      { containers: [withUnknowns({ name: "web", lifecycle: {} }, "lifecycle")] },
      ["web@containers[0] hook?"],
    ],
    ["unnamed", { containers: [{ image: "web" }, {}] }, ["containers[0]@containers[0]", "containers[1]@containers[1]"]],
    ["an empty name", { containers: [{ name: "" }] }, ["containers[0]@containers[0]"]],
    ["a number for a name", { containers: [{ name: 8 }] }, ["containers[0]@containers[0]"]],
    ["an unknown name", { containers: [withUnknowns({ name: "web" }, "name")] }, ["containers[0]@containers[0]"]],
    ["none", { containers: [] }, []],
    ["missing", {}, undefined],
    ["null", { containers: null }, undefined],
    ["text", { containers: "web" }, undefined],
    ["an object for a list", { containers: { web: { image: "web" } } }, undefined],
    ["text for a container", { containers: [{ name: "web" }, "sidecar"] }, undefined],
    ["null for a container", { containers: [null] }, undefined],
    ["a list for a container", { containers: [[{ name: "web" }]] }, undefined],
    ["an unknown container", { containers: withUnknowns([{ name: "web" }, { name: "b" }], 1) }, undefined],
    ["an unknown list", withUnknowns(podSpec, "containers"), undefined],
    [
      "init containers",
      { ...podSpec, initContainers: [{ name: "migrate" }, { name: "b", restartPolicy: "OnFailure" }] },
      ["web@containers[0]"],
    ],
    [
      "native sidecars",
      {
        ...podSpec,
        initContainers: [
          { name: "proxy", restartPolicy: "Always" },
          { name: "migrate" },
          { name: "log", restartPolicy: "Always", lifecycle: sleep },
        ],
      },
      ["web@containers[0]", "proxy@initContainers[0] sidecar", "log@initContainers[2] sidecar hook"],
    ],
    [
      "perhaps a sidecar",
      { ...podSpec, initContainers: [withUnknowns({ name: "proxy", restartPolicy: "" }, "restartPolicy")] },
      ["web@containers[0]", "proxy@initContainers[0] perhaps a sidecar"],
    ],
    ["initContainers: null", { ...podSpec, initContainers: null }, ["web@containers[0]"]],
    ["initContainers of text", { ...podSpec, initContainers: "proxy" }, undefined],
    ["an unknown init container", { ...podSpec, initContainers: withUnknowns([{}], 0) }, undefined],
    [
      "ephemeral containers have no hooks",
      { ...podSpec, ephemeralContainers: [{ name: "debug" }] },
      ["web@containers[0]"],
    ],
  ];
  for (const [name, spec, expected] of cases) {
    it(`containers: ${name}`, () => {
      const pod = readPod(spec);
      assert.deepEqual(summary(pod.containers), expected);
      assert.equal(pod.spec, spec);
    });
  }

  const graces: [name: string, spec: object, expected: Pod["gracePeriod"], inPatch?: Pod["gracePeriod"]][] = [
    ["not set", {}, undefined, unknown],
    ["null", { terminationGracePeriodSeconds: null }, undefined, unknown],
    ["a number", { terminationGracePeriodSeconds: 60 }, 60],
    ["0", { terminationGracePeriodSeconds: 0 }, 0],
    ["negative", { terminationGracePeriodSeconds: -1 }, -1],
    ["a numeric text", { terminationGracePeriodSeconds: "60" }, 60],
    ["another text", { terminationGracePeriodSeconds: "60s" }, unknown],
    ["unknown", withUnknowns({ terminationGracePeriodSeconds: 60 }, "terminationGracePeriodSeconds"), unknown],
  ];
  for (const [name, spec, expected, inPatch = expected] of graces) {
    it(`grace period: ${name}`, () => {
      assert.equal(readPod(spec).gracePeriod, expected);
      assert.equal(readPod(spec, true).gracePeriod, inPatch);
    });
  }

  const patches: [name: string, container: object, hook: "hook" | "hook?"][] = [
    ["no lifecycle", {}, "hook?"],
    ["no preStop", { lifecycle: { postStart: {} } }, "hook?"],
    ["no handler", { lifecycle: { preStop: {} } }, "hook?"],
    ["no command", { lifecycle: { preStop: { exec: {} } } }, "hook?"],
    ["no seconds", { lifecycle: { preStop: { sleep: {} } } }, "hook?"],
    ["a whole hook", { lifecycle: sleep }, "hook"],
    ["a whole exec hook", { lifecycle: { preStop: { exec: { command: ["sleep", "5"] } } } }, "hook"],
  ];
  for (const [name, container, hook] of patches) {
    it(`in a patch: ${name}`, () => {
      assert.deepEqual(summary(readPod({ containers: [{ name: "web", ...container }] }, true).containers), [
        `web@containers[0] ${hook}`,
      ]);
    });
  }

  it("a patch need not have containers", () => {
    assert.deepEqual(readPod({ terminationGracePeriodSeconds: 60 }, true).containers, []);
  });

  it("never throws", () => {
    const keys = fc.constantFrom(
      "containers",
      "initContainers",
      "terminationGracePeriodSeconds",
      "name",
      "lifecycle",
      "preStop",
      "restartPolicy",
      "ports",
      "readinessProbe",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie("tree"), { maxLength: 3 }),
        tie("object"),
      ),
      object: fc.dictionary(keys, tie("tree"), { maxKeys: 5 }),
    }));
    fc.assert(
      fc.property(tree, fc.boolean(), (spec, isPatch) => {
        const pod = readPod(spec, isPatch);
        isExposed(pod);
        if (pod.containers !== unknown) pod.containers.map(portsOf);
      }),
    );
  });
});

describe("isExposed", () => {
  const cases: [name: string, containers: unknown, expected: Maybe<boolean>][] = [
    ["a port", [{ ports: [{ containerPort: 80 }] }], true],
    ["a port of a second container", [{}, { ports: [{ containerPort: 80 }] }], true],
    ["a port that isn't known", [{ ports: withUnknowns([{}], 0) }], true],
    ["a readiness probe", [{ readinessProbe: { httpGet: { port: 80 } } }], true],
    ["neither", [{ livenessProbe: {} }], false],
    ["no ports", [{ ports: [] }], false],
    ["ports: null", [{ ports: null }], false],
    ["unknown ports", [withUnknowns({ ports: [] }, "ports")], unknown],
    ["ports of text", [{ ports: "80" }], unknown],
    ["unknown ports, and a port", [withUnknowns({ ports: [] }, "ports"), { ports: [{}] }], true],
    ["an unknown probe", [withUnknowns({ readinessProbe: {} }, "readinessProbe")], unknown],
    ["no containers", [], false],
    ["unknown containers", null, unknown],
  ];
  for (const [name, containers, expected] of cases) {
    it(name, () => assert.equal(isExposed(readPod({ containers })), expected));
  }

  it("a native sidecar's port counts", () => {
    const initContainers = [{ name: "proxy", restartPolicy: "Always", ports: [{ containerPort: 80 }] }];
    assert.equal(isExposed(readPod({ ...podSpec, initContainers })), true);
  });
});

describe("portsOf", () => {
  const cases: [ports: unknown, expected: unknown][] = [
    [[{ name: "http", containerPort: 80 }], [{ name: "http", number: 80, protocol: "TCP" }]],
    [[{ containerPort: "80", protocol: "UDP" }], [{ name: undefined, number: 80, protocol: "UDP" }]],
    [[{ name: 5, containerPort: "http", protocol: 6 }], [{ name: unknown, number: unknown, protocol: unknown }]],
    [
      [null, "80"],
      [
        { name: undefined, number: undefined, protocol: "TCP" },
        { name: unknown, number: unknown, protocol: unknown },
      ],
    ],
    [undefined, []],
    ["80", unknown],
  ];
  for (const [ports, expected] of cases) {
    it(JSON.stringify(ports) ?? "none", () => {
      const { containers } = readPod({ containers: [{ name: "web", ports }] });
      assert.ok(containers !== unknown && containers[0]);
      assert.deepEqual(portsOf(containers[0]), expected);
    });
  }
});
