/** How many hooks a second are followed, over the hooks of our own tests. Prints; asserts nothing. */
import { hookDelay } from "../src/shutdown/hook";
import { hooks } from "../tests/shutdown/corpus";

const all = Object.values(hooks)
  .flat()
  .map(({ hook, env = {} }) => ({
    hook: { exec: { command: typeof hook === "string" ? ["/bin/sh", "-c", hook] : hook } },
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
  }));

let passes = 0;

/** Follows all of them again and again for so many milliseconds; hooks a second. */
function rate(milliseconds: number): number {
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < milliseconds) {
    // Another variable each time, as the answers for the same hook and environment are kept.
    const pass = { name: "PASS", value: `${passes++}` };
    for (const { hook, env } of all) hookDelay(hook, { body: { env: [...env, pass] } });
    count += all.length;
  }
  return (count / (performance.now() - started)) * 1000;
}

export function benchHooks(): void {
  const first = performance.now();
  hookDelay({ exec: { command: ["/bin/sh", "-c", "sleep 5"] } }, { body: {} });
  const loading = performance.now() - first;
  rate(500);
  console.log(
    `hooks: ${Math.round(rate(2000))} a second (${all.length} forms; the first one, with the parser: ${loading.toFixed(0)} ms)`,
  );
}

if (require.main === module) benchHooks();
