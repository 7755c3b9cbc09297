/**
 * Our answer against real shells: whatever a script does, the seconds that it sleeps lie in the interval that we give.
 *
 * `SHELL_RUNS` says how many scripts are made of each kind, `SHELL_SEED` which ones.
 */
import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { delay } from "../../shutdown/delay";
import type { Delay } from "../../shutdown/interval";
import { realShells, runAll, workshop, known, type Case, type RealShell } from "./shells";
import { scripts, type Kind } from "./scripts";

const runs = Number(process.env.SHELL_RUNS ?? 1000);
const seed = Number(process.env.SHELL_SEED ?? Date.now() % 1_000_000);

/** What the manifest says of the container that the scripts run in. */
const container = { body: { env: [{ name: "KNOWN", value: known }] } };

function answers(shell: RealShell, script: string): Delay[] {
  return shell.hooks.map((hook) => delay({ exec: { command: [...hook, "-c", script] } }, container));
}

function cases(kind: Kind): Case[] {
  const made = fc.sample(fc.record({ script: scripts(kind), seed: fc.integer({ min: 0, max: 0x7fff }) }), {
    numRuns: runs,
    seed,
  });
  return made;
}

interface Miss {
  shell: string;
  case: Case;
  seconds: number | undefined;
  answer: [number, number];
}

async function compare(kind: Kind, judge: (seconds: number, answer: Delay) => boolean): Promise<void> {
  const all = cases(kind);
  const shop = workshop();
  const misses: Miss[] = [];
  try {
    const shells = realShells();
    for (const [turn, shell] of shells.entries()) {
      // Each script runs in half of the shells.
      const own = all.filter((_, i) => (i + turn) % 2 === 0);
      const parts = [own.slice(0, own.length / 2), own.slice(own.length / 2)];
      const outcomes = (await Promise.all(parts.map((part) => runAll(shell, part, shop.folder)))).flat();
      for (const [i, each] of own.entries()) {
        const seconds = outcomes[i]?.seconds;
        for (const predicted of answers(shell, each.script)) {
          const holds = seconds === undefined ? predicted.atMost === Infinity : judge(seconds, predicted);
          if (!holds)
            misses.push({ shell: shell.name, case: each, seconds, answer: [predicted.atLeast, predicted.atMost] });
        }
      }
    }
  } finally {
    shop.remove();
  }
  misses.sort((a, b) => a.case.script.length - b.case.script.length);
  const shown = misses.slice(0, 5).map((miss) => JSON.stringify(miss));
  assert.equal(misses.length, 0, `seed ${seed}, ${misses.length} misses:\n${shown.join("\n")}`);
}

describe(`real shells (${realShells()
  .map(({ name }) => name)
  .join(", ")})`, function () {
  this.timeout(600_000);

  it("sleep as long as we say, to the second, where a script leaves nothing open", () =>
    compare({ surprises: false, concurrency: false, dialects: false }, (seconds, { atLeast, atMost }) => {
      return atLeast <= seconds && seconds <= atMost;
    }));

  it("sleep within our interval, whatever programs, files and variables do", () =>
    compare({ surprises: true, concurrency: false, dialects: true }, (seconds, { atLeast, atMost }) => {
      return atLeast <= seconds && seconds <= atMost;
    }));
});
