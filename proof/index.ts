/**
 * The proof: `npm run proof`. Roll-outs of one app under load, without and with the pack's repairs, and the page that
 * tells of them. With --draw the page is made again of what was found last.
 */
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { generatedFiles, resultFile } from "./page";
import { shown } from "./picture";
import { canProve, prove } from "./prove";
import { scenarios } from "./scenarios";

async function main(isDrawnOnly: boolean): Promise<void> {
  if (!isDrawnOnly) {
    const missing = canProve();
    if (missing !== undefined) throw new Error(`The proof can't run here: ${missing}.`);
    const result = await prove(scenarios.map(({ name }) => name));
    for (const rollout of result.rollouts) if (rollout.scenario !== shown) delete rollout.bins;
    writeFileSync(resultFile, await format(JSON.stringify(result), { parser: "json", printWidth: 120 }));
  }
  for (const [path, text] of await generatedFiles()) {
    writeFileSync(path, text);
    console.log(path);
  }
}

main(process.argv.includes("--draw")).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
