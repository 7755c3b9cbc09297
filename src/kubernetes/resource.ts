import { oncePer } from "../once";
import { hidden, type Secrets } from "./secrets";
import { get, getString, unknown, type Maybe } from "./values";

/** One Kubernetes object, as a Pulumi program, a state file, a manifest or a cluster gave it. */
export interface Resource {
  /** API group, "" for the core group. */
  group: string;
  version: string;
  /** Kind, without the `Patch` that @pulumi/kubernetes appends. */
  kind: string;
  /** A `*Patch` resource holds a part of an object: what it doesn't set is unknown, not unset. */
  isPatch: boolean;
  /** The object itself (Pulumi's props). Possibly unknown or malformed at any depth: read it with `values.ts`. */
  body: unknown;
  /** Unique within one run: the URN in a stack, file and document number for a manifest. */
  id: string;
  /** The name that Pulumi's program gave it; empty for a manifest. */
  logicalName: string;
  /** `metadata.name` as the program wrote it, where `body` is what a provider made of it. */
  writtenName?: string;
  /** Property paths whose changes Pulumi ignores: `spec.template`. */
  ignoreChanges: readonly string[];
  /** Resources of different clusters never reach each other. One value per provider. */
  cluster: string;
  /** Where an object without `metadata.namespace` goes. */
  defaultNamespace: Maybe<string>;
  /** Ids of the resources that it depends on, and per top-level property. Empty where not known. */
  dependencies: readonly string[];
  propertyDependencies: ReadonlyMap<string, readonly string[]>;
  /** Which of its values are secrets, and its provider's below `providerPath`; absent where there are none. */
  secrets?: Secrets;
}

/** Where the provider's inputs stand among the secrets of a resource. */
export const providerPath = "(provider)";

/** What a resource of Pulumi's looks like, in a policy as in a state file. */
export interface PulumiResource {
  type: string;
  urn: string;
  name: string;
  props: unknown;
  provider?: { urn: string; props: unknown };
  opts?: { ignoreChanges?: readonly string[] };
  writtenName?: string;
  secrets?: Secrets;
  dependencies?: readonly string[];
  propertyDependencies?: Readonly<Record<string, readonly string[]>>;
}

/**
 * A resource of a Pulumi stack as a Kubernetes object; undefined where it is none (another provider's, a component,
 * a Helm release, a provider).
 *
 * Types are `kubernetes:<group>/<version>:<Kind>`, also for CustomResources; the core group is spelt `core`, and
 * built-in groups may lack their `.k8s.io` suffix.
 */
export function fromPulumi(resource: PulumiResource): Resource | undefined {
  const token = readType(resource.type);
  if (!token) return undefined;
  const { group, version, kind } = token;
  const declared = getString(resource.props, "apiVersion");
  // A patch's `kind` is that of the object it patches; a custom resource's own kind may end in Patch, too.
  const isPatch = kind.length > 5 && kind.endsWith("Patch") && getString(resource.props, "kind") !== kind;
  // `kubernetes:gateway.networking.k8s.io/v1:HTTPRoute` carries its whole group, `kubernetes:networking/v1:Ingress` and
  // `kubernetes:networking.k8s.io/v1:Ingress` both occur: the object's own apiVersion is the better source.
  const api = typeof declared === "string" && declared !== "" ? splitApiVersion(declared) : fromToken(group, version);
  return {
    // Not spread: that takes several times as long as all the rest, and this is called for each resource and policy.
    group: api.group,
    version: api.version,
    kind: isPatch ? kind.slice(0, -5) : kind,
    isPatch,
    body: resource.props,
    id: resource.urn,
    logicalName: resource.name,
    ...(resource.writtenName === undefined ? {} : { writtenName: resource.writtenName }),
    ...(resource.secrets === undefined ? {} : { secrets: resource.secrets }),
    ignoreChanges: resource.opts?.ignoreChanges ?? [],
    cluster: clusterOf(resource.provider?.urn),
    defaultNamespace: getString(resource.provider?.props, "namespace") || "default",
    dependencies: resource.dependencies ?? [],
    propertyDependencies: resource.propertyDependencies ? new Map(Object.entries(resource.propertyDependencies)) : none,
  };
}

const none: ReadonlyMap<string, readonly string[]> = new Map();

/** A Helm release: one opaque resource to Pulumi. What it installs is not in the stack. */
export const helmRelease = "kubernetes:helm.sh/v3:Release";

/** Is it the type of a Kubernetes object, and not of a component, a Helm release or a provider? */
export function isKubernetesType(type: string): boolean {
  return readType(type) !== undefined;
}

function readType(type: string): { group: string; version: string; kind: string } | undefined {
  const match = /^kubernetes:([^/:]+)\/([^/:]+):([^/:]+)$/.exec(type);
  if (!match) return undefined;
  const [, group = "", version = "", kind = ""] = match;
  return group === "helm.sh" || (group === "yaml" && version !== "v1") ? undefined : { group, version, kind };
}

/** Default providers of several SDK versions (`default_4_34_2`) are configured alike: they mean one cluster. */
export function clusterOf(provider: string | undefined): string {
  return provider === undefined || /::default(_\d+)*$/.test(provider) ? "default" : provider;
}

function fromToken(group: string, version: string): { group: string; version: string } {
  if (group === "core") return { group: "", version };
  return { group, version };
}

/** A manifest as a Kubernetes object; undefined where it has no apiVersion and kind. */
export function fromManifest(manifest: unknown, id: string, defaultNamespace = "default"): Resource | undefined {
  const apiVersion = getString(manifest, "apiVersion");
  const kind = getString(manifest, "kind");
  if (typeof apiVersion !== "string" || typeof kind !== "string" || kind === "") return undefined;
  const { group, version } = splitApiVersion(apiVersion);
  return {
    group,
    version,
    kind,
    isPatch: false,
    body: manifest,
    id,
    logicalName: "",
    ignoreChanges: [],
    cluster: "",
    defaultNamespace,
    dependencies: [],
    propertyDependencies: new Map(),
  };
}

function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `metadata.name`; the program's own, where a provider may have changed it for a preview. */
export function nameOf(resource: Resource): Maybe<string> | undefined {
  return resource.writtenName ?? getString(resource.body, "metadata", "name");
}

/** `metadata.namespace`, or where the provider puts an object that has none. */
export function namespaceOf(resource: Resource): Maybe<string> {
  return getString(resource.body, "metadata", "namespace") || resource.defaultNamespace;
}

/** The kinds without a namespace that messages name. */
const clusterScoped = new Set(["ApisixClusterConfig", "GatewayClass", "IngressClass", "Namespace"]);

/** Is the value at a path a secret, or a part of one? */
export function isSecret({ secrets }: Resource, path: string): boolean {
  return secrets !== undefined && secrets.cover(path);
}

/** Is the namespace a secret: its own, or the one that it has from its provider? */
export function isNamespaceSecret(resource: Resource): boolean {
  if (!resource.secrets) return false;
  const isOwn = Boolean(getString(resource.body, "metadata", "namespace"));
  return isSecret(resource, isOwn ? "metadata.namespace" : `${providerPath}.namespace`);
}

/**
 * How messages name it: `Deployment shop/web`. The name is what the user wrote: `metadata.name`, or the name in
 * the Pulumi program where the provider made one up (`pulumi.com/autonamed`) or it isn't known in this preview. What is
 * a secret of it isn't named.
 */
export const labelOf = oncePer((resource: Resource): string => {
  const kind = resource.isPatch ? `${resource.kind}Patch` : resource.kind;
  const name = nameOf(resource);
  const autonamed = get(resource.body, "metadata", "annotations", "pulumi.com/autonamed") === "true";
  const given = typeof name === "string" && !(autonamed && resource.logicalName) ? name : "";
  const shown = given && isSecret(resource, "metadata.name") ? hidden : given;
  const written = shown || resource.logicalName || "(unnamed)";
  const namespace = isNamespaceSecret(resource) ? hidden : namespaceOf(resource);
  return namespace === unknown || clusterScoped.has(resource.kind)
    ? `${kind} ${written}`
    : `${kind} ${namespace}/${written}`;
});
