/** The plugins of resources with `spec.plugins`: an ApisixPluginConfig or PluginConfig that a route names, and others. */
import { oncePer } from "../../once";
import { nameOf, type Resource } from "../../kubernetes/resource";
import { getList, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { shownName, stepOf, through, unknownValue, type Context, type Found, type Way } from "../follow/reference";
import type { ResourceIndex } from "../follow/resource-index";
import { pluginList, type PluginRules } from "./plugins";
import { splitInList, type Split } from "./traffic-split";

/** What names an ApisixPluginConfig or a PluginConfig. */
export interface NamedConfig {
  kind: "ApisixPluginConfig" | "PluginConfig";
  name: Maybe<string> | undefined;
  namespace?: Maybe<string> | undefined;
}

/** Where its name stands. */
interface Named {
  from: Resource;
  path: string;
}

/** Is there one whose own name or namespace isn't known, or only the provider makes up? */
const hasUnnamedConfig = oncePer((index: ResourceIndex): boolean =>
  [...index.ofKind("apisix.apache.org/ApisixPluginConfig"), ...index.ofKind("apisix.apache.org/PluginConfig")].some(
    (config) => typeof nameOf(config) !== "string" || index.placeOf(config) === undefined,
  ),
);

/** Those of the stack with the name and namespace that a resource gives; undefined where these aren't known. */
export function configsByName(
  { index }: Context,
  { kind, name, namespace }: NamedConfig,
  from: Resource,
): readonly Resource[] | undefined {
  const place = placeOfConfig(index, namespace, from);
  if (typeof name !== "string" || place === undefined) return undefined;
  return index.named(place, `apisix.apache.org/${kind}`, name);
}

/** The ones that a route names: none where they are in another stack, unknown where that can't be told. */
function configsNamed(context: Context, named: NamedConfig, at: Named): Maybe<readonly Resource[]> {
  const configs = configsByName(context, named, at.from);
  if (configs) return configs;
  const property = at.path.split(".")[0] ?? "";
  const origin = context.index.origin(at.from, property, (other) => other.kind === named.kind);
  return origin ? [origin] : unknown;
}

function placeOfConfig(index: ResourceIndex, namespace: NamedConfig["namespace"], from: Resource) {
  if (!namespace) return index.placeOf(from);
  return isKnown(namespace) ? index.placeNamed(from.cluster, namespace) : undefined;
}

/** The split of the one that a route names, as far as it is in the stack: one of another stack rarely has any. */
export function splitOfConfig(context: Context, named: NamedConfig, at: Named): Maybe<Split> | undefined {
  if (!named.name) return undefined;
  const configs = configsNamed(context, named, at);
  if (configs === unknown || (configs.length === 0 && hasUnnamedConfig(context.index))) return unknown;
  return configs
    .map((config) => splitOf(config, context.settings.apisixNamespace))
    .find((split) => split !== undefined);
}

/** The split of a resource with `spec.plugins`. */
export function splitOf(from: Resource, searchNamespace: string | undefined): Maybe<Split> | undefined {
  return splitInList(getList(from.body, "spec", "plugins"), { from, path: "spec.plugins", searchNamespace });
}

/** The plugins of an ApisixPluginConfig or PluginConfig that a route names. */
export function* pluginConfig(
  context: Context,
  way: Way,
  named: NamedConfig,
  at: Named,
  rules: PluginRules = {},
): Generator<Found> {
  const { index, settings } = context;
  if (!named.name) return;
  const configs = configsNamed(context, named, at);
  if (configs === unknown) {
    yield unknownValue(at.from, at.path, way.steps);
    return;
  }
  for (const config of configs) yield* pluginsOf(config, way, settings.apisixNamespace, rules);
  const place = placeOfConfig(index, named.namespace, at.from);
  if (configs.length > 0 || named.name === unknown || place === undefined) return;
  const shown = `${named.kind} ${shownName(at.from, at.path, index.nameIn(place, named.name))}`;
  yield {
    code: "plugin-config-not-in-stack",
    data: { config: shown },
    cause: `${place} ${named.kind} ${named.name}`,
    resource: at.from,
    steps: [...way.steps, { label: shown }],
  };
}

/** The plugins of a resource with `spec.plugins`. */
export function* pluginsOf(
  resource: Resource,
  way: Way,
  searchNamespace: string | undefined,
  rules: PluginRules = {},
): Generator<Found> {
  const isStart = way.steps.at(-1)?.id === resource.id;
  yield* pluginList(
    isStart ? way : through(way, stepOf(resource)),
    getList(resource.body, "spec", "plugins"),
    { from: resource, path: "spec.plugins", searchNamespace },
    rules,
  );
}
