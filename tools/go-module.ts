/** Files of other projects, from their Go modules: CRDs, sample manifests, documents. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The folder of the one module that `tools/go/<name>/go.mod` requires, in Go's module cache; downloads it on first use.
 * Undefined where there is no Go, or the module can be had from neither the cache nor the network.
 *
 * @throws Error when the module is not the one that go.sum pins.
 */
export function goModuleFolder(name: string): string | undefined {
  const folder = join(__dirname, "go", name);
  const required = /^require (\S+) (\S+)$/m.exec(readFileSync(join(folder, "go.mod"), "utf8"));
  if (!required) throw new Error(`tools/go/${name}/go.mod requires no module`);
  const [, path = "", version = ""] = required;
  // Outside of a module, as inside of one Go would want the sums of everything that the module itself requires.
  const answer = spawnSync("go", ["mod", "download", "-json", `${path}@${version}`], {
    cwd: tmpdir(),
    encoding: "utf8",
    env: { ...process.env, GO111MODULE: "on", GOFLAGS: "", GOWORK: "off" },
    timeout: 120_000,
  });
  if (answer.status !== 0) return undefined;
  const module = JSON.parse(answer.stdout) as { Dir: string; Sum: string };
  const pinned = readFileSync(join(folder, "go.sum"), "utf8").split("\n");
  if (!pinned.includes(`${path} ${version} ${module.Sum}`))
    throw new Error(`${path} ${version} is not what go.sum pins`);
  return module.Dir;
}
