/** What the resources of one cluster say of the time that endpoint updates take: no judgement, no sentences. */
import { addTo } from "../multimap";
import { once } from "../once";
import { expandLists } from "../kubernetes/lists";
import { isSecret, nameOf, type Resource } from "../kubernetes/resource";
import { elementsOf, get, getBoolean, getList, getNumber, getString, isKnown, unknown } from "../kubernetes/values";
import type { Container, Workload } from "../kubernetes/workload";
import { parseYaml } from "../kubernetes/yaml";
import type { Chain, ControllerLine, Routes } from "../routing";
import type { FindConfigMap } from "../shutdown/app";
import { roleOf } from "../shutdown/app/apisix";
import { mountedFiles } from "../shutdown/app/config-maps";
import { parseVersion, versionIn } from "./version";

export type Mode = "apisix" | "apisix-standalone";

/** Undefined is what isn't known, or what several of a kind disagree about. */
export interface Evidence {
  /** As `Resource.cluster` names it. */
  cluster: string;
  /** The controllers among the workloads. */
  controllers: number;
  /** The first of them by its id, for whoever reports on it. */
  controller?: Resource;
  version?: string;
  line?: ControllerLine;
  /** `spec.replicas` of the controller; 1 where it isn't set. */
  replicas?: number;
  /** `etcdserver.enabled` of 1.x. */
  isComposite?: boolean;
  adcVersion?: string;
  /** The CPU limit of the ADC container, in CPUs; Infinity where it has none. Of one controller only. */
  adcCpu?: number;
  /** `spec.provider.controlPlane.mode` of the GatewayProxies. */
  mode?: Mode;
  /** Their `endpoints`: the smallest number of them. */
  endpoints?: number;
  /** The routes that APISIX is known to take, as rules, paths and matches. Other stacks may have more. */
  routes?: number;
  /** The workloads that APISIX reaches through the name of a headless Service, by id. */
  byDnsName: readonly Resource[];
  /** `apisix.dns_resolver_valid` of the gateway's config.yaml, in seconds; absent: the record's TTL, or it can't be read. */
  dnsValid?: number;
  /** Is there an ApisixUpstream or ApisixPluginConfig whose class is 2.x'? Absent where the stack has none: another may. */
  hasStatusOnlyKinds?: true;
}

/** Where nothing of APISIX is among the resources. */
export const noEvidence: Evidence = { cluster: "", controllers: 0, byDnsName: [] };

/** What the evidence is read from. */
export interface Given {
  resources: readonly Resource[];
  routes: Routes;
  configMapsOf: (workload: Resource) => FindConfigMap;
  /** The setting: the line where no version says it. */
  line?: ControllerLine;
  /** The names that 2.x goes by, in IngressClasses. */
  controllerNames: readonly string[];
  /** Services of the route catalog: each has a route at least. */
  catalogServices?: number;
}

/** The evidence of each cluster that has any of APISIX's; in the order of their names. Linear in the resources. */
export function evidenceOf({
  resources,
  routes,
  configMapsOf,
  line,
  controllerNames,
  catalogServices = 0,
}: Given): Evidence[] {
  const all = expandLists(resources).filter(({ isPatch }) => !isPatch);
  const clusters = groupedBy(all, ({ cluster }) => cluster);
  const workloads = groupedBy(
    routes.allWorkloads.filter(({ pod }) => !pod.isPatch),
    ({ resource }) => resource.cluster,
  );
  const counted = once(() => routesOf(routes, all));
  return [...clusters.keys()].sort().flatMap((cluster): Evidence[] => {
    const own = clusters.get(cluster) ?? [];
    const controllers = (workloads.get(cluster) ?? []).flatMap(controllerIn);
    const proxies = own.filter((each) => isOf(each, "GatewayProxy"));
    if (controllers.length + proxies.length === 0) return [];
    const version = agreed(controllers.map(({ version }) => version));
    const known = parseVersion(version ?? "");
    // Only 2.x reads GatewayProxies.
    const ownLine = known ? (known[0] >= 2 ? "2" : "1") : (line ?? (proxies.length > 0 ? "2" : undefined));
    const seen = Math.max(counted().get(cluster) ?? 0, clusters.size === 1 ? catalogServices : 0);
    const [first] = controllers.map(({ workload }) => workload.resource).sort((a, b) => (a.id < b.id ? -1 : 1));
    return [
      {
        cluster,
        controllers: controllers.length,
        ...given({
          controller: first,
          version,
          line: ownLine,
          replicas: agreed(controllers.map(({ workload }) => replicasOf(workload.resource))),
          isComposite: agreed(
            controllers.map(({ container, workload }) => compositeOf(container, workload, configMapsOf)),
          ),
          adcVersion: agreed(controllers.map(({ adc, workload }) => adc && versionOf(adc, workload))),
          adcCpu:
            controllers.length === 1
              ? agreed(controllers.map(({ adc, workload }) => adc && cpuOf(adc, workload)))
              : undefined,
          mode: agreed(proxies.map(modeOf)),
          endpoints: least(proxies.map(endpointsOf)),
          // Which of several controllers takes a route is the routes' own question, and each syncs only its own.
          routes: controllers.length > 1 || seen === 0 ? undefined : seen,
        }),
        byDnsName: routes.workloads
          .filter(({ workload, chains }) => workload.resource.cluster === cluster && chains.some(isByDnsName))
          .map(({ workload }) => workload.resource),
        ...given({
          dnsValid: agreed((workloads.get(cluster) ?? []).flatMap((each) => dnsValidOf(each, configMapsOf))),
        }),
        ...given({ hasStatusOnlyKinds: statusOnlyIn(own, controllerNames) }),
      },
    ];
  });
}

interface Controller {
  workload: Workload;
  container: Container;
  version?: string;
  adc?: Container;
}

/** A workload of APISIX's controller: its own container, and that of ADC beside it. */
function controllerIn(workload: Workload): Controller[] {
  const { containers } = workload.pod;
  if (!isKnown(containers)) return [];
  const container = containers.find((each) => roleOf(each, workload) === "controller");
  if (!container) return [];
  const adc = containers.find((each) => /(?:^|\/)api7\/adc(?:[:@][^/]*)?$/.test(imageOf(each, workload) ?? ""));
  const image = imageOf(container, workload) ?? "";
  // Another image's tag, of whoever builds the controller himself, may count otherwise.
  const isPublic = /(?:^|\/)apache\/apisix-ingress-controller[:@]/.test(image);
  return [{ workload, container, ...given({ version: isPublic ? versionIn(image) : undefined, adc }) }];
}

function imageOf(container: Container, workload: Workload): string | undefined {
  if (isHidden(container, workload, "image")) return undefined;
  const image = getString(container.body, "image");
  return typeof image === "string" ? image : undefined;
}

function versionOf(container: Container, workload: Workload): string | undefined {
  return versionIn(imageOf(container, workload) ?? "");
}

function isHidden({ path }: Container, { resource, podSpecPath }: Workload, field: string): boolean {
  return resource.secrets?.touch(`${podSpecPath}.${path}.${field}`) ?? false;
}

/**
 * A CPU limit in CPUs, Infinity where there is none or 0, which is none to a kubelet; undefined where it can't be read.
 * Kubernetes' quantities of CPUs are decimal, with `m` for thousandths.
 */
function cpuOf(container: Container, workload: Workload): number | undefined {
  if (isHidden(container, workload, "resources")) return undefined;
  const limit = get(container.body, "resources", "limits", "cpu");
  if (limit === undefined) return Infinity;
  const [, digits, milli] =
    /^(\d{1,9}(?:\.\d{1,9})?)(m?)$/.exec(typeof limit === "number" ? `${limit}` : text(limit)) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) / (milli ? 1000 : 1) || Infinity;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** 1 where it isn't set, but for what has no such field, as a DaemonSet. */
function replicasOf(resource: Resource): number | undefined {
  if (isSecret(resource, "spec.replicas") || !["Deployment", "StatefulSet"].includes(resource.kind)) return undefined;
  const replicas = getNumber(resource.body, "spec", "replicas") ?? 1;
  return isKnown(replicas) ? replicas : undefined;
}

/**
 * Does 1.x serve APISIX its configuration itself? `etcdserver.enabled` of its config.yaml, false where it isn't set.
 * Source: 1.8.4 conf/config-default.yaml.
 */
function compositeOf(
  container: Container,
  workload: Workload,
  configMapsOf: Given["configMapsOf"],
): boolean | undefined {
  const root = configOf(container, workload, configMapsOf);
  const enabled = root === undefined ? unknown : (getBoolean(root, "etcdserver", "enabled") ?? false);
  return isKnown(enabled) ? enabled : undefined;
}

function isByDnsName({ via, notes }: Chain): boolean {
  return via === "upstream" && notes.some(({ code }) => code === "dns-ttl");
}

/** Of each gateway container. Source: apisix/core/utils.lua (dns_parse), conf/config.yaml.example. */
function dnsValidOf(workload: Workload, configMapsOf: Given["configMapsOf"]): (number | undefined)[] {
  const { containers } = workload.pod;
  if (!isKnown(containers)) return [];
  return containers
    .filter((each) => roleOf(each, workload) === "gateway")
    .map((each) => {
      const valid = getNumber(configOf(each, workload, configMapsOf), "apisix", "dns_resolver_valid");
      return valid !== undefined && isKnown(valid) && valid >= 0 ? valid : undefined;
    });
}

/** The config.yaml that a container mounts; unknown where it can't be read, undefined where it mounts none. */
function configOf(container: Container, workload: Workload, configMapsOf: Given["configMapsOf"]): unknown {
  for (const [path, file] of mountedFiles(container.body, workload.pod.spec, configMapsOf(workload.resource))) {
    if (path.endsWith("/config.yaml")) return isKnown(file) ? parseYaml(file.text) : unknown;
  }
  return undefined;
}

const controlPlane = ["spec", "provider", "controlPlane"] as const;

function modeOf(proxy: Resource): Mode | undefined {
  const mode = isSecret(proxy, [...controlPlane, "mode"].join("."))
    ? unknown
    : getString(proxy.body, ...controlPlane, "mode");
  return mode === "apisix" || mode === "apisix-standalone" ? mode : undefined;
}

/** How many servers it names; a Service of them counts as one, as the controller asks that. */
function endpointsOf(proxy: Resource): number | undefined {
  if (proxy.secrets?.touch([...controlPlane, "endpoints"].join("."))) return undefined;
  const list = getList(proxy.body, ...controlPlane, "endpoints") ?? [];
  return isKnown(list) ? Math.max(1, list.length) : undefined;
}

/**
 * Only those whose IngressClass is the controller's hold the first sync back. Source: 2.0.1
 * internal/manager/controllers.go (registerAPIv2ForReadiness).
 */
function statusOnlyIn(resources: readonly Resource[], controllerNames: readonly string[]): true | undefined {
  const some = resources.filter((each) => isOf(each, "ApisixUpstream") || isOf(each, "ApisixPluginConfig"));
  const own = resources.filter(({ kind, body }) => {
    return kind === "IngressClass" && controllerNames.includes(text(getString(body, "spec", "controller")));
  });
  const classes = new Set(own.map(nameOf).filter((name) => typeof name === "string"));
  return some.some(({ body }) => classes.has(text(getString(body, "spec", "ingressClassName")))) || undefined;
}

function isOf({ kind, group }: Resource, wanted: string): boolean {
  return kind === wanted && group === "apisix.apache.org";
}

/** The routes that lead anywhere, by cluster. */
function routesOf(routes: Routes, resources: readonly Resource[]): ReadonlyMap<string, number> {
  const ways: readonly Chain[] = [...routes.services, ...routes.workloads].flatMap(({ chains }) => chains);
  const taken = new Set(ways.map(({ steps }) => steps[0]?.id));
  const counts = new Map<string, number>();
  for (const resource of resources) {
    if (!taken.has(resource.id)) continue;
    counts.set(resource.cluster, (counts.get(resource.cluster) ?? 0) + rulesOf(resource));
  }
  return counts;
}

/**
 * What the controller makes a route of APISIX's of. Source: 2.2.0 internal/adc/translator: one for each rule of an
 * ApisixRoute, each path of an Ingress, and each match of a Gateway API rule.
 */
function rulesOf({ kind, body }: Resource): number {
  const sum = (list: readonly unknown[], count: (each: unknown) => number) =>
    list.reduce<number>((total, each) => total + Math.max(1, count(each)), 0);
  switch (kind) {
    case "ApisixRoute":
      return elementsOf(body, "spec", "http").length + elementsOf(body, "spec", "stream").length;
    case "Ingress":
      return sum(elementsOf(body, "spec", "rules"), (rule) => elementsOf(rule, "http", "paths").length);
    case "HTTPRoute":
    case "GRPCRoute":
      return sum(elementsOf(body, "spec", "rules"), (rule) => elementsOf(rule, "matches").length);
    case "TCPRoute":
    case "TLSRoute":
    case "UDPRoute":
      return elementsOf(body, "spec", "rules").length;
    default:
      return 0;
  }
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) addTo(groups, keyOf(item), item);
  return groups;
}

/** What all of them say; undefined where one doesn't, or says another thing. */
function agreed<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

/** The smallest, undefined where one isn't known. */
function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return values.length > 0 && known.length === values.length ? known.reduce((a, b) => Math.min(a, b)) : undefined;
}

/** Without the properties that are undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
