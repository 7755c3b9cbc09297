/** What an organization publishes, and folders in which it is installed: all outside of the tree. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheFolder } from "../../tools/go";
import { temporary } from "../support/folder";
import { cleanEnvironment, startFolder } from "../support/pack-process";

export const root = join(__dirname, "..", "..");

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, for at most five minutes, without what npm adds to the environment. */
export function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Ran {
  const options = { cwd, encoding: "utf8", env: cleanEnvironment(env), timeout: 300_000 } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (error) throw error;
  return { status, stdout, stderr };
}

/** As `run`, for what has to succeed; answers what it printed. */
export function succeed(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr } = run(command, args, cwd, env);
  assert.equal(status, 0, `${command} ${args.join(" ")}\n${stdout}\n${stderr}`);
  return stdout;
}

/** An empty home, with npm's downloads from the project's cache: what is installed is the same, and comes sooner. */
export function emptyHome(folder: string): NodeJS.ProcessEnv {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  return {
    HOME: home,
    USERPROFILE: home,
    npm_config_cache: join(cacheFolder(), "npm"),
    XDG_CACHE_HOME: join(home, ".cache"),
  };
}

let packed: string | undefined;

/** The pack's tarball, made once. */
export function tarball(): string {
  if (packed !== undefined) return packed;
  const { folder, remove } = temporary();
  process.once("exit", remove);
  const file = pack(root, folder);
  assert.deepEqual(readdirSync(folder), [basename(file)], "npm pack prints the tarball's name, and nothing else");
  return (packed = file);
}

/** Packs what is in a folder, with the command of `pulumi policy publish`. Answers the tarball's path. */
export function pack(source: string, folder: string): string {
  return join(folder, succeed("npm", ["pack", "--loglevel=error", "--pack-destination", folder], source).trim());
}

/** Unpacks a tarball of npm's as the engine does. */
export function extract(file: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  succeed("tar", ["xzf", file, "-C", folder, "--strip-components=1"], root);
}

/** Asserts that a pack that is installed in a folder starts. */
export async function starts(folder: string): Promise<void> {
  const started = await startFolder(folder);
  await started.stop();
  assert.ok(started.port, started.stderr());
}

/** Programs of npm packages in the project's cache, installed once. Answers the folder of its node_modules. */
export function cached(name: string, dependencies: Record<string, string>): string {
  const folder = join(cacheFolder(), "npm-programs", `${name}-${Object.values(dependencies).join("-")}`);
  const modules = join(folder, "node_modules");
  if (existsSync(join(folder, "complete"))) return modules;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  succeed("npm", ["install", "--loglevel=error", "--no-audit", "--no-fund"], folder);
  writeFileSync(join(folder, "complete"), "");
  return modules;
}

/** What a folder holds: megabytes as `du` counts them, and the entries of its node_modules as `ls` does. */
export function weight(folder: string): { megabytes: number; folders: number } {
  const [size = ""] = succeed("du", ["-sm", "node_modules"], folder).split("\t");
  const folders = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));
  return { megabytes: Number(size), folders: folders.length };
}
