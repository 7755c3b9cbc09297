/**
 * A real Pulumi engine on a machine with nothing but Node and Go, or the installed one where there is one.
 *
 * The official install brings the CLI, language hosts and provider plugins. The CLI, the Kubernetes provider and the
 * YAML language host are built from their Go modules where they are missing. The Node language host is on no package
 * registry: programs in TypeScript run through the Automation API, which needs none.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { LocalWorkspace, PulumiCommand, type EngineEvent, type Stack } from "@pulumi/pulumi/automation";
import { builtProgram, goProgram, hasGo, type GoProgram } from "./go";
import { apiServerPrograms, buildAll } from "./kubernetes";
import { onPath } from "./on-path";
import { pulumiPrograms } from "./pulumi-programs";

const root = join(__dirname, "..");
// eslint-disable-next-line @typescript-eslint/no-require-imports
const kubernetesSdk = require("@pulumi/kubernetes/package.json") as { version: string };

/** The folder to put on PATH, the environment that the engine needs, and what stands in for the real thing. */
export interface Engine {
  /** Temporary folder, for whatever a run needs. */
  folder: string;
  /** Environment of `pulumi`: PATH, a backend and a home in the temporary folder, no questions asked. */
  env: Record<string, string>;
  /** Is the CLI in `bin` of the temporary folder, and not the installed one? */
  isBuilt: boolean;
  /** Which Kubernetes provider is used, in words. */
  provider: string;
  /** Deletes the temporary folder. */
  close(): void;
}

export interface EngineOptions {
  /** The cluster to deploy to; without it none is asked, and nothing but previews work. */
  kubeconfig?: string;
  /**
   * Pulumi's own Kubernetes provider, which is built if need be (some minutes); what is there already, be it a stand-in
   * for previews; or the stand-in.
   */
  provider?: "real" | "at-hand" | "stand-in";
  /** Runs YAML programs on the command line, too. */
  yaml?: boolean;
}

/**
 * Finds or builds a Pulumi engine.
 *
 * @throws Error that says what to install where there is neither Pulumi nor Go.
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), "apisix-graceful-termination-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Whoever is stopped has no time for more.
  process.once("exit", remove);
  const close = () => {
    process.removeListener("exit", remove);
    remove();
  };
  try {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    mkdirSync(join(folder, "state"));
    // Of Pulumi's own: what it writes into its home is gone with the folder, and needs no home of the user.
    const home = join(folder, "home");
    mkdirSync(home);
    const link = async (program: GoProgram, to = bin) => symlinkSync(await goProgram(program), join(to, program.name));

    const installed = onPath("pulumi");
    if (!installed && hasGo()) await link(pulumiPrograms.cli);
    else if (!installed) {
      throw new Error(
        `Neither Pulumi nor Go is on PATH. Install the Pulumi CLI (https://www.pulumi.com/docs/install), or Go 1.26 or later, with which the CLI is built from its Go module.`,
      );
    }
    const env: Record<string, string> = {
      PATH: [bin, process.env.PATH ?? ""].join(delimiter),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "shop",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // `--show-policy-remediations`: say what each repair changes, not only how many there were.
      PULUMI_OPTION_SHOW_POLICY_REMEDIATIONS: "true",
      KUBECONFIG: options.kubeconfig ?? join(folder, "no-kubeconfig"),
    };
    const hasHost = (language: string): boolean => {
      const host = `pulumi-language-${language}`;
      return (
        onPath(host, { ...process.env, PATH: [installed && dirname(installed), env.PATH].join(delimiter) }) !==
        undefined
      );
    };
    if (options.yaml && !hasHost("yaml")) await link(pulumiPrograms.yaml);

    const { kubernetes } = pulumiPrograms;
    const wanted = options.provider ?? "real";
    const isInstalled = wanted !== "stand-in" && hasPlugin("kubernetes", { ...process.env, ...env });
    env.PULUMI_HOME = home;
    const plugins = join(home, "plugins");
    if (isInstalled)
      symlinkSync(join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "plugins"), plugins, "junction");
    // Among its plugins, as if Pulumi had installed it: it warns of those that it finds on PATH.
    const plugin = (name: string): string => {
      const at = join(plugins, name);
      mkdirSync(at, { recursive: true });
      return at;
    };
    if (!hasHost("nodejs")) {
      // The CLI's own fallback for policy packs of a runtime whose language host it can't find.
      const at = isInstalled ? bin : plugin("analyzer-policy-nodejs-v0.0.0");
      script(join(at, "pulumi-analyzer-policy-nodejs"), [require.resolve("@pulumi/pulumi/cmd/run-policy-pack")]);
    }
    let provider = "Pulumi's own, as it is installed";
    if (!isInstalled) {
      const at = plugin(`resource-kubernetes-v${kubernetesSdk.version}`);
      if (wanted === "real" || (wanted === "at-hand" && builtProgram(kubernetes))) {
        await link(kubernetes, at);
        provider = "Pulumi's own, built from its Go module";
        // It is older than the SDK that programs use: its newest versions are on no module proxy. Else Pulumi warns.
        env.PULUMI_DEV = "true";
      } else {
        script(join(at, kubernetes.name), [
          "--require",
          require.resolve("ts-node/register/transpile-only"),
          join(__dirname, "kubernetes-provider.ts"),
        ]);
        provider = "a stand-in for previews; `npm run test:e2e` builds Pulumi's own";
      }
    }
    return { folder, env, isBuilt: !installed, provider, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** What the Automation API runs: a project's name, and what registers its resources. */
export interface Program {
  name: string;
  run: () => void | Promise<void>;
}

/** The program in a folder, with its package.json and index.ts. */
export function programIn(folder: string): Program {
  const load = (path: string): unknown => {
    // The program registers its resources while it is loaded, each time anew.
    delete require.cache[require.resolve(path)];
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    return require(path);
  };
  const { name } = load(join(folder, "package.json")) as { name: string };
  return { name, run: () => void load(join(folder, "index.ts")) };
}

export interface StackOptions {
  engine: Engine;
  program: Program;
  /** Secret config of the program. */
  secrets?: Record<string, string>;
  name?: string;
}

/** The stack of a program; makes it if there is none. */
export async function openStack({ engine, program, secrets = {}, name = "dev" }: StackOptions): Promise<Stack> {
  const workDir = join(engine.folder, "projects", program.name);
  mkdirSync(workDir, { recursive: true });
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: name, projectName: program.name, program: async () => program.run() },
    {
      workDir,
      envVars: engine.env,
      pulumiCommand: await PulumiCommand.get({
        ...(engine.isBuilt && { root: engine.folder }),
        skipVersionCheck: true,
      }),
    },
  );
  for (const [key, value] of Object.entries(secrets)) await stack.setConfig(key, { value, secret: true });
  return stack;
}

export interface RunOptions {
  /** Folder or file of the policy pack; null where there is none but what the stack's organization requires. */
  policyPack?: string | null;
  policyPackConfig?: string;
  /** Asks the cluster first what became of the resources. */
  refresh?: boolean;
  color?: "always" | "never";
  onOutput?: (text: string) => void;
  /** Interrupts Pulumi, which then ends by itself. */
  signal?: AbortSignal;
}

export interface RunResult {
  succeeded: boolean;
  /** What Pulumi printed. */
  output: string;
  events: EngineEvent[];
}

/** Runs `pulumi preview` or `pulumi up` of a stack with a policy pack: this one, if no other is given. */
export async function run(stack: Stack, command: "preview" | "up", options: RunOptions = {}): Promise<RunResult> {
  const { policyPack = root } = options;
  const result: RunResult = { succeeded: true, output: "", events: [] };
  const hear = (text: string) => {
    result.output += text;
    options.onOutput?.(text);
  };
  try {
    await stack[command]({
      ...(policyPack !== null && { policyPacks: [policyPack] }),
      ...(options.policyPackConfig && { policyPackConfigs: [options.policyPackConfig] }),
      ...(options.refresh && { refresh: true }),
      ...(options.signal && { signal: options.signal }),
      color: options.color ?? "never",
      onOutput: hear,
      onError: hear,
      onEvent: (event) => result.events.push(event),
    });
  } catch (error) {
    result.succeeded = false;
    // What Pulumi had to say is in the output already; an error of another kind is ours to tell.
    if (result.output === "") throw error;
  }
  return result;
}

function hasPlugin(name: string, env: NodeJS.ProcessEnv): boolean {
  const listed = spawnSync("pulumi", ["plugin", "ls", "--json"], { encoding: "utf8", env });
  if (listed.status !== 0) return false;
  const plugins = JSON.parse(listed.stdout || "[]") as { name: string; kind: string }[];
  return plugins.some((plugin) => plugin.name === name && plugin.kind === "resource");
}

/** An executable at a path that runs Node with these arguments; on Windows a batch file, which Pulumi finds as well. */
export function script(path: string, args: string[]): void {
  if (process.platform === "win32") {
    const quoted = [process.execPath, ...args].map((arg) => `"${arg}"`);
    writeFileSync(`${path}.cmd`, `@${quoted.join(" ")} %*\r\n`);
    return;
  }
  const quoted = [process.execPath, ...args].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`);
  writeFileSync(path, `#!/bin/sh\nexec ${quoted.join(" ")} "$@"\n`);
  chmodSync(path, 0o755);
}

/** Builds what the tests of the engine use, before their clocks run. */
async function prepare(): Promise<void> {
  (await startEngine({ yaml: true })).close();
  if (hasGo()) await buildAll(apiServerPrograms);
}

if (require.main === module) void prepare();
