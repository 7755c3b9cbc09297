/** The real APISIX ingress controller 1.x before a real Kubernetes API and a double of APISIX's Admin API. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { goProgram } from "../../../tools/go";
import { controllerProgram } from "../../../tools/kubernetes";
import { apply, create, remove, type ApiServer, type KubernetesObject } from "../kubernetes";
import { freePorts, startService, until, type Service } from "../kubernetes/processes";
import { startAdminApi, type AdminApi } from "./admin-api";
import { endpointsOf, isTemplated, podsOf, runningStatus } from "./pods";
import { reachedBy, type Reached } from "./reached";

export { compare, faultOf, type Question } from "./compare";
export { controllerDefinitions } from "./objects";

/** What the controller does with objects. */
export interface Outcome extends Reached {
  /** Its warnings and errors about them. */
  log: string[];
}

/** The API refuses an object, or doesn't have its kind. */
export class Refused extends Error {}

export interface Options {
  /** The one class that it takes, besides objects of its own kinds without a class; `apisix`, as in its Helm chart. */
  ingressClass?: string;
  clusterDomain?: string;
  /** Where APISIX runs: its relative DNS names are looked up there. */
  apisixNamespace?: string;
}

export interface Controller {
  /**
   * Gives the objects to the controller, and answers where it sends requests; removes the objects again.
   *
   * @throws Refused when the API refuses one of the objects.
   */
  judge: (objects: readonly KubernetesObject[], options?: Options) => Promise<Outcome>;
  stop: () => void;
}

interface Run {
  service: Service;
  logFile: string;
  ingressClass: string;
}

/** A route that is added last: once it is pushed, what was added before it has been seen. */
const marker = (name: string): KubernetesObject => ({
  apiVersion: "apisix.apache.org/v2",
  kind: "ApisixRoute",
  metadata: { namespace: "marker", name },
  spec: {
    http: [{ name: "marker", match: { paths: ["/marker"] }, backends: [{ serviceName: "marker", servicePort: 80 }] }],
  },
});
const markerService: KubernetesObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "marker", name: "marker" },
  spec: { selector: { app: "marker" }, ports: [{ port: 80 }] },
};
const isMarker = (object: unknown) => (object as { name?: string }).name?.startsWith("marker_") === true;

/** Starts it as it is by default (the class `apisix`, and all of its own kinds), with the Gateway API. */
export async function startController(api: ApiServer): Promise<Controller> {
  const program = await goProgram(controllerProgram);
  const admin = await startAdminApi();
  await api.createNamespace("marker");
  await apply(api, markerService, ...endpointsOf(markerService, []), marker("first"));
  let run: Run | undefined;
  let count = 0;
  const stop = () => {
    run?.service.stop();
    run = undefined;
  };
  const runWith = async (ingressClass: string) => {
    if (run && !run.service.hasEnded() && run.ingressClass === ingressClass) return run;
    stop();
    admin.clear();
    return (run = await start(program, api, admin, `${++count}`, ingressClass));
  };
  return {
    judge: async (objects, options = {}) => {
      const running = await runWith(options.ingressClass ?? "apisix");
      try {
        return await judge(api, admin, running, objects, options, `marker-${++count}`);
      } finally {
        // What is left of these objects would be taken for the next ones': 1.8.4 keeps the listeners of Gateways that are
        // gone (pkg/providers/gateway/provider.go RemoveListeners).
        if (!isEmpty(admin) || objects.some(({ kind }) => kind === "Gateway")) stop();
      }
    },
    stop: () => {
      stop();
      admin.stop();
    },
  };
}

async function start(program: string, api: ApiServer, admin: AdminApi, id: string, ingressClass: string): Promise<Run> {
  const run = await runController(program, api, admin.url, id, ingressClass);
  await until(
    () => {
      if (run.service.hasEnded()) throw new Error(run.service.log());
      return (admin.pushed.get("routes")?.size ?? 0) > 0;
    },
    "The controller pushes a route",
    60,
  );
  return run;
}

/**
 * Starts the controller before an Admin API.
 *
 * @param id no two at the same time may have the same
 */
export async function runController(
  program: string,
  api: ApiServer,
  adminUrl: string,
  id: string,
  ingressClass = "apisix",
): Promise<Run> {
  const [http, https] = await freePorts(2);
  const logFile = join(api.folder, "controller.log");
  const service = startService(
    program,
    [
      "ingress",
      ...Object.entries({
        kubeconfig: api.kubeconfigPath,
        "default-apisix-cluster-base-url": adminUrl,
        "default-apisix-cluster-admin-key": "key",
        "apisix-admin-api-version": "v3",
        "http-listen": `127.0.0.1:${http}`,
        "https-listen": `127.0.0.1:${https}`,
        "ingress-class": ingressClass,
        "enable-gateway-api": "true",
        "election-id": `controller-${id}`,
        "resync-interval": "24h",
        "log-level": "warn",
      }).map(([name, value]) => `--${name}=${value}`),
    ],
    logFile,
    { ...process.env, POD_NAMESPACE: "default", POD_NAME: "controller" },
  );
  return { service, logFile, ingressClass };
}

async function judge(
  api: ApiServer,
  admin: AdminApi,
  { service: process, logFile }: Run,
  objects: readonly KubernetesObject[],
  options: Options,
  id: string,
): Promise<Outcome> {
  const logged = statSync(logFile).size;
  const pods = podsOf(objects);
  const given = objects.filter((object) => !isTemplated(object) && object.kind !== "Pod");
  const own = (kinds: RegExp) => given.filter(({ kind }) => kinds.test(kind));
  const routes = /^(ApisixRoute|Ingress|\w+Route)$/;
  const stored: KubernetesObject[] = [];
  const store = async (all: readonly KubernetesObject[]) => {
    for (const object of all) {
      await api.createNamespace(object.metadata?.namespace ?? "default");
      const isNamespace = object.kind === "Namespace";
      const [one] = await refusing(isNamespace ? apply(api, object) : create(api, object).then((each) => [each]));
      if (one) stored.push(one);
    }
  };
  try {
    // Classes before what names them, and then what routes lead to before the routes: else the controller has to try
    // again, which takes it seconds.
    await store(own(/^Namespace$/));
    await store(own(/Class$/));
    if (own(/^GatewayClass$/).length > 0) await pause(300);
    for (const pod of pods) {
      await store([pod.object]);
      const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.object.metadata?.name}/status`;
      const type = { contentType: "application/merge-patch+json" };
      await api.ask("PATCH", path, { status: runningStatus(pod) }, type);
    }
    const services = own(/^Service$/);
    await store(services);
    await store(services.flatMap((each) => endpointsOf(each, pods)));
    await store(given.filter(({ kind }) => !/^(Namespace|Service)$|Class$/.test(kind) && !routes.test(kind)));
    await pause(300);
    await store([...own(routes), marker(id)]);
    const hasEnded = () => process.hasEnded();
    const isSeen = () => [...(admin.pushed.get("routes")?.values() ?? [])].some((route) => names(route, id));
    // A value that it can't read makes it blind to all objects of the kind: then it is restarted.
    const isBlind = await until(() => hasEnded() || isSeen(), "It pushes the marker", 10, 50).catch(() => "blind");
    if (isBlind === "blind") process.stop();
    await until(() => hasEnded() || admin.quietFor() > 700, "The controller is done", 20, 50);
    const cluster = { services: stored.filter(({ kind }) => kind === "Service"), pods, ...options };
    const log = problems(readFileSync(logFile, "utf8").slice(logged));
    return {
      ...reachedBy(admin.pushed, cluster),
      log: hasEnded() ? ["It ended, or sees nothing more.", ...log] : log,
    };
  } finally {
    for (const object of stored.reverse()) await forget(api, object).catch(() => undefined);
    await until(() => process.hasEnded() || isEmpty(admin), "The objects are gone", 1, 50).catch(() => undefined);
  }
}

/** The lines of a log that say why something isn't pushed, without the objects in them. */
function problems(log: string): string[] {
  const lines = log.replace(/\u001b\[\d+m/g, "").split("\n");
  const own = lines.filter((line) => /\t(error|warn|panic|fatal)\t|^panic|^fatal/.test(line));
  const texts = own.map((line) =>
    [line.split("\t").slice(2, 4).join(": "), /"error": "[^"]*"/.exec(line)?.[0]].join(" "),
  );
  return [...new Set(texts)].filter((text) => !/external IPs|deleted before|deletion for/.test(text));
}

async function refusing<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw new Refused(error instanceof Error ? error.message : String(error), { cause: error });
  });
}

/** Deletes an object; a Namespace, which would stay in deletion without its controller, only loses its labels. */
async function forget(api: ApiServer, object: KubernetesObject): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  if (kind !== "Namespace") return remove(api, object);
  await apply(api, { apiVersion, kind, metadata: { name: metadata?.name ?? "" } });
}

const names = (route: unknown, id: string) => (route as { name?: string }).name === `marker_${id}_marker`;

/** Are there only the marker's objects? A route of the next objects would take an upstream that is left. */
function isEmpty({ pushed }: AdminApi): boolean {
  return [...pushed.values()].every((objects) => [...objects.values()].every(isMarker));
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
