/** Proxies that a mesh injects into a Pod: the marks of the Pod template, and those of its Namespace in the stack. */
import { isSecret, nameOf, namespaceOf, type Resource } from "../kubernetes/resource";
import { get, getStringMap, isKnown, unknown, type Maybe } from "../kubernetes/values";
import { hasOrderedSidecars } from "../kubernetes/version";
import { podMetadataPath, type Workload } from "../kubernetes/workload";
import { matcherOf } from "../globs";
import type { Facts } from "../settings/schema";
import { injectedProxies } from "../shutdown/app/injected";
import type { Defect, Requirement } from "../shutdown/judge";

/** The Namespaces of a stack, by the workloads in them. */
export function namespacesOf(resources: readonly Resource[]): (workload: Workload) => Resource | undefined {
  const byPlace = new Map<string, Resource>();
  for (const resource of resources) {
    const name = resource.kind === "Namespace" && resource.group === "" ? nameOf(resource) : undefined;
    if (typeof name === "string" && !resource.isPatch) byPlace.set(`${resource.cluster}\0${name}`, resource);
  }
  return ({ resource }) => {
    const namespace = namespaceOf(resource);
    return isKnown(namespace) ? byPlace.get(`${resource.cluster}\0${namespace}`) : undefined;
  };
}

/**
 * What an injected proxy does while the app sleeps: never certain, as a mesh's own settings aren't in the manifest. A
 * proxy that is written out in the template is judged like any container.
 */
export function judgeInjected(
  workload: Workload,
  namespace: Resource | undefined,
  { sleepSeconds: t, kubernetesVersion }: Requirement,
  { ignoreContainers }: Pick<Facts, "ignoreContainers">,
): Defect[] {
  const { resource, podLabels, podAnnotations, pod } = workload;
  if (!isKnown(pod.containers) || pod.isPatch) return [];
  const path = podMetadataPath(workload);
  const ofNamespace = (key: string) =>
    marksOf(namespace, getStringMap(namespace?.body, "metadata", key), `metadata.${key}`);
  const marks = {
    labels: marksOf(resource, podLabels, `${path}.labels`),
    annotations: marksOf(resource, podAnnotations, `${path}.annotations`),
    namespaceLabels: ofNamespace("labels"),
    namespaceAnnotations: ofNamespace("annotations"),
    isHostNetwork: ![undefined, false].includes(get(pod.spec, "hostNetwork") as undefined),
  };
  const written = new Set(pod.containers.map(({ name, secretName = name }) => secretName));
  const mayBeNative = hasOrderedSidecars(kubernetesVersion);
  const isIgnored = matcherOf(ignoreContainers);
  return injectedProxies(marks, t, kubernetesVersion)
    .filter(({ proxy }) => !written.has(proxy) && !isIgnored(proxy))
    .map((proxy) => ({
      code: "injected-proxy-may-stop-first",
      ...{ rule: "sleep", certain: false, data: { t, proxy } },
      fixes: [{ do: "hold-proxy", mesh: proxy.mesh, seconds: t, mayBeNative, endsWhenIdle: proxy.endsWhenIdle }],
    }));
}

/** Labels or annotations; what is a secret is unknown. */
function marksOf(
  resource: Resource | undefined,
  map: Workload["podLabels"] | undefined,
  path: string,
): ReadonlyMap<string, Maybe<string>> {
  if (!resource || map === undefined || !isKnown(map)) return new Map();
  if (!resource.secrets) return map;
  return new Map([...map].map(([name, value]) => [name, isSecret(resource, `${path}["${name}"]`) ? unknown : value]));
}
