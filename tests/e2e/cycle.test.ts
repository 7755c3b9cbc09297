/**
 * A stack's whole life with the pack, on a real engine, with Pulumi's own Kubernetes provider and a real API server:
 * deployed without the pack, previewed and deployed with it, previewed again, changed, and deployed without it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parseMessage } from "../../src/report/message";
import { openStack, run, type RunOptions, type RunResult } from "../../tools/pulumi";
import { deployable, startDeployments, withoutControllers, type Deployments } from "../support/deployments";
import { write } from "../support/folder";
import { apply, type ApiServer, type KubernetesObject } from "../support/kubernetes";
import { podSpec } from "../support/resources";

const namespace = "shop";
const secret = "not-to-be-seen-7c1e";

/** What a program is told: whether the pack was there before, and whether it is changed now; and where things are. */
interface Setting {
  stage: "before" | "with" | "changed";
  folder: string;
  kubeconfig: string;
}

interface Options extends pulumi.CustomResourceOptions {
  container?: Partial<k8s.types.input.core.v1.Container>;
  pod?: Partial<k8s.types.input.core.v1.PodSpec>;
  labels?: Record<string, string>;
}

/** Its container declares a port: it looks reachable, so that the pack repairs it. */
function podOf({ container, pod }: Options) {
  const startupProbe = { tcpSocket: { port: 8080 } };
  const web = { name: "web", image: "web:1", ports: [{ containerPort: 8080 }], startupProbe };
  return { containers: [{ ...web, ...container }], ...pod };
}

function manifest(name: string, options: Options = {}) {
  const { labels = { app: name } } = options;
  return {
    apiVersion: "apps/v1" as const,
    kind: "Deployment" as const,
    metadata: { name, namespace, labels: { case: name } },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podOf(options) } },
  };
}

function deployment(name: string, options: Options = {}): void {
  const { container: _, pod: __, labels: ___, ...opts } = options;
  new k8s.apps.v1.Deployment(name, manifest(name, options), opts);
}

function pod(name: string): void {
  new k8s.core.v1.Pod(name, { metadata: { name, namespace, labels: { case: name, app: name } }, spec: podOf({}) });
}

/** An Ingress of APISIX and the Service that it leads to: the workload of the same name is routed. */
function route(name: string): void {
  const metadata = { name, namespace };
  new k8s.core.v1.Service(name, { metadata, spec: { selector: { app: name }, ports: [{ port: 80 }] } });
  const backend = { service: { name, port: { number: 80 } } };
  const paths = [{ path: `/${name}`, pathType: "Prefix", backend }];
  new k8s.networking.v1.Ingress(name, { metadata, spec: { ingressClassName: "apisix", rules: [{ http: { paths } }] } });
}

const sleep = (seconds: number) => ({ lifecycle: { preStop: { sleep: { seconds } } } });
const script = (text: string) => ({ lifecycle: { preStop: { exec: { command: ["sh", "-c", text] } } } });
const grace = "spec.template.spec.terminationGracePeriodSeconds";

/** No Deployment survives a change of its selector. */
const otherSelector = (name: string, stage: Setting["stage"]) => ({
  labels: { app: name, ...(stage === "before" && { version: "1" }) },
});

/** A user's own transform of the containers. */
function transforms(edit: (containers: object[]) => void): Options {
  const transform: pulumi.ResourceTransform = ({ props, opts }) => {
    edit(podSpec(props).containers);
    return { props, opts };
  };
  return { transforms: [transform] };
}

class Group extends pulumi.ComponentResource {
  constructor(name: string) {
    super("shop:index:Group", name);
  }
}

/** `what the engine does: what the API server holds then (what the pack says)`, for each run. */
type Runs = string;

type Case = readonly [name: string, runs: Runs, register: (name: string, setting: Setting) => void];

const repaired: Runs = "create: no hook | update | update: sleep 5 | same | same: sleep 5 | update: no hook";
const ignored: Runs =
  "create: no hook | same (advice: repair-undone) | same: no hook (advice: repair-undone) | same (advice: repair-undone) | same: no hook | same: no hook";

// up without the pack | preview with it | up | preview that refreshes | up of a changed program | up without the pack
const cases: Case[] = [
  ["deployment", repaired, (name) => deployment(name)],
  ["routed", repaired, (name) => (deployment(name), route(name))],
  [
    "autonamed",
    repaired,
    (name) => {
      const { spec } = manifest(name);
      new k8s.apps.v1.Deployment(name, { metadata: { namespace, labels: { case: name } }, spec });
    },
  ],
  [
    "grace",
    "create: script | update | update: script in 50 s | same | same: script in 50 s | update: script",
    (name) => deployment(name, { container: script("sleep 40") }),
  ],
  [
    "created-with",
    " | create | create: sleep 5 | same | same: sleep 5 | update: no hook",
    (name, { stage }) => stage !== "before" && deployment(name),
  ],
  ["protected", repaired, (name) => deployment(name, { protect: true })],
  ["in-component", repaired, (name) => deployment(name, { parent: new Group(name) })],
  [
    "other-provider",
    repaired,
    (name, { kubeconfig }) => {
      const { spec } = manifest(name);
      const provider = new k8s.Provider(name, { kubeconfig, namespace: "other" });
      new k8s.apps.v1.Deployment(name, { metadata: { name, labels: { case: name } }, spec }, { provider });
    },
  ],
  [
    "chart",
    repaired,
    (name, { folder }) => new k8s.helm.v4.Chart(name, { chart: join(folder, name), namespace, skipAwait: true }),
  ],
  ["group", repaired, (name) => new k8s.yaml.v2.ConfigGroup(name, { objs: [manifest(name)], skipAwait: true })],
  [
    "secret",
    repaired,
    (name) =>
      deployment(name, { container: { env: [{ name: "KEY", value: new pulumi.Config().requireSecret("key") }] } }),
  ],
  [
    "renamed",
    repaired,
    (name, { stage }) =>
      stage === "before"
        ? deployment(name)
        : new k8s.apps.v1.Deployment(`${name}-alias`, manifest(name), { aliases: [{ name }] }),
  ],
  [
    "own-hook",
    "create: sleep 10 | same | same: sleep 10 | same | same: sleep 10 | same: sleep 10",
    (name) =>
      deployment(
        name,
        transforms(([web]) => Object.assign(web!, sleep(10))),
      ),
  ],
  [
    "own-sidecar",
    "create: no hook, no hook | update | update: sleep 5, sleep 5 | same | same: sleep 5, sleep 5 | update: no hook, no hook",
    (name) =>
      deployment(
        name,
        transforms((containers) => containers.push({ name: "proxy", image: "proxy:1" })),
      ),
  ],
  [
    "imported",
    ": no hook | import, update | import, update: sleep 5 | same | same: sleep 5 | update: no hook",
    (name, { stage }) =>
      stage !== "before" && deployment(name, stage === "with" ? { import: `${namespace}/${name}` } : {}),
  ],
  // A patch sets some fields of an object that somebody else has made; what it doesn't set isn't its own.
  [
    "patched",
    "create: no hook in 20 s | same | same: no hook in 20 s | same | same: no hook in 20 s | same: no hook in 20 s",
    (name) =>
      new k8s.apps.v1.DeploymentPatch(name, {
        metadata: { name, namespace, annotations: { "pulumi.com/patchForce": "true" } },
        spec: { template: { spec: { terminationGracePeriodSeconds: 20 } } },
      }),
  ],
  [
    "on-delete",
    "create: no hook | update (advice: repair-waits) | update: sleep 5 (advice: repair-waits) | same (advice: repair-waits) | same: sleep 5 (advice: repair-waits) | update: no hook",
    (name) => {
      const { metadata, spec } = manifest(name);
      const updateStrategy = { type: "OnDelete" };
      new k8s.apps.v1.StatefulSet(name, { metadata, spec: { ...spec, serviceName: name, updateStrategy } });
      route(name);
    },
  ],

  // Bare Pods stay as they are.
  ["pod", "create: no hook | same | same: no hook | same | same: no hook | same: no hook", (name) => pod(name)],
  [
    "routed-pod",
    "create: no hook | same (violation: no-hook) | same: no hook (violation: no-hook) | same (violation: no-hook) | same: no hook (violation: no-hook) | same: no hook",
    (name) => (pod(name), route(name)),
  ],

  // What the engine leaves out is said.
  ["ignores-spec", ignored, (name) => deployment(name, { ignoreChanges: ["spec"] })],
  ["ignores-container", ignored, (name) => deployment(name, { ignoreChanges: ["spec.template.spec.containers[0]"] })],
  ["ignores-all", ignored, (name) => deployment(name, { ignoreChanges: ["*"] })],
  // A grace period that is ignored isn't repaired, nor what needs it: the API refuses a sleep that it doesn't cover.
  [
    "ignores-grace",
    "create: script | same | same: script | same | same: script | same: script",
    (name) => deployment(name, { container: script("sleep 40"), ignoreChanges: [grace] }),
  ],
  [
    "ignores-short-grace",
    "create: no hook in 3 s | same | same: no hook in 3 s | same | same: no hook in 3 s | same: no hook in 3 s",
    (name) => deployment(name, { pod: { terminationGracePeriodSeconds: 3 }, ignoreChanges: [grace] }),
  ],
  [
    "ignores-routed",
    "create: no hook | same (violation: repair-undone) | same: no hook (violation: repair-undone) | same (violation: repair-undone) | same: no hook (violation: no-hook) | same: no hook",
    (name) => (deployment(name, { ignoreChanges: ["spec"] }), route(name)),
  ],
  [
    "ignores-created-with",
    " | create | create: sleep 5 | same | same: sleep 5 | same: sleep 5",
    (name, { stage }) => stage !== "before" && deployment(name, { ignoreChanges: ["spec"] }),
  ],
  [
    "replaced",
    "create: no hook | replace (advice: repair-undone) | replace: no hook (advice: repair-undone) | update | update: sleep 5 | update: no hook",
    (name, { stage }) => deployment(name, otherSelector(name, stage)),
  ],
  [
    "replaced-routed",
    "create: no hook | replace (violation: repair-undone) | replace: no hook (violation: repair-undone) | update | update: sleep 5 | update: no hook",
    (name, { stage }) => (deployment(name, otherSelector(name, stage)), route(name)),
  ],

  // What is deleted is let go.
  [
    "deleted",
    "create: no hook | update | update: sleep 5 | same | delete | ",
    (name, { stage }) => stage !== "changed" && deployment(name),
  ],
  [
    "retained",
    "create: no hook | update | update: sleep 5 | same | delete: sleep 5 | : sleep 5",
    (name, { stage }) => stage !== "changed" && deployment(name, { retainOnDelete: true }),
  ],
];

// `repairPods`: up without the pack | up with it | preview | up without it
const pods: Case[] = [
  // The engine replaces a Pod that exists, and drops the repair.
  [
    "existing-pod",
    "create: no hook | replace: no hook (advice: repair-undone) | replace (advice: repair-undone) | same: no hook",
    (name) => pod(name),
  ],
  ["new-pod", " | create: sleep 5 | same | replace: no hook", (name, { stage }) => stage !== "before" && pod(name)],
];

type Run = readonly [stage: Setting["stage"], command: "up" | "preview", options: RunOptions];

describe("a stack's life with the pack", () => {
  let deployments: Deployments | undefined;
  before(async function () {
    deployments = await startDeployments(this, [namespace, "other"]);
    const { engine, api } = deployments;
    write(engine.folder, {
      "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
      "chart/templates/deployment.yaml": manifest("chart"),
    });
    const imported = manifest("imported");
    const metadata = { ...imported.metadata, annotations: withoutControllers };
    await apply(api, { ...imported, metadata }, manifest("patched"));
  });
  after(() => deployments?.stop());

  /** Runs a stack of cases, and asserts what became of each. Answers its stack and what was printed, when it has run. */
  function live(about: string, table: readonly Case[], settings: object, runs: (pack: RunOptions) => Run[]) {
    const lived = { printed: "", state: "" };
    const done = new Map(table.map(([name]): [string, string[]] => [name, []]));
    describe(about, () => {
      before(async () => {
        const { engine, api } = deployments ?? assert.fail();
        const setting: Setting = { stage: "before", folder: engine.folder, kubeconfig: api.kubeconfigPath };
        const register = () => table.forEach(([name, , register]) => register(name, setting));
        const program = deployable({ name: about, run: register });
        const stack = await openStack({ engine, program, secrets: { key: secret } });
        write(engine.folder, { [`${about}.json`]: settings });
        for (const [stage, command, options] of runs({ policyPackConfig: join(engine.folder, `${about}.json`) })) {
          setting.stage = stage;
          const result = await run(stack, command, options);
          assert.equal(result.succeeded, true, result.output);
          const held = command === "up" ? await hooks(api) : undefined;
          for (const [name, all] of done) all.push(told(result, name, held));
          lived.printed += result.output + JSON.stringify(result.events);
        }
        // As Pulumi keeps it: an export by the Automation API shows its secrets.
        lived.state = readFileSync(join(engine.folder, "state", ".pulumi", "stacks", about, "dev.json"), "utf8");
      });
      for (const [name, runs] of table) it(name, () => assert.deepEqual(done.get(name), runs.split(" | ")));
    });
    return lived;
  }

  // What isn't so in the stack is to be said, and not to end the run.
  const advisory = { "apisix-routed-workloads": "advisory" };
  const without = { policyPack: null };

  const lived = live("workloads", cases, advisory, (pack) => [
    ["before", "up", without],
    ["with", "preview", pack],
    ["with", "up", pack],
    ["with", "preview", { ...pack, refresh: true }],
    ["changed", "up", pack],
    ["changed", "up", without],
  ]);

  describe("a secret", () => {
    it("prints a secret nowhere, keeps it one in the state, and deploys it", async () => {
      assert.equal(lived.printed.includes(secret), false);
      assert.match(lived.state, /:Deployment::secret"/);
      assert.equal(lived.state.includes(secret), false);
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/secret`;
      const stored = await deployments!.api.ask<Record<string, unknown>>("GET", path);
      assert.deepEqual(podSpec(stored).containers[0]?.env, [{ name: "KEY", value: secret }]);
    });
  });

  live("pods", pods, { ...advisory, "pre-stop-sleep": { repairPods: true } }, (pack) => [
    ["before", "up", without],
    ["with", "up", pack],
    ["with", "preview", pack],
    ["changed", "up", without],
  ]);
});

/** What the API server holds, by case: the hooks of the containers, and the grace period if it isn't the default. */
async function hooks(api: ApiServer): Promise<Map<string, string>> {
  const held = new Map<string, string>();
  for (const path of ["/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets", "/api/v1/pods"]) {
    const { items } = await api.ask<{ items: KubernetesObject[] }>("GET", path);
    for (const item of items) {
      const { case: name = "" } = (item.metadata?.labels ?? {}) as { case?: string };
      assert.ok(!held.has(name), `two of ${name}`);
      held.set(name, hooksOf(item));
    }
  }
  return held;
}

function hooksOf(object: KubernetesObject): string {
  const { containers, terminationGracePeriodSeconds: period } = podSpec(object);
  const hooks = containers.map(({ lifecycle }) => {
    const handler = (lifecycle as { preStop?: { sleep?: { seconds: number } } } | undefined)?.preStop;
    if (!handler) return "no hook";
    return handler.sleep ? `sleep ${handler.sleep.seconds}` : "script";
  });
  return hooks.join(", ") + (period === 30 ? "" : ` in ${String(period)} s`);
}

/** What became of a resource in a run, as the table of cases has it. */
function told({ events }: RunResult, name: string, held: Map<string, string> | undefined): string {
  const steps = new Set<string>();
  const findings: string[] = [];
  for (const { resourcePreEvent, policyEvent } of events) {
    const step = resourcePreEvent?.metadata;
    if (step && isOf(step.urn, name) && step.op !== "refresh") {
      steps.add(step.op.includes("replace") ? "replace" : step.op);
    }
    if (policyEvent?.resourceUrn && isOf(policyEvent.resourceUrn, name)) {
      const kind = policyEvent.policyName === "apisix-routed-workloads" ? "violation" : "advice";
      findings.push(` (${kind}: ${parseMessage(policyEvent.message).code})`);
    }
  }
  const now = held?.get(name);
  return [...steps].join(", ") + (now ? `: ${now}` : "") + findings.join("");
}

/** Is it the workload of a case, whatever its parent? */
function isOf(urn: string, name: string): boolean {
  return new RegExp(`:(Deployment|DeploymentPatch|StatefulSet|Pod)::(?:.*[:/])?${name}(-alias)?$`).test(urn);
}
