import catalogSchema from "../../schemas/catalog.schema.json";
import { closed, type Schema } from "../schema/check";
import type { Settings } from "./types";

export type { Exemption, Settings } from "./types";

/*
 * The one source of the settings: the engine's JSON schema, the defaults, the checks, the TypeScript type of
 * `createPack` (types.ts) and the table in the docs all come from here.
 */

const strings = { type: "array", items: { type: "string", minLength: 1 } } as const;

export const exemptionSchema = {
  title: "Exemption",
  type: "object",
  properties: {
    namespace: { description: "a glob", type: "string", minLength: 1 },
    name: {
      description: "a glob; the name in the cluster or the one in the Pulumi program",
      type: "string",
      minLength: 1,
    },
    kind: { description: "a glob, such as `StatefulSet`", type: "string", minLength: 1 },
    labels: {
      description: "labels of the Pods, each with its value",
      type: "object",
      additionalProperties: { type: "string", minLength: 1 },
    },
    reason: {
      description: "why; it is shown in reports",
      type: "string",
      pattern: "\\S",
      examples: ["its mesh drains it"],
    },
    until: {
      description: "the last day it holds, as `2027-01-31` (UTC); after it the finding is back, and says so",
      type: "string",
      pattern: "^\\d{4}-\\d{2}-\\d{2}$",
      examples: ["2027-01-31"],
    },
  },
  required: ["reason"],
  additionalProperties: false,
} as const satisfies Schema;

export const workloadKindSchema = {
  title: "WorkloadKind",
  type: "object",
  properties: {
    apiVersion: {
      description: "API group and version; other versions of the group count, too",
      type: "string",
      pattern: "^[a-z0-9][-a-z0-9.]*/[a-z][a-z0-9]*$",
      examples: ["apps.openshift.io/v1"],
    },
    kind: { description: "the kind", type: "string", pattern: "^[A-Z][A-Za-z0-9]*$", examples: ["DeploymentConfig"] },
    podSpec: {
      description:
        "where the spec of its Pods stands, beside the `metadata` with their labels; `spec.template.spec` if left out",
      type: "string",
      pattern: "^([A-Za-z_][A-Za-z0-9_-]*\\.)+spec$",
      examples: ["spec.template.spec"],
    },
  },
  required: ["apiVersion", "kind"],
  additionalProperties: false,
} as const satisfies Schema;

export const settingsSchema = {
  type: "object",
  properties: {
    sleepSeconds: {
      description: "t: the seconds by which every container must delay its SIGTERM, while APISIX may still route to it",
      type: "integer",
      minimum: 1,
      maximum: 3600,
      default: 5,
    },
    shutdownSeconds: {
      description: "the seconds that the app gets to shut down after its SIGTERM",
      type: "integer",
      minimum: 0,
      maximum: 86400,
      default: 10,
    },
    select: {
      description:
        "which workloads: `auto` repairs those that look reachable and blames only those known to be routed; `routed`, `exposed` and `all` repair and blame the same ones",
      type: "string",
      enum: ["auto", "routed", "exposed", "all"],
      default: "auto",
    },
    hook: {
      description:
        'the form that a remedy writes: `sleep` (native), `exec` (`/bin/sh -c "sleep N"`), `auto` by `kubernetesVersion`',
      type: "string",
      enum: ["auto", "sleep", "exec"],
      default: "auto",
    },
    kubernetesVersion: {
      description: "the oldest cluster that the manifests go to; native sleep needs 1.30 or later",
      type: "string",
      pattern: "^v?1\\.\\d{1,3}([.+-].*)?$",
      examples: ["1.34"],
      default: "1.34",
    },
    maxGracePeriodSeconds: {
      description:
        "what the nodes grant at most (spot nodes, Autopilot): what a Pod declares beyond it does not count, and no remedy or advice goes above it",
      type: "integer",
      minimum: 1,
      maximum: 86400,
    },
    repairPods: {
      description:
        "whether bare Pods are repaired: only where Pods are always made anew under the pack, as Pulumi replaces one that exists and loses the repair",
      type: "boolean",
      default: false,
    },
    containers: {
      description: "`all` containers of the Pod, or only those `serving` a port that a routed Service targets",
      type: "string",
      enum: ["all", "serving"],
      default: "all",
    },
    ignoreContainers: {
      description: "names of containers that are left alone (globs), such as a mesh's proxy that drains by itself",
      ...strings,
      default: [],
    },
    catalog: {
      description: "Services known to be routed although their routes are in another stack: a catalog file, or entries",
      oneOf: [
        { type: "string", minLength: 1 },
        { type: "array", items: closed(catalogSchema.definitions.service) },
      ],
    },
    maxCatalogAgeDays: {
      description: "a catalog file older than this is reported by `apisix-rollout-advice`",
      type: "integer",
      minimum: 1,
    },
    controller: {
      description: "APISIX ingress controller line; `auto` accepts what either would take",
      type: "string",
      enum: ["auto", "1", "2"],
      default: "auto",
    },
    ingressClasses: {
      description:
        "IngressClass names that are APISIX's (globs), for classes of other stacks; with `apisix-and-all` as its class, controller 1.x takes APISIX's own kinds of any class",
      ...strings,
      default: ["*apisix*"],
    },
    defaultIngressClass: {
      description:
        "the cluster's default IngressClass, if another stack has it: whose is an Ingress or ApisixRoute without a class? Empty if the cluster has none",
      type: "string",
      // A name, not a glob; or nothing.
      pattern: "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$",
      examples: ["apisix"],
    },
    gatewayClasses: {
      description: "GatewayClass names that are APISIX's (globs), for classes of other stacks",
      ...strings,
      default: ["*apisix*"],
    },
    gateways: {
      description: "Gateways of other stacks that are APISIX's, as `namespace/name`",
      type: "array",
      items: { type: "string", pattern: "^[^/]+/[^/]+$", examples: ["infra/apisix"] },
      default: [],
    },
    gatewayProxies: {
      description: "GatewayProxies of other stacks, which controller 2.x can't do without, as `namespace/name`",
      type: "array",
      items: { type: "string", pattern: "^[^/]+/[^/]+$", examples: ["infra/apisix"] },
      default: [],
    },
    controllerNames: {
      description: "the controller names that controller 2.x goes by, in IngressClasses and GatewayClasses",
      ...strings,
      default: ["apisix.apache.org/apisix-ingress-controller"],
    },
    clusterDomain: {
      description: "the cluster's DNS domain, to read DNS names in upstreams",
      type: "string",
      minLength: 1,
      default: "cluster.local",
    },
    apisixNamespace: {
      description: "the namespace that APISIX runs in, where relative DNS names in upstreams resolve",
      type: "string",
      minLength: 1,
    },
    workloads: {
      description:
        "kinds with a Pod template that the pack doesn't know, such as OpenShift's DeploymentConfig: they are workloads, too",
      type: "array",
      items: workloadKindSchema,
      default: [],
    },
    exempt: {
      description: "workloads that are excused: by namespace, name, kind and labels (globs), with a reason",
      type: "array",
      items: exemptionSchema,
      default: [],
    },
    allowAnnotations: {
      description: "whether workloads may opt in or out and raise their seconds by annotation",
      type: "boolean",
      default: true,
    },
  },
  additionalProperties: false,
} as const satisfies Schema;

export type SettingName = keyof typeof settingsSchema.properties;

type Defaulted = {
  [K in SettingName]: (typeof settingsSchema.properties)[K] extends { default: unknown } ? K : never;
}[SettingName];

/** Settings with the defaults filled in. */
export type ResolvedSettings = Settings & Required<Pick<Settings, Defaulted>>;

/**
 * What is true of the cluster, the organization and the app, whichever policy asks. Every policy takes every fact, and
 * a fact given to one of them holds for all.
 */
export const factNames = [
  "sleepSeconds",
  "shutdownSeconds",
  "kubernetesVersion",
  "hook",
  "maxGracePeriodSeconds",
  "repairPods",
  "containers",
  "ignoreContainers",
  "catalog",
  "maxCatalogAgeDays",
  "controller",
  "ingressClasses",
  "defaultIngressClass",
  "gatewayClasses",
  "gateways",
  "gatewayProxies",
  "controllerNames",
  "clusterDomain",
  "apisixNamespace",
  "workloads",
] as const satisfies readonly SettingName[];

const ofResourcePolicies = ["select", "exempt", "allowAnnotations"] as const;
const ofStackPolicies = ["exempt", "allowAnnotations"] as const;

/** What is a policy's own: beside the facts and its level. */
export const ownSettings = {
  "pre-stop-sleep": ofResourcePolicies,
  "termination-grace-period": ofResourcePolicies,
  "apisix-routed-workloads": ofStackPolicies,
  "apisix-route-blind-spots": ofStackPolicies,
  "apisix-rollout-advice": ofStackPolicies,
} as const satisfies Record<string, readonly SettingName[]>;

export type FactName = (typeof factNames)[number];
export type Facts = Pick<ResolvedSettings, FactName>;
/** A policy's own settings; `select` matters to the resource policies alone. */
export type PolicySettings = Pick<ResolvedSettings, "select" | "exempt" | "allowAnnotations">;

export type PolicyName = keyof typeof ownSettings;
export const policyNames = Object.keys(ownSettings) as PolicyName[];

/** What every policy takes, and what only some do. */
export function settingsOf(policy: PolicyName): readonly SettingName[] {
  return [...factNames, ...ownSettings[policy]];
}

export const levels = ["advisory", "mandatory", "remediate", "disabled"] as const;
export type Level = (typeof levels)[number];
