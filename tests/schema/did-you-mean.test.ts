import assert from "node:assert/strict";
import { didYouMean } from "../../src/schema/did-you-mean";

describe("didYouMean", () => {
  const known = ["sleepSeconds", "shutdownSeconds", "hook"];
  const cases: [word: string, expected: string][] = [
    ["sleepSeconds ", '; did you mean "sleepSeconds"?'],
    ["sleepseconds", '; did you mean "sleepSeconds"?'],
    ["shutdown", "; there are: sleepSeconds, shutdownSeconds, hook"],
    ["hok", '; did you mean "hook"?'],
    ["", "; there are: sleepSeconds, shutdownSeconds, hook"],
    ["terminationGracePeriodSeconds", "; there are: sleepSeconds, shutdownSeconds, hook"],
  ];
  for (const [word, expected] of cases) it(`"${word}"`, () => assert.equal(didYouMean(word, known), expected));
});
