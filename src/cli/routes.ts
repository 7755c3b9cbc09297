/** `routes`: the Services that APISIX routes to, as a route catalog. */
import { findingText } from "../assess";
import { deadRoutes } from "../assess/advice";
import { blindSpotLines } from "../assess/blind-spot-messages";
import { fromPulumi, type Resource } from "../kubernetes/resource";
import { get, unknown } from "../kubernetes/values";
import { oneLine } from "../plain";
import { count } from "../report/plain";
import { resolveRoutes } from "../routing";
import { catalogEntries, printCatalog } from "../routing/catalog";
import { resolvePack } from "../settings/settings";
import { clusterName, clusterOptions, type ClusterChoice } from "./cluster-options";
import { exitCodes, progress, say, type Io } from "./io";
import { readSettings } from "./settings-file";
import type { PackConfig } from "../settings/settings";
import { deployed, printProblem, readCluster, readSources, readStack, routeKinds, UsageError } from "./sources";
import type { Excluded, Problem, Reading, Sourced } from "./sources";
import { writeOutput } from "./write-file";

export interface RoutesOptions extends ClusterChoice {
  output?: string;
  stack?: string[];
  settings?: string | PackConfig;
  exclude?: Excluded;
  allowEmpty?: boolean;
}

export async function routes(sources: readonly string[], options: RoutesOptions, io: Io): Promise<number> {
  const asked = clusterOptions(options);
  const { allowEmpty = false } = options;
  if (sources.length === 0 && !options.stack && !asked) {
    throw new UsageError("nothing to read: name files or folders, `-` for standard input, --stack or --cluster");
  }
  let { facts } = resolvePack(await readSettings(options.settings));
  const shown = progress(io);
  const cluster: string[] = [];
  const reads = { stdin: io.stdin, ...(options.exclude && { exclude: options.exclude }) };
  const readings: Reading[] = [];
  try {
    const onFile = (file: string) => shown.say(`Reading ${file}`);
    readings.push(await readSources(sources, { ...reads, onFile, allowEmpty }));
    for (const stack of options.stack ?? []) {
      shown.say(`Exporting stack ${stack}`);
      readings.push(await readStack(stack, io.env, allowEmpty));
    }
    if (asked) {
      const reading = await readCluster(routeKinds, asked, io.env, (text) => shown.say(text));
      readings.push(reading);
      cluster.push(clusterName(reading.name, asked));
      // What is read beside it may bring what the cluster lacks.
      if (sources.length === 0 && !options.stack) facts = { ...reading.known, ...facts };
    }
  } finally {
    shown.end();
  }
  const problems: Problem[] = readings.flatMap((reading) => reading.problems);
  const resources = ofOneCluster(
    readings.flatMap((reading) => reading.objects),
    problems,
  );
  const found = resolveRoutes(resources, facts);
  const { entries, omissions } = catalogEntries(found.services);
  const services = new Set(found.services.map(({ service }) => service));

  for (const note of readings.flatMap(({ notes }) => notes)) say(io, "note", printProblem(note));
  for (const problem of problems) say(io, "error", printProblem(problem));
  for (const { label, why } of omissions) say(io, "warning", `${label} is routed, but not in the catalog: ${why}.`);
  for (const finding of deadRoutes(found)) {
    const { what, fix } = findingText(finding);
    say(io, "warning", what);
    io.stderr(`  ${oneLine(`Fix: ${fix}`)}\n`);
  }
  for (const spot of found.blindSpots) {
    // Which workloads a Service selects is for the stack to tell that has them.
    if (services.has(spot.resource)) continue;
    const [what = "", ...rest] = blindSpotLines(spot);
    say(io, "warning", what);
    for (const line of rest) io.stderr(`  ${oneLine(line)}\n`);
  }
  const text = printCatalog({
    createdAt: io.now().toISOString(),
    sources: [...sources, ...(options.stack ?? []).map((stack) => `stack ${stack}`), ...cluster],
    services: entries,
  });
  let isWritten = true;
  if (options.output === undefined) io.stdout(text);
  else if (resources.length === 0 && problems.length > 0) {
    // An empty catalog in its place would say that nothing is routed.
    say(io, "error", `${options.output}: not written: nothing was read`);
  } else {
    isWritten = await writeOutput(options.output, text, io);
    if (isWritten) io.stderr(`${oneLine(options.output)}: ${count(entries.length, "Service")}\n`);
  }
  return problems.length > 0 || !isWritten ? exitCodes.incomplete : exitCodes.clean;
}

/**
 * The objects as resources of one cluster: a catalog names Services by namespace and name, so it is about one.
 *
 * Providers of one program that differ in their namespace or their options alone are taken for the same cluster.
 */
function ofOneCluster(objects: readonly Sourced[], problems: Problem[]): Resource[] {
  const clusters = new Map<string, Set<string>>();
  const resources: Resource[] = [];
  for (const object of objects) {
    const { resource } = object;
    const read = fromPulumi(deployed(object));
    if (!read) continue;
    resources.push({ ...read, cluster: "" });
    if (!resource.provider) continue;
    const stack = resource.urn.split("::").slice(0, 2).join("::");
    const names = clusters.get(stack) ?? new Set();
    clusters.set(stack, names.add(clusterOf(resource.provider.props)));
  }
  for (const [stack, names] of clusters) {
    if (names.size < 2) continue;
    problems.push({
      source: stack.replace(/^urn:pulumi:/, "stack "),
      message: `its providers name ${names.size} clusters, and a catalog is about one: Services of the same name are taken for the same`,
      kind: "partial",
    });
  }
  return resources;
}

/** What tells clusters apart in a provider's inputs; a kubeconfig that is a secret can't. */
function clusterOf(provider: unknown): string {
  return ["cluster", "context", "kubeconfig"]
    .map((key) => get(provider, key))
    .map((value) => (value === unknown || value === undefined ? "" : JSON.stringify(value)))
    .join("\0");
}
