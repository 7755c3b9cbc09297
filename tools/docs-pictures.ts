/**
 * The pictures in docs/reports.md, from examples/shop on a real engine: `npm run docs:pictures`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { fromPulumi } from "../kubernetes/resource";
import { isKnown } from "../kubernetes/values";
import { readWorkload } from "../kubernetes/workload";
import { policies } from "../policies";
import { buildReport, formats, readEvents, timelineText } from "../report";
import type { Policy, Report, ResourceRef, Timeline, WorkloadTimeline } from "../report";
import { parseUrn } from "../report/urn";
import { timeline } from "../shutdown/timeline";
import { findChromium, launch } from "./chromium";
import { preview, startEngine } from "./pulumi";

const root = join(__dirname, "..");
const project = join(root, "examples", "shop");
const pictures = join(root, "docs", "pictures");
/** The pack's defaults. */
const [sleepSeconds, shutdownSeconds, kubernetesVersion] = [5, 10, "1.34"];

async function run(): Promise<void> {
  const browser = findChromium();
  if ("missing" in browser) throw new Error(browser.missing);
  mkdirSync(pictures, { recursive: true });
  const engine = await startEngine();
  const folder = mkdtempSync(join(tmpdir(), "docs-"));
  const chromium = await launch(browser.path);
  try {
    const secrets = { paymentKey: "not-to-be-seen" };
    const repaired = await preview({ engine, project, secrets });
    const blocked = await preview({ engine, project, secrets, policyPackConfig: join(project, "mandatory.json") });
    const pages: [string, Report, "light" | "dark", string][] = [
      ["report", reportOf(blocked.events, repaired.events), "light", "body"],
      ["report-dark", reportOf(blocked.events, repaired.events), "dark", "body"],
      ["repair", reportOf(repaired.events, repaired.events), "light", "article.drawn"],
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
    const [first] = reportOf(repaired.events, repaired.events).timelines.filter((one) => one.before);
    if (first) console.log(timelineText(first));
  } finally {
    await chromium.close();
    rmSync(folder, { recursive: true });
    engine.close();
  }
}

/** The Automation API's types lack this kind of event. */
type Remediation = EngineEvent & { policyRemediationEvent?: { resourceUrn: string; before: unknown; after: unknown } };

/** @param repairs events that tell what would be repaired, for the pictures before and after. */
function reportOf(events: readonly EngineEvent[], repairs: readonly EngineEvent[]): Report {
  const known: Policy[] = policies({}).map(({ name, description, url }) => {
    return url === undefined ? { name, description } : { name, description, url };
  });
  const read = (list: readonly EngineEvent[]) =>
    readEvents(list.map((event) => JSON.stringify(event)).join("\n"), "events.jsonl", { policies: known });
  const resources = new Map(read(repairs).repairs.map(({ resource }) => [resource.urn, resource]));
  const timelines = repairs.flatMap((event): WorkloadTimeline[] => {
    const { resourceUrn, before, after } = (event as Remediation).policyRemediationEvent ?? {};
    const workload = resources.get(resourceUrn);
    const [was, is] = [timelineOf(workload, before), timelineOf(workload, after)];
    if (!workload || !was || !is) return [];
    return [
      events === repairs
        ? { workload, t: sleepSeconds, before: was, after: is }
        : { workload, t: sleepSeconds, after: was },
    ];
  });
  return buildReport([read(events)], { policies: known, timelines, createdAt: new Date().toISOString() });
}

function timelineOf(resource: ResourceRef | undefined, props: unknown): Timeline | undefined {
  const urn = parseUrn(resource?.urn ?? "");
  const object = urn && fromPulumi({ ...urn, urn: resource?.urn ?? "", props });
  const workload = object && readWorkload(object);
  const read = workload && timeline(workload.pod, kubernetesVersion);
  if (!read) return undefined;
  const interval = ({ atLeast, atMost }: { atLeast: number; atMost: number }) => ({ atLeast, atMost: finite(atMost) });
  const containers = read.containers.map(({ container, delay, sigterm, left, sigkill }) => {
    const isInTime = sigterm !== undefined && sigterm.atLeast >= sleepSeconds && left.atLeast >= shutdownSeconds;
    return {
      name: container.name,
      sidecar: container.isSidecar === true,
      hook: interval(delay),
      sigterm: sigterm ? interval(sigterm) : null,
      left: interval(left),
      sigkill: finite(sigkill.atMost),
      verdict: isInTime ? ("ok" as const) : ("short" as const),
      because: "",
    };
  });
  return { gracePeriod: isKnown(read.gracePeriod) ? read.gracePeriod : null, containers };
}

function finite(n: number): number | null {
  return n === Infinity ? null : n;
}

run().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
