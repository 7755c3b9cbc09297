/** What the pack's policies cost beside as many policies that do nothing, in CPU time through the SDK's own functions. */
import { spawnSync } from "node:child_process";
import {
  configured,
  resourceRequest,
  rpcFunctions,
  sdkFunctions,
  servedPack,
  stackRequest,
  type Policy,
  type TestResource,
} from "../tests/support/host";
import { apisixRoute, deployment, service } from "../tests/support/resources";
import { cpu } from "./cpu";
import { median } from "./median";

/** As many policies of each kind, which look at nothing. */
function noOp(like: readonly Policy[]): Policy[] {
  return like.map(({ name, description }, i): Policy => {
    const policy = { name: `${name}-${i}`, description, enforcementLevel: "remediate" as const };
    return "validateStack" in (like[i] ?? {})
      ? { ...policy, validateStack: () => undefined }
      : { ...policy, remediateResource: () => undefined, validateResource: () => undefined };
  });
}

const configMap = (name: string): TestResource => ({
  type: "kubernetes:core/v1:ConfigMap",
  name,
  props: { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop" }, data: { a: "1", b: "2" } },
});

const fine = { lifecycle: { preStop: { sleep: { seconds: 5 } } } };

/** A third each of workloads, Services and routes; or one workload, Service and route among seven other objects. */
const stacks: [what: string, of: (count: number) => TestResource[]][] = [
  ["thirds", (count) => app(count / 3)],
  [
    "10 % workloads",
    (count) => [...app(count / 10), ...Array.from({ length: (count * 7) / 10 }, (_, i) => configMap(`config-${i}`))],
  ],
];

/** Every second workload has no hook. */
function isRepaired({ type, name }: TestResource): boolean {
  return type.endsWith(":Deployment") && Number(name.split("-")[1]) % 2 === 1;
}

function app(count: number): TestResource[] {
  return Array.from({ length: count }, (_, i) => [
    deployment(`web-${i}`, i % 2 === 0 ? fine : {}),
    service(`web-${i}`),
    apisixRoute(`web-${i}`),
  ]).flat();
}

type Calls = ReturnType<typeof rpcFunctions>;

/** A call of the engine's, with new requests each time, as off the wire: what is read of one is kept in it. */
type Prepare = () => (pack: Calls) => Promise<unknown>;

/** What the engine asks of a pack for a stack. */
function callsOf(resources: readonly TestResource[]): [name: string, prepare: Prepare][] {
  const unrepaired = resources.filter((each) => !isRepaired(each));
  const each =
    (of: readonly TestResource[], call: "analyze" | "remediate"): Prepare =>
    () => {
      const requests = of.map(resourceRequest);
      return async (pack) => {
        for (const request of requests) await pack[call](request);
      };
    };
  return [
    [
      "stack",
      () => {
        const stack = stackRequest(resources);
        return (pack) => pack.analyzeStack(stack);
      },
    ],
    ["Analyze", each(resources, "analyze")],
    ["Remediate of those that are fine", each(unrepaired, "remediate")],
    ["of all", each(resources, "remediate")],
  ];
}

export async function benchPolicies(count = 3000, rounds = 5): Promise<void> {
  const own = configured();
  const [pack, empty] = [servedPack(own), rpcFunctions(sdkFunctions(noOp(own.policies)))];
  console.log(
    `ratios to ${own.policies.length} policies that do nothing, ${count} resources, median of ${rounds} pairs:`,
  );
  for (const [what, of] of stacks) {
    const ratios: string[] = [];
    for (const [name, prepare] of callsOf(of(count))) {
      // In pairs, and the first not counted: it compiles.
      const pairs: number[] = [];
      for (let i = 0; i <= rounds; i++) {
        const [run, other] = [prepare(), prepare()];
        const ratio = (await cpu(() => run(pack))) / (await cpu(() => other(empty)));
        if (i > 0) pairs.push(ratio);
      }
      ratios.push(`${name} ${median(pairs).toFixed(2)}`);
    }
    console.log(`  ${what.padEnd(16)}${ratios.join(", ")}`);
  }
  benchLargeStacks(count);
}

/** Ten times as many resources, each stack in a process of its own, for its peak of memory. */
function benchLargeStacks(count: number): void {
  for (const [i, [what]] of stacks.entries()) {
    const [small, large, empty] = [
      ["pack", count] as const,
      ["pack", count * 10] as const,
      ["no-op", count * 10] as const,
    ].map(([pack, count]) => {
      const args = ["-r", "ts-node/register/transpile-only", __filename, pack, `${count}`, `${i}`];
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout) as Cost;
    }) as [Cost, Cost, Cost];
    console.log(
      `  ${what.padEnd(16)}ten times as many take ${(large.cpu / small.cpu).toFixed(1)} times as long; ` +
        `peak of memory ${large.memory.toFixed(0)} MB, ${(large.memory / empty.memory).toFixed(2)} × that of nothing`,
    );
  }
}

/** Of a whole preview. */
interface Cost {
  /** Milliseconds. */
  cpu: number;
  /** Megabytes. */
  memory: number;
}

async function previewOnce([pack, count, which]: readonly string[]): Promise<void> {
  const own = configured();
  const functions = pack === "pack" ? servedPack(own) : rpcFunctions(sdkFunctions(noOp(own.policies)));
  const calls = callsOf(stacks[Number(which)]![1](Number(count)));
  const used = await cpu(async () => {
    for (const [, prepare] of calls) await prepare()(functions);
  });
  const cost: Cost = { cpu: used, memory: process.resourceUsage().maxRSS / 1024 };
  console.log(JSON.stringify(cost));
}

if (require.main === module) void (process.argv.length > 2 ? previewOnce(process.argv.slice(2)) : benchPolicies());
