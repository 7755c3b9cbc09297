/**
 * A real Pulumi engine on a machine with nothing but Node and Go, or the installed one where there is one.
 *
 * The official install brings the CLI, language hosts and provider plugins. The CLI, the Kubernetes provider and the
 * YAML language host are built from their Go modules where they are missing. The Node language host is on no package
 * registry: programs in TypeScript run through the Automation API, which needs none.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { LocalWorkspace, PulumiCommand, type EngineEvent, type Stack } from "@pulumi/pulumi/automation";
import { builtProgram, goProgram, hasGo, type GoProgram } from "./go";
import { apiServerPrograms, buildAll } from "./kubernetes";
import { pulumiPrograms } from "./pulumi-programs";

const root = join(__dirname, "..");

/** The folder to put on PATH, the environment that the engine needs, and what stands in for the real thing. */
export interface Engine {
  /** Temporary folder, for whatever a run needs. */
  folder: string;
  /** Environment of `pulumi`: PATH, a backend in a temporary folder, no questions asked. */
  env: Record<string, string>;
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
  const close = () => rmSync(folder, { recursive: true, force: true });
  try {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    mkdirSync(join(folder, "state"));
    const link = async (program: GoProgram) => symlinkSync(await goProgram(program), join(bin, program.name));

    const installed = findOnPath("pulumi");
    if (installed) symlinkSync(installed, join(bin, "pulumi"));
    else if (hasGo()) await link(pulumiPrograms.cli);
    else {
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
      return Boolean((installed && existsSync(join(dirname(installed), host))) || findOnPath(host));
    };
    if (!hasHost("nodejs")) {
      // The CLI's own fallback for policy packs of a runtime whose language host it can't find.
      script(join(bin, "pulumi-analyzer-policy-nodejs"), [require.resolve("@pulumi/pulumi/cmd/run-policy-pack")]);
    }
    if (options.yaml && !hasHost("yaml")) await link(pulumiPrograms.yaml);

    const { kubernetes } = pulumiPrograms;
    const wanted = options.provider ?? "real";
    let provider = "Pulumi's own, as it is installed";
    if (wanted === "stand-in" || !hasPlugin("kubernetes", { ...process.env, ...env })) {
      if (wanted === "real" || (wanted === "at-hand" && builtProgram(kubernetes))) {
        await link(kubernetes);
        provider = "Pulumi's own, built from its Go module";
      } else {
        script(join(bin, kubernetes.name), [
          "--require",
          require.resolve("ts-node/register/transpile-only"),
          join(__dirname, "kubernetes-provider.ts"),
        ]);
        provider = "a stand-in for previews; `npm run test:e2e` builds Pulumi's own";
      }
    }
    return { folder, env, provider, close };
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
      pulumiCommand: await PulumiCommand.get({ root: engine.folder, skipVersionCheck: true }),
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

function findOnPath(program: string): string | undefined {
  const found = spawnSync("which", [program], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

function hasPlugin(name: string, env: NodeJS.ProcessEnv): boolean {
  const listed = spawnSync("pulumi", ["plugin", "ls", "--json"], { encoding: "utf8", env });
  if (listed.status !== 0) return false;
  const plugins = JSON.parse(listed.stdout || "[]") as { name: string; kind: string }[];
  return plugins.some((plugin) => plugin.name === name && plugin.kind === "resource");
}

/** An executable at a path that runs Node with these arguments. */
export function script(path: string, args: string[]): void {
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
