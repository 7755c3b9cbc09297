import { fails, type Report } from "../report";
import { exitCodes } from "./io";

/** From which level on a finding counts. */
export type FailOn = "advisory" | "mandatory" | "none";

/** What a command that reports ends with. @param isBroken an input can't be read at all */
export function exitCode({ findings, problems }: Report, failOn: FailOn, isBroken: boolean): number {
  const isFailing = findings.some(
    (one) => one.suppressed === undefined && failOn !== "none" && (failOn === "advisory" || fails(one)),
  );
  if (isBroken || isFailing) return exitCodes.findings;
  // What is cut off may have held findings, whatever the level is: no report of a part passes for a clean one.
  return problems.some(({ incomplete }) => incomplete) ? exitCodes.partial : exitCodes.clean;
}
