/**
 * Markdown for a pull-request comment, on GitHub and GitLab.
 *
 * The first line is a mark by which a later run finds its comment. Text from elsewhere never starts a line (GitLab runs
 * a line like `/close` as a command), mentions no one (`@name`), and refers to nothing (`#1`).
 */
import { links } from "./message";
import { fails, groups, label, packName, placeText, stackLabel, type Finding, type Group, type Report } from "./model";
import { changeTexts, isMade, outcomeWord } from "./outcome";
import { count, oneLine, shortened, visible } from "./plain";
import { languages, programOf, type Language } from "./program";
import { operation, reason, summary, word } from "./text";
import { timelineText } from "./timeline-text";
import { escape } from "./xml";

/** GitHub takes 65,536 characters in a comment, GitLab a million. */
const maxLength = 60_000;

export const commentMark = `<!-- ${packName} -->`;

/** So many resources are shown open; more would hide the rest of the conversation. */
const mostOpen = 3;

export function markdown(report: Report): string {
  const head = [commentMark, "## Graceful termination behind APISIX", `${mark(report)} ${md(summary(report))}`];
  if (report.stacks.length > 0) head.push(stackTable(report));
  const incomplete = report.problems.filter((one) => one.incomplete);
  if (incomplete.length > 0) {
    const lines = incomplete.slice(0, 5).map(({ source, line, message }) => {
      return `> - ${code(placeText(source, line))} ${md(message)}`;
    });
    const more = incomplete.length > 5 ? [`> - and ${incomplete.length - 5} more`] : [];
    head.push(["> **Findings may be missing:**", ">", ...lines, ...more].join("\n"));
  }
  const others = report.otherPacks.filter((one) => one.findings > 0);
  if (others.length > 0) {
    const list = others.slice(0, 10).map((one) => `${code(one.name)} (${one.findings})`);
    head.push(`Findings of other packs, not shown: ${list.join(", ")}${others.length > 10 ? ", …" : ""}`);
  }

  const all = groups(report).filter((group) => group.findings.length > 0 || group.repairs.length > 0);
  let text = head.join("\n\n");
  let [shown, findings] = [0, 0];
  for (const group of all) {
    const isOpen = shown < mostOpen && all.length <= 2 * mostOpen;
    let block = `\n\n${details(group, isOpen, report, true)}`;
    // Code to copy doesn't take the place of findings.
    if (text.length + block.length > maxLength / 2) block = `\n\n${details(group, isOpen, report, false)}`;
    if (text.length + block.length > maxLength - 200) break;
    text += block;
    shown++;
    findings += group.findings.length;
  }
  if (shown < all.length) {
    const rest = report.findings.length - findings;
    text += `\n\n${count(all.length - shown, "more resource")} with ${count(rest, "finding")} did not fit in here; the full report has them.`;
  }
  return `${text}\n`;
}

function mark({ totals }: Report): string {
  return totals.mandatory > 0 ? "❌" : totals.findings > 0 ? "⚠️" : "✅";
}

function stackTable(report: Report): string {
  const rows = new Map<string, { result: string; mandatory: number; advisory: number; repairs: number }>();
  for (const one of report.stacks) {
    rows.set(stackLabel(one) ?? "manifests", { result: operation(one), mandatory: 0, advisory: 0, repairs: 0 });
  }
  for (const one of report.findings) {
    const row = rows.get(stackLabel(one.resource) ?? "manifests");
    if (row === undefined || one.suppressed) continue;
    if (fails(one)) row.mandatory++;
    else row.advisory++;
  }
  for (const one of report.repairs) {
    const row = rows.get(stackLabel(one.resource) ?? "manifests");
    if (row && isMade(one)) row.repairs++;
  }
  const lines = [...rows].slice(0, 50).map(([name, { result, mandatory, advisory, repairs }]) => {
    return `| ${code(name, true)} | ${md(result)} | ${mandatory} | ${advisory} | ${repairs} |`;
  });
  const more = rows.size > 50 ? [`\n${count(rows.size - 50, "more stack")}`] : [];
  return ["| Stack | | Mandatory | Advisory | Repairs |", "|---|---|--:|--:|--:|", ...lines, ...more].join("\n");
}

function isWord(wanted: ReturnType<typeof word>): (one: Finding) => boolean {
  return (one) => word(one) === wanted;
}

function details(group: Group, open: boolean, report: Report, withProgram: boolean): string {
  const { resource, findings, repairs, timeline } = group;
  const failing = findings.filter(fails).length;
  const [exempted, known] = [findings.filter(isWord("exempted")).length, findings.filter(isWord("known")).length];
  const advisory = findings.length - failing - exempted - known;
  const kinds = [
    failing > 0 ? `❌ ${failing} mandatory` : "",
    advisory > 0 ? `⚠️ ${advisory} advisory` : "",
    ...[...new Set(repairs.map(outcomeWord))].map((word) => `🔧 ${word}`),
    known > 0 ? `${known} known` : "",
    exempted > 0 ? `${exempted} exempted` : "",
  ].filter((kind) => kind !== "");
  const its = stackLabel(resource);
  const stack = its !== undefined && report.totals.stacks > 1 ? ` in <code>${escape(shortName(its))}</code>` : "";
  const lines = [
    `<details${open ? " open" : ""}><summary><code>${escape(shortName(label(resource)))}</code>${stack}: ${kinds.join(", ")}</summary>`,
    "",
  ];
  for (const one of findings.slice(0, 20)) lines.push(item(one, report));
  if (findings.length > 20) lines.push(`- and ${findings.length - 20} more`);
  for (const one of repairs) {
    const changes = changeTexts(one).map((change) => code(change));
    lines.push(`- **${outcomeWord(one)}** ${code(one.policy)}: ${changes.join(", ")}`);
  }
  if (timeline) lines.push("", fenced("text", timelineText(timeline, { width: 76 })));
  const program = withProgram && programOf(resource, repairs);
  if (program) {
    lines.push("", "<details><summary>Write the repair into the program</summary>");
    for (const [language, name] of Object.entries(languages)) {
      lines.push("", `${name}:`, "", fenced(language, `${program[language as Language]}\n`));
    }
    lines.push("", "</details>");
  }
  lines.push("", "</details>");
  return lines.join("\n");
}

function item(one: Finding, report: Report): string {
  const policyUrl = report.policies.find((policy) => policy.name === one.policy)?.url;
  const by =
    one.code === undefined
      ? codeLink(one.policy, policyUrl ?? one.docs)
      : `${codeLink(one.policy, policyUrl)} ${codeLink(one.code, one.docs)}`;
  const parts = [`- **${word(one)}** ${by}: ${md(shortened(one.what, 1500))}`];
  for (const chain of one.evidence.slice(0, 5)) {
    parts.push(
      links(shortened(chain, 1500))
        .map((link) => code(link))
        .join(" › "),
    );
  }
  if (one.suppressed) {
    parts.push(`Reason: ${md(shortened(reason(one.suppressed), 500))}`);
  }
  if (one.fix !== undefined) parts.push(`**Fix:** ${md(shortened(one.fix, 1500))}`);
  if (one.location) {
    const { file, line } = one.location;
    parts.push(`at ${code(placeText(file, line))}`);
  }
  return parts.join("<br>");
}

function codeLink(text: string, url: string | undefined): string {
  return url !== undefined && isWebAddress(url) ? `[${code(text)}](<${url}>)` : code(text);
}

/** An address that can stand between `<` and `>` as it is. */
export function isWebAddress(url: string): boolean {
  return /^https?:\/\/[^\s<>"'\\`|{}^]+$/.test(url) && URL.canParse(url);
}

function shortName(name: string): string {
  return oneLine(shortened(name, 300));
}

/**
 * Text as text: nothing in it is markup, a call, a reference or an address. Calls and references are looked for after
 * escapes are undone, so a backslash doesn't stop them; a space of no width (U+200B) does.
 */
function md(text: string): string {
  return visible(text)
    .trim()
    .replace(/[\\`*_[\]<>|~&$#!^]/g, "\\$&")
    .replace(/:(?=\/\/)/g, ":\u200b")
    .replace(/\bwww\./gi, "$&\u200b")
    .replace(/\\[#!$~^&](?=\w)/g, "$&\u200b")
    .replace(/@/g, "\u200b@\u200b")
    .replace(/\s*\n\s*/g, "<br>");
}

/** A block of code. */
function fenced(language: string, text: string): string {
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}${language}\n${visible(text)}${fence}`;
}

/** A code span. In a table a bar ends the cell even there. */
function code(text: string, inTable = false): string {
  const content = oneLine(shortened(text, 1500)) || " ";
  const fence = "`".repeat(Math.max(0, ...[...content.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  const padding = /^[` ]|[` ]$/.test(content) ? " " : "";
  return `${fence}${padding}${inTable ? content.replace(/\|/g, "\\|") : content}${padding}${fence}`;
}
