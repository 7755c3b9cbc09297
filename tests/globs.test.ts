import { strict as assert } from "node:assert";
import fc from "fast-check";
import picomatch from "picomatch";
import { isGlob, literalOf, matcherOf, matchesGlob } from "../src/globs";

describe("matchesGlob", () => {
  const cases: [text: string, glob: string, expected: boolean][] = [
    ["web", "web", true],
    ["web", "Web", false],
    ["web-1", "web", false],
    ["web-1", "web*", true],
    ["web-1", "*", true],
    ["web-1", "web-?", true],
    ["web-10", "web-?", false],
    ["web-1", "web-[0-9]", true],
    ["web-a", "web-[0-9]", false],
    ["api", "{web,api}", true],
    ["worker", "{web,api}", false],
    ["api", "!(web)", true],
    ["web", "!(web)", false],
    // A mark at the start is one of the text's, and turns nothing around.
    ["api", "!web", false],
    ["web.v2", "web.v2", true],
    ["webxv2", "web.v2", false],
    [".hidden", "*", true],
    ["containers[0]", "containers\\[0\\]", true],
    ["web-a", "web-[!0-9]", true],
    ["web-1", "web-[!0-9]", false],
    ["web-", "web-[!0-9]", false],
    ["a-b", "a[+--]b", true],
    ["a-b", "a[b-]b", true],
    ["a]b", "a[\\]]b", true],
    ["kube-dns", "!(kube-*|istio-?)", false],
    ["istio-1", "!(kube-*|istio-?)", false],
    ["istio-12", "!(kube-*|istio-?)", true],
    ["web-1", "web-!(1|2)", false],
    ["web-3", "web-!(1|2)", true],
    ["api-3", "web-!(1|2)", false],
    ["web-eu-1", "{web,{api,job}-eu}{-1,}", false],
    ["api-eu-1", "{web,{api,job}-eu}{-1,}", true],
    ["web", "{web,{api,job}-eu}{-1,}", true],
    // Any text: a name in a program may have a slash.
    ["shop/web", "shop*", true],
    ["\u{1f600}", "?", true],
    // What is no glob matches nothing.
    ["web)", "web)", false],
  ];
  for (const [text, glob, expected] of cases) {
    it(`${text} ${expected ? "matches" : "doesn't match"} ${glob}`, () => {
      assert.equal(matchesGlob(text, glob), expected);
      assert.equal(matchesGlob(text, glob), expected, "the same when it is compiled already");
    });
  }
});

describe("isGlob", () => {
  const cases: [glob: string, expected: boolean][] = [
    ["web", true],
    ["*", true],
    ["{web,api}", true],
    ["!(web)", true],
    ["web-[0-9]", true],
    ["web-[0-9", false],
    ["web-]", false],
    ["{web", false],
    ["(web", false],
    ["!(web", false],
    ["web)", false],
    ["", false],
    ["x".repeat(70_000), false],
    // What means something else in every shell, or in none.
    ["(a|b)", false],
    ["a|b", false],
    ["{a}", false],
    ["{1..3}", false],
    ["+(a)", false],
    ["!(a)b", false],
    ["*!(a)", false],
    ["{a,!(b)}", false],
    ["[]", false],
    ["[z-a]", false],
    ["[[:alpha:]]", false],
    ["a\\", false],
    ["{a,".repeat(11) + "b" + "}".repeat(11), false],
    ["{a,".repeat(5000), false],
  ];
  for (const [glob, expected] of cases) it(glob.slice(0, 20) || "nothing", () => assert.equal(isGlob(glob), expected));
});

describe("literalOf", () => {
  const cases: [glob: string, expected: string | undefined][] = [
    ["web-1.v2", "web-1.v2"],
    ["containers\\[0\\]", "containers[0]"],
    ["web*", undefined],
    ["web?", undefined],
    ["[w]eb", undefined],
    ["{a,b}", undefined],
    ["web!(b)", undefined],
    ["(web", undefined],
  ];
  for (const [glob, expected] of cases) it(glob, () => assert.equal(literalOf(glob), expected));
});

describe("matcherOf", () => {
  const matches = matcherOf(["web", "api-*", "(web"]);
  const cases: [text: string, expected: boolean][] = [
    ["web", true],
    ["api-1", true],
    ["job", false],
    ["(web", false],
  ];
  for (const [text, expected] of cases) it(text, () => assert.equal(matches(text), expected));
});

describe("globs", () => {
  /** Each piece is a glob of its own; picomatch reads their sequences in the same way. */
  const piece = fc.constantFrom(
    "a",
    "b",
    "-",
    "?",
    "*",
    "[ab]",
    "[^a]",
    "[a-b]",
    "{a,b}",
    "{a,b*}",
    "{ab,{b,-}}",
    "\\*",
  );
  const glob = fc
    .tuple(fc.array(piece, { maxLength: 5 }), fc.constantFrom("", "", "!(a|b)", "!(a*)", "!(a?|[ab]b)"))
    .map(([pieces, end]) => pieces.join("") + end)
    .filter(isGlob);
  const text = fc.array(fc.constantFrom("a", "b", "-", "*"), { maxLength: 6 }).map((chars) => chars.join(""));

  it("mean what picomatch makes of them", () => {
    fc.assert(
      fc.property(glob, text, (glob, text) => {
        // A library for paths takes no text for no path.
        fc.pre(text !== "");
        assert.equal(matchesGlob(text, glob), picomatch(glob, { dot: true, nonegate: true })(text));
      }),
      { numRuns: 2_000 },
    );
  });

  const hard: [glob: string, text: string][] = [
    ["*a".repeat(200) + "b", "a".repeat(2_000)],
    ["{a,aa}".repeat(200) + "b", "a".repeat(2_000)],
    ["{a*,{a,*a}}".repeat(100) + "b", "a".repeat(300)],
    ["?!(" + "*a".repeat(200) + "b)", "a".repeat(2_000)],
    ["*", "a".repeat(200_000)],
  ];
  for (const [glob, text] of hard) {
    it(`answer at once: ${glob.slice(0, 20)}`, () => assert.equal(matchesGlob(text, glob), !glob.endsWith("b")));
  }
});
