import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packPolicies } from "../../policies/list";
import type { Report } from "../../src/report";
import { parseMessage } from "../../src/report/message";
import { preview, secret, UNKNOWN, urnOf, type TestResource } from "../support/host";
import { apisixRoute, deployment, hook, service } from "../support/resources";
import { cli } from "./run";
import { inFolder } from "../support/folder";

const shop = [deployment("web"), service("web"), apisixRoute("web")];
/** The column of its container, as JSON on one line. */
const containerAt =
  JSON.stringify(shop[0]?.props).indexOf("[{", JSON.stringify(shop[0]?.props).indexOf('"containers"')) + 2;

/** Resources as `pulumi stack export` has them. */
function exported(resources: readonly TestResource[]): string {
  const state = resources.map(({ type, name, props, provider, propertyDependencies = {} }) => ({
    urn: urnOf({ type, name }),
    type,
    inputs: props,
    outputs: props,
    ...(provider ? { provider: `${urnOf({ type: "pulumi:providers:kubernetes", name: provider.name })}::1` } : {}),
    propertyDependencies: Object.fromEntries(
      Object.entries(propertyDependencies).map(([property, names]) => [
        property,
        names.map((each) => urnOf(resources.find((other) => other.name === each) ?? { type: "", name: each })),
      ]),
    ),
  }));
  const providers = resources.flatMap(({ provider }) =>
    provider
      ? [
          {
            urn: urnOf({ type: "pulumi:providers:kubernetes", name: provider.name }),
            id: "1",
            type: "pulumi:providers:kubernetes",
            inputs: provider.props,
          },
        ]
      : [],
  );
  return JSON.stringify({ version: 3, deployment: { manifest: {}, resources: [...providers, ...state] } });
}

function manifests(resources: readonly TestResource[]): string {
  return resources.map(({ props }) => JSON.stringify(props)).join("\n---\n");
}

async function checked(stdin: string, args: string[] = []): Promise<{ code: number; report: Report; stderr: string }> {
  const { code, stdout, stderr } = await cli(["check", "-", "--format", "json", ...args], { stdin });
  return { code, report: JSON.parse(stdout) as Report, stderr };
}

describe("check --explain", () => {
  it("has the lines to write, where something is to be written", async () => {
    const explained = async (resources: readonly TestResource[]) =>
      (await cli(["check", "-", "--explain", "Deployment/shop/web"], { stdin: manifests(resources) })).stdout;
    const lines = `
To write:

spec:
  template:
    spec:
      containers:
        - name: web
          lifecycle:
            preStop:
              sleep:
                seconds: 5
`;
    assert.ok((await explained(shop)).endsWith(lines));
    const fine = [deployment("web", hook("/bin/sh", "-c", "sleep 5")), ...shop.slice(1)];
    assert.doesNotMatch(await explained(fine), /To write/);
    assert.doesNotMatch(await explained([deployment("web", hook("/drain")), ...shop.slice(1)]), /To write/);
  });
});

describe("check", () => {
  it("finds what the policies find, with the place in the file", async () => {
    await inFolder({ "shop.yaml": `# shop\n---\n\n${manifests(shop)}` }, async (folder) => {
      const file = join(folder, "shop.yaml");
      const { code, stdout } = await cli(["check", file, "--format", "json"]);
      assert.equal(code, 1);
      const { findings, stacks, timelines } = JSON.parse(stdout) as Report;
      assert.equal(findings.length, 1);
      const [found] = findings;
      assert.equal(found?.policy, "apisix-routed-workloads");
      assert.deepEqual(found.resource, { kind: "Deployment", namespace: "shop", name: "web" });
      assert.deepEqual(found.location, { file, line: 4, column: containerAt });
      assert.deepEqual(found.evidence, ["ApisixRoute shop/web › Service shop/web:80 › Deployment shop/web"]);
      assert.deepEqual(stacks, [{ source: file, judged: 3 }]);
      assert.equal(timelines[0]?.after.containers[0]?.verdict, "short");
    });
  });

  it("gives the line of an item of a list", async () => {
    const list = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
  - ${JSON.stringify(shop[1]?.props)}
  - # the app
    ${JSON.stringify(shop[0]?.props)}
  - ${JSON.stringify(shop[2]?.props)}
`;
    const { report } = await checked(list);
    assert.deepEqual(
      report.findings.map(({ location }) => location),
      [{ file: "-", line: 8, column: containerAt + 4 }],
    );
  });

  describe("says what the engine says", () => {
    const texts = new Map<string, string>(packPolicies.map(({ name, description }) => [name, description]));
    const sets: [what: string, resources: TestResource[], config?: object][] = [
      ["a routed workload", shop],
      [
        "a hook that is too long",
        [deployment("web", hook("/bin/sh", "-c", "sleep 40")), service("web"), apisixRoute("web")],
      ],
      ["a broken hook", [deployment("web", hook("sh", "-c", "sleep", "5")), service("web"), apisixRoute("web")]],
      ["a hook that can't be told", [deployment("web", hook("/drain")), service("web"), apisixRoute("web")]],
      [
        "an annotated workload",
        [deployment("web", {}, { annotations: { "apisix-graceful-termination/routed": "true" } })],
      ],
      [
        "an exemption that excuses nothing",
        [deployment("web", {}, { annotations: { "ignore.apisix-graceful-termination/pre-stop-slep": "x" } })],
      ],
      ["a Service that is missing", [deployment("web"), apisixRoute("web")]],
      [
        "an unknown name",
        [
          deployment("web"),
          { ...service("web"), props: { ...service("web").props, metadata: UNKNOWN } },
          apisixRoute("web"),
        ],
      ],
      ["an unknown command", [deployment("web", hook(UNKNOWN)), service("web"), apisixRoute("web")]],
      ["a release of Helm", [{ type: "kubernetes:helm.sh/v3:Release", name: "redis", props: {} }]],
      ["a StatefulSet", [deployment("web", {}, { kind: "StatefulSet" }), service("web"), apisixRoute("web")]],
      [
        "a namespace of the provider's",
        [deployment("web"), service("web"), apisixRoute("web")].map((resource) => ({
          ...resource,
          props: { ...resource.props, metadata: { name: "web" } },
          provider: { name: "cluster", props: { namespace: "elsewhere" } },
        })),
      ],
      [
        "settings and levels",
        shop,
        { all: "advisory", "apisix-routed-workloads": { enforcementLevel: "mandatory", sleepSeconds: 15 } },
      ],
      ["a policy that is off", shop, { "apisix-routed-workloads": "disabled", "pre-stop-sleep": { select: "all" } }],
    ];
    // Without --fix nothing is repaired, as where the policies only report; with it, what the policies repair.
    const isManifest = ({ type, props, provider }: TestResource) =>
      !type.includes("helm.sh") && !provider && !JSON.stringify(props).includes(UNKNOWN);
    for (const [what, resources, config] of sets) {
      const runs: [args: string[], levels: object, stdin: string][] = [
        [[], { all: "mandatory" }, exported(resources)],
        [["--fix"], { all: "mandatory" }, exported(resources)],
      ];
      if (resources.every(isManifest)) {
        runs.push([[], { all: "mandatory" }, manifests(resources)]);
        if (!config) runs.push([["--fix"], {}, manifests(resources)]);
      }
      for (const [args, levels, stdin] of runs) {
        const from = stdin.startsWith('{"version"') ? "state" : "manifests";
        it(`of ${[what, `as ${from}`, ...args].join(", ")}`, async () => {
          const settings = { ...levels, ...config };
          const engine = await preview(resources, settings);
          await inFolder({ "settings.json": JSON.stringify(settings) }, async (folder) => {
            const [config, to] = [join(folder, "settings.json"), join(folder, "report.json")];
            const ran = await cli(["check", "-", "--settings", config, ...args, "--format", `json=${to}`], { stdin });
            const { findings } = JSON.parse(readFileSync(to, "utf8")) as Report;
            assert.deepEqual(
              findings
                .map(({ policy, level, code, container, what, evidence, fix, docs }) =>
                  JSON.stringify({ policy, level, code, container, what, evidence, fix, docs }),
                )
                .sort(),
              engine.violations
                .map(({ policy, level, message }) => {
                  const { code, container, what, evidence, fix, docs } = parseMessage(message, texts.get(policy));
                  return JSON.stringify({ policy, level, code, container, what, evidence, fix, docs });
                })
                .sort(),
            );
            assert.equal(ran.code, engine.violations.some((each) => each.level === "mandatory") ? 1 : 0);
          });
        });
      }
    }
  });

  it("shows what exemptions keep back as such", async () => {
    const ignore = { "ignore.apisix-graceful-termination/pre-stop-sleep": "drains by itself until 2999-01-31" };
    const { code, report } = await checked(
      manifests([deployment("web", {}, { annotations: ignore }), service("web"), apisixRoute("web")]),
    );
    assert.equal(code, 0);
    assert.deepEqual(
      report.findings.map(({ policy, suppressed }) => [policy, suppressed]),
      [["apisix-routed-workloads", { reason: "drains by itself", until: "2999-01-31" }]],
    );
    assert.deepEqual([report.totals.findings, report.totals.suppressed], [0, 1]);
  });

  it("never tells what a field holds", async () => {
    const state = exported([
      deployment("web", { env: [{ name: "K", value: secret("hidden-1") }], ...hook("sh", "-c", "curl hidden-2") }),
      service("web"),
      apisixRoute("web"),
    ]);
    for (const format of ["text", "json", "sarif", "junit", "markdown", "html"]) {
      const { stdout, stderr } = await cli(["check", "-", "--format", format], { stdin: state });
      assert.doesNotMatch(stdout + stderr, /hidden-/, format);
      assert.match(stdout, /web/);
    }
  });

  it("fails on the level that is asked for", async () => {
    const blind = manifests([deployment("web", hook("/drain")), service("web"), apisixRoute("web")]);
    const code = async (stdin: string, level: string) => (await checked(stdin, ["--fail-on", level])).code;
    assert.deepEqual(
      [await code(blind, "mandatory"), await code(blind, "advisory"), await code(manifests(shop), "none")],
      [0, 1, 0],
    );
  });

  it("writes several formats in one run, and people's text without any", async () => {
    await inFolder({}, async (folder) => {
      const [sarif, html] = [join(folder, "a.sarif"), join(folder, "b.html")];
      const args = ["--format", `sarif=${sarif}`, "--format", `html=${html}`, "--format", "text"];
      const { stdout } = await cli(["check", "-", ...args], { stdin: manifests(shop) });
      assert.match(stdout, /Container "web" receives SIGTERM as soon as/);
      assert.equal((JSON.parse(readFileSync(sarif, "utf8")) as { version: string }).version, "2.1.0");
      assert.match(readFileSync(html, "utf8"), /^<!doctype html>/i);
    });
    const { stdout, stderr } = await cli(["check", "-"], { stdin: manifests(shop) });
    assert.match(stdout, /1 mandatory finding on 1 resource/);
    assert.equal(stderr, "--diff shows what can be repaired, --fix repairs it.\n");
    assert.doesNotMatch(stdout, /\u001b/);
    const colored = await cli(["check", "-"], { stdin: manifests(shop), env: { FORCE_COLOR: "1" } });
    assert.match(colored.stdout, /\u001b\[31m/);
    const plain = await cli(["check", "-"], { stdin: manifests(shop), env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    assert.doesNotMatch(plain.stdout, /\u001b/);
  });

  it("shows with --diff what --fix writes, and changes nothing", async () => {
    const yaml = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      ports: [{ containerPort: 80 }]
`;
    await inFolder({ "pod.yaml": yaml }, async (folder) => {
      const file = join(folder, "pod.yaml");
      const { stdout } = await cli(["check", file, "--diff", "--include-exposed"]);
      assert.equal(
        stdout.split("\n").slice(2).join("\n"),
        `@@ -5,3 +5,7 @@
   containers:
     - name: web
       ports: [{ containerPort: 80 }]
+      lifecycle:
+        preStop:
+          sleep:
+            seconds: 5
`,
      );
      assert.equal(readFileSync(file, "utf8"), yaml);
      const fixed = await cli(["check", file, "--fix", "--include-exposed"]);
      assert.equal(fixed.code, 0);
      assert.match(fixed.stdout, /repaired \(only looks exposed\) {2}pre-stop-sleep/);
      assert.match(readFileSync(file, "utf8"), /seconds: 5\n$/);
    });
  });

  it("explains a workload that is fine, and one that isn't", async () => {
    const bad = await cli(["check", "-", "--explain", "deployment/shop/web"], { stdin: manifests(shop) });
    assert.equal(bad.code, 1);
    assert.match(
      bad.stdout,
      /Deployment shop\/web\nAPISIX may send requests for 5 s[^]*✗ web[^]*mandatory: Container "web"/,
    );
    const fine = [deployment("web", { lifecycle: { preStop: { sleep: { seconds: 5 } } } })];
    const good = await cli(["check", "-", "--explain", "Deployment/shop/web"], { stdin: manifests(fine) });
    assert.equal(good.code, 0);
    assert.match(good.stdout, /✓ web[^]*No findings\./);
    const told = await cli(["check", "-", "--explain", "Deployment/shop/web", "--fail-on", "none"], {
      stdin: manifests(shop),
    });
    assert.deepEqual([told.code, told.stdout], [0, bad.stdout]);
    const none = await cli(["check", "-", "--explain", "Deployment/other/web"], { stdin: manifests(fine) });
    assert.equal(none.code, 3);
    assert.match(none.stderr, /no such workload[^]*there is Deployment shop\/web/);
  });

  it("reads the rest where a document is broken, and ends with 3", async () => {
    const fine = [deployment("web", { lifecycle: { preStop: { sleep: { seconds: 5 } } } })];
    const { code, report, stderr } = await checked(`${manifests(fine)}\n---\na: [1\n---\n`);
    assert.equal(code, 3);
    assert.match(stderr, /^error: -:4:1: not YAML: /);
    assert.equal(report.stacks[0]?.judged, 1);
    assert.equal(report.problems.length, 1);
  });

  const mistakes: [what: string, args: string[], code: number, says: RegExp][] = [
    ["no source", ["check"], 2, /nothing to check/],
    ["a format that isn't there", ["check", "-", "--format", "pdf"], 2, /There are: text, json, sarif/],
    ["two formats on standard output", ["check", "-", "--format", "json", "--format", "text"], 2, /Only one format/],
    [
      "two formats to one file",
      ["check", "-", "--format", "json=a", "--format", "sarif=./a"],
      2,
      /sarif=\.\/a' is invalid\. Another format goes to this file\./,
    ],
    ["a format without its file", ["check", "-", "--format", "json="], 2, /A file is missing/],
    ["--fix and --diff", ["check", "-", "--fix", "--diff"], 2, /give one of them/],
    ["--include-exposed alone", ["check", "-", "--include-exposed"], 2, /goes with --fix or --diff/],
    [
      "a diff and a format on standard output",
      ["check", "-", "--diff", "--format", "json"],
      2,
      /give each --format a file/,
    ],
    [
      "a level that isn't there",
      ["check", "-", "--fail-on", "warning"],
      2,
      /Allowed choices are advisory, mandatory, none/,
    ],
    [
      "--explain with what it would leave out",
      ["check", "-", "--explain", "Deployment/shop/web", "--format", "html=a.html"],
      2,
      /draws one workload, and nothing else/,
    ],
    ["half a workload", ["check", "-", "--explain", "web"], 2, /kind\/namespace\/name/],
    ["events that aren't there", ["report", "no-such.json"], 3, /no-such\.json: no such file/],
    ["exemptions of nothing", ["exemptions"], 2, /nothing to read/],
  ];
  for (const [what, args, code, says] of mistakes) {
    it(`refuses ${what}`, async () => {
      const ran = await cli(args);
      assert.deepEqual([ran.code, says.test(ran.stderr) ? "" : ran.stderr], [code, ""]);
    });
  }

  it("refuses bad settings in one error", async () => {
    const settings = { "pre-stop-sleep": { sleepSecond: 5, hook: "x" }, all: "advisory" };
    await inFolder({ "s.json": JSON.stringify(settings), "cut.json": "{" }, async (folder) => {
      const bad = await cli(["check", "-", "--settings", join(folder, "s.json")]);
      assert.equal(bad.code, 3);
      assert.match(bad.stderr, /sleepSecond: no such setting; did you mean "sleepSeconds"\?[^]*hook: no such choice/);
      assert.match(
        (await cli(["check", "-", "--settings", join(folder, "cut.json")])).stderr,
        /cut\.json: ends in the middle, at line 1, column 2/,
      );
    });
  });

  it("has the codes of its findings in every format", async () => {
    const formats: [format: string, holds: string | RegExp][] = [
      ["text", /  apisix-routed-workloads no-hook$/m],
      ["json", /"code": "no-hook"/],
      ["sarif", /"ruleId": "no-hook"/],
      ["junit", 'classname="apisix-routed-workloads.no-hook"'],
      ["markdown", /\[`apisix-routed-workloads`\]\(<[^>]+>\) \[`no-hook`\]\(<[^>]+findings.md#no-hook>\):/],
      ["html", /findings\.md#no-hook">no-hook<\/a>/],
    ];
    for (const [format, holds] of formats) {
      const { stdout } = await cli(["check", "-", "--format", format], { stdin: manifests(shop) });
      if (typeof holds === "string") assert.ok(stdout.includes(holds), format);
      else assert.match(stdout, holds);
    }
  });

  it("reads its own JSON again with report", async () => {
    const { stdout } = await cli(["check", "-", "--format", "json"], { stdin: manifests(shop) });
    const { code, stdout: again } = await cli(["report", "-", "--format", "json"], { stdin: stdout });
    assert.equal(code, 1);
    assert.deepEqual((JSON.parse(again) as Report).findings, (JSON.parse(stdout) as Report).findings);
  });
});

describe("exemptions", () => {
  it("lists who is excused from what, why and until when", async () => {
    const excused = deployment(
      "web",
      {},
      {
        annotations: { "ignore.apisix-graceful-termination/pre-stop-sleep": "drains\nby itself until 2999-01-31" },
      },
    );
    const settings = { "pre-stop-sleep": { exempt: [{ name: "gone", reason: "was here", until: "2020-01-01" }] } };
    await inFolder({ "s.json": JSON.stringify(settings) }, async (folder) => {
      const args = ["exemptions", "-", "--settings", join(folder, "s.json")];
      const { code, stdout } = await cli(args, { stdin: exported([excused]) });
      assert.equal(code, 0);
      assert.equal(
        stdout,
        `(no workload): no effect
  from    pre-stop-sleep
  reason  was here, until 2020-01-01
  by      exempt[0]

Deployment shop/web in stack shop/test: in force
  from    pre-stop-sleep
  reason  drains by itself, until 2999-01-31
  by      ignore.apisix-graceful-termination/pre-stop-sleep
`,
      );
      const json = await cli([...args, "--json"], { stdin: exported([excused]) });
      assert.equal((JSON.parse(json.stdout) as { exemptions: object[] }).exemptions.length, 2);
    });
    assert.equal((await cli(["exemptions", "-"], { stdin: manifests(shop) })).stdout, "No exemptions.\n");
  });
});
