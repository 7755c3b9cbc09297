/** Which workloads APISIX sends requests to, by the objects in its Admin API. */
import type { KubernetesObject } from "../kubernetes";
import type { Pushed } from "./admin-api";
import { nameOf, podPort, selectedPods, type FakePod, type ServicePort, type ServiceSpec } from "./pods";

interface Node {
  host: string;
  port?: number;
  weight?: number;
}
interface Upstream {
  nodes?: Node[] | Record<string, number> | null;
  discovery_type?: string;
  service_name?: string;
}
interface WeightedUpstream {
  upstream_id?: string;
  upstream?: Upstream;
  weight?: number;
}
/** An upstream by its id or as it is. */
interface Used {
  id: string | undefined;
  upstream: Upstream | undefined;
}
interface TrafficSplit {
  rules?: { match?: unknown; weighted_upstreams?: WeightedUpstream[] }[];
}
interface Route {
  upstream_id?: string;
  upstream?: Upstream;
  plugin_config_id?: string;
  plugins?: Record<string, unknown>;
}

/** The objects and Pods of a cluster, in which an address is looked up. */
export interface Cluster {
  /** As the API stored them: Services have their cluster IPs. */
  services: readonly KubernetesObject[];
  pods: readonly FakePod[];
  clusterDomain?: string;
  apisixNamespace?: string;
}

export interface Reached {
  /** By the nodes of upstreams that a route sends requests to. */
  nodes: Set<string>;
  /** By a cluster DNS name anywhere in a plugin's configuration, whatever the plugin does with it. */
  named: Set<string>;
}

export function reachedBy(pushed: Pushed, cluster: Cluster): Reached {
  const all = <T>(collection: string) => [...(pushed.get(collection)?.values() ?? [])] as T[];
  const upstreams = pushed.get("upstreams") as ReadonlyMap<string, Upstream> | undefined;
  const pluginConfigs = pushed.get("plugin_configs") as ReadonlyMap<string, Route> | undefined;
  const nodes = new Set<string>();
  for (const route of [...all<Route>("routes"), ...all<Route>("stream_routes")]) {
    // A route's own plugin goes before that of its plugin config (APISIX, plugin.lua merge_service_route).
    const plugins = { ...pluginConfigs?.get(route.plugin_config_id ?? "")?.plugins, ...route.plugins };
    for (const { id, upstream } of upstreamsOf(route, plugins["traffic-split"] as TrafficSplit | undefined)) {
      for (const node of nodesOf(upstream ?? upstreams?.get(id ?? ""))) add(nodes, workloadsAt(node, cluster));
    }
  }
  const named = new Set<string>();
  const plugins = ["routes", "stream_routes", "plugin_configs", "global_rules", "consumers", "plugin_metadata"]
    .flatMap((collection) => all<Route>(collection))
    .map((each) => each.plugins);
  for (const host of hostsIn(JSON.stringify(plugins))) add(named, workloadsAt({ host }, cluster));
  return { nodes, named };
}

function add<T>(set: Set<T>, values: Iterable<T>): void {
  for (const value of values) set.add(value);
}

/** The upstreams that get requests of a route (APISIX, plugins/traffic-split.lua). */
function upstreamsOf(route: Route, split: TrafficSplit | undefined): Used[] {
  const own = { id: route.upstream_id, upstream: route.upstream };
  const used: Used[] = [];
  for (const { match, weighted_upstreams: all = [] } of split?.rules ?? []) {
    const weighted = all.filter(({ weight = 1 }) => weight > 0);
    for (const { upstream_id: id, upstream } of weighted) used.push((id ?? upstream) ? { id, upstream } : own);
    // What a rule without conditions takes, nothing else gets.
    if (match === undefined && all.length > 0) return used;
  }
  return [...used, own];
}

function nodesOf(upstream: Upstream | undefined): Node[] {
  const { nodes, discovery_type: type, service_name: name = "" } = upstream ?? {};
  if (type === "dns") return [hostOf(name)];
  // `namespace/name:port` (APISIX, discovery/kubernetes)
  if (type === "kubernetes") return [{ host: name.replace(/^([^/]+)\/([^/:]+).*$/, "$2.$1.svc") }];
  const list = Array.isArray(nodes)
    ? nodes
    : Object.entries(nodes ?? {}).map(([key, weight]) => ({ ...hostOf(key), weight }));
  return list.filter(({ weight }) => weight !== undefined && weight > 0);
}

function hostOf(text: string): Node {
  const [host = "", port] = text.split(":");
  return { host, ...(port === undefined ? {} : { port: Number(port) }) };
}

const hostsIn = (text: string) => new Set(text.match(/[a-z0-9][a-z0-9.-]*/gi));

/** What a DNS name of the cluster names (Kubernetes' DNS specification); a Pod's own name is its Service's. */
function namedBy(host: string, { clusterDomain = "cluster.local", apisixNamespace }: Cluster): string | undefined {
  const name = host.toLowerCase().replace(/\.$/, "");
  const labels = (name.endsWith(`.svc.${clusterDomain}`) ? name.slice(0, -clusterDomain.length - 1) : name).split(".");
  if (labels.at(-1) === "svc") labels.pop();
  const [service, namespace = apisixNamespace] = labels.slice(-2);
  return `Service ${namespace}/${service}`;
}

/** The workloads behind a host: a Pod's address, a cluster IP or a cluster DNS name. */
function workloadsAt({ host, port }: Node, cluster: Cluster, depth = 0): string[] {
  const pod = cluster.pods.find(({ ip }) => ip === host);
  if (pod) return [pod.workload];
  const name = namedBy(host, cluster);
  const service = cluster.services.find(
    (each) => (host !== "None" && (each.spec as ServiceSpec).clusterIP === host) || nameOf(each) === name,
  );
  if (!service) return [];
  const { type, externalName = "", ports = [], clusterIP } = service.spec as ServiceSpec;
  if (type === "ExternalName") return depth > 4 ? [] : workloadsAt({ host: externalName }, cluster, depth + 1);
  const pods = selectedPods(service, cluster.pods);
  if (clusterIP === "None" || port === undefined) return pods.map(({ workload }) => workload);
  const used = ports.find((each: ServicePort) => each.port === port);
  return pods.filter(({ spec }) => used && podPort(used, spec) !== undefined).map(({ workload }) => workload);
}
