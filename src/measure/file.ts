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

/** The runs of all, and their Pods. A run that is there twice would count twice: it is named in `twice`. */
export function merged(files: readonly MeasurementFile[]): { file: MeasurementFile; twice: MeasuredRun[] } {
  const runs = files.flatMap((file) => file.runs);
  const names = new Set<string>();
  const twice = runs.filter(({ service, startedAt }) => names.size === names.add(`${service} ${startedAt}`).size);
  return {
    file: measurement(
      runs,
      files.flatMap((file) => file.pods),
    ),
    twice,
  };
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
