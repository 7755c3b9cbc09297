/** A pack as the engine has it: a process that prints its port when it listens, and ends when it is told to. */
import { spawn } from "node:child_process";
import { delimiter } from "node:path";

export interface PackProcess {
  /** Undefined where it ended before it listened. */
  port: number | undefined;
  /** The exit code where it ended by itself. */
  code: number | null;
  /** What it printed on standard error so far. */
  stderr: () => string;
  stop: () => Promise<void>;
}

export interface PackProcessOptions {
  /** Its working directory. */
  cwd: string;
  env?: NodeJS.ProcessEnv;
}

/** The script of the SDK that runs a pack's folder, as the pack has it installed. */
export function runPolicyPack(folder: string): string {
  return require.resolve("@pulumi/pulumi/cmd/run-policy-pack", { paths: [folder] });
}

/** Starts a pack, and waits until it listens or has ended. */
export function startPack(command: readonly string[], { cwd, env }: PackProcessOptions): Promise<PackProcess> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    // The engine's address, which no pack of ours uses.
    const child = spawn(program, args, { cwd, env: env ?? process.env, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<void>((done) => child.on("close", () => done()));
    let said = "";
    const found = (port: number | undefined) =>
      resolve({
        port,
        code: child.exitCode,
        stderr: () => said,
        stop: async () => {
          child.kill();
          await ended;
        },
      });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.stdout.once("data", (text: Buffer) => found(Number(text.toString())));
    child.on("error", reject);
    void ended.then(() => found(undefined));
  });
}

/** A pack's folder, by the SDK's own script. @param node the Node that runs it */
export function startFolder(folder: string, node = process.execPath): Promise<PackProcess> {
  return startPack([node, runPolicyPack(folder), "127.0.0.1:1", "."], { cwd: folder });
}

/** The environment without what npm adds to it when it runs a script. */
export function cleanEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_|^(INIT_CWD|NODE_OPTIONS)$/i.test(name));
  const path = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !/node_modules[/\\]\.bin|node-gyp-bin/.test(folder));
  return { ...Object.fromEntries(own), PATH: path.join(delimiter), ...more };
}
