/** What a run costs. Prints; asserts nothing, as times differ from machine to machine. */
import { preview } from "../tests/support/host";
import { apisixRoute, deployment, service } from "../tests/support/resources";
import { benchBoot } from "./boot";
import { benchCheck } from "./check";
import { benchHooks } from "./hooks";
import { benchPolicies } from "./policies";
import { benchRouting } from "./routing";
import { benchWorstCases } from "./worst-cases";

async function main(): Promise<void> {
  await benchBoot();
  for (const count of [100, 1000]) {
    const resources = Array.from({ length: count }, (_, i) => [
      deployment(`web-${i}`),
      service(`web-${i}`),
      apisixRoute(`web-${i}`),
    ]).flat();
    const started = performance.now();
    await preview(resources);
    const taken = performance.now() - started;
    console.log(
      `a preview of ${count} Deployments, Services and ApisixRoutes each, without the engine: ${taken.toFixed(0)} ms`,
    );
  }
  await benchPolicies();
  await benchWorstCases();
  benchRouting();
  benchHooks();
  await benchCheck();
}

void main();
