import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { canRunNode } from "../support/kubernetes";
import { temporaryFolder, until } from "../support/kubernetes/processes";

/** What `read` answers, or nothing: processes and what belongs to them vanish while they are looked at. */
function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

/** The commands of the processes that were started with a folder's name in them, or that run in its control group. */
function processesOf(folder: string): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && entry !== String(process.pid))
    .map((id) => ["cmdline", "cgroup"].map((file) => attempt(() => readFileSync(join("/proc", id, file), "utf8"))))
    .filter((texts) => texts.some((text) => text.includes(basename(folder))))
    .map(([command]) => command!.replaceAll("\0", " "));
}

/** The mount namespace of a process. */
const mountNamespace = (id: string) => attempt(() => readlinkSync(join("/proc", id, "ns/mnt")));

/** The control groups that are named after a folder. */
const cgroupsOf = (folder: string) =>
  [".", ...readdirSync("/sys/fs/cgroup")]
    .map((hierarchy) => join("/sys/fs/cgroup", hierarchy, basename(folder)))
    .filter(existsSync);

describe("A node", function () {
  this.timeout(40 * 60_000);
  before(function () {
    const missing = canRunNode();
    if (missing !== undefined) {
      console.log(`Skipped: ${missing}.`);
      this.skip();
    }
  });

  // Ctrl-C, what a CI system sends, and what nobody can catch.
  for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
    it(`ends with the process that started it: ${signal}`, async () => {
      const untouched = ["/var/lib/kubelet", "/var/lib/containerd", "/run/containerd", "/var/log/pods"].filter(
        (path) => !existsSync(path),
      );
      const mounts = readFileSync("/proc/self/mounts", "utf8");
      const settings = () =>
        ["vm/overcommit_memory", "kernel/panic"].map((name) => readFileSync(`/proc/sys/${name}`, "utf8"));
      const before = settings();

      const args = [
        "--require",
        "ts-node/register/transpile-only",
        join(__dirname, "../support/kubernetes/run-a-pod.ts"),
      ];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
      const ended = once(child, "exit");
      let folder = "";
      let namespace = "";
      try {
        [folder] = (await Promise.race([once(createInterface(child.stdout), "line"), ended])) as [string];
        assert.ok(existsSync(folder), "the node is up");
        assert.ok(
          processesOf(folder).some((command) => command.includes("/stamp")),
          "its Pod runs",
        );
        assert.ok(cgroupsOf(folder).length > 0);
        namespace = mountNamespace(readFileSync(join(folder, "node/pid"), "utf8").trim());
        assert.notEqual(namespace, mountNamespace("self"));
      } finally {
        child.kill(signal);
        await ended;
      }
      await until(() => processesOf(folder).length === 0, `${processesOf(folder).join("\n")} are gone`, 10);
      assert.equal(readFileSync("/proc/self/mounts", "utf8"), mounts);
      assert.equal(
        readdirSync("/proc").some((id) => mountNamespace(id) === namespace),
        false,
      );
      assert.deepEqual(untouched.filter(existsSync), []);
      assert.deepEqual(settings(), before);
      // A process that is killed can't tidy up: the next one does.
      assert.equal(existsSync(folder), signal === "SIGKILL");
      temporaryFolder().remove();
      assert.equal(canRunNode(), undefined);
      assert.equal(existsSync(folder), false);
      assert.deepEqual(cgroupsOf(folder), []);
    });
  }
});
