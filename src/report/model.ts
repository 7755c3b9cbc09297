/**
 * What every format renders: one report of one or many stacks.
 *
 * This is also the JSON that `--format json` writes and `report` reads again: schemas/report.schema.json states it.
 * Seconds everywhere. Nothing in here is escaped: each format does that by its own rules.
 */
import { createHash } from "node:crypto";
import { byText, sortedBy } from "../order";
import type {
  Code,
  Finding,
  OtherPack,
  Policy,
  Problem,
  Repair,
  ReportFile,
  ResourceRef,
  Stack,
  Totals,
  WorkloadTimeline,
} from "./types";

export type {
  Code,
  ContainerTimeline,
  Finding,
  Interval,
  Level,
  OtherPack,
  Policy,
  Problem,
  Repair,
  ResourceRef,
  Severity,
  Stack,
  Timeline,
  Location,
  WorkloadTimeline,
} from "./types";

/** Raised when a reader of the JSON would have to change. New fields may come without that. */
export const schemaVersion = 1;

export const packName = "apisix-graceful-termination";

export interface Report extends ReportFile {
  codes: Code[];
}

/** What one source (a file, a run of `check`) holds. */
export type Reading = Pick<
  Report,
  "stacks" | "policies" | "codes" | "findings" | "repairs" | "timelines" | "otherPacks" | "problems"
>;

export function emptyReading(): Reading {
  return {
    stacks: [],
    policies: [],
    codes: [],
    findings: [],
    repairs: [],
    timelines: [],
    otherPacks: [],
    problems: [],
  };
}

/** `Deployment shop/web`. */
export function label(resource: ResourceRef): string {
  return `${resource.kind} ${resource.namespace === undefined ? "" : `${resource.namespace}/`}${resource.name}`;
}

/** `dev` of project `shop`: `shop/dev`; undefined for manifests. */
export function stackLabel(of: { stack?: string; project?: string }): string | undefined {
  if (of.stack === undefined) return undefined;
  return of.project === undefined ? of.stack : `${of.project}/${of.stack}`;
}

/** `web.yaml:3:7`, as far as it is known. */
export function placeText(file: string, line?: number, column?: number): string {
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(":");
}

/** The same for the same resource of the same stack. */
function resourceKey(resource: ResourceRef): string {
  return [resource.project, resource.stack, resource.kind, resource.namespace, resource.name].join("\0");
}

/** Does it make `pulumi preview` fail? A suppressed finding does not. */
export function fails(finding: Pick<Finding, "level" | "suppressed">): boolean {
  return finding.suppressed === undefined && finding.level !== "advisory";
}

/**
 * A finding with its fingerprint: of policy, code, resource and container, so that it is still the same when a number or
 * a sentence changed. The file counts only where no URN tells two resources of the same name apart.
 */
export function finding(parts: Omit<Finding, "fingerprint">): Finding {
  const { policy, code, resource, container, what } = parts;
  const which = resource.urn ?? [resourceKey(resource), parts.location?.file].join("\0");
  // Without a code there is nothing but the sentence; numbers outside quotes don't count, names stand in quotes.
  const said = () => what.replace(/"[^"]*"|\d+(?:\.\d+)?/g, (text) => (text.startsWith('"') ? text : "#"));
  const problem = code === undefined ? said() : [code, container ?? ""].join("\0");
  const hash = createHash("sha256").update([policy, which, problem].join("\0"));
  return { ...parts, fingerprint: hash.digest("hex").slice(0, 32) };
}

/**
 * One report of many sources. What two sources both say is in it once.
 *
 * @param about what the sources don't know: the texts of the pack's policies and codes, timelines, the time, the version.
 */
export function buildReport(
  readings: readonly Reading[],
  about: {
    version?: string;
    createdAt?: string;
    policies?: readonly Policy[];
    codes?: readonly Code[];
    timelines?: readonly WorkloadTimeline[];
  } = {},
): Report {
  const policies = new Map<string, Policy>();
  const codes = new Map<string, Code>();
  const findings = new Map<string, Finding>();
  const repairs = new Map<string, Repair>();
  const timelines = new Map<string, WorkloadTimeline>();
  const otherPacks = new Map<string, OtherPack>();
  const stacks: Stack[] = [];
  const problems: Problem[] = [];
  const { version: told, createdAt, ...known } = about;
  for (const reading of [...readings, { ...emptyReading(), ...known }]) {
    stacks.push(...reading.stacks);
    problems.push(...reading.problems);
    for (const policy of reading.policies) policies.set(policy.name, { ...policies.get(policy.name), ...policy });
    for (const code of reading.codes) codes.set(code.code, code);
    for (const one of reading.findings) {
      const { location } = one;
      const key = [one.fingerprint, one.level, one.what, location?.file, location?.line].join("\0");
      if (!findings.has(key)) findings.set(key, one);
    }
    for (const one of reading.repairs) {
      repairs.set(
        [one.policy, one.resource.urn, resourceKey(one.resource), JSON.stringify(one.changes)].join("\0"),
        one,
      );
    }
    for (const one of reading.timelines) timelines.set(resourceKey(one.workload), one);
    for (const { name, findings, mandatory, repairs } of reading.otherPacks) {
      const sum = otherPacks.get(name) ?? { name, findings: 0, mandatory: 0, repairs: 0 };
      sum.findings += findings;
      sum.mandatory += mandatory;
      sum.repairs += repairs;
      otherPacks.set(name, sum);
    }
  }

  const tool: Report["tool"] = { name: packName };
  const version = told ?? stacks.find((stack) => stack.packVersion !== undefined)?.packVersion;
  if (version !== undefined) tool.version = version;
  const lists: Reading = {
    stacks,
    policies: [...policies.values()].sort((a, b) => byText(a.name, b.name)),
    codes: codesOf(findings.values(), codes),
    findings: sorted([...findings.values()], (one) => one.resource),
    repairs: sorted([...repairs.values()], (one) => one.resource),
    timelines: sorted([...timelines.values()], (one) => one.workload),
    otherPacks: [...otherPacks.values()].sort((a, b) => byText(a.name, b.name)),
    problems,
  };
  const report: Report = { schemaVersion, tool, totals: totals(lists), ...lists };
  if (createdAt !== undefined) report.createdAt = createdAt;
  return report;
}

/** The codes that occur, each with its text if there is one. */
function codesOf(findings: Iterable<Finding>, known: ReadonlyMap<string, Code>): Code[] {
  const occurring = new Set<string>();
  for (const { code } of findings) if (code !== undefined) occurring.add(code);
  return [...occurring].sort(byText).map((code) => known.get(code) ?? { code });
}

function totals(report: Reading): Totals {
  const open = report.findings.filter((one) => one.suppressed === undefined);
  const mandatory = open.filter(fails).length;
  const policies = new Map<string, number>();
  for (const one of open) policies.set(one.policy, (policies.get(one.policy) ?? 0) + 1);
  return {
    findings: open.length,
    mandatory,
    advisory: open.length - mandatory,
    suppressed: report.findings.length - open.length,
    repairs: report.repairs.length,
    stacks: new Set(report.stacks.map((one) => stackLabel(one) ?? "\0")).size,
    resources: new Set(open.map((one) => resourceKey(one.resource))).size,
    policies: Object.fromEntries(policies),
  };
}

/** Everything about one resource, in the report's order: those with findings that fail first. */
export interface Group {
  resource: ResourceRef;
  findings: Finding[];
  repairs: Repair[];
  timeline?: WorkloadTimeline;
}

export function groups(report: Report): Group[] {
  const byKey = new Map<string, Group>();
  const group = (resource: ResourceRef): Group => {
    const key = resourceKey(resource);
    const existing = byKey.get(key) ?? { resource, findings: [], repairs: [] };
    byKey.set(key, existing);
    return existing;
  };
  for (const one of report.findings) group(one.resource).findings.push(one);
  for (const one of report.repairs) group(one.resource).repairs.push(one);
  for (const one of report.timelines) group(one.workload).timeline = one;
  const weight = ({ findings, repairs }: Group) =>
    findings.some(fails)
      ? 0
      : findings.some((one) => !one.suppressed)
        ? 1
        : repairs.length > 0
          ? 2
          : findings.length
            ? 3
            : 4;
  // Array.sort is stable: within the same weight the order is by name, as above.
  return [...byKey.values()].sort((a, b) => weight(a) - weight(b));
}

function sorted<T>(list: readonly T[], resourceOf: (one: T) => ResourceRef): T[] {
  return sortedBy(list, (one) => {
    const { project = "", stack = "", namespace = "", kind, name } = resourceOf(one);
    return [project, stack, namespace, kind, name];
  });
}
