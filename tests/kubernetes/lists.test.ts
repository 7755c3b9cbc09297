import assert from "node:assert/strict";
import { expandLists } from "../../src/kubernetes/lists";
import { fromManifest, labelOf, type Resource } from "../../src/kubernetes/resource";

const read = (manifest: unknown) => fromManifest(manifest, "file") as Resource;
const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name } });
const list = (items: unknown, kind = "List", apiVersion = "v1") => read({ apiVersion, kind, items });

describe("expandLists", () => {
  const cases: [name: string, given: Resource, labels: string[]][] = [
    ["what is no list stays", read(pod("a")), ["Pod default/a"]],
    ["a List", list([pod("a"), pod("b")]), ["Pod default/a", "Pod default/b"]],
    ["a list in a list", list([{ apiVersion: "v1", kind: "List", items: [pod("a")] }]), ["Pod default/a"]],
    [
      "a typed list, whose items leave their kind out",
      list([{ metadata: { name: "a" } }], "DeploymentList", "apps/v1"),
      ["Deployment default/a"],
    ],
    ["items that are no objects", list([null, 1, "x", {}, [], pod("a")]), ["Pod default/a"]],
    ["items that are no list", list("x"), []],
    [
      "a kind that only ends like one",
      read({ apiVersion: "example.com/v1", kind: "AllowList", metadata: { name: "a" } }),
      ["AllowList default/a"],
    ],
  ];
  for (const [name, given, labels] of cases) {
    it(name, () => assert.deepEqual(expandLists([given]).map(labelOf), labels));
  }
  it("gives each item its own id and its list's cluster and namespace", () => {
    const given = { ...list([pod("a"), pod("b")]), cluster: "east", defaultNamespace: "team" };
    assert.deepEqual(
      expandLists([given]).map(({ id, cluster, defaultNamespace, group, version }) => [
        id,
        cluster,
        defaultNamespace,
        group,
        version,
      ]),
      [
        ["file#items[0]", "east", "team", "", "v1"],
        ["file#items[1]", "east", "team", "", "v1"],
      ],
    );
  });
});
