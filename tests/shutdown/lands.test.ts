import assert from "node:assert/strict";
import { fromManifest } from "../../src/kubernetes/resource";
import { unknown } from "../../src/kubernetes/values";
import { readWorkload } from "../../src/kubernetes/workload";
import { landsOf, type Lands } from "../../src/shutdown/lands";

describe("landsOf", () => {
  const apps = "apps/v1";
  const kruise = "apps.kruise.io/v1beta1";
  const cases: [what: string, apiVersion: string, kind: string, spec: object, expected: Lands | undefined][] = [
    ["a Deployment", apps, "Deployment", {}, "rolls-out"],
    ["one that recreates", apps, "Deployment", { strategy: { type: "Recreate" } }, "rolls-out"],
    ["a paused one", apps, "Deployment", { paused: true }, "when-resumed"],
    ["one that isn't paused", apps, "Deployment", { paused: false }, "rolls-out"],
    ["one that may be paused", apps, "Deployment", { paused: unknown }, undefined],
    ["a StatefulSet", apps, "StatefulSet", {}, "rolls-out"],
    ["one with OnDelete", apps, "StatefulSet", { updateStrategy: { type: "OnDelete" } }, "next-pods"],
    ["one whose strategy isn't known", apps, "StatefulSet", { updateStrategy: { type: unknown } }, undefined],
    ["one whose whole strategy isn't known", apps, "StatefulSet", { updateStrategy: unknown }, undefined],
    [
      "one that keeps some Pods",
      apps,
      "StatefulSet",
      { updateStrategy: { rollingUpdate: { partition: 2 } } },
      undefined,
    ],
    ["one that keeps none", apps, "StatefulSet", { updateStrategy: { rollingUpdate: { partition: 0 } } }, "rolls-out"],
    ["a DaemonSet", apps, "DaemonSet", { updateStrategy: { type: "RollingUpdate" } }, "rolls-out"],
    ["one with OnDelete", apps, "DaemonSet", { updateStrategy: { type: "OnDelete" } }, "next-pods"],
    ["a ReplicaSet", apps, "ReplicaSet", {}, "next-pods"],
    ["a ReplicationController", "v1", "ReplicationController", {}, "next-pods"],
    ["a Pod", "v1", "Pod", {}, "new-pod"],
    ["a Rollout", "argoproj.io/v1alpha1", "Rollout", {}, "rolls-out"],
    ["a paused Rollout", "argoproj.io/v1alpha1", "Rollout", { paused: true }, "when-resumed"],
    ["a CloneSet", kruise, "CloneSet", {}, "rolls-out"],
    ["a paused CloneSet", kruise, "CloneSet", { updateStrategy: { paused: true } }, "when-resumed"],
    ["one with a partition", kruise, "CloneSet", { updateStrategy: { partition: "20%" } }, undefined],
    [
      "a paused DaemonSet of OpenKruise",
      kruise,
      "DaemonSet",
      { updateStrategy: { rollingUpdate: { paused: true } } },
      "when-resumed",
    ],
    ["a malformed spec", apps, "Deployment", [], undefined],
  ];
  for (const [what, apiVersion, kind, spec, expected] of cases) {
    it(`${kind}, ${what}: ${expected ?? "can't tell"}`, () => {
      const resource = fromManifest({ apiVersion, kind, spec }, "1");
      const workload = resource && readWorkload(resource);
      assert.equal(workload && landsOf(workload), expected);
    });
  }

  const openshift = "apps.openshift.io/v1";
  const custom: [what: string, apiVersion: string, kind: string, spec: object, expected: Lands | undefined][] = [
    ["with the default trigger", openshift, "DeploymentConfig", {}, "rolls-out"],
    ["with a trigger", openshift, "DeploymentConfig", { triggers: [{ type: "ConfigChange" }] }, "rolls-out"],
    ["with another trigger only", openshift, "DeploymentConfig", { triggers: [{ type: "ImageChange" }] }, undefined],
    ["without triggers", openshift, "DeploymentConfig", { triggers: [] }, undefined],
    ["with unknown triggers", openshift, "DeploymentConfig", { triggers: unknown }, undefined],
    ["that is paused", openshift, "DeploymentConfig", { paused: true }, "when-resumed"],
    ["that may be paused", openshift, "DeploymentConfig", { paused: unknown }, undefined],
    ["of another group", "example.org/v1", "DeploymentConfig", {}, undefined],
    ["of another group", "example.org/v1", "ReplicaSet", {}, undefined],
    ["of another group", "example.org/v1", "Pod", {}, undefined],
  ];
  for (const [what, apiVersion, kind, spec, expected] of custom) {
    it(`a listed ${kind} ${what}: ${expected ?? "can't tell"}`, () => {
      const resource = fromManifest({ apiVersion, kind, spec }, "1");
      const workload = resource && readWorkload(resource, [{ apiVersion, kind }]);
      assert.equal(workload && landsOf(workload), expected);
    });
  }

  it("can't tell of a patch, which may leave out what decides it", () => {
    const resource = fromManifest({ apiVersion: apps, kind: "Deployment", spec: {} }, "1");
    const workload = resource && readWorkload({ ...resource, isPatch: true });
    assert.equal(workload && landsOf(workload), undefined);
  });
});
