/**
 * Runs the tests of a room, with all its mutants in its files. Started by tools/mutants.ts, which asks for one mutant
 * after the other; it is a process of its own, as a mutant may end it.
 *
 *     worker.ts <room> [<id of a mutant that is awake from the start>]
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import fc from "fast-check";
import Mocha from "mocha";
import { instrument, switchName, type Mutant } from "./mutate";
import { filesOf, root, rooms } from "./rooms";

/** What the tests do while no mutant is awake. */
export interface Survey {
  mutants: Mutant[];
  /** Mutants that are asked for before any test starts: such a one must be awake from the start. */
  early: number[];
  /** Mutants that some test asks for. */
  covered: number[];
}

export type Answer = { survey: Survey } | { caught: boolean; by?: string } | { problem: string };

interface Covering {
  title: string;
  milliseconds: number;
  asked: number;
  mutants: Set<number>;
}

const [roomName = "", early] = process.argv.slice(2);
const room = rooms[roomName];
if (!room) throw new Error(`No room ${roomName}`);

let awake = early === undefined ? -1 : Number(early);
let asked = 0;
let mostAsked = Infinity;
const seen = new Set<number>();

Object.assign(globalThis, {
  [switchName]: (id: number) => {
    // A loop that has lost its end asks for ever: counted, not timed, so that a busy machine says the same.
    if (++asked > mostAsked) throw new Error("asks for ever");
    seen.add(id);
    return id === awake;
  },
});

const mutants: Mutant[] = [];
const codes = new Map<string, string>();
for (const file of filesOf(room.files)) {
  const { code, mutants: own } = instrument(file, readFileSync(join(root, file), "utf8"), mutants.length);
  mutants.push(...own);
  codes.set(file, code);
}
// Before ts-node's own hook.
const { extensions } = require;
const compile = extensions[".ts"];
extensions[".ts"] = (module, filename) => {
  const code = codes.get(relative(root, filename));
  if (code === undefined) compile?.(module, filename);
  else (module as NodeJS.Module & { _compile: (code: string, filename: string) => void })._compile(code, filename);
};

class Tests extends Mocha {
  constructor(files: readonly string[]) {
    super({ timeout: 60_000, reporter: "base", bail: true });
    this.cleanReferencesAfterRun(false);
    for (const file of files) this.addFile(join(root, file));
    this.loadFiles();
  }
}
const mocha = new Tests(["tests/support/seed.ts", ...filesOf(room.tests)]);
// What fails at random needn't be made small.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });

/** The title of the first test that fails. */
function run(titles?: ReadonlySet<string>, each?: (runner: Mocha.Runner) => void): Promise<string | undefined> {
  if (titles) mocha.grep({ test: (title: string) => titles.has(title) } as RegExp);
  return new Promise((resolve) => {
    let failed: string | undefined;
    const runner = mocha.run(() => resolve(failed));
    runner.on("fail", (test, error) => (failed ??= `${test.fullTitle()}: ${String(error)}`));
    each?.(runner);
  });
}

async function survey(): Promise<Covering[] | string> {
  const known = { early: new Set(seen) };
  const tests: Covering[] = [];
  const failed = await run(undefined, (runner) => {
    let started = 0;
    runner.on("test", () => {
      // A hook before all tests is as early as what the files do when they are loaded.
      for (const id of seen) known.early.add(id);
      seen.clear();
      asked = 0;
      started = performance.now();
    });
    runner.on("test end", (test) => {
      const milliseconds = performance.now() - started;
      tests.push({ title: test.fullTitle(), milliseconds, asked, mutants: new Set(seen) });
      seen.clear();
    });
  });
  if (failed !== undefined) return failed;
  const covered = new Set(tests.flatMap((test) => [...test.mutants]));
  say({ survey: { mutants, early: [...known.early], covered: [...covered] } });
  return tests;
}

async function caught(id: number, tests: readonly Covering[]): Promise<Answer> {
  awake = id;
  const covering = tests.filter((test) => test.mutants.has(id));
  // The quick ones first: few mutants need the others.
  for (const isQuick of [true, false]) {
    const some = covering.filter(({ milliseconds }) => milliseconds < 100 === isQuick);
    if (some.length === 0) continue;
    asked = 0;
    mostAsked = 1e6 + 20 * some.reduce((sum, test) => sum + test.asked, 0);
    const by = await run(new Set(some.map(({ title }) => title)));
    if (by !== undefined) return { caught: true, by };
  }
  return { caught: false };
}

function say(answer: Answer): void {
  process.send?.(answer);
}

async function main(): Promise<void> {
  if (early !== undefined) {
    const by = await run();
    say(by === undefined ? { caught: false } : { caught: true, by });
    process.exit();
  }
  const tests = await survey();
  if (typeof tests === "string") {
    say({ problem: `Without a mutant a test fails: ${tests}` });
    process.exit();
  }
  process.on("message", (id: number) => {
    void caught(id, tests).then(say);
  });
}

void main();
