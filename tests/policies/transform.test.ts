import assert from "node:assert/strict";
import { Output, output as pulumiOutput, runtime } from "@pulumi/pulumi";
import fc from "fast-check";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { gracefulTermination } from "../../index";
import { repairing } from "../../policies/transform";
import { readKnowledge } from "../../src/assess";
import type { Settings } from "../../src/settings/schema";
import { SettingsError } from "../../src/settings/settings";
import { arbitraryPodSpec } from "../support/arbitrary-pods";
import { preview, secret, UNKNOWN, type TestResource } from "../support/host";
import { output, transformed, transformedOnWire } from "../support/program";
import { loadRemedies } from "../support/remedies";
import { barePod, deployment, hook, nativeSleep, podSpec, routed } from "../support/resources";

const transformOf = (settings: Settings = {}) => repairing(readKnowledge({}, settings));

/** What the resource policies make of a resource; undefined where they leave it as it is. */
async function repaired(resource: TestResource, settings: Settings) {
  const { resources, remediations } = await preview([resource], {}, settings);
  return remediations.length === 0 ? undefined : resources[0]?.props;
}

describe("the transform of a program", () => {
  describe("repairs what the resource policies repair, and as they do", () => {
    for (const { name, input, settings } of loadRemedies()) {
      it(name, async () => {
        const { apiVersion, kind } = input as { apiVersion: string; kind: string };
        const type = `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;
        const resource = { type, name: "case", props: input };
        assert.deepEqual(await transformed(transformOf(settings), resource), await repaired(resource, settings));
      });
    }

    const chosen: [what: string, resource: TestResource, settings?: Settings][] = [
      ["a workload that declares no port", deployment("web", { ports: [] })],
      ["one that is annotated", deployment("web", { ports: [] }, routed)],
      ["select: all", deployment("web", { ports: [] }), { select: "all" }],
      ["select: routed", deployment("web"), { select: "routed" }],
      [
        "an annotation that wants more",
        deployment("web", {}, { annotations: { "apisix-graceful-termination/sleep-seconds": "25" } }),
      ],
      ["annotations that aren't allowed", deployment("web", { ports: [] }, routed), { allowAnnotations: false }],
      [
        "an exemption of the workload's own",
        deployment("web", hook("sh", "-c", "sleep 40"), {
          annotations: { "ignore.apisix-graceful-termination/pre-stop-sleep": "drains by itself" },
        }),
        { sleepSeconds: 50 },
      ],
      [
        "an exemption that has expired",
        deployment(
          "web",
          {},
          {
            annotations: { "ignore.apisix-graceful-termination/pre-stop-sleep": "drains until 2020-01-31" },
          },
        ),
      ],
      ["an exemption of the settings", deployment("web"), { exempt: [{ namespace: "sh*", reason: "no clients" }] }],
      ["an exemption of another", deployment("web"), { exempt: [{ namespace: "kube-*", reason: "no clients" }] }],
      [
        "a Service of the catalog",
        deployment("web", { ports: [] }),
        { catalog: [{ namespace: "shop", name: "web", selector: { app: "web" } }] },
      ],
      [
        "ignored changes",
        {
          ...deployment("web", {}, { pod: { terminationGracePeriodSeconds: 3 } }),
          ignoreChanges: ["spec.template.spec.terminationGracePeriodSeconds"],
        },
      ],
      ["a patch", deployment("web", nativeSleep(2), { kind: "DeploymentPatch" })],
      ["a Rollout", deployment("web", {}, { kind: "Rollout", type: "kubernetes:argoproj.io/v1alpha1:Rollout" })],
    ];
    for (const [what, resource, settings = {}] of chosen) {
      it(what, async () => {
        assert.deepEqual(await transformed(transformOf(settings), resource), await repaired(resource, settings));
      });
    }

    it("wherever a secret is, or a value isn't known", async () => {
      let repairs = 0;
      await fc.assert(
        fc.asyncProperty(
          arbitraryPodSpec,
          fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 3 }),
          async (spec, marks) => {
            const resource = deployment("web");
            const template = { metadata: { labels: { app: "web" } }, spec };
            resource.props.spec = marks.reduce<unknown>(marked, { template });
            const expected = await repaired(resource, {});
            if (expected) repairs++;
            assert.deepEqual(await transformed(transformOf(), resource), expected);
          },
        ),
        { numRuns: 100 },
      );
      assert.ok(repairs > 30, `${repairs}`);
    });
  });

  describe("repairs bare Pods, as what a program asks for lasts", () => {
    const named = (name: unknown): TestResource => {
      const pod = barePod("web");
      return { ...pod, props: { ...pod.props, metadata: name === undefined ? {} : { name } } };
    };
    const cases: [what: string, pod: TestResource, settings: Settings, isRepaired: boolean][] = [
      ["one that Pulumi names", named(undefined), {}, true],
      ["not one with a fixed name: the provider can't preview its replacement", named("web"), {}, false],
      ["not one that may have such a name", named(UNKNOWN), {}, false],
      ["one with a fixed name, where Pods are always made anew", named("web"), { repairPods: true }, true],
    ];
    for (const [what, pod, settings, isRepaired] of cases) {
      it(what, async () => {
        const spec = podSpec(deployment("web", nativeSleep(5)).props);
        const expected = isRepaired ? { ...pod.props, spec } : undefined;
        assert.deepEqual(await transformed(transformOf(settings), pod), expected);
      });
    }
  });

  const untouched: [what: string, resource: TestResource][] = [
    ["another provider's resource", { ...deployment("web"), type: "aws:ecs/service:Service" }],
    ["a component", { ...deployment("web"), type: "shop:index:Deployment" }],
    ["another kind", { ...deployment("web"), type: "kubernetes:core/v1:ConfigMap" }],
    ["a Job", deployment("web", {}, { kind: "Job", type: "kubernetes:batch/v1:Job" })],
    ["a provider", { type: "pulumi:providers:kubernetes", name: "edge", props: { namespace: "edge" } }],
    [
      "properties of the wrong types",
      { ...deployment("web"), props: { apiVersion: 1, kind: [], metadata: "x", spec: "x" } },
    ],
    ["no properties", { ...deployment("web"), props: {} }],
  ];
  for (const [what, resource] of untouched) {
    it(`leaves ${what} as it is`, async () => {
      assert.equal(await transformed(transformOf({ select: "all" }), resource), undefined);
    });
  }

  it("doesn't wait for properties of other resources", async () => {
    const props = { data: pulumiOutput(new Promise(() => undefined)) };
    for (const type of ["kubernetes:core/v1:ConfigMap", "aws:s3:Bucket"]) {
      assert.equal(await transformOf()({ custom: true, type, name: "other", props, opts: {} }), undefined);
    }
  });

  it("throws on nothing that a program may hold", async () => {
    const key = fc.constantFrom(
      "spec",
      "template",
      "metadata",
      "annotations",
      "containers",
      "lifecycle",
      "preStop",
      "__proto__",
      "length",
      "0",
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 8 },
        fc.constantFrom(null, true, -1, 5, "", "x", UNKNOWN),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
        tie("value").map(secret),
      ),
    }));
    const transform = transformOf({ select: "all" });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value, { noNullPrototype: true }), async (props) => {
        for (const type of ["kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Pod", "pulumi:providers:kubernetes"]) {
          await transformed(transform, { type, name: "web", props });
        }
      }),
    );
  });

  describe("keeps Outputs", () => {
    const dependencies = ["urn:pulumi:test::shop::kubernetes:core/v1:ConfigMap::settings"];
    const env = (value: unknown) => ({ env: [{ name: "KEY", value }] });
    const sleep3 = (text: unknown) => hook("/bin/sh", "-c", text);
    /** The container's fields on the wire, before and after. */
    const cases: [what: string, before: Record<string, unknown>, after: Record<string, unknown>][] = [
      ["a secret", env(output("hunter2", { isSecret: true })), nativeSleep(5)],
      ["a secret that isn't known", env(output(UNKNOWN, { isSecret: true })), nativeSleep(5)],
      ["one that isn't known", env(output(UNKNOWN, { dependencies })), nativeSleep(5)],
      ["another resource's", env(output("name", { dependencies })), nativeSleep(5)],
      ["one of null", env(output(null)), nativeSleep(5)],
      ["one in another", env(output({ a: output(1, { isSecret: true }) }, { dependencies })), nativeSleep(5)],
      [
        "the one that a repair changes",
        sleep3(output("sleep 3", { isSecret: true, dependencies })),
        sleep3(output("sleep 5", { isSecret: true, dependencies })),
      ],
      [
        "the one that a repair replaces",
        { lifecycle: output({ preStop: output({}, { isSecret: true }) }) },
        { lifecycle: output({ preStop: output({ sleep: { seconds: 5 } }, { isSecret: true }) }) },
      ],
    ];
    for (const [what, before, after] of cases) {
      it(what, async () => {
        for (const wrap of [(spec: unknown) => spec, (spec: unknown) => output(spec, { dependencies })]) {
          const wrapped = ({ props }: TestResource) => ({ ...props, spec: wrap(props.spec) });
          const given = { ...deployment("web", before), props: wrapped(deployment("web", before)) };
          const expected = wrapped(deployment("web", { ...before, ...after }));
          assert.deepEqual(await transformedOnWire(transformOf(), given), expected);
        }
      });
    }

    it("so that the transforms after it get what they would get without it", async () => {
      const given = deployment("web", env(output("hunter2", { isSecret: true })));
      const sent = await transformedOnWire(transformOf(), given);
      const { spec } = runtime.deserializeProperties(Struct.fromJavaScript(sent as never));
      const [container] = (spec as k8sSpec).template.spec.containers;
      assert.ok(Output.isInstance(container?.env[0]?.value));
    });

    describe("as a transform before it has returned them", () => {
      const cases: [what: string, spec: (container: Record<string, unknown>) => unknown, repairs: boolean][] = [
        // The SDK tells a later transform no more than that.
        ["secret somewhere", (container) => secret(spec({ ...container, ...env("hunter2") })), true],
        ["not known", (container) => spec({ ...container, ...env(UNKNOWN) }), true],
        ["not known in a part", (container) => output(spec({ ...container, ...env(UNKNOWN) })), true],
        ["not known, where a hook would be", (container) => spec({ ...container, lifecycle: UNKNOWN }), false],
      ];
      const spec = (container: Record<string, unknown>) => deployment("web", container).props.spec;
      for (const [what, specOf, repairs] of cases) {
        it(what, async () => {
          const { props, ...rest } = deployment("web");
          const given = { ...rest, props: { ...props, spec: specOf({}) } };
          const sent = await transformedOnWire(transformOf(), given, false);
          assert.deepEqual(sent, repairs ? { ...props, spec: specOf(nativeSleep(5)) } : undefined);
        });
      }
    });
  });

  describe("knows an object's namespace", () => {
    const exempt = [{ namespace: "edge", reason: "no clients" }];
    const provider = (name: string, props: Record<string, unknown>): TestResource => ({
      type: "pulumi:providers:kubernetes",
      name,
      props,
    });
    const edge = provider("cluster", { namespace: "edge" });
    const cases: [what: string, namespace: unknown, before: TestResource[], excused: boolean][] = [
      ["from the object", "edge", [], true],
      ["from its provider", undefined, [edge], true],
      ["from the object, whatever its provider says", "shop", [edge], false],
      ["not where its provider names none", undefined, [provider("cluster", {})], false],
      ["not where it isn't known", UNKNOWN, [edge], false],
      ["not where its provider's isn't known", undefined, [provider("cluster", { namespace: UNKNOWN })], false],
      ["not where its provider isn't known", undefined, [provider("other", { namespace: "edge" })], false],
      ["not where two providers have one name", undefined, [provider("cluster", { namespace: "shop" }), edge], false],
      ["not where one of two names none", undefined, [provider("cluster", {}), edge], false],
      ["where two providers of one name agree", undefined, [edge, edge], true],
    ];
    for (const [what, namespace, before, excused] of cases) {
      it(what, async () => {
        const transform = transformOf({ exempt });
        for (const each of before) assert.equal(await transformed(transform, each), undefined);
        const resource = deployment("web");
        resource.props.metadata = namespace === undefined ? {} : { namespace };
        resource.provider = { name: "cluster", props: {} };
        assert.equal((await transformed(transform, resource)) === undefined, excused);
      });
    }

    it("and guesses none for a catalog", async () => {
      const catalog = [{ namespace: "default", name: "web", selector: { app: "web" } }];
      const resource = deployment("web", { ports: [] });
      for (const [metadata, provider, isRepaired] of [
        [{ namespace: "default" }, undefined, true],
        [{}, undefined, false],
        [{}, { name: "cluster", props: {} }, false],
      ] as const) {
        const given = { ...resource, props: { ...resource.props, metadata }, ...(provider && { provider }) };
        assert.equal((await transformed(transformOf({ catalog }), given)) !== undefined, isRepaired);
      }
    });

    for (const [what, config, excused] of [
      ["from the config of the default provider", { "kubernetes:namespace": "edge" }, true],
      ["not without that", {}, false],
    ] as const) {
      it(what, async () => {
        runtime.setAllConfig(config);
        try {
          const resource = deployment("web");
          resource.props.metadata = {};
          assert.equal((await transformed(transformOf({ exempt }), resource)) === undefined, excused);
        } finally {
          runtime.setAllConfig({});
        }
      });
    }
  });

  describe("refuses bad settings at once", () => {
    const cases: [settings: unknown, problem: RegExp][] = [
      [{ sleepSecond: 5 }, /sleepSecond: no such setting; did you mean "sleepSeconds"\?/],
      [{ sleepSeconds: "5" }, /sleepSeconds: must be/],
      [{ sleepSeconds: 50, maxGracePeriodSeconds: 30 }, /maxGracePeriodSeconds: 30 s is less than/],
      [{ catalog: "no-such-catalog.json" }, /catalog: Route catalog .*no-such-catalog\.json: no such file/],
      ["sleepSeconds", /settings must be an object/],
    ];
    for (const [settings, problem] of cases) {
      it(JSON.stringify(settings), () => {
        const isTheProblem = (error: unknown) => error instanceof SettingsError && problem.test(error.message);
        assert.throws(() => gracefulTermination(settings as Settings), isTheProblem);
      });
    }
  });
});

interface k8sSpec {
  template: { spec: { containers: { env: { value: unknown }[] }[] } };
}

/** The value with one of its places secret, or not known. */
function marked(value: unknown, [at, isSecret]: [number, boolean]): unknown {
  const places: [holder: Record<string, unknown>, key: string][] = [];
  const collect = (held: unknown): void => {
    if (typeof held !== "object" || held === null) return;
    const holder = held as Record<string, unknown>;
    // A secret is not in a secret by itself, but in what that one holds.
    if (runtime.isRpcSecret(holder)) return collect(holder.value);
    for (const key of Object.keys(holder)) {
      if (!runtime.isRpcSecret(holder[key])) places.push([holder, key]);
      collect(holder[key]);
    }
  };
  const copy: Record<string, unknown> = structuredClone({ value });
  collect(copy);
  const [holder, key] = places[at % places.length] ?? [copy, "value"];
  holder[key] = isSecret ? secret(holder[key]) : UNKNOWN;
  return copy.value;
}
