/**
 * The route catalog: Services known to be routed although their routes are in another stack.
 *
 * A JSON file, described by schemas/catalog.schema.json. `routes` writes it from manifests, state or a cluster; the
 * resource policies read it, as they see a workload before any route exists.
 */
import catalogSchema from "../../schemas/catalog.schema.json";
import { addTo } from "../multimap";
import { labelOf, nameOf, namespaceOf } from "../kubernetes/resource";
import { selects } from "../kubernetes/selector";
import { getStringMap, isKnown, unknown } from "../kubernetes/values";
import type { Workload } from "../kubernetes/workload";
import type { CatalogEntry, CatalogFile, CatalogPort } from "../schema/catalog";
import { checker } from "../schema/check";
import { printChain, type Chain, type RoutedService } from "./routes";
import { byText, sortedBy } from "../order";
import { jsonText } from "../plain";
import { hasEndpoints } from "./follow/endpoints";
import { servicePorts, servingContainers } from "./follow/service";

export type { CatalogEntry } from "../schema/catalog";

/** What is read of a catalog file. */
export type Catalog = Required<Pick<CatalogFile, "sources" | "services">> & Pick<CatalogFile, "createdAt">;

/** A catalog that can't be used. The message says which file, and where in it. */
export class CatalogError extends Error {
  override name = "CatalogError";
}

/** A routed Service that a catalog can't hold, and why. */
export interface Omission {
  label: string;
  why: string;
}

/**
 * The catalog's entries from resolved routes, in a stable order: by namespace and name, whatever the order of the
 * sources was.
 */
export function catalogEntries(services: readonly RoutedService[]): { entries: CatalogEntry[]; omissions: Omission[] } {
  const omissions: Omission[] = [];
  const byName = new Map<string, CatalogEntry[]>();
  for (const { service, chains } of services) {
    // A mirrored request's answer is thrown away: no client sees it fail.
    const ways = chains.filter(({ via }) => via === "upstream");
    if (ways.length === 0) continue;
    const name = nameOf(service);
    const namespace = namespaceOf(service);
    const selector = getStringMap(service.body, "spec", "selector");
    const known = new Map<string, string>();
    if (isKnown(selector)) for (const [key, value] of selector ?? []) if (isKnown(value)) known.set(key, value);
    if (!isKnown(name) || name === undefined || !isKnown(namespace)) {
      omissions.push({ label: labelOf(service), why: "its name or namespace is not known" });
    } else if (!isKnown(selector) || known.size < (selector?.size ?? 0)) {
      omissions.push({ label: labelOf(service), why: "its selector is not known" });
    } else if (known.size === 0) {
      omissions.push({ label: labelOf(service), why: "it has no selector, so its Pods aren't known" });
    } else {
      const entry: CatalogEntry = {
        namespace,
        name,
        selector: sortedObject(known),
        ports: routedPorts(service, ways),
        evidence: [...new Set(ways.map(printChain))].sort(byText),
      };
      const key = `${namespace}/${name}`;
      byName.set(key, [...(byName.get(key) ?? []), entry]);
    }
  }
  const entries: CatalogEntry[] = [];
  for (const [name, same] of byName) {
    const merged = mergeEntries(same);
    if (merged) entries.push(merged);
    else omissions.push({ label: `Service ${name}`, why: "the sources have it with different selectors" });
  }
  entries.sort((a, b) => byText(a.namespace, b.namespace) || byText(a.name, b.name));
  return { entries, omissions };
}

/** One Service that several sources have; undefined if they disagree on what it selects. */
function mergeEntries([first, ...others]: readonly CatalogEntry[]): CatalogEntry | undefined {
  if (!first) return undefined;
  let merged = first;
  for (const other of others) {
    if (JSON.stringify(other.selector) !== JSON.stringify(first.selector)) return undefined;
    const ports = new Map(
      [...(merged.ports ?? []), ...(other.ports ?? [])].map((port) => [JSON.stringify(port), port]),
    );
    merged = {
      ...merged,
      ports: [...ports.values()].sort(byPort),
      evidence: [...new Set([...(merged.evidence ?? []), ...(other.evidence ?? [])])].sort(byText),
    };
  }
  return merged;
}

/** The ports that the ways use; all of the Service's where one of them doesn't tell. */
function routedPorts(service: RoutedService["service"], ways: readonly Chain[]): CatalogPort[] {
  const ports = servicePorts(service);
  if (ports === unknown) return [];
  const used = ways.every(({ port }) => port !== undefined) ? new Set(ways.map(({ port }) => port)) : undefined;
  const routed: CatalogPort[] = [];
  for (const { name, number, target } of ports) {
    if (typeof number !== "number" || (used && !used.has(number))) continue;
    if (target === unknown) return [];
    routed.push({
      ...(typeof name === "string" ? { name } : {}),
      port: number,
      ...(target === undefined || target === number ? {} : { targetPort: target }),
    });
  }
  return routed.sort(byPort);
}

/** The file's text. One field a line, so that changes read well in a diff. */
export function printCatalog({ createdAt, sources, services }: Catalog): string {
  const file = { $schema: catalogSchema.$id, version: catalogVersion, createdAt, sources, services };
  return jsonText(file);
}

/**
 * Reads a catalog file.
 *
 * @param text its content
 * @param file its name, for the error
 * @throws CatalogError that says what is wrong and where
 */
export function parseCatalog(text: string, file: string): Catalog {
  const fail = (problem: string): never => {
    throw new CatalogError(`Route catalog ${file}: ${problem}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return fail(whereNotJson(text));
  }
  // Before all else: of another version, everything may be different.
  const version = typeof value === "object" && value !== null && "version" in value ? value.version : catalogVersion;
  if (typeof version === "number" && version !== catalogVersion) {
    return fail(
      `version: ${version}, and this release reads version ${catalogVersion}; regenerate it with \`apisix-graceful-termination routes\`, or update the pack`,
    );
  }
  const problems = fileProblems(value);
  if (problems.length > 0) return fail(listed(problems));
  const { createdAt, sources = [], services } = value as CatalogFile;
  const twice = duplicates(services, "services");
  if (twice.length > 0) return fail(listed(twice));
  return { ...(createdAt === undefined ? {} : { createdAt }), sources, services };
}

const fileProblems = checker(catalogSchema);

/** Raised when a reader of the file would have to change. New fields may come without that. */
const catalogVersion = catalogSchema.properties.version.const;

/** Entries for a Service that has one already, which no JSON schema can say. @param place what the list is called */
export function duplicates(services: readonly CatalogEntry[], place: string): string[] {
  const first = new Map<string, number>();
  return services.flatMap(({ namespace, name }, i) => {
    const before = first.get(`${namespace}/${name}`);
    if (before !== undefined) return [`${place}[${i}]: Service ${namespace}/${name} duplicates ${place}[${before}]`];
    first.set(`${namespace}/${name}`, i);
    return [];
  });
}

/** What a catalog says of a workload. */
export interface CatalogMatch {
  /** The shortest chain from a route to the workload, on one line. */
  evidence: string;
  /** The containers that serve the routed ports, by name; undefined if that can't be known. */
  serving?: string[];
}

/** An entry, read once for all workloads. */
interface IndexedEntry {
  entry: CatalogEntry;
  /** Its place in the catalog. */
  at: number;
  selector: ReadonlyMap<string, string>;
  /** The shortest of its ways, then by text. */
  shortest: string | undefined;
}

/** A catalog that can be asked fast: each entry by the one of its labels that the fewest others have. */
export type CatalogIndex = ReadonlyMap<string, readonly IndexedEntry[]>;

export function indexCatalog(entries: readonly CatalogEntry[]): CatalogIndex {
  const keysOf = ({ namespace, selector }: CatalogEntry) =>
    Object.entries(selector).map(([label, value]) => labelKey(namespace, label, value));
  const having = new Map<string, number>();
  for (const key of entries.flatMap(keysOf)) having.set(key, (having.get(key) ?? 0) + 1);
  const index = new Map<string, IndexedEntry[]>();
  for (const [at, entry] of entries.entries()) {
    const [rarest] = keysOf(entry).sort((a, b) => (having.get(a) ?? 0) - (having.get(b) ?? 0));
    // Without a selector it selects nothing.
    if (rarest === undefined) continue;
    const { selector, evidence = [] } = entry;
    const read = { entry, at, selector: new Map(Object.entries(selector)), shortest: shortestOf(evidence) };
    addTo(index, rarest, read);
  }
  return index;
}

function labelKey(namespace: string, label: string, value: string): string {
  return [namespace, label, value].join("\0");
}

function shortestOf(ways: readonly string[]): string | undefined {
  return sortedBy(ways, (way) => [way.split(" › ").length, way])[0];
}

/**
 * Is the workload selected by a Service of the catalog? Undefined where none is known to select it.
 *
 * Only a certain answer counts: a label or namespace that isn't known makes no workload known to be routed.
 */
export function catalogEntryFor(workload: Workload, catalog: CatalogIndex): CatalogMatch | undefined {
  const namespace = namespaceOf(workload.resource);
  const { podLabels, resource } = workload;
  if (!isKnown(namespace) || !isKnown(podLabels)) return undefined;
  const matching: IndexedEntry[] = [];
  for (const [label, value] of podLabels) {
    for (const each of (isKnown(value) && catalog.get(labelKey(namespace || "default", label, value))) || []) {
      if (selects(each.selector, podLabels, resource.isPatch) === true && mayReach(each.entry, workload))
        matching.push(each);
    }
  }
  const entries = matching.sort((a, b) => a.at - b.at).map(({ entry }) => entry);
  const [first] = entries;
  if (!first) return undefined;
  const ways = entries.reduce((sum, { evidence = [] }) => sum + evidence.length, 0);
  const shortest = shortestOf(matching.flatMap((each) => each.shortest ?? []));
  const chain = shortest ?? `Service ${first.namespace}/${first.name}`;
  const more = ways > 1 ? ` (and ${ways - 1} more ${ways === 2 ? "way" : "ways"})` : "";
  const serving = servingOf(workload, entries);
  return {
    evidence: `route catalog › ${chain} › ${labelOf(resource)}${more}`,
    ...(serving ? { serving } : {}),
  };
}

/** Are the workload's Pods endpoints of one of the routed ports, or may they be? An entry doesn't tell protocols. */
function mayReach({ ports = [] }: CatalogEntry, workload: Workload): boolean {
  const answers = ports.map(({ port, targetPort = port }) => hasEndpoints(workload, targetPort));
  return ports.length === 0 || answers.some((answer) => answer !== false);
}

function servingOf(workload: Workload, entries: readonly CatalogEntry[]): string[] | undefined {
  const names = new Set<string>();
  for (const { ports = [] } of entries) {
    if (ports.length === 0) return undefined;
    for (const { port, targetPort = port } of ports) {
      const serving = servingContainers(workload, targetPort);
      if (!serving) return undefined;
      for (const name of serving) names.add(name);
    }
  }
  return [...names];
}

/** Where a text stops being JSON: `is not JSON: line 3, column 7`. For a text that JSON.parse refuses. */
export function whereNotJson(text: string): string {
  const end = text.trimEnd().length;
  // Not every message of the parser tells the place. But it tells what is cut off from what is wrong, so that the place
  // is after the longest beginning that is only cut off.
  let [good, bad] = [0, end + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isBeginning(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  const before = text.slice(0, good).split("\n");
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  return good >= end ? `ends in the middle, at ${place}: it is cut off` : `is not JSON: ${place}`;
}

/** Could it become JSON by what follows? */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    return /Unexpected end|Unterminated/.test(String(error)) || endsAtPosition(text, error);
  }
}

function endsAtPosition(text: string, error: unknown): boolean {
  const position = /position (\d+)/.exec(String(error))?.[1];
  return position !== undefined && Number(position) >= text.length;
}

/** At most so many problems: what is wrong with the file is clear by then. */
const mostProblems = 20;

function listed(problems: readonly string[]): string {
  if (problems.length === 1) return problems[0] ?? "";
  const more = problems.length > mostProblems ? [`and ${problems.length - mostProblems} more`] : [];
  return ["", ...problems.slice(0, mostProblems), ...more].join("\n  - ").trimStart();
}

function byPort(a: CatalogPort, b: CatalogPort): number {
  return a.port - b.port || byText(a.name ?? "", b.name ?? "");
}

function sortedObject(map: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...map].sort(([a], [b]) => byText(a, b)));
}
