import assert from "node:assert/strict";
import { codes, explain, pageOf } from "../../src/assess";
import { cli } from "./run";

describe("explain", () => {
  for (const code of codes) {
    it(`${code}: the policies, why, an example, the fix, the page`, async () => {
      const { code: exit, stdout } = await cli(["explain", code]);
      assert.equal(exit, 0);
      const known = explain(code);
      assert.ok(known);
      const parts = [code, ...known.policies, known.why, known.example.what, `Fix: ${known.example.fix}`, pageOf(code)];
      for (const part of parts) assert.ok(stdout.includes(part), part);
    });
  }

  for (const args of [[], ["--list"]]) {
    it(`lists all codes, one a line: explain ${args.join(" ")}`, async () => {
      const { code, stdout } = await cli(["explain", ...args]);
      assert.equal(code, 0);
      assert.deepEqual(
        stdout
          .trimEnd()
          .split("\n")
          .map((line) => line.split(/\s{2,}/)[0]),
        codes,
      );
      assert.match(stdout, /^no-hook +Container "web" receives SIGTERM as soon as/m);
    });
  }

  it("gives the same as JSON: one code, or all", async () => {
    const one = JSON.parse((await cli(["explain", "no-hook", "--json"])).stdout) as Record<string, unknown>;
    assert.deepEqual(Object.keys(one), ["code", "policies", "why", "example", "url"]);
    assert.deepEqual(one.policies, ["pre-stop-sleep", "apisix-routed-workloads"]);
    const all = JSON.parse((await cli(["explain", "--json"])).stdout) as unknown[];
    assert.equal(all.length, codes.length);
    assert.deepEqual(all[0], one);
  });

  const bad: [args: string[], says: RegExp][] = [
    [["no-hok"], /explain no-hok: no such code; did you mean "no-hook"\?/],
    [["nonsense"], /explain nonsense: no such code; `explain --list` lists them/],
    [[""], /no such code/],
    [["__proto__"], /no such code/],
    [["no-hook", "--list"], /leave the code or --list out/],
    [["no-hook", "grace-zero"], /too many arguments/],
  ];
  for (const [args, says] of bad) {
    it(`refuses explain ${args.join(" ")}`, async () => {
      const { code, stdout, stderr } = await cli(["explain", ...args]);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, says);
    });
  }
});
