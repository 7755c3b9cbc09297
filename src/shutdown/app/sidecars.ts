/** Sidecars that are injected into a Pod, and what its annotations say of their shutdown. */
import { budget, type Budget } from "./budget";
import { wholeSeconds } from "./durations";
import { goSeconds, istioSeconds } from "./injected";

/** An annotation or a label of the Pod's; undefined where it isn't set or can't be known. */
export type Mark = (name: string) => string | undefined;

/** A sidecar that is injected; whether it is, no manifest tells for sure. */
export interface Injected {
  name: string;
  versions: string;
  reads: readonly string[];
  link: string;
  /** How long it takes from the Pod's deletion on, as it has no hook, or one of its own: the grace period covers it. */
  proxy: (annotation: Mark, label: Mark) => Budget | undefined;
  /** How long requests take that are on their way, by whoever runs the app: then the app takes as long after its hook. */
  app?: (annotation: Mark) => Budget | undefined;
}

const gracefulSeconds = "dapr.io/graceful-shutdown-seconds";
const blockDuration = "dapr.io/block-shutdown-duration";

function daprSeconds(annotation: Mark): number | undefined {
  if (annotation("dapr.io/enabled") !== "true") return undefined;
  return wholeSeconds(annotation(gracefulSeconds) ?? "");
}

export const dapr: Injected = {
  name: "Dapr",
  versions: "1.6 and later",
  reads: [`\`${gracefulSeconds}\` and \`${blockDuration}\` with \`dapr.io/enabled: "true"\``],
  link: "https://docs.dapr.io/reference/arguments-annotations-overview/",
  proxy: (annotation) => {
    if (annotation("dapr.io/enabled") !== "true") return undefined;
    const [seconds, block] = [daprSeconds(annotation), goSeconds(annotation(blockDuration))];
    const all = seconds === undefined && block === undefined ? undefined : (seconds ?? 0) + (block ?? 0);
    return budget(all, seconds === undefined ? blockDuration : gracefulSeconds, false);
  },
  app: (annotation) => budget(daprSeconds(annotation), gracefulSeconds, false),
};

const istioConfig = "proxy.istio.io/config";

export const istio: Injected = {
  name: "Istio",
  versions: "1.5 and later",
  reads: [
    "`terminationDrainDuration` in `proxy.istio.io/config`, or its `MINIMUM_DRAIN_DURATION` with `EXIT_ON_ZERO_ACTIVE_CONNECTIONS`",
  ],
  link: "https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig",
  proxy: (annotation, label) => {
    const inject = label("sidecar.istio.io/inject") ?? annotation("sidecar.istio.io/inject");
    return inject === "false" ? undefined : budget(istioSeconds(annotation(istioConfig)), istioConfig, false);
  },
};

const wait = "config.alpha.linkerd.io/proxy-wait-before-exit-seconds";

export const linkerd: Injected = {
  name: "Linkerd",
  versions: "2.8 and later",
  reads: [`\`${wait}\``],
  link: "https://linkerd.io/2/tasks/graceful-shutdown/",
  proxy: (annotation) => {
    const isLeftOut = annotation("linkerd.io/inject") === "disabled";
    return isLeftOut ? undefined : budget(wholeSeconds(annotation(wait) ?? ""), wait, false);
  },
};
