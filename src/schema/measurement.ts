// Written by tools/types.ts from schemas/measurement.schema.json: `npm run types`.

/**
 * What `measure` of apisix-graceful-termination saw: how long APISIX still had Pods that were deleted. New fields may come without a new version.
 */
export interface MeasurementFile {
  $schema?: string;
  version: 1;
  /**
   * The runs that it is of: more than one where runs were merged.
   */
  runs: MeasuredRun[];
  /**
   * The Pods that terminated.
   */
  pods: MeasuredPod[];
  distribution?: Distribution;
  /**
   * The p99 of t at its latest, rounded up, and a second; missing where nothing can be recommended.
   */
  recommendedSleepSeconds?: number;
}
export interface MeasuredRun {
  /**
   * The Service, as namespace/name.
   */
  service: string;
  startedAt: string;
  /**
   * How long it took.
   */
  seconds: number;
  /**
   * How often each API was asked, at most.
   */
  everySeconds: number;
  /**
   * The APIs of APISIX that were asked.
   */
  apis: string[];
  /**
   * What couldn't be seen.
   */
  problems: string[];
}
export interface MeasuredPod {
  /**
   * The Pod, as namespace/name.
   */
  pod: string;
  /**
   * What the times count from: the Pod's deletion or, where Pods can't be read, the EndpointSlice in which it first terminates.
   */
  start: "deletion" | "endpointslice";
  notReady?: MeasuredTime;
  gone?: MeasuredTime;
  /**
   * Why it doesn't count, if it doesn't.
   */
  uncounted?:
    | "address-reused"
    | "came-back"
    | "left-before"
    | "never-in-apisix"
    | "not-asked-since"
    | "still-in-apisix"
    | "too-vague";
  /**
   * With still-in-apisix: how long after its deletion it was last seen there.
   */
  atLeastSeconds?: number;
}
/**
 * A time in seconds until the Pod was no longer ready in its EndpointSlice (`notReady`) or gone from every API of APISIX (`gone`: t): between `seconds - plusMinus` and `seconds + plusMinus`.
 */
export interface MeasuredTime {
  seconds: number;
  plusMinus: number;
}
/**
 * Of t, in seconds; missing where no Pod counts.
 */
export interface Distribution {
  n: number;
  min: number;
  median: number;
  p90: number;
  p99: number;
  max: number;
}
