import assert from "node:assert/strict";
import { firstCovering } from "../../src/kubernetes/property-path";

const lifecycle = "spec.template.spec.containers[0].lifecycle";

describe("firstCovering", () => {
  const cases: [path: string, field: string, expected: boolean][] = [
    [lifecycle, lifecycle, true],
    ["spec", lifecycle, true],
    ["*", lifecycle, true],
    ["spec.template", lifecycle, true],
    ['spec["template"]', lifecycle, true],
    ['["spec"].template.spec', lifecycle, true],
    ["spec.template.spec.containers[0]", lifecycle, true],
    ["spec.template.spec.containers[*]", lifecycle, true],
    ["spec.template.spec.containers.*.lifecycle", lifecycle, true],
    ['spec.template.spec.containers["*"].lifecycle', lifecycle, true],
    ["spec.template.spec.containers[1]", lifecycle, false],
    ["spec.temp", lifecycle, false],
    ["spec.replicas", lifecycle, false],
    ["spec.*.containers", lifecycle, false],
    [`${lifecycle}.preStop`, lifecycle, false],
    ["metadata.annotations", lifecycle, false],
    ['metadata.annotations["a.b\\"c"]', 'metadata.annotations["a.b\\"c"].d', true],
    ['metadata.annotations["a.b"]', "metadata.annotations.a.b", false],
    ["", lifecycle, false],
    [".", lifecycle, false],
    ["[", lifecycle, false],
  ];
  for (const [path, field, expected] of cases) {
    it(`${path || "(empty)"} ${expected ? "covers" : "doesn't cover"} ${field}`, () => {
      assert.equal(firstCovering([path])([{ path: field }]), expected ? path : undefined);
    });
  }

  it("takes the first of several, for any of the fields", () => {
    const first = firstCovering(["metadata", "spec.*", "spec"]);
    assert.equal(first([{ path: "status" }, { path: lifecycle }]), "spec.*");
    assert.equal(first([{ path: "status" }]), undefined);
  });

  it("takes a path to a part of a field where that is asked for", () => {
    const first = firstCovering([`${lifecycle}.preStop.sleep`]);
    assert.equal(first([{ path: `${lifecycle}.preStop` }]), undefined);
    assert.equal(first([{ path: `${lifecycle}.preStop`, orPart: true }]), `${lifecycle}.preStop.sleep`);
    assert.equal(first([{ path: `${lifecycle}.postStart`, orPart: true }]), undefined);
  });
});
