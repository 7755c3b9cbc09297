/** `--format json=report.json`: which formats go where. */
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { formats, isFormat, type Format, type FormatOptions, type Report } from "../report";
import { hasColor, type Io } from "./io";
import { sourceRoot } from "./repository";
import { writeOutput } from "./write-file";

export interface FormatChoice {
  format: Format;
  /** Standard output where there is none. */
  file?: string;
}

/** For commander: one more `--format`. */
export function formatChoice(text: string, before: FormatChoice[] | undefined): FormatChoice[] {
  const [, format = "", file] = /^([^=]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (!isFormat(format)) throw new InvalidArgumentError(`There are: ${Object.keys(formats).join(", ")}.`);
  if (file === "") throw new InvalidArgumentError("A file is missing behind the equals sign.");
  const others = before ?? [];
  if (file === undefined && others.some((other) => other.file === undefined)) {
    throw new InvalidArgumentError("Only one format goes to standard output; give the others a file.");
  }
  if (file !== undefined && others.some((other) => other.file !== undefined && resolve(other.file) === resolve(file))) {
    throw new InvalidArgumentError("Another format goes to this file.");
  }
  return [...others, { format, ...(file === undefined ? {} : { file }) }];
}

/** Every file whole or not at all; one that can't be written is named, and the others are. @returns are all written? */
export async function writeReports(
  report: Report,
  choices: readonly FormatChoice[],
  options: FormatOptions,
  io: Io,
): Promise<boolean> {
  let areWritten = true;
  const given = { ...options, root: sourceRoot() };
  for (const { format, file } of choices) {
    const render: (report: Report, options: FormatOptions) => string = formats[format];
    if (file === undefined) io.stdout(render(report, { ...given, color: hasColor(io), areProblemsSaid: true }));
    else if (!(await writeOutput(file, render(report, given), io))) areWritten = false;
  }
  return areWritten;
}

/** For people. */
export function printReport(report: Report, to: "stdout" | "stderr", io: Io, options: FormatOptions = {}): void {
  io[to](formats.text(report, { ...options, color: to === "stdout" && hasColor(io), areProblemsSaid: true }));
}
