/** Runs a command line in a process of its own, which can be interrupted. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { dieWithParent } from "../support/kubernetes/processes";

export interface Ended {
  /** Null where a signal ended it. */
  code: number | null;
  /** For messages. */
  how: string;
  stdout: string;
  stderr: string;
}

export interface Child {
  /** As Ctrl-C does. */
  interrupt: () => void;
  ended: Promise<Ended>;
}

export function startCli(args: readonly string[], env: NodeJS.ProcessEnv): Child {
  const script = join(__dirname, "..", "..", "src", "cli", "index.ts");
  const node = [process.execPath, "-r", require.resolve("ts-node/register/transpile-only"), script];
  const [program, ...rest] = [...dieWithParent(), ...node, ...args];
  const child = spawn(program!, rest, { env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (part) => (stdout += String(part)));
  child.stderr.on("data", (part) => (stderr += String(part)));
  const ended = new Promise<Ended>((resolve) => {
    child.on("error", ({ message }) => resolve({ code: null, how: message, stdout, stderr }));
    child.on("close", (code, signal) => resolve({ code, how: signal ?? `exit code ${code}`, stdout, stderr }));
  });
  return { interrupt: () => void child.kill("SIGINT"), ended };
}
