/** The file of runs, described by schemas/measurement.schema.json: `measure` writes it, and merges those that it wrote. */
import measurementSchema from "../../schemas/measurement.schema.json";
import type { MeasuredPod, MeasuredRun, MeasurementFile } from "../schema/measurement";
import { checker } from "../schema/check";
import { distribution, recommendation } from "./distribution";

/** Runs and their Pods, with what they say together. */
export function measurement(runs: MeasuredRun[], pods: MeasuredPod[]): MeasurementFile {
  const [of, recommendedSleepSeconds] = [distribution(pods), recommendation(pods)];
  return {
    $schema: measurementSchema.$id,
    version: 1,
    runs,
    pods,
    ...(of ? { distribution: of } : {}),
    ...(recommendedSleepSeconds === undefined ? {} : { recommendedSleepSeconds }),
  };
}

/** The runs of all, and their Pods. Where two runs saw the same Pods, these would count twice: they are in `overlapping`. */
export function merged(files: readonly MeasurementFile[]): {
  file: MeasurementFile;
  overlapping: [MeasuredRun, MeasuredRun][];
} {
  const overlapping = files.flatMap((file, i) => files.slice(0, i).flatMap((earlier) => overlapsOf(earlier, file)));
  const runs = files.flatMap((file) => file.runs);
  const pods = files.flatMap((file) => file.pods);
  return { file: measurement(runs, pods), overlapping };
}

/** Runs of two files that were at one time, where the files have Pods of the same names; or the same run, without any. */
function overlapsOf(a: MeasurementFile, b: MeasurementFile): [MeasuredRun, MeasuredRun][] {
  const pods = new Set(a.pods.map(({ pod }) => pod));
  const share = b.pods.some(({ pod }) => pods.has(pod));
  const isEmpty = a.pods.length === 0 && b.pods.length === 0;
  return a.runs.flatMap((one) =>
    b.runs.flatMap((other): [MeasuredRun, MeasuredRun][] => {
      const isSame = one.service === other.service && one.startedAt === other.startedAt;
      return (isSame && isEmpty) || (share && areAtOneTime(one, other)) ? [[one, other]] : [];
    }),
  );
}

function areAtOneTime(a: MeasuredRun, b: MeasuredRun): boolean {
  const [from, other] = [Date.parse(a.startedAt), Date.parse(b.startedAt)];
  return from <= other + b.seconds * 1000 && other <= from + a.seconds * 1000;
}

/** @returns the file, or what is wrong with it */
export function readMeasurement(text: string): MeasurementFile | string[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return ["not JSON"];
  }
  const problems = fileProblems(value);
  return problems.length > 0 ? problems : (value as MeasurementFile);
}

const fileProblems = checker(measurementSchema);
