import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { readText } from "../../src/cli/sources";
import { arbitraryPodSpec } from "../support/arbitrary-pods";
import { arbitraryYaml } from "../support/arbitrary-yaml";
import { inFolder, temporary } from "../support/folder";
import { cli } from "./run";

interface Region {
  startLine: number;
  startColumn: number;
  endLine: number;
  endColumn: number;
}
interface Result {
  ruleId: string;
  message: { text: string };
  fixes?: {
    artifactChanges: {
      artifactLocation: object;
      replacements: { deletedRegion: Region; insertedContent: { text: string } }[];
    }[];
  }[];
}

async function resultsOf(file: string, args: string[] = []): Promise<Result[]> {
  const { stdout } = await cli(["check", file, "--format", "sarif", ...args]);
  return (JSON.parse(stdout) as { runs: { results: Result[] }[] }).runs[0]?.results ?? [];
}

/** The text as a viewer would make it. */
function applied(text: string, { fixes }: Result): string {
  const [change] = fixes?.[0]?.artifactChanges ?? [];
  const mark = text.startsWith("\ufeff") ? 1 : 0;
  const starts = [mark, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  const offset = (line: number, column: number) => (starts[line - 1] ?? NaN) + column - 1;
  let result = text;
  for (const { deletedRegion, insertedContent } of [...(change?.replacements ?? [])].reverse()) {
    const { startLine, startColumn, endLine, endColumn } = deletedRegion;
    const [start, end] = [offset(startLine, startColumn), offset(endLine, endColumn)];
    assert.ok(start <= end && end <= text.length);
    result = result.slice(0, start) + insertedContent.text + result.slice(end);
  }
  return result;
}

const deployment = (container: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, annotations: { apisix-graceful-termination/routed: "true" } }
spec:
  template:
    spec:
      containers:
        - name: web
          image: web:1
          readinessProbe: {}
${container}`;

const hook = (command: string) => `          lifecycle:\n            preStop: { exec: { command: ${command} } }\n`;

/** What is inserted for the container's hook; undefined: nothing is offered. */
const cases: [what: string, container: string, inserted: string[] | undefined][] = [
  [
    "a new hook",
    "",
    ["\n          lifecycle:\n            preStop:\n              sleep:\n                seconds: 5"],
  ],
  ["a number in a command, and nothing else of it", hook(`[sh, -c, "sleep 2 # hunter2"]`), ["5"]],
  ["a grace period beside a hook", hook("[sleep, '40']"), ["\n      terminationGracePeriodSeconds: 50"]],
  ["nothing where a field moves", "          preStop: { exec: { command: [/drain, hunter2] } }\n", undefined],
];

describe("check --format sarif: fixes", () => {
  for (const [what, container, inserted] of cases) {
    it(`has ${what}`, async () => {
      await inFolder({ "web.yaml": deployment(container) }, async (folder) => {
        const results = await resultsOf(join(folder, "web.yaml"));
        const fixes = results.flatMap((one) => one.fixes ?? []);
        assert.deepEqual(
          fixes[0]?.artifactChanges[0]?.replacements.map(({ insertedContent }) => insertedContent.text),
          inserted,
        );
        assert.ok(!JSON.stringify(results).includes("hunter2"));
      });
    });
  }

  it("has none that --fix has written, and none for standard input", async () => {
    const text = deployment("");
    await inFolder({ "web.yaml": text, "broken.yaml": deployment(hook("[/drain]")) }, async (folder) => {
      const all = [...(await resultsOf(folder, ["--fix"])), ...(await resultsOf(folder))];
      assert.ok(all.length > 0);
      for (const { fixes } of all) assert.equal(fixes, undefined);
    });
    const { stdout } = await cli(["check", "-", "--format", "sarif"], { stdin: text });
    assert.ok(stdout.includes("no-hook") && !stdout.includes('"fixes"'));
  });

  it("property: each makes of its object what --fix makes of it, in any layout", async () => {
    const workloads = fc.array(arbitraryPodSpec, { minLength: 1, maxLength: 3 }).map((specs) =>
      specs.map((spec, i) => ({
        ...{ apiVersion: "apps/v1", kind: "Deployment", spec: { template: { spec } } },
        metadata: { name: `web-${i}`, annotations: { "apisix-graceful-termination/routed": "true" } },
      })),
    );
    const nameOf = (object: unknown) => (object as { metadata: { name: string } }).metadata.name;
    const objectsOf = (text: string) => readText(text, "-").objects.map(({ resource }) => resource.props);
    const { folder, remove } = temporary();
    const file = join(folder, "web.yaml");
    let offered = 0;
    try {
      await fc.assert(
        fc.asyncProperty(
          workloads.chain((objects) => arbitraryYaml(objects)),
          async (text) => {
            if (readText(text, "-").problems.length > 0) return;
            const before = objectsOf(text);
            const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: before });
            const wanted = objectsOf((await cli(["check", "--fix", "-"], { stdin: list })).stdout);
            writeFileSync(file, text);
            for (const result of await resultsOf(file)) {
              if (!result.fixes) continue;
              offered++;
              const after = objectsOf(applied(text, result));
              const [, name] = /\/?(web-\d)/.exec(result.message.text) ?? [];
              const isMade = (object: unknown, i: number) =>
                nameOf(object) === name &&
                isDeepStrictEqual(object, wanted[i]) &&
                !isDeepStrictEqual(object, before[i]);
              assert.ok(after.some(isMade));
              // What shares an anchor with it is repaired as well.
              for (const [i, object] of after.entries()) {
                assert.ok(isDeepStrictEqual(object, wanted[i]) || isDeepStrictEqual(object, before[i]));
              }
            }
          },
        ),
        { numRuns: 60 },
      );
    } finally {
      remove();
    }
    assert.ok(offered > 40, `${offered} fixes`);
  });
});
