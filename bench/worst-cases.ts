/**
 * What grows: each stack at one size and at twice that size, through the SDK's own functions, in CPU time. Twice as much
 * should take about twice as long; where two things grow together, the ways between them are as many as their product.
 *
 *     node -r ts-node/register/transpile-only bench/worst-cases.ts [name]
 */
import { configured, resourceRequest, servedPack, stackRequest } from "../tests/support/host";
import { worstCases, type WorstCase } from "../tests/support/worst-cases";
import { cpu } from "./cpu";

/** The milliseconds of CPU of one stack: its last resource alone, which is repaired, and then all of it, as if the repair were undone. */
async function measure({ of, settings }: WorstCase, count: number): Promise<[stack: number, alone: number]> {
  const resources = of(count);
  const pack = servedPack(configured({}, settings?.(count)));
  const [stack, request] = [stackRequest(resources), resourceRequest(resources.at(-1)!)];
  const alone = await cpu(async () => {
    const [remediation] = (await pack.remediate(request)).getRemediationsList();
    const props = remediation?.getProperties()?.toJavaScript();
    await pack.analyze(props === undefined ? request : resourceRequest({ ...resources.at(-1)!, props }));
  });
  return [await cpu(() => pack.analyzeStack(stack)), alone];
}

export async function benchWorstCases(wanted = ""): Promise<void> {
  for (const each of worstCases.filter(({ name }) => name.includes(wanted))) {
    await measure(each, Math.ceil(each.size / 10));
    const small = await measure(each, each.size);
    const large = await measure(each, each.size * 2);
    const shown = ["stack", "alone"].map((what, i) => {
      const [one, two] = [small[i] ?? 0, large[i] ?? 0];
      return `${what} ${two.toFixed(0)} ms, × ${(two / one).toFixed(1)}`;
    });
    console.log(`${each.size * 2} ${each.name}`.padEnd(66), shown.join("; "));
  }
}

if (require.main === module) void benchWorstCases(process.argv[2]);
