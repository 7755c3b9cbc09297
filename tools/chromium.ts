/**
 * A browser for tests and pictures: Debian's `chromium`, as registries have none and browsers' own downloads are often
 * not reachable from CI.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

/** Where distributions put it; $CHROMIUM comes first. */
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * The path of a browser, installed from Debian's packages if there is none and that can be done; otherwise the reason
 * why not.
 */
export function findChromium(): { path: string } | { missing: string } {
  const wanted = process.env.CHROMIUM;
  if (wanted !== undefined && wanted !== "") {
    return existsSync(wanted) ? { path: wanted } : { missing: `There is no ${wanted}, which $CHROMIUM names.` };
  }
  const path = installed();
  if (path !== undefined) return { path };
  if (spawnSync("apt-get", ["--version"]).status !== 0)
    return { missing: "No Chromium, and no apt-get to install it." };
  if (process.getuid?.() !== 0) return { missing: "No Chromium; `sudo apt-get install chromium` brings it." };
  process.stderr.write("Installing Debian's chromium, once; this takes a minute …\n");
  const options = { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
  spawnSync("apt-get", ["update", "-q"], options);
  spawnSync("apt-get", ["install", "-y", "-q", "--no-install-recommends", "chromium", "fonts-dejavu-core"], options);
  const now = installed();
  return now === undefined ? { missing: "`apt-get install chromium` did not bring a Chromium." } : { path: now };
}

function installed(): string | undefined {
  return places.find((path) => existsSync(path));
}

/** Starts it without a window. It is quiet: it looks for no updates and sends nothing. */
export function launch(path: string): Promise<Browser> {
  const quiet = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  // As root, in a container, there is no other sandbox to be had.
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: path, args: [...quiet, ...asRoot, "--no-first-run"] });
}
