/** The preStop hooks that remedies write and messages advise, and what is asked of one that is there. */
import { get, getNumber, isKnown, type Maybe } from "../../kubernetes/values";
import { hasNativeSleep } from "../../kubernetes/version";
import type { Container, Pod } from "../../kubernetes/workload";
import { mayLackShell } from "../image";

/** The form of the hook that a remedy writes: `auto` is native if the cluster knows it. */
export type HookForm = "auto" | "sleep" | "exec";

const handlers = ["exec", "httpGet", "sleep", "tcpSocket"] as const;
type Handler = (typeof handlers)[number];

/** The handlers that a hook sets. The API wants one; one that can't be known counts as set. */
export function handlersOf(preStop: Maybe<object> | undefined): Handler[] {
  return isKnown(preStop) ? handlers.filter((handler) => get(preStop, handler) !== undefined) : [];
}

/**
 * The hook that makes a container hold its SIGTERM back; undefined if none is known to work: without the native
 * sleep it takes a shell, which Windows and some images don't have.
 */
export function sleepHook(
  seconds: number,
  form: HookForm,
  kubernetesVersion: string,
  pod: Pod,
  container: Container,
): object | undefined {
  if (form === "sleep" || (form === "auto" && hasNativeSleep(kubernetesVersion))) return { sleep: { seconds } };
  if (mayBeWindows(pod) || mayLackShell(container)) return undefined;
  return { exec: { command: ["/bin/sh", "-c", `sleep ${seconds}`] } };
}

/** A native sleep on a cluster that drops it: API servers before 1.30 do so silently (KEP-3960). */
export function isUnsupportedSleep(container: Container, kubernetesVersion: string): boolean {
  return isNativeSleep(container) && !hasNativeSleep(kubernetesVersion);
}

/** A hook that is a native sleep and nothing else. */
function isNativeSleep({ preStop }: Container): boolean {
  const [handler, ...others] = handlersOf(preStop);
  return handler === "sleep" && others.length === 0;
}

/** The seconds of a container's native sleep; undefined if it has none, or they can't be known. */
export function nativeSleepOf(container: Container): number | undefined {
  const seconds = getNumber(container.preStop, "sleep", "seconds");
  return isKnown(seconds) ? seconds : undefined;
}

/** Does a Pod's spec ask for a Windows node, or can it not be known? */
export function mayBeWindows({ spec }: Pod): boolean {
  const asks = [
    get(spec, "os", "name"),
    get(spec, "nodeSelector", "kubernetes.io/os"),
    get(spec, "nodeSelector", "beta.kubernetes.io/os"),
  ];
  return asks.some((os) => os !== undefined && os !== "linux");
}
