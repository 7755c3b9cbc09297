/** `report`: what Pulumi wrote about policies, rendered. */
import { readFile } from "node:fs/promises";
import { buildReport, fails, readEvents, type Reading } from "../report";
import { printReport, writeReports, type FormatChoice } from "./formats";
import { policyTexts } from "./host";
import { exitCodes, type Io } from "./io";
import { packVersion } from "./package";
import { isSystemError, systemMessage } from "./sources";

export interface ReportOptions {
  failOn: "advisory" | "mandatory" | "none";
  format?: FormatChoice[];
  pack: string;
}

export async function report(files: readonly string[], options: ReportOptions, io: Io): Promise<number> {
  const policies = policyTexts();
  const readings: Reading[] = [];
  let isBad = false;
  for (const file of new Set(files)) {
    try {
      const text = file === "-" ? await io.stdin() : await readFile(file, "utf8");
      readings.push(readEvents(text, file, { policies, pack: options.pack }));
    } catch (error) {
      if (!isSystemError(error)) throw error;
      isBad = true;
      io.stderr(`error: ${file}: ${systemMessage(error)}\n`);
    }
  }
  for (const { problems } of readings) {
    for (const { source, line, message, incomplete } of problems) {
      if (incomplete) isBad = true;
      io.stderr(`${incomplete ? "error" : "warning"}: ${source}${line === undefined ? "" : `:${line}`}: ${message}\n`);
    }
  }
  const about = { version: packVersion(), createdAt: io.now().toISOString(), policies };
  const rendered = buildReport(readings, about);
  const formats = options.format ?? [];
  await writeReports(rendered, formats, io);
  if (formats.length === 0) printReport(rendered, "stdout", io);
  const failing = rendered.findings.some(
    (one) => one.suppressed === undefined && options.failOn !== "none" && (options.failOn === "advisory" || fails(one)),
  );
  return isBad || failing ? exitCodes.findings : exitCodes.clean;
}
