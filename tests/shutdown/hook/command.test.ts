import { strict as assert } from "node:assert";
import { hookDelay } from "../../../src/shutdown/hook";
import { hooks, type HookCase } from "../corpus";

export function answer({ hook, env = {} }: HookCase) {
  const command = typeof hook === "string" ? ["/bin/sh", "-c", hook] : hook;
  const entries = Object.entries(env).map(([name, value]) => ({ name, value }));
  return hookDelay({ exec: { command } }, { body: { env: entries } });
}

describe("an exec hook takes", () => {
  for (const [name, cases] of Object.entries(hooks)) {
    describe(name, () => {
      for (const each of cases) {
        const { hook, takes, app = takes } = each;
        it(`${JSON.stringify(hook)}: [${takes.join(", ")}]`, () => {
          const { atLeast, atMost, protects, because } = answer(each);
          assert.deepEqual(
            { takes: [atLeast, atMost], app: [protects.atLeast, protects.atMost] },
            { takes, app },
            because,
          );
        });
      }
    });
  }
});
