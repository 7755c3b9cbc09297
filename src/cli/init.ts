/** `init`: writes a config file to begin with. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { settingsSchema } from "../settings/schema";
import { schemaUrl } from "../version";
import { configFiles } from "./config-file";
import { exitCodes, type Io } from "./io";
import { UsageError } from "./sources";

/** In the working directory. What is there is never overwritten. */
export async function init(io: Io): Promise<number> {
  const there = configFiles.find((file) => existsSync(file));
  if (there !== undefined) throw new UsageError(`${there}: exists; it is left as it is`);
  const [file = ""] = configFiles;
  await writeFile(file, configText(), { flag: "wx" });
  io.stdout(`Wrote ${file}.\n`);
  return exitCodes.clean;
}

/** It changes nothing; what stands behind a `#` and a key is an example. */
export function configText(): string {
  const { sleepSeconds, shutdownSeconds } = settingsSchema.properties;
  return `# yaml-language-server: $schema=${schemaUrl("config.schema.json")}

# The config of apisix-graceful-termination. Options of the command line win over it; paths are relative to this file.

# The policies' settings, as in a policy pack config. A fact given to one policy holds for all of them.
settings:
  pre-stop-sleep:
    # How long APISIX may still send requests to a Pod that terminates.
    sleepSeconds: ${sleepSeconds.default}
    # What an app needs after its SIGTERM.
    shutdownSeconds: ${shutdownSeconds.default}
    # kubernetesVersion: "1.34"
    # What other stacks have: the cluster's default IngressClass ("" if it has none), and GatewayProxies.
    # defaultIngressClass: apisix
    # gatewayProxies: [ingress-apisix/apisix-config]
    # Kinds with a Pod template that are workloads, too.
    # workloads:
    #   - apiVersion: apps.openshift.io/v1
    #     kind: DeploymentConfig
    # exempt:
    #   - namespace: shop
    #     name: legacy-*
    #     reason: drains by itself
    #     until: "2027-12-31"
  # apisix-rollout-advice: disabled

# Files that are not read.
# exclude:
#   - vendor/**

# Findings that were there before don't fail. check --format json=baseline.json writes them.
# baseline: baseline.json

# The level of findings that end with exit code 1: mandatory, advisory or none.
failOn: mandatory
`;
}
