/** What the pack's policies cost beside as many policies that do nothing, in CPU time through the SDK's own functions. */
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

function app(count: number): TestResource[] {
  return Array.from({ length: count }, (_, i) => [
    // Half of them are fine; the others are repaired.
    deployment(`web-${i}`, i % 2 === 0 ? fine : {}),
    service(`web-${i}`),
    apisixRoute(`web-${i}`),
  ]).flat();
}

async function cpu(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  return process.cpuUsage(before).user;
}

export async function benchPolicies(count = 3000, rounds = 5): Promise<void> {
  const own = configured();
  const [pack, empty] = [servedPack(own), rpcFunctions(sdkFunctions(noOp(own)))];
  console.log(`ratios to ${own.length} policies that do nothing, ${count} resources, median of ${rounds} pairs:`);
  for (const [what, of] of stacks) {
    const resources = of(count);
    type Pack = ReturnType<typeof rpcFunctions>;
    // New requests for each run, as off the wire: what is read of one is kept in it.
    const calls: [name: string, prepare: () => (of: Pack) => Promise<unknown>][] = [
      [
        "stack",
        () => {
          const stack = stackRequest(resources);
          return (each) => each.analyzeStack(stack);
        },
      ],
      ...(["analyze", "remediate"] as const).map((name): (typeof calls)[number] => [
        name,
        () => {
          const requests = resources.map(resourceRequest);
          return async (each) => {
            for (const request of requests) await each[name](request);
          };
        },
      ]),
    ];
    const ratios: string[] = [];
    for (const [name, prepare] of calls) {
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
}

if (require.main === module) void benchPolicies();
