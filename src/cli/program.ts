/** The command line: what there is, with examples, and what each exit code means. */
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../kubernetes/duration";
import { oneLine, visible } from "../plain";
import { SettingsError } from "../settings/settings";
import { advise, type AdviseOptions } from "./advise";
import { check, type CheckOptions } from "./check";
import { completionScript, shells, type Shell } from "./completion";
import { withConfig, type ConfigOptions } from "./config-file";
import { exemptions, type ExemptionsOptions } from "./exemptions";
import { explain, type ExplainOptions } from "./explain";
import { formatChoice } from "./formats";
import { init } from "./init";
import { exitCodes, say, type Io } from "./io";
import { measure, type MeasureOptions } from "./measure";
import { packVersion } from "../version";
import { languages } from "../report";
import { report, type ReportOptions } from "./report";
import { routes, type RoutesOptions } from "./routes";
import { settingsCheck, type SettingsCheckOptions } from "./settings-check";
import { InputError, UsageError, isSystemError, systemMessage, type Excluded } from "./sources";

const codes = `
Exit codes:
  0  clean: everything was read, and there is nothing to report
  1  findings, also where something else couldn't be read
  2  invalid command line
  3  something couldn't be read or written, or nothing was there to read: findings may be missing`;

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
      io.stderr(`error: ${[error.message, ...error.problems.map((each) => `- ${each}`)].map(oneLine).join("\n  ")}\n`);
      return exitCodes.usage;
    }
    if (error instanceof SettingsError) io.stderr(`error: ${visible(error.message)}\n`);
    else if (error instanceof InputError) say(io, "error", error.message);
    else if (isSystemError(error)) {
      say(io, "error", `${error.path === undefined ? "" : `${error.path}: `}${systemMessage(error)}`);
    } else throw error;
    return exitCodes.incomplete;
  }
}

/** The commands and their options. @param end gets the exit code of the one that ran */
export function commands(io: Io, end: (code: number) => void): Command {
  const output = {
    writeOut: io.stdout,
    writeErr: io.stderr,
    // An argument is in it as it was given.
    outputError: (text: string, write: (text: string) => void) => write(`${oneLine(text)}\n`),
  };
  const program = new Command("apisix-graceful-termination")
    .description("Finds workloads behind Apache APISIX that lose requests when their Pods terminate.")
    .version(packVersion(), "--version", "print the version")
    .helpOption("--help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .exitOverride()
    .configureOutput(output)
    .showHelpAfterError("Try --help.")
    .addHelpText("after", codes);

  const add = (name: string, summary: string, examples: string, parent = program) =>
    parent
      .command(name)
      .summary(summary)
      .description(summary)
      .helpOption("--help", "print this help")
      .exitOverride()
      .configureOutput(output)
      .addHelpText("after", `\nExamples:\n${examples}\n${codes}`);

  const failOn = new Option("--fail-on <level>", "the level of findings that end with exit code 1")
    .choices(["advisory", "mandatory", "none"])
    .default("mandatory");
  const exclude = new Option(
    "--exclude <pattern>",
    "leave out what a .gitignore with this pattern would, in the working directory; may be given more than once",
  ).argParser((pattern: string, others: Excluded | undefined): Excluded => ({
    folder: process.cwd(),
    patterns: [...(others?.patterns ?? []), pattern],
  }));
  const format = new Option(
    "--format <format[=file]>",
    "text, json, sarif, junit, markdown, html or github; to a file or to standard output; may be given more than once",
  ).argParser(formatChoice);

  const config = new Option(
    "--config <file>",
    "read this config file, not the nearest apisix-graceful-termination.yaml of this folder or one above",
  );
  const noConfig = new Option("--no-config", "read no config file");

  const fallbackFile = new Option(
    "--fallback-file <file>",
    "in SARIF: the file of findings that have none, such as Pulumi.yaml",
  );

  const cluster = {
    current: new Option("--cluster", "read the cluster of the current kubeconfig"),
    kubeconfig: new Option("--kubeconfig <file>", "read the cluster of this kubeconfig"),
    context: new Option("--context <name>", "read the cluster of this context"),
    namespaces: new Option("--namespace <name...>", "read these namespaces of the cluster; all of them by default"),
    timeout: new Option("--timeout <seconds>", "how long the cluster may take to answer")
      .argParser(seconds)
      .default(10),
  };
  const allowEmpty = new Option("--allow-empty", "nothing to read is clean: a source without Kubernetes objects");

  add(
    "check",
    "Check manifests and Pulumi state with the pack's policies: no Pulumi, no cluster, no login.",
    `  $ apisix-graceful-termination check manifests/
  $ helm template shop ./chart | apisix-graceful-termination check -
  $ apisix-graceful-termination check manifests/ --diff
  $ apisix-graceful-termination check manifests/ --fix
  $ kubectl kustomize overlays/prod | apisix-graceful-termination check --fix - | kubectl apply -f -
  $ apisix-graceful-termination check manifests/ --format sarif=findings.sarif --format text
  $ apisix-graceful-termination check manifests/ --explain Deployment/shop/web
  $ apisix-graceful-termination check --cluster --context production

A cluster is only read; docs/cluster-role.yaml has the rights that it takes.`,
  )
    .argument("[sources...]", "files or folders of manifests, `pulumi stack export` files, `-` for standard input")
    .addOption(exclude)
    .option("--settings <file>", "the same file as Pulumi's --policy-pack-config")
    .option("--fix", "repair what it reports, in the files; standard input is repaired to standard output")
    .option("--diff", "show what --fix would write, for `git apply`")
    .option("--include-exposed", "with --fix or --diff: also what only looks exposed, with a port or a readiness probe")
    .option("--explain <kind/namespace/name>", "draw how one workload terminates")
    .addOption(cluster.current)
    .addOption(cluster.kubeconfig)
    .addOption(cluster.context)
    .addOption(cluster.namespaces)
    .addOption(cluster.timeout)
    .option("--baseline <file>", "a report of `check --format json`: findings that are in it don't fail")
    .option("--quiet", "print nothing but findings that count")
    .option("--summary", "print how often each code occurs, in place of the findings")
    .addOption(allowEmpty)
    .addOption(failOn)
    .addOption(format)
    .addOption(fallbackFile)
    .addOption(config)
    .addOption(noConfig)
    .action(async (sources: string[], options: CheckOptions & ConfigOptions, command: Command) =>
      end(await check(sources, await withConfig(options, command), io)),
    );

  add(
    "advise",
    "Say how long APISIX may send a Pod requests after its deletion, and why: the number for sleepSeconds.",
    `  $ apisix-graceful-termination advise manifests/
  $ apisix-graceful-termination advise --cluster --context production
  $ kubectl get --raw /api/v1/namespaces/apisix/pods/POD:8080/proxy/metrics > metrics.txt
  $ apisix-graceful-termination advise manifests/ --metrics metrics.txt --format json

It ends with 1 where sleepSeconds is less, or a version is known to lose endpoints. A cluster is only read;
docs/how-long.md has the numbers, their sources, and the rights that it takes.`,
  )
    .argument("[sources...]", "files or folders of manifests, `pulumi stack export` files, `-` for standard input")
    .addOption(exclude)
    .option("--settings <file>", "the same file as Pulumi's --policy-pack-config")
    .option("--metrics <file...>", "what the controller's Pods answer on /metrics: how long its syncs take")
    .addOption(cluster.current)
    .addOption(cluster.kubeconfig)
    .addOption(cluster.context)
    .addOption(cluster.namespaces)
    .addOption(cluster.timeout)
    .addOption(new Option("--format <format>", "how it is printed").choices(["text", "json"]).default("text"))
    .addOption(allowEmpty)
    .addOption(config)
    .addOption(noConfig)
    .action(async (sources: string[], options: AdviseOptions & ConfigOptions, command: Command) =>
      end(await advise(sources, await withConfig(options, command), io)),
    );

  add(
    "report",
    "Render what Pulumi's previews and updates reported: event logs and JSON, of many stacks.",
    `  $ PULUMI_DEBUG_COMMANDS=true pulumi preview --policy-pack . --event-log events.json
  $ apisix-graceful-termination report events.json --format html=report.html
  $ apisix-graceful-termination report stacks/*.json --format markdown=comment.md --format sarif=findings.sarif`,
  )
    .argument("<events...>", "event logs, streaming JSON, `policy analyze --json`, `check --format json`, `-`")
    .addOption(failOn)
    .addOption(format)
    .addOption(fallbackFile)
    .option("--settings <file>", "the policy pack's config: how long APISIX still sends requests, for the timelines")
    .addOption(
      new Option("--program <language>", "in text: the repairs as code to copy into the Pulumi program").choices(
        Object.keys(languages),
      ),
    )
    .option("--pack <name>", "the policy pack whose events are read", "apisix-graceful-termination")
    .addOption(config)
    .addOption(noConfig)
    .action(async (files: string[], options: ReportOptions & ConfigOptions, command: Command) =>
      end(await report(files, await withConfig(options, command), io)),
    );

  add(
    "explain",
    "Explain a finding by its code: why it matters, an example, the fix.",
    `  $ apisix-graceful-termination explain no-hook
  $ apisix-graceful-termination explain --list`,
  )
    .argument("[code]", "what a finding ends with, or its SARIF rule: no-hook; without it, all codes are listed")
    .option("--list", "list the codes, one a line")
    .option("--json", "as JSON")
    .action((code: string | undefined, options: ExplainOptions) => end(explain(code, options, io)));

  add(
    "exemptions",
    "List which workloads are excused from what, why and until when.",
    `  $ apisix-graceful-termination exemptions manifests/ --settings settings.json
  $ pulumi stack export | apisix-graceful-termination exemptions - --json`,
  )
    .argument("[sources...]", "files or folders of manifests, `pulumi stack export` files, `-` for standard input")
    .addOption(exclude)
    .option("--stack <stack...>", "read stacks through the installed Pulumi CLI: org/project/stack")
    .option("--settings <file>", "the same file as Pulumi's --policy-pack-config")
    .option("--json", "as JSON")
    .addOption(allowEmpty)
    .addOption(config)
    .addOption(noConfig)
    .action(async (sources: string[], options: ExemptionsOptions & ConfigOptions, command: Command) =>
      end(await exemptions(sources, await withConfig(options, command), io)),
    );

  add(
    "routes",
    "Write the Services that APISIX routes to as a route catalog.",
    `  $ apisix-graceful-termination routes manifests/ -o catalog.json
  $ helm template edge ./chart | apisix-graceful-termination routes -
  $ pulumi stack export --stack edge > edge.json && apisix-graceful-termination routes edge.json
  $ apisix-graceful-termination routes --stack acme/edge/production -o catalog.json
  $ apisix-graceful-termination routes --cluster --context production -o catalog.json

A cluster is only read; docs/cluster-role.yaml has the rights that it takes.`,
  )
    .argument("[sources...]", "files or folders of manifests, `pulumi stack export` files, `-` for standard input")
    .addOption(exclude)
    .option("-o, --output <file>", "write the catalog to a file, not to standard output")
    .option("--stack <stack...>", "read stacks through the installed Pulumi CLI: org/project/stack")
    .addOption(cluster.current)
    .addOption(cluster.kubeconfig)
    .addOption(cluster.context)
    .addOption(cluster.namespaces)
    .addOption(cluster.timeout)
    .option("--settings <file>", "a policy pack config: how routes are read (controller, ingressClasses, …)")
    .addOption(allowEmpty)
    .addOption(config)
    .addOption(noConfig)
    .action(async (sources: string[], options: RoutesOptions & ConfigOptions, command: Command) =>
      end(await routes(sources, await withConfig(options, command), io)),
    );

  add(
    "measure",
    "Measure on a live cluster how long APISIX still has Pods that terminate, and which sleepSeconds that takes.",
    `  $ kubectl -n apisix port-forward pod/apisix-0 9090 &
  $ apisix-graceful-termination measure --service shop/web --control-api http://127.0.0.1:9090 &
  $ kubectl -n shop rollout restart deployment/web
  $ apisix-graceful-termination measure --merge monday.json tuesday.json

Cluster and APISIX are only read, and Pods come and go by other hands; docs/measure.md has the rights that it takes.
The key of the Admin API comes from $APISIX_ADMIN_KEY or a file.`,
  )
    .option("--service <namespace/name>", "the Service whose Pods are watched")
    .option("--port <port>", "one port of the Service, by name or number; all of them by default")
    .option("--control-api <url>", "the Control API of a data plane; may be given more than once", each)
    .option("--admin-api <url>", "the Admin API: what APISIX was given, and not what a data plane holds")
    .option("--admin-key-file <file>", "a file that holds the key of the Admin API")
    .addOption(
      new Option("--for <duration>", "how long it watches; Ctrl-C ends it earlier")
        .argParser(duration(1, 3600))
        .default(600, "10m"),
    )
    .addOption(
      new Option("--every <duration>", "how often APISIX is asked, at most")
        .argParser(duration(0.1, 60))
        .default(0.2, "200ms"),
    )
    .option("--save <file>", "write the run to a file, as JSON")
    .option("--merge <file...>", "measure nothing: print what saved runs say together")
    .addOption(new Option("--format <format>", "of standard output").choices(["text", "json"]).default("text"))
    .addOption(cluster.kubeconfig)
    .addOption(cluster.context)
    .addOption(
      new Option("--timeout <seconds>", "how long the cluster and APISIX may take to answer")
        .argParser(seconds)
        .default(10),
    )
    .action(async (options: MeasureOptions) => end(await measure(options, io)));

  add(
    "init",
    "Write a config file with comments to begin with: apisix-graceful-termination.yaml.",
    "  $ apisix-graceful-termination init",
  ).action(async () => end(await init(io)));

  add(
    "completion",
    "Print a script that completes this command line in a shell.",
    `  $ source <(apisix-graceful-termination completion bash)
  $ source <(apisix-graceful-termination completion zsh)
  $ apisix-graceful-termination completion fish > ~/.config/fish/completions/apisix-graceful-termination.fish`,
  )
    .addArgument(new Argument("<shell>").choices(shells))
    .action((shell: Shell) => {
      io.stdout(completionScript(program, shell));
      end(exitCodes.clean);
    });

  const settings = add(
    "settings",
    "Judge policy configs.",
    "  $ apisix-graceful-termination settings check production.json",
  );
  add(
    "check",
    "Check the config files of policy groups, as given to --policy-pack-config: one line for each problem.",
    `  $ apisix-graceful-termination settings check groups/*.json
  $ apisix-graceful-termination settings check production.json --defaults acme-pack/defaults.json
  $ jq .policies groups.json | apisix-graceful-termination settings check -

A catalog's path is relative to the folder of the defaults, or else to the current one.`,
    settings,
  )
    .argument("[files...]", "config files, `-` for standard input; without any, the repository's own")
    .option("--defaults <file>", "what the organization's own pack gives to createPack, as JSON")
    .action(async (files: string[], options: SettingsCheckOptions) => end(await settingsCheck(files, options, io)));

  return program;
}

/** For commander: an option that may be given more than once. */
function each(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** For commander: `10m`, `200ms`; its seconds. */
function duration(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = parseDuration(text);
    if (value === undefined || value < least || value > most) {
      throw new InvalidArgumentError(`Write a time such as 90s, 10m or 500ms: from ${least} s to ${most} s.`);
    }
    return value;
  };
}

/** For commander: a number of seconds. */
function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 3600) {
    throw new InvalidArgumentError("Write a number of seconds above 0, at most 3600.");
  }
  return value;
}
