/**
 * What every format renders: one report of one or many stacks.
 *
 * This is also the JSON that `--format json` writes and `report` reads again: schemas/report.schema.json states it.
 * Seconds everywhere. Nothing in here is escaped: each format does that by its own rules.
 */
import { createHash } from "node:crypto";
import { addTo } from "../multimap";
import { byText, sortedBy } from "../order";
import { parseUrn, stackType } from "../urn";
import { pathFrom } from "./place";
import { findingsOf, isMade, repairUndone } from "./outcome";
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
  Outcome,
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
  totals: Required<Totals>;
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

/**
 * The same for the same resource of the same stack. A name may be made anew in each preview; a stack's own URN stands
 * for resources that had none, in versions before 0.2.
 */
function resourceKey({ project, stack, kind, namespace, name, urn }: ResourceRef): string {
  if (urn !== undefined && parseUrn(urn)?.type !== stackType) return urn;
  return [project, stack, kind, namespace, name].join("\0");
}

/** Does it make `pulumi preview` fail? A suppressed finding does not. */
export function fails(finding: Pick<Finding, "level" | "suppressed">): boolean {
  return finding.suppressed === undefined && finding.level !== "advisory";
}

/**
 * A finding with its fingerprint: of policy, code, resource and container, so that it is still the same when a number or
 * a sentence changed. The file counts only where no URN tells two resources of the same name apart.
 *
 * @param root the folder that files count from, whatever way they are given; without it, they count as they are given
 */
export function finding(parts: Omit<Finding, "fingerprint">, root?: string): Finding {
  const { policy, code, resource, container, what, location } = parts;
  const file = location && root !== undefined ? pathFrom(root, location.file) : location?.file;
  const which = resource.urn ?? [resourceKey(resource), file].join("\0");
  // Without a code there is nothing but the sentence; numbers outside quotes don't count, names stand in quotes.
  const said = () => what.replace(/"[^"]*"|\d+(?:\.\d+)?/g, (text) => (text.startsWith('"') ? text : "#"));
  const problem = code === undefined ? said() : [code, container ?? ""].join("\0");
  const hash = createHash("sha256").update([policy, which, problem].join("\0"));
  return { ...parts, fingerprint: hash.digest("hex").slice(0, 32) };
}

/** What one run says under a key. */
export interface Said<T> {
  run: number;
  key: string;
  /** Apart from the others that the run says under the key. */
  id: string;
  one: T;
}

/** Of what several runs say under one key, what the last of them says. */
export function lastSaid<T>(all: readonly Said<T>[]): T[] {
  const byKey = new Map<string, { run: number; ones: Map<string, T> }>();
  for (const { run, key, id, one } of all) {
    let last = byKey.get(key);
    if (last?.run !== run) byKey.set(key, (last = { run, ones: new Map() }));
    if (!last.ones.has(id)) last.ones.set(id, one);
  }
  return [...byKey.values()].flatMap(({ ones }) => [...ones.values()]);
}

export function saidFinding(run: number, one: Finding): Said<Finding> {
  const { fingerprint, level, what, location, resource } = one;
  const id = [fingerprint, level, what, location?.file, location?.line].join("\0");
  // In files, and without a URN, two sources may mean different things that are called the same.
  return { run, key: resource.urn === undefined || location ? id : fingerprint, id, one };
}

export function saidRepair(run: number, one: Repair): Said<Repair> {
  return { run, key: [one.policy, resourceKey(one.resource)].join("\0"), id: JSON.stringify(one), one };
}

/** When the last of its operations was: sources without a time are the oldest. */
function timeOf({ stacks }: Reading): string {
  return stacks.reduce((last, { at = "" }) => (at > last ? at : last), "");
}

/**
 * One report of many sources. What two sources both say is in it once, as the later one says it.
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
  const findings: Said<Finding>[] = [];
  const repairs: Said<Repair>[] = [];
  const timelines = new Map<string, WorkloadTimeline>();
  const others: Said<OtherPack>[] = [];
  const stacks = new Map<string, Stack>();
  const problems: Problem[] = [];
  const { version: told, createdAt, ...known } = about;
  const inOrder = sortedBy(readings, (reading) => [timeOf(reading)]);
  for (const [run, reading] of [...inOrder, { ...emptyReading(), ...known }].entries()) {
    for (const stack of reading.stacks) stacks.set(JSON.stringify(stack), stack);
    problems.push(...reading.problems);
    for (const policy of reading.policies) policies.set(policy.name, { ...policies.get(policy.name), ...policy });
    for (const code of reading.codes) codes.set(code.code, code);
    // Those that follow from repairs are made anew, as a later source may know better.
    findings.push(...reading.findings.filter(({ outcome }) => !outcome).map((one) => saidFinding(run, one)));
    repairs.push(...reading.repairs.map((one) => saidRepair(run, one)));
    for (const one of reading.timelines) timelines.set(resourceKey(one.workload), one);
    const of = reading.stacks.map((stack) => stackLabel(stack) ?? stack.source).join("\0");
    others.push(...reading.otherPacks.map((one) => ({ run, key: `${one.name}\0${of}`, id: one.name, one })));
  }

  const tool: Report["tool"] = { name: packName };
  const version = told ?? [...stacks.values()].find((stack) => stack.packVersion !== undefined)?.packVersion;
  if (version !== undefined) tool.version = version;
  const allRepairs = lastSaid(repairs);
  const allFindings = withUnmade(lastSaid(findings.filter(notEndedBy(repairs))), allRepairs, codes);
  const lists: Reading = {
    stacks: [...stacks.values()],
    policies: [...policies.values()].sort((a, b) => byText(a.name, b.name)),
    codes: codesOf(allFindings, codes),
    findings: sorted(allFindings, (one) => one.resource),
    repairs: sorted(allRepairs, (one) => one.resource),
    timelines: sorted([...timelines.values()], (one) => one.workload),
    otherPacks: sums(lastSaid(others)),
    problems,
  };
  const report: Report = { schemaVersion, tool, totals: totals(lists), ...lists };
  if (createdAt !== undefined) report.createdAt = createdAt;
  return report;
}

/** A repair that was undone in one run, and that a later one makes, is undone no longer. */
function notEndedBy(repairs: readonly Said<Repair>[]): (said: Said<Finding>) => boolean {
  const made = new Map(
    repairs.filter(({ one }) => isMade(one)).map(({ run, one }) => [resourceKey(one.resource), run]),
  );
  return ({ run, one }) => one.code !== repairUndone || (made.get(resourceKey(one.resource)) ?? run) <= run;
}

/** The findings, and one for each repair that isn't made, if no policy reports what it should have mended. */
function withUnmade(
  findings: readonly Finding[],
  repairs: readonly Repair[],
  codes: ReadonlyMap<string, Code>,
): Finding[] {
  const byResource = new Map<string, Finding[]>();
  for (const one of findings) {
    addTo(byResource, resourceKey(one.resource), one);
  }
  const unmade = repairs.flatMap(findingsOf).filter(({ policy, resource, container }) => {
    return !byResource.get(resourceKey(resource))?.some((one) => {
      const policies = codes.get(one.code ?? "")?.policies ?? [one.code === undefined ? policy : one.policy];
      const isSame = one.container === undefined || container === undefined || one.container === container;
      return one.code === repairUndone || (isSame && policies.includes(policy));
    });
  });
  return [...findings, ...unmade.map((one) => finding(one))];
}

/** What other packs reported of all stacks. */
function sums(packs: readonly OtherPack[]): OtherPack[] {
  const byName = new Map<string, OtherPack>();
  for (const { name, findings, mandatory, repairs } of packs) {
    const sum = byName.get(name) ?? { name, findings: 0, mandatory: 0, repairs: 0 };
    sum.findings += findings;
    sum.mandatory += mandatory;
    sum.repairs += repairs;
    byName.set(name, sum);
  }
  return [...byName.values()].sort((a, b) => byText(a.name, b.name));
}

/** The codes that occur, each with its text if there is one. */
function codesOf(findings: Iterable<Finding>, known: ReadonlyMap<string, Code>): Code[] {
  const occurring = new Set<string>();
  for (const { code } of findings) if (code !== undefined) occurring.add(code);
  return [...occurring].sort(byText).map((code) => known.get(code) ?? { code });
}

function totals(report: Reading): Required<Totals> {
  const open = report.findings.filter((one) => one.suppressed === undefined);
  const mandatory = open.filter(fails).length;
  const policies = new Map<string, number>();
  for (const one of open) policies.set(one.policy, (policies.get(one.policy) ?? 0) + 1);
  const outcomes: Totals["outcomes"] = {};
  for (const { outcome } of report.repairs) if (outcome) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  return {
    findings: open.length,
    mandatory,
    advisory: open.length - mandatory,
    suppressed: report.findings.length - open.length,
    known: report.findings.filter((one) => one.suppressed?.by === "baseline").length,
    repairs: report.repairs.filter(isMade).length,
    outcomes,
    stacks: new Set(report.stacks.map((one) => stackLabel(one) ?? "\0")).size,
    judged: lastOperations(report).reduce((sum, { judged = 0 }) => sum + judged, 0),
    resources: new Set(open.map((one) => resourceKey(one.resource))).size,
    policies: Object.fromEntries(policies),
  };
}

/** Each stack's last operation, with as many judged resources as any of its operations; each source of manifests. */
export function lastOperations({ stacks }: Pick<Report, "stacks">): Stack[] {
  const last = new Map<string, Stack>();
  for (const one of stacks) {
    const key = stackLabel(one) ?? `\0${one.source}`;
    const judged = Math.max(one.judged ?? 0, last.get(key)?.judged ?? 0);
    last.set(key, judged > 0 ? { ...one, judged } : one);
  }
  return [...last.values()];
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
