import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { runtime } from "@pulumi/pulumi";
import type { EngineEvent, Stack } from "@pulumi/pulumi/automation";
import { gracefulTermination } from "../../index";
import { openStack, programIn, run, startEngine, type Engine, type Program, type RunResult } from "../../tools/pulumi";
import { startDeployments, withoutControllers, type Deployments } from "../support/deployments";
import { write } from "../support/folder";
import { registerResources } from "./transform/resources";

const root = join(__dirname, "..", "..");
const paymentKey = "not-to-be-seen-0f9b";

/** The program of docs/organization.md that registers the transform, with the package as it is built here. */
function exampleOfDocs(folder: string): Program {
  const blocks = [...readFileSync(join(root, "docs", "organization.md"), "utf8").matchAll(/```ts\n(.*?)```/gs)];
  const [, example] = blocks.find(([block]) => block.includes("registerResourceTransform")) ?? [];
  assert.ok(example);
  const project = join(folder, "example");
  write(project, { "package.json": { name: "shop" }, "index.ts": example });
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  symlinkSync(join(root, "node_modules", "@pulumi"), join(modules, "@pulumi"));
  symlinkSync(root, join(modules, "apisix-graceful-termination"));
  return programIn(project);
}

const sleep10 = { preStop: { sleep: { seconds: 10 } } };
const hook = "template.spec.containers.0.lifecycle";

type Changes = Readonly<Record<string, readonly [path: string, value: unknown]>>;

/** What the transform changes in the plan, at a path of the inputs: of what it isn't told here, nothing. */
const planned: Changes = {
  "Deployment outputs": [`spec.${hook}`, sleep10],
  "Deployment long-hook": ["spec.template.spec.terminationGracePeriodSeconds", 50],
  "Pod pod": ["spec.containers.0.lifecycle", sleep10],
  "Rollout rollout": [`spec.${hook}`, sleep10],
  "Deployment child": [`spec.${hook}`, sleep10],
};
/** And in the state, which has secrets and values that a preview doesn't know. */
const deployed: Changes = {
  ...planned,
  "Deployment secret-hook": [`spec.${hook}.preStop.exec.command.2.secret`, "sleep 10"],
  "Deployment secret-spec": [`spec.secret.${hook}`, sleep10],
  "Deployment unknown-hook": [`spec.${hook}`, sleep10],
  "Deployment unknown-spec": [`spec.${hook}`, sleep10],
};

describe("gracefulTermination in a program, on a real Pulumi engine", () => {
  let engine: Engine;
  const stacks: Record<string, Stack> = {};
  /** What each of them plans without a pack, before it is deployed. */
  const plans: Record<string, RunResult> = {};
  before(async () => {
    // Its outputs are its inputs: whatever differs is of the program's making.
    engine = await startEngine({ provider: "stand-in" });
    const example = exampleOfDocs(engine.folder);
    const programs = {
      plain: () => registerResources(),
      program: () => {
        void example.run();
        registerResources();
      },
      resource: () => registerResources({ transforms: [gracefulTermination({ sleepSeconds: 10 })] }),
    };
    for (const [name, run_] of Object.entries(programs)) {
      const stack = await openStack({ engine, name, program: { name: "shop", run: run_ }, secrets: { paymentKey } });
      stacks[name] = stack;
      plans[name] = await run(stack, "preview", { policyPack: null });
      assert.equal(plans[name].succeeded, true, plans[name].output);
    }
  });
  after(() => engine.close());
  const stackOf = (name: string): Stack => stacks[name] ?? assert.fail(name);

  for (const [name, what] of [
    ["program", "a transform of the whole program, as docs/organization.md has it,"],
    ["resource", "a transform of single resources"],
  ] as const) {
    describe(what, () => {
      it("plans the repairs and nothing else, with secrets and unknowns where they were", () => {
        assert.deepEqual(plannedInputs(plans[name]), changed(plannedInputs(plans.plain), planned));
        assert.equal(JSON.stringify(plans[name]).includes(paymentKey), false);
      });

      it("prints nothing", () => {
        const printed = (plan?: RunResult) =>
          plan?.events.flatMap(({ diagnosticEvent: event }) =>
            (event?.severity as string) === "debug" ? [] : (event?.message ?? []),
          );
        assert.deepEqual(printed(plans[name]), printed(plans.plain));
      });

      it("leaves nothing to do for the policies", async () => {
        const { succeeded, output, events } = await run(stackOf(name), "preview");
        assert.equal(succeeded, true, output);
        assert.deepEqual(ofPolicies(events), []);
      });
    });
  }

  it("repairs what the policies repair where it isn't there, and bare Pods that Pulumi names", async () => {
    const { events, output } = await run(stackOf("plain"), "preview");
    const repaired = ofPolicies(events).flatMap(({ remediated = [] }) => remediated);
    // These have secrets that no plan shows.
    const all = [...Object.keys(planned), "Deployment secret-hook", "Deployment secret-spec"];
    assert.deepEqual([...new Set(repaired), "Pod pod"].sort(), all.sort(), output);
  });

  it("deploys them, with secrets, dependencies and options as they were", async () => {
    const deploy = async (name: string) => {
      await stackOf(name).up();
      return records(await stackOf(name).exportStack(), name);
    };
    const plain = await deploy("plain");
    for (const name of ["program", "resource"]) {
      const repaired = await deploy(name);
      for (const field of ["inputs", "outputs"]) {
        assert.deepEqual(each(repaired, field), changed(each(plain, field), deployed));
      }
      assert.deepEqual(without(repaired, "inputs", "outputs"), without(plain, "inputs", "outputs"));
    }
  });
});

describe("gracefulTermination in a program that is deployed", () => {
  let deployments: Deployments | undefined;
  let isRepairing = false;
  let stack: Stack;
  before(async function () {
    deployments = await startDeployments(this, ["shop"]);
    const chart = join(deployments.engine.folder, "chart");
    write(chart, {
      "Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
      "templates/deployment.yaml": JSON.stringify(deployment("chart")),
    });
    const program: Program = {
      name: "deployed",
      run: () => {
        if (isRepairing) runtime.registerResourceTransform(gracefulTermination());
        registerDeployed(chart);
      },
    };
    stack = await openStack({ engine: deployments.engine, program });
    const { succeeded, output } = await run(stack, "up", { policyPack: null });
    assert.equal(succeeded, true, output);
    isRepairing = true;
  });
  after(() => deployments?.stop());

  it("rolls out once, replaces a bare Pod once, and leaves nothing for later runs and the pack", async () => {
    const changes = { update: 4, replace: 1 };
    for (const command of ["preview", "up"] as const) {
      const { succeeded, output, events } = await run(stack, command, { policyPack: null });
      assert.equal(succeeded, true, output);
      assert.deepEqual(changesOf(events), changes, output);
    }
    for (const policyPack of [null, root]) {
      const { succeeded, output, events } = await run(stack, "preview", { policyPack });
      assert.equal(succeeded, true, output);
      assert.deepEqual([changesOf(events), ofPolicies(events)], [{}, []], output);
    }
  });

  it("is what the API has", async () => {
    interface Listed {
      items: {
        metadata: { name: string; deletionTimestamp?: string };
        spec: { template?: { spec: Pod }; containers?: Pod["containers"] };
      }[];
    }
    interface Pod {
      containers: { lifecycle?: unknown }[];
    }
    const hooks: Record<string, unknown> = {};
    for (const path of ["/apis/apps/v1/namespaces/shop/deployments", "/api/v1/namespaces/shop/pods"]) {
      const { items } = (await deployments?.api.ask<Listed>("GET", path)) ?? { items: [] };
      for (const { metadata, spec } of items) {
        const [container] = spec.template?.spec.containers ?? spec.containers ?? [];
        hooks[metadata.name.replace(/^pod-.*/, "pod")] = container?.lifecycle;
      }
    }
    const hook = { preStop: { sleep: { seconds: 5 } } };
    assert.deepEqual(hooks, { web: hook, yaml: hook, "yaml-v2": hook, chart: hook, pod: hook, "named-pod": undefined });
  });
});

const containers = [{ name: "app", image: "app:1", ports: [{ containerPort: 80 }] }];
const routed = { ...withoutControllers, "apisix-graceful-termination/routed": "true" };

function deployment(name: string) {
  return {
    ...{ apiVersion: "apps/v1", kind: "Deployment" },
    metadata: { name, namespace: "shop", annotations: routed },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers } },
    },
  };
}

/** Workloads of all ways to make them. @param chart a Helm chart's folder */
function registerDeployed(chart: string): void {
  new k8s.apps.v1.Deployment("web", { metadata: deployment("web").metadata, spec: deployment("web").spec });
  new k8s.yaml.ConfigGroup("yaml", { objs: [deployment("yaml")] });
  new k8s.yaml.v2.ConfigGroup("yaml-v2", { objs: [deployment("yaml-v2")] });
  new k8s.helm.v4.Chart("chart", { chart, namespace: "shop" });
  new k8s.core.v1.Pod("pod", { metadata: { namespace: "shop", annotations: routed }, spec: { containers } });
  const metadata = { name: "named-pod", namespace: "shop", annotations: withoutControllers };
  new k8s.core.v1.Pod("named-pod", { metadata, spec: { containers } });
}

type Json = Record<string, unknown>;
type Resources = Record<string, Json>;

/** The inputs of each resource in the plan. */
function plannedInputs(plan: RunResult | undefined): Resources {
  const events: EngineEvent[] = plan?.events ?? [];
  const steps = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata.new ?? []);
  return Object.fromEntries(steps.map(({ urn, inputs }) => [keyOf(urn), readable(inputs) as Json]));
}

/** Each resource of a stack's export, without what differs between any two stacks. */
function records(exported: object, stack: string): Resources {
  const text = JSON.stringify(exported)
    .replaceAll(`urn:pulumi:${stack}::`, "urn:pulumi:stack::")
    .replaceAll(`shop-${stack}`, "shop-stack")
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "id");
  const { deployment } = JSON.parse(text) as { deployment: { resources: (Json & { urn: string })[] } };
  const all = deployment.resources.map((record) => [keyOf(record.urn), readable(record) as Json] as const);
  return without(Object.fromEntries(all), "created", "modified", "sourcePosition", "stackTrace");
}

/** Kind and name: `Deployment web`. The stack's own name says which it is. */
function keyOf(urn: string): string {
  const [type = "", name = ""] = urn.split("::").slice(-2);
  return type.endsWith(":Stack") ? "Stack" : `${type.split(":").at(-1)} ${name}`;
}

/** With `{secret}` for a secret, and without the random part of a name that the provider made up. */
function readable(value: unknown): unknown {
  if (typeof value === "string") return value.replace(/^pod-[0-9a-f]{8}$/, "pod-random");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(readable);
  if (runtime.isRpcSecret(value)) {
    const { plaintext } = value as { plaintext?: string };
    return { secret: plaintext === undefined ? "not shown" : (JSON.parse(plaintext) as unknown) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, readable(each)]));
}

/** One field of each resource. */
function each(of: Resources, field: string): Resources {
  return Object.fromEntries(Object.entries(of).map(([key, record]) => [key, record[field] as Json]));
}

function without(of: Resources, ...fields: string[]): Resources {
  const rest = (record: Json) => Object.fromEntries(Object.entries(record).filter(([key]) => !fields.includes(key)));
  return Object.fromEntries(Object.entries(of).map(([key, record]) => [key, rest(record)]));
}

function changed(of: Resources, changes: Changes): Resources {
  const copy = structuredClone(of);
  for (const [key, [path, value]] of Object.entries(changes)) {
    const names = path.split(".");
    const last = names.pop() ?? "";
    const holder = names.reduce<unknown>((object, name) => (object as Json)[name], copy[key]) as Json;
    assert.notDeepEqual(holder[last], value, key);
    holder[last] = value;
  }
  return copy;
}

interface PolicyEvent {
  /** What a policy repaired. */
  remediated?: string;
  /** What it reported. */
  message?: string;
}

function ofPolicies(events: readonly EngineEvent[]): PolicyEvent[] {
  // The Automation API doesn't declare the event, and hands it on.
  return (events as (EngineEvent & { policyRemediationEvent?: { resourceUrn: string } })[]).flatMap((event) => [
    ...(event.policyRemediationEvent ? [{ remediated: keyOf(event.policyRemediationEvent.resourceUrn) }] : []),
    ...(event.policyEvent ? [{ message: event.policyEvent.message }] : []),
  ]);
}

/** How many resources a run changes, and how. */
function changesOf(events: readonly EngineEvent[]): Record<string, number> {
  const changes = events.flatMap(({ summaryEvent }) => summaryEvent?.resourceChanges ?? {});
  return Object.fromEntries(changes.flatMap((each) => Object.entries(each)).filter(([what]) => what !== "same"));
}
