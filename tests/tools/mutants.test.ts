import assert from "node:assert/strict";
import { runInThisContext } from "node:vm";
import { instrument, switchName, type Mutant } from "../../tools/mutants/mutate";
import { filesOf, rooms } from "../../tools/mutants/rooms";

/** A source's mutants, as `before → after`. */
const cases: [source: string, mutants: string[]][] = [
  ["f(a < 5);", ["f(a < 5); → ;", "a < 5 → a <= 5", "a < 5 → a >= 5", "5 → 6", "5 → 4"]],
  ["if (a === b) c = 0;", ["a === b → true", "a === b → false", "c = 0; → ;", "0 → 1"]],
  ["while (a) b;", ["a → false", "b; → ;"]],
  ["const x = a && !b;", ["a && !b → a", "a && !b → !b", "!b → b"]],
  ["const x = a ?? true;", ["a ?? true → a", "a ?? true → true", "true → false"]],
  ["const x = a + 'text' + b;", []],
  ["const x = a - b;", ["a - b → a + b"]],
  ["const x = [a];", ["[a] → []"]],
  ["[a, b] = c;", ["[a, b] = c; → ;"]],
  ["const x = a.filter(b).map(c);", ["a.filter(b) → a"]],
  ["const x = a?.filter(b).map(c);", []],
  ["const x = a.some(b);", ["a.some(b) → a.every(…)"]],
  ["switch (a) { case b: break; }", ["b → (never)"]],
  ["type A = 1 | -2; interface B { 0: true }", []],
  ["const x: 5 = { 1: a } as 5;", []],
];

/** What a source leaves in `out` while one of its mutants is awake. */
function outOf(code: string, awake: Mutant | undefined): unknown {
  const run: unknown = runInThisContext(`(${switchName}) => { ${code}; return out; }`);
  return (run as (isAwake: (id: number) => boolean) => unknown)((id) => id === awake?.id);
}

describe("mutants", () => {
  for (const [source, expected] of cases) {
    it(`of ${source}`, () => {
      const { mutants } = instrument("a.ts", source);
      assert.deepEqual(mutants.map(({ before, after }) => `${before} → ${after}`).sort(), [...expected].sort());
    });
  }

  it("change one thing at a time, and nothing while all are asleep", () => {
    const source = [
      "let out = [];",
      "for (let i = 0; i < 3; i++) if (i !== 1) out.push(i * 2); else out.push(-1);",
      "out = out.filter((x) => x > 0);",
    ].join("\n");
    const { code, mutants } = instrument("a.ts", source, 100);
    assert.deepEqual(outOf(code, undefined), [4]);
    const outcomes = mutants
      .filter(({ line, before }) => line === 2 && !/^[0-3]$|push\(-1/.test(before))
      .map((mutant): [string, unknown] => [`${mutant.before} → ${mutant.after}`, outOf(code, mutant)]);
    assert.deepEqual(Object.fromEntries(outcomes), {
      "i < 3 → false": [],
      "i < 3 → i <= 3": [4, 6],
      "i !== 1 → true": [2, 4],
      "i !== 1 → false": [],
      "out.push(i * 2); → ;": [],
      "i * 2 → i / 2": [1],
      "-1 → 1": [1, 4],
    });
    assert.deepEqual(
      mutants.map(({ id }) => id),
      mutants.map((_, i) => 100 + i),
    );
  });

  it("are looked for in every file of their rooms, and by tests that exist", () => {
    for (const [name, { files, tests }] of Object.entries(rooms)) {
      for (const glob of [...files, ...tests]) assert.ok(filesOf([glob]).length > 0, `${name}: ${glob}`);
    }
    assert.ok(filesOf(["src/routing/**/*.ts"]).includes("src/routing/sources/ingress.ts"));
  });
});
