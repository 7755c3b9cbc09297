/** `measure`, as a user runs it beside a roll-out. */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { readMeasurement } from "../src/measure";
import { atEnd, dieWithParent } from "../tests/support/kubernetes/processes";
import type { Cluster } from "./cluster";
import type { OldPod } from "./result";

export interface Measuring {
  /** Ends it as Ctrl-C does, and answers each Pod's t by the Pod's name. */
  stop: () => Promise<Map<string, Pick<OldPod, "measured">>>;
  kill: () => void;
}

export function startMeasure({ api, apisix, kubectl }: Cluster, service: string): Measuring {
  const script = join(__dirname, "..", "src", "cli", "index.ts");
  const args = ["measure", "--kubeconfig", api.kubeconfigPath, "--service", service];
  const run = ["--control-api", apisix.controlApi, "--every", "100ms", "--for", "10m", "--format", "json"];
  const typescript = ["-r", require.resolve("ts-node/register/transpile-only"), script];
  const env = { ...process.env, PATH: [dirname(kubectl), process.env.PATH].join(delimiter) };
  const [program, ...rest] = [...dieWithParent(), process.execPath, ...typescript, ...args, ...run];
  const child = spawn(program!, rest, { env });
  const kill = atEnd(() => child.kill("SIGKILL"));
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => (stdout += String(text)));
  child.stderr.on("data", (text) => (stderr += String(text)));
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return {
    kill,
    stop: async () => {
      child.kill("SIGINT");
      await ended;
      const file = readMeasurement(stdout);
      if (Array.isArray(file)) throw new Error(`measure: ${stderr}${stdout}`);
      const counted = file.pods.flatMap(({ pod, gone, uncounted }) => (gone && !uncounted ? [{ pod, gone }] : []));
      return new Map(counted.map(({ pod, gone }) => [pod.split("/")[1] ?? "", { measured: gone }]));
    },
  };
}
