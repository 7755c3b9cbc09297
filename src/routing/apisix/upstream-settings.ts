/** The settings of an ApisixUpstream: those of all ports, and those of one (`portLevelSettings`). */
import { oncePer } from "../../once";
import type { Resource } from "../../kubernetes/resource";
import { elementsOf, get, getNumber } from "../../kubernetes/values";

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

export const settingsOf = oncePer((upstream: Resource): AllSettings => {
  const ofPort = new Map<number, Settings[]>();
  for (const [i, body] of elementsOf(upstream.body, "spec", "portLevelSettings").entries()) {
    const port = getNumber(body, "port");
    if (typeof port !== "number") continue;
    const settings = { upstream, body, path: `spec.portLevelSettings[${i}]` };
    const known = ofPort.get(port);
    if (known) known.push(settings);
    else ofPort.set(port, [settings]);
  }
  return { whole: { upstream, body: get(upstream.body, "spec"), path: "spec" }, ofPort };
});
