import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { open } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { writeOutput } from "../../src/cli/write-file";
import { systemError, withCall } from "../support/failing-fs";
import { inFolder } from "../support/folder";

interface Written {
  isWritten: boolean;
  stdout: string;
  stderr: string;
}

async function written(file: string, text = "new"): Promise<Written> {
  const said = { stdout: "", stderr: "" };
  const isWritten = await writeOutput(file, text, {
    stdout: (text) => void (said.stdout += text),
    stderr: (text) => void (said.stderr += text),
  });
  return { isWritten, ...said };
}

const done: Written = { isWritten: true, stdout: "", stderr: "" };
const isRoot = process.getuid?.() === 0;

/** A device or a pipe of the test's own; false where that isn't allowed. */
function made(path: string, ...type: string[]): boolean {
  return spawnSync(type.length > 0 ? "mknod" : "mkfifo", [path, ...type]).status === 0;
}

describe("an output", () => {
  it("that is a file is replaced as a whole, with its mode, and nothing is left beside it", () =>
    inFolder({ "out.json": "old" }, async (folder) => {
      const file = join(folder, "out.json");
      chmodSync(file, 0o604);
      const { ino } = statSync(file);
      assert.deepEqual(await written(file), done);
      assert.equal(readFileSync(file, "utf8"), "new");
      assert.equal(statSync(file).mode & 0o7777, 0o604);
      assert.notEqual(statSync(file).ino, ino, "whoever reads the old one has all of it");
      assert.deepEqual(readdirSync(folder), ["out.json"]);
    }));

  it("that isn't there is made as the user makes files", () =>
    inFolder({}, async (folder) => {
      const umask = process.umask(0o027);
      try {
        assert.deepEqual(await written(join(folder, "out.json")), done);
      } finally {
        process.umask(umask);
      }
      assert.equal(statSync(join(folder, "out.json")).mode & 0o777, 0o640);
    }));

  it("keeps its owner, and its special permissions", async function () {
    if (!isRoot) this.skip();
    await inFolder({ "out.json": "old" }, async (folder) => {
      const file = join(folder, "out.json");
      chownSync(file, 12, 34);
      chmodSync(file, 0o2640);
      assert.deepEqual(await written(file), done);
      const { uid, gid, mode } = statSync(file);
      assert.deepEqual([uid, gid, mode & 0o7777], [12, 34, 0o2640]);
    });
  });

  it("keeps its owner, also where only root may give files away", () =>
    inFolder({ "out.json": "a longer old text" }, async (folder) => {
      const file = join(folder, "out.json");
      const { ino } = statSync(file);
      const denied = (real: typeof open) => async (path: string, flags: string) => {
        const handle = await real(path, flags);
        if (flags === "wx") handle.chmod = () => Promise.reject(systemError("EPERM", -1));
        return handle;
      };
      assert.deepEqual(await withCall("open", denied, () => written(file)), done);
      assert.deepEqual([readFileSync(file, "utf8"), statSync(file).ino], ["new", ino]);
      assert.deepEqual(readdirSync(folder), ["out.json"]);
    }));

  it("is written where it is if its folder takes no files", () =>
    inFolder({ "out.json": "old" }, async (folder) => {
      for (const [code, errno] of [
        ["EACCES", -13],
        ["EROFS", -30],
      ] as const) {
        const denied = (real: typeof open) => (path: string, flags: string) =>
          flags === "wx" ? Promise.reject(systemError(code, errno)) : real(path, flags);
        const file = join(folder, "out.json");
        const ran = await withCall("open", denied, () => written(file, code));
        assert.equal(readFileSync(file, "utf8"), "EACCES");
        assert.equal(ran.isWritten, code === "EACCES");
      }
    }));

  it("with several names keeps them", () =>
    inFolder({ "out.json": "a longer old text" }, async (folder) => {
      linkSync(join(folder, "out.json"), join(folder, "other.json"));
      assert.deepEqual(await written(join(folder, "out.json")), done);
      assert.equal(readFileSync(join(folder, "other.json"), "utf8"), "new");
      assert.equal(statSync(join(folder, "other.json")).nlink, 2);
    }));

  it("that is a link is written where that leads, also to what isn't there yet", () =>
    inFolder({ "to/out.json": "old" }, async (folder) => {
      symlinkSync("to/out.json", join(folder, "link"));
      symlinkSync("link", join(folder, "second"));
      symlinkSync("to/new.json", join(folder, "dangling"));
      for (const name of ["second", "dangling"]) assert.deepEqual(await written(join(folder, name)), done);
      assert.equal(readFileSync(join(folder, "to/out.json"), "utf8"), "new");
      assert.equal(readFileSync(join(folder, "to/new.json"), "utf8"), "new");
      assert.deepEqual(readdirSync(folder).sort(), ["dangling", "link", "second", "to"]);
    }));

  it("that is a device is written to, and stays one", async function () {
    let isAllowed = false;
    await inFolder({}, async (folder) => {
      const device = join(folder, "null");
      isAllowed = made(device, "c", "1", "3");
      if (!isAllowed) return;
      symlinkSync("null", join(folder, "link"));
      for (const path of [device, join(folder, "link")]) assert.deepEqual(await written(path), done);
      assert.ok(statSync(device).isCharacterDevice());
      assert.deepEqual(readdirSync(folder).sort(), ["link", "null"]);
    });
    if (!isAllowed) this.skip();
  });

  it("that is a full device is named", async function () {
    let isAllowed = false;
    await inFolder({}, async (folder) => {
      const device = join(folder, "full");
      isAllowed = made(device, "c", "1", "7");
      if (!isAllowed) return;
      const { isWritten, stderr } = await written(device);
      assert.equal(isWritten, false);
      assert.equal(stderr, `error: ${device}: not written: no space left on the device\n`);
      assert.ok(statSync(device).isCharacterDevice());
    });
    if (!isAllowed) this.skip();
  });

  it("that is a pipe is written to", async function () {
    let isAllowed = false;
    await inFolder({}, async (folder) => {
      const pipe = join(folder, "pipe");
      isAllowed = made(pipe);
      if (!isAllowed) return;
      // Opened for both, so that nobody waits for the other end.
      const reader = openSync(pipe, "r+");
      assert.deepEqual(await written(pipe, "through the pipe"), done);
      const read = Buffer.alloc(100);
      assert.equal(read.toString("utf8", 0, readSync(reader, read)), "through the pipe");
      closeSync(reader);
      assert.ok(statSync(pipe).isFIFO());
    });
    if (!isAllowed) this.skip();
  });

  it("that is a socket is written to", () =>
    inFolder({}, async (folder) => {
      const path = join(folder, "socket");
      let heard = "";
      let end = () => {};
      const ended = new Promise<void>((resolve) => (end = resolve));
      const server = createServer((socket) =>
        socket
          .setEncoding("utf8")
          .on("data", (text: string) => (heard += text))
          .on("close", () => end()),
      );
      await new Promise<void>((resolve) => server.listen(path, resolve));
      assert.deepEqual(await written(path, "x".repeat(1_000_000)), done);
      await ended;
      assert.equal(heard.length, 1_000_000);
      await new Promise((resolve) => server.close(resolve));
    }));

  const descriptors = ["/dev/fd", "/proc/self/fd", `/proc/${process.pid}/fd`].filter((each) => existsSync(each));
  for (const where of descriptors) {
    it(`that is open already goes on where it is: ${where.replace(/\d+/, "PID")}/N`, () =>
      inFolder({}, async (folder) => {
        const log = join(folder, "log");
        const descriptor = openSync(log, "w");
        writeSync(descriptor, "before\n");
        assert.deepEqual(await written(`${where}/${descriptor}`, "new\n"), done);
        writeSync(descriptor, "after\n");
        closeSync(descriptor);
        assert.equal(readFileSync(log, "utf8"), "before\nnew\nafter\n");
        const { isWritten, stderr } = await written(`${where}/${descriptor}`);
        assert.deepEqual([isWritten, stderr.split("not written: ")[1]], [false, "bad file descriptor\n"]);
      }));
  }

  it("that is standard output goes there", async function () {
    if (!existsSync("/dev/stdout")) this.skip();
    for (const path of ["/dev/stdout", "/dev/fd/1"]) assert.deepEqual(await written(path), { ...done, stdout: "new" });
  });

  const refused: [what: string, path: string, says: string][] = [
    ["a folder that isn't there", "no/out.json", "its folder doesn't exist"],
    ["a folder", "folder", "is a folder"],
    ["below a file", "file/out.json", "not a directory"],
    ["a link to itself", "loop", "too many symbolic links encountered"],
    ["a name that is too long", "n".repeat(300), "name too long"],
  ];
  for (const [what, path, says] of refused) {
    it(`that is ${what} is named, in a line`, () =>
      inFolder({ file: "old" }, async (folder) => {
        mkdirSync(join(folder, "folder"));
        symlinkSync("loop", join(folder, "loop"));
        const ran = await written(join(folder, path));
        assert.deepEqual(ran, {
          isWritten: false,
          stdout: "",
          stderr: `error: ${join(folder, path)}: not written: ${says}\n`,
        });
        assert.deepEqual(readdirSync(folder).sort(), ["file", "folder", "loop"]);
        assert.equal(readFileSync(join(folder, "file"), "utf8"), "old");
      }));
  }

  /** A disk with room for so many bytes more, for the files that match. */
  const full =
    (room: number, matches: (path: string) => boolean) =>
    (real: typeof open) =>
    async (path: string, flags: string, mode?: number) => {
      const handle = await real(path, flags, mode);
      if (!matches(path)) return handle;
      const end = (await handle.stat()).size + room;
      const write = handle.write.bind(handle) as (bytes: Buffer, ...place: number[]) => Promise<unknown>;
      return Object.assign(handle, {
        writeFile: async (text: string) => {
          await write(Buffer.from(text.slice(0, room)));
          throw systemError("ENOSPC", -28);
        },
        write: (bytes: Buffer, offset: number, length: number, at: number) => {
          if (at >= end) return Promise.reject(systemError("ENOSPC", -28));
          return write(bytes, offset, Math.min(length, end - at), at);
        },
      });
    };

  it("on a full disk is named, and has its old text; nobody else's file is touched", () =>
    inFolder({ "out.json": "old", ".1234.tmp": "theirs", ".out.json.1.tmp": "theirs" }, async (folder) => {
      const file = join(folder, "out.json");
      const disk = full(1, (path) => path.endsWith(".tmp"));
      const { isWritten, stderr } = await withCall("open", disk, () => written(file));
      assert.equal(isWritten, false);
      assert.equal(stderr, `error: ${file}: not written: no space left on the device\n`);
      assert.deepEqual(readdirSync(folder).sort(), [".1234.tmp", ".out.json.1.tmp", "out.json"]);
      for (const each of readdirSync(folder)) {
        assert.equal(readFileSync(join(folder, each), "utf8"), each === "out.json" ? "old" : "theirs");
      }
    }));

  it("on a full disk has its old text under all its names", () =>
    inFolder({ "out.json": "the old text" }, async (folder) => {
      const file = join(folder, "out.json");
      linkSync(file, join(folder, "other.json"));
      const disk = full(1, (path) => path === file);
      const { isWritten } = await withCall("open", disk, () => written(file, "a new text that is much longer"));
      assert.equal(isWritten, false);
      assert.equal(readFileSync(join(folder, "other.json"), "utf8"), "the old text");
    }));

  it("may have a name as long as a name can be", () =>
    inFolder({}, async (folder) => {
      const file = join(folder, "n".repeat(255));
      writeFileSync(file, "old");
      assert.deepEqual(await written(file), done);
    }));
});
