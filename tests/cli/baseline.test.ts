import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../../src/report";
import { inFolder } from "../support/folder";
import { apisixRoute, deployment, service } from "../support/resources";
import { cli } from "./run";

const named = (...names: string[]) =>
  names
    .flatMap((name) => [deployment(name), service(name), apisixRoute(name)])
    .map(({ props }) => `${JSON.stringify(props)}\n`)
    .join("---\n");

const settings = { "apisix-rollout-advice": "disabled", "apisix-route-blind-spots": "disabled" };

/** Checks files against a report of the files before. */
async function run(before: Record<string, string>, after: Record<string, string>, sources: string[]) {
  return inFolder({ "settings.json": JSON.stringify(settings), ...before }, async (folder) => {
    const from = process.cwd();
    process.chdir(folder);
    try {
      const config = ["--settings", "settings.json"];
      await cli(["check", ...Object.keys(before), ...config, "--format", "json=baseline.json"]);
      for (const [file, text] of Object.entries(after)) writeFileSync(file, text);
      const given = sources.map((source) => source.replace("$PWD", folder));
      const ran = await cli([
        "check",
        ...given,
        ...config,
        "--baseline",
        "baseline.json",
        "--format=json=now.json",
        "--format=text",
      ]);
      const report = JSON.parse(readFileSync("now.json", "utf8")) as Report;
      return { ...ran, report, known: report.findings.map((one) => [one.resource.name, one.suppressed?.by]) };
    } finally {
      process.chdir(from);
    }
  });
}

describe("check --baseline", () => {
  const two = { "a.yaml": named("a", "b") };

  it("lets what was there pass, whatever its line is now", async () => {
    const { code, known, stdout, stderr } = await run(two, { "a.yaml": `# more\n\n---\n${named("b", "a")}` }, [
      "a.yaml",
    ]);
    assert.deepEqual(known, [
      ["a", "baseline"],
      ["b", "baseline"],
    ]);
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}known {2}Container "web" .*\n.*\n.*\n {4}Reason: in the baseline baseline\.json$/m);
    assert.match(stdout, /^No findings, 2 known, 6 resources judged\.$/m);
    assert.equal(stderr, "");
  });

  it("fails by what is new", async () => {
    const { code, known, report } = await run(two, { "a.yaml": named("a", "b", "c") }, ["a.yaml"]);
    assert.equal(code, 1);
    assert.deepEqual(Object.fromEntries(known), { a: "baseline", b: "baseline", c: undefined });
    const { findings, suppressed, known: inBaseline } = report.totals;
    assert.deepEqual([findings, suppressed, inBaseline], [1, 2, 2]);
  });

  for (const source of ["./a.yaml", "$PWD/a.yaml", "$PWD/./a.yaml", "."]) {
    it(`knows a file again that is given as ${source}`, async () => {
      assert.equal((await run(two, {}, [source])).code, 0);
    });
  }

  it("knows a finding as often as it has it", async () => {
    const { code, known } = await run({ "a.yaml": named("a") }, { "a.yaml": `${named("a")}---\n${named("a")}` }, [
      "a.yaml",
    ]);
    assert.equal(code, 1);
    assert.deepEqual(known, [
      ["a", "baseline"],
      ["a", undefined],
    ]);
  });

  it("says what is gone of what was checked", async () => {
    const gone = async (after: Record<string, string>, sources: string[]) =>
      /^note: (.*)$/m.exec((await run({ ...two, "c.yaml": named("c") }, after, sources)).stderr)?.[1];
    assert.equal(
      await gone({ "a.yaml": named("a") }, ["a.yaml"]),
      "1 finding of baseline.json is gone: regenerate it with --format json=baseline.json",
    );
    assert.match(
      (await gone({ "a.yaml": "", "c.yaml": "" }, [".", "--allow-empty"])) ?? "",
      /^3 findings of baseline\.json are gone/,
    );
    assert.equal(await gone({ "c.yaml": "" }, ["a.yaml"]), undefined);
    // What can't be read may still hold it.
    assert.equal(await gone({ "a.yaml": "a: [" }, ["a.yaml"]), undefined);
  });

  it("a report that is made with a baseline is one, too; what was exempted isn't known", async () => {
    await inFolder({ "a.yaml": named("a") }, async (folder) => {
      const file = join(folder, "a.yaml");
      const at = (name: string) => join(folder, name);
      const check = (...args: string[]) => cli(["check", file, ...args]);
      await check("--format", `json=${at("1.json")}`);
      await check("--baseline", at("1.json"), "--format", `json=${at("2.json")}`);
      const again = await check("--baseline", at("2.json"));
      assert.equal(again.code, 0, again.stderr + again.stdout);
      const exempt = { "apisix-routed-workloads": { exempt: [{ name: "a", reason: "drains" }] } };
      writeFileSync(at("exempt.json"), JSON.stringify(exempt));
      await check("--settings", at("exempt.json"), "--format", `json=${at("3.json")}`);
      assert.equal((await check("--baseline", at("3.json"))).code, 1);
    });
  });

  const bad: [what: string, text: string | undefined, message: string][] = [
    ["that isn't there", undefined, "no such file or folder; write it with --format json=FILE"],
    ["that isn't JSON", "{", "not JSON; write it with --format json=FILE"],
    ["of something else", "[]", "not a report; write it with --format json=FILE"],
    ["of another object", "{}", "not a report; write it with --format json=FILE"],
    [
      "that is damaged",
      '{"schemaVersion":1,"findings":[{}]}',
      "1 of its findings could not be read: findings[0].policy: is missing.",
    ],
    [
      "of a later version",
      '{"schemaVersion":9,"findings":[]}',
      "This report has schema version 9, and version 1 is known here; it was read as far as it is alike.",
    ],
  ];
  for (const [what, text, message] of bad) {
    it(`refuses a file ${what}, in one line`, async () => {
      await inFolder({ "a.yaml": named("a"), ...(text === undefined ? {} : { "b.json": text }) }, async (folder) => {
        const file = join(folder, "b.json");
        const { code, stdout, stderr } = await cli(["check", join(folder, "a.yaml"), "--baseline", file]);
        assert.deepEqual([code, stdout], [2, ""]);
        assert.equal(stderr, `error: --baseline ${file}: ${message.replace("FILE", file)}\n`);
      });
    });
  }
});

describe("check --quiet and --summary", () => {
  const stdin = named("a", "b");

  it("prints nothing but findings that count", async () => {
    const { stdout, stderr, code } = await cli(["check", "-", "--quiet"], { stdin });
    assert.deepEqual([code, stderr], [1, ""]);
    assert.match(stdout, /^Deployment shop\/a\n {2}mandatory [^]*\n$/);
    assert.doesNotMatch(stdout, /judged|\n\n$/);
    assert.deepEqual(await cli(["check", "-", "--quiet"], { stdin: JSON.stringify(service("web").props) }), {
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("prints no notes of what is left out", () =>
    inFolder({ "Chart.yaml": "name: c\n", "templates/a.yaml": "a: {{ b }}\n", "a.yaml": stdin }, async (folder) => {
      const args = ["check", folder, "--fail-on", "none"];
      assert.match((await cli(args)).stderr, /^note: /);
      assert.equal((await cli([...args, "--quiet"])).stderr, "");
    }));

  it("prints how often each code occurs", async () => {
    const { stdout, code } = await cli(["check", "-", "--summary"], { stdin });
    assert.equal(code, 1);
    assert.match(stdout, /^ {2}2 {2}mandatory {2}apisix-routed-workloads no-hook\n\n2 mandatory [^\n]*\n$/);
    assert.doesNotMatch(stdout, /Container/);
  });

  it("goes without --explain", async () => {
    const { code, stderr } = await cli(["check", "-", "--summary", "--explain", "Deployment/shop/a"], { stdin });
    assert.equal(code, 2);
    assert.match(stderr, /leave --summary and --quiet out/);
  });
});
