/** How many hooks a second are followed, over the hooks of our own tests. Prints; asserts nothing. */
import { delay } from "../shutdown/delay";
import { hooks } from "../tests/shutdown/corpus";

const all = Object.values(hooks)
  .flat()
  .map(({ hook, env = {} }) => ({
    hook: { exec: { command: typeof hook === "string" ? ["/bin/sh", "-c", hook] : hook } },
    container: { body: { env: Object.entries(env).map(([name, value]) => ({ name, value })) } },
  }));

/** Follows all of them again and again for so many milliseconds; hooks a second. */
function rate(milliseconds: number): number {
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < milliseconds) {
    for (const { hook, container } of all) delay(hook, container);
    count += all.length;
  }
  return (count / (performance.now() - started)) * 1000;
}

const first = performance.now();
delay({ exec: { command: ["/bin/sh", "-c", "sleep 5"] } }, { body: {} });
const loading = performance.now() - first;
rate(500);
console.log(
  `hooks: ${Math.round(rate(2000))} a second (${all.length} forms; the first one, with the parser: ${loading.toFixed(0)} ms)`,
);
