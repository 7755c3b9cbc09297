/** Twice as much of anything is read twice as often, and no more: how long that takes is for `npm run bench`. */
import assert from "node:assert/strict";
import { assess, readKnowledge } from "../../src/assess";
import { asPulumi, today } from "../support/findings";
import { worstCases, type WorstCase } from "../support/worst-cases";

/** How often a stack's values are read, where what was repaired is undone. */
function reads({ of, settings }: WorstCase, count: number): number {
  let reads = 0;
  const counted = <T>(value: T): T => {
    if (typeof value !== "object" || value === null) return value;
    return new Proxy(value, {
      get: (target, key, receiver) => {
        reads++;
        return counted(Reflect.get(target, key, receiver) as unknown);
      },
    });
  };
  const planned = asPulumi(of(count)).map((each) => ({ ...each, props: counted(each.props) }));
  const mended = new Set(["", "web", ...Array.from({ length: count }, (_, i) => `c${i}`)]);
  const repaired = new Map(planned.map(({ urn }) => [urn, mended]));
  assess({ planned, repaired }, readKnowledge({}, settings?.(count)), today);
  return reads;
}

describe("twice as much is read twice as often:", () => {
  for (const each of worstCases.filter(({ isProduct }) => !isProduct)) {
    it(each.name, () => {
      const [one, two] = [reads(each, 20), reads(each, 40)];
      assert.ok(two <= one * 2.05, `${one}, and twice as much ${two}`);
    });
  }
});
