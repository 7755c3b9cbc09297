/** The sentences about t: what bounds it, and where each number comes from. docs/how-long.md has the same words. */
import {
  faults,
  secondsPerRoute,
  soundController,
  type FaultId,
  type Interruption,
  type Missing,
  type Reason,
} from "../latency";
import { settingsSchema } from "../settings/schema";
import { docsUrl } from "../version";

const controller = "https://github.com/apache/apisix-ingress-controller";

/** A sentence, and its source. */
export interface Sourced {
  text: string;
  source: string;
}

export function reasonText(reason: Reason): Sourced {
  switch (reason.code) {
    case "documented":
      return {
        text: "APISIX's documentation sleeps 5 s in its example, and names no other number",
        source: `${controller}/blob/v1.8.4/docs/en/latest/tutorials/how-to-avoid-race-condition-when-scaling-down.md`,
      };
    case "syncs-measured": {
      const { p99, isAbove, count } = reason.durations;
      const syncs = `${count} ${count === 1 ? "sync" : "syncs"}`;
      return {
        text: `p99 of the controller's ${syncs} is ${isAbove ? "above " : ""}${rounded(p99)} s; an endpoint's change waits for the sync that runs, and then for its own`,
        source: "apisix_ingress_adc_sync_duration_seconds of the controller",
      };
    }
    case "syncs-estimated":
      return {
        text: `each change of an endpoint syncs ${reason.routes === 1 ? "the route that is" : `all ${reason.routes} routes that are`} known, at ${secondsPerRoute * 1000} ms of CPU time each${times(reason.endpoints)}${reason.cpu !== undefined && reason.cpu < 1 ? `, and ADC has ${rounded(reason.cpu)} CPUs` : ""}; it waits for the sync that runs, and then for its own`,
        source: docsUrl("how-long.md"),
      };
    case "composite":
      return {
        text: "controller 1.x serves APISIX its configuration itself (etcdserver.enabled), and the user who reported lost requests there needed a sleep: 15 s was enough",
        source: `${controller}/issues/2030`,
      };
    case "etcd-watch":
      return {
        text: "controller 1.x writes each endpoint's change to the Admin API at once, and APISIX watches etcd",
        source: docsUrl("how-long.md"),
      };
  }
}

/** What `sleepSeconds` takes at most, by the schema. */
export const longestSleep = settingsSchema.properties.sleepSeconds.maximum;

export const tooLongText = `no sleepSeconds is that long (${longestSleep} at most): shorten the syncs first`;

function times(endpoints: number): string {
  return endpoints === 1 ? "" : `, for ${endpoints} endpoints in turn`;
}

function rounded(seconds: number): string {
  return String(Number(seconds.toPrecision(3)));
}

export function interruptionText({ code, seconds }: Interruption): Sourced {
  switch (code) {
    case "leader-change":
      return {
        text: `no endpoint is updated until a new leader has the lease (up to ${seconds} s), and has synced; the chart's leaseDuration may have no effect`,
        source: "https://github.com/apache/apisix-helm-chart/issues/997",
      };
    case "gateway-terminates":
      return {
        text: `an APISIX Pod that terminates gets no more updates, and serves on for its own preStop hook (${seconds} s in the chart)`,
        source: `${controller}/blob/2.2.0/internal/adc/translator/gatewayproxy.go`,
      };
  }
}

/** What is wrong with the versions of src/latency/faults.ts. */
const symptoms: Readonly<Record<FaultId, string>> = {
  "sync-not-retried":
    "a sync that fails isn't tried again before the next change or sync_period, and one Service without endpoints makes each sync fail: APISIX keeps Pods that are gone",
  "first-sync-waits":
    "after each restart and each change of the leader, an ApisixUpstream or ApisixPluginConfig makes the first sync wait for 5 minutes",
  "stale-baseline":
    "in standalone mode, APISIX may refuse each sync after a change of the leader, until the controller's Pod is replaced",
  "inline-upstreams":
    "Services that an ADC before 0.22.0 wrote to APISIX may keep Pods that are gone, although each sync reports success",
};

export function symptomOf(id: FaultId): string {
  return symptoms[id];
}

/** What to do about it. */
export function upgradeText(id: FaultId): string {
  if (faultOf(id).of === "adc") return "upgrade to an ADC after 0.28.0 whose release notes name api7/adc#598";
  // Its change asks ADC to read APISIX anew, which ADC can from 0.27.0 on. In its mode, the fault of ADC does no harm.
  const adc =
    id === "stale-baseline"
      ? ", with ADC 0.27.0 or later"
      : "; its ADC lacks api7/adc#598, which matters if one before 0.22.0 has written to APISIX";
  return `upgrade the controller to ${soundController} or later${adc}`;
}

export function faultSources(id: FaultId): readonly string[] {
  return faultOf(id).sources;
}

function faultOf(id: FaultId) {
  const fault = faults.find((each) => each.id === id);
  if (!fault) throw new Error(`no such fault: ${id}`);
  return fault;
}

const missing: Readonly<Record<Missing, string>> = {
  controller: "the controller: its workload is not among what was read",
  version: "the controller's version: its image has no tag of a public release",
  "early-candidate": "how 2.0.0-rc1 and 2.0.0-rc2 sync: what is known is of 2.0.0-rc3 and later",
  routes: "how many routes there are: none of APISIX's is among what was read",
  "several-controllers": "which of the controllers takes which routes",
  "adc-limit": "the CPU limit of the ADC container",
  mode: "the mode of the GatewayProxy",
  "controller-config": "the controller's config.yaml: whether it serves APISIX its configuration itself",
  "few-syncs": "how long syncs take at other times: fewer than 100 were measured",
  "longest-syncs": "how long the longest syncs take: more than the highest bucket of the metric",
};

export function missingText(code: Missing): string {
  return missing[code];
}
