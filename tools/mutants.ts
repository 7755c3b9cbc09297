/**
 * Do the tests bite? Changes the code a little in every place, one change at a time, and runs the tests of its room:
 * one of them should fail.
 *
 *     npm run test:mutants                              # all rooms
 *     npm run test:mutants -- routing --sample 200      # 200 mutants of one room, the same at each run
 *     npm run test:mutants -- shutdown --file remedy    # the files of a room whose path contains a text
 */
import { fork, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import picomatch from "picomatch";
import { equivalent, type Equivalent } from "./mutants/equivalent";
import type { Mutant } from "./mutants/mutate";
import { rooms } from "./mutants/rooms";
import type { Answer, Question, Survey } from "./mutants/worker";

/** So many of a hundred mutants must be caught in each room. */
const enough = 85;

/** A backstop for what doesn't end by itself; what loses its end in our own code is counted by the worker. */
const milliseconds = 300_000;

interface Options {
  sample: number | undefined;
  seed: number;
  file: string;
}

/** A process that runs the tests of a room; a mutant may end it, and the next question starts another. */
class Worker {
  private child: ChildProcess | undefined;

  constructor(private readonly room: string) {}

  /** @throws Error if the tests fail without a mutant */
  async survey(): Promise<Survey> {
    this.child = start(this.room);
    const answer = await next(this.child);
    if (answer && "survey" in answer) return answer.survey;
    throw new Error(answer && "problem" in answer ? answer.problem : `The tests of ${this.room} ended by themselves`);
  }

  /** Do the tests notice it? */
  async notices(question: Question): Promise<boolean> {
    if (!this.child) await this.survey();
    this.child?.send(question);
    const answer = await next(this.child);
    if (answer && "caught" in answer) return answer.caught;
    // It ended the process, or doesn't end.
    this.end();
    return true;
  }

  end(): void {
    this.child?.kill("SIGKILL");
    this.child = undefined;
  }
}

function start(room: string): ChildProcess {
  return fork(join(__dirname, "mutants/worker.ts"), [room], {
    execArgv: ["--max-old-space-size=1024", "--require", "ts-node/register/transpile-only"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
}

/** What a worker says next; undefined if it ends, or says nothing for too long. */
async function next(child: ChildProcess | undefined): Promise<Answer | undefined> {
  if (!child || child.exitCode !== null) return undefined;
  const ac = new AbortController();
  const timer = setTimeout(() => ac.abort(), milliseconds);
  try {
    const { signal } = ac;
    return await Promise.race([
      once(child, "message", { signal }).then(([answer]) => answer as Answer),
      once(child, "exit", { signal }).then(() => undefined),
    ]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    ac.abort();
  }
}

function isSame(of: Equivalent, { file, code, before, after }: Mutant): boolean {
  return of.file === file && of.code === code && of.before === before && of.after === after;
}

/** Some of them, the same for the same seed: those whose hash is lowest. */
function sampled(mutants: readonly Mutant[], { sample, seed }: Options): Mutant[] {
  if (sample === undefined || sample >= mutants.length) return [...mutants];
  const rank = (text: string) => createHash("sha256").update(`${seed} ${text}`).digest("hex");
  const ranked = mutants.map((mutant) => ({
    mutant,
    by: rank(`${mutant.file}:${mutant.code}:${mutant.before}:${mutant.after}`),
  }));
  ranked.sort((a, b) => (a.by < b.by ? -1 : 1));
  const kept = new Set(ranked.slice(0, sample).map(({ mutant }) => mutant));
  return mutants.filter((mutant) => kept.has(mutant));
}

/** Tries the mutants of a room and prints those that live. */
async function tryRoom(room: string, options: Options): Promise<{ all: number; caught: number }> {
  const worker = new Worker(room);
  try {
    const survey = await worker.survey();
    const unused = equivalent.filter(
      (each) => survey.mutants.every((mutant) => !isSame(each, mutant)) && isOf(room, each.file),
    );
    for (const each of unused)
      console.log(`equivalent.ts: no such mutant: ${each.file}: ${each.before} → ${each.after}`);
    if (unused.length > 0) process.exitCode = 1;
    const [early, covered] = [new Set(survey.early), new Set(survey.covered)];
    const real = survey.mutants.filter(
      (mutant) => mutant.file.includes(options.file) && !equivalent.some((each) => isSame(each, mutant)),
    );
    const chosen = sampled(real, options);
    // Those that need all tests to be loaded again come last.
    chosen.sort((a, b) => Number(early.has(a.id)) - Number(early.has(b.id)) || a.id - b.id);
    let caught = 0;
    for (const { id, file, line, before, after } of chosen) {
      const isReached = early.has(id) || covered.has(id);
      if (isReached && (await worker.notices({ id, early: early.has(id) }))) caught++;
      else console.log(`${file}:${line}: ${short(before)} → ${short(after)}${isReached ? "" : "  (not reached)"}`);
    }
    return { all: chosen.length, caught };
  } finally {
    worker.end();
  }
}

function short(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 100 ? `${line.slice(0, 99)}…` : line;
}

function isOf(room: string, file: string): boolean {
  return picomatch(rooms[room]?.files ?? [])(file);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { sample: { type: "string" }, seed: { type: "string" }, file: { type: "string" } },
  });
  const { sample, seed = "1", file = "" } = values;
  const options: Options = { sample: sample === undefined ? undefined : Number(sample), seed: Number(seed), file };
  const wanted = positionals.length > 0 ? positionals : Object.keys(rooms);
  const unknown = wanted.filter((room) => !(room in rooms));
  if (unknown.length > 0) throw new Error(`No room ${unknown.join(", ")}; there are: ${Object.keys(rooms).join(", ")}`);
  for (const room of wanted) {
    const started = performance.now();
    const { all, caught } = await tryRoom(room, options);
    const percent = all === 0 ? 100 : (100 * caught) / all;
    if (percent < enough) process.exitCode = 1;
    const minutes = (performance.now() - started) / 60_000;
    console.log(`${room}: ${caught} of ${all} caught, ${percent.toFixed(1)} % (${minutes.toFixed(1)} min)`);
  }
}

void main();
