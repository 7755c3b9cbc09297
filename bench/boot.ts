/**
 * What a pack's start costs: a pack without policies, this one, and the executable. The CPU time of each process, in
 * turns, so that what else the machine does falls on all of them; ratios are of the same turn.
 *
 *     npm run build && node -r ts-node/register/transpile-only bench/boot.ts
 */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPolicyPack, startPack } from "../tests/support/pack-process";
import { median } from "./median";

const root = join(__dirname, "..");
const turns = 7;

/** Prints what the process has used when it is told to end. */
const meter = `process.once("SIGTERM", () => {
  const { user, system } = process.cpuUsage();
  require("node:fs").writeSync(2, JSON.stringify({ cpu: (user + system) / 1000, memory: process.memoryUsage().rss / 2 ** 20 }));
  process.exit();
});`;

interface Cost {
  /** Milliseconds of CPU until it listened. */
  cpu: number;
  /** Megabytes. */
  memory: number;
}

export async function benchBoot(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    writeFileSync(join(folder, "meter.js"), meter);
    writeFileSync(join(folder, "package.json"), '{ "name": "empty", "version": "1.0.0", "main": "index.js" }');
    writeFileSync(
      join(folder, "index.js"),
      'const { PolicyPack } = require("@pulumi/policy");\nnew PolicyPack("empty", { policies: [] });\n',
    );
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const env = { ...process.env, NODE_OPTIONS: `--require ${join(folder, "meter.js")}` };
    const start = async (command: string[], cwd: string): Promise<Cost> => {
      const pack = await startPack([process.execPath, ...command, "127.0.0.1:1", "."], { cwd, env });
      await pack.stop();
      if (pack.port === undefined) throw new Error(pack.stderr());
      return JSON.parse(pack.stderr()) as Cost;
    };
    const packs = {
      "an empty pack": () => start([runPolicyPack(root)], folder),
      "this pack": () => start([runPolicyPack(root)], root),
      "the executable pack": () => start([join(root, "build", "apisix-graceful-termination")], folder),
    };
    const runs: Cost[][] = [];
    for (let turn = 0; turn < turns; turn++) {
      const costs: Cost[] = [];
      for (const pack of Object.values(packs)) costs.push(await pack());
      runs.push(costs);
    }
    for (const [i, name] of Object.keys(packs).entries()) {
      const of = (value: (cost: Cost, empty: Cost) => number) =>
        median(runs.map((costs) => value(costs[i]!, costs[0]!)));
      const ratio = of(({ cpu }, empty) => cpu / empty.cpu).toFixed(2);
      console.log(
        `boot of ${name}: ${of(({ cpu }) => cpu).toFixed(0)} ms of CPU, ${of(({ memory }) => memory).toFixed(0)} MB; ${ratio} × an empty one`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) void benchBoot();
