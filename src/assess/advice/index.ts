/** What is known to lose requests although both rules hold, or to make the judgement stale. */
export { apisixPods } from "./apisix-pods";
export { catalogAge } from "./catalog-age";
export { controllerLines } from "./controller-lines";
export { deadRoutes } from "./dead-routes";
export { latency, latencyEvidence } from "./latency";
export { lingering } from "./lingering";
export { adviceOnWorkloads } from "./workloads";
