/**
 * The HTML report in a real browser: nothing on the console, filters, accessibility, hostile text, size, print.
 * Pictures of it are kept in the cache folder, to be looked at.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { html } from "../../src/report/html";
import { buildReport, type Report } from "../../src/report/model";
import { findChromium, launch } from "../../tools/chromium";
import { cacheFolder } from "../../tools/go";
import { bigReport, timelines } from "../report/big";
import { fullReport, hostile, reportFull } from "../report/samples";

const pictures = join(cacheFolder(), "screenshots");

/** With every sort of timeline. */
function gallery(): Report {
  const full = fullReport();
  const reading = { ...full, timelines: [...full.timelines, ...timelines()] };
  return buildReport([reading], { createdAt: full.createdAt ?? "", version: "0.1.0" });
}

describe("the HTML report in a browser", function () {
  this.timeout(120_000);
  let browser: Browser;
  let folder: string;

  before(async function () {
    const found = findChromium();
    if ("missing" in found) {
      process.stderr.write(`Skipped, as there is no browser. ${found.missing}\n`);
      this.skip();
    }
    browser = await launch(found.path);
    folder = mkdtempSync(join(tmpdir(), "report-"));
    mkdirSync(pictures, { recursive: true });
  });

  after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** Opens a report, uses it, and holds that nothing was said on the console, asked of the network, or popped up. */
  async function open(report: Report, use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}) {
    const file = join(folder, `${Math.random().toString(36).slice(2)}.html`);
    writeFileSync(file, html(report));
    const context = await browser.newContext(options);
    const said: string[] = [];
    const page = await context.newPage();
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("dialog", (dialog) => {
      said.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      if (!/^(file|data):/.test(request.url())) said.push(`request: ${request.url()}`);
    });
    try {
      await page.goto(pathToFileURL(file).href);
      await use(page);
      assert.deepEqual(said, []);
    } finally {
      await context.close();
    }
  }

  const shown = (page: Page) => page.locator("article:not([hidden])").count();
  /** The page's own policy forbids waiting in the page. */
  async function waitForShown(page: Page, expected: number): Promise<void> {
    const end = Date.now() + 5000;
    while ((await shown(page)) !== expected && Date.now() < end) await page.waitForTimeout(50);
    assert.equal(await shown(page), expected);
  }
  const output = (page: Page) => page.locator("#shown").innerText();

  /** As print does: every picture is drawn, wherever it is. */
  const drawAll = (page: Page) => page.evaluate("dispatchEvent(new Event('beforeprint'))");

  it("filters by level, stack, namespace, policy and text, and keeps the filter in the address", () =>
    open(gallery(), async (page) => {
      const all = await shown(page);
      assert.equal(all, 11);
      assert.equal(await output(page), "4 of 4 entries on 11 resources");
      await page.getByLabel("Namespace").selectOption("legacy");
      assert.equal(await shown(page), 1);
      await page.getByRole("button", { name: "Show all" }).click();
      await waitForShown(page, 11);
      await page.getByLabel("Policy", { exact: true }).selectOption("pre-stop-sleep");
      assert.equal(await shown(page), 2);
      await page.getByLabel("exempted").uncheck();
      assert.equal(await output(page), "1 of 4 entries on 1 resource");
      assert.match(page.url(), /#policy=pre-stop-sleep&without=exempted$/);
      await page.reload();
      assert.equal(await output(page), "1 of 4 entries on 1 resource");
      await page.getByRole("button", { name: "Show all" }).click();
      await page.getByLabel("Text").fill("CART judged");
      await waitForShown(page, 1);
      assert.match(await page.locator("article:not([hidden])").innerText(), /shop\/cart/);
      await page.getByLabel("Text").fill("no such thing");
      await page.getByText("Nothing matches the filter.").waitFor();
      await page.getByLabel("Text").fill("");
      await waitForShown(page, 11);
      assert.doesNotMatch(page.url(), /#/);
    }));

  it("filters by stack, and hides a stack's heading with its last finding", () =>
    open(bigReport(100), async (page) => {
      await page.getByLabel("Stack", { exact: true }).selectOption("shop/live-3");
      assert.equal(await output(page), "20 of 100 entries on 10 resources");
      assert.deepEqual(await page.locator("section:not([hidden]) > h2").allInnerTexts(), [
        "Stack shop/live-3 10 resources",
      ]);
    }));

  it("can be used by keyboard alone", () =>
    open(gallery(), async (page) => {
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to the findings");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      await page.keyboard.type("legacy", { delay: 20 });
      await waitForShown(page, 1);
      for (let i = 0; i < 5; i++) await page.keyboard.press("Tab");
      await page.keyboard.press("Space");
      assert.deepEqual(await page.evaluate("[document.activeElement.value, document.activeElement.checked]"), [
        "mandatory",
        false,
      ]);
    }));

  it("draws a picture when it comes near, and all of them for print", () =>
    open(bigReport(400), async (page) => {
      await page.locator("svg.tl").first().waitFor();
      const near = await page.locator("svg.tl").count();
      assert.ok(near < 100, `${near} pictures at first`);
      await drawAll(page);
      assert.equal(await page.locator("svg.tl").count(), 400);
    }));

  it("says everything without its script", () =>
    open(
      gallery(),
      async (page) => {
        assert.equal(await shown(page), 11);
        assert.equal(await page.locator("form").isVisible(), false);
        assert.equal(await page.locator("svg.tl").first().isVisible(), true);
      },
      { javaScriptEnabled: false },
    ));

  it("prints on white, without the filter, nothing cut off", () =>
    open(gallery(), async (page) => {
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      await drawAll(page);
      assert.equal(await page.locator("#by-text").isVisible(), false);
      assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
      const pdf = await page.pdf({ path: join(pictures, "report.pdf") });
      assert.ok(pdf.length > 10_000);
    }));

  const looks: [string, BrowserContextOptions][] = [
    ["light", { viewport: { width: 1200, height: 900 }, colorScheme: "light" }],
    ["dark", { viewport: { width: 1200, height: 900 }, colorScheme: "dark" }],
    ["phone", { viewport: { width: 360, height: 760 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }],
  ];
  for (const [name, options] of looks) {
    it(`is accessible and fits: ${name}`, () =>
      open(
        gallery(),
        async (page) => {
          await drawAll(page);
          await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))");
          // What is out of sight is not laid out; for the picture all of it is wanted.
          const height = Number(await page.evaluate("document.documentElement.scrollHeight"));
          await page.setViewportSize({ width: options.viewport?.width ?? 0, height: height * 2 });
          const real = Number(
            await page.evaluate("document.querySelector('footer').getBoundingClientRect().bottom + 32"),
          );
          await page.setViewportSize({ width: options.viewport?.width ?? 0, height: Math.ceil(real) });
          await page.screenshot({ path: join(pictures, `report-${name}.png`) });
          const { violations } = await new AxeBuilder({ page })
            .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
            .analyze();
          assert.deepEqual(
            violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]),
            [],
          );
          const over = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
          assert.ok(over <= 0, `${over} pixels too wide`);
        },
        options,
      ));
  }

  it("shows hostile text, and runs none of it", () => {
    const reports = hostile.map(reportFull);
    return open(buildReport(reports), async (page) => {
      await drawAll(page);
      const own = await page.evaluate(`({
        scripts: document.scripts.length,
        images: document.querySelectorAll("img, iframe, object, embed, base").length,
        handlers: [...document.querySelectorAll("*")].filter((one) =>
          [...one.attributes].some(({ name, value }) => /^on/.test(name) || /^\\s*javascript:/i.test(value)),
        ).length,
      })`);
      assert.deepEqual(own, { scripts: 2, images: 0, handlers: 0 });
      const text = (await page.locator("main").textContent()) ?? "";
      for (const payload of [
        "<script>alert(1)</script>",
        "</noscript><script>",
        "<img src=x onerror=alert(1)>",
        "&#x3c;",
      ]) {
        assert.ok(text.includes(payload), payload);
      }
      await page.getByLabel("Text").fill("<svg/onload");
      await waitForShown(page, 1);
    });
  });

  it("opens and filters 10,000 findings without a stall", () =>
    open(bigReport(10_000), async (page) => {
      const opened = Number(
        await page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"),
      );
      const filter = async (action: string) => {
        const time = await page.evaluate(`(() => {
          const start = performance.now();
          ${action}
          document.body.offsetHeight;
          return performance.now() - start;
        })()`);
        return Number(time);
      };
      const change = "document.forms[0].dispatchEvent(new Event('change', { bubbles: true }));";
      const times = [
        await filter(`document.getElementById("by-namespace").value = "3"; ${change}`),
        await filter(`document.getElementById("by-namespace").value = ""; ${change}`),
        await filter(`document.getElementById("by-text").value = "service-77"; ${change}`),
        await filter(`document.getElementById("by-text").value = ""; ${change}`),
      ];
      process.stderr.write(
        `      open ${Math.round(opened)} ms; filter ${times.map((time) => Math.round(time)).join(", ")} ms\n`,
      );
      // On the slowest machine seen: 1.4 s and 0.2 s.
      assert.ok(opened < 10_000, `opened in ${opened} ms`);
      assert.ok(Math.max(...times) < 1500, `filtered in ${times.join(", ")} ms`);
      assert.equal(await output(page), "10000 of 10000 entries on 5000 resources");
    }));
});
