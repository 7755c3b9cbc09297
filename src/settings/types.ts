// Written by tools/types.ts from src/settings/schema.ts: `npm run types`.
import type { CatalogEntry } from "../schema/catalog";

/**
 * Settings as a user writes them: every one is optional.
 */
export interface Settings {
  /**
   * t: the seconds by which every container must delay its SIGTERM, while APISIX may still route to it
   *
   * @default 5
   */
  sleepSeconds?: number;
  /**
   * the seconds that the app gets to shut down after its SIGTERM
   *
   * @default 10
   */
  shutdownSeconds?: number;
  /**
   * which workloads: `auto` repairs those that look reachable and blames only those known to be routed; `routed`, `exposed` and `all` repair and blame the same ones
   *
   * @default "auto"
   */
  select?: "auto" | "routed" | "exposed" | "all";
  /**
   * the form that a remedy writes: `sleep` (native), `exec` (`/bin/sh -c "sleep N"`), `auto` by `kubernetesVersion`
   *
   * @default "auto"
   */
  hook?: "auto" | "sleep" | "exec";
  /**
   * the oldest cluster that the manifests go to; native sleep needs 1.30 or later
   *
   * @default "1.34"
   */
  kubernetesVersion?: string;
  /**
   * what the nodes grant at most (spot nodes, Autopilot): what a Pod declares beyond it does not count, and no remedy or advice goes above it
   */
  maxGracePeriodSeconds?: number;
  /**
   * whether bare Pods are repaired: only where Pods are always made anew under the pack, as Pulumi replaces one that exists and loses the repair
   *
   * @default false
   */
  repairPods?: boolean;
  /**
   * `all` containers of the Pod, or only those `serving` a port that a routed Service targets
   *
   * @default "all"
   */
  containers?: "all" | "serving";
  /**
   * names of containers that are left alone (globs), such as a mesh's proxy that drains by itself
   *
   * @default []
   */
  ignoreContainers?: string[];
  /**
   * Services known to be routed although their routes are in another stack: a catalog file, or entries
   */
  catalog?: string | CatalogEntry[];
  /**
   * a catalog file older than this is reported by `apisix-rollout-advice`
   */
  maxCatalogAgeDays?: number;
  /**
   * APISIX ingress controller line; `auto` accepts what either would take
   *
   * @default "auto"
   */
  controller?: "auto" | "1" | "2";
  /**
   * IngressClass names that are APISIX's (globs), for classes of other stacks; with `apisix-and-all` as its class, controller 1.x takes APISIX's own kinds of any class
   *
   * @default ["*apisix*"]
   */
  ingressClasses?: string[];
  /**
   * the cluster's default IngressClass, if another stack has it: whose is an Ingress or ApisixRoute without a class? Empty if the cluster has none
   */
  defaultIngressClass?: string;
  /**
   * GatewayClass names that are APISIX's (globs), for classes of other stacks
   *
   * @default ["*apisix*"]
   */
  gatewayClasses?: string[];
  /**
   * Gateways of other stacks that are APISIX's, as `namespace/name`
   *
   * @default []
   */
  gateways?: string[];
  /**
   * GatewayProxies of other stacks, which controller 2.x can't do without, as `namespace/name`
   *
   * @default []
   */
  gatewayProxies?: string[];
  /**
   * the controller names that controller 2.x goes by, in IngressClasses and GatewayClasses
   *
   * @default ["apisix.apache.org/apisix-ingress-controller"]
   */
  controllerNames?: string[];
  /**
   * the cluster's DNS domain, to read DNS names in upstreams
   *
   * @default "cluster.local"
   */
  clusterDomain?: string;
  /**
   * the namespace that APISIX runs in, where relative DNS names in upstreams resolve
   */
  apisixNamespace?: string;
  /**
   * kinds with a Pod template that the pack doesn't know, such as OpenShift's DeploymentConfig: they are workloads, too
   *
   * @default []
   */
  workloads?: WorkloadKind[];
  /**
   * workloads that are excused: by namespace, name, kind and labels (globs), with a reason
   *
   * @default []
   */
  exempt?: Exemption[];
  /**
   * whether workloads may opt in or out and raise their seconds by annotation
   *
   * @default true
   */
  allowAnnotations?: boolean;
}
export interface WorkloadKind {
  /**
   * API group and version; other versions of the group count, too
   */
  apiVersion: string;
  /**
   * the kind
   */
  kind: string;
  /**
   * where the spec of its Pods stands, beside the `metadata` with their labels; `spec.template.spec` if left out
   */
  podSpec?: string;
}
export interface Exemption {
  /**
   * a glob
   */
  namespace?: string;
  /**
   * a glob; the name in the cluster or the one in the Pulumi program
   */
  name?: string;
  /**
   * a glob, such as `StatefulSet`
   */
  kind?: string;
  /**
   * labels of the Pods, each with its value
   */
  labels?: {
    [k: string]: string;
  };
  /**
   * why; it is shown in reports
   */
  reason: string;
  /**
   * the last day it holds, as `2027-01-31` (UTC); after it the finding is back, and says so
   */
  until?: string;
}
