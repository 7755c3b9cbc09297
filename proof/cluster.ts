/** A whole Kubernetes with APISIX's ingress controller, on this machine: real but for APISIX's data plane. */
import { join } from "node:path";
import { buildAll, controllerManagerProgram, controllerProgram, kubectlProgram } from "../tools/kubernetes";
import { controllerDefinitions, runController } from "../tests/support/controller";
import { startAdminApi } from "../tests/support/controller/admin-api";
import {
  apply,
  fetchNode,
  fetchPodNetwork,
  startApiServer,
  startNode,
  type ApiServer,
  type Node,
} from "../tests/support/kubernetes";
import { startService } from "../tests/support/kubernetes/processes";
import { startDataPlane, type DataPlane } from "./data-plane";
import { audit } from "./pods";
import { namespace } from "./scenarios";

export interface Cluster {
  api: ApiServer;
  node: Node;
  apisix: DataPlane;
  /** Path of kubectl. */
  kubectl: string;
  /** What its programs that have ended wrote last; undefined while all of them run. */
  failure: () => string | undefined;
  stop: () => void;
}

const programs = {
  controllerManager: controllerManagerProgram,
  controller: controllerProgram,
  kubectl: kubectlProgram,
};

/** Builds and fetches all that needs the network. Minutes, once. */
export async function fetchCluster(): Promise<void> {
  await fetchNode();
  fetchPodNetwork();
  await buildAll(programs);
  controllerDefinitions();
}

/** @throws Error with the end of a program's log when it doesn't come up */
export async function startCluster(): Promise<Cluster> {
  const { controllerManager, controller, kubectl } = await buildAll(programs);
  const api = await startApiServer({ audit });
  const stops: (() => void)[] = [api.stop];
  const stop = () => stops.toReversed().forEach((stop) => stop());
  try {
    await apply(api, ...controllerDefinitions());
    await api.createNamespace(namespace);
    const node = await startNode(api, { hasPodNetwork: true });
    stops.push(node.stop);

    const apisix = await startDataPlane();
    const admin = await startAdminApi(() => apisix.put(admin.pushed));
    stops.push(apisix.stop, admin.stop);

    // No leader is elected among one.
    const enabled = ["deployment", "replicaset", "endpoints", "endpointslice", "garbage-collector"];
    const controllers = enabled.map((each) => `${each}-controller`).join(",");
    const flags = ["--leader-elect=false", "--secure-port=0", `--controllers=${controllers}`];
    const manager = startService(
      controllerManager,
      [`--kubeconfig=${api.kubeconfigPath}`, ...flags],
      join(api.folder, "kube-controller-manager.log"),
    );
    stops.push(manager.stop);
    const { service: ingressController } = await runController(controller, api, admin.url, "proof");
    stops.push(ingressController.stop);
    const services = [...api.services, ...node.services, manager, ingressController];
    const failure = () => {
      const ended = services.filter((each) => each.hasEnded());
      return ended.length === 0 ? undefined : ended.map((each) => each.log()).join("\n");
    };
    return { api, node, apisix, kubectl, failure, stop };
  } catch (error) {
    stop();
    throw error;
  }
}
