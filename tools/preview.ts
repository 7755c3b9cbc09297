/**
 * Shows the main job: the example's `pulumi preview` with the pack. `--config NAME` takes NAME.json beside the example
 * as the policy pack's config.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openStack, programIn, run, startEngine } from "./pulumi";
import { workloadLines } from "./workload-lines";

const project = join(__dirname, "..", "examples", "shop");

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { config: { type: "string" } } });
  const config = values.config === undefined ? undefined : join(project, `${values.config}.json`);
  if (config !== undefined && !existsSync(config)) {
    const names = readdirSync(project).filter((file) => /^(advisory|mandatory)/.test(file));
    throw new Error(
      `--config ${values.config}: there is no such config beside the example; there are ${names.join(", ")}`,
    );
  }
  // A first look shouldn't wait for the build of the provider.
  const engine = await startEngine({ provider: "at-hand" });
  console.log(`Kubernetes provider: ${engine.provider}.`);
  try {
    const program = programIn(project);
    const stack = await openStack({ engine, program, secrets: { paymentKey: "not-to-be-seen" } });
    const { succeeded, events } = await run(stack, "preview", {
      ...(config !== undefined && { policyPackConfig: config }),
      color: process.stdout.isTTY ? "always" : "never",
      onOutput: (text) => process.stdout.write(text),
    });
    if (succeeded) {
      console.log("Hooks and grace periods, as they would be deployed:");
      for (const line of workloadLines(events)) console.log(`  ${line}`);
    }
    return succeeded ? 0 : 1;
  } finally {
    engine.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
