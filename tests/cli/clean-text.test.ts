import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import * as fc from "fast-check";
import { SettingsError } from "../../src/settings/settings";
import { inFolder } from "../support/folder";
import { apisixRoute, deployment, service } from "../support/resources";
import { cli, type Ran } from "./run";

/** What a terminal obeys, and what turns the text around it. */
const obeyed = /(?!\n)\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;
const evil = "a\u001b[31m\u009b1m\r\nerror: forged\u2028\u202eb";

/** Clean, and every line is one of ours. */
function isClean({ stdout, stderr }: Ran): void {
  assert.doesNotMatch(stdout.replaceAll("\t", ""), obeyed);
  assert.doesNotMatch(stderr, obeyed);
  assert.doesNotMatch(`${stdout}\n${stderr}`, /^error: forged/m);
}

const metadata = { name: evil, namespace: evil };
const route = (more: object, spec: object) =>
  JSON.stringify({ apiVersion: "apisix.apache.org/v2", kind: "ApisixRoute", metadata: { ...metadata, ...more }, spec });
const http = [
  { name: evil, match: { paths: ["/*"], hosts: [evil] }, backends: [{ serviceName: evil, servicePort: evil }] },
];
const excused = {
  annotations: { [`ignore.apisix-graceful-termination/pre-stop-sleep`]: evil, [evil]: evil },
};
const renamed = ({ props }: { props: Record<string, unknown> }, more: object = {}) =>
  JSON.stringify({ ...props, metadata: { ...(props.metadata as object), ...metadata, ...more } });
const objects = [
  route({}, { ingressClassName: "apisix", http }),
  route({ name: `${evil}2` }, { ingressClassName: evil, http }),
  renamed(deployment("web", { name: evil, lifecycle: { preStop: { exec: { command: [evil] } } } }, {}), excused),
  renamed(service("web"), {}),
  JSON.stringify({ apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 80 }] } }),
].join("\n---\n");
const state = JSON.stringify({ deployment: { resources: [{ urn: evil, type: "kubernetes:v1:Pod", inputs: {} }, {}] } });
const settings = JSON.stringify({ [evil]: { [evil]: evil }, "pre-stop-sleep": { catalog: evil, [evil]: 1 } });

const runs: [what: string, args: string[], stdin?: string][] = [
  ["check", ["check", "-"], objects],
  ["check --explain", ["check", "-", "--explain", `Deployment/${evil}/${evil}`], objects],
  ["check --format json", ["check", "-", "--format", "json"], objects],
  ["check --format sarif", ["check", "-", "--format", "sarif"], objects],
  ["check of a state", ["check", "-"], state],
  ["routes", ["routes", "-"], objects],
  ["exemptions", ["exemptions", "-"], objects],
  ["exemptions --json", ["exemptions", "-", "--json"], objects],
  ["a source that isn't there", ["check", evil]],
  ["an output that can't be written", ["check", "-", "--format", `json=no/${evil}`], objects],
  ["a catalog that can't be written", ["routes", "-", "-o", `no/${evil}`], objects],
  ["a log that isn't there", ["report", evil]],
  ["a log of something else", ["report", "-"], `{"policyEvent": "${evil}"}\n${evil}`],
  ["settings that aren't there", ["check", "-", "--settings", evil], objects],
  ["settings check", ["settings", "check", "-"], settings],
  ["settings check of what isn't there", ["settings", "check", evil]],
  ["an option that isn't there", ["check", `--${evil}`]],
  ["a command that isn't there", [evil]],
  ["a format that isn't there", ["check", "-", "--format", evil]],
  ["a code that isn't there", ["explain", evil]],
  ["a workload that is none", ["check", "-", "--explain", evil], objects],
  ["a stack", ["routes", "--stack", evil]],
];

describe("what others wrote", () => {
  for (const [what, args, stdin = ""] of runs) {
    it(`is one visible line: ${what}`, async () => isClean(await cli(args, { stdin, env: { PATH: "/nowhere" } })));
  }

  it("is one visible line: names of files and folders, of settings in a file", () =>
    inFolder({}, async (folder) => {
      const within = join(folder, evil);
      mkdirSync(within);
      writeFileSync(join(within, `${evil}.yaml`), "a: [\n---\nb: *x\n");
      writeFileSync(join(within, "settings.json"), settings);
      writeFileSync(join(within, "good.yaml"), objects);
      writeFileSync(join(within, "config.json"), JSON.stringify({ [evil]: 1, [`${evil}2`]: 1, exclude: evil }));
      isClean(await cli(["check", within, "--config", join(within, "config.json")]));
      for (const args of [["check"], ["routes"], ["exemptions"], ["check", "--fix"], ["check", "--diff"]]) {
        const [command = "", ...more] = args;
        isClean(await cli([command, within, ...more]));
        isClean(await cli([command, within, ...more, "--settings", join(within, "settings.json")]));
      }
    }));

  it("is one line for each problem of a config file, and one where a code isn't known", () =>
    inFolder({ "config.json": JSON.stringify({ "a\nb": 1, c: 1 }) }, async (folder) => {
      const { stderr } = await cli(["check", "-", "--config", join(folder, "config.json")]);
      assert.equal(stderr.split("\n").length, 4, stderr);
      assert.match((await cli(["explain", "a\nb"])).stderr, /^error: explain a b: [^\n]*\n$/);
    }));

  it("shows nothing that turns its direction: lines to write of --explain", async () => {
    const container = { name: "a\u202eb\n", image: "x" };
    const stdin = [deployment("web", container), service("web"), apisixRoute("web")]
      .map(({ props }) => JSON.stringify(props))
      .join("\n---\n");
    const ran = await cli(["check", "-", "--explain", "Deployment/shop/web"], { stdin });
    assert.match(ran.stdout, /^To write:$/m);
    isClean(ran);
  });

  it("is one visible line: what kubectl and Pulumi say", () =>
    inFolder({}, async (folder) => {
      for (const name of ["kubectl", "pulumi"]) {
        const says = `process.stderr.write(${JSON.stringify(`error: \u001b[31m${evil}\n`)}); process.exit(1)`;
        writeFileSync(join(folder, name), `#!/usr/bin/env node\n${says}\n`);
        chmodSync(join(folder, name), 0o755);
      }
      const env = { PATH: [folder, process.env.PATH].join(delimiter) };
      for (const args of [["--cluster"], ["--context", evil], ["--stack", "dev"]]) {
        const ran = await cli(["routes", ...args], { env });
        assert.equal(ran.code, 3);
        assert.match(ran.stderr, /^error: [^\n]+\n$/);
        isClean(ran);
      }
    }));

  it("is one visible line, whatever is in a name", async () => {
    const name = fc.string({
      unit: fc.constantFrom("a", "\u001b[0m", "\n", "\r", "\u009b", "\u202e", "\u2028", '"', "`", "<{%", "\u0000", "é"),
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(name, async (name) => {
        const stdin = objects.replaceAll(JSON.stringify(evil).slice(1, -1), JSON.stringify(name).slice(1, -1));
        for (const command of ["check", "routes", "exemptions"]) isClean(await cli([command, "-"], { stdin }));
      }),
      { numRuns: 30 },
    );
  });

  it("is visible in the pack's own error, which the engine prints", () => {
    const { message, problems } = new SettingsError([`${evil}: no such policy`, "b"]);
    assert.doesNotMatch(message + problems.join(""), obeyed);
  });
});

describe("contents of a file", () => {
  const excerpts: [what: string, text: string][] = [
    ["an alias", "a: *hunter2\n"],
    ["an alias with a quote", `a: *hunt"hunter2\n`],
    ["a tag", "a: !hunter2 b\n"],
    ["a verbatim tag", "a: !<hunter2> b\n"],
    ["a tag that can't be", "a: !h^hunter2 b\n"],
    ["a tag's handle", "a: !hunter2!x b\n"],
    ["bad indentation", "a: b\n hunter2: c\n"],
    ["a key without a colon", "hunter2\na: b\n"],
    ["JSON", '{"a": hunter2}\n'],
  ];
  for (const [what, text] of excerpts) {
    it(`stay out of errors: ${what}`, () =>
      inFolder({ "bad.yaml": text }, async (folder) => {
        const file = join(folder, "bad.yaml");
        for (const args of [
          ["check", file],
          ["routes", file],
          ["check", file, "--settings", file],
          ["settings", "check", file],
          ["report", file],
        ]) {
          const { stdout, stderr, code } = await cli(args);
          assert.equal(code, 3);
          assert.match(stderr, /^(error: [^\n]*bad\.yaml[^\n]*\n)+$/);
          assert.doesNotMatch(stdout + stderr, /hunter2/);
        }
      }));
  }

  const said: [said: string, says: string][] = [
    [`error loading config file "/k": yaml: unknown anchor 'hunt'er2' referenced`, "kubeconfig /k: not YAML"],
    [`error loading config file "/k": yaml: line 3: did not find hunter2`, "kubeconfig /k:3: not YAML"],
    [`error loading config file "/k": open /k: permission denied`, "kubeconfig /k: permission denied"],
    [
      `error loading config file "/k": v1.Config.Clusters: ReadString: expects " or n, but found 1, error found in #10 byte of ...|hunter2|..., bigger context ...|hunter2|...`,
      "kubeconfig /k: no kubeconfig",
    ],
    [
      `Unable to connect to the server: parse "https://u:hunter2@[h": missing ']' in host`,
      "Unable to connect to the server: parse … in host",
    ],
    ["stat /k: no such file or directory", "stat /k: no such file or directory"],
  ];
  for (const [words, says] of said) {
    it(`of a kubeconfig stay out of errors: ${words.slice(0, 60)}`, () =>
      inFolder({}, async (folder) => {
        const script = `#!/usr/bin/env node\nprocess.stderr.write(${JSON.stringify(`error: ${words}\n`)}); process.exit(1)\n`;
        writeFileSync(join(folder, "kubectl"), script);
        chmodSync(join(folder, "kubectl"), 0o755);
        const env = { PATH: [folder, process.env.PATH].join(delimiter) };
        for (const [args, by] of [
          [["--cluster"], "kubectl"],
          [["--context", "x"], "cluster x"],
        ] as const) {
          assert.equal((await cli(["routes", ...args], { env })).stderr, `error: ${by}: ${says}\n`);
        }
      }));
  }
});

describe("an error", () => {
  it("is printed once, on standard error, and the report says that something is missing", () =>
    inFolder({ "bad.yaml": "a: [\n", "cut.jsonl": "{" }, async (folder) => {
      for (const args of [
        ["check", join(folder, "bad.yaml"), join(folder, "bad.yaml")],
        ["check", "no-such.yaml", "no-such.yaml"],
        ["report", join(folder, "cut.jsonl"), join(folder, "cut.jsonl")],
        ["report", "no-such.jsonl", "--format", "text"],
      ]) {
        const { stdout, stderr } = await cli(args);
        const [, message = ""] = /^error: (.*)\n$/.exec(stderr) ?? [];
        assert.notEqual(message, "", stderr);
        assert.ok(!stdout.includes(message), stdout);
        assert.match(stdout, /^Incomplete: findings may be missing, see the error on standard error\.$/m);
      }
    }));
});
