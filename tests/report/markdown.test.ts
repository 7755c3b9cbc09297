import assert from "node:assert/strict";
import MarkdownIt from "markdown-it";
import { commentMark, isWebAddress, markdown } from "../../src/report/markdown";
import { buildReport, emptyReading } from "../../src/report/model";
import { aFinding, aHookRepair, fullReport, hostile, reportFull, urn } from "./samples";

const parser = new MarkdownIt({ html: true, linkify: true });

/** What the text becomes, and which tags are in it; `<details>`, `<summary>`, `<br>` and `<code>` are the report's. */
function rendered(text: string) {
  const html = parser.render(text);
  const tags = new Set([...html.matchAll(/<([a-z][^\s>/]*)/gi)].map(([, tag]) => tag?.toLowerCase()));
  const attributes = [...html.matchAll(/<[a-z]\w* ([^>]*)>/gi)].map(([, list]) => list);
  return { html, tags, attributes };
}

const own = "p h2 strong table thead tbody tr th td blockquote ul li code pre a details summary br".split(" ");

describe("report/markdown", () => {
  it("is one comment with all findings, grouped by resource", () => {
    const text = markdown(fullReport());
    assert.ok(text.startsWith(`${commentMark}\n`));
    const { html, tags } = rendered(text);
    assert.deepEqual(
      [...tags].filter((tag) => !own.includes(tag ?? "")),
      [],
    );
    assert.equal(html.match(/<details/g)?.length, 5);
    assert.match(html, /<summary>Write the repair into the program<\/summary>/);
    assert.match(
      html,
      /<strong>mandatory<\/strong> <a href="https:\/\/example.org\/docs\/pre-stop-sleep"><code>pre-stop-sleep/,
    );
    assert.match(
      html,
      /<code>ApisixRoute shop\/web<\/code> › <code>Service shop\/web:80<\/code> › <code>Deployment shop\/web/,
    );
    assert.match(
      html,
      /<code>apisix-route-blind-spots<\/code> <a href="[^"]*findings.md#service-not-in-stack"><code>service-not-in-stack</,
    );
    assert.match(html, /<td><code>shop\/dev<\/code><\/td>/);
    assert.match(html, /<strong>Findings may be missing:/);
  });

  it("folds the resources when there are many, and fits into a comment", () => {
    const findings = Array.from({ length: 5000 }, (_, i) =>
      aFinding({ resource: { kind: "Deployment", namespace: "shop", name: `web-${i}` } }),
    );
    const text = markdown(buildReport([{ ...emptyReading(), findings }]));
    assert.ok(text.length <= 60_000 && text.length > 50_000);
    assert.doesNotMatch(text, /<details open/);
    const shown = text.match(/<details>/g)?.length ?? 0;
    assert.match(text, new RegExp(`${5000 - shown} more resources with ${5000 - shown} findings did not fit`));
  });

  it("leaves the code for the program out before it leaves findings out", () => {
    const repairs = Array.from({ length: 100 }, (_, i) =>
      aHookRepair("web", {
        resource: { kind: "Deployment", namespace: "shop", name: `web-${i}`, urn: urn(`web-${i}`) },
      }),
    );
    const text = markdown(buildReport([{ ...emptyReading(), repairs }]));
    const programs = text.match(/Write the repair into the program/g)?.length ?? 0;
    assert.ok(programs > 10 && programs < 50, `${programs} programs`);
    assert.equal(text.match(/\*\*rolls out\*\*/g)?.length, 100);
    assert.ok(text.length <= 60_000);
  });

  it("fits also when names and messages are long", () => {
    const long = "*".repeat(9000);
    const text = markdown(reportFull(long));
    assert.ok(text.length <= 60_000);
    assert.match(text, /7500 more characters/);
  });

  for (const payload of hostile) {
    it(`shows text as text: ${JSON.stringify(payload.slice(0, 50))}`, () => {
      const text = markdown(reportFull(payload));
      const { html, tags, attributes } = rendered(text);
      assert.deepEqual(
        [...tags].filter((tag) => !own.includes(tag ?? "")),
        [],
      );
      for (const list of attributes) {
        assert.match(
          list ?? "",
          /^(style="text-align:\w+"|class="language-(text|typescript|python|yaml)"|open)$/,
          "no link and no handler",
        );
      }
      assert.equal(html.match(/<details/g)?.length, html.match(/<\/details>/g)?.length);
      // A command of GitLab is a line of its own; code is left alone by it as by mentions.
      const outsideCode = text
        .replace(/^(`{3,})(?:text|typescript|python|yaml)\n[^]*?^\1$/gm, "")
        .replace(/(`+)(?!`)[^]*?[^`]\1(?!`)/g, "");
      assert.doesNotMatch(outsideCode, /^\s*\/\w/m);
      assert.doesNotMatch(outsideCode.replace(/<code>.*?<\/code>/g, ""), /[@#]\w/);
    });
  }
});

describe("report/markdown: isWebAddress", () => {
  const cases: [string, boolean][] = [
    ["https://example.org/a#b", true],
    ["http://example.org", true],
    ["javascript:alert(1)", false],
    ["https://a> <b", false],
    ["https://", false],
    ["docs/policies/a.md", false],
    ["data:text/html,x", false],
  ];
  for (const [url, expected] of cases) it(url, () => assert.equal(isWebAddress(url), expected));
});
