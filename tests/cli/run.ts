/** Runs a command line in this process, with an outside world of its own. */
import { run } from "../../src/cli/program";

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  stdin?: string;
  env?: NodeJS.ProcessEnv;
}

export async function cli(args: string[], { stdin = "", env = {} }: RunOptions = {}): Promise<Ran> {
  const ran: Ran = { code: 0, stdout: "", stderr: "" };
  ran.code = await run(args, {
    stdout: (text) => void (ran.stdout += text),
    stderr: (text) => void (ran.stderr += text),
    stdin: async () => stdin,
    env,
    isTerminal: { stdout: false, stderr: false },
    now: () => new Date("2027-01-31T12:00:00Z"),
  });
  return ran;
}
