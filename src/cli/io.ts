import { oneLine, shortened } from "../plain";
import { readStream } from "./sources/bytes";

/** The outside world, as the commands see it: tests put their own in its place. */
export interface Io {
  /** Machine output and reports; nothing else. */
  stdout: (text: string) => void;
  /** Errors, warnings and progress. */
  stderr: (text: string) => void;
  stdin: () => Promise<string>;
  env: NodeJS.ProcessEnv;
  isTerminal: { stdout: boolean; stderr: boolean };
  now: () => Date;
}

export const processIo: Io = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  stdin: () => readStream(process.stdin),
  env: process.env,
  isTerminal: { stdout: process.stdout.isTTY, stderr: process.stderr.isTTY },
  now: () => new Date(),
};

/** What a command ends with. */
export const exitCodes = {
  /** All was read, and there is nothing to report. */
  clean: 0,
  /** Findings. They are certain, so that they count first where something else couldn't be read. */
  findings: 1,
  /** The command line is invalid. */
  usage: 2,
  /** Something couldn't be read or written, or there was nothing to read: findings may be missing. */
  incomplete: 3,
} as const;

/** One line on standard error. Names, files and other programs may put anything into it: it stays one line. */
export function say({ stderr }: Pick<Io, "stderr">, kind: "error" | "warning" | "note", text: string): void {
  stderr(`${kind}: ${shortened(oneLine(text), 4000)}\n`);
}

/** With colors? `NO_COLOR` (https://no-color.org) wins, then `FORCE_COLOR`, then whether it is a terminal. */
export function hasColor(io: Io): boolean {
  if (io.env.NO_COLOR) return false;
  if (io.env.FORCE_COLOR !== undefined) return io.env.FORCE_COLOR !== "0";
  return io.isTerminal.stdout && io.env.TERM !== "dumb";
}

/** A line on a terminal that tells what takes its time, from the second second on; gone when it is done. */
export function progress(io: Io): { say(text: string): void; end(): void } {
  const started = Date.now();
  let isShown = false;
  let last = 0;
  return {
    say(text) {
      const now = Date.now();
      if (!io.isTerminal.stderr || now - started < 1000 || now - last < 100) return;
      last = now;
      isShown = true;
      io.stderr(`\r\u001b[K${oneLine(text).slice(0, 78)}`);
    },
    end() {
      if (isShown) io.stderr("\r\u001b[K");
      isShown = false;
    },
  };
}
