/** Our answer about SIGTERM against real shells: the shell alone gets it, and the app says whether it does. */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Signal } from "../../src/shutdown/app/signal";
import { forms } from "../shutdown/app/forms";
import { realShells, type RealShell } from "./shells";

/** Notes the signal, and ends by itself after some seconds. */
const app = `#!/bin/sh
trap 'echo >"$LOG"; exit' TERM
echo >"$LOG.ready"
n=0; while [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done
`;

/** Waits until a file is there, for some seconds at most. */
async function appears(file: string, seconds: number): Promise<boolean> {
  for (let i = 0; i < seconds * 50 && !existsSync(file); i++) await sleep(20);
  return existsSync(file);
}

/** Does SIGTERM reach the app when the shell that runs the script gets it? */
async function reaches(shell: RealShell, script: string, folder: string, isAwaited: boolean): Promise<boolean> {
  const log = join(mkdtempSync(join(folder, "run-")), "log");
  const [program = "", ...args] = shell.command;
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}`, LOG: log, RUN: "app" };
  const child = spawn(program, [...args, "-c", script], { env, cwd: "/", stdio: "ignore", detached: true });
  try {
    assert.ok(await appears(`${log}.ready`, 10), `the app didn't start: ${script}`);
    await sleep(100);
    child.kill("SIGTERM");
    return await appears(log, isAwaited ? 5 : 0.5);
  } finally {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // All of them have ended.
    }
  }
}

describe("SIGTERM in real shells", () => {
  for (const shell of realShells()) {
    it(`reaches the app in ${shell.name} as we say`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "signals-"));
      writeFileSync(join(folder, "app"), app);
      chmodSync(join(folder, "app"), 0o755);
      const wrong: [string, Signal][] = [];
      try {
        const waiting = forms.flatMap(([script, dash, bash, ash, sh]) =>
          Object.entries({ dash, bash, busybox: ash, "bash as sh": sh })
            .filter(([name, said]) => name === shell.name && (said === "passes" || said === "never"))
            .map(([, said]) => [script, said] as const),
        );
        assert.ok(waiting.length > 5);
        const worker = async () => {
          for (let next = waiting.pop(); next; next = waiting.pop()) {
            const [script, said] = next;
            if ((await reaches(shell, script, folder, said === "passes")) !== (said === "passes"))
              wrong.push([script, said]);
          }
        };
        await Promise.all(Array.from({ length: 4 }, worker));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      assert.deepEqual(wrong, []);
    });
  }
});
