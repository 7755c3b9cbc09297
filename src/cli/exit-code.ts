import { fails, type Report } from "../report";
import { exitCodes } from "./io";

/** From which level on a finding counts. */
export type FailOn = "advisory" | "mandatory" | "none";

/** What a command that reports ends with. @param isIncomplete something couldn't be read or written */
export function exitCode({ findings, problems }: Report, failOn: FailOn, isIncomplete: boolean): number {
  const isFailing = findings.some(
    (one) => one.suppressed === undefined && failOn !== "none" && (failOn === "advisory" || fails(one)),
  );
  if (isFailing) return exitCodes.findings;
  // What isn't read may hold findings, whatever the level is: no report of a part passes for a clean one.
  return isIncomplete || problems.some(({ incomplete }) => incomplete) ? exitCodes.incomplete : exitCodes.clean;
}
