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
  /** No findings. */
  clean: 0,
  /** Findings, an input that is broken, or a file that can't be written. */
  findings: 1,
  /** The command line is invalid. */
  usage: 2,
  /** Access to something was denied: what is there is incomplete. */
  partial: 3,
} as const;

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
      // A file's name may hold what a terminal would obey.
      io.stderr(`\r\u001b[K${text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?").slice(0, 78)}`);
    },
    end() {
      if (isShown) io.stderr("\r\u001b[K");
      isShown = false;
    },
  };
}
