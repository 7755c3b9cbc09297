import assert from "node:assert/strict";
import { chmodSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { onPath } from "../../tools/on-path";
import { inFolder } from "../support/folder";

describe("onPath", () => {
  const cases: [about: string, program: string, env: NodeJS.ProcessEnv, platform: NodeJS.Platform, found?: string][] = [
    ["the first of two", "tool", {}, "linux", "b/tool"],
    ["macOS alike", "tool", {}, "darwin", "b/tool"],
    ["no file that can't be run", "text", {}, "linux"],
    ["no folder", "folder", {}, "linux"],
    ["nothing without PATH", "tool", { PATH: undefined }, "linux"],
    ["no extension but on Windows", "cli", {}, "linux"],
    ["Windows: those of PATHEXT, in their order", "cli", { PATHEXT: ".COM;.exe;.cmd" }, "win32", "b/cli.exe"],
    ["Windows: another order", "cli", { PATHEXT: ".cmd;.exe" }, "win32", "b/cli.cmd"],
    ["Windows: no file without an extension", "tool", { PATHEXT: ".exe" }, "win32"],
  ];
  for (const [about, program, env, platform, found] of cases) {
    it(about, () =>
      inFolder(
        { "a/text": "", "b/tool": "", "c/tool": "", "b/text": "", "b/cli.exe": "", "b/cli.cmd": "" },
        async (folder) => {
          mkdirSync(join(folder, "a", "folder"));
          for (const name of ["b/tool", "c/tool"]) chmodSync(join(folder, name), 0o755);
          const PATH = ["", join(folder, "missing"), ...["a", "b", "c"].map((name) => join(folder, name))].join(
            delimiter,
          );
          assert.equal(onPath(program, { PATH, ...env }, platform), found && join(folder, found));
        },
      ),
    );
  }
});
