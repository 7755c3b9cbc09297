/**
 * The recipes of examples/ci, run as far as that goes without their servers: each script, in order, by the shell that
 * the server uses, with a `pulumi` that prints what a real one did.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processIo } from "../../src/cli/io";
import { commands } from "../../src/cli/program";
import { isFormat } from "../../src/report";
import { commentMark } from "../../src/report/markdown";
import { machine, recipe, type Machine } from "../support/recipe";

const program = commands(processIo, () => undefined);

interface Step {
  uses?: string;
  id?: string;
  run?: string;
  if?: string;
  "continue-on-error"?: boolean;
  env?: Record<string, string>;
  with?: Record<string, string>;
}
interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, { env: Record<string, string>; steps: Step[] }>;
}
interface GitLab {
  "graceful-termination": {
    script: string[];
    after_script: string[];
    variables: Record<string, string>;
    artifacts: { when: string; paths: string[]; reports: { junit: string } };
  };
}

const workflow = recipe<Workflow>("examples/ci/github-actions.yml");
const gitlab = recipe<GitLab>("examples/ci/gitlab-ci.yml")["graceful-termination"];
const gitlabCheck = recipe<Record<string, { script: string[] }>>("examples/ci/gitlab-check.yml");
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const [hook] = recipe<{ id: string; entry: string; args: string[]; language: string }[]>(".pre-commit-hooks.yaml");
const used = recipe<{ repos: { hooks: { id: string; args: string[] }[] }[] }>("examples/ci/pre-commit-config.yaml");

const scripts = [
  ...steps.flatMap(({ run }) => (run === undefined ? [] : [run])),
  gitlab.script.join("\n"),
  gitlab.after_script.join("\n"),
  ...Object.values(gitlabCheck).map(({ script }) => script.join("\n")),
];

describe("examples/ci", () => {
  it("uses only commands, flags and formats that there are", () => {
    let seen = 0;
    const commands = scripts.flatMap((script) => {
      return [...script.replace(/\\\n/g, " ").matchAll(/^.*npx (?:--yes )?(apisix-graceful-termination-cli.*)$/gm)].map(
        ([, text]) => text,
      );
    });
    for (const command of [...commands, `${hook?.entry} ${hook?.args.join(" ")}`]) {
      const [, name = "", ...words] = (command ?? "").split(/\s+/);
      const known = program.commands.find((each) => each.name() === name);
      assert.ok(known, command);
      words.forEach((word, i) => {
        if (word.startsWith("--"))
          assert.ok(
            known.options.some(({ long }) => long === word),
            `${name} ${word}`,
          );
        if (words[i - 1] === "--format") assert.ok(isFormat(word.split("=")[0] ?? ""), word);
        seen++;
      });
    }
    assert.ok(seen > 20);
  });

  it("has scripts that a shell can read, with nothing of an event pasted into them", () => {
    for (const script of scripts) {
      const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
      assert.equal(status, 0, stderr);
      assert.doesNotMatch(script, /\$\{\{/, "an expression in a script is an injection");
    }
  });

  it("pre-commit: the hook of the example exists", () => {
    assert.equal(used.repos[0]?.hooks[0]?.id, hook?.id);
    assert.equal(hook?.language, "node");
  });

  it("GitHub: has the permissions that its steps need, and no more", () => {
    assert.deepEqual(workflow.permissions, {
      contents: "read",
      "pull-requests": "write",
      "security-events": "write",
    });
  });
});

describe("examples/ci, run", function () {
  this.timeout(60_000);
  let ci: Machine;

  beforeEach(() => {
    ci = machine();
    ci.program("npm", "exit 0");
    ci.program("gh", `echo "$@" >> gh.log; [[ "$*" == *--jq* ]] && cat known-comment 2>/dev/null; exit 0`);
    ci.program("curl", `echo "$@" >> curl.log`);
  });
  afterEach(() => ci.remove());

  /** `pulumi preview` that prints what a real one did, and ends as that one. */
  function pulumi(log: string, status: number): void {
    copyFileSync(join(__dirname, "pulumi", log), join(ci.bin, "events"));
    const wants = `[[ "$PULUMI_ENABLE_STREAMING_JSON_PREVIEW" == true && "$*" == *--json* ]] || exit 99`;
    ci.program(
      "pulumi",
      `${wants}\necho "warning: a line of another tool"\ncat "$(dirname "$0")/events"\nexit ${status}`,
    );
  }

  function shell(script: string, env: Record<string, string>): number {
    const { status, stderr } = ci.shell(script, env);
    if (status !== 0 && stderr !== "") assert.match(stderr, /preview failed/);
    return status;
  }

  /** Runs the steps as GitHub would; the job's exit code. */
  function runWorkflow(): number {
    let outcome = "success";
    let failed = 0;
    const sameRepository = "github.event.pull_request.head.repo.full_name == github.repository";
    // A condition without a status function asks for success besides.
    const conditions: Record<string, () => boolean> = {
      "steps.preview.outcome == 'failure'": () => failed === 0 && outcome === "failure",
      "${{ !cancelled() }}": () => true,
      [`\${{ !cancelled() && ${sameRepository} }}`]: () => true,
    };
    for (const [, job] of Object.entries(workflow.jobs)) {
      for (const step of job.steps) {
        const condition = step.if === undefined ? () => failed === 0 : conditions[step.if];
        assert.ok(condition, step.if);
        if (!condition()) continue;
        const file = step.with?.sarif_file ?? step.with?.path;
        if (file !== undefined) assert.ok(existsSync(join(ci.folder, file)), file);
        if (step.run === undefined) continue;
        const given = { GITHUB_REPOSITORY: "acme/shop", NUMBER: "7" };
        const status = shell(step.run, { ...job.env, ...step.env, ...given });
        if (step.id === "preview" && status !== 0) outcome = "failure";
        if (status !== 0 && step["continue-on-error"] !== true) failed = status;
      }
    }
    return failed;
  }

  const read = (path: string) => readFileSync(join(ci.folder, path), "utf8");

  it("GitHub: a preview that fails on a finding leaves all reports, and fails the job", () => {
    pulumi("mandatory.jsonl", 255);
    assert.equal(runWorkflow(), 1);
    assert.ok(read("report/comment.md").startsWith(commentMark));
    assert.match(read("report/report.html"), /2 mandatory findings/);
    assert.match(read("report/junit.xml"), /failures="2"/);
    const log = JSON.parse(read("report/report.sarif")) as { runs: { results: { locations: unknown[] }[] }[] };
    assert.match(JSON.stringify(log.runs[0]?.results[0]?.locations), /"uri":"Pulumi.yaml"/);
    assert.match(read("gh.log"), /api repos\/acme\/shop\/issues\/7\/comments -F body=@report\/comment.md/);
  });

  it("GitHub: a clean preview passes, and its comment replaces the last one", () => {
    pulumi("remediate.jsonl", 0);
    writeFileSync(join(ci.folder, "known-comment"), "42\n");
    assert.equal(runWorkflow(), 0);
    assert.match(read("gh.log"), /--method PATCH repos\/acme\/shop\/issues\/comments\/42/);
  });

  for (const [log, status] of [
    ["mandatory.jsonl", 255],
    ["remediate.jsonl", 0],
  ] as const) {
    it(`GitLab: leaves its reports and ends as the preview did: ${status}`, () => {
      pulumi(log, status);
      assert.equal(shell(gitlab.script.join("\n"), gitlab.variables), status);
      assert.ok(existsSync(join(ci.folder, gitlab.artifacts.reports.junit)));
      assert.ok(gitlab.artifacts.paths.every((path) => existsSync(join(ci.folder, path))));
      const server = { CI_API_V4_URL: "u", CI_PROJECT_ID: "1", CI_MERGE_REQUEST_IID: "2" };
      assert.equal(shell(gitlab.after_script.join("\n"), server), 0);
      assert.equal(existsSync(join(ci.folder, "curl.log")), false, "no token, no comment");
      assert.equal(shell(gitlab.after_script.join("\n"), { ...server, GITLAB_TOKEN: "t" }), 0);
      assert.match(read("curl.log"), /body@report\/comment.md u\/projects\/1\/merge_requests\/2\/notes/);
    });
  }
});
