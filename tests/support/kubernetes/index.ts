/** A real Kubernetes for tests: an API of one's own, and a node to run Pods on. */
export { canRunApiServer, startApiServer, type Answer, type ApiServer, type User } from "./api-server";
export { canRunNode, images, startNode, type Node, type ProcessEnd } from "./node";
export { apply, collectionPath, dryRun, type KubernetesObject, type Verdict } from "./objects";
