/**
 * The pictures in docs/reports.md, from examples/shop on a real engine: `npm run docs:pictures`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { EventTimelines, landing } from "../src/cli/event-timelines";
import { readKnowledge } from "../src/assess";
import { policyTexts } from "../src/cli/judgement";
import { packVersion } from "../src/version";
import { buildReport, formats, readEvents, timelineText, type Report } from "../src/report";
import { findChromium, launch } from "./chromium";
import { openStack, programIn, run, startEngine } from "./pulumi";

const root = join(__dirname, "..");
const project = join(root, "examples", "shop");
const pictures = join(root, "docs", "pictures");

async function main(): Promise<void> {
  const browser = findChromium();
  if ("missing" in browser) throw new Error(browser.missing);
  mkdirSync(pictures, { recursive: true });
  const engine = await startEngine();
  const folder = mkdtempSync(join(tmpdir(), "docs-"));
  const chromium = await launch(browser.path);
  try {
    const secrets = { paymentKey: "not-to-be-seen" };
    const stack = await openStack({ engine, program: programIn(project), secrets });
    const repaired = await run(stack, "preview");
    const blocked = await run(stack, "preview", { policyPackConfig: join(project, "mandatory.json") });
    const pages: [string, Report, "light" | "dark", string][] = [
      ["report", reportOf(blocked.events), "light", "body"],
      ["report-dark", reportOf(blocked.events), "dark", "body"],
      ["repair", reportOf(repaired.events), "light", "article.drawn"],
    ];
    for (const [name, report, colorScheme, part] of pages) {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, formats.html(report));
      const page = await chromium.newPage({
        colorScheme,
        viewport: { width: 1040, height: 1640 },
        deviceScaleFactor: 1.25,
      });
      await page.goto(pathToFileURL(file).href);
      await page.evaluate("dispatchEvent(new Event('beforeprint'))");
      const path = join(pictures, `${name}.png`);
      if (part === "body") await page.screenshot({ path });
      else await page.locator(part).first().screenshot({ path });
      await page.close();
      console.log(path);
    }
    const [first] = reportOf(repaired.events).timelines.filter((one) => one.before);
    if (first) console.log(timelineText(first));
  } finally {
    await chromium.close();
    rmSync(folder, { recursive: true });
    engine.close();
  }
}

function reportOf(events: readonly EngineEvent[]): Report {
  const drawn = new EventTimelines();
  const policies = policyTexts;
  const log = events.map((event) => JSON.stringify(event)).join("\n");
  const { onProperties } = drawn;
  const knowledge = readKnowledge();
  const reading = readEvents(log, "events.jsonl", { policies, onProperties, landsOf: landing(knowledge) });
  const timelines = drawn.timelines([reading], knowledge, new Date());
  return buildReport([reading], { version: packVersion(), policies, timelines, createdAt: new Date().toISOString() });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
