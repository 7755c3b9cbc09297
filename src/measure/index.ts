/** How long APISIX still has a Pod that is deleted: what was seen → each Pod's t → the distribution and its sleep. */
export { endpointsOf, podState, selectorOf } from "./endpoints";
export { measurement, merged, readMeasurement } from "./file";
export { nodesOf } from "./nodes";
export { measurementText } from "./text";
export { tracker, type Tracker } from "./tracker";
