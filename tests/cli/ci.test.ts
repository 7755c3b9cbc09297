/** The recipes that run `check`: the GitHub Action, the GitLab job, the pre-commit hook and the image. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { write } from "../support/folder";
import { machine, recipe, type Machine } from "../support/recipe";

const root = join(__dirname, "..", "..");

interface Action {
  inputs: Record<string, { description: string; default: string }>;
  runs: { using: string; steps: { shell: string; env: Record<string, string>; run: string }[] };
}
interface Workflow {
  jobs: Record<string, { steps: { uses: string; with?: Record<string, string> }[] }>;
}
interface Job {
  script: string[];
  artifacts: { when: string; reports: { junit: string } };
}
interface Hook {
  id: string;
  entry: string;
  args: string[];
}

const action = recipe<Action>("action.yml");
const workflow = recipe<Workflow>("examples/ci/github-check.yml");
const { "graceful-termination-check": job } = recipe<Record<string, Job>>("examples/ci/gitlab-check.yml");
const [hook] = recipe<Hook[]>(".pre-commit-hooks.yaml");
const used = recipe<{ repos: { hooks: { args: string[] }[] }[] }>("examples/ci/pre-commit-config.yaml");

/** A workload behind a route. */
const routed = (name: string, spec: string) => `apiVersion: apisix.apache.org/v2
kind: ApisixRoute
metadata: { name: ${name}, namespace: shop }
spec: { http: [{ name: all, match: { paths: [/*] }, backends: [{ serviceName: ${name}, servicePort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop }
spec: { selector: { app: ${name} }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: web, image: "web:1"${spec} }] }
`;
const bad = routed("web", "");
const good = routed("web", ", lifecycle: { preStop: { sleep: { seconds: 5 } } }");
const settings = JSON.stringify({ "pre-stop-sleep": { sleepSeconds: 4 } });
const chart = {
  "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
  "chart/values.yaml": "replicas: 2\n",
  "chart/templates/web.yaml": "kind: Deployment\nspec: { replicas: {{ .Values.replicas }} }\n",
};

describe("recipes of check", function () {
  this.timeout(60_000);
  let ci: Machine;
  beforeEach(() => (ci = machine()));
  afterEach(() => ci.remove());
  const read = (path: string) => readFileSync(join(ci.folder, path), "utf8");

  describe("action.yml", () => {
    const [step, ...others] = action.runs.steps;

    /** Runs it as a runner does: inputs that aren't given have their defaults. */
    function run(inputs: Record<string, string> = {}) {
      const env = Object.entries(step?.env ?? {}).map(([name, expression]) => {
        const [, input = ""] = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(expression) ?? [];
        assert.ok(input in action.inputs, expression);
        return [name, inputs[input] ?? action.inputs[input]?.default];
      });
      return ci.shell(step?.run ?? "", Object.fromEntries(env) as NodeJS.ProcessEnv);
    }

    it("is one bash script, and nothing is pasted into it", () => {
      assert.deepEqual([action.runs.using, step?.shell, others], ["composite", "bash", []]);
      assert.doesNotMatch(step?.run ?? "", /\$\{\{/, "an expression in a script is an injection");
      assert.equal(spawnSync("bash", ["-n"], { input: step?.run }).status, 0);
      assert.equal(Object.keys(step?.env ?? {}).length, Object.keys(action.inputs).length);
    });

    it("is used by the example with inputs that there are", () => {
      const steps = Object.values(workflow.jobs).flatMap(({ steps }) => steps);
      const own = steps.find(({ uses }) => uses.startsWith("apisix-graceful-termination/"));
      const names = Object.keys(own?.with ?? {});
      assert.ok(names.length > 0 && names.every((name) => name in action.inputs), names.join());
      const upload = steps.find(({ uses }) => uses.includes("upload-sarif"));
      assert.equal(upload?.with?.sarif_file, own?.with?.["sarif-file"]);
    });

    it("fails on a finding, with an annotation and SARIF", () => {
      write(ci.folder, { "manifests/web.yaml": bad });
      const { status, stdout } = run({ "sarif-file": "findings.sarif" });
      assert.equal(status, 1);
      assert.match(stdout, /^::error file=manifests\/web\.yaml,line=\d+,col=\d+,title=no-hook::/m);
      assert.match(read("findings.sarif"), /"ruleId": ?"no-hook"/);
      assert.equal(read("npx.log"), `apisix-graceful-termination-cli@${version}\n`);
    });

    const passing: [about: string, files: Record<string, string>, inputs: Record<string, string>, status: number][] = [
      ["nothing to find is clean", { "a.yaml": good }, {}, 0],
      ["no Kubernetes object is an error", { "a.txt": "" }, {}, 3],
      [
        "paths are one a line, with whatever is in them",
        { "a b/x.yaml": good, "$(c)/x.yaml": bad },
        { paths: "a b\n\n$(c)\n" },
        1,
      ],
      ["a path is never an option", { "--fix/x.yaml": good }, { paths: "--fix" }, 0],
      ["fail-on", { "a.yaml": bad }, { "fail-on": "none" }, 0],
      ["a level that isn't there", { "a.yaml": good }, { "fail-on": "always; touch pwned" }, 2],
      ["settings", { "a.yaml": good.replace("5", "4"), "s 1.json": settings }, { settings: "s 1.json" }, 0],
      ["config", { "a.yaml": bad, "other.yaml": "failOn: none\n" }, { config: "other.yaml", paths: "a.yaml" }, 0],
    ];
    for (const [about, files, inputs, expected] of passing) {
      it(`${about}: ${expected}`, () => {
        write(ci.folder, files);
        const { status, stdout, stderr } = run(inputs);
        assert.equal(status, expected, stdout + stderr);
        assert.equal(existsSync(join(ci.folder, "pwned")), false);
      });
    }

    it("passes what is in the baseline", () => {
      write(ci.folder, { "a.yaml": bad });
      assert.equal(ci.shell("npx pack check a.yaml --format json=known.json").status, 1);
      assert.equal(run({ paths: "a.yaml", baseline: "known.json" }).status, 0);
    });
  });

  describe("examples/ci/gitlab-check.yml", () => {
    for (const [about, text, expected] of [
      ["a finding", bad, 1],
      ["no finding", good, 0],
    ] as const) {
      it(`ends with ${expected} on ${about}, and leaves the test report`, () => {
        write(ci.folder, { "manifests/web.yaml": text });
        assert.equal(ci.shell(job?.script.join("\n") ?? "").status, expected);
        assert.equal(job?.artifacts.when, "always");
        assert.match(read(job?.artifacts.reports.junit ?? ""), new RegExp(`failures="${expected}"`));
        assert.equal(read("npx.log"), `apisix-graceful-termination-cli@${version}\n`);
      });
    }
  });

  describe(".pre-commit-hooks.yaml", () => {
    /** pre-commit splits the entry and appends the arguments; it runs without a shell, at the top of the repository. */
    const run = (args = hook?.args ?? []) => {
      execFileSync("git", ["init", "--quiet"], { cwd: ci.folder });
      return ci.shell([...(hook?.entry.split(" ") ?? []), ...args].join(" "));
    };

    it("passes a repository of charts alone, and names each", () => {
      write(ci.folder, chart);
      const { status, stderr } = run();
      assert.equal(status, 0, stderr);
      assert.match(stderr, /^note: .*chart.*helm template/m);
      assert.doesNotMatch(stderr, /^error/m);
    });

    it("finds what is in manifests beside a chart", () => {
      write(ci.folder, { ...chart, "manifests/web.yaml": bad });
      const { status, stdout, stderr } = run();
      assert.equal(status, 1, stderr);
      assert.match(stdout, /manifests\/web\.yaml/);
      assert.doesNotMatch(stderr, /^error/m);
      assert.equal(run(used.repos[0]?.hooks[0]?.args).status, 1, "as the example has it");
    });

    it("passes good manifests beside a chart", () => {
      write(ci.folder, { ...chart, "manifests/web.yaml": good });
      assert.equal(run().status, 0);
    });
  });

  it("the image has the command line alone, and not as root", () => {
    const lines = readFileSync(join(root, "examples/ci/Dockerfile"), "utf8").split("\n");
    const instructions = lines.flatMap((line) => {
      const [, name = "", rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return name === "" ? [] : [[name, rest] as const];
    });
    const of = (name: string) => instructions.filter(([each]) => each === name).map(([, rest]) => rest);
    assert.deepEqual(of("FROM"), ["node:22-alpine"]);
    assert.match(of("RUN").join("\n"), new RegExp(`^npm install --global apisix-graceful-termination-cli@${version} `));
    assert.deepEqual(of("USER"), ["node"]);
    const { bin } = recipe<{ bin: Record<string, string> }>("package.json");
    assert.deepEqual(JSON.parse(of("ENTRYPOINT")[0] ?? ""), Object.keys(bin));
  });

  it("has this version everywhere", () => {
    const files = execFileSync("git", ["ls-files", "action.yml", "examples/ci"], { cwd: root, encoding: "utf8" });
    const versions = files
      .trim()
      .split("\n")
      .flatMap((file) => readFileSync(join(root, file), "utf8").match(/(?:cli@|termination@v|rev: v)\S+/g) ?? []);
    assert.deepEqual([...new Set(versions.map((text) => /[\d.]+$/.exec(text)?.[0]))], [version]);
    assert.equal(versions.length, 5);
  });
});
