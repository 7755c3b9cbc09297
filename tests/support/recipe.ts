/** A machine of a CI server, as far as recipes of examples/ci need one: a folder, a shell, and programs on PATH. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { parse } from "yaml";
import { temporary } from "./folder";

const root = join(__dirname, "..", "..");

/** A recipe's YAML, by its path in the project. */
export const recipe = <T>(path: string) => parse(readFileSync(join(root, path), "utf8")) as T;

export interface Machine {
  /** The working directory of the scripts. */
  folder: string;
  /** Where its programs are. */
  bin: string;
  /** Puts a bash script on PATH. */
  program(name: string, script: string): void;
  /** Runs a script as GitHub and GitLab do. */
  shell(script: string, env?: NodeJS.ProcessEnv): { status: number; stdout: string; stderr: string };
  remove(): void;
}

let bundled: string | undefined;

/** The command line as it stands, in one file as it is published: recipes start it often. */
function cli(): string {
  bundled ??= buildSync({
    absWorkingDir: root,
    entryPoints: ["src/cli/index.ts"],
    bundle: true,
    platform: "node",
    write: false,
  }).outputFiles[0]?.text;
  return bundled ?? "";
}

/** A machine whose `npx` runs this command line, and writes the package that it was asked for to `npx.log`. */
export function machine(): Machine {
  const { folder, remove } = temporary();
  const bin = join(folder, ".bin");
  mkdirSync(bin);
  const program = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  writeFileSync(join(bin, "cli.js"), cli());
  program("apisix-graceful-termination", `exec '${process.execPath}' '${join(bin, "cli.js")}' "$@"`);
  program(
    "npx",
    `while [[ "$1" == --* ]]; do shift; done; echo "$1" >> npx.log; shift; exec apisix-graceful-termination "$@"`,
  );
  return {
    folder,
    bin,
    program,
    remove,
    shell(script, env = {}) {
      const { status, stdout, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
        cwd: folder,
        encoding: "utf8",
        env: { PATH: `${bin}:${process.env.PATH}`, HOME: folder, ...env },
      });
      return { status: status ?? -1, stdout, stderr };
    },
  };
}
