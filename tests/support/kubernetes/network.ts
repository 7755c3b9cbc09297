/**
 * A network of one's own: a namespace with nothing but a loopback interface, in which Pods get addresses of their own by
 * the bridge and host-local plugins of CNI. Nothing in it reaches the machine's network, and the kernel removes it with
 * its last process.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { debianFile } from "../../../tools/debian";

export interface PodNetwork {
  nodeAddress: string;
  /** CNI's configuration and plugins. */
  configFolder: string;
  pluginFolder: string;
}

const bridge = "cni0";
const nodeAddress = "10.244.0.1";
const subnet = "10.244.0.0/24";

const busybox = () => debianFile("busybox-static", "bin/busybox");
const plugins = () => dirname(debianFile("containernetworking-plugins", "usr/lib/cni/bridge"));

/** Fetches what can't be fetched in a network of one's own. */
export function fetchPodNetwork(): void {
  busybox();
  plugins();
}

/** A command that runs another one in a new network namespace. Needs root on Linux. */
export function inNetworkOfItsOwn(command: readonly string[]): string[] {
  const script = `"$1" ip link set lo up && shift && exec "$@"`;
  return ["unshare", "--net", "--", "sh", "-c", script, "sh", busybox(), ...command];
}

/** Why Pods can't have addresses of their own here; undefined where they can. */
export function canMakePodNetwork(): string | undefined {
  const [unshare, ...args] = inNetworkOfItsOwn([busybox(), "ip", "link", "add", bridge, "type", "bridge"]);
  const { status, stderr, error } = spawnSync(unshare!, args, { encoding: "utf8" });
  if (status === 0) return undefined;
  return `no bridge can be made in a network namespace here: ${error?.message ?? stderr.trim()}`;
}

/**
 * Makes the bridge that Pods are connected to, and writes CNI's configuration.
 *
 * @throws Error where this process shares its network with others.
 */
export function makePodNetwork(configFolder: string): PodNetwork {
  const interfaces = [...readFileSync("/proc/self/net/dev", "utf8").matchAll(/^\s*(\S+):/gm)].map(([, name]) => name);
  if (interfaces.some((name) => name !== "lo"))
    throw new Error(`This is no network of its own: ${interfaces.join(", ")}`);
  ip("link", "add", bridge, "type", "bridge");
  ip("address", "add", `${nodeAddress}/24`, "dev", bridge);
  ip("link", "set", bridge, "up");
  mkdirSync(configFolder, { recursive: true });
  const plugin = { type: "bridge", bridge, isGateway: true, ipam: { type: "host-local", ranges: [[{ subnet }]] } };
  const list = { cniVersion: "1.0.0", name: "pods", plugins: [plugin] };
  writeFileSync(join(configFolder, "pods.conflist"), JSON.stringify(list));
  return { nodeAddress, configFolder, pluginFolder: plugins() };
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync(busybox(), ["ip", ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}
