/** Runs scripts in real shells, with a `sleep` that writes down what it was asked for instead of sleeping. */
import { debianFile, hasDebianPackages } from "../../tools/debian";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A shell of this machine, and the names under which a hook would start it. */
export interface RealShell {
  name: string;
  /** Begins the command line that runs a script: `bash --posix`. */
  command: string[];
  /** How a hook may name it. */
  hooks: string[][];
}

/** The shells that this machine has, and busybox's from its Debian package where packages can be had. */
export function realShells(): RealShell[] {
  const busybox = hasDebianPackages() ? debianFile("busybox-static", "bin/busybox") : "busybox";
  const all: RealShell[] = [
    { name: "dash", command: ["dash"], hooks: [["dash"], ["sh"]] },
    { name: "bash", command: ["bash"], hooks: [["bash"]] },
    { name: "bash as sh", command: ["bash", "--posix"], hooks: [["sh"]] },
    { name: "busybox", command: [busybox, "sh"], hooks: [["busybox", "sh"], ["sh"], ["ash"]] },
  ];
  return all.filter(({ command: [program = "", ...args] }) => spawnSync(program, [...args, "-c", ":"]).status === 0);
}

/** One script to run; the seed decides how its surprises turn out. */
export interface Case {
  script: string;
  seed: number;
}

/** What happened: the seconds that it would have slept, and after how many of them it stopped the app. */
export interface Outcome {
  /** Undefined if it didn't end. */
  seconds: number | undefined;
  /** Infinity if it didn't. */
  stop: number;
}

/** The variable that the manifest gives, and the one that only the image knows. */
export const known = "3";
const randomly = ["", "1", "2", "3 4", "x", "exit", "-5"];

/** Programs that a script finds first. Each call of `maybe` ends as the seed has it. */
const programs: Record<string, string> = {
  sleep: `[ $# -gt 0 ] || exit 1
for each; do case \${each%[smhd]} in ''|.|*[!0-9.]*|*.*.*) exit 1;; esac; done
echo "$*" >> "$LOG"
# A loop that never ends waits here until it is cut.
n=0; while read line; do n=$((n+1)); done < "$LOG"
[ $n -lt 80 ] || exec /bin/sleep 3`,
  maybe: `n=$SEED; [ -e "$LOG.seed" ] && read n < "$LOG.seed"
n=$(( (n * 1103515245 + 12345) % 2147483648 )); echo $n > "$LOG.seed"; exit $(( n / 65536 % 2 ))`,
  nginx: `case " $* " in *" -s quit "*|*" -s stop "*|*" -squit "*|*" -sstop "*) echo stop >> "$LOG";; esac`,
  good: "exit 0",
  bad: "exit 1",
};

/** A folder with those programs; remove it when done. */
export function workshop(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "shells-"));
  mkdirSync(join(folder, "bin"));
  for (const [name, body] of Object.entries(programs)) {
    const path = join(folder, "bin", name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs each case in one shell, one after the other, by one process that has all of them as its script. */
export async function runAll(shell: RealShell, cases: readonly Case[], folder: string): Promise<Outcome[]> {
  const batch = mkdtempSync(join(folder, "batch-"));
  const bin = join(batch, "bin");
  mkdirSync(bin);
  // `sh` in a script is the shell itself.
  writeFileSync(join(bin, "sh"), `#!/bin/sh\nexec ${shell.command.join(" ")} "$@"\n`);
  chmodSync(join(bin, "sh"), 0o755);
  const lines = [
    `cd ${quote(batch)}`,
    `export PATH=${quote(`${bin}:${join(folder, "bin")}`)}:"$PATH" KNOWN=${known} v=1`,
  ];
  for (const [i, { script, seed }] of cases.entries()) {
    const files = join(batch, `${i}.files`);
    mkdirSync(files);
    for (const [at, name] of ["a", "b", "c", "d"].entries()) {
      if ((seed >> at) & 1) mkdirSync(join(files, name));
    }
    writeFileSync(join(files, "script"), seed & 16 ? "v=1; sleep 1\n" : "exit\n");
    const environment = [
      `LOG=${quote(join(batch, `${i}.log`))}`,
      `FILES=${quote(files)}`,
      `SEED=${seed}`,
      `RANDOMLY=${quote(randomly[seed % randomly.length] ?? "")}`,
    ];
    // busybox's shell prefers its own `sleep` to any on PATH.
    const own = (
      shell.name === "busybox"
        ? script.replace(/(?<![<>][&|]?[ \t\\\n"']*)(?:\/bin\/)?\bsleep\b/g, join(folder, "bin", "sleep"))
        : script.replace(/\/bin\/sleep\b/g, "sleep")
    ).replace(/\/usr\/sbin\/nginx/g, "nginx");
    const command = ["timeout", "-k", "1", "1", ...shell.command, "-c", quote(own)];
    lines.push(`${environment.join(" ")} ${command.join(" ")} </dev/null >/dev/null 2>&1; echo $? >>status`);
  }
  const driver = join(batch, "driver");
  writeFileSync(driver, lines.join("\n"));
  await new Promise<void>((resolve, reject) => {
    const child = spawn("dash", [driver], { stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
  const statuses = readFileSync(join(batch, "status"), "utf8").trim().split("\n");
  const outcomes = cases.map((_, i): Outcome => {
    const status = statuses[i];
    const log = join(batch, `${i}.log`);
    const text = existsSync(log) ? readFileSync(log, "utf8") : "";
    const [before = ""] = text.split(/^stop$/m);
    const stop = before === text ? Infinity : total(before);
    const isCut = status === "124" || status === "137";
    return { seconds: isCut ? undefined : total(text), stop };
  });
  rmSync(batch, { recursive: true, force: true });
  return outcomes;
}

/** Does a shell take each script, without running it? */
export function syntaxOf(shell: RealShell, scripts: readonly string[], folder: string): boolean[] {
  const file = join(folder, "syntax");
  const lines = scripts.map(
    (script) => `${shell.command.join(" ")} -n -c ${quote(script)} </dev/null >/dev/null 2>&1; echo $?`,
  );
  writeFileSync(file, lines.join("\n"));
  const { stdout } = spawnSync("dash", [file], { encoding: "utf8", maxBuffer: 1 << 26 });
  return stdout
    .trim()
    .split("\n")
    .map((status) => status === "0");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** When a shell that really sleeps has ended, and when nothing held its output open any more; in a script's seconds. */
export interface Timing {
  exit: number;
  close: number;
}

/** Runs a script in real time, a second of which lasts `scale` milliseconds. */
export function runTimed(shell: RealShell, { script, seed }: Case, folder: string, scale: number): Promise<Timing> {
  const bin = mkdtempSync(join(folder, "timed-"));
  const scaled = `ms=0; for each; do case $each in *m) s=$(( \${each%m} * 60 ));; *) s=\${each%s};; esac
case $s in ''|*[!0-9]*) exit 1;; esac; ms=$(( ms + s * ${scale} )); done
[ $# -gt 0 ] || exit 1
time=$(( ms / 1000 )).$(( ms / 100 % 10 ))$(( ms / 10 % 10 ))$(( ms % 10 ))`.replaceAll("\\$", "$");
  const files: Record<string, string> = {
    sleep: `${scaled}\nexec /bin/sleep $time`,
    timeout: `limit=$1; shift; set -- "$limit" "$@"; command=$2; shift 2
at=$(( limit * ${scale} )); exec /usr/bin/timeout $(( at / 1000 )).$(( at / 100 % 10 ))$(( at / 10 % 10 ))$(( at % 10 )) "$command" "$@"`,
    sh: `exec ${shell.command.join(" ")} "$@"`,
  };
  for (const [name, body] of Object.entries(files)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const own = shell.name === "busybox" ? script.replace(/\b(sleep|timeout)\b/g, (name) => join(bin, name)) : script;
  const [program = "", ...args] = shell.command;
  const environment = { PATH: `${bin}:${process.env.PATH}`, KNOWN: known, v: "1", SEED: String(seed) };
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const seconds = () => (performance.now() - started) / scale;
    let exit = 0;
    const child = spawn(program, [...args, "-c", own], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.resume();
    child.stderr.resume();
    child.once("error", reject);
    child.once("exit", () => (exit = seconds()));
    child.once("close", () => resolve({ exit, close: seconds() }));
  });
}

/** The sum of what `sleep` was asked for. */
function total(log: string): number {
  const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };
  let seconds = 0;
  for (const operand of log.split(/\s+/)) {
    if (operand !== "" && operand !== "stop") seconds += parseFloat(operand) * (units[operand.slice(-1)] ?? 1);
  }
  return Math.round(seconds * 1e6) / 1e6;
}
