/** Which files are mutated, and which tests must notice. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import picomatch from "picomatch";

export interface Room {
  /** Globs, relative to the repository. */
  files: string[];
  tests: string[];
}

export const rooms: Readonly<Record<string, Room>> = {
  // Both by both: a policy's table of cases is about what src/assess/ finds.
  policies: {
    files: ["policies/*.ts"],
    tests: ["tests/start.test.ts", "tests/policies/*.test.ts", "tests/assess/*.test.ts"],
  },
  assess: {
    // The examples are texts.
    files: ["src/assess/!(examples).ts"],
    tests: ["tests/policies/*.test.ts", "tests/assess/*.test.ts"],
  },
  routing: {
    files: ["src/routing/**/*.ts"],
    // Not mutation.test.ts: it changes the input in every place, for seconds, and a row of a table should notice first.
    tests: ["tests/routing/!(mutation).test.ts"],
  },
  shutdown: {
    files: ["src/shutdown/{judge,remedy,timeline}.ts"],
    tests: ["tests/shutdown/{judge,remedy,remedy.property,timeline}.test.ts"],
  },
};

export const root = join(__dirname, "../..");

/** The files that the globs match, relative to the repository, sorted. */
export function filesOf(globs: readonly string[]): string[] {
  const all = globs.flatMap((glob) => {
    const { base, isGlob } = picomatch.scan(glob);
    if (!isGlob) return [glob];
    const inside = readdirSync(join(root, base), { recursive: true, encoding: "utf8" });
    return inside.map((file) => `${base}/${file}`);
  });
  const isWanted = picomatch([...globs]);
  return [...new Set(all)].filter((file) => isWanted(file)).sort();
}
