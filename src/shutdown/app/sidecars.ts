/** Sidecars that are injected into a Pod, and what its annotations say of their shutdown. */
import { parseDuration } from "../../kubernetes/duration";
import { budget, type Budget } from "./budget";
import { wholeSeconds } from "./durations";

/** An annotation of the Pod's; undefined where it isn't set or can't be known. */
export type Annotation = (name: string) => string | undefined;

/** A sidecar that is injected; whether it is, no manifest tells for sure. */
export interface Injected {
  name: string;
  versions: string;
  reads: readonly string[];
  link: string;
  /** How long it takes from the Pod's deletion on, as it has no hook, or one of its own: the grace period covers it. */
  proxy: (annotation: Annotation) => Budget | undefined;
  /** How long requests take that are on their way, by whoever runs the app: then the app takes as long after its hook. */
  app?: (annotation: Annotation) => Budget | undefined;
}

const gracefulSeconds = "dapr.io/graceful-shutdown-seconds";

function daprSeconds(annotation: Annotation): number | undefined {
  if (annotation("dapr.io/enabled") !== "true") return undefined;
  return wholeSeconds(annotation(gracefulSeconds) ?? "");
}

export const dapr: Injected = {
  name: "Dapr",
  versions: "1.6 and later",
  reads: [`\`${gracefulSeconds}\` and \`dapr.io/block-shutdown-duration\` with \`dapr.io/enabled: "true"\``],
  link: "https://docs.dapr.io/reference/arguments-annotations-overview/",
  proxy: (annotation) => {
    const seconds = daprSeconds(annotation);
    const block = parseDuration(annotation("dapr.io/block-shutdown-duration") ?? "") ?? 0;
    return budget(seconds === undefined ? undefined : seconds + block, gracefulSeconds, false);
  },
  app: (annotation) => budget(daprSeconds(annotation), gracefulSeconds, false),
};

export const istio: Injected = {
  name: "Istio",
  versions: "1.5 and later",
  reads: ["`terminationDrainDuration` in `proxy.istio.io/config`"],
  link: "https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig",
  proxy: (annotation) => {
    const text = annotation("proxy.istio.io/config") ?? "";
    // The proxy may end as soon as no connection is open.
    if (text.includes("EXIT_ON_ZERO_ACTIVE_CONNECTIONS")) return undefined;
    const [, duration = ""] = /\bterminationDrainDuration["']?:[ \t]*["']?([\d.a-zµ]+)/.exec(text) ?? [];
    return budget(parseDuration(duration), "proxy.istio.io/config", false);
  },
};

const wait = "config.alpha.linkerd.io/proxy-wait-before-exit-seconds";

export const linkerd: Injected = {
  name: "Linkerd",
  versions: "2.8 and later",
  reads: [`\`${wait}\``],
  link: "https://linkerd.io/2/tasks/graceful-shutdown/",
  proxy: (annotation) => budget(wholeSeconds(annotation(wait) ?? ""), wait, false),
};
