/** The timelines of what Pulumi's events tell: the properties that it was to deploy, and what was repaired of them. */
import { fromPulumi, type PulumiResource } from "../kubernetes/resource";
import { readWorkload } from "../kubernetes/workload";
import type { EventProperties, Reading, ResourceRef, WorkloadTimeline } from "../report";
import { parseUrn } from "../urn";
import type { Knowledge } from "../assess";
import { landsOf } from "../shutdown/lands";
import { plain } from "./sources/pulumi-state";
import { drawn, judgedAlone } from "./timelines";

interface Seen {
  before?: unknown;
  after: unknown;
}

export class EventTimelines {
  private readonly seen = new Map<string, Seen>();

  /** For `readEvents`. */
  readonly onProperties = ({ urn, when, properties }: EventProperties): void => {
    if (!parseUrn(urn)?.type.startsWith("kubernetes:")) return;
    const known = this.seen.get(urn);
    if (when === "before") {
      // The second policy's repair goes on from the first one's.
      const goesOn = known?.before !== undefined && JSON.stringify(known.after) === JSON.stringify(properties);
      this.seen.set(urn, { before: goesOn ? known.before : properties, after: properties });
    } else this.seen.set(urn, { ...known, after: properties });
  };

  /** Of the workloads that have findings or repairs. */
  timelines(readings: readonly Reading[], knowledge: Knowledge, today: Date): WorkloadTimeline[] {
    const concerned = new Map<string, ResourceRef>();
    const repaired = new Set<string>();
    for (const { findings, repairs } of readings) {
      for (const { resource } of [...findings, ...repairs]) if (resource.urn) concerned.set(resource.urn, resource);
      for (const { resource, outcome } of repairs) {
        if (resource.urn && outcome !== "not-applied") repaired.add(resource.urn);
      }
    }
    return [...concerned].flatMap(([urn, ref]) => {
      const seen = this.seen.get(urn);
      if (!seen) return [];
      const judged = (properties: unknown) => judgedAlone(resourceOf(urn, properties), knowledge, today);
      const before = repaired.has(urn) && seen.before !== undefined ? judged(seen.before) : undefined;
      return drawn(ref, judged(seen.after), before) ?? [];
    });
  }
}

/** How an update to these properties reaches the Pods that run: for `readEvents`. */
export function landing({ settings }: Knowledge) {
  return ({ urn, properties }: EventProperties): "rolls-out" | "waits" | undefined => {
    const resource = fromPulumi(resourceOf(urn, properties));
    const workload = resource && readWorkload(resource, settings.facts.workloads);
    const lands = workload && landsOf(workload);
    return lands === undefined || lands === "rolls-out" ? lands : "waits";
  };
}

function resourceOf(urn: string, properties: unknown): PulumiResource {
  const { type = "", name = "" } = parseUrn(urn) ?? {};
  return { type, name, urn, props: plain(properties) };
}
