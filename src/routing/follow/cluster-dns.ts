/** Host names that mean a Service of the cluster. Source: Kubernetes' DNS specification 1.1. */
import { getNumber, unknown } from "../../kubernetes/values";
import type { PortReference } from "./reference";

/** What a host name means. `maybe`: a Service if the stack has one of that name, else a host outside the cluster. */
export type ClusterName =
  | { kind: "service" | "maybe"; namespace: string | undefined; name: string }
  | { kind: "other domain" }
  | { kind: "outside" };

const outside: ClusterName = { kind: "outside" };

/**
 * Reads `name[.namespace[.svc[.<cluster domain>]]]`, also with a Pod's name or an SRV record's `_port._protocol` in
 * front, as StatefulSets and named ports have.
 */
export function parseClusterName(host: string, clusterDomain: string): ClusterName {
  let name = host.toLowerCase().replace(/\.$/, "");
  const domain = clusterDomain.toLowerCase().replace(/^\.|\.$/g, "");
  const isFull = name.endsWith(`.svc.${domain}`);
  if (isFull) name = name.slice(0, -domain.length - 1);
  const labels = name.split(".");
  while (labels[0]?.startsWith("_")) labels.shift();
  if (labels.some((label) => !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(label))) return outside;
  if (labels.at(-1) === "svc" && (labels.length === 3 || labels.length === 4)) {
    const [service = "", namespace] = labels.slice(-3);
    return { kind: "service", namespace, name: service };
  }
  if (labels.length === 1) return labels[0] === "localhost" ? outside : { kind: "maybe", namespace: undefined, name };
  if (labels.length === 2) return { kind: "maybe", namespace: labels[1], name: labels[0] ?? "" };
  // `a.b.svc.cluster.example`: a cluster's name, but not one of the domain that the settings tell.
  return labels[2] === "svc" && labels.length > 3 ? { kind: "other domain" } : outside;
}

const defaultPorts: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  grpc: 80,
  grpcs: 443,
  ldap: 389,
  ldaps: 636,
};

export function defaultPort(scheme: string | undefined): number | undefined {
  return defaultPorts[scheme?.toLowerCase() ?? "http"];
}

/** Host and port of `scheme://host:port/…`, `host:port` or `host`; undefined where the text holds something else. */
export function parseHost(text: string): { host: string; port: PortReference } | undefined {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^@/?#\s]*@)?([a-z0-9._-]+)(?::(\d+))?(?:[/?#]|$)/i.exec(text);
  if (!match) return undefined;
  const [, scheme, host = "", digits] = match;
  const port = getNumber(digits);
  return { host, port: port === unknown ? undefined : (port ?? (scheme ? defaultPort(scheme) : undefined)) };
}

export function isAddress(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.includes(":");
}
