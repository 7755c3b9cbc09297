/** Shows the main job: the example's `pulumi preview` with the pack. */
import { existsSync, readdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openStack, programIn, run, startEngine } from "./pulumi";
import { workloadLines } from "./workload-lines";

const project = join(__dirname, "..", "examples", "shop");

const help = `Usage: npm run preview [-- --config NAME]

Runs \`pulumi preview\` of examples/shop with the policy pack. Nothing is deployed, and no cluster is asked.

  --config NAME  give the pack examples/shop/NAME.json as its config: ${configNames().join(" or ")}
  --help         print this help

Without an installed Pulumi, its CLI is built once, with Go, into ~/.cache/apisix-graceful-termination;
APISIX_GRACEFUL_TERMINATION_CACHE names another folder.
`;

/** The configs beside the example, without their ending. */
function configNames(): string[] {
  return readdirSync(project).flatMap((file) => /^(advisory|mandatory)\.json$/.exec(file)?.[1] ?? []);
}

/**
 * What a command line asks for.
 *
 * @param env npm takes an option that no `--` precedes for its own, and leaves `npm_config_<option>` of it
 * @throws Error that says what to write
 */
function asked(args: readonly string[], env: NodeJS.ProcessEnv): { help: boolean; config?: string } {
  const options = { config: { type: "string" }, help: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { config, help = false } = values;
  const taken = config === undefined ? env.npm_config_config : undefined;
  if (taken !== undefined || positionals.length > 0) {
    const name = taken === undefined || taken === "true" ? (positionals[0] ?? "NAME") : taken;
    const what =
      taken === undefined ? `${name}: an option is missing` : "npm took --config for its own: write -- before it";
    throw new Error(`${what}: npm run preview -- --config ${name}`);
  }
  if (config !== undefined && !existsSync(join(project, `${config}.json`))) {
    throw new Error(
      `--config ${config}: there is no such config beside the example; there are ${configNames().join(", ")}`,
    );
  }
  return { help, ...(config !== undefined && { config: join(project, `${config}.json`) }) };
}

async function main(): Promise<number> {
  const { help: isHelp, config } = asked(process.argv.slice(2), process.env);
  if (isHelp) {
    process.stdout.write(help);
    return 0;
  }
  let isPreviewing = false;
  const interruption = new AbortController();
  let stoppedBy: number | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      const isFirst = stoppedBy === undefined;
      stoppedBy = 128 + constants.signals[name];
      // Pulumi writes into the temporary folder until it ends; what else runs is stopped at once.
      if (isFirst && isPreviewing) interruption.abort();
      else process.exit(stoppedBy);
    });
  }
  // A first look shouldn't wait for the build of the provider.
  const engine = await startEngine({ provider: "at-hand" });
  console.log(`Kubernetes provider: ${engine.provider}.`);
  try {
    const program = programIn(project);
    const stack = await openStack({ engine, program, secrets: { paymentKey: "not-to-be-seen" } });
    isPreviewing = true;
    const { succeeded, events } = await run(stack, "preview", {
      ...(config !== undefined && { policyPackConfig: config }),
      color: process.stdout.isTTY ? "always" : "never",
      onOutput: (text) => process.stdout.write(text),
      signal: interruption.signal,
    });
    if (succeeded) {
      console.log("Hooks and grace periods, as they would be deployed:");
      for (const line of workloadLines(events)) console.log(`  ${line}`);
    }
    return stoppedBy ?? (succeeded ? 0 : 1);
  } catch (error) {
    // Whoever stopped it knows why it failed.
    if (stoppedBy === undefined) throw error;
    return stoppedBy;
  } finally {
    engine.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
