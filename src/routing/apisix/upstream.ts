/**
 * An upstream object of APISIX's own, as plugins, `apisix.yaml` and the Admin API have it: `nodes`, or a service
 * discovery. Source: apache/apisix 3.18 apisix/schema_def.lua.
 */
import { labelOf, type Resource } from "../../kubernetes/resource";
import { get, getList, getNumber, getObject, getString, isKnown, unknown, type Maybe } from "../../kubernetes/values";
import { defaultPort, parseHost } from "../follow/cluster-dns";
import {
  elements,
  entries,
  isAnyWeighed,
  unknownValue,
  weighted,
  withScheme,
  type Found,
  type Obstacle,
  type Way,
} from "../follow/reference";

/** Where a piece of APISIX's configuration stands, and where its one-label host names are looked up. */
export interface Place {
  from: Resource;
  path: string;
  searchNamespace: string | undefined;
}

export function below(place: Place, key: string): Place {
  return { ...place, path: `${place.path}.${key}` };
}

export function* upstream(before: Way, body: unknown, place: Place): Generator<Found> {
  const type = getString(body, "discovery_type");
  if (type === undefined) {
    yield* nodesOf(before, body, place);
    return;
  }
  const way = withScheme(before, getString(body, "scheme"), place.from, below(place, "scheme").path);
  yield* discovery(way, type, getString(body, "service_name"), below(place, "service_name"));
}

/** The nodes of an upstream: a list, or a map from `host:port` to weight. */
export function* nodesOf(before: Way, body: unknown, place: Place): Generator<Found> {
  const scheme = getString(body, "scheme");
  const way = withScheme(before, scheme, place.from, below(place, "scheme").path);
  const nodes = get(body, "nodes");
  const port = defaultPort(isKnown(scheme) ? scheme : undefined);
  const at = below(place, "nodes");
  if (Array.isArray(nodes)) {
    const list = getList(body, "nodes");
    const isAny = isAnyWeighed(isKnown(list) ? list : undefined);
    yield* elements(list, { ...at, way }, (node, path) => {
      const to = weighted(way, getNumber(node, "weight"), isAny);
      const host = getString(node, "host");
      return hostReference(to, host, getNumber(node, "port") ?? port, { ...at, path: `${path}.host` });
    });
    return;
  }
  const map = getObject(body, "nodes");
  const isAny = isKnown(map) && Object.keys(map ?? {}).some((key) => getNumber(map, key) !== 0);
  yield* entries(map, { ...at, way }, (key) => urlReference(weighted(way, getNumber(map, key), isAny), key, at, port));
}

/** A service discovery of the data plane's. */
export function* discovery(
  way: Way,
  type: Maybe<string>,
  name: Maybe<string> | undefined,
  place: Place,
): Generator<Found> {
  if (type === "dns") {
    yield* urlReference(way, name, place);
  } else if (type === unknown || name === unknown) {
    yield unknownValue(place.from, place.path, way.steps);
  } else if (type === "kubernetes") {
    // `namespace/service:port`; with several clusters their id stands in front, which only APISIX's own config explains.
    const match = /^([^/:]+)\/([^/:]+):([^/:]+)$/.exec(name ?? "");
    if (!match) {
      yield cantFollow(way, place, "discovery-name-not-followed");
      return;
    }
    const [, namespace = "", service = "", port = ""] = match;
    yield {
      way,
      from: place.from,
      path: place.path,
      target: {
        service,
        namespace,
        port: /^\d+$/.test(port) ? Number(port) : port,
        granularity: "endpoints",
        resolvedBy: "discovery",
      },
    };
  } else {
    yield cantFollow(way, place, "discovery-not-followed");
  }
}

/** A field that leads to what is in no manifest. */
export function cantFollow(
  way: Way,
  { from, path }: Place,
  code: "discovery-name-not-followed" | "discovery-not-followed" | "upstream-in-secret" | "upstream-id-not-followed",
): Obstacle {
  return { code, data: { field: path, resource: labelOf(from) }, resource: from, steps: way.steps };
}

/** A reference to a host, if there is one. */
function* hostReference(
  way: Way,
  host: Maybe<string> | undefined,
  port: Maybe<number | string> | undefined,
  { from, path, searchNamespace }: Place,
): Generator<Found> {
  if (host !== undefined) yield { way, from, path, target: { host, port, searchNamespace } };
}

/** A reference to the host of a URL, or of `host:port`, if it has one. */
export function* urlReference(way: Way, url: Maybe<string> | undefined, place: Place, port?: number): Generator<Found> {
  if (url === undefined || url === unknown) yield* hostReference(way, url, undefined, place);
  // APISIX fills `${{NAME}}` in from its environment.
  else if (url.includes("${{")) yield unknownValue(place.from, place.path, way.steps);
  else {
    const parsed = parseHost(url);
    yield* hostReference(way, parsed?.host, parsed?.port ?? port, place);
  }
}
