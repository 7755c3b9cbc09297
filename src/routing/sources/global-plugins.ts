/** Plugins for all requests: those of ApisixGlobalRules and of GatewayProxies. */
import { labelOf, nameOf, type Resource } from "../../kubernetes/resource";
import { getObject, getString } from "../../kubernetes/values";
import { classOfCrd } from "../apisix/ownership";
import { pluginsOf } from "../apisix/plugin-config";
import { pluginMetadata } from "../apisix/plugins";
import { onlyOn, startAt, type Context, type Found, type Way } from "../follow/reference";
import { taken } from "../follow/ruling";

export function* globalPlugins(context: Context): Generator<Found> {
  const { index, settings } = context;
  for (const rule of index.ofKind("apisix.apache.org/ApisixGlobalRule")) {
    yield* ofOwner(context, rule, (way) => pluginsOf(rule, way, settings.apisixNamespace));
  }
  const used = usedProxies(context);
  for (const proxy of index.ofKind("apisix.apache.org/GatewayProxy")) {
    // Nothing in the stack uses it: an IngressClass or a Gateway of another stack may.
    const isUsed = used.has(`${proxy.cluster}\0${String(nameOf(proxy))}`);
    const way = onlyOn("2", startAt(proxy, context.lines), { code: "gateway-proxy-not-read" });
    const found = way.lines.length > 0 ? [...ofProxy(context, proxy, way)] : [];
    if (isUsed) yield* found;
    else if (found.length > 0) {
      yield {
        code: "gateway-proxy-unused",
        data: { proxy: labelOf(proxy) },
        resource: proxy,
        steps: way.steps,
      };
    }
  }
}

function* ofProxy({ settings }: Context, proxy: Resource, way: Way): Generator<Found> {
  const searchNamespace = settings.apisixNamespace;
  yield* pluginsOf(proxy, way, searchNamespace);
  const path = "spec.pluginMetadata";
  yield* pluginMetadata(way, getObject(proxy.body, "spec", "pluginMetadata"), { from: proxy, path, searchNamespace });
}

/** What the plugins of an object of APISIX's lead to. Whose the object is matters only where it leads somewhere. */
export function* ofOwner(
  context: Context,
  resource: Resource,
  follow: (way: Way) => Iterable<Found>,
): Generator<Found> {
  const [first] = follow(startAt(resource, context.lines));
  if (first) yield* taken(context, resource, (line) => classOfCrd(context, line, resource), follow);
}

/** The GatewayProxies that IngressClasses and Gateways of the stack name, by cluster and name. */
function usedProxies({ index }: Context): ReadonlySet<string> {
  const used = new Set<string>();
  const add = (resource: Resource, ...path: string[]) => {
    const kind = getString(resource.body, ...path, "kind");
    const name = getString(resource.body, ...path, "name");
    if (kind === "GatewayProxy" && typeof name === "string") used.add(`${resource.cluster}\0${name}`);
  };
  for (const each of index.ofKind("networking/IngressClass")) add(each, "spec", "parameters");
  for (const each of index.ofKind("gateway.networking/Gateway")) add(each, "spec", "infrastructure", "parametersRef");
  return used;
}
