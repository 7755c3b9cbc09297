/**
 * Workflow commands of GitHub Actions, which shows them beside the lines of a pull request:
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 *
 * What is exempted or known is left out: GitHub shows at most ten errors and ten warnings of a step.
 */
import { fails, label, placeText, type Location, type Report } from "./model";
import { pathBelow } from "./place";
import { oneLine, visible } from "./plain";
import { summary } from "./text";

export interface GithubOptions {
  /** The folder that files are relative to: the repository's. */
  root?: string;
}

export function github(report: Report, { root }: GithubOptions = {}): string {
  const lines: string[] = [];
  for (const one of report.findings) {
    if (one.suppressed) continue;
    const { resource, what, fix, docs, location, code, policy } = one;
    const text = [`${label(resource)}: ${what}`, ...(fix === undefined ? [] : [`Fix: ${fix}`]), docs ?? ""];
    const place = location && location.file !== "-" ? at(location, root) : {};
    lines.push(command(fails(one) ? "error" : "warning", { ...place, title: code ?? policy }, text.join("\n").trim()));
  }
  for (const { source, line, message, incomplete } of report.problems) {
    lines.push(
      command(incomplete ? "error" : "warning", { title: "not read" }, `${placeText(source, line)}: ${message}`),
    );
  }
  // A workflow command begins its line, and no name begins this one.
  return `${[...lines, oneLine(summary(report))].join("\n")}\n`;
}

function at({ file, line, column }: Location, root: string | undefined): Record<string, string | number> {
  const place = { file: pathBelow(root, file) };
  if (line === undefined) return place;
  return column === undefined ? { ...place, line } : { ...place, line, col: column };
}

/** Escaped as `@actions/core` does: packages/core/src/command.ts in github.com/actions/toolkit. */
function command(name: string, properties: Record<string, string | number>, message: string): string {
  const given = Object.entries(properties).map(([key, value]) => {
    const text = escaped(oneLine(String(value)))
      .replaceAll(":", "%3A")
      .replaceAll(",", "%2C");
    return `${key}=${text}`;
  });
  return `::${name} ${given.join(",")}::${escaped(visible(message))}`;
}

function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
