/** Kubernetes' own programs, built once from their Go modules (tools/go/kubernetes, kubectl and containerd). */
import { goProgram, type GoProgram } from "./go";

/** The Kubernetes that tests ask. */
export const kubernetesVersion = "v1.36.3";
export const containerdVersion = "v2.4.2";

// The servers tell their version, and clients and feature gates go by it; a build without the stamp says v0.0.0.
const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(kubernetesVersion)!;
const stamp = Object.entries({ gitVersion: kubernetesVersion, gitMajor: major, gitMinor: minor })
  .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  .join(" ");

const kubernetes = (name: string): GoProgram => ({
  module: "kubernetes",
  package: `k8s.io/kubernetes/cmd/${name}`,
  name,
  ldflags: `-s -w ${stamp}`,
  // Without the profiles of a production build: they double the time to compile.
  flags: ["-pgo=off"],
});

/** What `routes --cluster` asks a cluster through. */
export const kubectlProgram: GoProgram = { module: "kubectl", package: ".", name: "kubectl", ldflags: "-s -w" };

/** Reads files as kubectl does: what is ours has to be the same. */
export const manifestsProgram: GoProgram = { module: "manifests", package: ".", name: "manifests", ldflags: "-s -w" };

/** The APISIX ingress controller 1.x, whose answers ours have to be. */
export const controllerProgram: GoProgram = {
  module: "apisix-ingress-controller",
  package: ".",
  name: "apisix-ingress-controller",
  ldflags: "-s -w",
};

const containerd = (name: string): GoProgram => ({
  module: "containerd",
  package: `github.com/containerd/containerd/v2/cmd/${name}`,
  name,
  ldflags: `-s -w -X github.com/containerd/containerd/v2/version.Version=${containerdVersion}`,
  // Storage drivers that would need C libraries.
  tags: ["no_btrfs", "no_devmapper", "no_zfs"],
});

export const apiServerPrograms = {
  etcd: {
    module: "kubernetes",
    package: "go.etcd.io/etcd/server/v3",
    name: "etcd",
    ldflags: "-s -w",
    flags: ["-pgo=off"],
  },
  apiServer: kubernetes("kube-apiserver"),
} satisfies Record<string, GoProgram>;

export const nodePrograms = {
  kubelet: kubernetes("kubelet"),
  containerd: containerd("containerd"),
  // containerd starts its shim by this name, from PATH.
  shim: containerd("containerd-shim-runc-v2"),
  ctr: containerd("ctr"),
  // Both stand in the container image that the tests make: see their sources.
  stamp: { module: "stamp", package: ".", name: "stamp", ldflags: "-s -w" },
  pause: { module: "stamp", package: "./pause", name: "pause", ldflags: "-s -w" },
} satisfies Record<string, GoProgram>;

/** What makes the Pods of Deployments, and the endpoints of Services. */
export const controllerManagerProgram = kubernetes("kube-controller-manager");

/** Builds what is missing, one after the other (each uses all cores), and answers where each executable is. */
export async function buildAll<Name extends string>(programs: Record<Name, GoProgram>): Promise<Record<Name, string>> {
  const built = {} as Record<Name, string>;
  for (const name of Object.keys(programs) as Name[]) built[name] = await goProgram(programs[name]);
  return built;
}

if (require.main === module) {
  const others = {
    kubectl: kubectlProgram,
    controller: controllerProgram,
    controllerManager: controllerManagerProgram,
  };
  void buildAll({ ...apiServerPrograms, ...others, ...nodePrograms }).then((built) =>
    console.log(Object.values(built).join("\n")),
  );
}
