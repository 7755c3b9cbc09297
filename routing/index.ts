/** Which Services and workloads APISIX sends requests to, with the evidence, and where that can't be seen. */
import { expandLists } from "../kubernetes/lists";
import type { Resource } from "../kubernetes/resource";
import { apisixConfigs } from "./apisix-config";
import { apisixRoutes } from "./apisix-route";
import { gatewayApi } from "./gateway-api";
import { globalPlugins } from "./global-plugins";
import { ingresses } from "./ingress";
import type { Context, Found } from "./reference";
import { resolve } from "./resolve";
import { ResourceIndex } from "./resource-index";
import type { Routes, RoutingSettings } from "./routes";

export { ResourceIndex } from "./resource-index";
export { printChain } from "./routes";
export { selectsWorkload, servicePorts, servingContainers, workloadsOf } from "./service";
export { lingeringNotes } from "./arrive";
export type { Selection, ServicePort } from "./service";
export type { BlindSpot, Chain, RoutedService, RoutedWorkload, Routes, RoutingSettings, Step } from "./routes";

/** Where routes come from. A new source is a new file and a line here. */
const sources: readonly ((context: Context) => Iterable<Found>)[] = [
  apisixRoutes,
  ingresses,
  gatewayApi,
  globalPlugins,
  apisixConfigs,
];

/**
 * Follows every route among the resources to the workloads that it reaches. Linear in the number of resources; throws
 * on nothing, however unknown or malformed they are.
 */
export function resolveRoutes(resources: readonly Resource[], settings: RoutingSettings): Routes {
  const index = new ResourceIndex(expandLists(resources));
  const lines = settings.controller === "auto" ? (["1", "2"] as const) : [settings.controller];
  const context: Context = { index, settings, lines };
  const found = function* () {
    for (const source of sources) yield* source(context);
  };
  return resolve(context, found());
}
