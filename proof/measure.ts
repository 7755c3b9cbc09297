/** `measure`, as a user runs it beside a roll-out. */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { readMeasurement } from "../src/measure";
import { dieWithParent } from "../tests/support/kubernetes/processes";
import type { Cluster } from "./cluster";
import type { OldPod } from "./result";

export interface Measuring {
  /** Ends it as Ctrl-C does; gives each Pod's t by the Pod's name. @throws Error where it has failed */
  stop: () => Promise<Map<string, Pick<OldPod, "measured">>>;
}

export function startMeasure({ api, apisix, kubectl }: Cluster, service: string): Measuring {
  const script = join(__dirname, "..", "src", "cli", "index.ts");
  const args = ["measure", "--kubeconfig", api.kubeconfigPath, "--service", service];
  const run = ["--control-api", apisix.controlApi, "--every", "100ms", "--for", "10m", "--format", "json"];
  const typescript = ["-r", require.resolve("ts-node/register/transpile-only"), script];
  const env = { ...process.env, PATH: [dirname(kubectl), process.env.PATH].join(delimiter) };
  const [program, ...rest] = [...dieWithParent(), process.execPath, ...typescript, ...args, ...run];
  const child = spawn(program!, rest, { env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += String(text)));
  child.stderr.on("data", (text) => (stderr += String(text)));
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  return {
    stop: async () => {
      child.kill("SIGINT");
      const how = await ended;
      const file = readMeasurement(stdout);
      if (Array.isArray(file)) throw new Error(`measure ended with ${how}: ${file.join("; ")}\n${stderr}`);
      const counted = file.pods.flatMap(({ pod, gone, uncounted }) => (gone && !uncounted ? [{ pod, gone }] : []));
      return new Map(counted.map(({ pod, gone }) => [pod.split("/")[1] ?? "", { measured: gone }]));
    },
  };
}
