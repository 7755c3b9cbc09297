import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { buildReport, emptyReading, type Finding, type Report } from "../../src/report/model";
import { sarif, type SarifOptions } from "../../src/report/sarif";
import { aCode, aFinding, aHookRepair, aRepair, fullReport, hostile, reportFull } from "./samples";

/** The official schema, as Microsoft's matchers for SARIF ship it. It is draft 4, but for its own name like draft 7. */
const { id, $schema, ...schema } = JSON.parse(
  readFileSync(require.resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"),
) as Record<string, unknown>;
assert.match(`${String(id)} ${String($schema)}`, /sarif-2\.1\.0.*draft-04/);
const validate = addFormats(new Ajv({ allErrors: true, strict: false, unicodeRegExp: false })).compile(schema);

interface Message {
  text: string;
}
interface Rule {
  id: string;
  helpUri?: string;
  help: Message;
  shortDescription?: Message;
  fullDescription?: Message;
  properties: { policies: string[]; tags: string[] };
}
interface Log {
  runs: {
    tool: { driver: { name: string; version?: string; rules: Rule[] } };
    invocations: { executionSuccessful: boolean; toolExecutionNotifications: { message: Message }[] }[];
    automationDetails: { id: string };
    originalUriBaseIds?: object;
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      message: Message;
      locations: {
        physicalLocation?: { artifactLocation: { uri: string; uriBaseId?: string }; region?: object };
        logicalLocations: { fullyQualifiedName: string; name: string }[];
      }[];
      partialFingerprints: Record<string, string>;
      fixes?: object[];
      suppressions?: { kind: string; justification: string }[];
      properties: { policy: string };
    }[];
  }[];
}

function render(report: Report, options?: SarifOptions): Log["runs"][number] {
  const log = JSON.parse(sarif(report, options)) as Log;
  validate(log);
  assert.deepEqual(validate.errors, null);
  const [run] = log.runs;
  assert.ok(run);
  return run;
}

const one = (over: Parameters<typeof aFinding>[0]) => buildReport([{ ...emptyReading(), findings: [aFinding(over)] }]);

describe("report/sarif", () => {
  it("is valid against the official schema, and the schema is at work", () => {
    render(fullReport());
    render(buildReport([emptyReading()]));
    assert.equal(validate({ version: "2.1.0", runs: [{ tool: {} }] }), false);
    assert.equal(validate({ ...(JSON.parse(sarif(fullReport())) as object), extra: 1 }), false);
  });

  it("has rules with help and a link, and results that point at them", () => {
    const { tool, results } = render(fullReport());
    for (const result of results) assert.equal(tool.driver.rules[result.ruleIndex]?.id, result.ruleId);
    const rule = tool.driver.rules.find((rule) => rule.id === "pre-stop-sleep");
    assert.equal(rule?.helpUri, "https://example.org/docs/pre-stop-sleep");
    assert.ok((rule?.help.text.length ?? 0) > 20);
    assert.equal(tool.driver.version, "0.1.0");
  });

  it("has a rule for each code that occurs, and for each policy of findings without one", () => {
    const { tool, results } = render(fullReport());
    assert.deepEqual(
      tool.driver.rules.map(({ id, properties }) => [id, properties.policies]),
      [
        ["pre-stop-sleep", ["pre-stop-sleep"]],
        ["service-not-in-stack", ["apisix-route-blind-spots"]],
      ],
    );
    const rule = tool.driver.rules[1];
    assert.equal(rule?.shortDescription?.text, "A route of this stack names a Service of another stack.");
    assert.equal(rule?.fullDescription?.text, aCode.why);
    assert.equal(rule?.helpUri, aCode.url);
    assert.ok(rule?.properties.tags.includes("apisix-route-blind-spots"));
    const result = results.find(({ ruleId }) => ruleId === "service-not-in-stack");
    assert.equal(result?.properties.policy, "apisix-route-blind-spots");
  });

  it("knows a code without a text by its page", () => {
    const docs = "https://example.org/docs/findings.md#later";
    const { tool } = render(one({ code: "later", docs }));
    assert.deepEqual(
      tool.driver.rules.map(({ id, helpUri }) => [id, helpUri]),
      [["later", docs]],
    );
  });

  it("tells levels, exemptions and fingerprints", () => {
    const { results } = render(fullReport());
    assert.deepEqual(
      results.map(({ ruleId, level, suppressions }) => [ruleId, level, suppressions?.[0]?.justification]),
      [
        ["pre-stop-sleep", "warning", "Drains by itself. (until 2027-01-31)"],
        ["service-not-in-stack", "warning", undefined],
        ["pre-stop-sleep", "error", undefined],
      ],
    );
    assert.deepEqual(results[2]?.partialFingerprints, {
      "apisixGracefulTermination/v1": aFinding().fingerprint,
      primaryLocationLineHash: `${aFinding().fingerprint}:1`,
    });
    const { fingerprint = "" } = fullReport().findings.find(({ code }) => code !== undefined) ?? {};
    assert.deepEqual(results[1]?.partialFingerprints, {
      "apisixGracefulTermination/v2": fingerprint,
      primaryLocationLineHash: `${fingerprint}:1`,
    });
  });

  it("has a repair that isn't made as an error", () => {
    const repairs = [aRepair({ outcome: "would-be-repaired" }), aHookRepair("web", { outcome: "kept" })];
    const { results } = render(buildReport([{ ...emptyReading(), repairs }]));
    assert.deepEqual(
      results.map(({ ruleId, level, message }) => [ruleId, level, message.text.slice(0, 54)]),
      [["termination-grace-period", "error", "Deployment shop/api: The pack would repair the grace p"]],
    );
  });

  it("counts findings with one fingerprint by their place, whatever the order of the sources", () => {
    const same = (what: string, line?: number) =>
      aFinding({ code: "value-unknown", what, ...(line === undefined ? {} : { location: { file: "a.yaml", line } }) });
    const found = [same("b", 3), same("a", 3), same("z", 1), same("last", 12), same("first")];
    const numbered = (findings: Finding[]) =>
      Object.fromEntries<string | undefined>(
        render(buildReport(findings.map((one) => ({ ...emptyReading(), findings: [one] })))).results.map((result) => [
          /: (\w+)/.exec(result.message.text)?.[1] ?? "",
          result.partialFingerprints.primaryLocationLineHash?.split(":")[1],
        ]),
      );
    const expected = { first: "1", z: "2", a: "3", b: "4", last: "5" };
    assert.deepEqual(numbered(found), expected);
    assert.deepEqual(numbered(found.reverse()), expected);
  });

  it("has the URN as logical location, and a file where one is known", () => {
    const { results } = render(fullReport());
    assert.equal(
      results[2]?.locations[0]?.logicalLocations[0]?.fullyQualifiedName,
      "urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::web",
    );
    assert.equal(results[2]?.locations[0]?.physicalLocation, undefined);
    assert.deepEqual(results[1]?.locations[0]?.physicalLocation, {
      artifactLocation: { uri: "manifests/shop%20web/routes.yaml", uriBaseId: "%SRCROOT%" },
      region: { startLine: 12, startColumn: 3 },
    });
  });

  it("places what has no file at the given one, as GitHub refuses results without a place", () => {
    const { results } = render(fullReport(), { fallbackFile: "infra/Pulumi.yaml" });
    assert.deepEqual(
      results.map(({ locations }) => locations[0]?.physicalLocation?.artifactLocation.uri),
      ["infra/Pulumi.yaml", "manifests/shop%20web/routes.yaml", "infra/Pulumi.yaml"],
    );
  });

  const files: [string, string | undefined, string | undefined][] = [
    ["./a/b.yaml", "a/b.yaml", "%SRCROOT%"],
    ["a\\b.yaml", "a/b.yaml", "%SRCROOT%"],
    ["/abs/a b.yaml", "file:///abs/a%20b.yaml", undefined],
    ["//host/share.yaml", "file:///host/share.yaml", undefined],
    ["C:\\x\\y.yaml", "file:///C:/x/y.yaml", undefined],
    ["100%/#?:.yaml", "100%25/%23%3F%3A.yaml", "%SRCROOT%"],
    ["\ud800.yaml", "%EF%BF%BD.yaml", "%SRCROOT%"],
    ["a\u001b[0m\n\u202e.yaml", "a%1B%5B0m%0A%E2%80%AE.yaml", "%SRCROOT%"],
    ["-", undefined, undefined],
    ["<stdin>", undefined, undefined],
  ];
  for (const [file, uri, base] of files) {
    it(`writes the file ${JSON.stringify(file)} as a URI`, () => {
      const { results } = render(one({ location: { file, line: 1 } }));
      const artifact = results[0]?.locations[0]?.physicalLocation?.artifactLocation;
      assert.deepEqual([artifact?.uri, artifact?.uriBaseId], [uri, base]);
    });
  }

  it("has files below its root, whatever way they were given, and says where the root is", () => {
    const root = join(tmpdir(), "a b");
    const given: [string, string][] = [
      [join(root, "c d", "e.yaml"), "c%20d/e.yaml"],
      [`${root}/./x/../y.yaml`, "y.yaml"],
      [join(root, "..", "z.yaml"), pathToFileURL(join(tmpdir(), "z.yaml")).href],
    ];
    for (const [file, uri] of given) {
      const run = render(one({ location: { file, line: 1 } }), { root });
      const artifact = run.results[0]?.locations[0]?.physicalLocation?.artifactLocation;
      assert.deepEqual(artifact, uri.startsWith("file:") ? { uri } : { uri, uriBaseId: "%SRCROOT%" });
      assert.deepEqual(run.originalUriBaseIds, { "%SRCROOT%": { uri: `${pathToFileURL(root).href}/` } });
      // What a viewer makes of the two is the file.
      assert.equal(new URL(uri, `${pathToFileURL(root).href}/`).href, pathToFileURL(file).href);
    }
    assert.equal(render(one({})).originalUriBaseIds, undefined);
  });

  it("offers to write what repairs a finding, if that is known", () => {
    const at = { startLine: 3, startColumn: 1, endLine: 3, endColumn: 2 };
    const location = { file: "a b.yaml", line: 3 };
    const fixesOf = (over: Parameters<typeof aFinding>[0], known = true) =>
      render(one(over), { replacementsOf: () => (known ? [{ ...at, text: "{0}[5](x)" }] : undefined) }).results[0]
        ?.fixes;
    assert.deepEqual(fixesOf({ location }), [
      {
        description: { text: "Repair Deployment shop/web." },
        artifactChanges: [
          {
            artifactLocation: { uri: "a%20b.yaml", uriBaseId: "%SRCROOT%" },
            replacements: [{ deletedRegion: at, insertedContent: { text: "{0}[5](x)" } }],
          },
        ],
      },
    ]);
    assert.equal(fixesOf({ location }, false), undefined);
    assert.equal(fixesOf({}), undefined);
    assert.equal(fixesOf({ location: { file: "-" } }), undefined);
  });

  const lines: [object, object | undefined][] = [
    [{ line: 0 }, undefined],
    [{ line: 3.5, column: 0 }, { startLine: 3 }],
    [{ column: 4 }, undefined],
  ];
  for (const [at, region] of lines) {
    it(`keeps to lines and columns from 1: ${JSON.stringify(at)}`, () => {
      const { results } = render(one({ location: { file: "a", ...at } }));
      assert.deepEqual(results[0]?.locations[0]?.physicalLocation?.region, region);
    });
  }

  it("has no links and placeholders in a message that the text didn't mean", () => {
    const text = (what: string) => render(one({ what, evidence: [] })).results[0]?.message.text.split("\n")[0];
    assert.equal(text("containers[0] is short"), "Deployment shop/web: containers[0] is short");
    assert.equal(text("[a](http://b)"), "Deployment shop/web: \\[a\\](http://b)");
    assert.equal(text("{0} and {a}"), "Deployment shop/web: {{0}} and {a}");
  });

  it("tells what it could not read, and that the run is incomplete", () => {
    const [invocation] = render(fullReport()).invocations;
    assert.equal(invocation?.executionSuccessful, false);
    assert.match(invocation?.toolExecutionNotifications[0]?.message.text ?? "", /damaged event/);
  });

  it("gives each stack a category of its own, so that uploads don't close one another's alerts", () => {
    assert.equal(render(fullReport()).automationDetails.id, "apisix-graceful-termination/shop/dev/");
  });

  for (const text of hostile) {
    it(`stays valid with hostile text ${JSON.stringify(text.slice(0, 40))}`, () => {
      render(reportFull(text));
      render(reportFull(text), { fallbackFile: text });
    });
  }
});
