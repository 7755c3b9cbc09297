/** docs/how-long.md has the table of the code. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { symptomOf } from "../../src/assess/latency-messages";
import { faults, secondsPerRoute, soundController } from "../../src/latency";
import { isWithin } from "../../src/latency/version";

const text = readFileSync(join(__dirname, "../../docs/how-long.md"), "utf8");

describe("docs/how-long.md", () => {
  it("has the faults of the code", () => {
    const [table = ""] = /^\| versions [^]*?\n(?=\n)/m.exec(text) ?? [];
    const rows = table
      .trimEnd()
      .split("\n")
      .slice(2)
      .map((row) => row.split("|").slice(1, -1))
      .map((row) => row.map((cell) => cell.trim()));
    const expected = faults.map(({ id, of, versions: [from, before], sources }) => [
      `${of === "adc" ? "ADC" : "controller"} ${from} up to, not with, ${before}`,
      symptomOf(id),
      of === "adc" ? "a release after 0.28.0" : before,
      sources.map((source) => `[${/\d+$/.exec(source)?.[0]}](${source})`).join(", "),
    ]);
    assert.deepEqual(rows, expected);
  });

  it("names the release that no fault concerns", () => {
    const own = faults.filter(({ of }) => of === "controller");
    assert.ok(own.every(({ versions }) => !isWithin(soundController, versions)));
    assert.ok(own.some(({ versions: [, before] }) => before === soundController));
    assert.ok(text.includes(`upgrade the controller to ${soundController}`));
  });

  it("has the time of a route", () => {
    assert.ok(text.includes(`2 × ${secondsPerRoute * 1000} ms × routes`));
  });
});
