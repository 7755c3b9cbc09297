/** Other people's programs: `pulumi` and `kubectl`, as they are installed. */
import { stripVTControlCharacters } from "node:util";

/** What came of it. `late` and `long`: it was stopped at a limit. */
export type Ran =
  | { end: "code"; code: number; stdout: string; stderr: string }
  | { end: "missing" | "late" | "long" }
  | { end: "failed"; message: string };

export interface Limits {
  /** Of the whole run, in seconds. */
  timeout?: number;
  /** Of its output, in bytes. */
  bytes?: number;
}

/**
 * Runs a program from PATH, without a shell and without standard input. Never rejects.
 *
 * On Windows the system adds `.exe` to the name; a batch file would need a shell, and isn't found.
 */
export function runTool(name: string, args: string[], env: NodeJS.ProcessEnv, limits: Limits = {}): Promise<Ran> {
  const { timeout = 0, bytes = Infinity } = limits;
  // Loaded on first use: most runs start no program.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { execFile } = require("node:child_process") as typeof import("node:child_process");
  return new Promise((resolve) => {
    // Whoever doesn't answer in time may not obey either.
    const killSignal = "SIGKILL";
    const options = { env, encoding: "utf8", timeout: timeout * 1000, maxBuffer: bytes, killSignal } as const;
    const child = execFile(name, args, options, (error, stdout, stderr) => {
      if (!error) resolve({ end: "code", code: 0, stdout, stderr });
      else if (typeof error.code === "number") resolve({ end: "code", code: error.code, stdout, stderr });
      else if ((error.code as unknown) === "ENOENT") resolve({ end: "missing" });
      else if ((error.code as unknown) === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") resolve({ end: "long" });
      else if (error.killed) resolve({ end: "late" });
      else resolve({ end: "failed", message: error.message.split("\n")[0] ?? "" });
    });
    // Whoever asks for a password gets the end of the input, and doesn't wait.
    child.stdin?.on("error", () => {});
    child.stdin?.end();
  });
}

/** What one line may hold, in characters: an object of Kubernetes is smaller. */
const longestLine = 16 * 1024 * 1024;

/**
 * Runs a program likewise, and gives on what it prints, line by line, until it ends or `stop` is aborted. Never rejects.
 */
export function streamTool(
  name: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
  stop: AbortSignal,
): Promise<Ran> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { spawn } = require("node:child_process") as typeof import("node:child_process");
  return new Promise((resolve) => {
    const child = spawn(name, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let [rest, stderr] = ["", ""];
    const end = (ran: Ran) => {
      stop.removeEventListener("abort", abort);
      // Who holds the pipe besides, such as a credential plugin, keeps nobody waiting.
      child.stdout.destroy();
      child.stderr.destroy();
      child.kill("SIGKILL");
      resolve(ran);
    };
    const abort = () => end({ end: "late" });
    stop.addEventListener("abort", abort);
    if (stop.aborted) abort();
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (stop.aborted) return;
      const lines = text.split("\n");
      lines[0] = rest + (lines[0] ?? "");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") onLine(line);
      if (rest.length > longestLine) end({ end: "long" });
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-10_000)));
    child.on("error", (error: NodeJS.ErrnoException) =>
      end(
        error.code === "ENOENT" ? { end: "missing" } : { end: "failed", message: error.message.split("\n")[0] ?? "" },
      ),
    );
    child.on("close", (code) => end({ end: "code", code: code ?? 1, stdout: "", stderr }));
  });
}

/** What a program said of its failure, without its own "error: " and without colors. */
export function complaint(stderr: string): string {
  return stripVTControlCharacters(stderr)
    .trim()
    .replace(/^error: /i, "");
}
