/**
 * Single files from Debian's packages, unpacked into the project's cache: nothing is installed on the machine, so
 * neither root nor a clean system is needed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, makeInCache } from "./go";

/** Can packages be fetched and unpacked here? */
export function hasDebianPackages(): boolean {
  return ["apt-get", "dpkg-deb"].every((tool) => spawnSync(tool, ["--version"]).status === 0);
}

/**
 * The path of `file` (relative to the root, `bin/busybox`) of a Debian package; fetches the package first if the cache
 * doesn't have it.
 *
 * @throws Error saying what to do when the package can't be fetched.
 */
export function debianFile(name: string, file: string): string {
  const folder = join(cacheFolder(), "debian", `${name}-${process.arch}`);
  const path = join(folder, file);
  if (existsSync(path)) return path;
  makeInCache(join(cacheFolder(), "debian"));
  // Unpacked beside its place and renamed when complete, so that an interruption leaves no half of a package.
  const unfinished = mkdtempSync(join(cacheFolder(), "debian", ".unfinished-"));
  try {
    download(name, unfinished);
    const archive = readdirSync(unfinished).find((entry) => entry.endsWith(".deb"));
    if (archive === undefined) throw new Error(`apt-get download ${name} left no package`);
    run("dpkg-deb", ["-x", archive, "files"], unfinished, "the package may be damaged.");
    if (!existsSync(join(unfinished, "files", file))) throw new Error(`Debian's package ${name} has no ${file}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(unfinished, "files"), folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return path;
}

/** A machine that is new, or old, may have no package lists, or stale ones; only root may fetch them. */
function download(name: string, folder: string): void {
  const hint = `is ${name} in the package lists? Run apt-get update.`;
  try {
    run("apt-get", ["download", name], folder, hint);
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    process.stderr.write(`Fetching Debian's package lists for ${name} …\n`);
    run("apt-get", ["update"], folder, "is the network there?");
    run("apt-get", ["download", name], folder, hint);
  }
}

function run(command: string, args: string[], cwd: string, hint: string): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return;
  throw new Error(`${command} ${args.join(" ")} failed; ${hint}\n${error?.message ?? stderr}`);
}
