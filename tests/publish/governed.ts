/** An organization's machines: the real Pulumi CLI, the double of its service, and the stand-in for the language host. */
import { execFile } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { openStack, programIn, run, script, startEngine, type Engine, type RunResult } from "../../tools/pulumi";
import { startService, type ServiceDouble } from "./service";
import { cleanEnvironment } from "../support/pack-process";
import { emptyHome, root } from "./support";

export interface Organization {
  service: ServiceDouble;
  engine: Engine;
  /** Runs the Pulumi CLI in a folder, logged in. Rejects, with what it printed, unless it succeeds. */
  pulumi: (args: string[], cwd: string) => Promise<void>;
  /** The environment of a machine that has nothing yet. */
  newMachine: () => Record<string, string>;
  /** Previews a stack of the organization on a machine. */
  preview: (project: string, machine: Record<string, string>) => Promise<RunResult>;
  close: () => Promise<void>;
}

/** @param path further folders on the machines' PATH */
export async function startOrganization(path: string[] = []): Promise<Organization> {
  const [service, engine] = [await startService(), await startEngine()];
  const bin = join(engine.folder, "host");
  mkdirSync(bin);
  // With the project's own compiler options, whatever folder the engine starts it in.
  const options = JSON.stringify({ transpileOnly: true, project: join(root, "tsconfig.json") });
  const main = JSON.stringify(join(__dirname, "language-host.ts"));
  const load = `require(${JSON.stringify(require.resolve("ts-node"))}).register(${options}); require(${main});`;
  script(join(bin, "pulumi-language-nodejs"), ["--eval", load]);
  let machines = 0;
  const newMachine = () => {
    const folder = join(engine.folder, `machine-${++machines}`);
    const home = join(folder, "home", ".pulumi");
    mkdirSync(home, { recursive: true });
    // The provider is no matter of the organization: each machine has it.
    symlinkSync(join(engine.env.PULUMI_HOME ?? "", "plugins"), join(home, "plugins"));
    const env: Record<string, string> = {
      ...engine.env,
      ...(emptyHome(folder) as Record<string, string>),
      PATH: [bin, ...path, engine.env.PATH ?? ""].join(delimiter),
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: service.url,
      PULUMI_ACCESS_TOKEN: "token",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    return env;
  };
  const publisher = newMachine();
  return {
    service,
    engine,
    // Not in this process's turn: the service that the CLI asks is in it, too.
    pulumi: (args, cwd) =>
      new Promise((resolve, reject) => {
        const options = { cwd, encoding: "utf8", env: cleanEnvironment(publisher), timeout: 300_000 } as const;
        execFile("pulumi", [...args, "--non-interactive"], options, (error, stdout, stderr) => {
          const said = [stdout, stderr, ...service.unknown].join("\n");
          if (error) reject(new Error(said, { cause: error }));
          else resolve();
        });
      }),
    newMachine,
    preview: async (project, env) => {
      const stack = await openStack({ engine: { ...engine, env }, program: programIn(project), name: "acme/dev" });
      return run(stack, "preview", { policyPack: null });
    },
    close: async () => {
      await service.close();
      engine.close();
    },
  };
}
