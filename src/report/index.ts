/**
 * Reports: what Pulumi and `check` write, read and rendered. A new format is a new file and a line below.
 *
 *     const readings = files.map((file) => readEvents(text, file, { policies }));
 *     formats.html(buildReport(readings, { policies, createdAt: new Date().toISOString() }));
 */
import { github } from "./github";
import { html } from "./html";
import { json } from "./json";
import { junit } from "./junit";
import { markdown } from "./markdown";
import type { Report } from "./model";
import type { Language } from "./program";
import { sarif, type ReplacementsOf } from "./sarif";
import { text } from "./text";

export interface FormatOptions {
  /** For text: with a terminal's colors. */
  color?: boolean;
  /** For text: standard error has said what couldn't be read; here it is only counted. */
  areProblemsSaid?: boolean;
  /** For text: with each workload's repairs as code for the program, in this language. */
  program?: Language;
  /** For text: nothing but the findings that count. */
  quiet?: boolean;
  /** For text: how often each code occurs, in place of the findings. */
  summary?: boolean;
  /** For SARIF: the file that findings of Pulumi are shown at, as they have none. */
  fallbackFile?: string;
  /** For SARIF and GitHub: the folder that files are relative to. */
  root?: string;
  /** For SARIF: what to write in a finding's file to repair it. */
  replacementsOf?: ReplacementsOf;
}

export type Format = "text" | "json" | "sarif" | "junit" | "markdown" | "html" | "github";

export const formats: Record<Format, (report: Report, options?: FormatOptions) => string> = {
  text,
  json,
  sarif,
  junit,
  markdown,
  html,
  github,
};

export function isFormat(name: string): name is Format {
  return Object.hasOwn(formats, name);
}

export { readEvents, type EventProperties } from "./events";
export { languages, type Language } from "./program";
export { timelineText } from "./timeline-text";
export * from "./model";
export type { Replacement, ReplacementsOf } from "./sarif";
