/**
 * Shows the main job: the example's `pulumi preview` with the pack. `--config NAME` takes NAME.json beside the example
 * as the policy pack's config.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { fromPulumi, labelOf } from "../kubernetes/resource";
import { readWorkload, type Workload } from "../kubernetes/workload";
import { effectiveGracePeriod, timeline } from "../shutdown/timeline";
import { preview, startEngine } from "./pulumi";

const project = join(__dirname, "..", "examples", "shop");

async function run(): Promise<number> {
  const { values } = parseArgs({ options: { config: { type: "string" } } });
  const config = values.config === undefined ? undefined : join(project, `${values.config}.json`);
  if (config !== undefined && !existsSync(config)) {
    const names = readdirSync(project).filter((file) => /^(advisory|mandatory)/.test(file));
    throw new Error(
      `--config ${values.config}: there is no such config beside the example; there are ${names.join(", ")}`,
    );
  }
  const engine = await startEngine();
  try {
    const { succeeded, events } = await preview({
      engine,
      project,
      secrets: { paymentKey: "not-to-be-seen" },
      ...(config !== undefined && { policyPackConfig: config }),
      color: process.stdout.isTTY ? "always" : "never",
      onOutput: (text) => process.stdout.write(text),
    });
    if (succeeded) printWorkloads(events);
    return succeeded ? 0 : 1;
  } finally {
    engine.close();
  }
}

/** What each workload holds as the program wrote it, and as it would be deployed. */
function printWorkloads(events: EngineEvent[]): void {
  const written = new Map<string, object>();
  console.log("Hooks and grace periods, as they would be deployed:");
  for (const event of events) {
    const repair = event.policyEvent
      ? undefined
      : (event as { policyRemediationEvent?: Remediation }).policyRemediationEvent;
    if (repair?.before && !written.has(repair.resourceUrn)) written.set(repair.resourceUrn, repair.before);
    const step = event.resourcePreEvent?.metadata;
    const inputs = step?.new?.inputs;
    if (!step || !inputs) continue;
    const now = workloadOf(step.type, step.urn, inputs);
    if (!now) continue;
    const before = workloadOf(step.type, step.urn, written.get(step.urn) ?? inputs) ?? now;
    const changed = describe(before) === describe(now) ? describe(now) : `${describe(before)}  →  ${describe(now)}`;
    console.log(`  ${labelOf(now.resource).padEnd(30)} ${changed}`);
  }
}

interface Remediation {
  resourceUrn: string;
  before?: object;
}

function workloadOf(type: string, urn: string, props: object): Workload | undefined {
  const resource = fromPulumi({ type, urn, name: urn.split("::").at(-1) ?? "", props });
  return resource && readWorkload(resource);
}

function describe(workload: Workload): string {
  const hooks = (timeline(workload.pod, "1.34")?.containers ?? []).map(({ container, delay }) =>
    container.preStop === undefined ? "no hook" : `hook of ${delay.atLeast} s`,
  );
  return `${hooks.join(", ")}, grace period ${String(effectiveGracePeriod(workload.pod))} s`;
}

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
