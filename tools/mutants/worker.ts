/**
 * Runs the tests of a room, with all its mutants in its files. Started by tools/mutants.ts, which asks for one mutant
 * after the other; it is a process of its own, as a mutant may end it.
 *
 *     worker.ts <room>
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
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

/** Is a mutant noticed? An early one must be awake while the tests are loaded. */
export interface Question {
  id: number;
  early: boolean;
}

export type Answer = { survey: Survey } | { caught: boolean } | { problem: string };

interface Covering {
  title: string;
  milliseconds: number;
  asked: number;
  mutants: Set<number>;
}

type Compiled = NodeJS.Module & { _compile: (code: string, filename: string) => void };

const [roomName = ""] = process.argv.slice(2);
const room = rooms[roomName];
if (!room) throw new Error(`No room ${roomName}`);

let awake = -1;
let asked = 0;
let mostAsked = Infinity;
const seen = new Set<number>();

Object.assign(globalThis, {
  [switchName]: (id: number) => {
    // A loop that has lost its end asks forever: counted, not timed, so that a busy machine says the same.
    if (++asked > mostAsked) throw new Error("asks forever");
    seen.add(id);
    return id === awake;
  },
});

const mutants: Mutant[] = [];
/** JavaScript of the repository's files: it is the same at each loading. */
const codes = new Map<string, string>();
for (const file of filesOf(room.files)) {
  const { code, mutants: own } = instrument(file, readFileSync(join(root, file), "utf8"), mutants.length);
  mutants.push(...own);
  codes.set(join(root, file), code);
}
const { extensions } = require;
const compile = extensions[".ts"];
extensions[".ts"] = (module, filename) => {
  const { _compile: own } = module as Compiled;
  const run = (code: string) => {
    codes.set(filename, code);
    own.call(module, code, filename);
  };
  const code = codes.get(filename);
  if (code === undefined) compile?.(Object.assign(module, { _compile: run }), filename);
  else run(code);
};

/** The tests, loaded with all that they import from the repository. */
class Tests extends Mocha {
  constructor(files: readonly string[]) {
    for (const file of Object.keys(require.cache)) {
      if (file.startsWith(`${root}/`) && !file.includes("node_modules")) delete require.cache[file];
    }
    super({ timeout: 60_000, reporter: "base", bail: true });
    this.cleanReferencesAfterRun(false);
    for (const file of files) this.addFile(join(root, file));
    this.loadFiles();
    // What fails at random needn't be made small.
    fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
  }
}
const load = () => new Tests(["tests/support/seed.ts", ...filesOf(room.tests)]);
let mocha: Tests | undefined;

/** The title of the first test that fails. */
function run(titles?: ReadonlySet<string>, each?: (runner: Mocha.Runner) => void): Promise<string | undefined> {
  const tests = (mocha ??= load());
  if (titles) tests.grep({ test: (title: string) => titles.has(title) } as RegExp);
  return new Promise((resolve) => {
    let failed: string | undefined;
    const runner = tests.run(() => resolve(failed));
    runner.on("fail", (test, error) => (failed ??= `${test.fullTitle()}: ${String(error)}`));
    each?.(runner);
  });
}

async function survey(): Promise<Covering[] | string> {
  mocha = load();
  const early = new Set(seen);
  const tests: Covering[] = [];
  const failed = await run(undefined, (runner) => {
    let started = 0;
    runner.on("test", () => {
      // A hook before all tests is as early as what the files do when they are loaded.
      for (const id of seen) early.add(id);
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
  say({ survey: { mutants, early: [...early], covered: [...covered] } });
  return tests;
}

/** A test that asks much more than it did without a mutant doesn't end. */
const fewest = 1e6;
function limited(tests: readonly Covering[]): (runner: Mocha.Runner) => void {
  const usual = new Map(tests.map(({ title, asked }) => [title, asked]));
  return (runner) => {
    runner.on("test", (test) => {
      asked = 0;
      mostAsked = fewest + 5 * (usual.get(test.fullTitle()) ?? 0);
    });
  };
}

async function caught(id: number, tests: readonly Covering[]): Promise<Answer> {
  awake = id;
  const covering = tests.filter((test) => test.mutants.has(id));
  // The quick ones first: few mutants need the others.
  for (const isQuick of [true, false]) {
    const some = covering.filter(({ milliseconds }) => milliseconds < 100 === isQuick);
    if (some.length === 0) continue;
    const failed = await run(new Set(some.map(({ title }) => title)), limited(tests));
    if (failed !== undefined) return { caught: true };
  }
  return { caught: false };
}

/** Do all tests notice a mutant that is awake while they are loaded? */
async function caughtEarly(id: number, tests: readonly Covering[]): Promise<Answer> {
  awake = id;
  asked = 0;
  mostAsked = fewest;
  try {
    mocha = load();
    return { caught: (await run(undefined, limited(tests))) !== undefined };
  } catch {
    return { caught: true };
  } finally {
    // Its effects may stay in what is loaded.
    mocha = undefined;
    awake = -1;
    mostAsked = Infinity;
  }
}

function say(answer: Answer): void {
  process.send?.(answer);
}

async function main(): Promise<void> {
  const tests = await survey();
  if (typeof tests === "string") {
    say({ problem: `Without a mutant a test fails: ${tests}` });
    process.exit();
  }
  process.on("message", ({ id, early }: Question) => {
    void (early ? caughtEarly : caught)(id, tests).then(say);
  });
}

void main();
