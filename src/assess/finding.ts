/** What a judgement consists of: data, no sentences. The words are in messages.ts. */
import type { Resource } from "../kubernetes/resource";
import type { FaultId, Reason } from "../latency";
import {
  printChain,
  type BlindSpotData,
  type Chain,
  type LineNote,
  type LineRefusal,
  type LongLived,
  type Note,
} from "../routing";
import type { Excuse, ExcuseFault } from "../settings/exemptions";
import type { PolicyName, ResolvedSettings } from "../settings/schema";
import type { Defect, DefectData, Fix } from "../shutdown/judge";
import type { Lands } from "../shutdown/lands";
import type { DeadField } from "./advice/dead-fields";
import type { Gap } from "./advice/nothing-takes-over";

/** What the codes say that are neither a Pod's defect nor a blind spot of routing. Seconds and days. */
export interface OtherData {
  "publishes-not-ready": { service: string };
  /**
   * `path` is what Pulumi ignores changes of. Without it the resource was probably replaced, if the whole repair
   * `isGone`, or something else changed a part of it.
   */
  "repair-undone": {
    workload: string;
    path?: string;
    isGone: boolean;
    /** The policy that reports it doesn't let this run pass. */
    blocks: boolean;
    lands: Lands | undefined;
    fixes: readonly Fix[];
  };
  "repair-waits": { workload: string; lands: "next-pods" | "when-resumed" };
  "mirror-only": { workload: string; defects: readonly Defect[] };
  "timeout-exceeds-grace": { timeout: number; left: number; grace?: number; fits?: number };
  "gateway-stops-early": { workload: string; defect: Defect };
  /** What its workers take, by what that is known, and the grace period that covers it, unless the ceiling is lower. */
  "gateway-cuts-requests": {
    workload: string;
    needs: number;
    by: "setting" | "default" | "routes";
    left: number;
    grace?: number;
  };
  "controller-shutdown": { workload: string; defects: readonly Defect[] };
  /** `seconds`: from the Pod's deletion, at the latest; absent where that isn't known. */
  "connections-cut": { workload: string; mark: LongLived; seconds?: number; mayRaise: boolean };
  "nothing-takes-over": { workload: string; gaps: readonly Gap[] };
  /** What takes longer than `sleepSeconds`. */
  "sleep-below-advice": { sleepSeconds: number; reason: Reason };
  "controller-version-loses-endpoints": { id: FaultId; version: string };
  /** Up to three fields, and how many more there are. */
  "field-dropped": { workload: string; fields: readonly DeadField[]; others: number };
  /** `workload` is the first of those that it is true of, `others` how many there are besides. */
  "keep-alive-connections": { workload: string; others: number };
  "dns-ttl": { workload: string; others: number };
  "controller-line": { route: string; others: number; note: LineNote };
  "dead-route": { route: string; others: number; refusals: readonly LineRefusal[] };
  "exemption-without-effect": { source: string; workload: string; others: number };
  "exemption-matches-nothing": { source: string };
  "exemption-invalid": { source: string; workload: string; fault: ExcuseFault };
  "exemption-policy-unknown": { annotation: string; hint: string };
  "annotation-not-boolean": { annotation: string };
  "annotation-not-seconds": { annotation: string };
  "annotation-above-ceiling": { annotation: string; ceiling: number };
  "annotation-below-setting": { annotation: string; setting: string; seconds: number };
  "catalog-undated": { file: string };
  "catalog-stale": { file: string; days: number; most: number };
  /** Up to three, as `Application argocd/shop`, and how many more there are. */
  "gitops-objects": { objects: readonly string[]; others: number };
  /** What of APISIX is in the stack: the first by its name, and how many more there are. */
  "no-routes-seen": { apisix: string; others: number; mayAnnotate: boolean };
  "helm-release": { releases: string; count: number };
  /** Up to three, as `Deployment web`, and how many more there are. */
  "resource-unreadable": { resources: readonly string[]; others: number };
  "nothing-to-judge": { workloads: number; mayAnnotate: boolean };
}

export interface FindingData extends DefectData, BlindSpotData, OtherData {}
export type Code = keyof FindingData;

/** One thing that is wrong, can't be judged, or is worth knowing, of one resource or of the whole stack. */
export type Finding = { [C in Code]: FindingOf<C> }[Code];

export interface FindingOf<C extends Code> extends FindingContext {
  code: C;
  /** The container that it is about. */
  container?: string;
  data: FindingData[C];
  /** What to do, as fields and values; the other codes have one sentence in messages.ts. */
  fixes?: readonly Fix[];
}

/** Whom a finding is about, why, and who reports it. */
export interface FindingContext {
  /** The policy that reports it. */
  policy: PolicyName;
  /** Absent: the whole stack. */
  subject?: Resource;
  /** Why the subject is concerned: printed chains, shortest first. */
  evidence: readonly string[];
  /**
   * False: the workload only looks routed. The resource policies repair it and report nothing, as it may not be.
   */
  reported: boolean;
  /** False: it may be so, or not. Never a violation. */
  certain: boolean;
  /** Exemptions that concern it, in force or not: the finding is still there. */
  excuses: readonly Excuse[];
  /** What a reader should know of the path in the evidence. */
  notes?: readonly Note[];
  /** What a reader should know of the subject. */
  remarks?: readonly Remark[];
}

/** What to know of a workload beside what is wrong with it. */
export type Remark =
  /** Its annotation says that it isn't routed, and a route of the stack says that it is. */
  | { about: "denies-route" }
  /** Its Pods don't roll out by themselves. */
  | { about: "lands"; lands: Exclude<Lands, "rolls-out"> }
  /** Pulumi ignores changes of this path, and the fix is one. */
  | { about: "ignored"; path: string }
  /** A resource policy would repair it, if it knew it to be routed. */
  | { about: "not-selected"; select: ResolvedSettings["select"]; mayAnnotate: boolean };

type Given = Pick<FindingContext, "policy"> & Partial<FindingContext>;

/** A finding that isn't a Pod's defect. */
export function finding<C extends Code>(code: C, data: FindingData[C], given: Given): Finding {
  return { code, data, evidence: [], reported: true, certain: true, excuses: [], ...given } as unknown as Finding;
}

/** A Pod's defect as a finding. */
export function ofDefect({ code, container, data, fixes, certain }: Defect, given: Given): Finding {
  const own = container === undefined ? {} : { container };
  return { ...finding(code, data as never, given), ...own, fixes, certain };
}

/** What is reported once for the whole stack is not repeated beside each path. */
const toldOfStack: ReadonlySet<Note["code"]> = new Set([
  "controller-line",
  "controller-line-unclear",
  "keep-alive-connections",
  "dns-ttl",
]);

/** Do requests take this chain, and not their mirrored copies? */
export function isUpstream({ via }: Chain): boolean {
  return via === "upstream";
}

/** The shortest chain, how many there are besides, and what to know of it. */
export function evidenceOf(chains: readonly Chain[]): Pick<FindingContext, "evidence" | "notes"> {
  const [first, ...others] = chains;
  if (!first) return { evidence: [] };
  const more = others.length === 0 ? "" : ` (and ${others.length} more ${others.length === 1 ? "path" : "paths"})`;
  const notes = first.notes.filter(({ code }) => !toldOfStack.has(code));
  return { evidence: [`${printChain(first)}${more}`], ...(notes.length > 0 ? { notes } : {}) };
}
