/** Rolls out in a network of its own, from a process that can still reach the machine's. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { canMakePodNetwork, canRunNode, inNetworkOfItsOwn } from "../tests/support/kubernetes";
import { dieWithParent } from "../tests/support/kubernetes/processes";
import { fetchCluster } from "./cluster";
import type { Result } from "./result";

/** Why it can't be proven here; undefined where it can. */
export function canProve(): string | undefined {
  return canRunNode() ?? canMakePodNetwork();
}

/**
 * Builds and fetches what the cache doesn't have (minutes), and rolls out each scenario twice (a minute and a half for each).
 *
 * @param names of the scenarios
 * @throws Error when any part of it fails, which says why on standard error: lost requests are no failure
 */
export async function prove(names: readonly string[]): Promise<Result> {
  await fetchCluster();
  const typescript = ["-r", require.resolve("ts-node/register/transpile-only"), join(__dirname, "inside.ts")];
  const command = inNetworkOfItsOwn([process.execPath, ...typescript, ...names]);
  // It tidies up at SIGTERM.
  const [program, ...args] = [...dieWithParent("TERM"), ...command];
  const child = spawn(program!, args, { stdio: ["ignore", "pipe", "inherit"] });
  let written = "";
  child.stdout.on("data", (text) => (written += String(text)));
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`The roll-outs failed (${code ?? "killed"})`);
  return JSON.parse(written) as Result;
}
