/** Helm releases: one opaque resource to Pulumi each. What they install is not in the stack. */
import { clusterOf, helmRelease, type PulumiResource } from "./resource";
import { getString, isKnown, type Maybe } from "./values";

export interface HelmRelease {
  /** The name that Pulumi's program gave it. */
  logicalName: string;
  /** Its name in the cluster, if that is known. */
  name: string | undefined;
  /** The name of its chart alone: `apisix` of `oci://registry.example/charts/apisix`. */
  chart: string | undefined;
  namespace: Maybe<string>;
  cluster: string;
}

/** A resource as a release; undefined where it is none. */
export function readRelease({ type, name, props, provider }: PulumiResource): HelmRelease | undefined {
  if (type !== helmRelease) return undefined;
  const text = (of: unknown, field: string) => {
    const value = getString(of, field);
    return isKnown(value) && value !== "" ? value : undefined;
  };
  return {
    logicalName: name,
    name: text(props, "name"),
    chart: chartName(text(props, "chart")),
    namespace: getString(props, "namespace") || getString(provider?.props, "namespace") || "default",
    cluster: clusterOf(provider?.urn),
  };
}

function chartName(chart: string | undefined): string | undefined {
  const [, name] = /([^/]+?)(?:-\d[^/]*\.tgz)?\/*$/.exec(chart ?? "") ?? [];
  return name;
}
