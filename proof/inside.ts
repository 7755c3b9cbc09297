/** Rolls out in this network, which must be one of its own, and writes what it found to standard output as JSON. */
import { cpus, release, totalmem } from "node:os";
import { containerdVersion, kubernetesVersion } from "../tools/kubernetes";
import { startCluster } from "./cluster";
import type { Result } from "./result";
import { rates, rollOut } from "./rollout";
import { scenarios } from "./scenarios";

async function main(names: readonly string[]): Promise<void> {
  const result: Result = {
    machine: {
      day: new Date().toISOString().slice(0, 10),
      cpus: cpus().length,
      gibibytes: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      node: process.version,
      kubernetes: kubernetesVersion,
      containerd: containerdVersion,
    },
    rates,
    rollouts: [],
  };
  const cluster = await startCluster();
  try {
    for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
      for (const repaired of [false, true]) {
        process.stderr.write(`Rolling out ${scenario.name}${repaired ? ", repaired" : ""} …\n`);
        result.rollouts.push(await rollOut(cluster, scenario, repaired));
      }
    }
  } catch (error) {
    const failure = cluster.failure();
    if (failure !== undefined) process.stderr.write(`A part of the cluster has ended:\n${failure}\n`);
    throw error;
  } finally {
    cluster.stop();
  }
  process.stdout.write(JSON.stringify(result));
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
