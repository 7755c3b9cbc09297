/**
 * APISIX's own configuration in standalone mode: a ConfigMap with the key `apisix.yaml`, as the Helm chart makes it.
 *
 * Source: apache/apisix 3.18 apisix/core/config_yaml.lua: the file must end with `#END`, or APISIX doesn't load it.
 */
import { labelOf, namespaceOf, type Resource } from "../../kubernetes/resource";
import {
  get,
  getBoolean,
  getList,
  getNumber,
  getObject,
  getString,
  isKnown,
  unknown,
  type Maybe,
} from "../../kubernetes/values";
import { parseYaml } from "../../kubernetes/yaml";
import { pluginMap, pluginMetadata } from "../apisix/plugins";
import { leftBy, requestSeconds, splitInMap } from "../apisix/traffic-split";
import { lasting, longLived, startAt, unknownValue, type Context, type Found, type Way } from "../follow/reference";
import { upstream, type Place } from "../apisix/upstream";

const key = "apisix.yaml";

export function* apisixConfigs(context: Context): Generator<Found> {
  for (const configMap of context.index.ofKind("/ConfigMap")) {
    const data = getObject(configMap.body, "data");
    if (data === undefined || data === unknown) continue;
    const text = getString(data, key);
    if (text === undefined) continue;
    const way = startAt(configMap, context.lines);
    if (text === unknown) yield unknownValue(configMap, `data["${key}"]`, way.steps);
    else if (/#END\s*$/.test(text)) yield* config(configMap, text, way);
  }
}

function* config(configMap: Resource, text: string, way: Way): Generator<Found> {
  const root = parseYaml(text) ?? {};
  if (root === unknown) {
    yield {
      code: "apisix-config-unreadable",
      data: { key, configMap: labelOf(configMap) },
      cause: configMap.id,
      resource: configMap,
      steps: way.steps,
    };
    return;
  }
  const namespace = namespaceOf(configMap);
  // A ConfigMap is mounted by Pods of its own namespace: APISIX runs there, and looks short names up there.
  const searchNamespace = isKnown(namespace) ? namespace : undefined;
  const place = (path: string): Place => ({ from: configMap, path: `data["${key}"].${path}`, searchNamespace });
  const byId = (kind: string, id: unknown) => (id === undefined ? undefined : tables(kind).get(idText(id)));
  const read = new Map<string, Map<string, Holder>>();
  const tables = (kind: string) => {
    let table = read.get(kind);
    if (!table) {
      table = new Map(list(root, kind).map((each) => [idText(get(each.body, "id")), each]));
      read.set(kind, table);
    }
    return table;
  };

  /** The plugins of a route: its own, those of its plugin config, and its service's; of one name, the first counts. */
  function* plugins(way: Way, holders: readonly Holder[]): Generator<Found, Way | undefined> {
    const layers: readonly Layer[] = holders.map(({ body, path }) => ({
      map: getObject(body, "plugins"),
      place: place(`${path}.plugins`),
    }));
    let except: Maybe<ReadonlySet<string>> = new Set<string>();
    for (const { map, place } of layers) {
      yield* pluginMap(way, map, place, { except });
      except = except === unknown || map === unknown ? unknown : new Set([...except, ...Object.keys(map ?? {})]);
    }
    const splits = layers.map((layer) => splitInMap(layer.map, layer.place));
    return leftBy(
      splits.find((split) => split !== undefined),
      way,
    );
  }

  function* ownUpstream(way: Way, { body, path }: Holder): Generator<Found> {
    const inline = getObject(body, "upstream");
    if (inline !== undefined && inline !== unknown) {
      yield* upstream(lasting(way, requestSeconds(inline), configMap), inline, place(`${path}.upstream`));
      return;
    }
    const named = byId("upstreams", get(body, "upstream_id"));
    if (named) yield* upstream(lasting(way, requestSeconds(named.body), configMap), named.body, place(named.path));
  }

  for (const kind of ["routes", "stream_routes"]) {
    for (const route of list(root, kind)) {
      const { body, path } = route;
      if (getNumber(body, "status") === 0) continue;
      const isOn = getBoolean(body, "enable_websocket") === true;
      const field = `data["${key}"].${path}.enable_websocket`;
      const to = isOn ? longLived(way, "websocket", configMap, field, "true") : way;
      const timed = lasting(to, requestSeconds(body), configMap);
      const shared = byId("plugin_configs", get(body, "plugin_config_id"));
      const service = byId("services", get(body, "service_id"));
      const left = yield* plugins(
        timed,
        [route, shared, service].filter((each) => each !== undefined),
      );
      // A route's own upstream wins over its service's.
      const hasOwn = get(body, "upstream") !== undefined || get(body, "upstream_id") !== undefined;
      const holder = hasOwn ? route : service;
      if (left && holder) yield* ownUpstream(left, holder);
    }
  }
  for (const kind of ["global_rules", "consumers"]) {
    for (const { body, path } of list(root, kind)) {
      yield* pluginMap(way, getObject(body, "plugins"), place(`${path}.plugins`));
    }
  }
  for (const { body, path } of list(root, "plugin_metadata")) {
    yield* pluginMetadata(way, { [idText(get(body, "id"))]: body }, place(path));
  }
}

/** The plugins of one object. */
interface Layer {
  map: Maybe<object> | undefined;
  place: Place;
}

/** An object of the file, and where it stands. */
interface Holder {
  body: unknown;
  path: string;
}

function list(root: unknown, kind: string): Holder[] {
  const found = getList(root, kind);
  return isKnown(found) ? (found ?? []).map((body, i) => ({ body, path: `${kind}[${i}]` })) : [];
}

/** Ids are numbers or strings, and equal if they read alike. */
function idText(id: unknown): string {
  return typeof id === "string" || typeof id === "number" ? String(id) : "";
}
