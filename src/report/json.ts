/** The report as JSON, and back. The schema is schemas/report.schema.json. */
import {
  emptyReading,
  finding,
  schemaVersion,
  type ContainerTimeline,
  type Finding,
  type Interval,
  type Level,
  type Reading,
  type Report,
  type ResourceRef,
  type Severity,
  type Timeline,
  type WorkloadTimeline,
} from "./model";
import type { Change } from "./repair";

export function json(report: Report): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** Is this a report of ours, of whatever version? */
export function isReport(value: unknown): boolean {
  return isRecord(value) && typeof value.schemaVersion === "number" && Array.isArray(value.findings);
}

/**
 * A report that was read from a file: what is in it and has the right type. What hasn't is left out and said, so that
 * neither a damaged file nor one of a newer version is taken for a clean report.
 */
export function readReport(value: unknown, source: string, line = 1): Reading {
  const reading = emptyReading();
  if (!isRecord(value)) return reading;
  const problem = (message: string, incomplete: boolean) =>
    reading.problems.push({ source, line, message, incomplete });
  if (value.schemaVersion !== schemaVersion) {
    problem(
      `This report has schema version ${String(number(value.schemaVersion) ?? "unknown")}, and version ${schemaVersion} is known here; it was read as far as it is alike.`,
      true,
    );
  }
  const each = <T>(key: string, read: (value: Record<string, unknown>) => T | undefined, into: T[]) => {
    const list = value[key];
    if (list === undefined) return;
    let bad = Array.isArray(list) ? 0 : 1;
    for (const element of Array.isArray(list) ? (list as unknown[]) : []) {
      const one = isRecord(element) ? read(element) : undefined;
      if (one === undefined) bad++;
      else into.push(one);
    }
    if (bad > 0) problem(`${bad} of its ${key} could not be read.`, true);
  };
  each("findings", readFinding, reading.findings);
  each("repairs", readRepair, reading.repairs);
  each("timelines", readTimelines, reading.timelines);
  each(
    "stacks",
    (one) =>
      defined({
        source: string(one.source) ?? source,
        stack: string(one.stack),
        project: string(one.project),
        at: string(one.at),
        preview: typeof one.preview === "boolean" ? one.preview : undefined,
        result: string(one.result),
        packVersion: string(one.packVersion),
        judged: number(one.judged),
      }),
    reading.stacks,
  );
  each(
    "policies",
    (one) => {
      const name = string(one.name);
      if (name === undefined) return undefined;
      return defined({ name, description: string(one.description), help: string(one.help), url: string(one.url) });
    },
    reading.policies,
  );
  each(
    "otherPacks",
    (one) => {
      const name = string(one.name);
      if (name === undefined) return undefined;
      return {
        name,
        findings: number(one.findings) ?? 0,
        mandatory: number(one.mandatory) ?? 0,
        repairs: number(one.repairs) ?? 0,
      };
    },
    reading.otherPacks,
  );
  each(
    "problems",
    (one) => {
      const message = string(one.message);
      if (message === undefined) return undefined;
      return defined({
        source: string(one.source) ?? source,
        line: number(one.line),
        message,
        incomplete: one.incomplete === true,
      });
    },
    reading.problems,
  );
  return reading;
}

const levels: readonly Level[] = ["mandatory", "remediate", "advisory"];
const severities: readonly Severity[] = ["low", "medium", "high", "critical"];

function readFinding(one: Record<string, unknown>): Finding | undefined {
  const [policy, what, resource] = [string(one.policy), string(one.what), readResource(one.resource)];
  const level = levels.find((level) => level === one.level);
  if (policy === undefined || what === undefined || resource === undefined || level === undefined) return undefined;
  const evidence = Array.isArray(one.evidence) ? one.evidence.filter((line) => typeof line === "string") : [];
  const file = isRecord(one.location) ? string(one.location.file) : undefined;
  const location = isRecord(one.location) ? one.location : {};
  const reason = isRecord(one.suppressed) ? string(one.suppressed.reason) : undefined;
  const until = isRecord(one.suppressed) ? string(one.suppressed.until) : undefined;
  const read = finding(
    defined({
      policy,
      level,
      severity: severities.find((severity) => severity === one.severity),
      resource,
      what,
      evidence,
      fix: string(one.fix),
      docs: string(one.docs),
      location:
        file === undefined
          ? undefined
          : defined({ file, line: number(location.line), column: number(location.column) }),
      suppressed: reason === undefined ? undefined : defined({ reason, until }),
    }),
  );
  return { ...read, fingerprint: string(one.fingerprint) ?? read.fingerprint };
}

function readRepair(one: Record<string, unknown>): Report["repairs"][number] | undefined {
  const [policy, resource] = [string(one.policy), readResource(one.resource)];
  if (policy === undefined || resource === undefined || !Array.isArray(one.changes)) return undefined;
  const changes: Change[] = [];
  for (const change of one.changes as unknown[]) {
    if (!isRecord(change)) return undefined;
    const path = string(change.path);
    const kind = (["added", "changed", "removed"] as const).find((kind) => kind === change.kind);
    if (path === undefined || kind === undefined) return undefined;
    changes.push(defined({ path, before: string(change.before), after: string(change.after), kind }));
  }
  return { policy, resource, changes };
}

function readResource(value: unknown): ResourceRef | undefined {
  if (!isRecord(value)) return undefined;
  const [kind, name] = [string(value.kind), string(value.name)];
  if (kind === undefined || name === undefined) return undefined;
  return defined({
    kind,
    namespace: string(value.namespace),
    name,
    urn: string(value.urn),
    stack: string(value.stack),
    project: string(value.project),
  });
}

function readTimelines(one: Record<string, unknown>): WorkloadTimeline | undefined {
  const [workload, t, after] = [readResource(one.workload), number(one.t), readTimeline(one.after)];
  if (workload === undefined || t === undefined || after === undefined) return undefined;
  return defined({ workload, t, before: readTimeline(one.before), after });
}

function readTimeline(value: unknown): Timeline | undefined {
  if (!isRecord(value) || !Array.isArray(value.containers)) return undefined;
  const containers: ContainerTimeline[] = [];
  for (const one of value.containers as unknown[]) {
    if (!isRecord(one)) return undefined;
    const [name, hook, sigterm, left] = [
      string(one.name),
      interval(one.hook),
      one.sigterm === null ? null : interval(one.sigterm),
      interval(one.left),
    ];
    const verdict = (["ok", "short", "unknown"] as const).find((verdict) => verdict === one.verdict);
    if (name === undefined || !hook || sigterm === undefined || !left || verdict === undefined) return undefined;
    containers.push({
      name,
      sidecar: one.sidecar === true,
      hook,
      sigterm,
      left,
      sigkill: number(one.sigkill) ?? null,
      verdict,
      because: string(one.because) ?? "",
    });
  }
  return { gracePeriod: number(value.gracePeriod) ?? null, containers };
}

function interval(value: unknown): Interval | undefined {
  if (!isRecord(value)) return undefined;
  const atLeast = number(value.atLeast);
  return atLeast === undefined ? undefined : { atLeast, atMost: number(value.atMost) ?? null };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function string(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Without the keys that have no value: they are absent in JSON, too. */
function defined<T extends object>(object: T): T {
  for (const key of Object.keys(object) as (keyof T)[]) if (object[key] === undefined) delete object[key];
  return object;
}
