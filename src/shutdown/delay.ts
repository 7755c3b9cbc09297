import { get, getList, getNumber, getObject, unknown, type Maybe } from "../kubernetes/values";
import { anyTime, exactly, type Delay } from "./interval";
import { delayOfCommand } from "./exec/command";

/** From when the native sleep is on by default: KEP-3960, beta. Older API servers drop the field or refuse it. */
const nativeSleepSince = [1, 30] as const;

/** A command with more elements than this is not looked at. */
const mostElements = 1_000;

const handlers = ["exec", "httpGet", "sleep", "tcpSocket"] as const;

/**
 * How long a container's preStop hook holds its SIGTERM back. Never throws. In the answer, `because` is what is said of
 * the hook: the end of a sentence that begins with it.
 *
 * @param hook `lifecycle.preStop`; undefined where there is none
 * @param container the container that has it, for its environment
 * @param kubernetesVersion of the cluster, e.g. `1.34`; where it isn't given or isn't a version, a current one
 */
export function delay(hook: Maybe<object> | undefined, container: { body: object }, kubernetesVersion?: string): Delay {
  if (hook === undefined) return fixed(0, "is not set");
  if (hook === unknown) return unclear("can't be known here");
  const present = handlers.filter((handler) => get(hook, handler) !== undefined);
  const [handler] = present;
  if (handler === undefined) {
    return fixed(0, "has no handler, which the Kubernetes API refuses");
  }
  if (present.length > 1) {
    // An unknown one may turn out not to be set.
    return present.some((name) => get(hook, name) === unknown)
      ? unclear("can't be known here")
      : fixed(0, "has more than one handler, which the Kubernetes API refuses");
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
        return fixed(0, "has no command, which the Kubernetes API refuses");
      }
      return delayOfCommand(
        command.map((element) => (typeof element === "string" ? element : unknown)),
        container.body,
      );
    }
    case "httpGet":
      return unclear("is an httpGet: how long it takes is up to the server that answers");
    case "tcpSocket":
      // kubelet's lifecycle handler knows exec, httpGet and sleep; everything else is an "invalid handler".
      return fixed(0, "is a tcpSocket, which the API accepts and the kubelet fails at once");
  }
}

function nativeSleep(sleep: object, kubernetesVersion: string | undefined): Delay {
  const seconds = getNumber(sleep, "seconds") ?? 0;
  if (isOlder(kubernetesVersion)) {
    const because = `is a native sleep, which Kubernetes knows from ${nativeSleepSince.join(".")} on`;
    const meant = seconds !== unknown && seconds > 0 ? { meant: seconds } : {};
    return { ...fixed(0, because), form: "broken", ...meant };
  }
  if (seconds === unknown) return { ...unclear("is a native sleep whose seconds can't be known here"), form: "other" };
  if (seconds < 0 || !Number.isInteger(seconds)) {
    return fixed(0, "is a native sleep of a number of seconds that the Kubernetes API refuses");
  }
  return { ...fixed(seconds, `sleeps ${seconds} s`), form: "sleep" };
}

function isOlder(kubernetesVersion: string | undefined): boolean {
  const match = /^v?(\d+)\.(\d+)/.exec(kubernetesVersion ?? "");
  if (!match) return false;
  const [major, minor] = nativeSleepSince;
  return Number(match[1]) < major || (Number(match[1]) === major && Number(match[2]) < minor);
}

function fixed(seconds: number, because: string): Delay {
  return { ...exactly(seconds), protects: exactly(seconds), because, form: "other" };
}

function unclear(because: string): Delay {
  return { ...anyTime, protects: anyTime, because, form: "other" };
}
