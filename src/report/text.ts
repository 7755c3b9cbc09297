/** The report for a terminal. */
import { changeTexts, isMade, outcomeWord, repairsText } from "./outcome";
import { count, oneLine, visible } from "./plain";
import { programOf, type Language } from "./program";
import {
  groups,
  label,
  placeText,
  stackLabel,
  type Finding,
  type Level,
  type Repair,
  type Report,
  type Stack,
} from "./model";

export interface TextOptions {
  /** With a terminal's colors. They only repeat what the words say. */
  color?: boolean;
  /** Standard error has said what couldn't be read. */
  areProblemsSaid?: boolean;
  /** With each workload's repairs as code for the program. */
  program?: Language;
  /** Nothing but the findings that count. */
  quiet?: boolean;
  /** How often each code occurs, in place of the findings. */
  summary?: boolean;
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
export type Paint = (style: keyof typeof codes, text: string) => string;

export function painter(color: boolean | undefined): Paint {
  return color ? (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m` : (_, text) => text;
}

export function text(report: Report, options: TextOptions = {}): string {
  const paint = painter(options.color);
  const lines = options.summary ? countLines(report, paint) : groupLines(report, options, paint);
  if (options.quiet) return lines.join("\n");
  const missing = report.problems.filter(({ incomplete }) => incomplete).length;
  if (options.areProblemsSaid && missing > 0) {
    const errors = missing === 1 ? "the error" : `the ${missing} errors`;
    lines.push(`${paint("yellow", "Incomplete:")} findings may be missing, see ${errors} on standard error.`);
  }
  for (const { source, line, message } of options.areProblemsSaid ? [] : report.problems) {
    lines.push(`${paint("yellow", "Not read:")} ${placeText(oneLine(source), line)}: ${oneLine(message)}`);
  }
  for (const { name, findings } of report.otherPacks) {
    if (findings > 0)
      lines.push(paint("dim", `${count(findings, "finding")} of the pack ${oneLine(name)} are not shown.`));
  }
  lines.push(summary(report));
  return `${lines.join("\n")}\n`;
}

/** `  12  mandatory  pre-stop-sleep no-hook`: the most frequent first. */
function countLines({ findings }: Report, paint: Paint): string[] {
  const counts = new Map<string, { n: number; one: Finding }>();
  for (const one of findings) {
    if (one.suppressed) continue;
    const key = [one.level, one.policy, one.code].join("\0");
    const { n } = counts.get(key) ?? { n: 0 };
    counts.set(key, { n: n + 1, one });
  }
  const rows = [...counts.values()].sort((a, b) => b.n - a.n);
  const width = String(rows[0]?.n ?? "").length;
  const lines = rows.map(({ n, one }) => {
    const { level, policy, code } = one;
    const what = oneLine(code === undefined ? policy : `${policy} ${code}`);
    return `  ${String(n).padStart(width)}  ${paint(styleOf(one), level.padEnd("mandatory".length))}  ${what}`;
  });
  return lines.length > 0 ? [...lines, ""] : [];
}

function groupLines(report: Report, options: TextOptions, paint: Paint): string[] {
  const lines: string[] = [];
  const stacks = new Set(report.stacks.map(stackLabel));
  let stack: string | undefined;
  for (const { resource, findings: all, repairs: made } of inStackOrder(report)) {
    const findings = options.quiet ? all.filter((one) => one.suppressed === undefined) : all;
    const repairs = options.quiet ? [] : made;
    if (findings.length === 0 && repairs.length === 0) continue;
    const its = stackLabel(resource);
    if (its !== stack && its !== undefined && (stacks.size > 1 || stack === undefined)) {
      lines.push(paint("dim", `Stack ${oneLine(its)}`), "");
    }
    stack = its;
    lines.push(paint("bold", oneLine(label(resource))));
    for (const one of findings) lines.push(...findingLines(one, paint));
    for (const one of repairs) lines.push(...repairLines(one, paint));
    const program = options.program && programOf(resource, repairs)?.[options.program];
    if (program) lines.push("  In the program:", ...program.split("\n").map((line) => `    ${visible(line)}`));
    lines.push("");
  }
  return lines;
}

/** `2 mandatory and 1 advisory findings on 2 resources, 3 repairs (1 rolls out, 2 kept).` */
export function summary({ totals, repairs }: Report): string {
  const parts = [];
  if (totals.findings === 0) parts.push("No findings");
  else {
    const kinds = [
      totals.mandatory > 0 ? `${totals.mandatory} mandatory` : "",
      totals.advisory > 0 ? `${totals.advisory} advisory` : "",
    ].filter((kind) => kind !== "");
    const noun = totals.findings === 1 ? "finding" : "findings";
    parts.push(`${kinds.join(" and ")} ${noun} on ${count(totals.resources, "resource")}`);
  }
  if (totals.known > 0) parts.push(`${totals.known} known`);
  if (totals.suppressed > totals.known) parts.push(`${totals.suppressed - totals.known} exempted`);
  parts.push(...repairsText(repairs));
  if (totals.judged > 0) parts.push(`${count(totals.judged, "resource")} judged`);
  if (totals.stacks > 1) parts.push(count(totals.stacks, "stack"));
  return `${parts.join(", ")}.`;
}

function* inStackOrder(report: Report) {
  const all = groups(report);
  const byStack = new Map<string | undefined, typeof all>();
  for (const one of all) {
    const key = stackLabel(one.resource);
    const list = byStack.get(key) ?? [];
    list.push(one);
    byStack.set(key, list);
  }
  for (const list of byStack.values()) yield* list;
}

function findingLines(one: Finding, paint: Paint): string[] {
  const [first = "", ...rest] = visible(one.what).split("\n");
  const by = one.code === undefined ? one.policy : `${one.policy} ${one.code}`;
  const lines = [`  ${paint(styleOf(one), word(one))}  ${oneLine(first)}  ${paint("dim", oneLine(by))}`];
  // Right below, where docs/problem-matcher.json looks for it.
  if (one.location) {
    const { file, line, column } = one.location;
    lines.push(`    at ${placeText(oneLine(file), line, column)}`);
  }
  for (const line of rest) lines.push(`    ${oneLine(line)}`);
  for (const chain of one.evidence) lines.push(`    ${paint("dim", oneLine(chain))}`);
  if (one.suppressed) {
    lines.push(`    Reason: ${oneLine(reason(one.suppressed))}`);
  }
  if (one.fix !== undefined) lines.push(`    Fix: ${oneLine(one.fix)}`);
  if (one.docs !== undefined) lines.push(`    ${paint("dim", oneLine(one.docs))}`);
  return lines;
}

function styleOf(one: Finding): "dim" | "yellow" | "red" {
  return one.suppressed ? "dim" : one.level === "advisory" ? "yellow" : "red";
}

function repairLines(one: Repair, paint: Paint): string[] {
  const lines = [`  ${paint(isMade(one) ? "green" : "red", outcomeWord(one))}  ${paint("dim", oneLine(one.policy))}`];
  for (const change of changeTexts(one)) lines.push(`    ${change}`);
  return lines;
}

/** What a finding is: its level, or why that doesn't count. */
export function word({ suppressed, level }: Finding): Level | "exempted" | "known" {
  return suppressed === undefined ? level : suppressed.by === "baseline" ? "known" : "exempted";
}

/** `preview failed`, as far as it is known. */
export function operation({ preview, result = "" }: Stack): string {
  return [preview === true ? "preview" : "", result].filter((part) => part !== "").join(" ");
}

/** `Drains by itself (until 2027-01-31)`. */
export function reason({ reason, until }: NonNullable<Finding["suppressed"]>): string {
  return until === undefined ? reason : `${reason} (until ${until})`;
}
