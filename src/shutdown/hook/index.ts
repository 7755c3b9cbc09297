/** How long a container's preStop hook holds its SIGTERM back. */
import { get, getList, getNumber, getObject, unknown, type Maybe } from "../../kubernetes/values";
import { hasNativeSleep } from "../../kubernetes/version";
import { delayOf, exactly, unclear, type Delay, type Repair } from "../interval";
import { delayOfCommand } from "./command";
import { handlersOf } from "./handlers";

export { outliveFaults } from "./faults";
export * from "./handlers";

/** A command with more elements than this is not looked at. */
const mostElements = 1_000;

const none: Repair = { kind: "none" };

/**
 * How long a container's preStop hook holds its SIGTERM back. No hook makes it throw. In the answer, `because` is the end
 * of a sentence that begins with the hook.
 *
 * @param hook `lifecycle.preStop`; undefined if there is none
 * @param container the container that has it, for its environment and its stop signal
 * @param kubernetesVersion of the cluster, e.g. `1.34`; if it isn't given or isn't a version, a current one
 */
export function hookDelay(
  hook: Maybe<object> | undefined,
  container: { body: object },
  kubernetesVersion?: string,
): Delay {
  if (hook === undefined) return nothing("is not set");
  if (hook === unknown) return unclear("can't be known here");
  const [handler, ...others] = handlersOf(hook);
  if (handler === undefined) return nothing("has no handler, which the Kubernetes API refuses");
  if (others.length > 0) {
    // An unknown one may turn out not to be set.
    return [handler, ...others].some((name) => get(hook, name) === unknown)
      ? unclear("can't be known here")
      : nothing("has more than one handler, which the Kubernetes API refuses", none);
  }
  const value = getObject(hook, handler);
  if (value === undefined || value === unknown) return unclear("can't be known here");
  switch (handler) {
    case "sleep":
      return nativeSleep(value, kubernetesVersion);
    case "exec": {
      const elements = get(value, "command");
      if (Array.isArray(elements) && elements.length > mostElements)
        return unclear("has a command too large to follow");
      const command = getList(value, "command");
      if (command === unknown) return unclear("has a command that can't be known here");
      if (command === undefined || command.length === 0) {
        return nothing("has no command, which the Kubernetes API refuses");
      }
      const argv = command.map((element) => (typeof element === "string" ? element : unknown));
      return delayOfCommand(argv, container.body);
    }
    case "httpGet":
      return unclear("is an httpGet: how long it takes is up to the server that answers");
    case "tcpSocket":
      // kubelet's lifecycle handler knows exec, httpGet and sleep; everything else is an "invalid handler".
      return nothing("is a tcpSocket, which the API accepts and the kubelet fails at once", none);
  }
}

function nativeSleep(sleep: object, kubernetesVersion = ""): Delay {
  const seconds = getNumber(sleep, "seconds") ?? 0;
  if (/^v?\d+\.\d/.test(kubernetesVersion) && !hasNativeSleep(kubernetesVersion)) {
    const meant = seconds !== unknown && seconds > 0 ? { meant: seconds } : {};
    return nothing("is a native sleep, which Kubernetes knows from 1.30 on", { kind: "replace", ...meant });
  }
  if (seconds === unknown) return unclear("is a native sleep whose seconds can't be known here");
  if (seconds < 0 || !Number.isInteger(seconds)) {
    return nothing("is a native sleep of a number of seconds that the Kubernetes API refuses");
  }
  return delayOf(exactly(seconds), `sleeps ${seconds} s`, { kind: "lengthen" });
}

function nothing(because: string, repair: Repair = { kind: "replace" }): Delay {
  return delayOf(exactly(0), because, repair);
}
