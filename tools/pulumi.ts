/**
 * A real Pulumi engine on a machine with nothing but Node and Go, or the installed one where there is one.
 *
 * The official install brings the CLI, the Node language host and provider plugins. The CLI is built from its Go module
 * where it is missing; the other two are on no package registry, so that something stands in for each.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { LocalWorkspace, type EngineEvent, type Stack } from "@pulumi/pulumi/automation";
import { goProgram, hasGo } from "./go";

const version = "v3.259.0";
const root = join(__dirname, "..");

/** The folder to put on PATH, the environment that the engine needs, and what of it stands in for the real thing. */
export interface Engine {
  /** Temporary folder, for whatever a run needs. */
  folder: string;
  /** Environment of `pulumi`: PATH, a backend in a temporary folder, no questions asked. */
  env: Record<string, string>;
  /** Does the Node language host run the program, or the Automation API? */
  hasLanguageHost: boolean;
  /** Deletes the temporary folder. */
  close(): void;
}

/**
 * Finds or builds a Pulumi engine.
 *
 * @throws Error that says what to install where there is neither Pulumi nor Go.
 */
export async function startEngine(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), "apisix-graceful-termination-"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  mkdirSync(join(folder, "state"));
  const installed = findOnPath("pulumi");
  if (!installed) {
    if (!hasGo()) {
      rmSync(folder, { recursive: true });
      throw new Error(
        `Neither Pulumi nor Go is on PATH. Install the Pulumi CLI (https://www.pulumi.com/docs/install), or Go 1.26 or later, with which the CLI is built from its Go module.`,
      );
    }
    const cli = await goProgram({
      module: "pulumi",
      package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      name: "pulumi",
      tags: ["osusergo", "grpcnotrace"],
      // The Automation API reads the version.
      ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`,
    });
    symlinkSync(cli, join(bin, "pulumi"));
  }
  const env: Record<string, string> = {
    PATH: [bin, process.env.PATH ?? ""].join(delimiter),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "shop",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
    // `--show-policy-remediations`: say what each repair changes, not only how many there were.
    PULUMI_OPTION_SHOW_POLICY_REMEDIATIONS: "true",
    // No cluster is asked.
    KUBECONFIG: join(folder, "no-kubeconfig"),
  };
  const beside = installed && join(dirname(installed), "pulumi-language-nodejs");
  const hasLanguageHost = Boolean((beside && existsSync(beside)) || findOnPath("pulumi-language-nodejs"));
  if (!hasLanguageHost) {
    // The CLI's own fallback for policy packs of a runtime whose language host it can't find.
    script(join(bin, "pulumi-analyzer-policy-nodejs"), [require.resolve("@pulumi/pulumi/cmd/run-policy-pack")]);
  }
  if (!hasPlugin("kubernetes", { ...process.env, ...env })) {
    script(join(bin, "pulumi-resource-kubernetes"), [
      "--require",
      require.resolve("ts-node/register/transpile-only"),
      join(__dirname, "kubernetes-provider.ts"),
    ]);
  }
  return { folder, env, hasLanguageHost, close: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface PreviewOptions {
  engine: Engine;
  /** The program's folder, with Pulumi.yaml and index.ts. */
  project: string;
  /** Secret config of the program. */
  secrets?: Record<string, string>;
  stack?: string;
  /** Folder or file of the policy pack; null where there is none but what the stack's organization requires. */
  policyPack?: string | null;
  policyPackConfig?: string;
  color?: "always" | "never";
  onOutput?: (text: string) => void;
}

export interface PreviewResult {
  succeeded: boolean;
  /** What Pulumi printed. */
  output: string;
  events: EngineEvent[];
}

/** Runs `pulumi preview` of a program with a policy pack. */
export async function preview(options: PreviewOptions): Promise<PreviewResult> {
  const { policyPack = root } = options;
  const stack = await selectStack(options);
  const result: PreviewResult = { succeeded: true, output: "", events: [] };
  const hear = (text: string) => {
    result.output += text;
    options.onOutput?.(text);
  };
  try {
    await stack.preview({
      ...(policyPack !== null && { policyPacks: [policyPack] }),
      ...(options.policyPackConfig && { policyPackConfigs: [options.policyPackConfig] }),
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

/** Deploys a program without any policy pack, as it was before there was one, and returns the stack's export. */
export async function deployAndExport(options: PreviewOptions): Promise<object> {
  const stack = await selectStack(options);
  await stack.up();
  return stack.exportStack();
}

async function selectStack(options: PreviewOptions): Promise<Stack> {
  // The Automation API looks for the CLI on this process's PATH.
  Object.assign(process.env, options.engine.env);
  const stack = await createStack(options);
  for (const [key, value] of Object.entries(options.secrets ?? {})) await stack.setConfig(key, { value, secret: true });
  return stack;
}

function createStack({ engine, project, stack: stackName = "dev" }: PreviewOptions): Promise<Stack> {
  const settings = { envVars: engine.env };
  if (engine.hasLanguageHost) return LocalWorkspace.createOrSelectStack({ stackName, workDir: project }, settings);
  return LocalWorkspace.createOrSelectStack(
    {
      stackName,
      projectName: projectName(project),
      program: async () => {
        // The program registers its resources while it is loaded, each time anew.
        const main = require.resolve(join(project, "index.ts"));
        delete require.cache[main];
        // eslint-disable-next-line @typescript-eslint/no-require-imports
        require(main);
      },
    },
    settings,
  );
}

function projectName(project: string): string {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require(join(project, "package.json")) as { name: string }).name;
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
