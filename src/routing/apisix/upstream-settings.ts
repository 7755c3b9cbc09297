/** The settings of an ApisixUpstream: those of all ports, and those of one (`portLevelSettings`). */
import { addTo } from "../../multimap";
import { oncePer } from "../../once";
import type { Resource } from "../../kubernetes/resource";
import { elementsOf, get, getNumber, getString, type Maybe } from "../../kubernetes/values";
import type { ControllerLine } from "../routes";

export interface Settings {
  upstream: Resource;
  body: unknown;
  /** Where they stand in it. */
  path: string;
}

export interface AllSettings {
  whole: Settings;
  /** By the number of the Service's port, in their order. */
  ofPort: ReadonlyMap<number, readonly Settings[]>;
}

/**
 * The settings that hold the discovery which a line takes in place of a Service's Pods, if there is one.
 *
 * On 1.x the first of a port's own settings replace the others, and its API drops a discovery in them; on 2.x they add to
 * the others, in their order. Sources: 1.8.4 pkg/providers/translation/service.go (translateUpstreamV2), CRD
 * ApisixUpstream; 2.2.0 internal/adc/translator/apisixupstream.go (translateApisixUpstreamForPort).
 */
export function discoverySettings(
  line: ControllerLine,
  upstream: Resource,
  port: Maybe<number> | undefined,
): Settings | undefined {
  const { whole, ofPort } = settingsOf(upstream);
  const own = (typeof port === "number" && ofPort.get(port)) || [];
  if (line === "1") return own.length === 0 && hasDiscovery(whole) ? whole : undefined;
  return [whole, ...own].filter(hasDiscovery).at(-1);
}

function hasDiscovery({ body }: Settings): boolean {
  return Boolean(getString(body, "discovery", "type"));
}

export const settingsOf = oncePer((upstream: Resource): AllSettings => {
  const ofPort = new Map<number, Settings[]>();
  for (const [i, body] of elementsOf(upstream.body, "spec", "portLevelSettings").entries()) {
    const port = getNumber(body, "port");
    if (typeof port !== "number") continue;
    addTo(ofPort, port, { upstream, body, path: `spec.portLevelSettings[${i}]` });
  }
  return { whole: { upstream, body: get(upstream.body, "spec"), path: "spec" }, ofPort };
});
