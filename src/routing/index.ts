/** Which Services and workloads APISIX sends requests to, with the evidence, and where that can't be seen. */
import type { HelmRelease } from "../kubernetes/helm";
import { expandLists } from "../kubernetes/lists";
import type { Resource } from "../kubernetes/resource";
import { apisixConfigs } from "./sources/apisix-config";
import { apisixRoutes } from "./sources/apisix-route";
import { consumers } from "./sources/consumers";
import { gatewayApi } from "./sources/gateway-api";
import { globalPlugins } from "./sources/global-plugins";
import { ingresses } from "./sources/ingress";
import { byText } from "../order";
import type { Context, Found } from "./follow/reference";
import { indexReleases } from "./follow/helm";
import { resolve } from "./follow/resolve";
import { ResourceIndex } from "./follow/resource-index";
import type { Routes, RoutingSettings } from "./routes";

export { ResourceIndex } from "./follow/resource-index";
export { blindSpotCodes, printChain } from "./routes";
export { selectsWorkload, servicePorts, workloadsOf } from "./follow/service";
export type {
  BlindSpot,
  BlindSpotCode,
  BlindSpotData,
  Chain,
  ControllerLine,
  LineNote,
  DeadRoute,
  LineRefusal,
  LongLived,
  LostByPort,
  Mark,
  Note,
  Problem,
  Refusal,
  RefusalCode,
  RefusalData,
  RoutedWorkload,
  Routes,
  RoutingSettings,
} from "./routes";

/** Where routes come from. A new source is a new file and a line here. */
const sources: readonly ((context: Context) => Iterable<Found>)[] = [
  apisixRoutes,
  ingresses,
  gatewayApi,
  globalPlugins,
  consumers,
  apisixConfigs,
];

/**
 * Follows every route among the resources to the workloads that it reaches. Each look-up costs the same however many
 * resources there are; throws on nothing, however unknown or malformed they are. The answer doesn't depend on their
 * order.
 *
 * @param releases the stack's Helm releases: what is missing may be theirs
 */
export function resolveRoutes(
  resources: readonly Resource[],
  settings: RoutingSettings,
  releases: readonly HelmRelease[] = [],
): Routes {
  // Of two that tie in all that is printed, the first one wins: by id, which the order of the resources can't change.
  const index = new ResourceIndex(
    [...expandLists(resources)].sort((a, b) => byText(a.id, b.id)),
    settings.workloads,
  );
  const lines = settings.controller === "auto" ? (["1", "2"] as const) : [settings.controller];
  const context: Context = { index, settings, lines, releases: indexReleases(index, releases) };
  const found = function* () {
    for (const source of sources) yield* source(context);
  };
  return resolve(context, found());
}
