/** `report`: what Pulumi wrote about policies, rendered. */
import { buildReport, emptyReading, placeText, readEvents, type Language, type Reading } from "../report";
import { readKnowledge } from "../assess";
import { EventTimelines, landing } from "./event-timelines";
import { exitCode, type FailOn } from "./exit-code";
import { printReport, writeReports, type FormatChoice } from "./formats";
import { say, type Io } from "./io";
import { codeTexts, policyTexts } from "./judgement";
import { packVersion } from "../version";
import { readSettings } from "./settings-file";
import type { PackConfig } from "../settings/settings";
import { InputError, isSystemError, readFileText, systemMessage } from "./sources";

export interface ReportOptions {
  failOn: FailOn;
  format?: FormatChoice[];
  fallbackFile?: string;
  pack: string;
  program?: Language;
  settings?: string | PackConfig;
}

export async function report(files: readonly string[], options: ReportOptions, io: Io): Promise<number> {
  const policies = policyTexts;
  // What was judged is in the events; only the timelines are drawn by settings.
  const knowledge = readKnowledge(await readSettings(options.settings));
  const drawn = new EventTimelines();
  const readings: Reading[] = [];
  for (const file of new Set(files)) {
    try {
      const text = file === "-" ? await io.stdin() : await readFileText(file, Infinity);
      const { onProperties } = drawn;
      readings.push(
        readEvents(text, file, { policies, pack: options.pack, onProperties, landsOf: landing(knowledge) }),
      );
    } catch (error) {
      if (!isSystemError(error) && !(error instanceof InputError)) throw error;
      const message = isSystemError(error) ? systemMessage(error) : error.message;
      // Also in what is rendered, so that it isn't taken for all there is.
      readings.push({ ...emptyReading(), problems: [{ source: file, message, incomplete: true }] });
    }
  }
  for (const { problems } of readings) {
    for (const { source, line, message, incomplete } of problems) {
      say(io, incomplete ? "error" : "warning", `${placeText(source, line)}: ${message}`);
    }
  }
  const rendered = buildReport(readings, {
    version: packVersion(),
    createdAt: io.now().toISOString(),
    policies,
    codes: codeTexts,
    timelines: drawn.timelines(readings, knowledge, io.now()),
  });
  const formats = options.format ?? [];
  const areWritten = await writeReports(rendered, formats, options, io);
  if (formats.length === 0) printReport(rendered, "stdout", io, options.program ? { program: options.program } : {});
  return exitCode(rendered, options.failOn, !areWritten);
}
