/** APISIX's own containers, and how long they finish requests. */
import { getString, isKnown } from "../../kubernetes/values";
import type { Container, Workload } from "../../kubernetes/workload";
import { mountedFiles, type FindConfigMap } from "./config-maps";
import { inUnits } from "./durations";

/** What a container is to APISIX: the gateway that requests go through, or the ingress controller. */
export type Role = "gateway" | "controller";

/** By the repository of the image, of whatever registry, and by the name that the public charts give the Pods. */
const images: readonly [image: RegExp, role: Role][] = [
  [/(?:^|\/)apache\/apisix(?:[:@][^/]*)?$/, "gateway"],
  [/(?:^|\/)api7\/api7-ee-3-gateway(?:[:@][^/]*)?$/, "gateway"],
  [/(?:^|\/)(?:apache\/apisix|api7\/api7)-ingress-controller(?:[:@][^/]*)?$/, "controller"],
];
const names: Readonly<Record<string, Role>> = { apisix: "gateway", "apisix-ingress-controller": "controller" };

/** Undefined where nothing says that it is one of APISIX's. */
export function roleOf({ body, name }: Container, { podLabels }: Workload): Role | undefined {
  const image = getString(body, "image");
  const byImage = typeof image === "string" ? images.find(([pattern]) => pattern.test(image))?.[1] : undefined;
  if (byImage) return byImage;
  // https://github.com/apache/apisix-helm-chart: the label and the container are called as the chart is.
  const label = isKnown(podLabels) ? podLabels.get("app.kubernetes.io/name") : undefined;
  return label === name ? names[name] : undefined;
}

/** Does it run APISIX, or its ingress controller? */
export function isApisix(workload: Workload): boolean {
  const { containers } = workload.pod;
  return isKnown(containers) && containers.some((each) => roleOf(each, workload) !== undefined);
}

/** How long a worker of the gateway goes on with its requests after it is told to quit, in seconds. */
export interface WorkerTimeout {
  seconds: number;
  /** False: APISIX's default, which its configuration may change. */
  isSet: boolean;
}

/**
 * `nginx_config.worker_shutdown_timeout` of the gateway's config.yaml, where that is a ConfigMap of the stack; APISIX's
 * default otherwise; undefined where it is set to what can't be read. The image's STOPSIGNAL is SIGQUIT, on which nginx closes its ports and finishes its requests.
 * Sources: apisix/cli/config.lua, apache/apisix-docker, https://nginx.org/en/docs/ngx_core_module.html
 */
export function workerTimeout({ body }: Container, { pod }: Workload, find: FindConfigMap): WorkerTimeout | undefined {
  for (const [path, file] of mountedFiles(body, pod.spec, find)) {
    if (!path.endsWith("/config.yaml")) continue;
    if (!isKnown(file)) return undefined;
    const [line, ...others] = file.text.match(/^(?![ \t]*#).*worker_shutdown_timeout.*$/gm) ?? [];
    if (line === undefined) continue;
    const [, text = ""] = /^[ \t]+worker_shutdown_timeout:[ \t]*["']?(\w+)["']?[ \t]*(?:#.*)?$/.exec(line) ?? [];
    const seconds = others.length === 0 ? inUnits(text, ["ms", "s", "m", "h", "d"], "s") : undefined;
    return seconds === undefined ? undefined : { seconds, isSet: true };
  }
  return { seconds: 240, isSet: false };
}
