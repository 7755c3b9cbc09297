import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { inFolder } from "../support/folder";
import { systemError } from "../support/failing-fs";
import { apisixRoute, deployment, nativeSleep, service } from "../support/resources";
import { cli } from "./run";

const text = (...resources: { props: unknown }[]) =>
  resources.map(({ props }) => JSON.stringify(props)).join("\n---\n");
const bad = text(deployment("web"), service("web"), apisixRoute("web"));
const good = text(deployment("web", nativeSleep(5)), service("web"), apisixRoute("web"));
const broken = "a: [1\n";
const state = (...resources: object[]) => JSON.stringify({ version: 3, deployment: { manifest: {}, resources } });
const settings = (value: object) => JSON.stringify({ "pre-stop-sleep": value });

const files = {
  "good.yaml": good,
  "bad.yaml": bad,
  "broken.yaml": broken,
  "half.yaml": `${good}\n---\n${broken}`,
  "both.yaml": `${bad}\n---\n${broken}`,
  "comments.yaml": "# nothing\n---\n",
  "list.json": '{"apiVersion":"v1","kind":"List","items":[]}',
  "stack.json": state(),
  "values/values.yaml": "replicas: 2\n",
  "mixed/values.yaml": "replicas: 2\n",
  "mixed/good.yaml": good,
  "cut.jsonl": '{"policyEvent',
  "settings.json": settings({ sleepSeconds: 5 }),
  "typo.json": settings({ sleepSecond: 5 }),
  "cut.json": '{"pre-stop-sleep',
};

const none = /^error: \S+: no Kubernetes objects in it\n/;
const cases: [args: string, code: number, stderr?: RegExp][] = [
  ["check good.yaml", 0, /^$/],
  ["check bad.yaml", 1],
  ["check bad.yaml --fail-on none", 0],
  ["check good.yaml --nosuch", 2],
  ["check no-such.yaml", 3, /^error: no-such\.yaml: no such file or folder\n$/],
  ["check broken.yaml", 3],
  ["check half.yaml", 3],
  // What is found is certain, whatever else couldn't be read; without findings that count, 3 tells it.
  ["check both.yaml", 1],
  ["check both.yaml --fail-on none", 3],
  ["check bad.yaml no-such.yaml", 1],
  ["check bad.yaml no-such.yaml --fail-on none", 3],
  ["check good.yaml no-such.yaml --allow-empty", 3],
  ["check good.yaml --settings no-such.json", 3],
  ["check good.yaml --settings typo.json", 3],
  ["check bad.yaml --settings cut.json", 3],
  ["check good.yaml --format json=no/out.json", 3, /^error: no\/out\.json: not written: its folder doesn't exist\n$/],
  ["check bad.yaml --format json=no/out.json", 1],
  ["check good.yaml --explain Deployment/shop/web", 0],
  ["check bad.yaml --explain Deployment/shop/web", 1],
  ["check half.yaml --explain Deployment/shop/web", 3],
  ["check good.yaml --explain Deployment/shop/other", 3],
  // Nothing to judge is not clean.
  ["check empty", 3, none],
  ["check empty --allow-empty", 0, /^$/],
  ["check values", 3, none],
  ["check values --allow-empty", 0, /^$/],
  ["check mixed", 0, /^$/],
  ["check comments.yaml", 3, none],
  ["check list.json", 3, none],
  ["check stack.json", 3, none],
  ["check stack.json --allow-empty", 0, /^$/],
  ["check good.yaml empty", 3, none],
  ["check . good.yaml --fail-on none", 3],
  ["check mixed mixed/good.yaml", 0, /^$/],
  ["check values/values.yaml --allow-empty", 3, /neither Kubernetes objects nor Pulumi state/],
  ["exemptions good.yaml", 0],
  ["exemptions broken.yaml", 3],
  ["exemptions empty", 3, none],
  ["exemptions empty --allow-empty", 0, /^$/],
  ["exemptions", 2],
  ["routes good.yaml", 0],
  ["routes broken.yaml", 3],
  ["routes empty", 3, none],
  ["routes empty --allow-empty", 0, /^$/],
  ["routes good.yaml -o no/catalog.json", 3, /^error: no\/catalog\.json: not written: its folder doesn't exist\n$/],
  ["report no-such.jsonl", 3],
  ["report cut.jsonl --fail-on none", 3],
  ["report", 2],
  ["settings check settings.json", 0],
  ["settings check typo.json", 1],
  ["settings check cut.json", 3],
  ["settings check no-such.json", 3],
  ["settings check typo.json no-such.json", 1],
  ["settings check settings.json --defaults no-such.json", 3],
  ["explain no-hook", 0],
  ["explain no-such", 2],
];

describe("exit codes", () => {
  for (const [args, code, stderr = /(?:)/] of cases) {
    it(`${args}: ${code}`, () =>
      inFolder(files, async (folder) => {
        mkdirSync(join(folder, "empty"));
        const before = process.cwd();
        process.chdir(folder);
        try {
          const ran = await cli(args.split(" "));
          assert.equal(ran.code, code, ran.stderr);
          assert.match(ran.stderr, stderr);
        } finally {
          process.chdir(before);
        }
      }));
  }

  for (const command of ["check", "exemptions", "routes", "report"]) {
    it(`${command} says of a pipe that nothing comes from that it is empty`, async () => {
      for (const stdin of ["", "\n", "---\n# only this\n"]) {
        const { code, stderr } = await cli([command, "-"], { stdin });
        assert.equal(code, 3);
        if (command !== "report") assert.equal(stderr, "error: -: no Kubernetes objects in the input\n");
      }
    });
  }

  it("a standard input that fails is named, and the other sources are read", () =>
    inFolder(files, async (folder) => {
      const args = ["check", "-", join(folder, "bad.yaml"), "--fail-on", "none"];
      const ran = await cli(args, { stdin: systemError("ECONNRESET", -104) });
      assert.equal(ran.code, 3);
      assert.match(ran.stderr, /^error: -: connection reset by peer\n/);
      assert.match(ran.stdout, /1 mandatory finding/);
    }));

  it("the help says what they mean", async () => {
    const { stdout } = await cli(["check", "--help"]);
    assert.match(stdout, /--allow-empty/);
    assert.match(
      stdout,
      /Exit codes:\n {2}0 {2}clean[^\n]*\n {2}1 {2}findings[^\n]*\n {2}2 [^\n]*\n {2}3 {2}something/,
    );
  });
});
