import assert from "node:assert/strict";
import * as fc from "fast-check";
import { jsonText, oneLine, visible, withoutQuotes } from "../src/plain";

/** What a terminal obeys or a reader doesn't see. */
const obeyed = /(?!\n)\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const hostile = fc.string({ unit: "binary", maxLength: 40 });

describe("others' text", () => {
  const cases: [text: string, shown: string, line: string][] = [
    ["a\u001b[31mb", "a\ufffd[31mb", "a\ufffd[31mb"],
    ["a\u009bb\u0085c", "a\ufffdb\ufffdc", "a\ufffdb\ufffdc"],
    ["a\r\nb\rc\u2028d\u2029e", "a\nb\nc\nd\ne", "a b c d e"],
    ["\u202egnp.exe\u2066 \u061c", "\ufffdgnp.exe\ufffd \ufffd", "\ufffdgnp.exe\ufffd \ufffd"],
    ["Zoë › 名前 👍", "Zoë › 名前 👍", "Zoë › 名前 👍"],
  ];
  for (const [text, shown, line] of cases) {
    it(`is shown: ${JSON.stringify(text)}`, () => assert.deepEqual([visible(text), oneLine(text)], [shown, line]));
  }

  it("has nothing that a terminal obeys, whatever it is", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        assert.doesNotMatch(visible(text).replaceAll("\t", ""), obeyed);
        assert.doesNotMatch(oneLine(text), /\n|\t/);
        assert.doesNotMatch(jsonText([text]), obeyed);
      }),
    );
  });

  it("is the same again for whoever reads the JSON", () => {
    fc.assert(fc.property(hostile, (text) => assert.deepEqual(JSON.parse(jsonText({ text })), { text })));
  });
});

describe("a parser's reason", () => {
  const cases: [reason: string, without: string][] = [
    ['unidentified alias "hunter2"', "unidentified alias …"],
    ['unidentified alias "hunt"er2"', "unidentified alias …"],
    ["yaml: unknown anchor 'hunt'er2' referenced", "yaml: unknown anchor … referenced"],
    ["line 1: cannot unmarshal !!str `hunter2` into v1.Config", "line 1: cannot unmarshal !!str … into v1.Config"],
    ["unknown scalar tag !<hunter2>", "unknown scalar tag !…"],
    ["expected ':' after a mapping key", "expected ':' after a mapping key"],
    ["You don't have the right, and it isn't there", "You don't have the right, and it isn't there"],
  ];
  for (const [reason, without] of cases) {
    it(`quotes nothing: ${reason}`, () => assert.equal(withoutQuotes(reason), without));
  }
});
