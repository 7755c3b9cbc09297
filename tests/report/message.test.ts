import assert from "node:assert/strict";
import { parseLink, parseMessage, type Message } from "../../src/report/message";

const chain = "ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web";

describe("report/message: parseMessage", () => {
  const cases: [string, string, string | undefined, Partial<Message>][] = [
    [
      "the pack's form, after Pulumi's description",
      `What the policy holds.\nWrong.\n${chain}\nFix: do it. docs/policies/a.md`,
      undefined,
      {
        description: "What the policy holds.",
        what: "Wrong.",
        evidence: [chain],
        fix: "do it.",
        docs: "docs/policies/a.md",
      },
    ],
    [
      "the form without a description",
      `Wrong.\n${chain}\nFix: do it.`,
      undefined,
      { what: "Wrong.", evidence: [chain], fix: "do it." },
    ],
    [
      "a known description of two lines",
      "One.\nTwo.\nWrong.\nMore.",
      "One.\nTwo.",
      { description: "One.\nTwo.", what: "Wrong.\nMore." },
    ],
    ["a known description that isn't there", "Wrong.\nMore.", "One.", { what: "Wrong.\nMore." }],
    ["a description alone", "One.", "One.", { what: "One." }],
    ["a text of another form", "First.\nSecond.", undefined, { what: "First.\nSecond." }],
    [
      "two chains",
      `D.\nWrong.\n${chain}\n${chain}2\nFix: x`,
      undefined,
      { description: "D.", what: "Wrong.", evidence: [chain, `${chain}2`], fix: "x" },
    ],
    [
      "no chain",
      "D.\nWrong.\nAnd so.\nFix: x\ndocs/a/b.md#c",
      undefined,
      { description: "D.", what: "Wrong.\nAnd so.", fix: "x", docs: "docs/a/b.md#c" },
    ],
    [
      "an address for docs",
      "Wrong.\nFix: x https://example.org/a?b=c#d",
      undefined,
      { what: "Wrong.", fix: "x", docs: "https://example.org/a?b=c#d" },
    ],
    ["no fix, but docs", "Wrong. docs/a.md", undefined, { what: "Wrong.", docs: "docs/a.md" }],
    [
      "no javascript for docs",
      "Wrong.\nFix: x javascript:alert(1)",
      undefined,
      { what: "Wrong.", fix: "x javascript:alert(1)" },
    ],
    ["nothing", "", undefined, { what: "" }],
    ["Windows line ends", "D.\r\nWrong.\r\nFix: x\r\n", undefined, { description: "D.", what: "Wrong.", fix: "x" }],
    ["hidden characters", "a\u0000b \u202ec\u0007", undefined, { what: "a\ufffdb \ufffdc\ufffd" }],
    [
      "Pulumi's own note",
      "can't run policy 'a' from policy pack 'b@v1' during preview: unknown",
      undefined,
      { what: "can't run policy 'a' from policy pack 'b@v1' during preview: unknown" },
    ],
  ];
  for (const [name, text, description, expected] of cases) {
    it(name, () => assert.deepEqual(parseMessage(text, description), { evidence: [], ...expected }));
  }
});

describe("report/message: parseLink", () => {
  const cases: [string, object | undefined][] = [
    ["Deployment shop/web", { kind: "Deployment", namespace: "shop", name: "web" }],
    ["Service shop/web:80", { kind: "Service", namespace: "shop", name: "web" }],
    ["Service shop/web:http", { kind: "Service", namespace: "shop", name: "web" }],
    ["Deployment shop/web (and 2 more ways)", { kind: "Deployment", namespace: "shop", name: "web" }],
    ["IngressClass apisix", { kind: "IngressClass", name: "apisix" }],
    ["deployment web", undefined],
    ["Deployment shop/web and more", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => assert.deepEqual(parseLink(text), expected));
  }
});
