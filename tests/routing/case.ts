/** What a case of routing is: resources in, routed workloads and blind spots out. */
import type { Resource } from "../../src/kubernetes/resource";
import type { BlindSpotCode, BlindSpotData, RefusalCode, RoutingSettings } from "../../src/routing";

/** A blind spot to be found: its code, some or all of its data, and its evidence if that matters. */
export interface Spot {
  code: BlindSpotCode;
  data: object;
  evidence?: string;
}

export function spot<C extends BlindSpotCode>(code: C, data: Partial<BlindSpotData[C]>, evidence?: string): Spot {
  return { code, data: { ...data }, ...(evidence === undefined ? {} : { evidence }) };
}

export interface Case {
  name: string;
  given: Resource[];
  /** Every chain that is to be found; nothing else may be. */
  routed?: string[];
  /** The only controller line that takes it; `auto` takes it then, too. Both lines where this is left out. */
  on?: "1" | "2";
  /** What is found on the other line. */
  otherwise?: string[];
  /** What `auto` finds, where that isn't both lines' together. */
  auto?: string[];
  blind?: Spot[];
  /** The routes that a line refuses, and why. With `auto` they are dead if nothing is routed by them. */
  dead?: Partial<Record<"1" | "2", Record<string, RefusalCode>>>;
  /** What one line refuses, the other one may take: with `auto` it isn't dead. */
  isOpen?: true;
  /** The blind spots on the other line, where they differ. */
  otherwiseBlind?: Spot[];
  /** What to show behind a chain: `[…]`. */
  show?: "serving" | "timeout" | "via" | "notes";
  settings?: Partial<RoutingSettings>;
}

/** What both lines refuse. */
export function bothLines(route: string, code: RefusalCode): NonNullable<Case["dead"]> {
  return { "1": { [route]: code }, "2": { [route]: code } };
}
