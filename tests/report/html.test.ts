import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { html } from "../../src/report/html";
import { buildReport, emptyReading } from "../../src/report/model";
import { outcomeWord } from "../../src/report/outcome";
import { aCode, aHookRepair, fullReport, hostile, reportFull, urn } from "./samples";

const page = html(fullReport());

describe("report/html", () => {
  it("lets only its own script and style run, and nothing be loaded", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    const hash = (text = "") => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const own = (tag: string) => hash(new RegExp(`<${tag}>([^]*?)</${tag}>`).exec(page)?.[1]);
    assert.equal(
      policy,
      `default-src 'none'; script-src ${own("script")}; style-src ${own("style")}; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    assert.doesNotMatch(page, /<[^>]* (?:style|on\w+)=/, "the policy refuses these");
    const addresses = [...page.slice(page.indexOf("<body>")).matchAll(/(?:src|href|url\()\s*=?["(]?([^"\s)>]+)/g)].map(
      ([, address]) => address,
    );
    const outside = addresses.filter((address) => !/^(#|data:,)/.test(address ?? ""));
    const links = ["https://example.org/docs/pre-stop-sleep", aCode.url];
    assert.deepEqual([...new Set(outside)], links, "links, which load nothing");
  });

  it("has everything to read without its script", () => {
    const body = page.slice(page.indexOf("<body>"), page.indexOf('<script type="application/json"'));
    for (const text of [
      "shop/web",
      "Container &quot;web&quot; gets SIGTERM",
      "Service shop/web:80",
      `<a href="${aCode.url}">service-not-in-stack</a>`,
      "in time",
      "30 s → 45 s",
    ]) {
      assert.ok(body.includes(text), text);
    }
    assert.match(body, /<noscript><svg/);
  });

  it("has each outcome of a repair as a level of its own, and the repairs as code for the program", () => {
    const outcomes = [
      "rolls-out",
      "waits",
      "kept",
      "unchanged",
      "written",
      "not-applied",
      "would-be-repaired",
    ] as const;
    const repairs = outcomes.map((outcome) =>
      aHookRepair("web", { outcome, resource: { kind: "Deployment", name: outcome, urn: urn(outcome) } }),
    );
    const shown = html(buildReport([{ ...emptyReading(), repairs }]));
    for (const outcome of outcomes) {
      const word = outcomeWord({ outcome });
      assert.match(
        shown,
        new RegExp(`value="${outcome}" checked> <span class="lv lv-${outcome}">.*?${word}</span> 1<`),
      );
    }
    assert.equal(shown.match(/<summary>TypeScript<\/summary>/g)?.length, outcomes.length);
    assert.ok(shown.includes("name: &quot;web&quot;,\n          lifecycle: { preStop: { sleep: { seconds: 5 } } },"));
    assert.ok(shown.includes("&quot;pre_stop&quot;"));
    assert.match(shown, /<dt>Repairs<\/dt><dd>5<\/dd>/);
  });

  it("has a stack once, whatever was run on it", () => {
    const stack = (stack: string, at: string) => ({ source: at, stack, project: "shop", at, result: at, judged: 3 });
    const stacks = [stack("dev", "2026-11-25"), stack("dev", "2026-11-26"), stack("live", "2026-11-25")];
    const rows = html(buildReport([{ ...emptyReading(), stacks }])).match(/<th scope="row">shop\/\w+<\/th><td>[^<]*/g);
    assert.deepEqual(rows, [
      '<th scope="row">shop/dev</th><td>2026-11-26',
      '<th scope="row">shop/live</th><td>2026-11-25',
    ]);
  });

  it("has its numbers as data", () => {
    const data = /<script type="application\/json" id="totals">(.*?)<\/script>/.exec(page)?.[1] ?? "";
    assert.deepEqual(JSON.parse(data), fullReport().totals);
  });

  it("is the same for the same report", () => assert.equal(html(fullReport()), page));

  it("is a page also when there is nothing to report", () => {
    assert.match(html(buildReport([emptyReading()])), /There is nothing to report\./);
  });

  for (const text of hostile) {
    it(`has text as text: ${JSON.stringify(text.slice(0, 40))}`, () => {
      const tags = (of: string) => [...html(reportFull(of)).matchAll(/<\/?[a-z!][^\s>]*/gi)].map(([tag]) => tag);
      // The very elements of the same page with harmless text; a chain may have other links.
      const unlike = (list: string[]) => [...new Set(list)].sort();
      assert.deepEqual(unlike(tags(text)), unlike(tags("harmless")));
      assert.equal(tags(text).filter((tag) => tag === "<script").length, 2);
    });
  }
});
