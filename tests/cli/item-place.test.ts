import assert from "node:assert/strict";
import fc from "fast-check";
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { itemPlace } from "../../src/cli/item-place";
import { readText } from "../../src/cli/sources";
import { arbitraryYaml } from "../support/arbitrary-yaml";
import { deployment, hook } from "../support/resources";

type Path = (string | number)[];

/** Of the file's last object. */
function placeOf(text: string, ...fields: Path[]) {
  const { place } = readText(text, "a.yaml").objects.at(-1) ?? {};
  assert.ok(place);
  return itemPlace(place, text, ...fields);
}

const pod = `# a Pod
apiVersion: v1
kind: Pod
spec: &spec
  "terminationGracePeriodSeconds": 5
  containers:
    - name: a
      lifecycle: &hooks
        preStop: { sleep: { seconds: 5 } }
    -   # the second
      'name': b
      lifecycle: *hooks
    - {name: c, lifecycle: {<<: *hooks}}
  initContainers:
  -
`;

const a: Path = ["spec", "containers", 0];
const cases: [what: string, text: string, fields: Path[], place: [number, number]][] = [
  ["an object, below comments", pod, [], [2, 1]],
  ["a field, by its key", pod, [["spec", "containers"]], [6, 3]],
  ["a key in quotes, by its quote", pod, [["spec", "terminationGracePeriodSeconds"]], [5, 3]],
  ["an item of a list", pod, [a], [7, 7]],
  ["a hook", pod, [[...a, "lifecycle", "preStop"]], [9, 9]],
  ["what is in braces", pod, [[...a, "lifecycle", "preStop", "sleep", "seconds"]], [9, 29]],
  ["an item below a comment", pod, [["spec", "containers", 1]], [11, 7]],
  ["what an alias holds, by the alias", pod, [["spec", "containers", 1, "lifecycle", "preStop"]], [12, 7]],
  ["what a merge key holds, by its holder", pod, [["spec", "containers", 2, "lifecycle", "preStop"]], [13, 17]],
  ["an empty item, by its list", pod, [["spec", "initContainers", 0]], [15, 3]],
  ["what isn't there, by what would hold it", pod, [["spec", "template", "spec"]], [4, 1]],
  ["an item that isn't there", pod, [["spec", "containers", 9, "lifecycle"]], [6, 3]],
  ["the first that is there", pod, [[...a, "command"], a, ["spec"]], [7, 7]],
  [
    "what would hold the last one, where none is",
    pod,
    [
      [...a, "command"],
      ["spec", "x"],
    ],
    [4, 1],
  ],
  ["the object, as the last resort", pod, [["x"], []], [2, 1]],
  ["the second document of a file", `a: 1\n---\n\n${pod}`, [a], [10, 7]],
  ["a file with a byte order mark", `\ufeffapiVersion: v1\nkind: Pod\n`, [["kind"]], [2, 1]],
  ["lines that end as on Windows", pod.replaceAll("\n", "\r\n"), [a], [7, 7]],
  ["JSON", '{\n\t"kind": "Pod", "apiVersion": "v1",\n\t"spec": {}\n}', [["spec"]], [3, 2]],
  ["letters beyond the BMP, as editors count", '{"😀": 1, "kind": "Pod", "apiVersion": "v1"}', [["kind"]], [1, 11]],
  ["an item of a List", `apiVersion: v1\nkind: List\nitems:\n- ${pod.replaceAll("\n", "\n  ")}`, [a], [10, 9]],
  ["the last of two equal keys", `kind: Pod\napiVersion: v1\nspec: 1\nspec: 2\n`, [["spec"]], [4, 1]],
];

describe("cli/item-place", () => {
  for (const [what, text, fields, [line, column]] of cases) {
    it(what, () => assert.deepEqual(placeOf(text, ...fields), { line, column }));
  }

  it("of a document that the events' reader doesn't take, the line that is known", () => {
    const { place } = readText(pod, "a.yaml").objects[0] ?? {};
    assert.ok(place);
    assert.deepEqual(itemPlace(place, "a: [\n".padEnd(pod.length, "#"), a), { line: 2 });
  });

  it("property: every field is where another YAML reader has its key", () => {
    const objects = [deployment("web", hook("/bin/sh", "-c", "sleep 2")), deployment("api")].map(({ props }) => props);
    fc.assert(
      fc.property(arbitraryYaml(objects), (text) => {
        for (const { place } of readText(text, "a.yaml").objects) {
          assert.ok(place);
          const { start, end, line } = place.document.part;
          const part = text.slice(start, end).replace(/^\ufeff/, "");
          const lines = new LineCounter();
          parseDocument(part, { lineCounter: lines });
          // Blanks that kubectl takes and the reader of events doesn't: the object's line is all that is known.
          if (itemPlace({ ...place, path: [] }, text).column === undefined) continue;
          for (const [path, offset] of written(part, 0)) {
            const { line: row, col } = lines.linePos(offset);
            const expected = { line: line - 1 + row, column: col };
            assert.deepEqual(itemPlace({ ...place, path: [] }, text, path), expected, path.join("."));
          }
        }
      }),
    );
  });
});

/** The fields and items that are written in a document itself, with their offsets. */
function written(text: string, index: number): [Path, number][] {
  if (index > 0) return [];
  const found: [Path, number][] = [];
  const look = (node: unknown, path: Path) => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        if (!isScalar(key) || node.items.findLast((other) => String(other.key) === String(key.value))?.key !== key)
          continue;
        found.push([[...path, String(key.value)], key.range?.[0] ?? 0]);
        look(value, [...path, String(key.value)]);
      }
    } else if (isSeq(node)) {
      for (const [i, item] of node.items.entries()) {
        if (isScalar(item) && !item.type?.startsWith("BLOCK")) found.push([[...path, i], item.range?.[0] ?? 0]);
        look(item, [...path, i]);
      }
    }
  };
  look(parseDocument(text, { uniqueKeys: false }).contents, []);
  return found;
}
