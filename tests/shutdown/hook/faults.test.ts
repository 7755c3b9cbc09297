import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Asks for a hook's delay in a process of its own, with a parser that can't be loaded. */
function ask(before: string): { stdout: string; stderr: string; status: number | null } {
  const program = `
    const Module = require("node:module");
    const load = Module._load;
    Module._load = (name, ...rest) => { if (name === "unbash") throw new Error("no parser"); return load(name, ...rest); };
    const { hookDelay, outliveFaults } = require("./src/shutdown/hook");
    ${before}
    for (const script of ["sleep 5", "sleep 6"]) {
      const { atLeast, atMost } = hookDelay({ exec: { command: ["sh", "-c", script] } }, { body: {} });
      console.log(atLeast, atMost);
    }`;
  const argv = ["--require", "ts-node/register/transpile-only", "--eval", program];
  return spawnSync(process.execPath, argv, { cwd: join(__dirname, "../../.."), encoding: "utf8" });
}

describe("an error in following a hook", function () {
  this.timeout(60_000);

  it("throws", () => {
    const { status, stderr } = ask("");
    assert.equal(status, 1);
    assert.match(stderr, /no parser/);
  });

  it("is reported once in a program that outlives it, and nothing is claimed of the hooks", () => {
    const { status, stdout, stderr } = ask("outliveFaults((text) => process.stderr.write(text));");
    assert.deepEqual([status, stdout], [0, "0 Infinity\n0 Infinity\n"]);
    assert.equal(stderr.match(/no parser/g)?.length, 1, stderr);
  });
});
