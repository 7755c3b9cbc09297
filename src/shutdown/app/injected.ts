/**
 * Proxies that a mesh injects: they aren't in the Pod template, but their marks are. As an ordinary container such a proxy
 * receives SIGTERM at once, while the app's hook still sleeps. As a native sidecar (KEP-753) it ends after the app.
 */
import type * as Yaml from "js-yaml";
import { get, getString, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { hasOrderedSidecars } from "../../kubernetes/version";

type Marked = ReadonlyMap<string, Maybe<string>>;

/** What is written on a Pod template and on its Namespace, where that is in the stack. What is secret in it is unknown. */
export interface Marks {
  labels: Marked;
  annotations: Marked;
  namespaceLabels: Marked;
  namespaceAnnotations: Marked;
  /** Istio and Linkerd leave Pods of the node's network alone. */
  isHostNetwork: boolean;
}

export type MeshName = "Istio" | "Linkerd" | "Dapr";

/** An injected proxy that may stop before the app. */
export interface InjectedProxy {
  mesh: MeshName;
  /** The container's name. */
  proxy: string;
  /** Seconds that it goes on after SIGTERM, or before it, by an annotation; undefined where none says. */
  waits: number | undefined;
  /** Does it end when no connection is left? Then it is the least that it drains which makes it wait. */
  endsWhenIdle: boolean;
}

interface Mesh {
  mesh: MeshName;
  proxy: string;
  isInjected: (marks: Marks) => boolean;
  /** Is it a native sidecar by an annotation? */
  isNative: (annotations: Marked) => boolean;
  waits: (annotations: Marked) => number | undefined;
}

const meshes: readonly Mesh[] = [
  {
    mesh: "Istio",
    proxy: "istio-proxy",
    // istio/pkg/kube/inject/inject.go, injectRequired, and the selectors of its webhook: the label wins.
    isInjected: ({ labels, annotations, namespaceLabels, isHostNetwork }) => {
      const own = labels.get("sidecar.istio.io/inject") ?? annotations.get("sidecar.istio.io/inject");
      const ofNamespace = namespaceLabels.get("istio-injection");
      if (isHostNetwork || ofNamespace === "disabled" || own === unknown) return false;
      if (own !== undefined && own !== "") return isYes(own, ["y", "yes", "true", "on"]);
      return ofNamespace === "enabled" || namespaceLabels.has("istio.io/rev") || labels.has("istio.io/rev");
    },
    // By default from 1.27 on where all nodes run Kubernetes 1.33 or later (webhook.go, DetectNativeSidecar).
    isNative: (annotations) => annotations.get("sidecar.istio.io/nativeSidecar") === "true",
    waits: (annotations) => istioSeconds(annotations.get("proxy.istio.io/config")),
  },
  {
    mesh: "Linkerd",
    proxy: "linkerd-proxy",
    // linkerd2/pkg/inject/report.go, disabledByAnnotation: either of the two enables it, and only the Pod disables it.
    isInjected: ({ annotations, namespaceAnnotations, isHostNetwork }) => {
      const [own, ofNamespace] = [annotations, namespaceAnnotations].map((each) => each.get("linkerd.io/inject"));
      if (isHostNetwork || own === unknown || own === "disabled") return false;
      return [own, ofNamespace].some((value) => value === "enabled" || value === "ingress");
    },
    // linkerd2/pkg/inject/inject.go: the first one that is set. The alpha one since 2.15, the beta one since 2.19; the
    // default since 2.20.
    isNative: (annotations) => {
      const names = ["config", "config.beta", "config.alpha"].map(
        (at) => `${at}.linkerd.io/proxy-enable-native-sidecar`,
      );
      return annotations.get(names.find((name) => annotations.has(name)) ?? "") === "true";
    },
    // A preStop hook of the proxy that sleeps (charts/partials/templates/_proxy.tpl).
    waits: (annotations) => {
      const text = annotations.get("config.alpha.linkerd.io/proxy-wait-before-exit-seconds");
      return typeof text === "string" && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
    },
  },
  {
    mesh: "Dapr",
    proxy: "daprd",
    isInjected: ({ annotations }) => isYes(annotations.get("dapr.io/enabled"), ["y", "yes", "true", "t", "on", "1"]),
    // Since 1.18.
    isNative: (annotations) =>
      isYes(annotations.get("dapr.io/enable-native-sidecar"), ["y", "yes", "true", "t", "on", "1"]),
    // Since 1.13, unless the app reports that it is unhealthy. What graceful-shutdown-seconds gives comes afterwards.
    waits: (annotations) => goSeconds(annotations.get("dapr.io/block-shutdown-duration")),
  },
];

/**
 * The proxies that are injected into a Pod and may stop before APISIX has stopped sending it requests.
 *
 * @param t the seconds that they have to go on
 */
export function injectedProxies(marks: Marks, t: number, kubernetesVersion: string): InjectedProxy[] {
  const mayBeNative = hasOrderedSidecars(kubernetesVersion);
  // Linkerd reads its configuration from the Namespace, too; the Pod's wins.
  const inherited = new Map([...marks.namespaceAnnotations, ...marks.annotations]);
  return meshes.flatMap(({ mesh, proxy, isInjected, isNative, waits }) => {
    const annotations = mesh === "Linkerd" ? inherited : marks.annotations;
    if (!isInjected(marks) || (mayBeNative && isNative(annotations))) return [];
    const seconds = waits(annotations);
    const endsWhenIdle = mesh === "Istio" && idleMetadata(annotations.get("proxy.istio.io/config")) !== undefined;
    return seconds !== undefined && seconds >= t ? [] : [{ mesh, proxy, waits: seconds, endsWhenIdle }];
  });
}

function isYes(text: Maybe<string> | undefined, words: readonly string[]): boolean {
  return typeof text === "string" && words.includes(text.toLowerCase());
}

/**
 * The seconds that Istio's agent drains: `terminationDrainDuration`, or with `EXIT_ON_ZERO_ACTIVE_CONNECTIONS` (since
 * 1.12) at least `MINIMUM_DRAIN_DURATION`, 5 s by default, and then until no connection is left
 * (istio/pkg/envoy/agent.go, terminate; pilot/cmd/pilot-agent/options/options.go).
 */
export function istioSeconds(config: Maybe<string> | undefined): number | undefined {
  const metadata = idleMetadata(config);
  if (metadata !== undefined) return goSeconds(getString(metadata, "MINIMUM_DRAIN_DURATION") ?? "5s");
  // As protobuf's JSON has it: seconds, and nothing else.
  const drain = getString(parse(config), "terminationDrainDuration");
  return typeof drain === "string" && /^\d+(?:\.\d+)?s$/.test(drain) ? goSeconds(drain) : undefined;
}

/** The `proxyMetadata` of a proxy that ends when no connection is left. */
function idleMetadata(config: Maybe<string> | undefined): unknown {
  const metadata = get(parse(config), "proxyMetadata");
  return getString(metadata, "EXIT_ON_ZERO_ACTIVE_CONNECTIONS") === "true" ? metadata : undefined;
}

/** Longer annotations are not read. */
const longestConfig = 16_384;

function parse(text: Maybe<string> | undefined): unknown {
  if (typeof text !== "string" || text.length > longestConfig || !/terminationDrainDuration|EXIT_ON_ZERO/.test(text))
    return undefined;
  // Loaded on first use: most Pods have no such annotation.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { load } = require("js-yaml") as typeof Yaml;
  try {
    return load(text);
  } catch {
    return undefined;
  }
}

const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };

/** The seconds of a Go duration (`1m30s`); undefined where it is none, or an absurd one. */
export function goSeconds(text: Maybe<string> | undefined): number | undefined {
  if (text === undefined || !isKnown(text) || !/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|[hms]))+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, number, unit = ""] of text.matchAll(/([\d.]+)(ms|[hms])/g))
    seconds += Number(number) * (units[unit] ?? 0);
  return seconds;
}
