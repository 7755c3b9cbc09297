/** The options of the commands that read a cluster. */
import type { ClusterOptions } from "./sources";

export interface ClusterChoice {
  cluster?: boolean;
  context?: string;
  kubeconfig?: string;
  namespace?: string[];
  /** Seconds. */
  timeout: number;
}

/** The cluster that they name; undefined where they name none. One that is named needs no `--cluster`. */
export function clusterOptions(choice: ClusterChoice): ClusterOptions | undefined {
  const { cluster = false, context, kubeconfig, namespace: namespaces, timeout } = choice;
  const isWanted = cluster || [context, kubeconfig, namespaces].some((option) => option !== undefined);
  if (!isWanted) return undefined;
  return {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...(namespaces === undefined ? {} : { namespaces }),
    timeout,
  };
}

/** What was read, as reports name it. */
export function clusterName(name: string, { namespaces }: ClusterOptions): string {
  return namespaces === undefined ? name : `${name}, namespaces ${namespaces.join(", ")}`;
}
