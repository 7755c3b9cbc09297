import type { ResourcePolicy } from "./policy";

export const preStopSleep: ResourcePolicy = {
  name: "pre-stop-sleep",
  displayName: "preStop sleep",
  description: "Containers behind APISIX must delay their SIGTERM until APISIX has stopped sending them requests.",
  enforcementLevel: "remediate",
  severity: "high",
  remediationSteps: "Give every container of the Pod a preStop hook that sleeps for at least sleepSeconds.",
};
