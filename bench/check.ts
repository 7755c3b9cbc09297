/**
 * What `check` costs beside kube-score, both as processes on one file of Deployments, Services and ApisixRoutes.
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

/** Seconds of one run; Infinity where it was stopped. */
function time(command: string, args: string[]): number {
  const started = performance.now();
  const { status, stdout, stderr, signal } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
    timeout: patience * 1000,
  });
  if (signal !== null) return Infinity;
  // Both end with 1, as both find something.
  if (status !== 1 || stdout.length < 1000)
    throw new Error(`${command} ended with ${status}: ${stderr.slice(0, 2000)}`);
  return (performance.now() - started) / 1000;
}

export async function benchCheck(): Promise<void> {
  if (!existsSync(cli)) throw new Error("dist/ is missing: npm run build");
  const kubeScore = hasGo() ? await goProgram(kubeScoreProgram) : undefined;
  if (kubeScore === undefined) console.log("check: without kube-score beside it, as there is no Go to build it");
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const small = compare(folder, 1_000, 5, kubeScore);
    const large = compare(folder, 10_000, 1, kubeScore);
    console.log(`check: ten times as many objects take ${(large / small).toFixed(1)} times as long`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Prints what so many of each kind cost; answers the seconds of `check`. */
function compare(folder: string, size: number, runs: number, kubeScore: string | undefined): number {
  const file = join(folder, `${size}.yaml`);
  writeFileSync(file, manifests(size));
  const [ours, theirs]: [number[], number[]] = [[], []];
  // In turns, so that what else the machine does falls on both.
  for (let run = 0; run < runs; run++) {
    ours.push(time(process.execPath, [cli, "check", file, "--format", "json"]));
    if (kubeScore !== undefined) theirs.push(time(kubeScore, ["score", file, "-o", "json"]));
  }
  const [own, other] = [median(ours), median(theirs)];
  const objects = (size * 3).toLocaleString("en");
  console.log(`check of ${objects} objects: ${own.toFixed(2)} s`);
  if (other === Infinity) console.log(`  kube-score ${version} on the same: stopped after ${patience} s`);
  else if (theirs.length > 0) {
    const ratio = ((own / other) * 100).toFixed(0);
    console.log(`  kube-score ${version} on the same: ${other.toFixed(2)} s, of which check takes ${ratio} %`);
  }
  return own;
}

if (require.main === module) void benchCheck();
