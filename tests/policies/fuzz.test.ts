/**
 * Whatever becomes of a stack: mutated objects through the SDK's own handlers, as the engine calls them. No throw, an
 * answer to each call, nobody blamed whom nothing leads to, no secret in a message, and repairs that touch nothing but
 * their two fields.
 *
 * POLICY_STACKS is how many stacks.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Resource } from "../../src/kubernetes/resource";
import { oneLine } from "../../src/plain";
import type { Settings } from "../../src/settings/schema";
import { cases } from "../routing/cases";
import { arbitraryWorkload } from "../support/arbitrary-pods";
import {
  configured,
  resourceRequest,
  servedPack,
  stackRequest,
  unwrap,
  UNKNOWN,
  type TestResource,
} from "../support/host";
import { arbitraryMutation, mutated, revealed, withSecrets, type Mutation } from "../support/mutations";
import { apisixRoute, service } from "../support/resources";

const stacks = Number(process.env.POLICY_STACKS ?? 120);
let calls = 0;

/** What a case's resource is to Pulumi. */
function asTestResource({ group, version, kind, body, isPatch, id }: Resource): TestResource {
  const type = `kubernetes:${group || "core"}/${version}:${kind}${isPatch ? "Patch" : ""}`;
  // Unknown values of the tables throw when they are read.
  const props = JSON.parse(JSON.stringify(raw(body))) as Record<string, unknown>;
  return { type, name: id.replace(/\W+/g, "-"), props };
}

function raw(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return typeof value === "symbol" ? UNKNOWN : value;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    try {
      copy[key] = raw((value as Record<string, unknown>)[key]);
    } catch {
      copy[key] = UNKNOWN;
    }
  }
  return Array.isArray(value) ? Object.values(copy) : copy;
}

const tables = cases.map(({ given }) => given.map(asTestResource)).filter(({ length }) => length > 0);

const arbitraryStack: fc.Arbitrary<TestResource[]> = fc.oneof(
  fc.nat(tables.length - 1).map((i) => tables[i] ?? []),
  arbitraryWorkload.map((object) => {
    const { apiVersion, kind, metadata } = object as { apiVersion: string; kind: string; metadata: object };
    const type = `kubernetes:${apiVersion === "v1" ? "core/v1" : apiVersion}:${kind}`;
    const props = { ...object, metadata: { ...metadata, namespace: "shop" } };
    return [{ type, name: "web", props }, service("web"), apisixRoute("web")];
  }),
);

const settings: Settings[] = [
  {},
  { select: "all", repairPods: true },
  { select: "exposed", containers: "serving", ignoreContainers: ["side*"], hook: "exec", kubernetesVersion: "1.29" },
  { select: "all", repairPods: true, sleepSeconds: 20, shutdownSeconds: 30, maxGracePeriodSeconds: 60 },
  {
    exempt: [{ name: "w*", labels: { app: "*" }, reason: "is moved", until: "2026-01-01" }],
    catalog: [{ namespace: "shop", name: "web", selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] }],
  },
];

const arbitraryRun = fc.record({
  stack: arbitraryStack,
  mutations: fc.array(arbitraryMutation, { maxLength: 4 }),
  secrets: fc.nat(2 ** 31),
  sparsity: fc.constantFrom(2, 5, 20, 1_000_000),
  settings: fc.nat(settings.length - 1),
  shuffle: fc.nat(2 ** 31),
});

interface Diagnostic {
  policy: string;
  urn: string;
  message: string;
}

function diagnosticsOf(response: proto.AnalyzeResponse): Diagnostic[] {
  return response.getDiagnosticsList().map((each) => {
    return { policy: each.getPolicyname(), urn: each.getUrn(), message: each.getMessage() };
  });
}

/** A call that is answered: nothing in it waits for anything outside, so that some turns of the loop are enough. */
async function answered<T>(call: Promise<T>, what: string): Promise<T> {
  calls++;
  let isDone = false;
  const done = call.finally(() => (isDone = true));
  for (let turn = 0; turn < 100 && !isDone; turn++) await new Promise(setImmediate);
  return isDone ? done : assert.fail(`${what}: no answer`);
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const key = (i: number) => ((seed + 1) * 48_271 * (i + 1)) % 65_537;
  return items
    .map((item, i) => [key(i), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

/** As the engine would send it: without what JSON has no words for. */
function sent(props: Record<string, unknown>): Record<string, unknown> {
  return Struct.fromJavaScript(props as never).toJavaScript();
}

/** Remediates a resource, again, and analyzes it; answers it as the engine goes on with it. */
async function repaired(
  pack: ReturnType<typeof servedPack>,
  resource: TestResource,
  said: Diagnostic[],
): Promise<TestResource> {
  const repairs = async (of: TestResource): Promise<Record<string, unknown>> => {
    let { props } = of;
    for (const one of (await answered(pack.remediate(resourceRequest(of)), "remediate")).getRemediationsList()) {
      assert.equal(one.getDiagnostic(), "", "a repair that couldn't be made");
      props = one.getProperties()?.toJavaScript() ?? assert.fail("no properties");
    }
    return props;
  };
  const after = { ...resource, props: await repairs(resource) };
  assert.deepEqual(await repairs(after), after.props, "a second repair changes something");
  for (const path of changedPaths(sent(resource.props), sent(after.props))) assert.match(path, repairedField);
  if (after.props !== resource.props && invalid(resource) === undefined) assert.equal(invalid(after), undefined);
  said.push(...diagnosticsOf(await answered(pack.analyze(resourceRequest(after)), "analyze")));
  return after;
}

const repairedField =
  /^(spec\.template\.)?spec\.(terminationGracePeriodSeconds|(initContainers|containers)\.\d+\.lifecycle\.preStop(\..*)?)$/;

/** Where two values differ. What is a secret in one of them must be one in the other. */
function changedPaths(before: unknown, after: unknown, path: readonly string[] = []): string[] {
  const [one, other] = [unwrap(before), unwrap(after)];
  if ((one === before) !== (other === after)) return [`${path.join(".")} is not a secret any more`];
  // To the API, null is what isn't there.
  const isNew = (one === undefined || one === null) && path.at(-1) === "lifecycle";
  if (Object.is(one, other)) return [];
  if ((typeof one !== "object" || one === null) && !isNew) return [path.join(".")];
  if (typeof other !== "object" || other === null) return [path.join(".")];
  const keys = new Set([...Object.keys(one ?? {}), ...Object.keys(other)]);
  return [...keys].flatMap((key) =>
    changedPaths((one as Record<string, unknown> | undefined)?.[key], (other as Record<string, unknown>)[key], [
      ...path,
      key,
    ]),
  );
}

interface Spec {
  terminationGracePeriodSeconds?: unknown;
  containers?: ({ lifecycle?: { preStop?: { sleep?: { seconds?: unknown } } } } | null)[];
  initContainers?: Spec["containers"];
}

/** What the API server refuses of a Pod's clock and its sleeps, which have to fit into it. */
function invalid({ props }: TestResource): string | undefined {
  const { spec } = revealed(props) as { spec?: Spec & { template?: { spec?: Spec } } };
  const pod = spec?.template?.spec ?? spec;
  const grace = pod?.terminationGracePeriodSeconds ?? 30;
  if (!Number.isInteger(Number(grace))) return "not a whole number of seconds";
  const containers = [pod?.containers, pod?.initContainers].flatMap((each) => (Array.isArray(each) ? each : []));
  for (const container of containers) {
    const { preStop } = container?.lifecycle ?? {};
    const seconds = Number(preStop?.sleep?.seconds ?? 0);
    if (!(seconds <= Number(grace))) return "a sleep that is longer than the grace period";
    if (Object.keys(preStop ?? {}).length > 1) return "two handlers";
  }
  return undefined;
}

type Labels = Record<string, unknown>;

/** The resources by what messages call them, as far as their own names say. */
function byLabel(resources: readonly TestResource[]): Map<string, TestResource[]> {
  const labels = new Map<string, TestResource[]>();
  for (const resource of resources) {
    const { metadata } = revealed(resource.props) as { metadata?: { name?: unknown; namespace?: unknown } };
    const kind = resource.type.split(":").at(-1) ?? "";
    const { name, namespace } = metadata ?? {};
    for (const own of [name, resource.name]) {
      // As messages print what may not be printed.
      for (const label of [
        oneLine(`${kind} ${String(own)}`),
        oneLine(`${kind} ${typeof namespace === "string" ? namespace : "default"}/${String(own)}`),
      ]) {
        labels.set(label, [...(labels.get(label) ?? []), resource]);
      }
    }
  }
  return labels;
}

function podLabels({ type, props }: TestResource): Labels {
  const body = revealed(props) as {
    metadata?: { labels?: Labels };
    spec?: { template?: { metadata?: { labels?: Labels } } };
  };
  return (type.endsWith(":Pod") ? body.metadata?.labels : body.spec?.template?.metadata?.labels) ?? {};
}

/** Does the Service select the workload, by what is known of both? */
function mayLead(service: TestResource, workload: TestResource, all: readonly TestResource[]): boolean {
  const { spec } = revealed(service.props) as { spec?: { selector?: unknown } };
  const selector = spec?.selector;
  if (selector === UNKNOWN) return true;
  if (typeof selector !== "object" || selector === null) return false;
  // A patch is judged with the labels of what it patches.
  const patched = all.filter((each) => `${each.type}Patch` === workload.type).map(podLabels);
  const labels = Object.assign({}, ...patched, podLabels(workload)) as Labels;
  const pairs = Object.entries(selector);
  return pairs.length > 0 && pairs.every(([key, value]) => value === UNKNOWN || labels[key] === value);
}

/** Each chain in a violation ends at a workload that its Service selects. */
function assertBlame({ policy, message }: Diagnostic, resources: readonly TestResource[]): number {
  if (policy !== "apisix-routed-workloads") return 0;
  const labels = byLabel(resources);
  let judged = 0;
  for (const line of message.split("\n").filter((each) => each.includes(" › "))) {
    const steps = line.replace(/ \(and \d+ more paths?\)$/, "").split(" › ");
    const [last = "", before = ""] = steps.reverse();
    const workloads = labels.get(last) ?? [];
    const services = labels.get(before.replace(/:[^:/]*$/, "")) ?? [];
    // What is a secret of a name isn't printed, and not all of an endless one.
    if (/\(secret\)|… \(\d+ more characters\)/.test(line)) continue;
    // A finding of the Service itself ends there.
    if (last.startsWith("Service ")) continue;
    const leads = services.some((one) => workloads.some((other) => mayLead(one, other, resources)));
    assert.ok(leads, `nothing leads there: ${line}`);
    judged++;
  }
  return judged;
}

describe("mutated stacks through the SDK's handlers", function () {
  this.timeout(24 * 3_600_000);

  it("are judged without a throw, a leak, a wrong blame or another edit", async () => {
    const counts = { stacks: 0, repairs: 0, messages: 0, chains: 0 };
    await fc.assert(
      fc.asyncProperty(arbitraryRun, async (run) => {
        const whole = withSecrets(run.stack, run.secrets, run.sparsity);
        const stack = run.mutations.reduce(
          (resources: TestResource[], each: Mutation) => mutated(resources, each),
          whole,
        );
        const pack = servedPack(configured({}, settings[run.settings]));
        const said: Diagnostic[] = [];
        const after: TestResource[] = [];
        for (const resource of stack) {
          const next = await repaired(pack, resource, said);
          if (next.props !== resource.props) counts.repairs++;
          after.push(next);
        }
        const judge = async (resources: TestResource[]) =>
          diagnosticsOf(await answered(pack.analyzeStack(stackRequest(resources)), "analyze the stack"));
        const ofStack = await judge(after);
        assert.deepEqual(await judge(shuffled(after, run.shuffle)), ofStack, "another order, another answer");
        for (const each of [...said, ...ofStack]) {
          assert.doesNotMatch(each.message, /canary-/, "a secret in a message");
          counts.chains += assertBlame(each, after);
        }
        counts.stacks++;
        counts.messages += said.length + ofStack.length;
      }),
      { numRuns: stacks },
    );
    assert.ok(counts.repairs > 0 && counts.chains > 0);
    if (process.env.POLICY_STACKS) console.log(`      ${calls} calls`, JSON.stringify(counts));
  });
});
