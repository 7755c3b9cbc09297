import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  nextVersion,
  release,
  releasedChangelog,
  releaseNotes,
  ReleaseError,
  withReferences,
} from "../../tools/release";
import { inFolder } from "../support/folder";

const changelog = `# Changelog

What changes for users.

## Unreleased

### Added

- A sleep.

## 0.1.0 (2027-01-01)

- The first.
`;
const nothingNew = changelog.replace("### Added\n\n- A sleep.\n\n", "");
const day = "2027-01-31";

describe("nextVersion", () => {
  const good: [current: string, step: string, next: string][] = [
    ["0.1.0", "patch", "0.1.1"],
    ["0.1.9", "patch", "0.1.10"],
    ["0.1.9", "minor", "0.2.0"],
    ["0.9.3", "major", "1.0.0"],
    ["0.1.0", "0.1.1", "0.1.1"],
    ["0.9.0", "0.10.0", "0.10.0"],
    ["1.2.3", "2.0.0", "2.0.0"],
  ];
  for (const [current, step, next] of good) {
    it(`${current} ${step} → ${next}`, () => assert.equal(nextVersion(current, step), next));
  }
  const bad: [current: string, step: string, message: RegExp][] = [
    ["0.1.0", "0.1.0", /not above 0\.1\.0/],
    ["0.10.0", "0.9.0", /not above 0\.10\.0/],
    ["0.1.0", "v0.2.0", /write major, minor, patch/],
    ["0.1.0", "0.2", /write major, minor, patch/],
    ["0.1.0", "0.2.0-rc.1", /write major, minor, patch/],
    ["0.1.0", "01.0.0", /write major, minor, patch/],
    ["0.1.0", "", /write major, minor, patch/],
    ["next", "patch", /package\.json: next is not a version/],
  ];
  for (const [current, step, message] of bad) {
    it(`refuses ${current} ${step}`, () =>
      assert.throws(
        () => nextVersion(current, step),
        (error) => error instanceof ReleaseError && message.test(error.message),
      ));
  }
});

describe("the changelog", () => {
  it("gets the version and its day, below an empty Unreleased", () => {
    const expected = changelog.replace("## Unreleased\n", `## Unreleased\n\n## 0.2.0 (${day})\n`);
    assert.equal(releasedChangelog(changelog, "0.2.0", day), expected);
  });

  it("gives a version's notes, and no more", () => {
    assert.equal(releaseNotes(releasedChangelog(changelog, "0.2.0", day), "0.2.0"), "### Added\n\n- A sleep.\n");
    assert.equal(releaseNotes(changelog, "0.1.0"), "- The first.\n");
    assert.throws(() => releaseNotes(changelog, "0.1"), /has no "## 0\.1"/);
  });

  const bad: [about: string, text: string, version: string, message: RegExp][] = [
    ["nothing new", nothingNew, "0.2.0", /nothing stands under/],
    ["headings without a change", changelog.replace("- A sleep.\n", ""), "0.2.0", /nothing stands under/],
    ["no Unreleased", changelog.replace("Unreleased", "0.2.0"), "0.3.0", /has no "## Unreleased"/],
    ["the version twice", changelog, "0.1.0", /has 0\.1\.0 already/],
  ];
  for (const [about, text, version, message] of bad) {
    it(`is refused with ${about}`, () => assert.throws(() => releasedChangelog(text, version, day), message));
  }
});

describe("references to the package", () => {
  const cases: [text: string, after: string][] = [
    [
      "npx --yes apisix-graceful-termination-cli@0.1.0 check .",
      "npx --yes apisix-graceful-termination-cli@0.2.0 check .",
    ],
    [
      "uses: apisix-graceful-termination/apisix-graceful-termination@v0.1.0",
      "uses: apisix-graceful-termination/apisix-graceful-termination@v0.2.0",
    ],
    ["    rev: v0.1.0\n", "    rev: v0.2.0\n"],
    ["/blob/v0.1.0/docs/findings.md", "/blob/v0.2.0/docs/findings.md"],
    ["apisix-graceful-termination@v0.1.0 (local: .)", "apisix-graceful-termination@v0.2.0 (local: .)"],
    // Somebody else's, and other versions.
    ["uses: other/action@v0.1.0", "uses: other/action@v0.1.0"],
    ["before 0.1.0", "before 0.1.0"],
    ["apisix-graceful-termination@v0.1.01", "apisix-graceful-termination@v0.1.01"],
    ["apisix-graceful-termination@v0.1.0-rc.1", "apisix-graceful-termination@v0.1.0-rc.1"],
    ["apisix-graceful-termination@v0x1.0", "apisix-graceful-termination@v0x1.0"],
  ];
  for (const [text, after] of cases) {
    it(text.trim(), () => assert.equal(withReferences(text, "0.1.0", "0.2.0"), after));
  }
});

describe("release", function () {
  this.timeout(60_000);

  const packageOf = (version: string) => ({ name: "pack", version, dependencies: { other: "0.1.0" } });
  const lock = (version: string) => ({
    name: "pack",
    version,
    packages: { "": packageOf(version), "node_modules/other": { version: "0.1.0" } },
  });
  const printed = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;
  const files = {
    "CHANGELOG.md": changelog.replace(/\n## 0\.1\.0[^]*/, ""),
    "package.json": printed(packageOf("0.1.0")),
    "package-lock.json": printed(lock("0.1.0")),
    "action.yml": "run: npx apisix-graceful-termination-cli@0.1.0\n",
    "examples/ci/hook.yaml": "rev: v0.1.0\n",
  };

  /** A repository with these files, committed. */
  const inRepository = (content: Record<string, string>, use: (folder: string, git: Git) => void) =>
    inFolder(content, async (folder) => {
      const settings = [
        "user.name=Tester",
        "user.email=tester@example.com",
        "commit.gpgSign=false",
        "tag.gpgSign=false",
      ];
      const git: Git = (...args) => execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: "pipe" }).trim();
      git("init", "--quiet");
      for (const setting of settings) git("config", ...(setting.split("=") as [string, string]));
      git("add", ".");
      git("commit", "--quiet", "--message", "First");
      use(folder, git);
    });
  type Git = (...args: string[]) => string;

  it("commits and tags changelog, version and lock file in one step", () =>
    inRepository(files, (folder, git) => {
      assert.equal(release(folder, "minor", day), "v0.2.0");
      const read = (name: string) => readFileSync(join(folder, name), "utf8");
      assert.equal(read("package.json"), printed(packageOf("0.2.0")));
      assert.equal(read("action.yml"), "run: npx apisix-graceful-termination-cli@0.2.0\n");
      assert.equal(read("examples/ci/hook.yaml"), "rev: v0.2.0\n");
      // A dependency that has the old version keeps it.
      assert.equal(read("package-lock.json"), printed(lock("0.2.0")));
      assert.match(read("CHANGELOG.md"), /^## Unreleased\n\n## 0\.2\.0 \(2027-01-31\)\n\n### Added$/m);
      assert.equal(git("status", "--porcelain"), "");
      assert.equal(git("log", "--format=%s"), "Release 0.2.0\nFirst");
      assert.equal(git("rev-parse", "v0.2.0^{commit}"), git("rev-parse", "HEAD"));
      assert.equal(git("cat-file", "-t", "v0.2.0"), "tag");
    }));

  const refusals: [
    about: string,
    content: Record<string, string>,
    prepare: (folder: string, git: Git) => void,
    RegExp,
  ][] = [
    ["a changed file", files, (folder) => writeFileSync(join(folder, "package.json"), "{}"), /aren't committed/],
    ["a file that isn't added", files, (folder) => writeFileSync(join(folder, "new.ts"), ""), /aren't committed/],
    ["a tag that is there", files, (_folder, git) => git("tag", "v0.2.0"), /the tag v0\.2\.0 is there already/],
    ["nothing to release", { ...files, "CHANGELOG.md": nothingNew }, () => undefined, /nothing stands under/],
    [
      "a lock file of another version",
      { ...files, "package-lock.json": printed(lock("0.0.9")) },
      () => undefined,
      /package-lock\.json: its version is not 0\.1\.0/,
    ],
    [
      "a commit that git refuses",
      files,
      (folder) => {
        const hook = join(folder, ".git", "hooks", "pre-commit");
        writeFileSync(hook, "#!/bin/sh\necho no release on Fridays >&2\nexit 1\n");
        chmodSync(hook, 0o755);
      },
      /git refused: no release on Fridays/,
    ],
  ];
  for (const [about, content, prepare, message] of refusals) {
    it(`is refused with ${about}, and changes nothing`, () =>
      inRepository(content, (folder, git) => {
        prepare(folder, git);
        const state = () => [git("rev-parse", "HEAD"), git("status", "--porcelain"), git("tag"), git("diff")];
        const before = state();
        assert.throws(
          () => release(folder, "minor", day),
          (error) => error instanceof ReleaseError && message.test(error.message),
        );
        assert.deepEqual(state(), before);
      }));
  }
});
