/**
 * Builds programs from their Go modules, once, into a cache outside the tree.
 *
 * Each has a folder `tools/go/<name>` with a go.mod and go.sum that pin it, and its source if it is our own. What is
 * built again is decided by those files and the flags alone.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";

export interface GoProgram {
  /** Folder below tools/go. */
  module: string;
  /** Import path of its main package; `.` or `./sub` where the source is our own. */
  package: string;
  /** Name of the executable. */
  name: string;
  tags?: string[];
  ldflags?: string;
  /** Further flags of `go build`. */
  flags?: string[];
  cgo?: boolean;
  /**
   * Files of another module that our own source embeds, by their paths in it: each is shown to the compiler beside
   * go.mod, under its own name, so that it needn't be copied into the tree.
   */
  embed?: { module: string; files: string[] };
}

// Looked up once: a test may give this process the home of an empty machine later.
const cache =
  process.env.APISIX_GRACEFUL_TERMINATION_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "apisix-graceful-termination");

/** The project's cache: $APISIX_GRACEFUL_TERMINATION_CACHE, or a folder in the user's cache. */
export function cacheFolder(): string {
  return cache;
}

/** Makes a folder in the cache. @throws Error saying what to do when it can't be made */
export function makeInCache(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(
      `The cache can't be written: ${(error as Error).message}. Set APISIX_GRACEFUL_TERMINATION_CACHE to a folder that can be written, and GOCACHE and GOMODCACHE if Go's own folders can't be either.`,
      { cause: error },
    );
  }
}

/** Is there a Go toolchain on PATH? */
export function hasGo(): boolean {
  return spawnSync("go", ["version"]).status === 0;
}

/** The path of the executable, if it is built already. */
export function builtProgram(program: GoProgram): string | undefined {
  const { executable } = recipe(program);
  return existsSync(executable) ? executable : undefined;
}

/**
 * The path of the built executable; builds it first if the cache doesn't have it, telling on standard error.
 *
 * @throws Error with the end of the compiler's output when the build fails.
 */
export async function goProgram(program: GoProgram): Promise<string> {
  const { module, args, folder, executable } = recipe(program);
  if (existsSync(executable)) return executable;

  makeInCache(folder);
  const unfinished = `${executable}.${process.pid}`;
  const environment = { ...process.env, CGO_ENABLED: program.cgo ? "1" : "0", GOFLAGS: "-mod=readonly", GOWORK: "off" };
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  process.stderr.write(`Building ${program.name} from its Go module, once; this takes some minutes …\n`);
  const progress = setInterval(
    () => process.stderr.write(`  still building ${program.name}, ${seconds()} s\n`),
    20_000,
  );
  try {
    const go = (...command: string[]) => run("go", command, { cwd: module, env: environment });
    if (program.embed) {
      const overlay = join(folder, "overlay.json");
      writeFileSync(overlay, JSON.stringify(await embedded(program.embed, module, go)));
      args.push("-overlay", overlay);
    }
    await go(...args, "-o", unfinished, program.package);
    // Renamed when complete, so that an interrupted build leaves nothing that looks like a program.
    renameSync(unfinished, executable);
  } finally {
    clearInterval(progress);
    rmSync(unfinished, { force: true });
  }
  process.stderr.write(`  built ${program.name} in ${seconds()} s: ${executable}\n`);
  return executable;
}

/** How a program is built, and where it stands in the cache. */
function recipe(program: GoProgram): { module: string; args: string[]; folder: string; executable: string } {
  const module = join(__dirname, "go", program.module);
  const args = ["build", "-trimpath", "-buildvcs=false", ...(program.flags ?? [])];
  if (program.tags) args.push("-tags", program.tags.join(","));
  if (program.ldflags) args.push("-ldflags", program.ldflags);
  const key = createHash("sha256");
  for (const file of sources(module)) key.update(readFileSync(join(module, file)));
  const platform = [program.cgo ?? false, process.platform, process.arch];
  key.update(JSON.stringify([args, program.package, ...platform, ...(program.embed ? [program.embed] : [])]));
  const folder = join(cacheFolder(), "go", `${program.name}-${key.digest("hex").slice(0, 12)}`);
  return { module, args, folder, executable: join(folder, program.name) };
}

/** The overlay of `go build` that shows files of another module, which go.mod requires, beside our own source. */
async function embedded(
  { module: path, files }: NonNullable<GoProgram["embed"]>,
  module: string,
  go: (...command: string[]) => Promise<string>,
): Promise<{ Replace: Record<string, string> }> {
  await go("mod", "download", path);
  const folder = (await go("list", "-m", "-f", "{{.Dir}}", path)).trim();
  return { Replace: Object.fromEntries(files.map((file) => [join(module, basename(file)), join(folder, file)])) };
}

/** What decides a build, relative to the module: go.mod, go.sum where it has one, and our own source. */
function sources(module: string): string[] {
  const files = readdirSync(module, { recursive: true, encoding: "utf8" }).sort();
  return [
    ...files.filter((file) => file === "go.mod" || file === "go.sum"),
    ...files.filter((file) => file.endsWith(".go")),
  ];
}

/** Runs a program to its end; answers what it printed. */
function run(command: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const stop = () => child.kill();
    process.once("exit", stop);
    child.on("close", () => process.removeListener("exit", stop));
    let printed = "";
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4000)));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(printed) : reject(new Error(`${command} ${args[0]} failed (exit code ${code}):\n${said}`)),
    );
  });
}
