/** A live cluster, read only: routes, and the workloads behind them, as far as the cluster serves their kinds. */
import { elementsOf, get, getString, unknown } from "../../kubernetes/values";
import { groupOf, type WorkloadKind } from "../../kubernetes/workload";
import { withoutQuotes } from "../../plain";
import { placeText } from "../../report/model";
import { didYouMean } from "../../schema/did-you-mean";
import { InputError, registered, type Problem, type Reading, type Sourced } from "./source";
import { complaint, runTool, streamTool } from "./tool";

export interface ClusterOptions {
  /** A file; where it is not given, kubectl decides: $KUBECONFIG, ~/.kube/config or the Pod's own service account. */
  kubeconfig?: string;
  context?: string;
  /** All where none are given. */
  namespaces?: readonly string[];
  /** How long one request may take, in seconds. */
  timeout: number;
  /** Kinds of workloads besides those that are known. */
  workloads?: readonly WorkloadKind[];
}

/** Kinds, by API group. */
type Kinds = Readonly<Record<string, readonly string[]>>;

/** What decides where APISIX sends requests. docs/cluster-role.yaml allows the same; a test holds that. */
export const routeKinds: Kinds = {
  "": ["Service", "Namespace"],
  "networking.k8s.io": ["IngressClass", "Ingress"],
  "gateway.networking.k8s.io": [
    "GatewayClass",
    "Gateway",
    "HTTPRoute",
    "GRPCRoute",
    "TCPRoute",
    "TLSRoute",
    "UDPRoute",
    "ReferenceGrant",
  ],
  "apisix.apache.org": [
    "ApisixRoute",
    "ApisixUpstream",
    "ApisixPluginConfig",
    "ApisixGlobalRule",
    "ApisixConsumer",
    "PluginConfig",
    "GatewayProxy",
    "Consumer",
    "L4RoutePolicy",
    "BackendTrafficPolicy",
  ],
};

/** Workloads, and what else is judged. Pods are those of workloads, nearly always; ConfigMaps hold other things, too. */
const workloadKinds: Kinds = {
  "": [...(routeKinds[""] ?? []), "ReplicationController"],
  apps: ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"],
  batch: ["Job", "CronJob"],
  autoscaling: ["HorizontalPodAutoscaler"],
  "argoproj.io": ["Rollout"],
  "apps.kruise.io": ["CloneSet", "StatefulSet", "DaemonSet"],
  "keda.sh": ["ScaledObject"],
};

/** Both, likewise. */
export const allKinds: Kinds = { ...routeKinds, ...workloadKinds };

/** Kinds, and those of the settings. */
function including(kinds: Kinds, more: readonly WorkloadKind[] = []): Kinds {
  const all: Record<string, readonly string[]> = { ...kinds };
  for (const { kind, ...of } of more) all[groupOf(of)] = [...(all[groupOf(of)] ?? []), kind];
  return all;
}

/** Objects a page: what kubectl takes. */
const pageSize = 500;

/** What a cluster may take at most, whatever it holds. */
export const limits = {
  /** Of one answer: a page of objects that are as large as etcd takes them is larger, and no real one is. */
  bytes: 256 * 1024 * 1024,
  /** Of all answers together. */
  allBytes: 1024 * 1024 * 1024,
  /** Of all lists together. */
  pages: 2_000,
  /** After so many seconds nothing more is asked for. */
  seconds: 600,
};

/** One of the limits is reached: what is read by then is a part. */
class Exhausted extends Error {}

/** A status other than 200, with what kubectl said of it. */
export type Answer = { status: 200; body: unknown } | { status: number; said: string };

export interface Api {
  /** Its name, for messages. */
  name: string;
  /** The same, of what isn't JSON. */
  askText: (path: string) => Promise<{ status: 200; body: string } | { status: number; said: string }>;
  /** @throws InputError where no answer comes @throws Exhausted where all answers together are too much */
  ask: (path: string) => Promise<Answer>;
  /**
   * Gives on the lines of an answer that goes on, as a watch's, until it ends or `stop` is aborted. Never rejects.
   *
   * @returns undefined for an answer that came to its end; else its status, and what kubectl said
   */
  stream: (
    path: string,
    onLine: (line: string) => void,
    stop: AbortSignal,
  ) => Promise<Exclude<Answer, { status: 200 }> | undefined>;
}

/** A kind that the cluster serves. */
interface Served {
  group: string;
  version: string;
  kind: string;
  plural: string;
  isNamespaced: boolean;
}

/** The facts that a cluster shows by what it lacks. */
export interface Known {
  /** "" where all IngressClasses were listed and none is the default. */
  defaultIngressClass?: "";
}

/**
 * The objects of a cluster. Kinds that it doesn't serve are none; what may not be listed is among the problems. What a
 * workload of the same kinds has made, as a Deployment its ReplicaSets, is left out.
 *
 * @throws InputError where there is no cluster to ask, it can't be reached in time, or it doesn't know the user
 */
export async function readCluster(
  kinds: Kinds,
  options: ClusterOptions,
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<Reading & { name: string; known: Known }> {
  const api = await connect(options, env);
  const spare = { pages: limits.pages };
  const problems: Problem[] = [];
  const objects: Sourced[] = [];
  let known: Known = {};
  try {
    const makers = including(workloadKinds, options.workloads);
    for (const served of await discover(api, including(kinds, options.workloads), problems)) {
      say(`Listing ${served.plural} of ${api.name}`);
      const { namespaces } = options;
      const places = served.isNamespaced && namespaces && namespaces.length > 0 ? namespaces : [undefined];
      for (const namespace of places) {
        const before = problems.length;
        const listed = await list(api, served, namespace, problems, spare);
        const isWhole = problems.length === before;
        if (isWhole && served.kind === "IngressClass" && !listed.some(isDefaultClass))
          known = { defaultIngressClass: "" };
        for (const body of listed) {
          if (isMadeByAnother(body, makers)) continue;
          const urn = `${api.name}#${served.kind}#${String(get(body, "metadata", "uid"))}`;
          objects.push({ resource: registered(served, urn, body) });
        }
      }
    }
  } catch (error) {
    if (!(error instanceof Exhausted)) throw error;
    problems.push(partial(api, `${error.message}: objects may be missing; read fewer namespaces, with --namespace`));
  }
  return { name: api.name, objects, problems, notes: [], known };
}

/** Source: Kubernetes plugin/pkg/admission/network/defaultingressclass. */
function isDefaultClass(ingressClass: object): boolean {
  return getString(ingressClass, "metadata", "annotations", "ingressclass.kubernetes.io/is-default-class") === "true";
}

/** Has a workload that is read itself made it? Operators make workloads, too, and what they make is judged. */
function isMadeByAnother(body: object, makers: Kinds): boolean {
  return elementsOf(get(body, "metadata"), "ownerReferences").some((owner) => {
    const [kind, apiVersion] = [getString(owner, "kind"), getString(owner, "apiVersion")];
    if (get(owner, "controller") !== true || typeof kind !== "string" || typeof apiVersion !== "string") return false;
    return makers[apiVersion.split("/")[0] ?? ""]?.includes(kind) === true;
  });
}

/** Pods of a workload that are asked for their metrics. */
const mostPods = 10;

/**
 * What the Pods of a workload answer on `/metrics` of a port, through the API server: that takes the rights to list Pods
 * and to get `pods/proxy`. `problem`: why not all of them answered.
 *
 * @param labels the workload's selector
 */
export async function readMetrics(
  { namespace, labels, port }: { namespace: string; labels: ReadonlyMap<string, string>; port: number },
  options: ClusterOptions,
  env: NodeJS.ProcessEnv,
): Promise<{ texts: string[]; problem?: string }> {
  const api = await connect(options, env);
  const pods = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const selector = [...labels].map(([key, value]) => `${key}=${value}`).join(",");
  const texts: string[] = [];
  try {
    const list = await api.ask(`${pods}?labelSelector=${encodeURIComponent(selector)}&limit=${mostPods}`);
    if (!("body" in list)) return { texts, problem: `listing Pods in namespace ${namespace} failed: ${list.said}` };
    let problem: string | undefined;
    for (const pod of elementsOf(list.body, "items")) {
      const name = getString(pod, "metadata", "name");
      if (typeof name !== "string" || getString(pod, "status", "phase") !== "Running") continue;
      const answer = await api.askText(`${pods}/${encodeURIComponent(name)}:${port}/proxy/metrics`);
      if ("body" in answer) texts.push(answer.body);
      else problem ??= `Pod ${namespace}/${name}: ${answer.said}`;
    }
    return { texts, ...(problem === undefined ? {} : { problem }) };
  } catch (error) {
    // The rest of the advice doesn't need them.
    if (error instanceof Exhausted || error instanceof InputError) return { texts, problem: error.message };
    throw error;
  }
}

/** Which of the kinds the cluster serves, each in the version that it prefers. */
async function discover(api: Api, wanted: Kinds, problems: Problem[]): Promise<Served[]> {
  const groups = await api.ask("/apis");
  if (groups.status === 401)
    throw new InputError(`${api.name}: the cluster doesn't accept the user's credentials (401)`);
  if (!("body" in groups)) throw new InputError(`${api.name}: GET /apis failed: ${groups.said}`);
  const served: Served[] = [];
  for (const [group, kinds] of Object.entries(wanted)) {
    const found = new Set<string>();
    for (const version of group === "" ? ["v1"] : versionsOf(groups.body, group)) {
      const path = group === "" ? "/api/v1" : `/apis/${group}/${version}`;
      const answer = await api.ask(path);
      if (!("body" in answer)) {
        problems.push(partial(api, `GET ${path} failed: ${answer.said}: its kinds are not read`));
        continue;
      }
      for (const resource of elementsOf(answer.body, "resources")) {
        const [kind, plural] = [getString(resource, "kind"), getString(resource, "name")];
        // `services/status` and the like are parts of others.
        if (typeof kind !== "string" || typeof plural !== "string" || plural.includes("/")) continue;
        if (!kinds.includes(kind) || found.has(kind)) continue;
        found.add(kind);
        served.push({ group, version, kind, plural, isNamespaced: get(resource, "namespaced") === true });
      }
    }
  }
  return served;
}

/** A group's versions, the preferred one first; none where the cluster doesn't serve it. */
function versionsOf(groups: unknown, wanted: string): string[] {
  const group = elementsOf(groups, "groups").find((each) => getString(each, "name") === wanted);
  const preferred = getString(group, "preferredVersion", "version");
  const all = elementsOf(group, "versions").map((each) => getString(each, "version"));
  return [...new Set([preferred, ...all])].filter((version) => typeof version === "string");
}

/** All objects of a kind, page by page. */
async function list(
  api: Api,
  { group, version, kind, plural, isNamespaced }: Served,
  namespace: string | undefined,
  problems: Problem[],
  spare: { pages: number },
): Promise<object[]> {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const path = `${root}${namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`}/${plural}`;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const what = group === "" ? plural : `${plural}.${group}`;
  const where = namespace === undefined ? (isNamespaced ? " in all namespaces" : "") : ` in namespace ${namespace}`;
  for (let attempt = 1; ; attempt++) {
    const objects: object[] = [];
    let next = "";
    do {
      if (spare.pages-- <= 0) throw new Exhausted(`${what}${where}: more than ${limits.pages} pages of objects`);
      const page = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
      const answer = await api.ask(`${path}?limit=${pageSize}${page}`);
      // The pages are of one moment, which the cluster forgets after some minutes; then the list starts over.
      if (answer.status === 410 && attempt === 1) break;
      // A definition that was removed in between.
      if (answer.status === 404) return objects;
      if (!("body" in answer)) {
        const why =
          answer.status === 403
            ? `not allowed to list ${what}${where}`
            : `listing ${what}${where} failed: ${answer.said}`;
        problems.push(partial(api, `${why}: objects may be missing`));
        return objects;
      }
      // The items of a list lack what the list says of them all.
      for (const item of elementsOf(answer.body, "items")) {
        if (typeof item === "object" && item !== null) objects.push({ ...item, apiVersion, kind });
      }
      const token = getString(answer.body, "metadata", "continue");
      if (token === undefined || token === unknown || token === "") return objects;
      if (token === next) {
        const why = `${what}${where}: the page after the first ${objects.length} objects is always the same`;
        problems.push(partial(api, `${why}: objects may be missing; ask the cluster itself, not a proxy before it`));
        return objects;
      }
      next = token;
    } while (next !== "");
  }
}

function partial({ name }: Api, message: string): Problem {
  return { source: name, message, kind: "partial" };
}

/** The statuses that matter here, by kubectl's words for them. */
const statuses: readonly [said: RegExp, status: number][] = [
  [/^Error from server \(Forbidden\)/, 403],
  [/^Error from server \(NotFound\)/, 404],
  [/^Error from server \((Expired|Gone)\)/, 410],
  [/^error: You must be logged in to the server|^Error from server \(Unauthorized\)/, 401],
  [/^Error from server/, 500],
];

/** Of what kubectl says; undefined where it is of no answer. */
function statusOf(stderr: string): number | undefined {
  return statuses.find(([words]) => words.test(stderr.trim()))?.[1];
}

/**
 * The cluster, through the installed kubectl: contexts, credentials of every kind, plugins for them and proxies are its
 * business, and whoever has a cluster has it.
 */
export async function connect(
  options: ClusterOptions,
  env: NodeJS.ProcessEnv,
  most: Pick<typeof limits, "seconds" | "allBytes"> = limits,
): Promise<Api> {
  const kubectl = kubectlOf(options, env);
  const name = `cluster ${options.context ?? (await currentContext(kubectl, options, env))}`;
  const started = performance.now();
  let bytes = 0;
  const askText: Api["askText"] = async (path) => {
    if (performance.now() - started > most.seconds * 1000) throw new Exhausted(`not read in ${most.seconds} s`);
    if (bytes > most.allBytes) throw new Exhausted(`more than ${most.allBytes} bytes of objects`);
    const { code, stdout, stderr } = await kubectl(["get", "--raw", path], name, options.timeout);
    bytes += stdout.length;
    if (code === 0) return { status: 200, body: stdout };
    const said = complaint(stderr).split("\n")[0] ?? "";
    const status = statusOf(stderr);
    if (status !== undefined) return { status, said };
    const unknown = /^context "(.*)" does not exist/.exec(said)?.[1];
    if (unknown === undefined)
      throw new InputError(`${name}: ${ownFailure(said) || `kubectl ended with code ${code}`}`);
    const meant = didYouMean(unknown, await contexts(kubectl, options));
    throw new InputError(`${name}: context "${unknown}" does not exist${meant}`);
  };
  const ask: Api["ask"] = async (path) => {
    const answer = await askText(path);
    if (!("body" in answer)) return answer;
    try {
      return { status: 200, body: JSON.parse(answer.body) as unknown };
    } catch {
      throw new InputError(`${name}: its answer is not JSON: is it a Kubernetes API?`);
    }
  };
  const stream: Api["stream"] = async (path, onLine, stop) => {
    const ran = await streamTool("kubectl", [...choiceOf(options), "get", "--raw", path], env, onLine, stop);
    if (ran.end !== "code") return { status: 0, said: ran.end === "failed" ? ran.message : ran.end };
    if (ran.code === 0) return undefined;
    return { status: statusOf(ran.stderr) ?? 0, said: ownFailure(complaint(ran.stderr).split("\n")[0] ?? "") };
  };
  return { name, ask, askText, stream };
}

/** Runs kubectl. @param timeout seconds @throws InputError where it can't be run to its end */
type Kubectl = (
  args: string[],
  name: string,
  timeout: number,
) => Promise<{ code: number; stdout: string; stderr: string }>;

function choiceOf({ kubeconfig, context }: ClusterOptions): string[] {
  return [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ];
}

function kubectlOf(options: ClusterOptions, env: NodeJS.ProcessEnv): Kubectl {
  const choice = choiceOf(options);
  return async (args, name, timeout) => {
    const ran = await runTool("kubectl", [...choice, ...args], env, { timeout, bytes: limits.bytes });
    switch (ran.end) {
      case "code":
        return ran;
      case "missing":
        throw new InputError(
          "kubectl is not on PATH; install it, or give what `kubectl get … -A -o json` prints on standard input",
        );
      case "late":
        throw new InputError(
          `${name}: no answer in ${timeout} s; see whether \`kubectl get --raw /version\` answers, or allow more with --timeout`,
        );
      case "long":
        throw new InputError(`${name}: an answer of more than ${limits.bytes} bytes: is it a Kubernetes API?`);
      case "failed":
        throw new InputError(`${name}: ${ran.message}`);
    }
  };
}

async function contexts(kubectl: Kubectl, { timeout }: ClusterOptions): Promise<string[]> {
  const { stdout } = await kubectl(["config", "get-contexts", "-o", "name"], "kubectl", timeout);
  return stdout.split("\n").filter((line) => line !== "");
}

async function currentContext(kubectl: Kubectl, options: ClusterOptions, env: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await kubectl(["config", "current-context"], "kubectl", options.timeout);
  if (code === 0) return stdout.trim();
  // In a Pod kubectl takes the service account.
  if (env.KUBERNETES_SERVICE_HOST && options.kubeconfig === undefined) return "of this Pod";
  const said = complaint(stderr);
  throw new InputError(
    /current-context is not set/.test(said)
      ? "kubectl has no current context: name one with --context, or a kubeconfig with --kubeconfig"
      : `kubectl: ${ownFailure(said)}`,
  );
}

/** What kubectl itself complains of, without contents of its kubeconfig: credentials are in there. */
function ownFailure(said: string): string {
  const [, file, why = ""] = /^error loading config file "(.*?)": (.*)/s.exec(said) ?? [];
  if (file === undefined) return withoutQuotes(said);
  const line = /\bline (\d+)/.exec(why)?.[1];
  const kind =
    /(permission denied|is a directory)$/.exec(why)?.[1] ?? (why.startsWith("yaml:") ? "not YAML" : "no kubeconfig");
  return `kubeconfig ${placeText(file, line === undefined ? undefined : Number(line))}: ${kind}`;
}
