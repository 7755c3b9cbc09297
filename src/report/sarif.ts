/**
 * SARIF 2.1.0 (OASIS). A finding is a result; an exemption is a suppression, so that it is shown as closed.
 *
 * A rule is a code; for findings of versions without codes it is their policy.
 *
 * Three things that GitHub's code scanning asks for beyond the standard: a result without a physical location makes
 * it refuse the file; alerts are told apart by `primaryLocationLineHash`; and a rule's help is its `help.markdown`.
 */
import { pathToFileURL } from "node:url";
import { addTo } from "../multimap";
import { byText } from "../order";
import { isWebAddress } from "./markdown";
import { label, type Finding, type Location, type Report, type ResourceRef } from "./model";
import { pathBelow } from "./place";
import { firstSentence, jsonText, oneLine, visible } from "./plain";
import { reason } from "./text";

export interface SarifOptions {
  /**
   * The file that results from Pulumi, which knows no files, are shown at: the project's `Pulumi.yaml`. Without it
   * they have a logical location (their URN) alone.
   */
  fallbackFile?: string;
  /** The folder that files are relative to: `%SRCROOT%`. Without it files are taken as they were given. */
  root?: string;
  replacementsOf?: ReplacementsOf;
}

/** What to write in a finding's file to repair it; undefined where that can't be told. */
export type ReplacementsOf = (finding: Finding) => readonly Replacement[] | undefined;

/** A text that takes another one's place. Lines and columns from 1; the end is the first column that stays. */
export interface Replacement {
  startLine: number;
  startColumn: number;
  endLine: number;
  endColumn: number;
  text: string;
}

type Sarif = Record<string, unknown>;

export function sarif(report: Report, options: SarifOptions = {}): string {
  const rules = rulesOf(report);
  const index = new Map([...rules.keys()].map((id, i) => [id, i]));
  const numbers = numbersOf(report.findings);
  const driver: Sarif = { name: report.tool.name, rules: [...rules.values()] };
  if (report.tool.version !== undefined) driver.version = report.tool.version;
  const invocation: Sarif = {
    executionSuccessful: !report.problems.some((problem) => problem.incomplete),
    toolExecutionNotifications: report.problems.map(({ source, line, message, incomplete }) => ({
      level: incomplete ? "error" : "warning",
      message: { text: messageText(message) },
      ...physical(line === undefined ? { file: source } : { file: source, line }, options.root),
    })),
  };
  const run: Sarif = {
    tool: { driver },
    invocations: [invocation],
    // A run's category: with it, runs over several stacks don't close one another's alerts.
    automationDetails: { id: `${[report.tool.name, ...stackNames(report)].join("/")}/` },
    columnKind: "utf16CodeUnits",
    ...(options.root !== undefined && {
      originalUriBaseIds: { "%SRCROOT%": { uri: pathToFileURL(`${options.root}/`).href } },
    }),
    results: report.findings.map((one) => ({
      ...result(one, options),
      ruleIndex: index.get(ruleId(one)),
      partialFingerprints: {
        // What it is made of: the code since version 2, the sentence before.
        [`apisixGracefulTermination/${one.code === undefined ? "v1" : "v2"}`]: one.fingerprint,
        primaryLocationLineHash: `${one.fingerprint}:${numbers.get(one)}`,
      },
    })),
    properties: { totals: report.totals },
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return jsonText(log);
}

function ruleId({ code, policy }: Finding): string {
  return code ?? policy;
}

/** A rule for each code that occurs; for each policy whose findings have none. */
function rulesOf(report: Report): Map<string, Sarif> {
  const byRule = new Map<string, Finding[]>();
  for (const one of report.findings) {
    addTo(byRule, ruleId(one), one);
  }
  const rules = [...byRule]
    .sort(([a], [b]) => byText(a, b))
    .map(([id, found]): [string, Sarif] => {
      const code = report.codes.find((code) => code.code === id);
      const policy = report.policies.find(({ name }) => name === id);
      const policies = code?.policies ?? [...new Set(found.map((one) => one.policy))];
      const about = { text: code?.why ?? policy?.description, url: code?.url ?? policy?.url ?? found[0]?.docs };
      return [id, rule(id, { ...about, help: code?.why ?? policy?.help, policies, found })];
    });
  return new Map(rules);
}

/**
 * GitHub's counter of results with one fingerprint, from 1. By place and text, so that it doesn't depend on the order
 * of the sources.
 */
function numbersOf(findings: readonly Finding[]): Map<Finding, number> {
  const place = ({ location }: Finding) => ({ file: "", line: 0, column: 0, ...location });
  const ordered = [...findings].sort((a, b) => {
    const [at, other] = [place(a), place(b)];
    return byText(at.file, other.file) || at.line - other.line || at.column - other.column || byText(a.what, b.what);
  });
  const last = new Map<string, number>();
  const numbers = new Map<Finding, number>();
  for (const one of ordered) {
    const number = (last.get(one.fingerprint) ?? 0) + 1;
    last.set(one.fingerprint, number);
    numbers.set(one, number);
  }
  return numbers;
}

function stackNames(report: Report): string[] {
  const names = report.stacks.flatMap(({ project, stack }) => (stack === undefined ? [] : [project ?? "", stack]));
  return report.totals.stacks === 1 ? names.slice(0, 2).map(oneLine) : [];
}

interface RuleText {
  /** What it is about, if that is known. */
  text: string | undefined;
  help: string | undefined;
  url: string | undefined;
  /** The policies that report it. */
  policies: readonly string[];
  found: readonly Finding[];
}

function rule(id: string, { text, help = text ?? id, url, policies, found }: RuleText): Sarif {
  const isLinked = url !== undefined && isWebAddress(url);
  const isError = found.some((one) => level(one) === "error");
  return {
    id,
    ...(text === undefined
      ? {}
      : { shortDescription: { text: oneLine(firstSentence(text)) }, fullDescription: { text: visible(text) } }),
    help: { text: visible(help), markdown: isLinked ? `${visible(help)}\n\n[${id}](${url})` : visible(help) },
    ...(isLinked ? { helpUri: url } : {}),
    defaultConfiguration: { level: isError ? "error" : "warning" },
    properties: { policies, tags: ["kubernetes", "apisix", "reliability", ...policies] },
  };
}

function level(one: Pick<Finding, "level">): "error" | "warning" {
  return one.level === "advisory" ? "warning" : "error";
}

function result(one: Finding, options: SarifOptions): Sarif {
  const { resource, suppressed } = one;
  const where =
    one.location && !isStdin(one.location.file)
      ? one.location
      : options.fallbackFile === undefined
        ? undefined
        : { file: options.fallbackFile, line: 1 };
  const result: Sarif = {
    ruleId: ruleId(one),
    level: level(one),
    message: { text: messageText(text(one)) },
    locations: [{ ...(where && physicalLocation(where, options.root)), logicalLocations: [logical(resource)] }],
  };
  if (suppressed) {
    result.suppressions = [{ kind: "external", status: "accepted", justification: visible(reason(suppressed)) }];
  }
  const replacements = options.replacementsOf?.(one);
  if (replacements && one.location && !isStdin(one.location.file)) {
    const changes = replacements.map(({ text, ...deletedRegion }) => ({ deletedRegion, insertedContent: { text } }));
    const change = { artifactLocation: artifact(pathBelow(options.root, one.location.file)), replacements: changes };
    result.fixes = [{ description: { text: messageText(`Repair ${label(resource)}.`) }, artifactChanges: [change] }];
  }
  const properties: Sarif = { policy: one.policy, enforcementLevel: one.level };
  if (one.severity !== undefined) properties.severity = one.severity;
  result.properties = properties;
  return result;
}

function text(one: Finding): string {
  const lines = [`${label(one.resource)}: ${one.what}`, ...one.evidence];
  if (one.fix !== undefined) lines.push(`Fix: ${one.fix}`);
  if (one.docs !== undefined) lines.push(one.docs);
  return lines.join("\n");
}

function logical(resource: ResourceRef): Sarif {
  const { urn, name } = resource;
  return { name, fullyQualifiedName: urn ?? label(resource), kind: "resource" };
}

function physical(location: Location, root?: string): Sarif {
  return isStdin(location.file) ? {} : { locations: [physicalLocation(location, root)] };
}

function physicalLocation({ file, line, column }: Location, root?: string): Sarif {
  const region: Sarif = {};
  if (line !== undefined && line >= 1) region.startLine = Math.floor(line);
  if (region.startLine !== undefined && column !== undefined && column >= 1) region.startColumn = Math.floor(column);
  const physicalLocation: Sarif = { artifactLocation: artifact(pathBelow(root, file)) };
  if (region.startLine !== undefined) physicalLocation.region = region;
  return { physicalLocation };
}

/** A file's path as a URI: relative ones to the root of the sources. */
function artifact(file: string): Sarif {
  // Its name as it is: in a URI nothing needs to be made visible.
  const path = file
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(/\\/g, "/")
    .replace(/^(?:\.\/)+/, "");
  const uri = path.split("/").map(encodeURIComponent).join("/");
  if (/^[A-Za-z]:\//.test(path)) return { uri: `file:///${path[0]}:${uri.slice(uri.indexOf("/"))}` };
  if (path.startsWith("/")) return { uri: `file://${uri.replace(/^\/+/, "/")}` };
  return { uri, uriBaseId: "%SRCROOT%" };
}

function isStdin(file: string): boolean {
  return file === "-" || file === "" || file === "<stdin>";
}

/**
 * A message's plain text. In SARIF `[text](target)` is a link (3.11.6) and `{0}` a placeholder (3.11.5), also in plain
 * text; both are written so that they aren't.
 */
function messageText(text: string): string {
  const plain = visible(text).replace(/\{(\d+)\}/g, "{{$1}}");
  return plain.includes("](") ? plain.replace(/[[\]\\]/g, "\\$&") : plain;
}
