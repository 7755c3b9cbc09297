import assert from "node:assert/strict";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import ts from "typescript";
import { parse } from "yaml";
import { languages, programOf, type Language } from "../../src/report/program";
import type { Change, Repair } from "../../src/report/types";
import { aRepair, hostile, urn } from "./samples";

const rollout = "kubernetes:argoproj.io/v1alpha1:Rollout";

/** A repair's change; without a text it holds what may not be shown. */
function change(path: string, after?: string, kind: Change["kind"] = "added"): Change {
  return after === undefined ? { path, kind } : { path, kind, after };
}

const hook = (container: string) => `containers[${JSON.stringify(container)}].lifecycle.preStop`;
const grace = "terminationGracePeriodSeconds";

function program(changes: Change[], type?: string, over: Partial<Repair> = {}) {
  const resource = { kind: "Deployment", name: "web", urn: urn("web", type) };
  return programOf(resource, [aRepair({ resource, changes, ...over })]);
}

/** With every sort of value that a remedy writes. */
const full = [
  change(`spec.template.spec.${hook("web")}.sleep.seconds`, "5 s"),
  change(`spec.template.spec.${hook("api")}.exec.command`, "sleep 15 s", "changed"),
  change(`spec.template.spec.init${hook("proxy").replace("c", "C")}.sleep.seconds`, "15 s"),
  change(`spec.template.spec.${grace}`, "45 s", "changed"),
];
const fullValue = {
  spec: {
    template: {
      spec: {
        containers: [
          { name: "web", lifecycle: { preStop: { sleep: { seconds: 5 } } } },
          { name: "api", lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", "sleep 15"] } } } },
        ],
        initContainers: [{ name: "proxy", lifecycle: { preStop: { sleep: { seconds: 15 } } } }],
        terminationGracePeriodSeconds: 45,
      },
    },
  },
};

/** What Python's arguments say: its literals, with a comma at the end, are YAML's flow style. */
function ofPython(text: string): unknown {
  return parse(`{${text.replace(/^#.*\n/gm, "").replace(/^(\w+)=/gm, '"$1": ')}}`);
}

/** What TypeScript's properties say. */
function ofTypeScript(text: string): unknown {
  return JSON.parse(JSON.stringify(runInNewContext(`({${text}})`))) as unknown;
}

describe("report/program", () => {
  it("writes what the pack wrote, in each language", () => {
    const written = program(full);
    assert.deepEqual(ofTypeScript(written?.typescript ?? ""), fullValue);
    assert.deepEqual(parse(written?.yaml ?? ""), fullValue);
    // Typed resources have Python's names, the properties of a CustomResource the API's.
    const snake = JSON.stringify(fullValue)
      .replaceAll("preStop", "pre_stop")
      .replaceAll("initContainers", "init_containers")
      .replaceAll(grace, "termination_grace_period_seconds");
    assert.deepEqual(ofPython(written?.python ?? ""), JSON.parse(snake));
    assert.deepEqual(ofPython(program(full, rollout)?.python ?? ""), fullValue);
    assert.deepEqual(
      ofPython(program(full, "kubernetes:policy.k8s.io/v1:Thing")?.python ?? ""),
      JSON.parse(snake),
      "a group of Kubernetes' own",
    );
  });

  it("reads as code", () => {
    const changes = [change(`spec.${hook("web")}.sleep.seconds`, "5 s")];
    assert.deepEqual(program(changes, "kubernetes:core/v1:Pod"), {
      typescript: `spec: {
  containers: [
    {
      name: "web",
      lifecycle: { preStop: { sleep: { seconds: 5 } } },
    },
  ],
},`,
      python: `spec={
    "containers": [
        {
            "name": "web",
            "lifecycle": {"pre_stop": {"sleep": {"seconds": 5}}},
        },
    ],
},`,
      yaml: `spec:
  containers:
    - name: web
      lifecycle:
        preStop:
          sleep:
            seconds: 5`,
    });
  });

  it("is accepted by the types of @pulumi/kubernetes", () => {
    // One file, as reading the types is what takes the time.
    const cases: [type: string, text: string][] = [
      ["DeploymentArgs", program(full)?.typescript ?? ""],
      ["PodArgs", program([change(`spec.${grace}`, "45 s")], "kubernetes:core/v1:Pod")?.typescript ?? ""],
      ["CronJobArgs", program(full.map((one) => ({ ...one, path: `spec.jobTemplate.${one.path}` })))?.typescript ?? ""],
      ["DeploymentArgs", "spec: { template: { spec: { terminationGracePeriod: 5 } } },"],
      ["DeploymentArgs", 'spec: { template: { spec: { containers: [{ name: "web", lifecycle: 5 }] } } },'],
    ];
    const source = [
      'import type { DeploymentArgs } from "@pulumi/kubernetes/apps/v1/deployment";',
      'import type { CronJobArgs } from "@pulumi/kubernetes/batch/v1/cronJob";',
      'import type { PodArgs } from "@pulumi/kubernetes/core/v1/pod";',
      'import type { Unwrap } from "@pulumi/pulumi";',
      // The code is a part of what stands in the program.
      "type Part<T> = T extends (infer E)[] ? Part<E>[] : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;",
      ...cases.map(([type, text], i) => `export const case${i}: Part<Unwrap<${type}>> = {\n${text}\n};`),
    ].join("\n");
    const file = join(__dirname, "written-program.ts");
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
    };
    const host = ts.createCompilerHost(options);
    const [read, exists] = [host.readFile.bind(host), host.fileExists.bind(host)];
    host.readFile = (name) => (name === file ? source : read(name));
    host.fileExists = (name) => name === file || exists(name);
    const checked = ts.createProgram([file], options, host);
    const errors = checked.getSemanticDiagnostics(checked.getSourceFile(file)).map(({ start = 0, messageText }) => {
      const before = source.slice(0, start);
      return `case${before.split("export const case").length - 2}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
    assert.deepEqual(
      errors.map((error) => error.slice(0, 5)),
      ["case3", "case4"],
      errors.join("\n"),
    );
  }).timeout(120_000);

  it("has all repairs of a workload in one, the longer of two numbers", () => {
    const resource = { kind: "Deployment", name: "web", urn: urn("web") };
    const of = (...changes: Change[]) => aRepair({ resource, changes });
    const first = of(full[0]!, change(`spec.template.spec.${grace}`, "35 s"));
    const second = of(change(`spec.template.spec.${grace}`, "45 s"));
    for (const repairs of [
      [first, second],
      [second, first],
    ]) {
      const { spec } = parse(programOf(resource, repairs)?.yaml ?? "") as typeof fullValue;
      assert.equal(spec.template.spec.terminationGracePeriodSeconds, 45);
      assert.equal(spec.template.spec.containers.length, 1);
    }
  });

  describe("names the field, and shows nothing of it, where the value isn't the pack's own:", () => {
    const path = `spec.template.spec.${hook("web")}.exec.command`;
    const cases: [string, Change, string][] = [
      [
        "a command that was edited",
        change(path, undefined, "changed"),
        `Change ${path} by hand: what it holds may be secret.`,
      ],
      ["a handler that goes", change(path, undefined, "removed"), `Remove ${path}.`],
      [
        "a container without a name",
        change(`spec.containers[0].${grace}`, "5 s"),
        `Change spec.containers[0].${grace} by hand`,
      ],
      ["a key that isn't shown", change("metadata.….x", "5 s"), "Change metadata.….x by hand"],
      ["a value of another form", change(path, "sleep 5; echo"), `Change ${path} by hand`],
      ["seconds for a command", change(path, "5 s"), `Change ${path} by hand`],
      ["a command for seconds", change(`spec.${grace}`, "sleep 5 s"), `Change spec.${grace} by hand`],
    ];
    for (const [name, one, remark] of cases) {
      it(name, () => {
        const written = program([one]);
        assert.ok(written?.typescript.startsWith(`// ${remark}`), written?.typescript);
        assert.ok(written?.python.startsWith(`# ${remark}`));
        assert.ok(written?.yaml.startsWith(`# ${remark}`));
        assert.equal(written?.typescript.split("\n").length, 1, "nothing but that");
      });
    }
  });

  it("has nothing to show without a program, without a change, and of what the resource ignores", () => {
    assert.equal(programOf({ kind: "Deployment", name: "web" }, [aRepair()]), undefined, "a manifest");
    assert.equal(program([]), undefined);
    assert.equal(program(full, undefined, { outcome: "not-applied", because: "ignored" }), undefined);
  });

  for (const name of hostile) {
    it(`writes a name as a text, and nothing else: ${JSON.stringify(name.slice(0, 40))}`, () => {
      const written = program([change(`spec.${hook(name)}.sleep.seconds`, "5 s")]);
      const expected = { spec: { containers: [{ name, lifecycle: { preStop: { sleep: { seconds: 5 } } } }] } };
      assert.deepEqual(ofTypeScript(written?.typescript ?? ""), expected);
      if (!/[\u0000-\u0008\ud800\ufffe]/.test(name)) assert.deepEqual(parse(written?.yaml ?? ""), expected);
    });
  }

  it("never throws on what a report may hold, and writes into no prototype", () => {
    const paths = [
      "",
      "a",
      "a.b",
      "a.b.c",
      "constructor.x",
      "__proto__.x",
      "a[0]",
      'a["b"]',
      'a["b"].c',
      'a["\\',
      "a..b",
    ];
    for (const first of paths) {
      for (const second of paths) {
        const written = program([change(first, "5 s"), change(second, "7 s")]);
        for (const language of Object.keys(languages)) assert.equal(typeof written?.[language as Language], "string");
      }
    }
    assert.equal(({} as { x?: unknown }).x, undefined);
  });
});
