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
  policies: { files: ["policies/*.ts"], tests: ["tests/policies/*.test.ts", "tests/assess/*.test.ts"] },
  assess: { files: ["src/assess/*.ts"], tests: ["tests/policies/*.test.ts", "tests/assess/*.test.ts"] },
  routing: { files: ["src/routing/**/*.ts"], tests: ["tests/routing/*.test.ts"] },
  shutdown: {
    files: ["src/shutdown/{judge,remedy,timeline}.ts"],
    tests: ["tests/shutdown/{judge,remedy,remedy.property,timeline,delay}.test.ts"],
  },
};

export const root = join(__dirname, "../..");

/** The files that the globs match, relative to the repository, sorted. */
export function filesOf(globs: readonly string[]): string[] {
  const folders = new Set(globs.map((glob) => picomatch.scan(glob).base));
  const all = [...folders].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`),
  );
  const isWanted = picomatch([...globs]);
  return all.filter((file) => isWanted(file)).sort();
}
