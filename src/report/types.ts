// Written by tools/types.ts from schemas/report.schema.json: `npm run types`.

/**
 * `remediate` fails like `mandatory`: the pack was to repair it, and couldn't.
 */
export type Level = "mandatory" | "remediate" | "advisory";
export type Severity = "low" | "medium" | "high" | "critical";
/**
 * What becomes of a repair; absent if the log doesn't say, and before version 0.2. `rolls-out`: this run creates or updates the resource with it. `waits`: it updates the resource, and running Pods stay as they are. `kept`: it was made before, and nothing changes. `unchanged`: nothing changes, and a secret hides whether it was made before. `written`: `check --fix` wrote it into a file. `not-applied`: the run leaves the resource without it. `would-be-repaired`: a state was analyzed, and nothing is changed. A finding has the outcome of a repair that isn't made, if no policy reported that: it follows from `repairs`.
 */
export type Outcome = "rolls-out" | "waits" | "kept" | "unchanged" | "written" | "not-applied" | "would-be-repaired";

/**
 * What `check --format json` and `report --format json` write, and `report` reads. Times are seconds. Fields may be added within a schema version; readers ignore those that they don't know.
 */
export interface ReportFile {
  schemaVersion: 1;
  tool: {
    name: string;
    version?: string;
  };
  /**
   * When it was made, ISO 8601.
   */
  createdAt?: string;
  totals: Totals;
  stacks: Stack[];
  policies: Policy[];
  /**
   * The codes of the findings. Absent in reports of versions before 0.2.
   */
  codes?: Code[];
  findings: Finding[];
  repairs: Repair[];
  timelines: WorkloadTimeline[];
  otherPacks: OtherPack[];
  problems: Problem[];
}
/**
 * Numbers to keep and compare from run to run. Exempted and known findings are counted in `suppressed` alone.
 */
export interface Totals {
  findings: number;
  mandatory: number;
  advisory: number;
  suppressed: number;
  /**
   * Those of `suppressed` that a baseline has.
   */
  known?: number;
  /**
   * Without those that aren't made: `not-applied` and `would-be-repaired`.
   */
  repairs: number;
  /**
   * How many repairs have each outcome; those of unknown outcome are left out.
   */
  outcomes?: {
    [k: string]: number;
  };
  stacks: number;
  /**
   * How many resources the pack judged; those of one stack count once, whatever was run on it.
   */
  judged?: number;
  /**
   * Workloads and other resources with a finding.
   */
  resources: number;
  /**
   * Findings of each policy.
   */
  policies: {
    [k: string]: number;
  };
}
/**
 * One operation on a stack, or one run of `check` over manifests. Several operations on one stack are one stack in everything else.
 */
export interface Stack {
  /**
   * Absent if manifests were checked without Pulumi.
   */
  stack?: string;
  project?: string;
  /**
   * The file it was read from.
   */
  source: string;
  /**
   * When, ISO 8601.
   */
  at?: string;
  preview?: boolean;
  /**
   * `succeeded`, `failed` or `canceled`.
   */
  result?: string;
  packVersion?: string;
  /**
   * How many resources the pack judged.
   */
  judged?: number;
}
export interface Policy {
  name: string;
  description?: string;
  /**
   * A longer text, plain.
   */
  help?: string;
  /**
   * Address of its page.
   */
  url?: string;
}
/**
 * What a code stands for.
 */
export interface Code {
  code: string;
  /**
   * Those that report it.
   */
  policies?: string[];
  /**
   * Why it matters, plain.
   */
  why?: string;
  /**
   * Address of its page.
   */
  url?: string;
}
export interface Finding {
  policy: string;
  /**
   * What is wrong, as a stable code: `no-hook`. Absent in reports of versions before 0.2.
   */
  code?: string;
  level: Level;
  severity?: Severity;
  resource: ResourceRef;
  /**
   * The name of the container that it is about.
   */
  container?: string;
  what: string;
  /**
   * Chains that say why the resource is concerned, links divided by ` › `.
   */
  evidence: string[];
  fix?: string;
  outcome?: Outcome;
  /**
   * Path or address of its page.
   */
  docs?: string;
  location?: Location;
  /**
   * The same for the same finding in the next run, also when its numbers or its line changed.
   */
  fingerprint: string;
  suppressed?: {
    reason: string;
    until?: string;
    /**
     * What keeps it from failing: an exemption, if it isn't said.
     */
    by?: "exemption" | "baseline";
  };
}
/**
 * A resource as people name it, and as Pulumi does.
 */
export interface ResourceRef {
  kind: string;
  namespace?: string;
  name: string;
  urn?: string;
  stack?: string;
  project?: string;
}
export interface Location {
  file: string;
  line?: number;
  column?: number;
}
/**
 * Something that the pack changed, or would change.
 */
export interface Repair {
  policy: string;
  resource: ResourceRef;
  changes: Change[];
  /**
   * True: `check --include-exposed` repaired it. Nothing says that APISIX sends it requests; a container declares a port or a readiness probe.
   */
  onlyExposed?: boolean;
  outcome?: Outcome;
  /**
   * Why it is `not-applied`: the resource ignores changes of a field, or is being replaced.
   */
  because?: "ignored" | "replaced";
}
export interface Change {
  /**
   * The field: `spec.template.spec.containers["web"].lifecycle.preStop.sleep.seconds`.
   */
  path: string;
  /**
   * The value before, if it may be shown; also absent if there was none.
   */
  before?: string;
  /**
   * The value after, likewise.
   */
  after?: string;
  kind: "added" | "changed" | "removed";
}
/**
 * How a workload's Pods terminate: after a repair, and before it if there was one.
 */
export interface WorkloadTimeline {
  workload: ResourceRef;
  /**
   * For how long APISIX may still send requests after the Pod began to terminate.
   */
  t: number;
  before?: Timeline;
  after: Timeline;
}
/**
 * How a Pod terminates, in seconds from the moment it began to.
 */
export interface Timeline {
  /**
   * null if it isn't known.
   */
  gracePeriod: number | null;
  containers: ContainerTimeline[];
}
/**
 * `hook`: how long its preStop hook lasts. `left`: time for the app, from SIGTERM to SIGKILL.
 */
export interface ContainerTimeline {
  name: string;
  sidecar: boolean;
  hook: Interval;
  /**
   * null if it never comes: with a grace period of 0 the container is killed at once.
   */
  sigterm: Interval | null;
  left: Interval;
  sigkill: number | null;
  verdict: "ok" | "short" | "unknown";
  because: string;
}
/**
 * From so many seconds, to at most so many; null is without bound.
 */
export interface Interval {
  atLeast: number;
  atMost: number | null;
}
/**
 * What another policy pack reported in the same events: counted, and nothing more.
 */
export interface OtherPack {
  name: string;
  findings: number;
  mandatory: number;
  repairs: number;
}
/**
 * Something that could not be read.
 */
export interface Problem {
  source: string;
  line?: number;
  message: string;
  /**
   * Findings may be missing because of it.
   */
  incomplete: boolean;
}
