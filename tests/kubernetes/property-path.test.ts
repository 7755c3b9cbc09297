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
      assert.equal(firstCovering([path])([field]), expected ? path : undefined);
    });
  }

  it("takes the first of several, for any of the fields", () => {
    const first = firstCovering(["metadata", "spec.*", "spec"]);
    assert.equal(first(["status", lifecycle]), "spec.*");
    assert.equal(first(["status"]), undefined);
  });
});
