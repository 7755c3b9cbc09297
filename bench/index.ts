/** What a run costs. Prints; asserts nothing, as times differ from machine to machine. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { preview } from "../tests/support/host";
import { apisixRoute, deployment, service } from "../tests/support/resources";
import { benchCheck } from "./check";
import { benchHooks } from "./hooks";
import { median } from "./median";
import { benchPolicies } from "./policies";
import { benchRouting } from "./routing";

const root = join(__dirname, "..");

/** Milliseconds from the start of the pack's process to the moment when it listens. */
function boot(): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const script = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
    const pack = spawn(process.execPath, [script, "127.0.0.1:1", "."], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    pack.stdout.once("data", () => {
      resolve(performance.now() - started);
      pack.kill();
    });
    pack.once("error", reject);
  });
}

async function main(): Promise<void> {
  const boots: number[] = [];
  for (let i = 0; i < 5; i++) boots.push(await boot());
  console.log(`boot of the pack: ${median(boots).toFixed(0)} ms`);

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
  benchRouting();
  benchHooks();
  await benchCheck();
}

void main();
