/**
 * SARIF 2.1.0 (OASIS). A finding is a result; an exemption is a suppression, so that it is shown as closed.
 *
 * Three things that GitHub's code scanning asks for beyond the standard: a result without a physical location makes
 * it refuse the file; alerts are told apart by `primaryLocationLineHash`; and a rule's help is its `help.markdown`.
 */
import { label, type Finding, type Location, type Policy, type Report, type ResourceRef } from "./model";
import { oneLine, visible } from "./plain";
import { reason } from "./text";

export interface SarifOptions {
  /**
   * The file that results from Pulumi, which knows no files, are shown at: the project's `Pulumi.yaml`. Without it
   * they have a logical location (their URN) alone.
   */
  fallbackFile?: string;
}

type Sarif = Record<string, unknown>;

export function sarif(report: Report, options: SarifOptions = {}): string {
  const rules = rulesOf(report);
  const index = new Map(rules.map((rule, i) => [rule.name, i]));
  const driver: Sarif = {
    name: report.tool.name,
    rules: rules.map((policy) => rule(policy, report.findings)),
  };
  if (report.tool.version !== undefined) driver.version = report.tool.version;
  const invocation: Sarif = {
    executionSuccessful: !report.problems.some((problem) => problem.incomplete),
    toolExecutionNotifications: report.problems.map(({ source, line, message, incomplete }) => ({
      level: incomplete ? "error" : "warning",
      message: { text: messageText(message) },
      ...physical(line === undefined ? { file: source } : { file: source, line }),
    })),
  };
  const run: Sarif = {
    tool: { driver },
    invocations: [invocation],
    // A run's category: with it, runs over several stacks don't close one another's alerts.
    automationDetails: { id: `${[report.tool.name, ...stackNames(report)].join("/")}/` },
    columnKind: "utf16CodeUnits",
    results: report.findings.map((one) => result(one, index.get(one.policy) ?? 0, options)),
    properties: { totals: report.totals },
  };
  const log = { $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

/** The policies with findings, and those known otherwise. */
function rulesOf(report: Report): Policy[] {
  const rules = new Map(report.policies.map((policy) => [policy.name, policy]));
  for (const { policy } of report.findings) if (!rules.has(policy)) rules.set(policy, { name: policy });
  return [...rules.values()];
}

function stackNames(report: Report): string[] {
  const names = report.stacks.flatMap(({ project, stack }) => (stack === undefined ? [] : [project ?? "", stack]));
  return report.totals.stacks === 1 ? names.slice(0, 2).map(oneLine) : [];
}

function rule(policy: Policy, findings: readonly Finding[]): Sarif {
  const { name, description, url } = policy;
  const one = findings.find((finding) => finding.policy === name);
  const help = policy.help ?? description ?? name;
  const about: Sarif = {
    id: name,
    help: {
      text: visible(help),
      markdown: url === undefined ? visible(help) : `${visible(help)}\n\n[${name}](${url})`,
    },
    defaultConfiguration: { level: one === undefined ? "warning" : level(one) },
    properties: { tags: ["kubernetes", "apisix", "reliability"] },
  };
  if (description !== undefined) {
    about.shortDescription = { text: oneLine(description) };
    about.fullDescription = { text: visible(description) };
  }
  if (url !== undefined && /^https?:\/\/[^\s<>"'\\^`{|}]+$/.test(url)) about.helpUri = url;
  return about;
}

function level(one: Pick<Finding, "level">): "error" | "warning" {
  return one.level === "advisory" ? "warning" : "error";
}

function result(one: Finding, ruleIndex: number, options: SarifOptions): Sarif {
  const { resource, suppressed } = one;
  const where =
    one.location && !isStdin(one.location.file)
      ? one.location
      : options.fallbackFile === undefined
        ? undefined
        : { file: options.fallbackFile, line: 1 };
  const result: Sarif = {
    ruleId: one.policy,
    ruleIndex,
    level: level(one),
    message: { text: messageText(text(one)) },
    locations: [{ ...(where && physicalLocation(where)), logicalLocations: [logical(resource)] }],
    // The second is the name under which GitHub looks for it; ":1" is its counter of equal lines.
    partialFingerprints: {
      "apisixGracefulTermination/v1": one.fingerprint,
      primaryLocationLineHash: `${one.fingerprint}:1`,
    },
  };
  if (suppressed) {
    result.suppressions = [{ kind: "external", status: "accepted", justification: visible(reason(suppressed)) }];
  }
  const properties: Sarif = { enforcementLevel: one.level };
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

function physical(location: Location): Sarif {
  return isStdin(location.file) ? {} : { locations: [physicalLocation(location)] };
}

function physicalLocation({ file, line, column }: Location): Sarif {
  const region: Sarif = {};
  if (line !== undefined && line >= 1) region.startLine = Math.floor(line);
  if (region.startLine !== undefined && column !== undefined && column >= 1) region.startColumn = Math.floor(column);
  const physicalLocation: Sarif = { artifactLocation: artifact(file) };
  if (region.startLine !== undefined) physicalLocation.region = region;
  return { physicalLocation };
}

/** A file's path as a URI: relative ones to the root of the sources. */
function artifact(file: string): Sarif {
  const path = visible(file)
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
