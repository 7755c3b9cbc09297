/** Objects as an API server with the kinds of APISIX 1.x and of the Gateway API takes them. */
import type { KubernetesObject } from "../kubernetes";
import { routeDefinitions } from "../kubernetes";

type Fields = Record<string, unknown>;

/** The definitions of the kinds, all of those of the Gateway API that the controller reads among them. */
export function controllerDefinitions(): KubernetesObject[] {
  return routeDefinitions("experimental");
}

/** The versions that the controller reads, of kinds that became stable later or never. */
const versions: Record<string, string> = { TCPRoute: "v1alpha2", UDPRoute: "v1alpha2", TLSRoute: "v1alpha2" };

/** An object with what every real one has, and short examples leave out. */
export function completed(object: KubernetesObject): KubernetesObject {
  const [group] = object.apiVersion.split("/");
  const spec = object.spec as Fields | undefined;
  if (group === "apisix.apache.org" && object.kind === "ApisixRoute" && spec) {
    return { ...object, spec: { ...spec, ...each(spec, "http", httpRule), ...each(spec, "stream", streamRule) } };
  }
  if (group === "networking.k8s.io" && object.kind === "Ingress" && spec) {
    return { ...object, spec: { ...spec, ...each(spec, "rules", ingressRule) } };
  }
  const version = group === "gateway.networking.k8s.io" ? versions[object.kind] : undefined;
  return version === undefined ? object : { ...object, apiVersion: `${group}/${version}` };
}

function each(owner: Fields, key: string, change: (item: Fields, i: number) => Fields): Fields {
  const list = owner[key];
  return Array.isArray(list) ? { [key]: list.map((item: Fields, i) => change(item, i)) } : {};
}

const httpRule = (rule: Fields, i: number): Fields => ({
  name: `rule-${i}`,
  ...rule,
  match: { paths: ["/*"], ...(rule.match as Fields | undefined) },
});

const streamRule = (rule: Fields, i: number): Fields => ({
  name: `stream-${i}`,
  protocol: "TCP",
  ...rule,
  match: { ingressPort: 9100 + i, ...(rule.match as Fields | undefined) },
});

function ingressRule(rule: Fields): Fields {
  const http = rule.http as Fields | undefined;
  // Of two equal paths the controller keeps the last.
  const path = (each: Fields, i: number) => ({ path: `/${i}`, pathType: "Prefix", ...each });
  return http ? { ...rule, http: { ...http, ...each(http, "paths", path) } } : rule;
}
