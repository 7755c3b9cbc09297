/** The timelines of what Pulumi's events tell: the properties that it was to deploy, and what was repaired of them. */
import type { PulumiResource } from "../kubernetes/resource";
import type { EventProperties, Reading, ResourceRef, WorkloadTimeline } from "../report";
import { parseUrn } from "../report/urn";
import type { Knowledge } from "../assess";
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
    } else if (known?.before === undefined) this.seen.set(urn, { after: properties });
    else if (when === "after") known.after = properties;
  };

  /** Of the workloads that have findings or repairs. */
  timelines(readings: readonly Reading[], knowledge: Knowledge, today: Date): WorkloadTimeline[] {
    const concerned = new Map<string, ResourceRef>();
    for (const { findings, repairs } of readings) {
      for (const { resource } of [...findings, ...repairs]) if (resource.urn) concerned.set(resource.urn, resource);
    }
    return [...concerned].flatMap(([urn, ref]) => {
      const seen = this.seen.get(urn);
      if (!seen) return [];
      const judged = (properties: unknown) => judgedAlone(resourceOf(urn, properties), knowledge, today);
      return drawn(ref, judged(seen.after), seen.before === undefined ? undefined : judged(seen.before)) ?? [];
    });
  }
}

function resourceOf(urn: string, properties: unknown): PulumiResource {
  const { type = "", name = "" } = parseUrn(urn) ?? {};
  return { type, name, urn, props: plain(properties) };
}
