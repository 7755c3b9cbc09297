import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { load } from "js-yaml";
import { readConfig } from "../../src/cli/config-file";
import { configText } from "../../src/cli/init";
import { resolvePack } from "../../src/settings/settings";
import { inFolder } from "../support/folder";
import { apisixRoute, deployment, service } from "../support/resources";
import { cli, type Ran } from "./run";

const shop = [deployment("web"), service("web"), apisixRoute("web")]
  .map(({ props }) => JSON.stringify(props))
  .join("\n---\n");
const name = "apisix-graceful-termination";

/** Runs a command line in a folder of these files: the repository is `repo`. */
async function run(files: Record<string, string>, args: string[], cwd = "repo", make = () => {}): Promise<Ran> {
  return inFolder({ "repo/deploy/shop.yaml": shop, ...files }, async (folder) => {
    mkdirSync(join(folder, "repo", ".git"));
    const from = process.cwd();
    process.chdir(join(folder, cwd));
    try {
      make();
      return await cli(args);
    } finally {
      process.chdir(from);
    }
  });
}

const t = (ran: Ran) => /for (?:another )?(\d+) s/.exec(ran.stdout)?.[1];
const sleep = (seconds: number) => `settings: { pre-stop-sleep: { sleepSeconds: ${seconds} } }\n`;

describe("the config file", () => {
  const found: [what: string, files: Record<string, string>, cwd: string, t: string][] = [
    ["in the working directory", { [`repo/${name}.yaml`]: sleep(7) }, "repo", "7"],
    ["above it", { [`repo/${name}.yml`]: sleep(7) }, "repo/deploy", "7"],
    ["as JSON", { [`repo/${name}.json`]: JSON.stringify(load(sleep(7))) }, "repo/deploy", "7"],
    ["the nearest", { [`repo/${name}.yaml`]: sleep(7), [`repo/deploy/${name}.json`]: "{}" }, "repo/deploy", "5"],
    ["not above the repository", { [`${name}.yaml`]: sleep(7) }, "repo/deploy", "5"],
    ["which may be empty", { [`repo/${name}.yaml`]: "# nothing\n" }, "repo", "5"],
  ];
  for (const [what, files, cwd, expected] of found) {
    it(`is found ${what}`, async () => {
      const ran = await run(files, ["check", "."], cwd);
      assert.equal(t(ran), expected, ran.stderr);
    });
  }

  it("leaves out what a .gitignore beside it would, wherever one works", async () => {
    const files = {
      [`repo/${name}.yaml`]: "exclude: [/deploy/old/]\n",
      "repo/deploy/old/web.yaml": "apiVersion: v1\nkind: [\n",
    };
    for (const cwd of ["repo", "repo/deploy"]) {
      const { stderr } = await run(files, ["check", "."], cwd);
      assert.doesNotMatch(stderr, /not YAML/);
    }
    assert.match((await run(files, ["check", ".", "--no-config"], "repo")).stderr, /not YAML/);
  });

  const excluding: [sources: string[], stderr: RegExp][] = [
    [["old"], /^error: old: no Kubernetes objects in it\n$/],
    [["old/sub"], /^error: old\/sub: no Kubernetes objects in it\n$/],
    [["old/sub/web.yaml"], /^$/],
    [["old", "deploy/shop.yaml", "--quiet"], /^error: old: no Kubernetes objects in it\n$/],
    [["link/sub/web.yaml"], /^$/],
    [["deploy", "--quiet"], /^$/],
    [["deploy", "--no-config"], /^note: deploy\/kustomization\.yaml: /],
  ];
  for (const [sources, stderr] of excluding) {
    it(`leaves out what it excludes, however it is named: ${sources.join(" ")}`, async () => {
      const files = {
        [`repo/${name}.yaml`]: "exclude: [old/, kustomization.yaml]\n",
        "repo/deploy/kustomization.yaml": "patches: [{ path: a.yaml }]\n",
        "repo/old/sub/web.yaml": "apiVersion: v1\nkind: [\n",
      };
      const ran = await run(files, ["check", ...sources], "repo", () => symlinkSync("old", "link"));
      assert.match(ran.stderr, stderr);
    });
  }

  it("is what the command line says, where it says something", async () => {
    const files = {
      [`repo/${name}.yaml`]: `${sleep(7)}failOn: none\n`,
      "repo/s.json": '{ "pre-stop-sleep": { "sleepSeconds": 9 } }',
      "repo/other.yaml": sleep(8),
    };
    const cases: [args: string[], t: string, code: number][] = [
      [[], "7", 0],
      [["--settings", "s.json"], "9", 0],
      [["--fail-on", "mandatory"], "7", 1],
      [["--config", "other.yaml"], "8", 1],
      [["--no-config"], "5", 1],
    ];
    for (const [args, seconds, code] of cases) {
      const ran = await run(files, ["check", ".", ...args]);
      assert.deepEqual([t(ran), ran.code], [seconds, code], args.join(" "));
    }
  });

  it("names files from its own folder", async () => {
    const catalog = JSON.stringify({ version: 1, services: [] });
    const files = {
      [`repo/${name}.yaml`]:
        "settings: { pre-stop-sleep: { catalog: conf/catalog.json } }\nbaseline: conf/baseline.json\n",
      "repo/conf/catalog.json": catalog,
      "repo/conf/baseline.json": '{"schemaVersion":1,"findings":[]}',
    };
    const ran = await run(files, ["check", "."], "repo/deploy");
    assert.equal(ran.code, 1, ran.stderr);
    const { [`repo/conf/baseline.json`]: _, ...without } = files;
    const { code, stderr } = await run(without, ["check", "."], "repo/deploy");
    assert.equal(code, 2);
    assert.match(stderr, /^error: --baseline \.\.\/conf\/baseline\.json: no such file or folder; /);
  });

  it("is read by the other commands that take settings", async () => {
    const files = {
      [`repo/${name}.yaml`]: "settings: { pre-stop-sleep: { sleepSeconds: -1 } }\n",
      "repo/e.json": "{}",
    };
    for (const args of [
      ["exemptions", "."],
      ["routes", "."],
      ["report", "e.json"],
      ["settings", "check"],
    ]) {
      const { code, stderr } = await run(files, args);
      assert.equal(code, 2);
      assert.match(stderr, /yaml: settings › pre-stop-sleep › sleepSeconds: must be at least /, args.join(" "));
    }
    const fine = await run({ [`repo/${name}.yaml`]: sleep(7) }, ["settings", "check"]);
    assert.deepEqual(fine, { code: 0, stdout: "No problems.\n", stderr: "" });
    assert.match((await run({}, ["settings", "check"])).stderr, /^error: nothing to check: /);
  });

  const bad: [what: string, text: string, message: string][] = [
    ["a key that isn't one", "excludes: [a]", ': excludes: no such field; did you mean "exclude"?'],
    ["a level that isn't one", "failOn: mandatroy", ': failOn: no such choice; did you mean "mandatory"?'],
    [
      "a policy that isn't one",
      "settings: { pre-stop-slep: {} }",
      ': settings › pre-stop-slep: no such policy; did you mean "pre-stop-sleep"?',
    ],
    ["no object", "- a", ": must be an object, not a list"],
    ["settings of another type", "settings: a", ": settings: must be an object, not a string"],
    ["a glob that isn't text", "exclude: [1]", ": exclude[0]: must be a string, not a number"],
    ["an empty path", "baseline: ''", ": baseline: must not be empty"],
    ["two documents", "failOn: none\n---\nfailOn: none", ": must be one document"],
    ["no YAML", "a: [", ":1:5: not YAML: unexpected end of the stream within a flow collection"],
    [
      "two mistakes",
      "a: 1\nfailOn: 1",
      ":\n  - a: no such field; there are: $schema, settings, exclude, baseline, failOn\n  - failOn: must be one of advisory, mandatory, none",
    ],
  ];
  for (const [what, text, message] of bad) {
    it(`is refused with ${what}, by its name and the key`, async () => {
      const { code, stderr, stdout } = await run({ [`repo/${name}.yaml`]: text }, ["check", "."], "repo/deploy");
      assert.deepEqual([code, stdout], [2, ""]);
      assert.equal(stderr, `error: ../${name}.yaml${message}\n`);
    });
  }

  it("is refused beside another one, and where it isn't there", async () => {
    const two = { [`repo/${name}.yaml`]: "{}", [`repo/${name}.json`]: "{}" };
    assert.equal((await run(two, ["check", "."])).stderr, `error: ${name}.yaml and ${name}.json: keep one of them\n`);
    assert.equal(
      (await run({}, ["check", ".", "--config", "a.yaml"])).stderr,
      "error: a.yaml: no such file or folder\n",
    );
  });

  it("gives globs as they are written", async () => {
    await inFolder({ "a.yaml": "exclude: [vendor/**, '*.tpl.yaml']\n" }, async (folder) => {
      const exclude = { folder, patterns: ["vendor/**", "*.tpl.yaml"] };
      assert.deepEqual(await readConfig(join(folder, "a.yaml")), { exclude });
    });
  });
});

describe("init", () => {
  const schema = JSON.parse(
    readFileSync(join(__dirname, "..", "..", "schemas", "config.schema.json"), "utf8"),
  ) as object;
  const validate = addFormats(new Ajv({ allErrors: true, strict: false })).compile(schema);

  it("writes a file that is valid, and changes nothing", async () => {
    const value = load(configText()) as { settings: Parameters<typeof resolvePack>[0] };
    assert.ok(validate(value), JSON.stringify(validate.errors));
    assert.deepEqual(resolvePack(value.settings), resolvePack({}));
    assert.equal(validate({ ...value, excludes: [] }), false);
    assert.equal(validate({ settings: { all: "x" } }), false);
  });

  it("its examples are valid, too, and those of every key", async () => {
    const text = configText()
      .replace(/^.*\n/, "")
      .replace(/^( *)# (?=( *- )|[\w-]+:( |$)| {2,}\w)/gm, "$1");
    const value = load(text) as object;
    assert.deepEqual(Object.keys(value).sort(), ["baseline", "exclude", "failOn", "settings"]);
    assert.ok(validate(value), JSON.stringify(validate.errors));
    await inFolder({ "a.yaml": text }, async (folder) =>
      assert.ok((await readConfig(join(folder, "a.yaml"))).settings),
    );
  });

  it("names the schema on its first line, for editors", () => {
    const [first = ""] = configText().split("\n");
    assert.match(first, /^# yaml-language-server: \$schema=https:\/\/\S+\/schemas\/config\.schema\.json$/);
  });

  it("writes into the working directory, and nothing that is there already", async () => {
    await inFolder({}, async (folder) => {
      const from = process.cwd();
      process.chdir(folder);
      try {
        assert.deepEqual(await cli(["init"]), { code: 0, stdout: `Wrote ${name}.yaml.\n`, stderr: "" });
        assert.equal(readFileSync(`${name}.yaml`, "utf8"), configText());
        assert.deepEqual(await cli(["init"]), {
          code: 2,
          stdout: "",
          stderr: `error: ${name}.yaml: exists; it is left as it is\n`,
        });
      } finally {
        process.chdir(from);
      }
    });
  });
});
