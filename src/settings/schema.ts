import type { FromSchema, JSONSchema } from "json-schema-to-ts";

/*
 * The one source of the settings: the engine's JSON schema, the TypeScript type of `createPack`, the defaults, the
 * checks and the table in the docs all come from here.
 */

const strings = { type: "array", items: { type: "string", minLength: 1 } } as const;

const serviceEntry = {
  type: "object",
  properties: {
    namespace: { type: "string", minLength: 1 },
    name: { type: "string", minLength: 1 },
    selector: { type: "object", additionalProperties: { type: "string" }, minProperties: 1 },
    ports: {
      type: "array",
      items: {
        type: "object",
        properties: {
          name: { type: "string" },
          port: { type: "integer" },
          targetPort: { type: ["integer", "string"] },
        },
        required: ["port"],
        additionalProperties: false,
      },
    },
    evidence: strings,
  },
  required: ["namespace", "name", "selector"],
  additionalProperties: false,
} as const satisfies JSONSchema;

export const exemptionSchema = {
  type: "object",
  properties: {
    namespace: { type: "string", minLength: 1 },
    name: { type: "string", minLength: 1 },
    kind: { type: "string", minLength: 1 },
    labels: { type: "object", additionalProperties: { type: "string", minLength: 1 } },
    reason: { type: "string", pattern: "\\S", examples: ["its mesh drains it"] },
    until: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}$", examples: ["2027-01-31"] },
  },
  required: ["reason"],
  additionalProperties: false,
} as const satisfies JSONSchema;

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
      description: "a ceiling that remedies keep to (spot nodes, Autopilot); what needs more is reported, too",
      type: "integer",
      minimum: 1,
      maximum: 86400,
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
        { type: "array", items: serviceEntry },
      ],
    },
    maxCatalogAgeDays: {
      description: "a catalog file older than this is reported as a blind spot",
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
      description: "IngressClass names that are APISIX's, for classes of other stacks",
      ...strings,
      default: ["apisix"],
    },
    gatewayClasses: {
      description: "GatewayClass names that are APISIX's, for classes of other stacks",
      ...strings,
      default: ["apisix"],
    },
    gateways: {
      description: "Gateways of other stacks that are APISIX's, as `namespace/name`",
      type: "array",
      items: { type: "string", pattern: "^[^/]+/[^/]+$", examples: ["infra/apisix"] },
      default: [],
    },
    controllerNames: {
      description: "controller names of IngressClasses and GatewayClasses that are APISIX's",
      ...strings,
      default: [
        "apisix.apache.org/apisix-ingress-controller",
        "apisix.apache.org/apisix-ingress",
        "apisix.apache.org/gateway-controller",
      ],
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
} as const satisfies JSONSchema;

/** Settings as a user writes them: every one is optional. */
export type Settings = FromSchema<typeof settingsSchema, { keepDefaultedPropertiesOptional: true }>;
export type SettingName = keyof typeof settingsSchema.properties;
export type Exemption = FromSchema<typeof exemptionSchema>;
export type ServiceEntry = FromSchema<typeof serviceEntry>;

type Defaulted = {
  [K in SettingName]: (typeof settingsSchema.properties)[K] extends { default: unknown } ? K : never;
}[SettingName];

/** Settings with the defaults filled in. */
export type ResolvedSettings = Settings & Required<Pick<Settings, Defaulted>>;

const routing = [
  "controller",
  "ingressClasses",
  "gatewayClasses",
  "gateways",
  "controllerNames",
  "clusterDomain",
  "apisixNamespace",
] as const;
const judging = ["containers", "ignoreContainers", "exempt", "allowAnnotations"] as const;
const known = ["select", "catalog"] as const;
const stack = ["sleepSeconds", "shutdownSeconds", "kubernetesVersion", ...judging, ...routing] as const;

/** Which settings each policy takes. */
export const policySettings = {
  "pre-stop-sleep": ["sleepSeconds", "hook", "kubernetesVersion", ...known, ...judging],
  "termination-grace-period": ["shutdownSeconds", "maxGracePeriodSeconds", ...known, ...judging],
  "apisix-routed-workloads": stack,
  "apisix-route-blind-spots": [...stack, "catalog", "maxCatalogAgeDays"],
} as const satisfies Record<string, readonly SettingName[]>;

export type PolicyName = keyof typeof policySettings;
export const policyNames = Object.keys(policySettings) as PolicyName[];
