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
import { goProgram, hasGo } from "../tools/go";
import { apisixRoute, deployment, service } from "../tests/support/resources";
import { median } from "./median";

const cli = join(__dirname, "..", "dist", "cli", "index.js");

/** As people write them: each object a document of its own, with what a Deployment has besides. */
export function manifests(size: number): string {
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

/** Seconds of one run. */
function time(command: string, args: string[]): number {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 30 });
  const taken = (performance.now() - started) / 1000;
  // Both end with 1, as both find something.
  if (status !== 1 || stdout.length < 1000)
    throw new Error(`${command} ended with ${status}: ${stderr.slice(0, 2000)}`);
  return taken;
}

export async function benchCheck(): Promise<void> {
  if (!existsSync(cli)) throw new Error("dist/ is missing: npm run build");
  const kubeScore = hasGo()
    ? await goProgram({
        module: "kube-score",
        package: "github.com/zegl/kube-score/cmd/kube-score",
        name: "kube-score",
        ldflags: "-s -w",
      })
    : undefined;
  if (kubeScore === undefined) console.log("check: without kube-score beside it, as there is no Go to build it");
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const medians: number[] = [];
    for (const [size, runs] of [
      [1_000, 5],
      [10_000, 3],
    ] as const) {
      const file = join(folder, `${size}.yaml`);
      writeFileSync(file, manifests(size));
      const [ours, theirs]: [number[], number[]] = [[], []];
      // In turns, so that what else the machine does falls on both.
      for (let run = 0; run < runs; run++) {
        ours.push(time(process.execPath, [cli, "check", file, "--format", "json"]));
        if (kubeScore !== undefined) theirs.push(time(kubeScore, ["score", file, "-o", "json"]));
      }
      const own = median(ours);
      medians.push(own);
      const objects = (size * 3).toLocaleString("en");
      console.log(`check ${objects.padStart(6)} objects  ${own.toFixed(2)} s`);
      if (kubeScore === undefined) continue;
      const other = median(theirs);
      console.log(
        `kube-score on the same  ${other.toFixed(2)} s; check takes ${((own / other) * 100).toFixed(0)} % of it`,
      );
    }
    const [small = NaN, large = NaN] = medians;
    console.log(`check ten times as many  ${(large / small).toFixed(1)} times as long`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) void benchCheck();
