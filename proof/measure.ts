/** `measure`, as a user runs it beside a roll-out. */
import { delimiter, dirname } from "node:path";
import { readMeasurement } from "../src/measure";
import { startCli } from "../tests/cli/child";
import type { Cluster } from "./cluster";
import type { OldPod } from "./result";

export interface Measuring {
  /** Ends it as Ctrl-C does; gives each Pod's t by the Pod's name. @throws Error where it has failed */
  stop: () => Promise<Map<string, Pick<OldPod, "measured">>>;
}

export function startMeasure({ api, apisix, kubectl }: Cluster, service: string): Measuring {
  const args = ["measure", "--kubeconfig", api.kubeconfigPath, "--service", service];
  const run = ["--control-api", apisix.controlApi, "--every", "100ms", "--for", "10m", "--format", "json"];
  const env = { ...process.env, PATH: [dirname(kubectl), process.env.PATH].join(delimiter) };
  const child = startCli([...args, ...run], env);
  return {
    stop: async () => {
      child.interrupt();
      const { how, stdout, stderr } = await child.ended;
      const file = readMeasurement(stdout);
      if (Array.isArray(file)) throw new Error(`measure ended with ${how}: ${file.join("; ")}\n${stderr}`);
      const counted = file.pods.flatMap(({ pod, gone, uncounted }) => (gone && !uncounted ? [{ pod, gone }] : []));
      return new Map(counted.map(({ pod, gone }) => [pod.split("/")[1] ?? "", { measured: gone }]));
    },
  };
}
