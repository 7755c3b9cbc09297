import { sleepRemedy } from "../src/shutdown/remedy";
import type { ResourcePolicy } from "./resource-policy";

export const preStopSleep: ResourcePolicy = {
  name: "pre-stop-sleep",
  displayName: "preStop sleep",
  description: "Containers behind APISIX must delay their SIGTERM until APISIX has stopped sending them requests.",
  enforcementLevel: "remediate",
  severity: "high",
  tags: ["apisix", "kubernetes", "availability", "graceful-termination"],
  remediationSteps: "Give every container of the Pod a preStop hook that sleeps for at least sleepSeconds.",
  about: "sleep",
  remedy: (workload, requirement, settings) => sleepRemedy(workload.pod, requirement, settings.hook),
};
