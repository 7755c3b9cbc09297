/** A real Kubernetes for tests: an API of one's own, and a node to run Pods on. */
export { canRunApiServer, startApiServer, type ApiServer } from "./api-server";
export { routeDefinitions } from "./definitions";
export { canMakePodNetwork, fetchPodNetwork, inNetworkOfItsOwn } from "./network";
export { canRunNode, fetchNode, images, startNode, type Node } from "./node";
export { apply, create, dryRun, dryRunChange, remove, type KubernetesObject, type Verdict } from "./objects";
