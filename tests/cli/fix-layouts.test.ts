import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { diffLines } from "diff";
import fc from "fast-check";
import { isNode, isScalar, LineCounter, parseAllDocuments, visit } from "yaml";
import { readText } from "../../src/cli/sources";
import { arbitraryPodSpec } from "../support/arbitrary-pods";
import { arbitraryYaml } from "../support/arbitrary-yaml";
import { cli } from "./run";

/** Workloads with a note of any text, to be repaired or not; all may share one hook, or one Pod. */
const workloads = fc
  .tuple(fc.array(fc.tuple(arbitraryPodSpec, fc.string(), fc.boolean()), { minLength: 1, maxLength: 3 }), fc.nat(3))
  .map(([all, sharing]) => {
    const containers = (spec: object) => (spec as { containers: { lifecycle?: object }[] }).containers;
    const [hook] = all.flatMap(([spec]) => containers(spec).flatMap(({ lifecycle }) => lifecycle ?? []));
    return all.map(([own, note, isRouted], i) => {
      const withHook = containers(own).map((each) => (hook && each.lifecycle ? { ...each, lifecycle: hook } : each));
      const spec = [own, { ...own, containers: withHook }, all[0]?.[0], own][sharing];
      const annotations = { note, "apisix-graceful-termination/routed": String(isRouted) };
      const metadata = { name: `web-${i}`, annotations };
      return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { template: { spec } } };
    });
  });

/** The lines that a repair may change: those of hooks and of grace periods. */
function repairable(text: string): Set<number> {
  const lines = new Set<number>();
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, merge: true, uniqueKeys: false });
  if (!Array.isArray(documents)) return lines;
  for (const document of documents) {
    visit(document, {
      Pair: (_, { key, value }) => {
        if (!isScalar(key) || !/^(lifecycle|preStop|terminationGracePeriodSeconds)$/.test(String(key.value))) return;
        const last = isNode(value) ? value : key;
        const [from, to] = [
          counter.linePos(key.range?.[0] ?? 0).line,
          counter.linePos((last.range?.[1] ?? 1) - 1).line,
        ];
        for (let line = from; line <= to; line++) lines.add(line);
      },
    });
  }
  return lines;
}

function isPartOf(part: string, whole: string): boolean {
  let at = 0;
  for (const letter of whole) if (letter === part[at]) at++;
  return at === part.length;
}

/** What was changed of the lines that no repair is about, other than by what was put into them. */
function touched(before: string, after: string): string[] {
  const mayChange = repairable(before);
  const found: string[] = [];
  let line = 1;
  const hunks = diffLines(before, after);
  for (const [i, { value, count, added, removed }] of hunks.entries()) {
    if (added) continue;
    const put = hunks[i + 1]?.added ? hunks[i + 1]?.value : "";
    for (const [n, text] of value.split("\n").slice(0, count).entries()) {
      if (removed && !mayChange.has(line + n) && !isPartOf(text.trimEnd(), put ?? "")) found.push(text);
    }
    line += count;
  }
  return found;
}

describe("check --fix of any layout", () => {
  const run = (stdin: string) => cli(["check", "--fix", "-"], { stdin });
  const objectsOf = (text: string) => {
    const { objects, problems } = readText(text, "-");
    return problems.length > 0 ? undefined : objects.map(({ resource }) => resource.props);
  };

  it("repairs each object, or leaves it and its finding as they are; and changes nothing else", async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(
        workloads.chain((objects) => arbitraryYaml(objects)),
        async (text) => {
          const before = objectsOf(text);
          if (!before) return;
          read++;
          const list = { apiVersion: "v1", kind: "List", items: before };
          const wanted = objectsOf((await run(JSON.stringify(list))).stdout) ?? [];
          const fixed = await run(text);
          const after = objectsOf(fixed.stdout) ?? [];
          assert.equal(after.length, before.length);
          for (const [i, object] of after.entries()) {
            if (isDeepStrictEqual(object, wanted[i])) continue;
            assert.deepEqual(object, before[i]);
            const { name } = (object as { metadata: { name: string } }).metadata;
            assert.match(fixed.stderr, new RegExp(`^warning: .*/${name} is not repaired: `, "m"));
            assert.match(fixed.stderr, new RegExp(`^Deployment .*/${name}\\n  (mandatory|advisory) `, "m"));
          }
          assert.deepEqual(touched(text, fixed.stdout), []);
          assert.equal((await run(fixed.stdout)).stdout, fixed.stdout);
        },
      ),
      { numRuns: 60 },
    );
    assert.ok(read > 40, `${read} of them can be read`);
  });
});
