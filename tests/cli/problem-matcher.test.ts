import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "../../src/report";
import { inFolder } from "../support/folder";
import { apisixRoute, deployment, hook, service } from "../support/resources";
import { cli } from "./run";

interface Pattern {
  regexp: string;
  [part: string]: string | number;
}
interface Matcher {
  owner: string;
  severity: "error" | "warning";
  pattern: Pattern[];
}
const { problemMatcher: matchers } = JSON.parse(
  readFileSync(join(__dirname, "..", "..", "docs", "problem-matcher.json"), "utf8"),
) as { problemMatcher: Matcher[] };

/** What a runner or an editor makes of a text: each pattern of a matcher on the line after the one before. */
function matched(text: string): Record<string, string>[] {
  const lines = text.split("\n");
  return lines.flatMap((_, i) =>
    matchers.flatMap(({ pattern, severity }) => {
      const found: Record<string, string> = { severity };
      for (const [n, { regexp, ...parts }] of pattern.entries()) {
        const match = new RegExp(regexp).exec(lines[i + n] ?? "");
        if (!match) return [];
        for (const [part, group] of Object.entries(parts)) found[part] = match[Number(group)] ?? "";
      }
      return [found];
    }),
  );
}

describe("docs/problem-matcher.json", () => {
  it("finds in the text what the report has at a place, and nothing else", async () => {
    const resources = [
      ...[
        deployment("a"),
        deployment("b", {}, { annotations: { "apisix-graceful-termination/routed": "x" } }),
        deployment("c", hook("sleep", "2")),
      ],
      ...["a", "b", "c"].flatMap((name) => [service(name), apisixRoute(name)]),
    ];
    const text = resources.map(({ props }) => JSON.stringify(props, undefined, 1)).join("\n---\n");
    await inFolder({ "a b:1.yaml": text }, async (folder) => {
      const file = join(folder, "a b:1.yaml");
      const { findings } = JSON.parse((await cli(["check", file, "--format", "json"])).stdout) as {
        findings: Finding[];
      };
      const expected = findings.flatMap(({ level, what, code, location }) => {
        const severity = level === "advisory" ? "warning" : "error";
        const { line, column } = location ?? {};
        return location ? [{ severity, message: what, code, file, line: String(line), column: String(column) }] : [];
      });
      assert.ok(expected.some(({ severity }) => severity === "warning") && expected.length >= 3);
      const sorted = (all: object[]) => all.map((one) => JSON.stringify(Object.entries(one).sort())).sort();
      assert.deepEqual(sorted(matched((await cli(["check", file])).stdout)), sorted(expected));
    });
  });

  it("has an owner for each severity, as runners don't know this pack's levels", () => {
    assert.deepEqual(
      matchers.map(({ severity }) => severity),
      ["error", "warning"],
    );
    assert.equal(new Set(matchers.map(({ owner }) => owner)).size, 2);
  });
});
