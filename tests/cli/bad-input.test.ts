import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import type { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemError, withCall } from "../support/failing-fs";
import { inFolder } from "../support/folder";
import { apisixRoute, deployment, service } from "../support/resources";
import { InputError } from "../../src/cli/sources";
import { cli } from "./run";

const text = (...resources: { props: unknown }[]) =>
  resources.map(({ props }) => JSON.stringify(props)).join("\n---\n");
const bad = text(deployment("web"), service("web"), apisixRoute("web"));
const other = bad.replaceAll("web", "api");

/** Everything in a folder, by its path in it. */
function tree(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort();
}

const lines = (text: string) => text.split("\n").filter((line) => /^(error|warning): /.test(line));

describe("bad input", () => {
  const cases: [what: string, make: (folder: string) => void, args: string[], errors: RegExp[], code: number][] = [
    [
      "a link that leads nowhere",
      (folder) => symlinkSync("nowhere", join(folder, "dangling.yaml")),
      ["dangling.yaml", "good.yaml"],
      [/^error: dangling\.yaml: no such file or folder$/],
      3,
    ],
    [
      "bytes of another encoding in a name and in a text",
      (folder) => writeFileSync(join(folder, "latin.yaml"), Buffer.from("a: [gr\u00fc\u00dfe\u009b1m\n", "latin1")),
      ["latin.yaml", "good.yaml"],
      [/^error: latin\.yaml[^\n\p{Cc}]*$/u],
      3,
    ],
    [
      "a file that ends in the middle",
      (folder) => writeFileSync(join(folder, "cut.json"), bad.slice(0, 100)),
      ["cut.json", "good.yaml"],
      [/^error: cut\.json:\d+:\d+: not YAML: /],
      3,
    ],
    [
      "an output in a folder that isn't there",
      () => {},
      ["good.yaml", "--format", "json=no/out.json", "--format", "sarif=out.sarif"],
      [/^error: no\/out\.json: not written: its folder doesn't exist$/],
      3,
    ],
    [
      "an output that is a folder",
      (folder) => mkdirSync(join(folder, "out")),
      ["good.yaml", "--format", "json=out", "--format", "sarif=out.sarif"],
      [/^error: out: not written: is a folder$/],
      3,
    ],
  ];
  for (const [what, make, args, errors, code] of cases) {
    it(`is named in one line, and the rest is read and written: ${what}`, () =>
      inFolder({ "good.yaml": bad }, async (folder) => {
        make(folder);
        const before = tree(folder);
        const working = process.cwd();
        process.chdir(folder);
        try {
          const ran = await cli(["check", ...args, "--fail-on", "none"]);
          assert.equal(ran.code, code);
          const said = lines(ran.stderr);
          assert.equal(said.length, errors.length, ran.stderr);
          for (const [i, line] of said.entries()) assert.match(line, errors[i] ?? /^$/);
          if (!args.includes("--format")) assert.match(ran.stdout, /1 mandatory finding/);
          const made = args.filter((each) => each === "sarif=out.sarif").map(() => "out.sarif");
          assert.deepEqual(tree(folder), [...before, ...made].sort());
        } finally {
          process.chdir(working);
        }
      }));
  }

  const unreadable: [
    what: string,
    run: (folder: string) => Promise<{ code: number; stdout: string; stderr: string }>,
  ][] = [
    [
      "a folder without rights",
      (folder) => {
        const denied = (real: typeof readdir) => (path: string, options: object) =>
          path.endsWith("shut")
            ? Promise.reject(Object.assign(systemError("EACCES", -13), { path }))
            : real(path, options as never);
        const use = () => cli(["check", join(folder, "shut"), join(folder, "open"), "--fail-on", "none"]);
        return withCall("readdir", denied, use);
      },
    ],
    [
      "a file without rights",
      (folder) => {
        const denied = (real: typeof readFile) => (path: string, options: object) =>
          path.includes("shut")
            ? Promise.reject(Object.assign(systemError("EACCES", -13), { path }))
            : real(path, options as never);
        const use = () => cli(["check", join(folder, "shut"), join(folder, "open"), "--fail-on", "none"]);
        return withCall("readFile", denied, use);
      },
    ],
  ];
  for (const [what, run] of unreadable) {
    it(`is named in one line, and the rest is read: ${what}`, () =>
      inFolder({ "shut/a.yaml": other, "open/b.yaml": bad }, async (folder) => {
        const ran = await run(folder);
        assert.equal(ran.code, 3);
        assert.match(lines(ran.stderr).join("\n"), /^error: [^\n]*shut[^\n]*: permission denied$/);
        assert.match(ran.stdout, /1 mandatory finding/);
      }));
  }
});

(process.platform === "win32" ? describe.skip : describe)("a file that may never end", () => {
  const beside = [".gitignore", "Chart.yaml", "kustomization.yaml"];
  for (const name of beside) {
    it(`isn't waited for where nobody named it: ${name}`, () =>
      inFolder({ "web.yaml": bad, "templates/a.yaml": "a: {{ b }}" }, async (folder) => {
        spawnSync("mkfifo", [join(folder, name)]);
        assert.match((await cli(["check", folder])).stdout, /^1 mandatory finding/m);
      }));
  }

  it("isn't waited for where nobody named it: a config file", () =>
    inFolder({ "web.yaml": bad }, async (folder) => {
      spawnSync("mkfifo", [join(folder, "apisix-graceful-termination.yaml")]);
      const working = process.cwd();
      process.chdir(folder);
      try {
        const { code, stderr } = await cli(["check", "web.yaml"]);
        assert.deepEqual([code, stderr], [2, "error: apisix-graceful-termination.yaml: is no plain file\n"]);
      } finally {
        process.chdir(working);
      }
    }));

  const named: [args: string[], says: RegExp, code: number][] = [
    [["report", "/dev/zero"], /^error: \/dev\/zero: larger than 64 MB/, 3],
    [["settings", "check", "/dev/zero"], /^error: \/dev\/zero: larger than 64 MB/, 3],
    [["check", "-", "--settings", "/dev/zero"], /^error: \/dev\/zero: larger than 64 MB/, 3],
    [["check", "-", "--baseline", "/dev/zero"], /^error: --baseline \/dev\/zero: larger than 64 MB/, 2],
    [["check", "-", "--config", "/dev/zero"], /^error: \/dev\/zero: larger than 64 MB/, 2],
  ];
  for (const [args, says, code] of named) {
    it(`is named in one line: ${args.join(" ")}`, async () => {
      const ran = await cli(args, { stdin: bad });
      assert.match(ran.stderr, says);
      assert.deepEqual([ran.stderr.split("\n").length, ran.code], [2, code]);
    });
  }
});

describe("bytes of another encoding", () => {
  const named: [what: string, args: (file: string) => string[], code: number][] = [
    ["a log", (file) => ["report", file], 3],
    ["a policy config", (file) => ["settings", "check", file], 3],
    ["settings", (file) => ["check", "-", "--settings", file], 3],
    ["a baseline", (file) => ["check", "-", "--baseline", file], 2],
    ["a config file", (file) => ["check", "-", "--config", file], 2],
  ];
  for (const [what, args, code] of named) {
    it(`are refused, and the file is named: ${what}`, () =>
      inFolder({}, async (folder) => {
        const file = join(folder, "latin");
        writeFileSync(file, Buffer.from('{"exclude":["\u00e9"]}', "latin1"));
        const ran = await cli(args(file), { stdin: bad });
        assert.match(ran.stderr, /^error: [^\n]*latin: not UTF-8, at line 1, column 14: save it as UTF-8\n$/);
        assert.equal(ran.code, code);
      }));
  }

  it("of standard input, too, beside what can be read", () =>
    inFolder({ "a.json": "{}" }, async (folder) => {
      const broken = new InputError("not UTF-8, at line 1, column 1: save it as UTF-8");
      const settings = await cli(["settings", "check", "-", join(folder, "a.json")], { stdin: broken });
      assert.equal(settings.stderr, `error: -: ${broken.message}\n`);
      const { stderr, stdout } = await cli(["report", "-"], { stdin: broken });
      assert.equal(stderr, `error: -: ${broken.message}\n`);
      assert.match(stdout, /^No findings/m);
    }));
});

describe("check --fix", () => {
  const fix = (...sources: string[]) => cli(["check", ...sources, "--fix", "--fail-on", "none"]);
  const sleeps = /"sleep":\s*\{"seconds":\s*5\}/;

  it("changes nothing that a link leads to, out of the folders that were given", () =>
    inFolder({ "given/in.yaml": bad, "away/out.yaml": other, "away/folder/more.yaml": other }, async (folder) => {
      symlinkSync("../away/out.yaml", join(folder, "given", "link.yaml"));
      symlinkSync("../away/folder", join(folder, "given", "folder"));
      const diff = await cli(["check", join(folder, "given"), "--diff", "--fail-on", "none"]);
      const { code, stderr } = await fix(join(folder, "given"));
      for (const said of [diff.stderr, stderr]) {
        assert.deepEqual(
          lines(said).sort(),
          ["folder/more.yaml", "link.yaml"].map(
            (name) => `warning: ${join(folder, "given", name)}: not repaired: the link leads out of what was given`,
          ),
        );
      }
      assert.equal(code, 0);
      assert.match(readFileSync(join(folder, "given/in.yaml"), "utf8"), sleeps);
      assert.doesNotMatch(diff.stdout, /"name":"api"|out\.yaml|more\.yaml/);
      for (const name of ["out.yaml", "folder/more.yaml"]) {
        assert.equal(readFileSync(join(folder, "away", name), "utf8"), other);
      }
      assert.ok(statSync(join(folder, "given/link.yaml")).isFile());
    }));

  const ways: [what: string, make: (folder: string) => string[]][] = [
    ["a link that is named", (folder) => (symlinkSync("in.yaml", join(folder, "l.yaml")), [join(folder, "l.yaml")])],
    ["a folder behind a link", (folder) => (symlinkSync(folder, `${folder}/self`), [join(folder, "self")])],
    ["a link within the folder", (folder) => (symlinkSync("in.yaml", join(folder, "a.yaml")), [folder])],
    ["a file and its folder", (folder) => [join(folder, "in.yaml"), folder]],
    ["a folder by another way", (folder) => [join(folder, "..", folder.split("/").at(-1) ?? "", ".")]],
  ];
  for (const [what, make] of ways) {
    it(`repairs once what is given: ${what}`, () =>
      inFolder({ "in.yaml": bad }, async (folder) => {
        const sources = make(folder);
        const before = tree(folder);
        const { code, stdout, stderr } = await fix(...sources);
        assert.deepEqual([code, stderr], [0, ""]);
        assert.match(stdout, /^No findings, 1 repair, 3 resources judged\.$/m);
        assert.equal(readFileSync(join(folder, "in.yaml"), "utf8").match(new RegExp(sleeps, "g"))?.length, 1);
        assert.deepEqual(tree(folder), before);
      }));
  }

  it("repairs two names of one file once, and they stay one file", () =>
    inFolder({ "a.yaml": bad, "c.yaml": other }, async (folder) => {
      linkSync(join(folder, "a.yaml"), join(folder, "b.yaml"));
      const { code, stdout, stderr } = await fix(folder);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /^No findings, 2 repairs, 6 resources judged\.$/m);
      assert.equal(readFileSync(join(folder, "a.yaml"), "utf8"), readFileSync(join(folder, "b.yaml"), "utf8"));
      assert.equal(statSync(join(folder, "b.yaml")).nlink, 2);
      assert.deepEqual(tree(folder), ["a.yaml", "b.yaml", "c.yaml"]);
    }));

  it("shows a diff on a terminal without what that would obey, and as it is to other programs", () =>
    inFolder({ "in.yaml": `# \u202eevil\u009b1m\n${bad}` }, async (folder) => {
      const args = ["check", join(folder, "in.yaml"), "--diff"];
      const [piped, shown] = [await cli(args), await cli(args, { isTerminal: true })];
      assert.match(piped.stdout, /\u202eevil/);
      assert.doesNotMatch(shown.stdout, /[\u202e\u009b]/);
    }));
});

describe("the process", () => {
  const root = join(__dirname, "..", "..");
  const node = ["-r", require.resolve("ts-node/register/transpile-only"), join(root, "src/cli/index.ts")];
  const env = { ...process.env, TS_NODE_PROJECT: join(root, "tsconfig.json") };

  it("names a folder without rights, as a user who isn't root", async function () {
    if (process.getuid?.() !== 0) this.skip();
    await inFolder({ "shut/a.yaml": other, "open/b.yaml": bad }, async (folder) => {
      for (const each of [folder, join(folder, "open")]) chmodSync(each, 0o755);
      chmodSync(join(folder, "shut"), 0o700);
      chownSync(join(folder, "open/b.yaml"), 65534, 65534);
      const args = ["check", "shut", "open", "--fix", "--fail-on", "none"];
      const ran = spawnSync(process.execPath, [...node, ...args], { cwd: folder, env, uid: 65534, encoding: "utf8" });
      if (/Cannot find module/.test(ran.stderr)) this.skip();
      // Its folder takes no other file: it is written where it is.
      assert.equal(ran.stderr, "error: shut: permission denied\n");
      assert.equal(ran.status, 3);
      assert.match(readFileSync(join(folder, "open/b.yaml"), "utf8"), /"seconds":\s*5/);
      assert.deepEqual(readdirSync(join(folder, "open")), ["b.yaml"]);
    });
  });

  const ends: [what: string, command: string, code: string, stderr: RegExp][] = [
    ["a reader that goes", `{ "$@" in.yaml; echo "code $?" >&2; } | true`, "1", /^code 1\n$/m],
    [
      "a full disk",
      `"$@" in.yaml --fail-on none > full; echo "code $?" >&2`,
      "3",
      /^error: [^\n]*no space left on the device$/m,
    ],
    [
      "/dev/stdout",
      `{ echo before; "$@" in.yaml --format json=/dev/stdout --format text; echo after; } > log; echo "code $?" >&2`,
      "0",
      /^/,
    ],
  ];
  for (const [what, command, code, stderr] of ends) {
    it(`ends as its findings say, or with 3: ${what}`, async function () {
      let isAllowed = true;
      await inFolder({ "in.yaml": bad }, async (folder) => {
        if (command.includes("> full")) {
          isAllowed = spawnSync("mknod", [join(folder, "full"), "c", "1", "7"]).status === 0;
        }
        if (!isAllowed) return;
        const shell = ["-c", command, "sh", process.execPath, ...node, "check"];
        const ran = spawnSync("sh", shell, { cwd: realpathSync(folder), env, encoding: "utf8" });
        assert.match(ran.stderr, stderr);
        assert.match(ran.stderr, new RegExp(`^code ${code}$`, "m"));
        if (what !== "/dev/stdout") return;
        const log = readFileSync(join(folder, "log"), "utf8");
        assert.match(log, /^before\n\{\n[^]*\n\}\nDeployment shop\/web\n[^]*\nafter\n$/);
      });
      if (!isAllowed) this.skip();
    });
  }
});
