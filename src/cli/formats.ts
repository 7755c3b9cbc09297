/** `--format json=report.json`: which formats go where. */
import { isAbsolute, resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { formats, isFormat, type Format, type FormatOptions, type Report } from "../report";
import { pathBelow } from "../report/place";
import { hasColor, type Io } from "./io";
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
  { fallbackFile, program, replacementsOf }: Pick<FormatOptions, "fallbackFile" | "program" | "replacementsOf">,
  io: Io,
): Promise<void> {
  for (const { format, file } of choices) {
    const render: (report: Report, options: FormatOptions) => string = formats[format];
    const options = {
      ...(fallbackFile !== undefined && { fallbackFile }),
      ...(program && { program }),
      ...(replacementsOf && { replacementsOf }),
      root: sourceRoot(io.env),
    };
    if (file === undefined) io.stdout(render(report, { ...options, color: hasColor(io) }));
    else await writeWhole(file, render(report, options));
  }
}

/** For people. */
export function printReport(report: Report, to: "stdout" | "stderr", io: Io, options: FormatOptions = {}): void {
  io[to](formats.text(report, { ...options, color: to === "stdout" && hasColor(io) }));
}

/** What files are relative to: the working directory, or the repository that GitHub Actions runs in, if that is above. */
function sourceRoot({ GITHUB_WORKSPACE: workspace }: NodeJS.ProcessEnv): string {
  const folder = process.cwd();
  return workspace && !isAbsolute(pathBelow(workspace, folder)) ? resolve(workspace) : folder;
}
