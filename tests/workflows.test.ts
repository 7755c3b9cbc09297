import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";

const root = join(__dirname, "..");
const folder = join(root, ".github", "workflows");

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<
    string,
    { permissions?: Record<string, string>; "timeout-minutes": number; steps: { uses?: string; run?: string }[] }
  >;
}

const { scripts, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
  engines: { node: string };
};

/** What a job may do beside reading the repository, and why nothing less serves. */
const allowed: Record<string, Record<string, string>> = {
  "release.yml npm": { "id-token": "write" },
  "release.yml github": { contents: "write" },
};

describe(".github/workflows", () => {
  for (const file of readdirSync(folder)) {
    const workflow = load(readFileSync(join(folder, file), "utf8")) as Workflow;

    it(`${file} may do no more than it needs`, () => {
      assert.deepEqual(workflow.permissions, { contents: "read" });
      for (const [name, { permissions }] of Object.entries(workflow.jobs)) {
        assert.deepEqual(permissions, allowed[`${file} ${name}`], name);
      }
    });

    it(`${file} ends, and runs scripts that are there`, () => {
      for (const [name, job] of Object.entries(workflow.jobs)) {
        assert.ok(job["timeout-minutes"] > 0, name);
        for (const { uses, run = "" } of job.steps) {
          if (uses !== undefined) assert.match(uses, /^actions\/[\w-]+@v\d+$/);
          for (const [, script = ""] of run.matchAll(/npm run (?:--silent )?([\w:]+)/g))
            assert.ok(script in scripts, script);
        }
      }
    });
  }

  it("tests each line of Node that package.json takes", () => {
    const ci = load(readFileSync(join(folder, "ci.yml"), "utf8")) as {
      jobs: { unit: { strategy: { matrix: { node: number[] } } } };
    };
    const { node } = ci.jobs.unit.strategy.matrix;
    assert.deepEqual(node, [20, 22, 24]);
    assert.match(engines.node, new RegExp(`${node[0]}\\.`));
  });
});
