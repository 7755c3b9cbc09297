/** Container images made by hand: files in a folder, as an archive that `docker save` could have written. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Image {
  /** Name with its tag, as a Pod gives it. */
  name: string;
  /** Path in the image → executable on this machine that is copied there. */
  programs: Record<string, string>;
  /** What a container runs that names no command. */
  command: string[];
  /** Path in the image → what a symbolic link there points to. */
  links?: Record<string, string>;
}

/** Writes an archive of the images into a new folder, and answers the archive's path. */
export function writeImages(images: Image[], folder: string): string {
  const archive = join(folder, "archive");
  const manifest = images.map((image, i) => {
    const root = join(folder, String(i));
    for (const [path, program] of Object.entries(image.programs)) {
      const copy = place(root, path);
      copyFileSync(program, copy);
      chmodSync(copy, 0o755);
    }
    for (const [path, target] of Object.entries(image.links ?? {})) symlinkSync(target, place(root, path));
    // Hooks redirect their output, and scripts make temporary files.
    mkdirSync(join(root, "tmp"), { recursive: true });
    const layer = `${i}.tar`;
    tar(root, place(archive, layer));
    const digest = createHash("sha256")
      .update(readFileSync(join(archive, layer)))
      .digest("hex");
    const config = {
      os: "linux",
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      config: { Env: ["PATH=/bin"], WorkingDir: "/", Cmd: image.command },
      rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
    };
    writeFileSync(join(archive, `${i}.json`), JSON.stringify(config));
    return { Config: `${i}.json`, RepoTags: [image.name], Layers: [layer] };
  });
  writeFileSync(join(archive, "manifest.json"), JSON.stringify(manifest));
  tar(archive, join(folder, "images.tar"));
  return join(folder, "images.tar");
}

function place(root: string, path: string): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  return full;
}

function tar(folder: string, file: string): void {
  const args = ["--owner=0", "--group=0", "--numeric-owner", "-C", folder, "-cf", file, "."];
  const { status, stderr } = spawnSync("tar", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`tar failed: ${stderr}`);
}
