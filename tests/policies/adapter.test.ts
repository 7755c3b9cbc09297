import assert from "node:assert/strict";
import { Run } from "../../policies/adapter";
import { Seen } from "../../policies/boundary/seen";
import { packPolicies } from "../../policies/list";
import { policies } from "../../policies";
import { readKnowledge } from "../../src/assess";
import { policyNames, type Settings } from "../../src/settings/schema";
import type { PackConfig } from "../../src/settings/settings";
import { configured, preview, secret, servedPack, stackRequest, UNKNOWN, type TestResource } from "../support/host";
import { apisixRoute, barePod, behind, deployment, hook, podSpec, routed, service } from "../support/resources";

const sleep5 = { preStop: { sleep: { seconds: 5 } } };

/** One resource alone: what the two resource policies say and do. */
async function run(resource: TestResource, settings: Settings = {}, config: object = {}) {
  const { violations: all, ...outcome } = await preview([resource], config as never, settings);
  const [after] = outcome.resources;
  const violations = all.filter(({ policy }) => !policy.startsWith("apisix-"));
  return { ...outcome, violations, pod: podSpec(after?.props ?? {}), props: after?.props };
}

describe("the resource policies", () => {
  describe("at level remediate", () => {
    it("gives a container without a hook a sleep, and nothing else", async () => {
      const before = deployment("web");
      const { remediations, props, violations } = await run(before);
      assert.deepEqual(
        remediations.map(({ policy }) => policy),
        ["pre-stop-sleep"],
      );
      const expected = deployment("web", { lifecycle: sleep5 });
      assert.deepEqual(props, expected.props);
      assert.deepEqual(violations, []);
    });

    it("changes nothing at the second run", async () => {
      const first = await run(deployment("web", hook("/bin/sh", "-c", "sleep 40")));
      assert.equal(first.remediations.length, 1);
      const second = await run({ ...deployment("web"), props: first.props ?? {} });
      assert.deepEqual(second.remediations, []);
    });

    it("raises the grace period to the hook and the shutdown after it", async () => {
      const { remediations, pod } = await run(deployment("api", hook("/bin/sh", "-c", "sleep 40")));
      assert.deepEqual(
        remediations.map(({ policy }) => policy),
        ["termination-grace-period"],
      );
      assert.equal(pod.terminationGracePeriodSeconds, 50);
      assert.deepEqual(pod.containers[0]?.lifecycle, hook("/bin/sh", "-c", "sleep 40").lifecycle);
    });

    const kinds: [kind: string, type: string][] = [
      ["Deployment", "kubernetes:apps/v1:Deployment"],
      ["Deployment", "kubernetes:extensions/v1beta1:Deployment"],
      ["Deployment", "kubernetes:apps/v1beta2:Deployment"],
      ["StatefulSet", "kubernetes:apps/v1:StatefulSet"],
      ["DaemonSet", "kubernetes:apps/v1:DaemonSet"],
      ["ReplicaSet", "kubernetes:apps/v1:ReplicaSet"],
      ["ReplicationController", "kubernetes:core/v1:ReplicationController"],
      ["Rollout", "kubernetes:argoproj.io/v1alpha1:Rollout"],
      ["CloneSet", "kubernetes:apps.kruise.io/v1alpha1:CloneSet"],
    ];
    for (const [kind, type] of kinds) {
      it(`repairs a ${type}`, async () => {
        const { pod } = await run(deployment("web", {}, { kind, type }));
        assert.deepEqual(pod.containers[0]?.lifecycle, sleep5);
      });
    }

    it("repairs a Pod only where Pods are always made anew, as one that runs can't be changed", async () => {
      assert.deepEqual((await run(barePod("web"), { repairPods: true })).pod.containers[0]?.lifecycle, sleep5);
      const { remediations, violations } = await run(barePod("web"));
      assert.deepEqual([remediations, violations], [[], []]);
    });

    it("reports a Pod that is known to be routed, and says what to do", async () => {
      const { remediations, violations } = await run(barePod("web", routed));
      assert.deepEqual(remediations, []);
      assert.deepEqual(
        violations.map(({ code, level }) => [code, level]),
        [["no-hook", "mandatory"]],
      );
      assert.match(
        violations[0]?.message ?? "",
        /Write the fix into the program or the manifest, or make it a Deployment\./,
      );
    });

    const untouched: [what: string, resource: TestResource][] = [
      ["a Job", deployment("job", {}, { kind: "Job", type: "kubernetes:batch/v1:Job" })],
      ["another provider's resource", { ...deployment("web"), type: "aws:ecs/service:Service" }],
      ["a component", { ...deployment("web"), type: "shop:index:Deployment" }],
      ["a workload without ports and probes", deployment("worker", { ports: [] })],
      [
        "a workload annotated as not routed",
        deployment("web", {}, { annotations: { "apisix-graceful-termination/routed": "false" } }),
      ],
      [
        "a workload that is excused from a hook",
        deployment(
          "web",
          {},
          { annotations: { "ignore.apisix-graceful-termination/pre-stop-sleep": "drains by itself" } },
        ),
      ],
      [
        "a workload that is excused from a longer grace period",
        deployment("web", hook("/bin/sh", "-c", "sleep 40"), {
          annotations: {
            "ignore.apisix-graceful-termination/termination-grace-period": "drains by itself until 2999-01-01",
          },
        }),
      ],
      ["a patch that sets no hook", deployment("web", {}, { kind: "DeploymentPatch" })],
      ["a hook that does more than sleep", deployment("web", hook("/bin/sh", "-c", "sleep 1; /drain"))],
    ];
    for (const [what, resource] of untouched) {
      it(`leaves ${what} alone`, async () => {
        const { remediations, violations, props } = await run(resource);
        assert.deepEqual(remediations, []);
        assert.deepEqual(violations, []);
        assert.deepEqual(props, resource.props);
      });
    }

    it("keeps secrets secret and unknowns unknown", async () => {
      const env = [
        { name: "KEY", value: secret("hunter2") },
        { name: "URL", value: UNKNOWN },
      ];
      const { pod, remediations } = await run(
        deployment("web", { env, image: UNKNOWN }, { pod: { nodeName: UNKNOWN } }),
      );
      assert.equal(remediations.length, 1);
      assert.deepEqual(pod.containers[0], {
        name: "web",
        image: UNKNOWN,
        ports: [{ name: "http", containerPort: 8080 }],
        startupProbe: { tcpSocket: { port: "http" } },
        env,
        lifecycle: sleep5,
      });
    });

    it("keeps a secret spec secret while it repairs it", async () => {
      const resource = deployment("web");
      const spec = resource.props.spec;
      const { props } = await run({ ...resource, props: { ...resource.props, spec: secret(spec) } });
      assert.deepEqual(props?.spec, secret(deployment("web", { lifecycle: sleep5 }).props.spec));
    });

    it("keeps a secret command secret while it raises its sleep", async () => {
      const command = ["/bin/sh", "-c", secret("sleep 3")];
      const { pod } = await run(deployment("web", hook(...command)));
      assert.deepEqual(pod.containers[0]?.lifecycle, hook("/bin/sh", "-c", secret("sleep 5")).lifecycle);
    });

    it("writes an exec hook for a cluster without native sleep", async () => {
      const { pod } = await run(deployment("web"), { kubernetesVersion: "1.28" });
      assert.deepEqual(pod.containers[0]?.lifecycle, hook("/bin/sh", "-c", "sleep 5").lifecycle);
    });

    it("keeps the grace period at or above the sleep, alone", async () => {
      const { pod } = await run(
        deployment("web", {}, { pod: { terminationGracePeriodSeconds: 3 } }),
        {},
        {
          "termination-grace-period": "disabled",
        },
      );
      assert.equal(pod.terminationGracePeriodSeconds, 5);
    });
  });

  describe("selection", () => {
    const bare = { ports: [] };
    const cases: [
      what: string,
      select: Settings["select"],
      resource: TestResource,
      expected: { repaired: boolean; blamed: boolean },
    ][] = [
      ["auto, exposed", "auto", deployment("web"), { repaired: true, blamed: false }],
      [
        "auto, with a readiness probe",
        "auto",
        deployment("web", { ...bare, readinessProbe: {} }),
        { repaired: true, blamed: false },
      ],
      ["auto, not exposed", "auto", deployment("web", bare), { repaired: false, blamed: false }],
      ["auto, annotated", "auto", deployment("web", bare, routed), { repaired: true, blamed: true }],
      [
        "auto, Pod template annotated",
        "auto",
        deployment("web", bare, { podAnnotations: routed.annotations }),
        { repaired: true, blamed: true },
      ],
      ["routed, exposed", "routed", deployment("web"), { repaired: false, blamed: false }],
      ["routed, annotated", "routed", deployment("web", bare, routed), { repaired: true, blamed: true }],
      ["exposed, exposed", "exposed", deployment("web"), { repaired: true, blamed: true }],
      ["exposed, not exposed", "exposed", deployment("web", bare), { repaired: false, blamed: false }],
      ["all, not exposed", "all", deployment("web", bare), { repaired: true, blamed: true }],
    ];
    for (const [what, select, resource, expected] of cases) {
      it(what, async () => {
        const config = { "pre-stop-sleep": { select } };
        const repaired = (await run(resource, {}, config)).remediations.length > 0;
        const { violations } = await run(resource, {}, { "pre-stop-sleep": { select, enforcementLevel: "mandatory" } });
        assert.deepEqual({ repaired, blamed: violations.length > 0 }, expected);
      });
    }
  });

  it("says what is wrong, why it is known to be routed, and what to do", async () => {
    const { violations } = await run(deployment("web", {}, routed), {}, { all: "mandatory" });
    assert.deepEqual(
      violations.map(({ policy, level, code, message }) => [policy, level, code, message.split("\n")[2]]),
      [
        [
          "pre-stop-sleep",
          "mandatory",
          "no-hook",
          "Deployment shop/web (annotated apisix-graceful-termination/routed)",
        ],
      ],
    );
  });

  it("says when an exemption has expired", async () => {
    const annotations = {
      ...routed.annotations,
      "ignore.apisix-graceful-termination/pre-stop-sleep": "moves next quarter until 2020-03-31",
    };
    const { violations } = await run(deployment("web", {}, { annotations }), {}, { all: "mandatory" });
    assert.equal(violations.length, 1);
    assert.match(
      violations[0]?.message ?? "",
      /\(ignore\.apisix-graceful-termination\/pre-stop-sleep\) expired on 2020-03-31\./,
    );
  });

  describe("never breaks a preview", () => {
    const broken: [what: string, change: (spec: Record<string, unknown>, props: Record<string, unknown>) => void][] = [
      ["no spec", (_, props) => delete props.spec],
      ["spec is a string", (_, props) => (props.spec = "x")],
      ["spec is unknown", (_, props) => (props.spec = UNKNOWN)],
      ["template is null", (spec) => (spec.template = null)],
      ["template is a list", (spec) => (spec.template = [])],
      ["containers is null", (spec) => (template(spec).containers = null)],
      ["containers is a string", (spec) => (template(spec).containers = "web")],
      ["containers is unknown", (spec) => (template(spec).containers = UNKNOWN)],
      ["a container is unknown", (spec) => (template(spec).containers = [UNKNOWN])],
      ["a container is a number", (spec) => (template(spec).containers = [7])],
      ["lifecycle is a string", (spec) => (container(spec).lifecycle = "x")],
      ["lifecycle is unknown", (spec) => (container(spec).lifecycle = UNKNOWN)],
      ["preStop is unknown", (spec) => (container(spec).lifecycle = { preStop: UNKNOWN })],
      ["preStop is a list", (spec) => (container(spec).lifecycle = { preStop: [] })],
      [
        "sleep seconds are unknown",
        (spec) => (container(spec).lifecycle = { preStop: { sleep: { seconds: UNKNOWN } } }),
      ],
      ["the grace period is unknown", (spec) => (template(spec).terminationGracePeriodSeconds = UNKNOWN)],
      ["the grace period is an object", (spec) => (template(spec).terminationGracePeriodSeconds = {})],
      ["labels are unknown", (spec) => ((spec.template as Record<string, unknown>).metadata = { labels: UNKNOWN })],
      ["metadata is unknown", (_, props) => (props.metadata = UNKNOWN)],
      ["annotations are a string", (_, props) => (props.metadata = { annotations: "x" })],
    ];
    for (const [what, change] of broken) {
      it(what, async () => {
        const resource = deployment("web");
        change(resource.props.spec as Record<string, unknown>, resource.props);
        const { violations } = await run(resource, {}, { all: "mandatory" });
        assert.deepEqual(violations, []);
        await run(resource);
      });
    }

    it("takes numeric strings as numbers", async () => {
      const { remediations } = await run(
        deployment(
          "web",
          { lifecycle: { preStop: { sleep: { seconds: "7" } } } },
          { pod: { terminationGracePeriodSeconds: "60" } },
        ),
      );
      assert.deepEqual(remediations, []);
    });
  });

  it("refuses a bad setting before anything is judged", async () => {
    await assert.rejects(
      run(deployment("web"), {}, { "pre-stop-sleep": { sleepSecond: 7 } }),
      /pre-stop-sleep › sleepSecond: no such setting; did you mean "sleepSeconds"\?/,
    );
  });
});

const shop = (container: Record<string, unknown> = {}) => behind(deployment("web", container));

describe("the stack policies", () => {
  it("judge the stack once for each call of the engine, however many they are", async () => {
    const knowledge = readKnowledge();
    let judgements = 0;
    const run = new Run(new Seen(), () => {
      judgements++;
      return knowledge;
    });
    const pack = servedPack({ policies: policies({}, run), run });
    const counts: number[] = [];
    for (const stack of [shop(), shop({ lifecycle: sleep5 }), shop()]) {
      const answer = await pack.analyzeStack(stackRequest(stack));
      counts.push(answer.getDiagnosticsList().length);
    }
    // The same resources by their names; what they hold has changed in between.
    assert.deepEqual([counts, judgements], [[1, 0, 1], 3]);
  });
});

describe("a repair of this run", () => {
  const bare = { ports: [] };
  const drops = deployment("web").props;
  const pods = barePod("web").props;
  const api = { name: "api", image: "api:1", ...hook("/bin/sh", "-c", "kill 1") };
  const proxy = { name: "proxy", image: "proxy:1" };
  const repaired = podSpec(deployment("web", { lifecycle: sleep5 }).props).containers;
  const withProxy = deployment("web", {}, { pod: { containers: [proxy, ...repaired] } });
  const twoContainers = (...both: Record<string, unknown>[]) =>
    deployment(
      "web",
      {},
      {
        pod: {
          containers: ["web", "api"].map((name, i) => ({
            name,
            image: "web:1",
            ports: [{ name, containerPort: 80 + i }],
            ...both[i],
          })),
        },
      },
    );
  const withStop = deployment("web", {}, { pod: { containers: [...podSpec(drops).containers, api] } });
  const cases: [what: string, web: TestResource, settings: Settings, expected: string[], message?: RegExp][] = [
    ["that lasts is not spoken of", deployment("web"), {}, []],
    [
      "that a replacement drops is one finding",
      { ...deployment("web"), deployed: drops },
      {},
      ["apisix-routed-workloads mandatory repair-undone"],
      /the stack doesn't hold the repair: most likely Pulumi replaced the resource, and drops repairs then\.\n.*\nFix: write it into the program, or let its transform gracefulTermination\(\) do that: lifecycle\.preStop\.sleep\.seconds: 5 on container "web"\.\n/,
    ],
    [
      "of a Pod that a replacement drops comes back in each run",
      { ...barePod("web"), deployed: pods },
      { repairPods: true },
      ["apisix-routed-workloads mandatory repair-undone"],
      /or make it a Deployment\. Each run would replace the Pod again, and lose the repair\./,
    ],
    ...["*", "spec", 'spec["template"]', "spec.template.spec.containers[0]", "spec.*.spec.containers[*].lifecycle"].map(
      (path): (typeof cases)[number] => [
        `that ignoreChanges of ${path} drops names the path`,
        { ...deployment("web"), deployed: drops, ignoreChanges: ["metadata.labels", path] },
        {},
        ["apisix-routed-workloads mandatory repair-undone"],
        new RegExp(`Pulumi dropped the repair: ignoreChanges holds ${path.replace(/[[\].*]/g, "\\$&")}\\.`),
      ],
    ),
    ["that ignoreChanges leaves, as the resource is new", { ...deployment("web"), ignoreChanges: ["spec"] }, {}, []],
    [
      "of a grace period that is ignored isn't made, nor that of a hook which needs it: the API would refuse the Pod",
      {
        ...deployment("web", {}, { pod: { terminationGracePeriodSeconds: 3 } }),
        ignoreChanges: ["spec.template.spec.terminationGracePeriodSeconds"],
      },
      {},
      ["apisix-routed-workloads mandatory grace-too-short", "apisix-routed-workloads mandatory no-hook"],
    ],
    [
      "leaves the defects that it didn't mend",
      { ...withStop, deployed: withStop.props },
      {},
      ["apisix-routed-workloads mandatory repair-undone", "apisix-routed-workloads mandatory hook-stops-app"],
    ],
    [
      "isn't undone by a container that the cluster adds",
      { ...deployment("web"), deployed: withProxy.props },
      {},
      ["apisix-routed-workloads mandatory no-hook"],
      /Container "proxy" receives SIGTERM as soon as/,
    ],
    [
      "of two containers, of which one is lost, was changed by something else",
      { ...twoContainers({}, {}), deployed: twoContainers({ lifecycle: sleep5 }, {}).props },
      {},
      ["apisix-routed-workloads mandatory repair-undone"],
      /doesn't hold all of the repair: something changed it afterwards\..*\n.*\nFix: find what changes it.* on container "api"\./,
    ],
    [
      "that ignoreChanges holds in a part was probably lost as a whole for another reason",
      {
        ...deployment("web", hook("/bin/sh", "-c", "sleep 2"), { pod: { terminationGracePeriodSeconds: 4 } }),
        deployed: deployment("web", hook("/bin/sh", "-c", "sleep 2"), { pod: { terminationGracePeriodSeconds: 9 } })
          .props,
        ignoreChanges: ["spec.template.spec.containers[0].lifecycle.preStop.exec"],
      },
      {},
      ["apisix-routed-workloads mandatory repair-undone"],
      /most likely Pulumi replaced the resource/,
    ],
    [
      "of a hook that ignoreChanges holds a part of names that path",
      {
        ...deployment("web", hook("/bin/sh", "-c", "sleep 2")),
        deployed: deployment("web", hook("/bin/sh", "-c", "sleep 2")).props,
        ignoreChanges: ["spec.template.spec.containers[0].lifecycle.preStop.exec.command"],
      },
      {},
      ["apisix-routed-workloads mandatory repair-undone"],
      /ignoreChanges holds spec\.template\.spec\.containers\[0\]\.lifecycle\.preStop\.exec\.command\./,
    ],
    [
      "up to a ceiling tells its number, and leaves the defect that it doesn't mend",
      {
        ...deployment("web", hook("/bin/sh", "-c", "sleep 30")),
        deployed: deployment("web", hook("/bin/sh", "-c", "sleep 30")).props,
      },
      { maxGracePeriodSeconds: 35 },
      ["apisix-routed-workloads mandatory repair-undone", "apisix-routed-workloads mandatory grace-too-short"],
      /do that: terminationGracePeriodSeconds: 35\.\n/,
    ],
    [
      "reaches only the next Pods of a ReplicaSet",
      deployment("web", {}, { kind: "ReplicaSet" }),
      {},
      ["apisix-rollout-advice advisory repair-waits"],
      /only Pods that are made after the first repair have it/,
    ],
  ];
  for (const [what, web, settings, expected, message] of cases) {
    it(what, async () => {
      const { violations } = await preview([web, service("web"), apisixRoute("web")], {}, settings);
      assert.deepEqual(
        violations.map(({ policy, level, code }) => `${policy} ${level} ${code}`),
        expected,
      );
      if (message) assert.match(violations[0]?.message ?? "", message);
    });
  }

  it("that was undone is advice where the workload only looks reachable", async () => {
    const { violations } = await preview([{ ...deployment("web"), deployed: drops }]);
    const undone = violations.filter(({ code }) => code === "repair-undone");
    assert.deepEqual(
      undone.map(({ policy, level }) => [policy, level]),
      [["apisix-rollout-advice", "advisory"]],
    );
  });

  it("that was undone tells no time that comes from a secret", async () => {
    const web = deployment("web", hook("/bin/sh", "-c", secret("sleep 40")));
    const { violations } = await preview(behind({ ...web, deployed: web.props }));
    const [undone] = violations.filter(({ code }) => code === "repair-undone");
    assert.match(undone?.message ?? "", /terminationGracePeriodSeconds/);
    assert.doesNotMatch(undone?.message ?? "", /\b[45]0\b/);
  });

  it("is made by the next run, where this one may pass", async () => {
    const { violations } = await preview(behind({ ...deployment("web"), deployed: drops }), {
      all: "remediate",
      "apisix-routed-workloads": "advisory",
    });
    const [undone] = violations.filter(({ code }) => code === "repair-undone");
    assert.match(undone?.message ?? "", /or run pulumi up once more, which repairs the new resource\./);
  });

  it("is advice where the policy that would report it is off, and not where it excuses it", async () => {
    const codes = async (own: object) => {
      const config = { "apisix-routed-workloads": own } as PackConfig;
      const { violations } = await preview(behind({ ...deployment("web"), deployed: drops }), config);
      return violations.map(({ policy, code }) => `${policy} ${code}`);
    };
    assert.deepEqual(await codes({ enforcementLevel: "disabled" }), ["apisix-rollout-advice repair-undone"]);
    assert.deepEqual(await codes({ exempt: [{ name: "web", reason: "is moved" }] }), []);
  });

  it("that Pulumi takes for deployed, as it ignores it, is missed in what the stack holds", async () => {
    const lacking = deployment("web", {}, routed);
    const planned = { ...deployment("web", { lifecycle: sleep5 }, routed), ignoreChanges: ["spec"] };
    const { violations } = await preview([{ ...planned, deployed: lacking.props }]);
    assert.deepEqual(
      violations.map(({ policy, code }) => [policy, code]),
      [["apisix-routed-workloads", "no-hook"]],
    );
    assert.match(violations[0]?.message ?? "", /Note: ignoreChanges holds spec:/);
    assert.deepEqual(
      (await preview([{ ...lacking, deployed: lacking.props }], { all: "mandatory" })).violations.length,
      1,
    );
  });

  it("is none where a state is analyzed: what it asks for isn't made, and the finding stands", async () => {
    const { remediations, violations } = await preview(shop(), {}, {}, false);
    assert.equal(remediations.length, 1);
    assert.deepEqual(
      violations.map(({ policy, code }) => [policy, code]),
      [["apisix-routed-workloads", "no-hook"]],
    );
  });

  it("is of the workload as the program names it, whatever a preview of its replacement is named", async () => {
    const named = { ...drops, metadata: { name: "webx1y2z3", namespace: "shop" } };
    const { violations } = await preview([
      { ...deployment("web", bare), deployed: named },
      service("web"),
      apisixRoute("web"),
    ]);
    assert.match(violations[0]?.message ?? "", /› Deployment shop\/web\n/);
  });
});

describe("what the pack tells Pulumi of its policies", () => {
  it("is the list of all policies, and what each is for", () => {
    assert.deepEqual(packPolicies.map(({ name }) => name).sort(), [...policyNames].sort());
    assert.deepEqual(
      configured().policies.map(({ name }) => name),
      packPolicies.map(({ name }) => name),
    );
    for (const { name, tags, url } of configured().policies) {
      assert.ok(tags?.includes("apisix"));
      assert.match(url ?? "", new RegExp(`/docs/policies/${name}\\.md$`));
    }
  });
});

function template(spec: Record<string, unknown>): Record<string, unknown> {
  return (spec.template as { spec: Record<string, unknown> }).spec;
}

function container(spec: Record<string, unknown>): Record<string, unknown> {
  return (template(spec).containers as Record<string, unknown>[])[0] ?? {};
}
