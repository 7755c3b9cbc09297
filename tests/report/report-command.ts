/** `apisix-graceful-termination report`, as far as the recipes need it. */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { buildReport, formats, isFormat, readEvents } from "../../report";

function run(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      format: { type: "string", multiple: true, default: ["text"] },
      "fail-on": { type: "string", default: "mandatory" },
      "fallback-file": { type: "string" },
    },
  });
  const [command, ...files] = positionals;
  if (command !== "report" || files.length === 0) return 2;
  const report = buildReport(files.map((file) => readEvents(readFileSync(file, "utf8"), file)));
  const options = values["fallback-file"] === undefined ? {} : { fallbackFile: values["fallback-file"] };
  for (const format of values.format) {
    const [name = "", file] = format.split("=");
    if (!isFormat(name)) return 2;
    const text = formats[name](report, options);
    if (file === undefined) process.stdout.write(text);
    else writeFileSync(file, text);
  }
  return values["fail-on"] === "mandatory" && report.totals.mandatory > 0 ? 1 : 0;
}

if (require.main === module) process.exit(run());
