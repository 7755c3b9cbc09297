/**
 * The proof: `npm run proof`. Roll-outs of one app under load, without and with the pack's repairs, and the page that
 * tells of them. With --draw the page is made again of what was found last.
 */
import { writeFileSync } from "node:fs";
import { generatedFiles, lastResult } from "./page";
import { shown } from "./picture";
import { canProve, prove } from "./prove";
import type { Result } from "./result";
import { scenarios } from "./scenarios";

async function main(isDrawnOnly: boolean): Promise<void> {
  // Nothing is written of a result that isn't what the page says.
  for (const [path, text] of await generatedFiles(isDrawnOnly ? lastResult() : await newResult())) {
    writeFileSync(path, text);
    console.log(path);
  }
}

async function newResult(): Promise<Result> {
  const missing = canProve();
  if (missing !== undefined) throw new Error(`The proof can't run here: ${missing}.`);
  const result = await prove(scenarios.map(({ name }) => name));
  for (const rollout of result.rollouts) if (rollout.scenario !== shown) delete rollout.bins;
  return result;
}

main(process.argv.includes("--draw")).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
