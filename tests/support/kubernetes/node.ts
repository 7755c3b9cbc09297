/**
 * A node for Pods: containerd, runc and a kubelet, as root on Linux.
 *
 * They run in a mount and a PID namespace of their own. When its first process ends, the kernel ends all others in it,
 * containers included, and drops every mount: so nothing stays behind however the test ends, and no folder of the
 * machine is written to. There is no scheduler: a Pod names its node. It uses the host's network, unless the node is
 * started in a network namespace of its own (network.ts): there Pods can have addresses.
 */
import { execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { debianFile, hasDebianPackages } from "../../../tools/debian";
import { buildAll, nodePrograms } from "../../../tools/kubernetes";
import { canRunApiServer, type ApiServer } from "./api-server";
import { writeImages } from "./image";
import { makePodNetwork, type PodNetwork } from "./network";
import { atEnd, isAbandoned, startService, until, type Service } from "./processes";

/** The images that the node has. */
export const images = {
  /** `/stamp` (tools/go/stamp), busybox with its `sh`, and bash. */
  app: "test.invalid/app:1",
  /** `/stamp` and nothing else: no shell. */
  bare: "test.invalid/bare:1",
};

/** A process of a container that has ended: its main process, or that of an exec hook or probe. */
export interface ProcessEnd {
  containerId: string;
  isMain: boolean;
  /** Unix time in seconds. */
  at: number;
  exitCode: number;
}

export interface Node {
  /** What a Pod's `spec.nodeName` has to be. */
  name: string;
  /** A folder of this machine that Pods can mount (hostPath). */
  sharedFolder: string;
  /** What it consists of: that one of them ends is a failure. */
  services: readonly Service[];
  /** Calls back for each process that ends in a container, as containerd tells it. */
  onProcessEnd: (listener: (end: ProcessEnd) => void) => void;
  stop: () => void;
}

const socket = "/run/containerd/containerd.sock";

/** Why no node can run here; undefined where it can. */
export function canRunNode(): string | undefined {
  if (process.platform !== "linux") return "a kubelet runs on Linux only";
  if (process.getuid?.() !== 0) return "a kubelet needs root";
  const noApi = canRunApiServer();
  if (noApi !== undefined) return noApi;
  if (!hasDebianPackages()) return "busybox and bash for the container image come from Debian's packages (apt-get)";
  const namespaces = spawnSync("unshare", [
    ...unshareFlags,
    "sh",
    "-c",
    "mount -t tmpfs tmpfs /run && mount -t proc proc /proc",
  ]);
  if (namespaces.error) return `there is no unshare: ${namespaces.error.message}`;
  if (namespaces.status !== 0) return "no mount and PID namespaces can be made here";
  if (spawnSync("nsenter", ["--version"]).status !== 0) return "there is no nsenter";
  try {
    makeCgroup(`/agt-${process.pid}-probe`)();
  } catch (error) {
    return `no control groups can be made here: ${(error as Error).message}`;
  }
  return undefined;
}

/** Builds and fetches what a node consists of, if the cache doesn't have it: minutes. */
export async function fetchNode(): Promise<void> {
  const programs = await buildAll(nodePrograms);
  runc();
  imagesWith(programs);
}

/**
 * Starts a node that runs the Pods of an API. Builds what the cache doesn't have first (minutes).
 *
 * @param hasPodNetwork whether Pods get addresses of their own; only in a network namespace of its own.
 * @throws Error with the end of a program's log when it doesn't come up.
 */
export async function startNode(api: ApiServer, { hasPodNetwork = false } = {}): Promise<Node> {
  const programs = await buildAll(nodePrograms);
  const folder = join(api.folder, "node");
  const sharedFolder = join(folder, "shared");
  mkdirSync(sharedFolder, { recursive: true });
  const cgroup = `/${basename(api.folder)}`;
  const stops: (() => void)[] = [];
  const stop = () => stops.toReversed().forEach((stop) => stop());
  // Control groups outlive the processes; no namespace takes them along.
  stops.push(makeCgroup(cgroup));
  try {
    const [holder, pid] = await startNamespaces(folder);
    stops.push(holder.stop);
    // nsenter forks: only the end of the holder ends what runs inside.
    const inside = ["--target", pid, "--mount", "--pid", "--"];
    const env = { ...process.env, PATH: [dirname(programs.shim), process.env.PATH].join(delimiter) };

    const network = hasPodNetwork ? makePodNetwork(join(folder, "cni")) : undefined;
    writeFileSync(join(folder, "containerd.toml"), containerdConfig(runc(), network));
    const containerdArgs = [...inside, programs.containerd, "--config", join(folder, "containerd.toml")];
    const containerd = startService("nsenter", containerdArgs, join(folder, "containerd.log"), env);
    stops.push(containerd.stop);
    // The socket as seen from outside of the namespaces.
    const ctr = ["--address", `/proc/${pid}/root${socket}`, "--namespace", "k8s.io"];
    const run = promisify(execFile);
    await alive(containerd, "containerd answers", () => run(programs.ctr, [...ctr, "version"]).then(...isFulfilled));
    const images = writeImages(imagesWith(programs), join(folder, "images"));
    await run(programs.ctr, [...ctr, "images", "import", images]);
    const listeners: ((end: ProcessEnd) => void)[] = [];
    stops.push(listenTo(programs.ctr, [...ctr, "events"], (end) => listeners.forEach((listener) => listener(end))));

    const name = "node";
    writeFileSync(join(folder, "kubelet.json"), JSON.stringify(kubeletConfig(cgroup)));
    const kubelet = startService(
      "nsenter",
      [
        ...inside,
        programs.kubelet,
        `--config=${join(folder, "kubelet.json")}`,
        `--kubeconfig=${api.kubeconfigPath}`,
        `--hostname-override=${name}`,
        "--root-dir=/run/kubelet",
        "--cert-dir=/run/kubelet/pki",
        ...(network ? [`--node-ip=${network.nodeAddress}`] : []),
      ],
      join(folder, "kubelet.log"),
      env,
    );
    stops.push(kubelet.stop);
    await alive(kubelet, "the kubelet registers its node", async () => {
      return (await api.request("GET", `/api/v1/nodes/${name}`)).status === 200;
    });
    const services = [containerd, kubelet];
    return { name, sharedFolder, services, onProcessEnd: (listener) => void listeners.push(listener), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

const isFulfilled = [() => true, () => false] as const;

async function alive(service: Service, what: string, condition: () => Promise<boolean>): Promise<void> {
  await until(
    async () => {
      if (service.hasEnded()) throw new Error(`${await service.ended}\n${service.log()}`);
      return condition();
    },
    what,
    60,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${service.log()}`);
  });
}

// --kill-child: the namespaces' first process ends when unshare itself does.
const unshareFlags = ["--mount", "--pid", "--fork", "--kill-child=KILL", "--"];

/**
 * What the first process of the namespaces does. Kernel settings that a kubelet changes for the whole machine are
 * covered by files, and writable folders by ones in memory.
 */
const holderScript = `
set -e
# This /proc is still that of the machine, so this is the process's id there.
read -r pid rest </proc/self/stat
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \\
  kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  mkdir -p "/run/sysctl/$setting"
  cat "/proc/sys/$setting" >"/run/sysctl/$setting/value"
  mount --bind "/run/sysctl/$setting/value" "/proc/sys/$setting"
done
# The kubelet has fixed paths below both: /var/lib/kubelet/device-plugins, /var/log/containers.
for folder in lib log; do
  mkdir -p "/run/var/$folder/upper" "/run/var/$folder/work"
  mount -t overlay overlay \\
    -o "lowerdir=/var/$folder,upperdir=/run/var/$folder/upper,workdir=/run/var/$folder/work" "/var/$folder"
done
echo "$pid" >"$1.new"
mv "$1.new" "$1"
# The first process inherits orphans, and has to take note of their end.
sleep infinity &
wait
`;

/** Makes the namespaces; answers what holds them, and the process id to enter them by. */
async function startNamespaces(folder: string): Promise<[Service, string]> {
  const pidFile = join(folder, "pid");
  const args = [...unshareFlags, "sh", "-c", holderScript, "sh", pidFile];
  const holder = startService("unshare", args, join(folder, "namespaces.log"));
  await alive(holder, "the namespaces are made", () => Promise.resolve(existsSync(pidFile)));
  return [holder, readFileSync(pidFile, "utf8").trim()];
}

/** The machine's runc, or Debian's: it is a C program in part, and building it would take Debian's libraries anyway. */
function runc(): string {
  const installed = spawnSync("sh", ["-c", "command -v runc"], { encoding: "utf8" }).stdout.trim();
  return installed || debianFile("runc", "usr/sbin/runc");
}

function imagesWith(programs: { stamp: string; pause: string }): Parameters<typeof writeImages>[0] {
  const busybox = debianFile("busybox-static", "bin/busybox");
  const applets = spawnSync(busybox, ["--list"], { encoding: "utf8" }).stdout.trim().split("\n");
  return [
    {
      name: images.app,
      command: ["/stamp"],
      programs: {
        stamp: programs.stamp,
        "bin/busybox": busybox,
        "bin/bash": debianFile("bash-static", "bin/bash-static"),
      },
      links: {
        ...Object.fromEntries(applets.filter((name) => name !== "busybox").map((name) => [`bin/${name}`, "busybox"])),
        // As in Debian and Alpine, either path of a program works.
        "usr/bin": "../bin",
      },
    },
    { name: images.bare, command: ["/stamp"], programs: { stamp: programs.stamp } },
    { name: pauseImage, command: ["/pause"], programs: { pause: programs.pause } },
  ];
}

const pauseImage = "test.invalid/pause:1";

const containerdConfig = (runc: string, network: PodNetwork | undefined) => `
version = 3
# Not what the machine has in /etc/containerd.
imports = []
root = "/run/containerd-root"
state = "/run/containerd"

[grpc]
  address = "${socket}"

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"

[plugins."io.containerd.cri.v1.runtime"]
  # Without root's full capabilities a process may not lower its score, and every Pod would fail.
  restrict_oom_score_adj = true
  cdi_spec_dirs = []

  [plugins."io.containerd.cri.v1.runtime".cni]
    conf_dir = "${network?.configFolder ?? "/run/cni"}"
    bin_dirs = ["${network?.pluginFolder ?? "/run/cni"}"]

  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      BinaryName = "${runc}"
      SystemdCgroup = false

[plugins."io.containerd.internal.v1.opt"]
  path = "/run/opt"

[plugins."io.containerd.nri.v1.nri"]
  disable = true
`;

const kubeletConfig = (cgroupRoot: string) => ({
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  containerRuntimeEndpoint: `unix://${socket}`,
  // No port at all: nobody asks this kubelet anything.
  enableServer: false,
  healthzPort: 0,
  authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
  authorization: { mode: "AlwaysAllow" },
  cgroupDriver: "cgroupfs",
  cgroupRoot,
  enforceNodeAllocatable: [],
  failCgroupV1: false,
  failSwapOn: false,
  localStorageCapacityIsolation: false,
  makeIPTablesUtilChains: false,
  resolvConf: "",
  volumePluginDir: "/run/kubelet-plugins",
  // The machine's disk and memory are no reason to evict a test's Pods.
  evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
  imageGCHighThresholdPercent: 100,
});

/** As protocol buffers write it in JSON: what is 0 is left out. */
interface Timestamp {
  seconds?: number;
  nanos?: number;
}

/**
 * Follows containerd's events: a line is `<time> <namespace> /tasks/exit {"container_id": …}`. Answers what ends that.
 */
function listenTo(ctr: string, args: string[], tell: (end: ProcessEnd) => void): () => void {
  const events = spawn(ctr, args, { stdio: ["ignore", "pipe", "ignore"] });
  createInterface(events.stdout).on("line", (line) => {
    const [, json] = line.split(" /tasks/exit ");
    if (json === undefined) return;
    const event = JSON.parse(json) as { container_id: string; id: string; exited_at: Timestamp; exit_status?: number };
    tell({
      containerId: event.container_id,
      isMain: event.id === event.container_id,
      at: (event.exited_at.seconds ?? 0) + (event.exited_at.nanos ?? 0) / 1e9,
      exitCode: event.exit_status ?? 0,
    });
  });
  return atEnd(() => void events.kill("SIGKILL"));
}

const cgroupRoot = "/sys/fs/cgroup";
const isUnified = () => existsSync(join(cgroupRoot, "cgroup.controllers"));

/** The roots of the machine's control groups: one, or with cgroup v1 one for each kind of resource. */
function cgroupHierarchies(): string[] {
  if (!existsSync(cgroupRoot)) throw new Error(`there is no ${cgroupRoot}`);
  return isUnified() ? [cgroupRoot] : readdirSync(cgroupRoot).map((name) => join(cgroupRoot, name));
}

/** Makes a control group for all that the node makes below it; answers what removes them. */
function makeCgroup(cgroup: string): () => void {
  if (isUnified()) {
    // A group has the controllers that its parent hands down; the kubelet wants them all.
    const controllers = readFileSync(join(cgroupRoot, "cgroup.controllers"), "utf8").trim().split(" ");
    const handDown = controllers.map((controller) => `+${controller}`).join(" ");
    writeFileSync(join(cgroupRoot, "cgroup.subtree_control"), handDown);
  }
  const folders = cgroupHierarchies().map((hierarchy) => join(hierarchy, cgroup));
  for (const folder of folders) {
    for (const name of readdirSync(dirname(folder)).filter(isAbandoned)) removeTree(join(dirname(folder), name));
    mkdirSync(folder);
  }
  return atEnd(() => folders.forEach(removeTree));
}

/** Removes a control group and those below it; waits a moment for its processes, which have been killed. */
function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name));
  }
  const end = Date.now() + 5000;
  for (;;) {
    try {
      return rmdirSync(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EBUSY" || Date.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}
