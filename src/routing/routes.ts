import type { Key } from "../order";
import type { Resource } from "../kubernetes/resource";
import type { Workload, WorkloadKind } from "../kubernetes/workload";

/** One step of a chain: a resource, and what of it the step uses. */
export interface Step {
  /** As people read it: `ApisixRoute shop/web`, `Service shop/web:80`. */
  label: string;
  /** The resource's id (URN in a stack), where the step is a resource of this stack. */
  id?: string;
}

/** What is written in a resource, as evidence. */
export interface Mark {
  /** `ApisixRoute shop/ws`. */
  resource: string;
  /** The field and its value: `spec.http[0].websocket: true`. Absent: the resource's kind says it. */
  field?: string;
}

/** Connections that stay open, the most telling first. */
export const longLivedKinds = ["websocket", "grpc", "stream"] as const;

/** A mark of connections that stay open for longer than a request takes. */
export interface LongLived extends Mark {
  kind: (typeof longLivedKinds)[number];
}

/** What makes a workload routed: from the route to the workload, each step found in the one before. */
export interface Chain {
  steps: Step[];
  /** `mirror`: APISIX sends a copy and throws the answer away, so that clients never see it fail. */
  via: "upstream" | "mirror";
  /** What a reader should know of this way, each once. */
  notes: Note[];
  /** The containers that serve the Service's port, by name; undefined if that can't be known. */
  serving?: string[];
  /** Where the chain ends at a Service: the port of it that the route uses, by number; undefined if that can't be known. */
  port?: number;
  /** The longest time that the route gives a request, in seconds; undefined where it doesn't say. */
  timeout?: number;
  /** The timeout comes from a secret: it isn't printed. */
  isTimeoutSecret?: true;
  /** Connections on it stay open. */
  longLived?: LongLived;
  /** What says that a request which fails at one Pod isn't tried on another one. */
  noRetries?: Mark;
}

export interface RoutedWorkload {
  workload: Workload;
  /** All ways that lead to it: requests before mirrors, short before long, then by text. At least one. */
  chains: Chain[];
}

/** A Service that APISIX routes to. */
export interface RoutedService {
  service: Resource;
  /** The ways that lead to it, ending at the Service; in the order of a workload's. */
  chains: Chain[];
}

/** A major version of the APISIX ingress controller: 1.x or 2.x. */
export type ControllerLine = "1" | "2";

/** Everything that can keep a route from being followed. The words for each are in src/assess/blind-spot-messages.ts. */
export const blindSpotCodes = [
  "class-not-in-stack",
  "class-missing",
  "ingress-class-missing",
  "ingress-class-named-twice",
  "class-of-unlisted-controller",
  "gateway-class-not-in-stack",
  "gateway-not-in-stack",
  "listener-namespaces-unknown",
  "reference-grant-not-in-stack",
  "gateway-proxy-unused",
  "gateway-proxy-not-in-stack",
  "value-unknown",
  "service-not-in-stack",
  "service-without-selector",
  "endpoints-written-by-hand",
  "service-selects-nothing",
  "pod-labels-unknown",
  "workload-kind-unknown",
  "apisix-upstream-not-in-stack",
  "subset-not-in-stack",
  "plugin-config-not-in-stack",
  "host-without-namespace",
  "other-cluster-domain",
  "discovery-name-not-followed",
  "discovery-not-followed",
  "upstream-in-secret",
  "upstream-id-not-followed",
  "plugin-not-followed",
  "apisix-config-unreadable",
  "default-backend-not-read",
  "backend-resource-not-read",
  "service-port-missing",
  "target-port-missing",
  "job-behind-service",
  "weight-zero",
  "split-takes-all",
  "headless-service-as-host",
  "external-node-of-wrong-type",
  "service-name-with-dot",
  "apisix-upstream-refused",
  "apisix-upstream-empty",
  "external-name-without-cluster-ip",
] as const;

export type BlindSpotCode = (typeof blindSpotCodes)[number];

/**
 * What a blind spot of each code is about: names, paths of fields and numbers, never what a field holds.
 *
 * What a setting could list is named as the setting names it (`edge`, `infra/edge`), every other resource as people
 * read it (`Service shop/web`); `field` is a path within the resource that is named beside it.
 */
export interface BlindSpotData {
  "class-not-in-stack": { class: string };
  "class-missing": { resource: string };
  /** The first of the Ingresses. */
  "ingress-class-missing": { ingress: string };
  /** The classes of the annotation and of the field. */
  "ingress-class-named-twice": { ingress: string; annotation: string; field: string };
  "class-of-unlisted-controller": { class: string; resource: string };
  "gateway-class-not-in-stack": { class: string };
  /** `namespace/name`; the name alone if the namespace isn't known. */
  "gateway-not-in-stack": { gateway: string };
  /** The namespace of the route, if its name is known. */
  "listener-namespaces-unknown": { gateway: string; namespace?: string };
  "reference-grant-not-in-stack": { route: string };
  "gateway-proxy-unused": { proxy: string };
  /** `namespace/name`, and the IngressClass or Gateway that names it. */
  "gateway-proxy-not-in-stack": { proxy: string; by: string };
  "value-unknown": { field: string; resource: string };
  /** `release`: the Helm release of this stack that probably makes it, by its name in the program. */
  "service-not-in-stack": { service: string; release?: string };
  "service-without-selector": { service: string };
  "endpoints-written-by-hand": { service: string };
  "service-selects-nothing": { service: string };
  /** One of the workloads, the field of its labels, and how many more there are. */
  "pod-labels-unknown": { service: string; workload: string; field: string; more: number };
  /** What the setting `workloads` would hold. */
  "workload-kind-unknown": { workload: string; apiVersion: string; kind: string };
  "apisix-upstream-not-in-stack": { upstream: string };
  "subset-not-in-stack": { upstream: string; field: string; route: string };
  "plugin-config-not-in-stack": { config: string };
  "host-without-namespace": { field: string; resource: string };
  "other-cluster-domain": { field: string; resource: string };
  "discovery-name-not-followed": { field: string; resource: string };
  "discovery-not-followed": { field: string; resource: string };
  "upstream-in-secret": { field: string; resource: string };
  "upstream-id-not-followed": { field: string; resource: string };
  /** The field of the plugin's configuration that holds the Service's name. */
  "plugin-not-followed": { plugin: string; field: string; resource: string; service: string };
  /** The key of the ConfigMap's data. */
  "apisix-config-unreadable": { key: string; configMap: string };
  "default-backend-not-read": { ingress: string };
  "backend-resource-not-read": { field: string; ingress: string };
  "service-port-missing": { service: string; port: number | string; lost: LostByPort };
  /** The port that the route uses, the name that the Service gives for it, and one of the workloads without it. */
  "target-port-missing": { service: string; port: number | string; targetPort: string; workload: string; more: number };
  "job-behind-service": { job: string; service: string };
  "weight-zero": { service: string };
  /** The field with the configuration of the `traffic-split`. */
  "split-takes-all": { service: string; field: string; resource: string };
  "headless-service-as-host": { service: string };
  "external-node-of-wrong-type": { service: string };
  /** The kind of the resource that names it, which decides what works. */
  "service-name-with-dot": { service: string; field: string; resource: string; kind: string };
  "apisix-upstream-refused": { upstream: string; field: string };
  "apisix-upstream-empty": { upstream: string };
  "external-name-without-cluster-ip": { service: string };
}

/** What a missing port costs where the route lives on: the requests to a host name, a backend, on 1.x also its route. */
export type LostByPort = "requests" | "backend" | "route-on-1";

/** A code with its own data. */
export type Problem<C extends BlindSpotCode = BlindSpotCode> = {
  [K in C]: { code: K; data: BlindSpotData[K] };
}[C];

/** A place where the pack can't follow a route, or can't judge what it found. */
export type BlindSpot = Problem & {
  /** What the report is about. */
  resource: Resource;
  /** One way that leads there, printed, and how many more there are. */
  evidence: string[];
};

/**
 * Why one controller line takes nothing of a route, or of a way. A new reason is a row here, one in
 * src/assess/refusal-messages.ts, and the stage that finds it.
 *
 * `field` is a path within the route. What a reason names is printed as people read it.
 */
export interface RefusalData {
  /** The class goes to another controller. */
  "class-of-other-controller": { class: string; field: string };
  /** The class's controller is the name of the other line's, `of`. An IngressClass or a GatewayClass. */
  "class-of-other-line": { class: string; controller: string; of: ControllerLine };
  "class-not-known": Nothing;
  "no-class": Nothing;
  /** Nothing tells the controller which APISIX to send it to. */
  "class-without-gateway-proxy": { class: string };
  "gateway-without-gateway-proxy": { gateway: string };
  "gateway-proxy-incomplete": { proxy: string; field: string };
  "version-not-served": { version: string };
  "service-named-twice": { field: string };
  "rule-name-twice": { field: string };
  "no-rules": Nothing;
  "expression-invalid": { field: string };
  "remote-address-invalid": { field: string };
  "duration-unreadable": { field: string };
  /** The resource that holds it, as people read it. */
  "plugin-config-unreadable": { field: string; resource: string };
  "plugin-config-of-other-class": { config: string };
  "split-replaces-plugin": Nothing;
  "plugin-replaces-split": Nothing;
  "service-port-missing": { service: string; port: number | string } & Cost;
  /** The kind of the route decides what works. */
  "service-name-with-dot": { service: string; kind: string } & Cost;
  "external-node-of-wrong-type": { service: string } & Cost;
  "apisix-upstream-refused": { upstream: string; field: string } & Cost;
  "apisix-upstream-empty": { upstream: string } & Cost;
  "external-name-without-cluster-ip": { service: string } & Cost;
  "external-name-not-read": Cost;
  "gateway-proxy-not-read": Nothing;
  "plugin-config-not-read": Nothing;
  "plugin-takes-all": Nothing;
  "discovery-differs": { upstream: string };
  "consumer-plugins-not-read": Nothing;
  "grpc-route-not-read": Nothing;
  "no-gateway-named": Nothing;
  "other-parent": Nothing;
  "no-listener": Nothing;
  /** TLS listeners of one port. */
  "tls-modes-differ": { gateway: string; port: string };
  "hostnames-missing": Nothing;
  "first-backend-only": Nothing;
  "tls-secret-not-named": { field: string };
  "reference-grant-not-in-stack": Nothing;
}

type Nothing = Record<never, never>;

/** What a backend or upstream costs that a line drops. */
export interface Cost {
  /** The route has no other one for that line. Left out: the line drops the whole route for it. */
  isLast?: true;
}

/** The reasons for which a line drops a backend or an upstream. */
export type DropCode = { [C in RefusalCode]: "isLast" extends keyof RefusalData[C] ? C : never }[RefusalCode];

export type RefusalCode = keyof RefusalData;

export type Refusal<C extends RefusalCode = RefusalCode> = { [K in C]: { code: K } & RefusalData[K] }[C];

/** What a line refuses, and why. */
export interface LineRefusal {
  line: ControllerLine;
  because: Refusal;
}

/** A route of APISIX's that none of the lines takes which the settings allow: no request is sent on it. */
export interface DeadRoute {
  route: Resource;
  /** The first reason of each line; one at least. */
  refusals: readonly LineRefusal[];
}

/** What a reader should know of a way. */
export type Note =
  /** Only this line takes it, and why the other one doesn't. */
  | { code: "controller-line"; line: ControllerLine; because: Refusal }
  /** This line takes it; what keeps from seeing whether the other one does, too. */
  | { code: "controller-line-unclear"; line: ControllerLine; because: Problem }
  /** Its class isn't in the stack: it is taken for APISIX's, as only APISIX reads such routes. */
  | { code: "class-outside"; class: string }
  /** Through a cluster IP: APISIX's connections to a Pod outlive its sleep. */
  | { code: "keep-alive-connections" }
  /** Through the name of a headless Service: APISIX uses a Pod's address until the record's TTL is over. */
  | { code: "dns-ttl" }
  /** A plugin asks it while a request waits. */
  | { code: "asked-by-plugin"; plugin: string }
  /** A plugin sends there what no client waits for. */
  | { code: "fed-by-plugin"; plugin: string }
  | { code: "mirror" };

/** A note on a way that one controller line takes, and the other one doesn't, or may not. */
export type LineNote = Extract<Note, { line: ControllerLine }>;

export interface Routes {
  /** Every workload among the resources, routed or not. */
  allWorkloads: readonly Workload[];
  workloads: RoutedWorkload[];
  services: RoutedService[];
  blindSpots: BlindSpot[];
  /** In the order of their names. */
  deadRoutes: DeadRoute[];
}

/** The settings that routing depends on; all are optional in a pack's settings. */
export interface RoutingSettings {
  /** Line of the APISIX ingress controller; their ownership rules differ. `auto` accepts what either would take. */
  controller: "auto" | ControllerLine;
  /** IngressClass names that are APISIX's (globs), for classes that are not in the stack. */
  ingressClasses: readonly string[];
  /** The cluster's default IngressClass where another stack has it; "" where the cluster has none. */
  defaultIngressClass?: string;
  /** GatewayClass names that are APISIX's (globs). */
  gatewayClasses: readonly string[];
  /** Gateways of other stacks that are APISIX's: `namespace/name`. */
  gateways: readonly string[];
  /** GatewayProxies of other stacks: `namespace/name`. */
  gatewayProxies: readonly string[];
  /** The names that 2.x goes by, in IngressClasses and GatewayClasses. Those of 1.x are constants. */
  controllerNames: readonly string[];
  clusterDomain: string;
  /** Where relative DNS names in upstreams resolve; undefined where that is not known. */
  apisixNamespace?: string;
  /** Kinds with a Pod template besides those that are known. */
  workloads?: readonly WorkloadKind[];
}

/** The steps of a chain on one line. */
export function printChain({ steps }: { steps: readonly Step[] }): string {
  return steps.map(({ label }) => label).join(" › ");
}

/** Short ways before long ones, then by text. */
export function wayKey(way: { steps: readonly Step[] }): Key {
  return [way.steps.length, printChain(way)];
}
