import type { Resource } from "../kubernetes/resource";
import type { Workload } from "../kubernetes/workload";

/** One step of a chain: a resource, and what of it the step uses. */
export interface Step {
  /** As people read it: `ApisixRoute shop/web`, `Service shop/web:80`. */
  label: string;
  /** The resource's id (URN in a stack), where the step is a resource of this stack. */
  id?: string;
}

/** What makes a workload routed: from the route to the workload, each step found in the one before. */
export interface Chain {
  steps: Step[];
  /** `mirror`: APISIX sends a copy and throws the answer away, so that clients never see it fail. */
  via: "upstream" | "mirror";
  /** What a reader should know of this way: keep-alive connections, a rule of one controller line only. */
  notes: string[];
  /** The containers that serve the Service's port, by name; undefined where that can't be told. */
  serving?: string[];
  /** Where the chain ends at a Service: the port of it that the route uses, by number; undefined where that can't be told. */
  port?: number;
  /** The longest time that the route gives a request, in seconds; undefined where it doesn't say. */
  timeout?: number;
}

export interface RoutedWorkload {
  workload: Workload;
  /** All ways that lead to it, those of requests before those of mirrors, shortest first. At least one. */
  chains: Chain[];
}

/** A Service that APISIX routes to. */
export interface RoutedService {
  service: Resource;
  /** The ways that lead to it, ending at the Service. */
  chains: Chain[];
}

/** A place where the pack can't follow a route, or can't judge what it found, and why. */
export interface BlindSpot {
  /** What the report is about, if it is a resource of this stack. */
  resource?: Resource;
  /** What can't be seen, why, and what would help: one to three lines of text, no contents of fields. */
  message: string;
}

export interface Routes {
  workloads: RoutedWorkload[];
  services: RoutedService[];
  blindSpots: BlindSpot[];
}

/** The settings that routing depends on; all are optional in a pack's settings. */
export interface RoutingSettings {
  /** APISIX ingress controller line; their ownership rules differ. `auto` accepts what either would take. */
  controller: "auto" | "1" | "2";
  /** IngressClass names that are APISIX's, for classes that are not in the stack. */
  ingressClasses: readonly string[];
  /** GatewayClass names that are APISIX's. */
  gatewayClasses: readonly string[];
  /** Gateways of other stacks that are APISIX's: `namespace/name`. */
  gateways: readonly string[];
  /** Controller names that are APISIX's. */
  controllerNames: readonly string[];
  clusterDomain: string;
  /** Where relative DNS names in upstreams resolve; undefined where that is not known. */
  apisixNamespace?: string;
}

/** The chain on one line. */
export function printChain(chain: Chain): string {
  return chain.steps.map((step) => step.label).join(" › ");
}
