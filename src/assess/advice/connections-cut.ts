import type { Chain, LongLived } from "../../routing";
import { longLivedKinds } from "../../routing/routes";
import type { Judged } from "../alone";
import type { SlowRequest } from "./slow-request";

/** Connections that stay on a Pod until it ends, however long its sleep is. */
export interface CutConnections {
  chain: Chain;
  mark: LongLived;
  /** When they are cut at the latest, in seconds from the Pod's deletion; absent if that can't be known. */
  seconds?: number;
}

/**
 * The most telling of the routes whose connections stay open. APISIX sends a terminating Pod no new request, and leaves
 * the connections that are open where they are: a WebSocket, a gRPC stream or a TCP connection lasts until the app
 * closes it or is killed. A gRPC call whose timeout is reported already isn't reported twice.
 *
 * @param isHidden do the Pod's times come from secrets?
 */
export function cutConnections(
  upstream: readonly Chain[],
  { timeline }: Judged,
  slow: SlowRequest | undefined,
  isHidden: boolean,
): CutConnections | undefined {
  const found = longLivedKinds.flatMap((kind) => upstream.find(({ longLived }) => longLived?.kind === kind) ?? []);
  const chain = found.find((each) => each.longLived?.kind !== "grpc" || each !== slow?.chain);
  if (!chain?.longLived) return undefined;
  const serving = chain.serving && new Set(chain.serving);
  const ends = (timeline?.containers ?? [])
    .filter(({ container }) => serving?.has(container.name) ?? true)
    .map(({ sigkill }) => sigkill.atMost);
  const seconds = Math.max(0, ...ends);
  const isTold = ends.length > 0 && seconds < Infinity;
  return { chain, mark: chain.longLived, ...(isTold ? { seconds: isHidden ? NaN : seconds } : {}) };
}
