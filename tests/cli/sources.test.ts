import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { maxBytes, readStream } from "../../src/cli/sources/bytes";
import type { Report } from "../../src/report";
import { inFolder } from "../support/folder";
import { apisixRoute, deployment, service } from "../support/resources";
import { cli } from "./run";

const isWindows = process.platform === "win32";
const web = [deployment("web"), service("web"), apisixRoute("web")].map(({ props }) => JSON.stringify(props));
const shop = web.join("\n---\n");
const broken = "apiVersion: v1\nkind: Pod\na: [1\n";
const template = "{{- if .Values.a }}\napiVersion: v1\nkind: Pod\n{{- end }}\n";
const helmTest = { apiVersion: "v1", kind: "Pod", metadata: { name: "t", annotations: { "helm.sh/hook": "test" } } };

/** What `check` says of a folder, with the folder itself left out of it. */
async function checked(folder: string, ...args: string[]) {
  const sources = args.some((each) => !each.startsWith("-") && each.startsWith(folder)) ? [] : [folder];
  const { code, stdout, stderr } = await cli(["check", ...sources, "--format", "json", ...args]);
  const { stacks, findings } = JSON.parse(stdout) as Report;
  return {
    code,
    objects: stacks[0]?.judged,
    findings: findings.length,
    says: stderr.replaceAll(`${folder}/`, "").replaceAll(folder, "."),
  };
}

interface Case {
  what: string;
  files: Record<string, string>;
  /** What stands in the folder beside the files. */
  make?: (folder: string) => unknown;
  args?: (folder: string) => string[];
  code: number;
  objects: number;
  says?: RegExp;
}

const cases: Case[] = [
  {
    what: "a dangling link among others",
    files: { "shop.yaml": shop },
    make: (folder) => symlinkSync("nowhere.yaml", join(folder, "a.yaml")),
    code: 1,
    objects: 3,
    says: /^error: a\.yaml: no such file or folder\n$/,
  },
  {
    what: "a dangling link that is no manifest, and an editor's lock",
    files: { "shop.yaml": shop },
    make: (folder) => {
      symlinkSync("nowhere", join(folder, "a.txt"));
      symlinkSync("me@host.1:2", join(folder, ".#shop.yaml"));
    },
    code: 1,
    objects: 3,
    says: /^$/,
  },
  {
    what: "links that lead back, and to one file twice",
    files: { "a/shop.yaml": shop },
    make: (folder) => {
      symlinkSync("..", join(folder, "a", "back"));
      symlinkSync("shop.yaml", join(folder, "a", "twice.yaml"));
      symlinkSync("self.yaml", join(folder, "a", "self.yaml"));
    },
    code: 1,
    objects: 3,
    says: /^error: a\/self\.yaml: [^\n]*\n$/,
  },
  {
    what: "a FIFO in a folder",
    files: { "shop.yaml": shop },
    make: (folder) => spawnSync("mkfifo", [join(folder, "pipe.yaml")]),
    code: 1,
    objects: 3,
    says: /^note: pipe\.yaml: no plain file: passed over\n$/,
  },
  {
    what: "a file that is too large",
    files: { "shop.yaml": shop, "large.json": "" },
    make: (folder) => truncateSync(join(folder, "large.json"), 100 * 1024 * 1024),
    code: 1,
    objects: 3,
    says: /^error: large\.json: larger than 64 MB: split it, or leave it out with --exclude\n$/,
  },
  {
    what: "Latin-1",
    files: { "shop.yaml": shop },
    make: (folder) =>
      writeFileSync(
        join(folder, "a.yaml"),
        Buffer.concat([Buffer.from("# \ufffd\nkind: A\napiVersion: caf"), Buffer.from([0xe9, 10])]),
      ),
    code: 1,
    objects: 3,
    says: /^error: a\.yaml: not UTF-8, at line 3, column 16: save it as UTF-8\n$/,
  },
  {
    what: "Latin-1 that is no manifest",
    files: { "shop.yaml": shop },
    make: (folder) => writeFileSync(join(folder, "a.yaml"), Buffer.from("a: caf\xe9\n", "latin1")),
    code: 1,
    objects: 3,
    says: /^$/,
  },
  {
    what: "a broken manifest with braces elsewhere",
    files: { "a.yaml": `apiVersion: v1\nkind: A\na: "{{ $labels.pod }}"\nb: 1\nc: 2\nd: 3\ne: [\n`, "shop.yaml": shop },
    code: 1,
    objects: 3,
    says: /^error: a\.yaml:8:1: not YAML/,
  },
  {
    what: "a manifest that can't be read, beside others",
    files: { "a.yaml": broken, "shop.yaml": shop },
    code: 1,
    objects: 3,
    says: /^error: a\.yaml:4:1: not YAML: [^\n]*\n$/,
  },
  {
    what: "an anchor that holds itself",
    files: { "a.yaml": "apiVersion: v1\nkind: Pod\nspec: &s {self: *s}\n", "shop.yaml": shop },
    code: 1,
    objects: 3,
    says: /^error: a\.yaml:1: an anchor holds its own alias: write out what it stands for\n$/,
  },
  {
    what: "a bomb of aliases",
    files: {
      "a.yaml": `kind: A\napiVersion: v1\na: &a [x]\n${[..."bcdefghij"]
        .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghij"[i]}`).join()}]\n`)
        .join("")}`,
      "shop.yaml": shop,
    },
    code: 1,
    objects: 3,
    says: /^error: a\.yaml:1: its aliases stand for too many values[^\n]*\n$/,
  },
  {
    what: "what is deep",
    files: {
      "a.json": `{"apiVersion":"v1","kind":"A","a":${"[".repeat(6000)}${"]".repeat(6000)}}`,
      "b.yaml": `apiVersion: v1\nkind: A\na: ${"[".repeat(6000)}${"]".repeat(6000)}`,
      "shop.yaml": shop,
    },
    code: 1,
    objects: 3,
    says: /^error: a\.json:1: objects and lists stand in one another more than 500 deep[^\n]*\nerror: b\.yaml:3:\d+: objects and lists[^\n]*\n$/,
  },
  {
    what: "other YAML, also what can't be read",
    files: {
      "compose.yaml": "services:\n  web: {image: x}\n",
      "mkdocs.yml": "a: !!python/name:x.y\nb: [\n",
      "tsconfig.json": "{ // a\n}\n",
      "shop.yaml": shop,
    },
    code: 1,
    objects: 3,
    says: /^$/,
  },
  {
    what: "a chart, whose charts it renders",
    files: {
      "charts/shop/Chart.yaml": "apiVersion: v2\nname: shop\n",
      "charts/shop/values.yaml": "a: 1\n",
      "charts/shop/templates/a.yaml": template,
      "charts/shop/templates/b/c.yaml": template,
      "charts/shop/charts/db/Chart.yaml": "apiVersion: v2\nname: db\n",
      "charts/shop/charts/db/templates/a.yaml": template,
      "charts/shop/crds/shop.yaml": shop,
    },
    code: 1,
    objects: 3,
    says: /^note: charts\/shop: Helm templates: render the chart: `helm template \S*charts\/shop \| apisix-graceful-termination check -`\n$/,
  },
  {
    what: "a chart that only lends its templates",
    files: {
      "Chart.yaml": "apiVersion: v2\nname: common\ntype: library\n",
      "templates/a.yaml": template,
      "s.yaml": shop,
    },
    code: 1,
    objects: 3,
    says: /^$/,
  },
  {
    what: "a chart's templates, named",
    files: { "c/Chart.yaml": "apiVersion: v2\n", "c/templates/a.yaml": template, "shop.yaml": shop },
    args: (folder) => [join(folder, "c/templates/a.yaml"), join(folder, "c/templates"), join(folder, "shop.yaml")],
    code: 1,
    objects: 3,
    says: /^note: \S*c: Helm templates: [^\n]*\nerror: c\/templates\/a\.yaml: Helm templates: render the chart: [^\n]*\nerror: c\/templates: no Kubernetes objects in it\n$/,
  },
  {
    what: "templates beside no chart",
    files: { "a.yaml": template, "b.yaml": template, "shop.yaml": shop },
    code: 1,
    objects: 3,
    says: /^note: \.: a\.yaml and 1 more are templates, with `\{\{`: render them, and give the result to `check -`\n$/,
  },
  {
    what: "a template, named",
    files: { "a.yaml": template },
    args: (folder) => [join(folder, "a.yaml")],
    code: 3,
    objects: 0,
    says: /^error: a\.yaml:1:\d+: a template, with `\{\{`: render it, and give the result to `check -`\n$/,
  },
  {
    what: "braces that are no template's",
    files: { "a.yaml": `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "{{ $labels.pod }}"}\n` },
    code: 0,
    objects: 1,
    says: /^$/,
  },
  {
    what: "a kustomization's patches",
    files: {
      "base/shop.yaml": shop,
      "overlay/kustomization.yaml": `resources: [../base]
patches: [{path: a.yaml}, {patch: "a\\nb", target: {kind: Deployment}}]
patchesStrategicMerge: [sub/b.yaml]
patchesJson6902: [{path: c.yaml, target: {}}]
`,
      "overlay/a.yaml": shop,
      "overlay/sub/b.yaml": shop,
      "overlay/c.yaml": shop,
    },
    code: 1,
    objects: 3,
    says: /^note: overlay\/kustomization\.yaml: its patches are not applied here; build it: `kubectl kustomize \S*overlay \| apisix-graceful-termination check -`\n$/,
  },
  {
    what: "a part of a Deployment that something patches",
    files: {
      "shop.yaml": shop,
      "p.yaml":
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a}]}}}\n",
    },
    code: 1,
    objects: 3,
  },
  {
    what: "Helm's test hooks",
    files: {
      "a.json": JSON.stringify(helmTest),
      "b.yaml":
        "apiVersion: batch/v1\nkind: Job\nmetadata: {annotations: {helm.sh/hook: 'post-install, test-success'}}\n",
      "c.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {annotations: {helm.sh/hook: pre-install}}\n",
    },
    code: 0,
    objects: 1,
    says: /^$/,
  },
  {
    what: "what Git ignores",
    files: {
      ".gitignore": "/out/\n*.gen.yaml\n!keep.gen.yaml\n",
      "out/a.yaml": broken,
      "sub/.gitignore": "b.yaml\n",
      "sub/b.yaml": broken,
      "sub/c.gen.yaml": broken,
      "sub/keep.gen.yaml": shop,
      "b.yaml": `apiVersion: v1\nkind: A\n`,
    },
    code: 1,
    objects: 4,
    says: /^$/,
  },
  {
    what: "what Git ignores of a repository around",
    files: { ".git/HEAD": "", ".gitignore": "/m/out/\n", "m/out/a.yaml": broken, "m/shop.yaml": shop },
    args: (folder) => [join(folder, "m")],
    code: 1,
    objects: 3,
    says: /^$/,
  },
  {
    what: "a folder that Git ignores, named",
    files: { ".git/HEAD": "", ".gitignore": "/out/\n", "out/shop.yaml": shop },
    args: (folder) => [join(folder, "out")],
    code: 1,
    objects: 3,
    says: /^$/,
  },
  {
    what: "what is excluded",
    files: { "a.yaml": broken, "sub/a.yaml": broken, "sub/b/c.yaml": broken, "shop.yaml": shop },
    args: () => ["--exclude", "a.yaml", "--exclude", "b/"],
    code: 1,
    objects: 3,
    says: /^$/,
  },
  {
    what: "other people's folders",
    files: { "node_modules/a.yaml": broken, ".git/a.yaml": broken, ".terraform/a.yaml": broken, "shop.yaml": shop },
    code: 1,
    objects: 3,
    says: /^$/,
  },
];

(isWindows ? describe.skip : describe)("check of what a repository holds:", () => {
  for (const { what, files, make, args = () => [], code, objects, says } of cases) {
    it(what, () =>
      inFolder(files, async (folder) => {
        make?.(folder);
        const ran = await checked(folder, ...args(folder));
        assert.deepEqual([ran.code, ran.objects, ran.findings], [code, objects, objects >= 3 ? 1 : 0], ran.says);
        if (says) assert.match(ran.says, says);
      }),
    );
  }

  it("a folder that may not be read, beside others", function () {
    if (process.getuid?.() === 0) return this.skip();
    return inFolder({ "a/a.yaml": broken, "shop.yaml": shop }, async (folder) => {
      spawnSync("chmod", ["0", join(folder, "a")]);
      const ran = await checked(folder);
      spawnSync("chmod", ["700", join(folder, "a")]);
      assert.deepEqual([ran.code, ran.objects, ran.says], [1, 3, "error: a: permission denied\n"]);
    });
  });

  it("a FIFO and an empty device that are named, as streams", () =>
    inFolder({ "shop.yaml": shop }, async (folder) => {
      const pipe = join(folder, "pipe");
      spawnSync("mkfifo", [pipe]);
      spawnSync("sh", ["-c", 'cat "$0" > "$1" &', join(folder, "shop.yaml"), pipe], { stdio: "ignore" });
      const { stdout } = await cli(["check", pipe, "--format", "json"]);
      const [stack] = (JSON.parse(stdout) as Report).stacks;
      assert.equal(stack?.judged, 3);
    }));

  it("a socket in a folder, and named", () =>
    inFolder({}, async (folder) => {
      mkdirSync(join(folder, "s"));
      const path = join(folder, "s", "s.yaml");
      const server = createServer();
      await new Promise<void>((done) => server.listen(path, done));
      try {
        assert.match((await cli(["check", folder])).stderr, /^note: \S*s\.yaml: no plain file: passed over\n/);
        const named = await cli(["check", path]);
        assert.deepEqual([named.code, named.stderr], [3, `error: ${path}: is a socket\n`]);
      } finally {
        server.close();
      }
    }));

  it("streams that are no UTF-8, or too long", async () => {
    const read = (...chunks: Buffer[]) => readStream(Readable.from(chunks));
    assert.equal(await read(Buffer.from([0xc3]), Buffer.from([0xa9])), "é");
    await assert.rejects(read(Buffer.from("a\nb"), Buffer.from([0xff])), /^InputError: not UTF-8, at line 2, column 2/);
    const much = Buffer.alloc(maxBytes / 4);
    await assert.rejects(read(much, much, much, much, much), /larger than 64 MB/);
  });

  it("what Helm rendered, at its templates", async () => {
    const lines = web.map((text, i) => `---\n# Source: shop/templates/${["web", "svc", "route"][i]}.yaml\n${text}\n`);
    const { stdout } = await cli(["check", "-", "--format", "json"], { stdin: lines.join("") });
    const places = (JSON.parse(stdout) as Report).findings.map(({ location }) => location);
    assert.deepEqual(places, [{ file: "shop/templates/web.yaml" }]);
    await inFolder({ "rendered.yaml": lines.join("") }, async (folder) => {
      const file = join(folder, "rendered.yaml");
      const { stdout } = await cli(["check", file, "--format", "json"]);
      const { column: _, ...place } = (JSON.parse(stdout) as Report).findings[0]?.location ?? {};
      assert.deepEqual(place, { file, line: 3 });
    });
  });
});
