/**
 * Reads what Pulumi and `check` write: event logs, streaming JSON lines, `policy analyze --json`, reports as JSON.
 *
 * The shapes are Pulumi's `apitype.EngineEvent` (sdk/go/common/apitype/events.go, v3.259.0): one object a line, with
 * `sequence`, `timestamp` and one of many events. Only those about policies are looked into, and of the rest no more
 * than the URN and the name in the cluster: events hold whole resources.
 */
import { isObject } from "../schema/check";
import { isReport, readReport } from "./json";
import { chainMark, links, parseLink, parseMessage, type Message } from "./message";
import {
  emptyReading,
  finding,
  lastSaid,
  packName,
  saidFinding,
  saidRepair,
  type Finding,
  type Level,
  type OtherPack,
  type Policy,
  type Problem,
  type Reading,
  type ResourceRef,
  type Severity,
  type Stack,
} from "./model";
import { visible } from "./plain";
import { repairUndone } from "./outcome";
import { Remediations, type UrnRepair } from "./remediations";
import { changes } from "./repair";
import { parseUrn, stackType } from "../urn";

export interface EventOptions {
  /** The pack whose events are read; others are counted. */
  pack?: string;
  /**
   * Its policies. An organization's own pack of these policies has another name and is known by them; and their
   * descriptions tell where the messages begin.
   */
  policies?: readonly Policy[];
  /** Called with each resource's properties, in the events' order: a report doesn't know what to make of them. */
  onProperties?: (of: EventProperties) => void;
  /** How an update to these properties reaches the Pods that run; undefined where that can't be told. */
  landsOf?: (of: EventProperties) => "rolls-out" | "waits" | undefined;
}

/** What an event says of a resource's properties. */
export interface EventProperties {
  urn: string;
  /** `planned`: what the operation leaves the resource with; `before` and `after` one policy's repair. */
  when: "planned" | "before" | "after";
  /** With secrets and unknown values as Pulumi marks them. */
  properties: unknown;
}

type Fields = Record<string, unknown>;

/**
 * Findings, repairs and runs in one file.
 *
 * @param text the file's content.
 * @param source its name, for the problems.
 */
export function readEvents(text: string, source: string, options: EventOptions = {}): Reading {
  const reader = new Reader(source, options);
  for (const { line, value } of jsonValues(text, reader)) reader.value(value, line);
  return reader.result();
}

/** No file needs more: what is wrong with it is clear by then. */
const mostProblems = 20;

/** So many lines that only look like the start of a document; more would make reading slow. */
const mostFailures = 50;

/** Every JSON object in the text, with the line it starts at. Lines between them are other tools'. */
function* jsonValues(text: string, reader: Reader): Generator<{ line: number; value: unknown }> {
  text = text.replace(/^\ufeff/, "");
  const lines = text.split(/\r?\n/);
  let failed = 0;
  while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const trimmed = line.trim();
    if (trimmed === "") continue;
    // A document over several lines, as JSON is written to be read: it ends with the next brace in the first column.
    if (trimmed === "{" || trimmed === "[") {
      const last = failed > mostFailures ? -1 : lines.indexOf(trimmed === "{" ? "}" : "]", i + 1);
      const value = last < 0 ? undefined : parse(lines.slice(i, last + 1).join("\n"));
      if (value !== undefined) {
        yield { line: i + 1, value };
        i = last;
        continue;
      }
      failed++;
      if (last < 0 && /^\s*["{]/.test(lines[i + 1] ?? "")) {
        reader.problem(
          i + 1,
          "The JSON document that starts here is cut off or damaged; nothing of it was read.",
          true,
        );
      }
      continue;
    }
    // Some CI systems put a time before each line.
    const start = trimmed.startsWith("{") || trimmed.startsWith("[") ? 0 : trimmed.indexOf('{"sequence":');
    const value = start < 0 ? undefined : parse(trimmed.slice(start));
    if (value !== undefined) {
      yield { line: i + 1, value };
    } else if (start >= 0 && /^\{"sequence"|"policy\w*Event"/.test(trimmed.slice(start, start + 400))) {
      const why = i === lines.length - 1 ? "The last line is cut off" : "This line is a damaged event";
      reader.problem(i + 1, `${why}: it is not JSON.`, true);
    }
  }
}

/** An object or array; undefined for anything else, and for what isn't JSON. */
function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

interface Run {
  stack: string;
  project: string;
  /** URNs of the resources that the pack judged. */
  judged: Set<string>;
}

interface Operation {
  at?: string;
  packVersion?: string;
  runs: Map<string, Run>;
  remediations: Remediations;
  /** Does it run a program? The analysis of a state has findings and repairs, and no step. */
  runsProgram: boolean;
}

class Reader {
  private readonly reading = emptyReading();
  private readonly pack: string;
  private readonly onProperties: NonNullable<EventOptions["onProperties"]>;
  private readonly landsOf: NonNullable<EventOptions["landsOf"]>;
  private readonly policies: ReadonlySet<unknown>;
  private readonly descriptions = new Map<string, string>();
  private readonly otherPacks = new Map<string, OtherPack>();
  private readonly found: {
    run: number;
    policy: string;
    level: Level;
    severity?: Severity;
    urn: string;
    message: Message;
  }[] = [];
  private readonly repairs: (UrnRepair & { run: number })[] = [];
  /** What a resource is called in the cluster, as far as any event tells. */
  private readonly identities = new Map<string, { namespace?: string; name: string }>();
  /** The operation that is being read; undefined before the first and after each one's summary. */
  private operation: Operation | undefined;
  /** How many operations there were before it. */
  private run = 0;
  private lastSequence = -1;
  /** Where a digest stands that no operation's events followed yet. */
  private digestLine: number | undefined;
  private sawSummary = false;
  private sawReport = false;
  private unsaidProblems = 0;

  constructor(
    private readonly source: string,
    options: EventOptions,
  ) {
    this.pack = options.pack ?? packName;
    this.onProperties = options.onProperties ?? (() => undefined);
    this.landsOf = options.landsOf ?? (() => "rolls-out");
    this.policies = new Set(options.policies?.map(({ name }) => name));
    for (const { name, description } of options.policies ?? []) {
      if (description !== undefined) this.descriptions.set(name, description);
    }
  }

  problem(line: number | undefined, message: string, incomplete: boolean): void {
    const problem: Problem = { source: this.source, message, incomplete };
    if (line !== undefined) problem.line = line;
    if (this.reading.problems.length < mostProblems) this.reading.problems.push(problem);
    else this.unsaidProblems++;
  }

  value(value: unknown, line: number): void {
    if (Array.isArray(value)) {
      for (const element of value as unknown[]) this.value(element, line);
    } else if (isObject(value)) {
      if (isReport(value)) this.report(value, line);
      else if (Array.isArray(value.events)) this.value(value.events, line);
      else if (isObject(value.changeSummary) || (Array.isArray(value.steps) && !("sequence" in value))) {
        this.digest(line);
      } else this.event(value, line);
    }
  }

  /** `pulumi up --json` writes one of its preview, too; the events of its update follow, and have everything. */
  private digest(line: number | undefined): void {
    if (this.digestLine !== undefined) {
      this.problem(
        this.digestLine,
        "This is the digest of `pulumi preview --json`, which leaves policy events out. Set PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true for that command.",
        true,
      );
    }
    this.digestLine = line;
  }

  private report(value: Fields, line: number): void {
    this.sawReport = true;
    const report = readReport(value, this.source, line);
    for (const key of Object.keys(report) as (keyof Reading)[]) {
      (this.reading[key] as unknown[]).push(...report[key]);
    }
  }

  private event(event: Fields, line: number): void {
    const kinds = Object.keys(event).filter((key) => key.endsWith("Event") && isObject(event[key]));
    if (kinds.length === 0) return;
    this.sequence(event);
    for (const kind of kinds) {
      const body = event[kind] as Fields;
      const run = this.runOf(body);
      switch (kind) {
        case "policyEvent":
          this.violation(body, line);
          break;
        case "policyRemediationEvent":
          this.remediation(body);
          break;
        case "policyAnalyzeSummaryEvent":
          if (this.isOurs(body)) run?.judged.add(text(body.resourceUrn));
          break;
        case "summaryEvent":
          this.endOperation(body);
          break;
        case "resourcePreEvent":
        case "resOutputsEvent":
        case "resOpFailedEvent":
          this.step(kind, body);
          break;
        case "preludeEvent":
          if (this.operation) this.operation.runsProgram = true;
          break;
      }
    }
  }

  /** A file may hold several operations, one after the other; each counts from 0. */
  private sequence(event: Fields): void {
    const { sequence, timestamp } = event;
    const last = this.lastSequence;
    if (typeof sequence === "number") {
      if (sequence === 0 && last > 0) this.endOperation(undefined);
      this.lastSequence = sequence;
    }
    // A preview's last event is not its summary: a `cancelEvent` follows.
    const isTail = isObject(event.cancelEvent) || (typeof sequence === "number" && sequence > last);
    if (this.operation === undefined && this.sawSummary && isTail) return;
    this.digestLine = undefined;
    this.operation ??= { runs: new Map(), remediations: new Remediations(), runsProgram: false };
    if (this.operation.at === undefined && typeof timestamp === "number" && timestamp > 0) {
      const at = new Date(timestamp * 1000);
      if (!Number.isNaN(at.valueOf())) this.operation.at = at.toISOString();
    }
  }

  /** The stack that an event belongs to, as its URN says; undefined for an event without one. */
  private runOf(body: Fields): Run | undefined {
    const { operation } = this;
    if (operation === undefined) return undefined;
    const version = text(body.policyPackVersionTag) || text(body.policyPackVersion);
    if (version !== "" && this.isOurs(body)) operation.packVersion ??= version;
    const metadata = isObject(body.metadata) ? body.metadata : {};
    const urn = [body.resourceUrn, body.urn, metadata.urn].find((urn) => typeof urn === "string" && urn !== "");
    const parsed = typeof urn === "string" ? parseUrn(urn) : undefined;
    if (parsed === undefined) return undefined;
    const { stack, project } = parsed;
    const key = `${project}\0${stack}`;
    const run = operation.runs.get(key) ?? { stack, project, judged: new Set() };
    operation.runs.set(key, run);
    return run;
  }

  /** @param summary the event that every operation ends with, also one that failed; undefined where it is missing. */
  private endOperation(summary: Fields | undefined): void {
    const { operation } = this;
    if (operation === undefined) return;
    this.operation = undefined;
    this.sawSummary = true;
    this.settle(operation, summary);
    this.run++;
    if (summary === undefined) {
      this.problem(undefined, "The events end without a summary: findings may be missing.", true);
    }
    const version = operation.packVersion ?? this.versionOf(summary?.PolicyPacks);
    const runs = operation.runs.size > 0 ? [...operation.runs.values()] : [{ judged: new Set<string>() }];
    for (const { judged, ...which } of runs) {
      const stack: Stack = { ...which, source: this.source };
      if (operation.at !== undefined) stack.at = operation.at;
      if (typeof summary?.isPreview === "boolean") stack.preview = summary.isPreview;
      if (typeof summary?.result === "string" && summary.result !== "") stack.result = summary.result;
      if (version) stack.packVersion = version.replace(/^v(?=\d)/, "");
      if (judged.size > 0) stack.judged = judged.size;
      this.reading.stacks.push(stack);
    }
  }

  /** A summary's `PolicyPacks` has versions under names; a local pack's name is `<name>|local|<path>`. */
  private versionOf(packs: unknown): string {
    if (!isObject(packs)) return "";
    const name = Object.keys(packs).find((name) => name.split("|")[0] === this.pack);
    return name === undefined ? "" : text(packs[name]);
  }

  private step(kind: string, body: Fields): void {
    const { operation } = this;
    const metadata = isObject(body.metadata) ? body.metadata : {};
    const state = isObject(metadata.new) ? metadata.new : {};
    const { urn } = metadata;
    if (typeof urn !== "string") return;
    this.identify(urn, state.inputs);
    if (operation) operation.runsProgram = true;
    if (operation?.remediations.has(urn)) operation.remediations.step(kind, urn, metadata);
    else if (isObject(state.inputs)) this.onProperties({ urn, when: "planned", properties: state.inputs });
  }

  /** Says what became of an operation's repairs. */
  private settle({ remediations, runsProgram }: Operation, summary: Fields | undefined): void {
    const changes = isObject(summary?.resourceChanges) ? Object.keys(summary.resourceChanges) : [];
    const isAnalysis = summary !== undefined && !runsProgram && changes.length === 0 && summary.isPreview !== true;
    const said = this.found.filter(({ run, message }) => run === this.run && message.code === repairUndone);
    const undone = new Set(said.map(({ urn }) => urn));
    const landsOf = (urn: string, properties: unknown) => this.landsOf({ urn, when: "planned", properties });
    const { run } = this;
    this.repairs.push(...remediations.repairs({ isAnalysis, undone, landsOf }).map((one) => ({ ...one, run })));
    for (const [urn, properties] of remediations.left()) {
      if (isObject(properties)) this.onProperties({ urn, when: "planned", properties });
    }
  }

  /** Keeps the name that a resource's properties give it. */
  private identify(urn: string, properties: unknown): void {
    const metadata = isObject(properties) && isObject(properties.metadata) ? properties.metadata : {};
    const { name, namespace } = metadata;
    if (typeof name !== "string" || name === "") return;
    this.identities.set(urn, typeof namespace === "string" && namespace !== "" ? { namespace, name } : { name });
  }

  private isOurs(body: Fields): boolean {
    if (body.policyPackName === this.pack || this.policies.has(body.policyName)) return true;
    return [body.passed, body.failed].some((names) => {
      return Array.isArray(names) && names.some((name) => this.policies.has(name));
    });
  }

  private other(body: Fields): OtherPack {
    const name = visible(text(body.policyPackName)).slice(0, 200) || "(no name)";
    const pack = this.otherPacks.get(name) ?? { name, findings: 0, mandatory: 0, repairs: 0 };
    this.otherPacks.set(name, pack);
    return pack;
  }

  private violation(body: Fields, line: number): void {
    if (!this.isOurs(body)) {
      const pack = this.other(body);
      pack.findings++;
      if (body.enforcementLevel !== "advisory") pack.mandatory++;
      return;
    }
    const policy = text(body.policyName);
    if (policy === "" || typeof body.message !== "string") {
      this.problem(line, "This policy event has no policy name or no message.", true);
      return;
    }
    const message = parseMessage(body.message, this.descriptions.get(policy));
    if (message.description !== undefined) this.descriptions.set(policy, message.description);
    const severity = (["low", "medium", "high", "critical"] as const).find((one) => one === body.severity);
    const level = this.level(body.enforcementLevel, line);
    const found = { run: this.run, policy, level, urn: text(body.resourceUrn), message };
    this.found.push(severity === undefined ? found : { ...found, severity });
    // The chain ends with the resource that is reported, under the name that it has in the cluster.
    const kind = parseUrn(found.urn)?.kind;
    const last = lastLink(message, kind);
    if (last && kind !== undefined && !this.identities.has(found.urn)) this.identities.set(found.urn, last);
  }

  private level(value: unknown, line: number): Level {
    if (value === "mandatory" || value === "advisory" || value === "remediate") return value;
    // "warning" and "none" are in the API's own comments.
    if (value === "warning" || value === "none" || value === "disabled") return "advisory";
    this.problem(line, "This policy event has an enforcement level that is not known; it counts as mandatory.", false);
    return "mandatory";
  }

  private remediation(body: Fields): void {
    const { before, after } = body;
    const urn = text(body.resourceUrn);
    if (!this.isOurs(body)) {
      this.other(body).repairs++;
      this.operation?.remediations.announceOther(urn, after);
      return;
    }
    this.identify(urn, after);
    this.onProperties({ urn, when: "before", properties: before });
    this.onProperties({ urn, when: "after", properties: after });
    const policy = text(body.policyName) || "(no name)";
    if (this.operation) this.operation.remediations.announce(policy, urn, before, after);
    else this.repairs.push({ run: this.run, policy, urn, changes: changes(before, after) });
  }

  /** The resource of a URN, under the best name that any event gave it. */
  private resource(urn: string, message?: Message): ResourceRef {
    const parsed = parseUrn(urn);
    const last = message && lastLink(message, undefined);
    if (parsed === undefined) return last ?? { kind: "Resource", name: urn === "" ? "(unknown)" : visible(urn) };
    const { stack, project } = parsed;
    // With a code it is about the whole stack; older versions named a resource that has no URN of its own.
    if (parsed.type === stackType && message?.code !== undefined)
      return { kind: "Stack", name: stack, urn, stack, project };
    if (parsed.type === stackType && last) return { ...last, urn, stack, project };
    const identity = this.identities.get(urn) ?? { name: parsed.name };
    return { kind: parsed.kind, ...identity, urn, stack, project };
  }

  result(): Reading {
    this.endOperation(undefined);
    this.digest(undefined);
    const { reading } = this;
    const findings = this.found.map(({ run, policy, level, severity, urn, message }) => {
      const parts: Omit<Finding, "fingerprint"> = {
        policy,
        ...(message.code === undefined ? {} : { code: message.code }),
        level,
        resource: this.resource(urn, message),
        ...(message.container === undefined ? {} : { container: message.container }),
        what: message.what,
        evidence: message.evidence,
      };
      if (severity !== undefined) parts.severity = severity;
      if (message.fix !== undefined) parts.fix = message.fix;
      if (message.docs !== undefined) parts.docs = message.docs;
      return saidFinding(run, finding(parts));
    });
    const repairs = this.repairs.map(({ run, urn, ...repair }) => {
      return saidRepair(run, { ...repair, resource: this.resource(urn) });
    });
    reading.findings.push(...lastSaid(findings));
    reading.repairs.push(...lastSaid(repairs));
    const mentioned = new Set([...this.found, ...this.repairs].map(({ policy }) => policy));
    for (const name of mentioned) {
      const description = this.descriptions.get(name);
      reading.policies.push(description === undefined ? { name } : { name, description });
    }
    reading.otherPacks.push(...this.otherPacks.values());
    if (this.unsaidProblems > 0) {
      const message = `${this.unsaidProblems} more problems like these.`;
      reading.problems.push({ source: this.source, message, incomplete: true });
    }
    if (!this.sawReport && reading.stacks.length === 0 && reading.problems.length === 0) {
      const message = "There are no events of Pulumi and no report in this file.";
      reading.problems.push({ source: this.source, message, incomplete: true });
    }
    return reading;
  }
}

/** The last link of a message's evidence that is of the kind, or the last at all where no kind is asked for. */
function lastLink(message: Message, kind: string | undefined): ReturnType<typeof parseLink> {
  const [chain] = message.evidence;
  if (chain === undefined || !chain.includes(chainMark)) return undefined;
  const parsed = links(chain).map(parseLink);
  return kind === undefined ? parsed.at(-1) : parsed.findLast((link) => link?.kind === kind);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
