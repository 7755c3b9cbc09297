/** `--format json=report.json`: which formats go where. */
import { InvalidArgumentError } from "commander";
import { formats, isFormat, type Format, type FormatOptions, type Report } from "../report";
import { hasColor, type Io } from "./io";
import { sourceRoot } from "./repository";
import { writeWhole } from "./write-file";

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
  return [...others, { format, ...(file === undefined ? {} : { file }) }];
}

/** Every file whole or not at all. */
export async function writeReports(
  report: Report,
  choices: readonly FormatChoice[],
  options: FormatOptions,
  io: Io,
): Promise<void> {
  const given = { ...options, root: sourceRoot() };
  for (const { format, file } of choices) {
    const render: (report: Report, options: FormatOptions) => string = formats[format];
    if (file === undefined) io.stdout(render(report, { ...given, color: hasColor(io) }));
    else await writeWhole(file, render(report, given));
  }
}

/** For people. */
export function printReport(report: Report, to: "stdout" | "stderr", io: Io, options: FormatOptions = {}): void {
  io[to](formats.text(report, { ...options, color: to === "stdout" && hasColor(io) }));
}
