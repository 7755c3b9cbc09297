/** Plugins for all requests: those of ApisixGlobalRules and of GatewayProxies. */
import { labelOf, nameOf, type Resource } from "../../kubernetes/resource";
import { getString } from "../../kubernetes/values";
import { classOfCrd } from "../apisix/ownership";
import { pluginsOf } from "../apisix/plugins";
import { onlyOn, startAt, type Context, type Found, type Way } from "../follow/reference";
import { taken } from "../follow/ruling";

export function* globalPlugins(context: Context): Generator<Found> {
  const { index, settings } = context;
  for (const rule of index.ofKind("apisix.apache.org/ApisixGlobalRule")) {
    const follow = (way: Way) => pluginsOf(rule, way, settings.apisixNamespace);
    // Whose a rule is matters only where it leads somewhere.
    const leadsSomewhere = [...follow(startAt(rule, context.lines))].length > 0;
    if (leadsSomewhere) yield* taken(context, rule, (line) => classOfCrd(context, line, rule), follow);
  }
  const used = usedProxies(context);
  for (const proxy of index.ofKind("apisix.apache.org/GatewayProxy")) {
    // Nothing in the stack uses it: an IngressClass or a Gateway of another stack may.
    const isUsed = used.has(`${proxy.cluster}\0${String(nameOf(proxy))}`);
    const way = onlyOn("2", startAt(proxy, context.lines), { code: "gateway-proxy-not-read" });
    const found = way.lines.length > 0 ? [...pluginsOf(proxy, way, settings.apisixNamespace)] : [];
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
