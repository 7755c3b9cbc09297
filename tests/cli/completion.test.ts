import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cli } from "./run";

const has = (shell: string) => spawnSync(shell, ["-c", "true"]).status === 0;

/** What bash offers for the last word of a line. */
async function offered(line: string): Promise<string[]> {
  const { stdout: script } = await cli(["completion", "bash"]);
  const words = line.split(" ");
  const run = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_apisix_graceful_termination; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync("bash", ["--norc", "-c", `${script}\n${run}`], { encoding: "utf8" });
  return text.split("\n").filter((word) => word !== "");
}

const name = "apisix-graceful-termination";
const cases: [line: string, includes: string[], excludes: string[]][] = [
  [`${name} `, ["check", "report", "settings", "--help", "--version"], ["--fix", "bash"]],
  [`${name} advise --format `, ["text", "json"], ["sarif"]],
  [`${name} che`, ["check"], ["report"]],
  [`${name} check --f`, ["--fix", "--format", "--fail-on", "--fallback-file"], ["--diff"]],
  [`${name} check manifests/ --fail-on `, ["advisory", "mandatory", "none"], ["--fix"]],
  [`${name} check --format s`, ["sarif"], ["json"]],
  [`${name} check --baseline `, [], ["--fix", "check"]],
  [`${name} explain no-h`, ["no-hook"], ["hook-fails"]],
  [`${name} settings `, ["check"], ["report"]],
  [`${name} settings check --`, ["--defaults"], ["--fix"]],
  [`${name} completion `, ["bash", "zsh", "fish"], ["check"]],
];

describe("completion", () => {
  for (const [line, includes, excludes] of cases) {
    it(`of "${line}" in bash`, async function () {
      if (!has("bash")) this.skip();
      const words = await offered(line);
      for (const word of includes) assert.ok(words.includes(word), `${word}: ${words.join(" ")}`);
      for (const word of excludes) assert.ok(!words.includes(word), word);
      if (includes.length === 0) assert.deepEqual(words, []);
    });
  }

  it("in zsh is bash's, and in fish has each command's options", async () => {
    const [bash, zsh, fish] = await Promise.all(["bash", "zsh", "fish"].map((shell) => cli(["completion", shell])));
    assert.ok(zsh?.stdout.endsWith(bash?.stdout ?? "-"));
    assert.match(zsh?.stdout ?? "", /^#compdef apisix-graceful-termination\n/);
    assert.match(fish?.stdout ?? "", /^complete -c \S+ -n '__fish_seen_subcommand_from check' -l fix -d 'repair /m);
    assert.match(fish?.stdout ?? "", /-l fail-on -r -f -a 'advisory mandatory none' /);
  });

  for (const shell of ["zsh", "fish"]) {
    it(`is a script that ${shell} reads`, async function () {
      if (!has(shell)) this.skip();
      execFileSync(shell, ["-n"], { input: (await cli(["completion", shell])).stdout });
    });
  }

  it("knows three shells", async () => {
    const { code, stderr } = await cli(["completion", "tcsh"]);
    assert.equal(code, 2);
    assert.match(stderr, /Allowed choices are bash, zsh, fish/);
  });
});
