/** Files as kubectl's own decoder reads them, and as we do. Here, since these tests are where Go is at hand in CI. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readDocuments } from "../../src/cli/sources/documents";
import { goProgram } from "../../tools/go";
import { manifestsProgram } from "../../tools/kubernetes";
import { corpus } from "../cli/odd-yaml";
import { arbitraryPodSpec } from "../support/arbitrary-pods";
import { arbitraryYaml } from "../support/arbitrary-yaml";
import { inFolder } from "../support/folder";

interface Theirs {
  documents: unknown[];
  refusal?: string;
}

const root = join(__dirname, "..", "..");

describe("files are read as kubectl reads them:", () => {
  let program: string;
  before(async () => void (program = await goProgram(manifestsProgram)));

  const kubectl = (files: readonly string[]) =>
    execFileSync(program, { input: files.join("\n"), encoding: "utf8", maxBuffer: 2 ** 28 })
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Theirs);
  const ofTexts = (texts: readonly string[]) =>
    inFolder(Object.fromEntries(texts.map((text, i) => [`${i}.yaml`, text])), async (folder) =>
      kubectl(texts.map((_, i) => join(folder, `${i}.yaml`))),
    );

  it("the odd ones, of which the table says what it makes", async () => {
    const theirs = await ofTexts(corpus.map(([, text]) => text));
    for (const [i, [what, , reading]] of corpus.entries()) {
      const { documents, refusal } = theirs[i]!;
      const isRefused = reading === "lenient" || "before" in reading;
      assert.equal(refusal !== undefined, isRefused, `${what}: ${refusal}`);
      if (reading !== "lenient") assert.deepEqual(documents, "before" in reading ? reading.before : reading, what);
    }
  });

  it("the examples and the documentation's", () => {
    const files = ["examples", "docs", "tests", ".github", "src"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(ya?ml|json)$/.test(name) && !name.includes("node_modules"))
        .map((name) => join(root, folder, name)),
    );
    assert.ok(files.length > 10, `${files.length} files`);
    for (const [i, { documents, refusal }] of kubectl(files).entries()) {
      const ours = readDocuments(readFileSync(files[i]!, "utf8"), files[i]!);
      assert.deepEqual([ours.problems, refusal], [[], undefined], files[i]);
      assert.deepEqual(
        ours.documents.map(({ value }) => value),
        documents,
        files[i],
      );
    }
  });

  it("manifests in any layout", async () => {
    const texts = fc.sample(
      fc.array(arbitraryPodSpec, { minLength: 1, maxLength: 3 }).chain((specs) => arbitraryYaml(specs)),
      { numRuns: 300 },
    );
    let read = 0;
    for (const [i, { documents, refusal }] of (await ofTexts(texts)).entries()) {
      const ours = readDocuments(texts[i]!, "-");
      if (refusal !== undefined) continue;
      read++;
      assert.deepEqual([ours.problems, ours.documents.map(({ value }) => value)], [[], documents], texts[i]);
    }
    assert.ok(read > 200, `${read} of them can be read`);
  });
});
