import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder } from "../support/folder";

const root = join(__dirname, "..", "..");

interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  /** What stays in the folder for temporary files. */
  left: string[];
}

/**
 * Runs `npm run preview` without npm, on a machine whose PATH has no more than these shell scripts.
 *
 * @param stop the signal to send once a script has made the file `started`
 */
function preview(
  args: string[],
  {
    env = {},
    programs = {},
    stop,
  }: { env?: NodeJS.ProcessEnv; programs?: Record<string, string>; stop?: NodeJS.Signals },
): Promise<Ran> {
  return inFolder({}, async (folder) => {
    const [bin, temporary, started] = ["bin", "tmp", "started"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const each of [bin, temporary]) mkdirSync(each);
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const child = spawn(
      process.execPath,
      ["--require", require.resolve("ts-node/register/transpile-only"), join(root, "tools", "preview.ts"), ...args],
      { cwd: root, env: { PATH: bin, HOME: folder, TMPDIR: temporary, STARTED: started, ...env } },
    );
    const ran: Ran = { code: null, stdout: "", stderr: "", left: [] };
    child.stdout.on("data", (text) => (ran.stdout += String(text)));
    child.stderr.on("data", (text) => (ran.stderr += String(text)));
    const waiting =
      stop &&
      setInterval(() => {
        if (!existsSync(started)) return;
        clearInterval(waiting);
        child.kill(stop);
      }, 20);
    ran.code = await new Promise((resolve) => child.on("close", resolve));
    clearInterval(waiting);
    ran.left = readdirSync(temporary).filter((name) => name.startsWith("apisix-"));
    return ran;
  });
}

describe("npm run preview", function () {
  this.timeout(60_000);

  it("-- --help says what it does, and ends well", async () => {
    const { code, stdout, stderr } = await preview(["--help"], {});
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^Usage: npm run preview/);
    assert.match(stdout, /--config NAME .*advisory or mandatory/);
  });

  const mistaken: [about: string, args: string[], env: NodeJS.ProcessEnv, message: RegExp][] = [
    [
      "--config mandatory, which npm keeps",
      ["mandatory"],
      { npm_config_config: "true" },
      /write -- before it: npm run preview -- --config mandatory\n$/,
    ],
    [
      "--config=mandatory, which npm keeps",
      [],
      { npm_config_config: "mandatory" },
      /write -- before it: npm run preview -- --config mandatory\n$/,
    ],
    ["--config, which npm keeps", [], { npm_config_config: "true" }, /npm run preview -- --config NAME\n$/],
    ["mandatory", ["mandatory"], {}, /an option is missing: npm run preview -- --config mandatory\n$/],
    ["-- --config strict", ["--config", "strict"], {}, /there are advisory, mandatory\n$/],
    ["-- --strict", ["--strict"], {}, /Unknown option '--strict'/],
  ];
  for (const [about, args, env, message] of mistaken) {
    it(`${about} is refused with what is meant`, async () => {
      const { code, stdout, stderr } = await preview(args, { env });
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, message);
      assert.match(stderr, /^error: .*\n$/);
    });
  }

  it("says what to install where there is neither Pulumi nor Go", async () => {
    const { code, stderr, left } = await preview([], {});
    assert.deepEqual([code, left], [1, []]);
    assert.match(stderr, /^error: Neither Pulumi nor Go is on PATH\. Install/);
  });

  it("names the variable that helps where the home can't be written", async () => {
    const { code, stderr, left } = await preview([], { env: { HOME: "/dev/null" }, programs: { go: "exit 0" } });
    assert.deepEqual([code, left], [1, []]);
    assert.match(
      stderr,
      /^error: The cache can't be written: .*\/dev\/null.*Set APISIX_GRACEFUL_TERMINATION_CACHE to a folder/,
    );
  });

  // A CLI that only waits, in the command of that name, until it is interrupted or its folder is gone.
  const waiting = (command: string) => `
case "$1" in
  version) echo v3.259.0;;
  ${command}) trap 'exit 1' INT; : > "$STARTED"; while [ -e "$STARTED" ]; do /bin/sleep 0.05; done;;
  plugin) echo '[]';;
  *) echo '{}';;
esac`;
  for (const command of ["stack", "preview"]) {
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      it(`leaves nothing behind when ${signal} comes during \`pulumi ${command}\``, async () => {
        const ran = await preview([], { programs: { pulumi: waiting(command) }, stop: signal });
        assert.deepEqual([ran.code, ran.left], [code, []], ran.stderr);
      });
    }
  }
});
