/** The command line: what there is, with examples, and what each exit code means. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { SettingsError } from "../settings/settings";
import { exitCodes, type Io } from "./io";
import { routes, type RoutesOptions } from "./routes";
import { InputError, UsageError, isSystemError, systemMessage } from "./sources";

const codes = `
Exit codes:
  0  clean
  1  findings, or an input that is broken
  2  the command line can't be meant
  3  partial: something may not be read, and what is there is incomplete`;

/** Runs one command line. Never throws for what a user may do wrong. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let code: number = exitCodes.clean;
  const program = commands(io, (result) => (code = result));
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    // Commander has said it already; its own codes don't tell help from mistakes.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.clean : exitCodes.usage;
    if (error instanceof UsageError) {
      io.stderr(`error: ${error.message}\n`);
      return exitCodes.usage;
    }
    if (error instanceof InputError || error instanceof SettingsError) {
      io.stderr(`error: ${error.message}\n`);
      return exitCodes.findings;
    }
    if (isSystemError(error)) {
      io.stderr(`error: ${error.path === undefined ? "" : `${error.path}: `}${systemMessage(error)}\n`);
      return exitCodes.findings;
    }
    throw error;
  }
}

function commands(io: Io, end: (code: number) => void): Command {
  const program = new Command("apisix-graceful-termination")
    .description("Finds workloads behind Apache APISIX that lose requests when their Pods terminate.")
    .version(version(), "--version", "print the version")
    .helpOption("--help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError("Try --help.")
    .addHelpText("after", codes);

  const add = (name: string, summary: string, examples: string) =>
    program
      .command(name)
      .summary(summary)
      .description(summary)
      .helpOption("--help", "print this help")
      .exitOverride()
      .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
      .addHelpText("after", `\nExamples:\n${examples}\n${codes}`);

  add(
    "routes",
    "Write the Services that APISIX routes to as a route catalog.",
    `  $ apisix-graceful-termination routes manifests/ -o catalog.json
  $ helm template edge ./chart | apisix-graceful-termination routes -
  $ pulumi stack export --stack edge > edge.json && apisix-graceful-termination routes edge.json
  $ apisix-graceful-termination routes --stack acme/edge/production -o catalog.json`,
  )
    .argument("[sources...]", "files or folders of manifests, `pulumi stack export` files, `-` for standard input")
    .option("-o, --output <file>", "write the catalog to a file, not to standard output")
    .option("--stack <stack...>", "read stacks through the installed Pulumi CLI: org/project/stack")
    .option("--settings <file>", "a policy pack config: how routes are read (controller, ingressClasses, …)")
    .action(async (sources: string[], options: RoutesOptions) => end(await routes(sources, options, io)));

  return program;
}

/** For commander: a number of seconds. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 3600) {
    throw new InvalidArgumentError("Write a number of seconds above 0, at most 3600.");
  }
  return value;
}

/** That of the package.json: beside dist/ in the package, beside cli/ in the sources. */
function version(): string {
  for (const folder of [join(__dirname, ".."), join(__dirname, "..", "..")]) {
    try {
      return (JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }).version;
    } catch {
      // The other one.
    }
  }
  return "0.0.0";
}
