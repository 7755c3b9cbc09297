/** A live cluster, read only: the kinds that decide where APISIX sends requests, as far as the cluster serves them. */
import { existsSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { get, getList, getString } from "../../kubernetes/values";
import { didYouMean } from "../../schema/did-you-mean";
import { InputError, type Problem, type Reading, type Sourced } from "./source";

export interface ClusterOptions {
  /** A file; $KUBECONFIG, ~/.kube/config or the Pod's own service account where it is not given. */
  kubeconfig?: string;
  context?: string;
  /** All where none are given. */
  namespaces?: readonly string[];
  /** How long one request may take, in seconds. */
  timeout: number;
}

/** What is listed. docs/cluster-role.yaml allows the same; a test holds that. */
export const listedKinds: Readonly<Record<string, readonly string[]>> = {
  "": ["Service"],
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
    "PluginConfig",
    "GatewayProxy",
    "Consumer",
    "L4RoutePolicy",
  ],
};

/** Objects a page: what kubectl takes. */
const pageSize = 500;

interface Api {
  /** Its name, for messages. */
  name: string;
  ask: (path: string) => Promise<{ status: number; body: unknown }>;
}

/** A kind that the cluster serves. */
interface Served {
  group: string;
  version: string;
  kind: string;
  plural: string;
  isNamespaced: boolean;
}

/**
 * The objects of a cluster. Kinds that it doesn't serve are none; what may not be listed is among the problems.
 *
 * @throws InputError where there is no cluster to ask, it can't be reached in time, or it doesn't know the user
 */
export async function readCluster(
  options: ClusterOptions,
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<Reading & { name: string }> {
  const api = await connect(options, env);
  const problems: Problem[] = [];
  const objects: Sourced[] = [];
  for (const served of await discover(api, problems)) {
    say(`Listing ${served.plural} of ${api.name}`);
    const { namespaces } = options;
    const places = served.isNamespaced && namespaces && namespaces.length > 0 ? namespaces : [undefined];
    for (const namespace of places) {
      for (const body of await list(api, served, namespace, problems)) {
        const { group, version, kind } = served;
        const urn = `${api.name}#${kind}#${String(get(body, "metadata", "uid"))}`;
        objects.push({
          resource: { type: `kubernetes:${group || "core"}/${version}:${kind}`, urn, name: "", props: body },
        });
      }
    }
  }
  return { name: api.name, objects, problems };
}

/** Which of the listed kinds the cluster serves, each in the version that it prefers. */
async function discover(api: Api, problems: Problem[]): Promise<Served[]> {
  const groups = await api.ask("/apis");
  if (groups.status === 401) {
    throw new InputError(`${api.name}: the cluster doesn't accept the user's credentials (401)`);
  }
  if (groups.status !== 200) throw new InputError(`${api.name}: GET /apis answered ${answered(groups)}`);
  const served: Served[] = [];
  for (const [group, kinds] of Object.entries(listedKinds)) {
    const found = new Set<string>();
    for (const version of group === "" ? ["v1"] : versionsOf(groups.body, group)) {
      const path = group === "" ? "/api/v1" : `/apis/${group}/${version}`;
      const answer = await api.ask(path);
      if (answer.status !== 200) {
        problems.push(partial(api, `GET ${path} answered ${answered(answer)}: its kinds are not read`));
        continue;
      }
      for (const resource of elements(answer.body, "resources")) {
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
  const group = elements(groups, "groups").find((each) => getString(each, "name") === wanted);
  const preferred = getString(group, "preferredVersion", "version");
  const all = elements(group, "versions").map((each) => getString(each, "version"));
  return [...new Set([preferred, ...all])].filter((version) => typeof version === "string");
}

/** All objects of a kind, page by page. */
async function list(
  api: Api,
  { group, version, kind, plural, isNamespaced }: Served,
  namespace: string | undefined,
  problems: Problem[],
): Promise<object[]> {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const path = `${root}${namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`}/${plural}`;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  for (let attempt = 1; ; attempt++) {
    const objects: object[] = [];
    let next = "";
    do {
      const page = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
      const answer = await api.ask(`${path}?limit=${pageSize}${page}`);
      // The pages are of one moment, which the cluster forgets after some minutes; then it is begun again.
      if (answer.status === 410 && attempt === 1) break;
      // A definition that was removed in between.
      if (answer.status === 404) return objects;
      if (answer.status !== 200) {
        const what = group === "" ? plural : `${plural}.${group}`;
        const where =
          namespace === undefined ? (isNamespaced ? " in all namespaces" : "") : ` in namespace ${namespace}`;
        const why =
          answer.status === 403
            ? `may not list ${what}${where}`
            : `listing ${what}${where} answered ${answered(answer)}`;
        problems.push(partial(api, `${why}: routes may be missing`));
        return objects;
      }
      // The items of a list leave out what the list tells.
      for (const item of elements(answer.body, "items")) {
        if (typeof item === "object" && item !== null) objects.push({ ...item, apiVersion, kind });
      }
      const token = getString(answer.body, "metadata", "continue");
      next = typeof token === "string" ? token : "";
      if (next === "") return objects;
    } while (next !== "");
  }
}

function elements(value: unknown, key: string): unknown[] {
  const list = getList(value, key);
  return Array.isArray(list) ? list : [];
}

function partial({ name }: Api, message: string): Problem {
  return { source: name, message, kind: "partial" };
}

function answered({ status, body }: { status: number; body: unknown }): string {
  const message = getString(body, "message");
  return typeof message === "string" ? `${status}: ${message}` : String(status);
}

async function connect(options: ClusterOptions, env: NodeJS.ProcessEnv): Promise<Api> {
  // 67 MB of generated clients are beside it: the loader of kubeconfigs is all that is needed, and only here.
  const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
  const config = new KubeConfig();
  load(config, options, env);
  if (options.context !== undefined) {
    const names = config.getContexts().map(({ name }) => name);
    if (!names.includes(options.context)) {
      throw new InputError(`no context ${options.context} in the kubeconfig${didYouMean(options.context, names)}`);
    }
    config.setCurrentContext(options.context);
  }
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    const which = context
      ? `its context ${context} names no cluster`
      : "it has no current context; name one with --context";
    throw new InputError(`the kubeconfig can't be used: ${which}`);
  }
  const name = `cluster ${context || cluster.name}`;
  const base = cluster.server.replace(/\/+$/, "");
  if (!/^https?:\/\/[^/]/.test(base)) throw new InputError(`${name}: its server is no web address`);
  const connection: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(connection);
  } catch (error) {
    throw new InputError(`${name}: its credentials can't be used: ${messageOf(error)}`);
  }
  return { name, ask: (path) => ask(`${base}${path}`, connection, options.timeout, name) };
}

function load(config: KubeConfig, { kubeconfig }: ClusterOptions, env: NodeJS.ProcessEnv): void {
  const fromEnv = (env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  const home = join(env.HOME ?? homedir(), ".kube", "config");
  const files = kubeconfig !== undefined ? [kubeconfig] : fromEnv.length > 0 ? fromEnv : existsSync(home) ? [home] : [];
  if (files.length === 0) {
    // In a Pod: its service account.
    if (env.KUBERNETES_SERVICE_HOST) return config.loadFromCluster();
    throw new InputError(`no kubeconfig: there is no ${home}, and KUBECONFIG is not set; name one with --kubeconfig`);
  }
  // As kubectl does, a file of $KUBECONFIG that isn't there is passed over, if another one is.
  const there = files.filter((file) => existsSync(file));
  if (there.length === 0) throw new InputError(`${files.join(", ")}: no such kubeconfig`);
  for (const [i, file] of there.entries()) {
    try {
      if (i === 0) config.loadFromFile(file);
      else {
        const more = new (config.constructor as new () => KubeConfig)();
        more.loadFromFile(file);
        config.mergeConfig(more, true);
      }
    } catch (error) {
      throw new InputError(`${file}: not a kubeconfig: ${messageOf(error)}`);
    }
  }
}

function ask(url: string, connection: RequestOptions, timeout: number, name: string): ReturnType<Api["ask"]> {
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  const { pathname, search, origin } = new URL(url);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      const isLate = error.name === "AbortError" || error.name === "TimeoutError";
      reject(new InputError(`${name} at ${origin}: ${isLate ? `no answer in ${timeout} s` : messageOf(error)}`));
    };
    const signal = AbortSignal.timeout(timeout * 1000);
    const headers = { ...connection.headers, accept: "application/json" };
    const sent = request(
      origin,
      { ...connection, path: pathname + search, method: "GET", headers, signal },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", fail);
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          try {
            resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as unknown });
          } catch {
            const status = answer.statusCode ?? 0;
            if (status === 200) fail(new Error("its answer is not JSON: is it a Kubernetes API?"));
            else resolve({ status, body: undefined });
          }
        });
      },
    );
    sent.on("error", fail);
    sent.end();
  });
}

/** Of an error, also of one that tries several addresses and holds what came of each. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(messageOf))].join("; ");
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
