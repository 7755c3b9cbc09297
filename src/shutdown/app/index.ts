/**
 * What a manifest says of the time that an app takes to shut down. Nothing of it is printed but the number, and the name
 * of where it stands. docs/app-shutdown.md has the same table.
 */
import { oncePer } from "../../once";
import { isKnown } from "../../kubernetes/values";
import { podMetadataPath, type Container, type Workload } from "../../kubernetes/workload";
import { environmentOf } from "../hook/environment";
import type { Budget } from "./budget";
import { environmentFrom, mountedFiles, noConfigMaps, valueFrom, type FindConfigMap } from "./config-maps";
import { haproxy, nginx, phpFpm } from "./configured";
import type { Framework, Given } from "./given";
import { micronaut, quarkus, springBoot } from "./java";
import { aspNetCore, gunicorn, hypercorn, traefik, uvicorn } from "./servers";
import { dapr, istio, linkerd, type Injected, type Mark } from "./sidecars";
import { commandLine } from "./words";

export type { Budget } from "./budget";
export { configMapsOf, type FindConfigMap } from "./config-maps";

export const frameworks: readonly Framework[] = [
  ...[springBoot, quarkus, micronaut, gunicorn, uvicorn, hypercorn, aspNetCore, traefik, nginx, haproxy, phpFpm],
];

export const injected: readonly Injected[] = [dapr, istio, linkerd];

/** How long the parts of a Pod give themselves. */
export interface Budgets {
  /** A container, after its SIGTERM. The same answer however often it is asked. */
  ofContainer: (container: Container) => readonly Budget[];
  /** The injected sidecar that takes the longest, from the Pod's deletion on. */
  ofProxy: Budget | undefined;
}

const none: Budgets = { ofContainer: () => [], ofProxy: undefined };

/**
 * What a workload says of its shutdown. What is a secret isn't read, nor is a patch: what it leaves to the object that it
 * patches may say something else.
 *
 * @param find the ConfigMaps that it may name
 */
export function budgetsOf(workload: Workload, find: FindConfigMap = noConfigMaps): Budgets {
  const { pod, podSpecPath, podAnnotations, podLabels, resource } = workload;
  if (pod.isPatch) return none;
  const markIn =
    (marks: typeof podAnnotations, key: string): Mark =>
    (name) => {
      const text = isKnown(marks) ? marks.get(name) : undefined;
      const path = `${podMetadataPath(workload)}.${key}`;
      return typeof text === "string" && !resource.secrets?.cover(`${path}["${name}"]`) ? text : undefined;
    };
  const [annotation, label] = [markIn(podAnnotations, "annotations"), markIn(podLabels, "labels")];
  const ofApp = injected.flatMap(({ app }) => app?.(annotation) ?? []);
  const ofProxies = injected.flatMap(({ proxy }) => proxy(annotation, label) ?? []);
  return {
    ofContainer: oncePer((container) => {
      const given = givenOf(container, pod.spec, find, (path) => {
        return resource.secrets?.touch(`${podSpecPath}.${container.path}.${path}`) ?? false;
      });
      return [...frameworks.flatMap((each) => each.budget(given) ?? []), ...ofApp];
    }),
    ofProxy: ofProxies.sort((a, b) => b.seconds - a.seconds)[0],
  };
}

function givenOf(
  { body }: Container,
  spec: object | undefined,
  find: FindConfigMap,
  isHidden: (path: string) => boolean,
): Given {
  const environment = environmentOf(body, {
    base: environmentFrom(body, find),
    valueFrom: (source) => valueFrom(source, find),
    isHidden,
  });
  return {
    container: body,
    commandLine: commandLine(body, environment, isHidden),
    environment,
    files: mountedFiles(body, spec, find),
  };
}
