/**
 * JUnit XML, as CI servers read it. There is no official schema; this keeps to what Jenkins, GitLab and GitHub's
 * reporters share: a suite a stack, a case a code and resource. They tell cases apart by class and name: the class is
 * `pre-stop-sleep.no-hook`, which they show as the code in the package of the policy.
 *
 * What fails the preview is a failure. An advisory finding is a skipped case with a message: JUnit has no warnings, and
 * a failure would turn the job red.
 */
import { fails, groups, label, placeText, stackLabel, type Finding, type Group, type Report } from "./model";
import { changeTexts, isMade, outcomeWord } from "./outcome";
import { oneLine } from "./plain";
import { reason, word } from "./text";
import { attribute, escape } from "./xml";

interface Case {
  xml: string;
  outcome: "failure" | "error" | "skipped" | "passed";
}

export function junit(report: Report): string {
  const suites = new Map<string, Case[]>();
  const suite = (name: string): Case[] => {
    const cases = suites.get(name) ?? [];
    suites.set(name, cases);
    return cases;
  };
  for (const one of report.stacks) suite(stackLabel(one) ?? "manifests");
  for (const group of groups(report)) suite(stackLabel(group.resource) ?? "manifests").push(...casesOf(group));
  for (const { source, line, message, incomplete } of report.problems) {
    if (!incomplete) continue;
    const where = placeText(source, line);
    const xml = `<error${attribute("message", oneLine(message))}>${escape(`${where}: ${message}`)}</error>`;
    suite("events").push(testCase("events", where, xml, "error", source, line));
  }
  // A suite without a case is taken for a test run that went wrong.
  if (suites.size === 0) suite("manifests");
  for (const cases of suites.values()) {
    if (cases.length === 0) cases.push(testCase(report.tool.name, "no findings", "", "passed"));
  }

  const all = [...suites.values()].flat();
  const xml = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attribute("name", report.tool.name)}${counts(all)}>`,
  ];
  for (const [name, cases] of suites) {
    const at = report.stacks.find((one) => (stackLabel(one) ?? "manifests") === name)?.at;
    xml.push(`  <testsuite${attribute("name", name)}${counts(cases)}${attribute("timestamp", at)}>`);
    for (const one of cases) xml.push(one.xml);
    xml.push("  </testsuite>");
  }
  xml.push("</testsuites>");
  return `${xml.join("\n")}\n`;
}

function casesOf({ resource, findings, repairs, timeline }: Group): Case[] {
  const cases: Case[] = [];
  const name = label(resource);
  const byClass = new Map<string, Finding[]>();
  for (const one of findings) {
    const classname = one.code === undefined ? one.policy : `${one.policy}.${one.code}`;
    const list = byClass.get(classname) ?? [];
    list.push(one);
    byClass.set(classname, list);
  }
  for (const [classname, list] of byClass) {
    const failing = list.filter(fails);
    const open = list.filter((one) => one.suppressed === undefined);
    const worst = failing.length > 0 ? failing : open.length > 0 ? open : list;
    const outcome = failing.length > 0 ? "failure" : "skipped";
    const [first] = worst;
    const more = worst.length > 1 ? ` (and ${worst.length - 1} more)` : "";
    const prefix = outcome === "failure" ? "" : open.length > 0 ? "advisory: " : `${worst.map(word)[0]}: `;
    const message = attribute("message", prefix + oneLine(first?.what ?? "") + more);
    const type = outcome === "failure" ? attribute("type", first?.level) : "";
    const location = list.find((one) => one.location)?.location;
    const body = `<${outcome}${message}${type}>${escape(list.map(text).join("\n\n"))}</${outcome}>`;
    cases.push(testCase(classname, name, body, outcome, location?.file, location?.line));
  }
  // One that isn't made is a finding, whoever reports it.
  for (const one of repairs.filter(isMade)) {
    const said = [`${outcomeWord(one)}:`, ...changeTexts(one)].join("\n");
    cases.push(testCase(one.policy, `${name} (repair)`, `<system-out>${escape(said)}</system-out>`, "passed"));
  }
  if (cases.length === 0 && timeline) cases.push(testCase("timeline", name, "", "passed"));
  return cases;
}

function testCase(
  classname: string,
  name: string,
  body: string,
  outcome: Case["outcome"],
  file?: string,
  line?: number,
): Case {
  const start = `    <testcase${attribute("classname", oneLine(classname))}${attribute("name", oneLine(name))}${attribute("file", file)}${attribute("line", line)} time="0"`;
  return { xml: body === "" ? `${start}/>` : `${start}>${body}</testcase>`, outcome };
}

function text(one: Finding): string {
  const lines = [`${word(one)}: ${one.what}`, ...one.evidence];
  if (one.suppressed) lines.push(`Reason: ${reason(one.suppressed)}`);
  if (one.fix !== undefined) lines.push(`Fix: ${one.fix}`);
  if (one.docs !== undefined) lines.push(one.docs);
  if (one.location) lines.push(`at ${placeText(one.location.file, one.location.line, one.location.column)}`);
  if (one.resource.urn !== undefined) lines.push(one.resource.urn);
  return lines.join("\n");
}

function counts(cases: readonly Case[]): string {
  const of = (outcome: Case["outcome"]) => cases.filter((one) => one.outcome === outcome).length;
  return ` tests="${cases.length}" failures="${of("failure")}" errors="${of("error")}" skipped="${of("skipped")}" time="0"`;
}
