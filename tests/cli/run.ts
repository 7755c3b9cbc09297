/** Runs a command line in this process, with an outside world of its own. */
import { run } from "../../src/cli/program";

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** An error: what comes of reading it. */
  stdin?: string | Error;
  env?: NodeJS.ProcessEnv;
  isTerminal?: boolean;
}

export async function cli(args: string[], { stdin = "", env = {}, isTerminal = false }: RunOptions = {}): Promise<Ran> {
  const ran: Ran = { code: 0, stdout: "", stderr: "" };
  ran.code = await run(args, {
    stdout: (text) => void (ran.stdout += text),
    stderr: (text) => void (ran.stderr += text),
    stdin: () => (stdin instanceof Error ? Promise.reject(stdin) : Promise.resolve(stdin)),
    env,
    isTerminal: { stdout: isTerminal, stderr: isTerminal },
    now: () => new Date("2027-01-31T12:00:00Z"),
  });
  return ran;
}
