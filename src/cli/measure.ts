/** `measure`: how long APISIX still has the Pods of a Service that terminate, on a live cluster, read only. */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { elementsOf, get, getString } from "../kubernetes/values";
import {
  endpointsOf,
  measurement,
  measurementText,
  merged,
  podState,
  readMeasurement,
  selectorOf,
  tracker,
  type Tracker,
} from "../measure";
import { jsonText } from "../plain";
import { count } from "../report/plain";
import type { MeasurementFile } from "../schema/measurement";
import { exitCodes, progress, say, type Io } from "./io";
import { readNamed } from "./settings-file";
import { adminApi, apisixUrl, connect, controlApi, follow, InputError, UsageError } from "./sources";
import type { Api, ApisixApi } from "./sources";
import { writeOutput } from "./write-file";

export interface MeasureOptions {
  service?: string;
  port?: string;
  controlApi?: string[];
  adminApi?: string;
  adminKeyFile?: string;
  /** Seconds. */
  for: number;
  /** Seconds. */
  every: number;
  save?: string;
  merge?: string[];
  format: "text" | "json";
  context?: string;
  kubeconfig?: string;
  /** Seconds. */
  timeout: number;
}

export async function measure(options: MeasureOptions, io: Io): Promise<number> {
  const file = options.merge ? await mergedFile(options.merge, options) : await run(options, io);
  io.stdout(options.format === "json" ? jsonText(file) : measurementText(file));
  for (const { problems } of file.runs) for (const problem of problems) say(io, "error", problem);
  const isSaved = options.save === undefined || (await writeOutput(options.save, jsonText(file), io));
  const isWhole = file.distribution !== undefined && file.runs.every(({ problems }) => problems.length === 0);
  return isSaved && isWhole ? exitCodes.clean : exitCodes.incomplete;
}

async function mergedFile(names: readonly string[], options: MeasureOptions): Promise<MeasurementFile> {
  const { service, controlApi, adminApi } = options;
  if ([service, controlApi, adminApi].some((each) => each !== undefined)) {
    throw new UsageError("--merge reads saved runs: leave --service, --control-api and --admin-api out");
  }
  const files: MeasurementFile[] = [];
  for (const name of names) {
    const read = readMeasurement(await readNamed(name));
    if (Array.isArray(read)) throw new InputError(`${name}: no saved run of measure: ${read.join("; ")}`);
    files.push(read);
  }
  const { file, overlapping } = merged(files);
  for (const runs of overlapping) {
    const [one, other] = runs.map(({ service, startedAt }) => `the run of ${service} from ${startedAt}`);
    throw new UsageError(
      one === other ? `${one} is given twice` : `${one} and ${other} saw the same Pods, which would count twice`,
    );
  }
  return file;
}

/** One run, until its time is over or somebody stops it. */
async function run(options: MeasureOptions, io: Io): Promise<MeasurementFile> {
  const [, namespace, name] = /^([a-z0-9-]+)\/([a-z0-9-]+)$/.exec(options.service ?? "") ?? [];
  if (namespace === undefined || name === undefined) {
    throw new UsageError("whose Pods? Name the Service: --service shop/web");
  }
  const apis = await apisOf(options, io);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  const shown = progress(io);
  // An API that doesn't answer keeps nobody waiting.
  stop.signal.addEventListener("abort", () => apis.forEach((api) => api.close()));
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const cluster = await connect(options, io.env, { seconds: Infinity, allBytes: Infinity });
    const service = await serviceOf(cluster, namespace, name);
    const port = options.port === undefined ? undefined : portName(service, options.port);
    // Whoever can't be asked at all is better told now than after ten minutes.
    await Promise.all(apis.map((api) => api.nodes()));

    const [startedAt, started] = [io.now().toISOString(), performance.now()];
    const problems = new Set<string>();
    const seen = { pods: true };
    const track = tracker(apis.length, () => seen.pods);
    const until = setTimeout(() => stop.abort(), options.for * 1000);
    const tell = setInterval(() => {
      const left = Math.max(0, options.for - (performance.now() - started) / 1000);
      shown.say(`${count(track.result().length, "Pod")} seen to terminate, ${left.toFixed(0)} s left; Ctrl-C ends it`);
    }, 1000);
    try {
      await Promise.all([
        followSlices(cluster, { namespace, name, port }, options.for, stop.signal, track, problems),
        followPods(cluster, { namespace, service }, options.for, stop.signal, track, problems).catch((error: Error) => {
          seen.pods = false;
          problems.add(`${error.message}: deletions aren't seen`);
        }),
        ...apis.map((api, i) => poll(api, options.every, stop.signal, problems, (...of) => track.nodes(i, ...of))),
      ]);
    } finally {
      clearTimeout(until);
      clearInterval(tell);
    }
    const seconds = Math.round(performance.now() - started) / 1000;
    const names = apis.map((api) => api.name);
    const of = { service: `${namespace}/${name}`, startedAt, seconds, everySeconds: options.every, apis: names };
    return measurement([{ ...of, problems: [...problems] }], track.result());
  } finally {
    stop.abort();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    shown.end();
  }
}

async function apisOf(options: MeasureOptions, io: Io): Promise<ApisixApi[]> {
  const { controlApi: planes = [], adminApi: admin, adminKeyFile, timeout } = options;
  if ((planes.length === 0) === (admin === undefined)) {
    throw new UsageError("which APISIX? Give --control-api for each data plane, or --admin-api: what it was given");
  }
  if (admin === undefined) {
    if (adminKeyFile !== undefined) throw new UsageError("--admin-key-file goes with --admin-api");
    return planes.map((url) => controlApi(apisixUrl(url), timeout));
  }
  const key = adminKeyFile === undefined ? io.env.APISIX_ADMIN_KEY : await readNamed(adminKeyFile);
  const bare = key?.trim() ?? "";
  if (!/^[!-~]*$/.test(bare)) throw new InputError("the key of the Admin API: it has characters that no key has");
  return [adminApi(apisixUrl(admin), bare === "" ? undefined : bare, timeout)];
}

async function serviceOf(cluster: Api, namespace: string, name: string): Promise<unknown> {
  const answer = await cluster.ask(`/api/v1/namespaces/${namespace}/services/${name}`);
  if ("body" in answer) return answer.body;
  if (answer.status === 401) {
    throw new InputError(`${cluster.name}: the cluster doesn't accept the user's credentials (401)`);
  }
  throw new InputError(`${cluster.name}: Service ${namespace}/${name} can't be read: ${answer.said}`);
}

/** The name of a port that is given by its name or its number. */
function portName(service: unknown, given: string): string {
  const ports = elementsOf(service, "spec", "ports");
  const nameOf = (port: unknown) => String(getString(port, "name") ?? "");
  const found = ports.find((port) => nameOf(port) === given || String(get(port, "port")) === given);
  if (found !== undefined) return nameOf(found);
  throw new UsageError(
    `--port ${given}: the Service has no such port; it has ${ports.map((port) => `${String(get(port, "port"))} ${nameOf(port)}`.trim()).join(", ")}`,
  );
}

async function followSlices(
  cluster: Api,
  { namespace, name, port }: { namespace: string; name: string; port: string | undefined },
  seconds: number,
  stop: AbortSignal,
  track: Tracker,
  problems: Set<string>,
): Promise<void> {
  const slices = new Map<string, unknown>();
  const keyOf = (slice: unknown) => String(get(slice, "metadata", "name"));
  const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`;
  await follow(cluster, path, seconds, stop, {
    what: "endpointslices",
    onList: (since, at, objects) => {
      slices.clear();
      for (const slice of objects) slices.set(keyOf(slice), slice);
      track.endpoints(since, at, endpointsOf(slices.values(), port));
    },
    onChange: (since, at, slice, isGone) => {
      if (isGone) slices.delete(keyOf(slice));
      else slices.set(keyOf(slice), slice);
      track.endpoints(since, at, endpointsOf(slices.values(), port));
    },
    onProblem: (problem) => problems.add(problem),
  });
}

async function followPods(
  cluster: Api,
  { namespace, service }: { namespace: string; service: unknown },
  seconds: number,
  stop: AbortSignal,
  track: Tracker,
  problems: Set<string>,
): Promise<void> {
  const selector = selectorOf(service);
  if (selector === undefined) throw new Error("the Service has no selector that says which Pods are its own");
  let known = new Set<string>();
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  await follow(cluster, path, seconds, stop, {
    what: "pods",
    onList: (since, at, objects) => {
      const states = objects.flatMap((pod) => podState(pod, false) ?? []);
      const listed = new Set(states.map(({ uid }) => uid));
      const gone = [...known].filter((uid) => !listed.has(uid)).map((uid) => ({ uid, isDeleted: true }));
      track.pods(since, at, [...states, ...gone]);
      known = listed;
    },
    onChange: (since, at, pod, isGone) => {
      const state = podState(pod, isGone);
      if (!state) return;
      if (isGone) known.delete(state.uid);
      else known.add(state.uid);
      track.pods(since, at, [state]);
    },
    onProblem: (problem) => problems.add(problem),
  });
}

/** Asks an API again and again, one request at a time; one that takes long is left alone for as long as it took. */
async function poll(
  api: ApisixApi,
  every: number,
  stop: AbortSignal,
  problems: Set<string>,
  onNodes: (asked: number, answered: number, nodes: ReadonlySet<string>) => void,
): Promise<void> {
  let [failures, longest, last, why] = [0, 0, performance.now(), ""];
  while (!stop.aborted) {
    const asked = performance.now();
    try {
      const nodes = await api.nodes();
      onNodes(asked, performance.now(), nodes);
      longest = Math.max(longest, asked - last);
      last = asked;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      // What ends with the run is no failure.
      if (stop.aborted) break;
      failures++;
      why = error.message;
    }
    const took = performance.now() - asked;
    await sleep(Math.max(every * 1000 - took, took), undefined, { signal: stop }).catch(() => undefined);
  }
  if (failures === 0) return;
  longest = Math.max(longest, performance.now() - last);
  const gap = `for up to ${(longest / 1000).toFixed(1)} s nothing was seen of it`;
  problems.add(`${why} (${count(failures, "answer")} failed; ${gap})`);
}
