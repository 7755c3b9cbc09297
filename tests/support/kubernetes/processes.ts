/** Processes, folders and ports of a test, which all end with it: also after a failure, Ctrl-C or a kill. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { constants, tmpdir } from "node:os";
import { basename, join } from "node:path";

const endings = new Set<() => void>();

function endAll(): void {
  // The last started ends first: what is started later may use what was started earlier.
  for (const ending of [...endings].reverse()) {
    try {
      ending();
    } catch (error) {
      console.error(error);
    }
  }
}

/**
 * Calls `end` when this process ends, unless it was called before.
 *
 * @param end Must be synchronous: nothing else runs when a process exits.
 * @returns `end`, to be called once only, for the ordinary way out.
 */
export function atEnd(end: () => void): () => void {
  if (endings.size === 0) listen();
  const once = () => {
    if (endings.delete(once)) end();
  };
  endings.add(once);
  return once;
}

let listening = false;
function listen(): void {
  if (listening) return;
  listening = true;
  process.on("exit", endAll);
  // By default these end the process without an "exit" event.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  }
}

/**
 * A new folder for temporary files, with a short path (a socket's path has at most 107 bytes), and what removes it.
 * Its name has this process's id: folders of processes that were killed are removed by the next who asks for one.
 */
export function temporaryFolder(): { folder: string; remove: () => void } {
  for (const name of readdirSync(tmpdir()).filter(isAbandoned)) removeFolder(join(tmpdir(), name));
  const folder = mkdtempSync(join(tmpdir(), `agt-${process.pid}-`));
  return { folder, remove: atEnd(() => removeFolder(folder)) };
}

/** Was something named after a temporary folder of a process that has ended? */
export function isAbandoned(name: string): boolean {
  const id = /^agt-(\d+)-/.exec(name)?.[1];
  if (id === undefined) return false;
  try {
    process.kill(Number(id), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** A program that runs until it is stopped. */
export interface Service {
  pid: number;
  /** Resolves when the process has ended, to how it did. */
  ended: Promise<string>;
  hasEnded: () => boolean;
  /** The end of what it wrote. */
  log: () => string;
  /** Ends it at once (SIGKILL). */
  stop: () => void;
}

/** Starts a program whose output goes to `logFile`. */
export function startService(command: string, args: string[], logFile: string, env = process.env): Service {
  const log = openSync(logFile, "a");
  const [program, ...rest] = [...dieWithParent(), command, ...args];
  const child = spawn(program!, rest, { stdio: ["ignore", log, log], env });
  closeSync(log);
  let how: string | undefined;
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve((how = error.message)));
    child.on("exit", (code, signal) => resolve((how = signal ?? `exit code ${code}`)));
  });
  const stop = atEnd(() => {
    if (how === undefined) child.kill("SIGKILL");
  });
  return {
    pid: child.pid ?? -1,
    ended: ended.then((text) => `${basename(command)} ended: ${text}`),
    hasEnded: () => how !== undefined,
    log: () => readFileSync(logFile, "utf8").slice(-4000),
    stop,
  };
}

let hasSetpriv: boolean | undefined;
/** The prefix of a command that makes Linux signal it when this process dies, even by SIGKILL. */
export function dieWithParent(signal: "KILL" | "TERM" = "KILL"): string[] {
  const prefix = ["setpriv", "--pdeathsig", signal, "--"];
  hasSetpriv ??= spawnSync(prefix[0]!, [...prefix.slice(1), "true"]).status === 0;
  return hasSetpriv ? prefix : [];
}

/** Waits until `condition` answers something other than undefined or false. */
export async function until<T>(
  condition: () => Promise<T | undefined | false> | T | undefined | false,
  what: string,
  seconds: number,
  milliseconds = 100,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await condition();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
}

/** Ports of the loopback interface that are free now, each another. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
