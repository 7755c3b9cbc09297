/**
 * What `check` costs beside kube-score, both as processes on one file of Deployments, Services and ApisixRoutes; and beside
 * nothing. CPU time, in pairs of runs.
 *
 *     npm run build && node -r ts-node/register/transpile-only bench/check.ts
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { goProgram, hasGo, type GoProgram } from "../tools/go";
import { apisixRoute, deployment, service } from "../tests/support/resources";
import { median } from "./median";

const version = "v1.20.0";
const kubeScoreProgram: GoProgram = {
  module: "kube-score",
  package: "github.com/zegl/kube-score/cmd/kube-score",
  name: "kube-score",
  ldflags: "-s -w",
  flags: ["-pgo=off"],
};

const cli = join(__dirname, "..", "dist", "cli.js");

/** As people write them: each object a document of its own, with what a Deployment has besides. */
function manifests(size: number): string {
  const documents: string[] = [];
  for (let i = 0; i < size; i++) {
    const name = `app-${i}`;
    const container = {
      image: `registry.example.com/shop/${name}:1.${i}.0`,
      env: [{ name: "LOG_LEVEL", value: "info" }],
      resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
      readinessProbe: { httpGet: { path: "/ready", port: "http" }, periodSeconds: 5 },
      // A third is fine, a third has no hook, and the hook of a third is too short.
      ...(i % 3 === 0
        ? {}
        : { lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", `sleep ${i % 3 === 1 ? 10 : 2}`] } } } }),
    };
    for (const { props } of [deployment(name, container), service(name), apisixRoute(name)]) {
      documents.push(stringify(props, { aliasDuplicateObjects: false }));
    }
  }
  return documents.join("---\n");
}

/** Longer than this nobody waits for a bench, in seconds. */
const patience = 60;

/** Seconds of CPU of one run, its children included; Infinity where it was stopped. */
function cpu(command: string, args: string[]): number {
  // Only a shell tells what its children have used.
  const timed = 'TIMEFORMAT="%U %S"; { time "$0" "$@" > /dev/null 2> /dev/null; }';
  const { stderr, signal } = spawnSync("bash", ["-c", timed, command, ...args], {
    encoding: "utf8",
    timeout: patience * 1000,
  });
  if (signal !== null) return Infinity;
  return stderr
    .split(" ")
    .map(Number)
    .reduce((a, b) => a + b);
}

/** That both do what is measured: both find something, and say so. */
function assertRuns(command: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 30 });
  if (status !== 1 || stdout.length < 1000)
    throw new Error(`${command} ended with ${status}: ${stderr.slice(0, 2000)}`);
}

export async function benchCheck(): Promise<void> {
  if (!existsSync(cli)) throw new Error("dist/ is missing: npm run build");
  const kubeScore = hasGo() ? await goProgram(kubeScoreProgram) : undefined;
  if (kubeScore === undefined) console.log("check: without kube-score beside it, as there is no Go to build it");
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    compareStart(folder);
    const small = compare(folder, 1_000, 7, kubeScore);
    const large = compare(folder, 10_000, 1, kubeScore);
    console.log(`check: ten times as many objects take ${(large / small).toFixed(1)} times as long`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Prints what the check of three objects costs beside a Node that does nothing. */
function compareStart(folder: string): void {
  const file = join(folder, "three.yaml");
  writeFileSync(file, manifests(1));
  const ratios = Array.from({ length: 9 }, () => {
    const empty = cpu(process.execPath, ["-e", "0"]);
    return cpu(process.execPath, [cli, "check", file]) / empty;
  });
  console.log(`a cold check of 3 objects: ${median(ratios).toFixed(2)} × node -e 0`);
}

/** Prints what so many of each kind cost; answers the seconds of CPU of `check`. */
function compare(folder: string, size: number, runs: number, kubeScore: string | undefined): number {
  const file = join(folder, `${size}.yaml`);
  writeFileSync(file, manifests(size));
  const [ours, theirs]: [number[], number[]] = [[], []];
  // In turns, so that what else the machine does falls on both.
  const own = [cli, "check", file, "--format", "json"];
  const other = ["score", file, "-o", "json"];
  assertRuns(process.execPath, own);
  if (kubeScore !== undefined && runs > 1) assertRuns(kubeScore, other);
  for (let run = 0; run < runs; run++) {
    ours.push(cpu(process.execPath, own));
    if (kubeScore !== undefined) theirs.push(cpu(kubeScore, other));
  }
  const seconds = median(ours);
  const objects = (size * 3).toLocaleString("en");
  console.log(`check of ${objects} objects: ${seconds.toFixed(2)} s of CPU`);
  if (theirs.includes(Infinity)) console.log(`  kube-score ${version} on the same: stopped after ${patience} s`);
  else if (theirs.length > 0) {
    const ratio = median(ours.map((own, i) => own / (theirs[i] ?? NaN))).toFixed(2);
    console.log(
      `  kube-score ${version} on the same: ${median(theirs).toFixed(2)} s of CPU; check takes ${ratio} × that`,
    );
  }
  return seconds;
}

if (require.main === module) void benchCheck();
