/** Plugins for all requests: those of ApisixGlobalRules and of GatewayProxies. */
import { labelOf, nameOf, type Resource } from "../../kubernetes/resource";
import { getString } from "../../kubernetes/values";
import { ownerOfCrd } from "../apisix/ownership";
import { pluginsOf } from "../apisix/plugins";
import { isObstacle, onlyOn, startAt, type Context, type Found } from "../follow/reference";
import type { Note } from "../routes";

export function* globalPlugins(context: Context): Generator<Found> {
  const { index, settings } = context;
  for (const rule of index.ofKind("apisix.apache.org/ApisixGlobalRule")) {
    const owner = ownerOfCrd(context, rule);
    const found = [
      ...pluginsOf(rule, startAt(rule, isObstacle(owner) ? context.lines : owner.lines), settings.apisixNamespace),
    ];
    // Whose a rule is matters only where it leads somewhere.
    if (isObstacle(owner)) yield* found.length > 0 ? [owner] : [];
    else for (const each of found) yield isObstacle(each) ? each : withNotes(each, owner.notes);
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

function withNotes<T extends { way: { notes: readonly Note[] } }>(found: T, notes: readonly Note[]): T {
  return { ...found, way: { ...found.way, notes: [...notes, ...found.way.notes] } };
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
