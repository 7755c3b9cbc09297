/**
 * Our answer against real shells: whatever a script does, the seconds that it takes, and those until it stops the app,
 * lie in the intervals that we give.
 *
 * `SHELL_RUNS` says how many scripts are made of each kind, `SEED` which ones.
 */
import { strict as assert } from "node:assert";
import * as fc from "fast-check";
import { hookDelay } from "../../src/shutdown/hook";
import { read, type Dialect } from "../../src/shutdown/hook/shell/syntax";
import { TooHard } from "../../src/shutdown/hook/too-hard";
import type { Delay } from "../../src/shutdown/interval";
import { corpus } from "../shutdown/corpus";
import {
  known,
  realShells,
  runAll,
  runTimed,
  syntaxOf,
  workshop,
  type Case,
  type RealShell,
  type Timing,
} from "./shells";
import { seed } from "../support/seed";
import { scripts, type Kind } from "./scripts";
import { mutatedHooks, writtenHooks } from "./written";

const runs = Number(process.env.SHELL_RUNS ?? 100);
const shells = realShells();

/** What the manifest says of the container that the scripts run in; the image sets `v` as well. */
const container = { body: { env: [{ name: "KNOWN", value: known }] } };
const containerWithAll = { body: { env: [...container.body.env, { name: "v", value: "1" }] } };

function answers(shell: RealShell, script: string, within = container): Delay[] {
  return shell.hooks.map((hook) => hookDelay({ exec: { command: [...hook, "-c", script] } }, within));
}

function cases(script: fc.Arbitrary<string>, count: number): Case[] {
  const each = fc.record({ script, seed: fc.integer({ min: 0, max: 0x7fff }) });
  return fc.sample(each, { numRuns: count, seed });
}

function syntaxSaid(script: string, dialect: Dialect): "fine" | "refused" | "unclear" {
  try {
    return read(script, dialect) === "refused" ? "refused" : "fine";
  } catch (error) {
    if (error instanceof TooHard) return "unclear";
    throw error;
  }
}

interface Miss {
  shell: string;
  script: string;
  seed: number;
  seen: number | Timing | undefined;
  stop?: number;
  said: Delay | undefined;
}

function report(misses: Miss[]): void {
  misses.sort((a, b) => a.script.length - b.script.length);
  const shown = misses
    .slice(0, 5)
    .map((miss) => JSON.stringify(miss, (_, value: unknown) => (value === Infinity ? "forever" : value)));
  assert.equal(misses.length, 0, `seed ${seed}, ${misses.length} misses:\n${shown.join("\n")}`);
}

/** Runs every script in half of the shells, and compares the seconds that it asked `sleep` for. */
async function compare(all: readonly Case[], within = container): Promise<void> {
  const shop = workshop();
  const misses: Miss[] = [];
  try {
    for (const [turn, shell] of shells.entries()) {
      const own = all.filter((_, i) => (i + turn) % 2 === 0);
      const parts = [own.slice(0, own.length / 2), own.slice(own.length / 2)];
      const outcomes = (await Promise.all(parts.map((part) => runAll(shell, part, shop.folder)))).flat();
      for (const [i, each] of own.entries()) {
        const { seconds: seen, stop = Infinity } = outcomes[i] ?? {};
        for (const said of answers(shell, each.script, within)) {
          // Beside each other, sleeps take less than their sum.
          const isSum = !/[&|]/.test(each.script.replace(/&&|\|\||[<>]&|&>/g, ""));
          const ends =
            seen === undefined ? said.atMost === Infinity : said.atLeast <= seen && (seen <= said.atMost || !isSum);
          const stops = said.stop.atLeast <= stop && (stop <= said.stop.atMost || seen === undefined || !isSum);
          if (ends && stops) continue;
          misses.push({ shell: shell.name, ...each, seen, stop, said });
        }
      }
    }
  } finally {
    shop.remove();
  }
  report(misses);
}

/** A script's second, in milliseconds: first a short one; a longer one where the machine may only have been slow. */
const scales = [50, 200, 400];

/** What starting programs may take, in milliseconds. */
const slack = 400;

/** Runs scripts in real time: what runs beside each other can't be added up. */
async function compareTimed(all: readonly Case[]): Promise<void> {
  const shop = workshop();
  const misses: Miss[] = [];
  const check = async (shell: RealShell, each: Case): Promise<void> => {
    const said = answers(shell, each.script, containerWithAll);
    let seen: Timing | undefined;
    for (const scale of scales) {
      const timing = (seen = await runTimed(shell, each, shop.folder, scale));
      const holds = said.every(
        ({ atLeast, atMost }) =>
          // The runtime may wait for what holds the output open, or only for the shell.
          atLeast <= timing.exit + 10 / scale && timing.close <= atMost + slack / scale,
      );
      if (holds) return;
    }
    misses.push({ shell: shell.name, ...each, seen, said: said[0] });
  };
  try {
    const waiting = all.map((each, i) => ({ each, shell: shells[i % shells.length] }));
    const worker = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) if (next.shell) await check(next.shell, next.each);
    };
    await Promise.all(Array.from({ length: 6 }, worker));
  } finally {
    shop.remove();
  }
  report(misses);
}

const nothing: Kind = { oddities: false, surprises: false, concurrency: false, dialects: false };

describe(`real shells (${shells.map(({ name }) => name).join(", ")})`, () => {
  it("take a time within our interval, whatever is left out", () =>
    compare(cases(scripts(nothing), runs), containerWithAll));

  it("take a time within our interval, whatever programs, files and variables do", () =>
    compare(cases(scripts({ oddities: true, surprises: true, concurrency: false, dialects: true }), runs)));

  it("take a time within our interval, and stop the app in it, as people write hooks", () =>
    compare(cases(writtenHooks, runs)));

  it("take a time within our interval, and stop the app in it, with mistakes in their tokens", () =>
    compare(cases(mutatedHooks, runs)));

  it("take a time within our interval, with jobs and pipelines beside each other", () =>
    compareTimed(cases(scripts({ ...nothing, concurrency: true }), Math.ceil(runs / 10))));

  it("take what we call fine, and refuse what we call refused", () => {
    const shop = workshop();
    // A script that begins with a dash is an option.
    const all = [...new Set([...fc.sample(mutatedHooks, { numRuns: 5 * runs, seed }), ...corpus])].filter(
      (script) => !/^[-+]/.test(script),
    );
    const wrong: [string, string, string][] = [];
    try {
      for (const shell of shells) {
        const taken = syntaxOf(shell, all, shop.folder);
        for (const [i, script] of all.entries()) {
          for (const dialect of ["any", shell.name === "bash" ? "bash" : "not bash"] as const) {
            if (shell.name === "bash as sh" && dialect === "not bash") continue;
            const said = syntaxSaid(script, dialect);
            if (said !== "unclear" && (said === "fine") !== taken[i]) wrong.push([shell.name, said, script]);
          }
        }
      }
    } finally {
      shop.remove();
    }
    assert.deepEqual(wrong, []);
  });

  it("agree with us about the scripts of our own tests", () =>
    compare(corpus.flatMap((script) => [1, 2, 3, 4].map((each) => ({ script, seed: each * 37 })))));
});
