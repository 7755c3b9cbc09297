/** The old Pods, and the times at which things happened to them, as the API server, the app and the data plane saw it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ApiServer } from "../tests/support/kubernetes";
import { readStamps } from "../tests/support/kubernetes/stamps";
import type { Cluster } from "./cluster";
import type { OldPod } from "./result";
import { namespace } from "./scenarios";

export interface Pod {
  name: string;
  address: string;
}

/** The Pods of a Deployment. */
export async function podsOf(api: ApiServer, deployment: string): Promise<Pod[]> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const query = { labelSelector: `app=${deployment}` };
  const { items } = await api.ask<{ items: { metadata: { name: string }; status: { podIP?: string } }[] }>(
    "GET",
    path,
    undefined,
    { query },
  );
  return items.map(({ metadata, status }) => ({ name: metadata.name, address: status.podIP ?? "" }));
}

/** Asks the API server to note each deletion of a Pod (`startApiServer`). */
export const audit = [{ level: "Metadata", verbs: ["delete"], resources: [{ group: "", resources: ["pods"] }] }];

/**
 * @param started when the roll-out began: Unix time in milliseconds
 * @throws Error where the Pod's deletion, or its removal from APISIX, wasn't seen
 */
export function timesOf({ api, node, apisix }: Cluster, pod: Pod, started: number): Omit<OldPod, "measured"> {
  const deleted = deletions(readFileSync(api.auditFile, "utf8")).get(pod.name);
  const gone = apisix.removals.get(pod.address);
  if (deleted === undefined || gone === undefined) throw new Error(`Pod ${pod.name} wasn't seen to leave`);
  const stamps = new Map(readStamps(join(node.sharedFolder, pod.name)));
  const since = (milliseconds: number) => Math.round(milliseconds - started) / 1000;
  const sigterm = stamps.get("SIGTERM");
  return {
    deleted: since(deleted),
    ...(sigterm === undefined ? {} : { sigterm: since(sigterm * 1000) }),
    gone: since(gone),
    killed: !stamps.has("end"),
  };
}

/** When each Pod was first asked to be deleted: its name → Unix time in milliseconds. */
function deletions(log: string): Map<string, number> {
  const first = new Map<string, number>();
  for (const line of log.split("\n").filter(Boolean)) {
    const event = JSON.parse(line) as { objectRef: { name: string }; requestReceivedTimestamp: string };
    const { name } = event.objectRef;
    if (!first.has(name)) first.set(name, Date.parse(event.requestReceivedTimestamp));
  }
  return first;
}
