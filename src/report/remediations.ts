/** The repairs that one operation announces, and what it then does with their resources. */
import { changeOf, fields } from "./repair";
import { leftBy, partsOf, stepOf, type Part, type Step } from "./step";
import type { Outcome, Repair } from "./types";

/** Part of a repair, before its resource has a name. */
export interface UrnRepair extends Omit<Repair, "resource"> {
  urn: string;
}

/** What the events of the operation don't say of its repairs. */
export interface Settling {
  /** Does it analyze a state, and change nothing? */
  isAnalysis: boolean;
  /** The resources of which the pack itself reports that their repair didn't last. */
  undone: ReadonlySet<string>;
  /** How an update to these properties reaches the Pods that run; undefined where that can't be told. */
  landsOf: (urn: string, properties: unknown) => Outcome | undefined;
}

export class Remediations {
  private readonly announced: { policy: string; urn: string; before: unknown; after: unknown }[] = [];
  /** The properties of each resource after its last repair, whatever pack made it. */
  private readonly last = new Map<string, unknown>();
  private readonly steps = new Map<string, { step: Step; isDone: boolean }>();

  announce(policy: string, urn: string, before: unknown, after: unknown): void {
    this.announced.push({ policy, urn, before, after });
    this.last.set(urn, after);
  }

  /** Another pack's repair may go on from ours, or undo it. */
  announceOther(urn: string, after: unknown): void {
    if (this.has(urn)) this.last.set(urn, after);
  }

  /** Is a repair of the resource announced? Its steps come later. */
  has(urn: string): boolean {
    return this.last.has(urn);
  }

  /** @param kind `resourcePreEvent`, `resOutputsEvent` or `resOpFailedEvent` */
  step(kind: string, urn: string, metadata: Readonly<Record<string, unknown>>): void {
    const step = stepOf(metadata);
    if (!step) return;
    const known = this.steps.get(urn);
    if (kind === "resourcePreEvent") this.steps.set(urn, { step, isDone: false });
    // A refresh ends as another step than it began.
    else if (known?.step.op === step.op) this.steps.set(urn, { step, isDone: kind === "resOutputsEvent" });
  }

  /** The repairs, in parts that share an outcome. */
  repairs({ isAnalysis, undone, landsOf }: Settling): UrnRepair[] {
    return this.announced.flatMap(({ policy, urn, before, after }) => {
      const step = this.done(urn);
      const changed = fields(before, after);
      const parts: Part[] = isAnalysis
        ? [{ fields: changed, outcome: "would-be-repaired" }]
        : partsOf(changed, this.last.get(urn), step);
      return parts.map(({ fields, outcome, because }) => {
        if ((outcome === undefined || outcome === "unchanged") && undone.has(urn)) outcome = "not-applied";
        if (outcome === "rolls-out" && step?.op === "update") outcome = landsOf(urn, leftBy(step));
        const repair: UrnRepair = { policy, urn, changes: fields.map(changeOf) };
        if (outcome !== undefined) repair.outcome = outcome;
        if (because !== undefined) repair.because = because;
        return repair;
      });
    });
  }

  /** What the operation leaves the resources with. */
  left(): [urn: string, properties: unknown][] {
    return [...this.last.keys()].flatMap((urn): [string, unknown][] => {
      const step = this.done(urn);
      return step ? [[urn, leftBy(step)]] : [];
    });
  }

  /** A step that failed, or that the log doesn't end, says nothing. */
  private done(urn: string): Step | undefined {
    const known = this.steps.get(urn);
    return known?.isDone ? known.step : undefined;
  }
}
