/**
 * Makes a release out of a clean checkout, in one commit and one tag: moves CHANGELOG's Unreleased under the version,
 * sets the version of package.json, the lock file, README and the recipes for CI. Nothing is pushed or published: the tag starts
 * .github/workflows/release.yml once it is pushed.
 *
 *     npm run release -- minor
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A release that can't be made. The message is all that a maintainer should see; nothing was changed. */
export class ReleaseError extends Error {
  override name = "ReleaseError";
}

type Version = readonly [major: number, minor: number, patch: number];

/**
 * The version that follows.
 *
 * @param current the one of package.json
 * @param step `major`, `minor` or `patch`, or a version above the current one
 * @throws ReleaseError
 */
export function nextVersion(current: string, step: string): string {
  const now = parseVersion(current);
  if (!now) throw new ReleaseError(`package.json: ${current} is not a version such as 1.2.3`);
  const [major, minor, patch] = now;
  if (step === "major") return `${major + 1}.0.0`;
  if (step === "minor") return `${major}.${minor + 1}.0`;
  if (step === "patch") return `${major}.${minor}.${patch + 1}`;
  const next = parseVersion(step);
  if (!next) throw new ReleaseError(`${step}: write major, minor, patch, or a version such as 1.2.3`);
  if (compare(next, now) <= 0) throw new ReleaseError(`${step} is not above ${current}, the version of package.json`);
  return step;
}

function parseVersion(text: string): Version | undefined {
  const found = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined;
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/**
 * The changelog with what was unreleased under the version, and an empty Unreleased above it.
 *
 * @param day as 2027-01-31
 * @throws ReleaseError
 */
export function releasedChangelog(changelog: string, version: string, day: string): string {
  const heading = /^## Unreleased[ \t]*\r?$/m.exec(changelog);
  if (!heading) throw new ReleaseError('CHANGELOG.md: has no "## Unreleased"');
  if (new RegExp(`^## ${version.replaceAll(".", "\\.")}(\\s|$)`, "m").test(changelog)) {
    throw new ReleaseError(`CHANGELOG.md: has ${version} already`);
  }
  const end = heading.index + heading[0].length;
  if (!/^\s*[-*] /m.test(section(changelog.slice(end)))) {
    throw new ReleaseError('CHANGELOG.md: nothing stands under "## Unreleased"');
  }
  return `${changelog.slice(0, heading.index)}## Unreleased\n\n## ${version} (${day})${changelog.slice(end)}`;
}

/**
 * What the changelog says of a version, for the release's page.
 *
 * @throws ReleaseError
 */
export function releaseNotes(changelog: string, version: string): string {
  const heading = new RegExp(`^## ${version.replaceAll(".", "\\.")}(\\s.*)?$`, "m").exec(changelog);
  if (!heading) throw new ReleaseError(`CHANGELOG.md: has no "## ${version}"`);
  return `${section(changelog.slice(heading.index + heading[0].length)).trim()}\n`;
}

/** A text up to the next version's heading. */
function section(text: string): string {
  const next = /^## /m.exec(text);
  return next ? text.slice(0, next.index) : text;
}

/**
 * Commits and tags a release of the checkout in a folder.
 *
 * @returns its tag
 * @throws ReleaseError if it can't be made; nothing was changed then
 */
export function release(folder: string, step: string, day: string): string {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: "pipe" }).trim();
  if (git("status", "--porcelain") !== "") throw new ReleaseError("there are changes that aren't committed");

  const file = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(file(name), "utf8");
  const { version: current } = JSON.parse(read("package.json")) as { version: string };
  const version = nextVersion(current, step);
  const tag = `v${version}`;
  if (git("tag", "--list", tag) !== "") throw new ReleaseError(`the tag ${tag} is there already`);
  const lock = JSON.parse(read("package-lock.json")) as { version: string; packages: { "": { version: string } } };
  if (lock.version !== current || lock.packages[""].version !== current) {
    throw new ReleaseError(`package-lock.json: its version is not ${current}, that of package.json; run npm install`);
  }
  const changed = {
    "CHANGELOG.md": releasedChangelog(read("CHANGELOG.md"), version, day),
    "package.json": withVersion(read("package.json"), current, version, 1),
    // Its own version is in it twice: of the lock, and of the package that the lock is for.
    "package-lock.json": withVersion(read("package-lock.json"), current, version, 2),
    ...Object.fromEntries(
      git("ls-files", "README.md", "action.yml", "examples/ci")
        .split("\n")
        .filter(Boolean)
        .map((name) => [name, withReferences(read(name), current, version)]),
    ),
  };
  const before = git("rev-parse", "HEAD");
  try {
    for (const [name, text] of Object.entries(changed)) writeFileSync(file(name), text);
    git("add", ...Object.keys(changed));
    git("commit", "--quiet", "--message", `Release ${version}`);
    git("tag", "--annotate", tag, "--message", `Release ${version}`);
  } catch (error) {
    // The checkout was clean: there is nothing to lose.
    git("reset", "--quiet", "--hard", before);
    throw new ReleaseError(`git refused: ${String((error as { stderr?: unknown }).stderr ?? error).trim()}`);
  }
  return tag;
}

/** The text with the first versions replaced; everything else of the file stays as it is written. */
function withVersion(text: string, current: string, version: string, times: number): string {
  let changed = text;
  for (let i = 0; i < times; i++) changed = changed.replace(`"version": "${current}"`, `"version": "${version}"`);
  return changed;
}

/** The text with this package in the new version: `cli@0.1.0`, `termination@v0.1.0`, `rev: v0.1.0`, `blob/v0.1.0`. */
export function withReferences(text: string, current: string, version: string): string {
  const reference = `(?<=(?:apisix-graceful-termination(?:-cli)?@v?|rev: v|blob/v))${current.replaceAll(".", "\\.")}(?![\\w.-]*\\d)`;
  return text.replaceAll(new RegExp(reference, "g"), version);
}

function main([step, version]: readonly string[]): void {
  const root = join(__dirname, "..");
  try {
    if (step === "notes" && version !== undefined) {
      process.stdout.write(releaseNotes(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version));
    } else if (step !== undefined && version === undefined) {
      const tag = release(root, step, new Date().toISOString().slice(0, 10));
      console.error(`${tag} is committed and tagged. Publish it: git push --follow-tags`);
    } else throw new ReleaseError("write: npm run release -- major|minor|patch|VERSION, or: -- notes VERSION");
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}

if (require.main === module) main(process.argv.slice(2));
