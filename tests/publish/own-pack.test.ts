/** An organization's own pack, from the template: with each package manager, published and required. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { temporary, write } from "../support/folder";
import { startOrganization, type Organization } from "./governed";
import { cached, emptyHome, extract, pack, root, starts, succeed, tarball } from "./support";

const template = join(root, "template");
/** What docs/organization.md says of yarn 1, which takes the newest @pulumi/pulumi and refuses it on Node 20. */
const pulumiOfNode20 = process.versions.node.startsWith("20.") ? "3.248.0" : undefined;

const managers: [name: string, programs: Record<string, string>, pulumi?: string | undefined][] = [
  ["npm", {}],
  ["pnpm", { pnpm: "10.34.9" }],
  ["yarn", { yarn: "1.22.22" }, pulumiOfNode20],
  ["bun", { bun: "1.4.5" }],
];

/** Makes a copy of the template an organization's own: of the package that is tested, with a catalog of its own. */
function makeOwn(folder: string, pulumi?: string): void {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies: object };
  const dependencies = {
    ...manifest.dependencies,
    "apisix-graceful-termination": `file:${tarball()}`,
    ...(pulumi !== undefined && { "@pulumi/pulumi": pulumi }),
  };
  const more = pulumi === undefined ? {} : { resolutions: { "@pulumi/pulumi": pulumi } };
  write(folder, {
    "package.json": { ...manifest, ...more, dependencies },
    "catalog.json": {
      version: 1,
      sources: ["edge"],
      services: [{ namespace: "stock", name: "inventory", selector: { app: "inventory" } }],
    },
    "index.ts": `import { createPack } from "apisix-graceful-termination";

createPack({ sleepSeconds: 12, catalog: "catalog.json" }, { name: "acme-graceful-termination" });
`,
  });
}

describe("an organization's own pack", function () {
  this.timeout(600_000);
  const { folder, remove } = temporary();
  after(remove);

  for (const [name, programs, pulumi] of managers) {
    it(`is installed with ${name}, and starts with one SDK`, async () => {
      const source = join(folder, `${name}-source`);
      cpSync(template, source, { recursive: true });
      makeOwn(source, pulumi);
      // Packed as for publishing, so that what it needs is in its tarball.
      const own = join(folder, name);
      extract(pack(source, folder), own);
      const home = emptyHome(own);
      const bin = Object.keys(programs).length === 0 ? [] : [join(cached(name, programs), ".bin")];
      const PATH = [...bin, process.env.PATH].join(delimiter);
      succeed(name, ["install", name === "pnpm" ? "--prod" : "--production"], own, { ...home, PATH });
      await starts(own);
      if (name !== "pnpm") {
        const sdks = succeed("find", ["node_modules", "-path", "*/@pulumi/policy/package.json"], own)
          .trim()
          .split("\n");
        assert.equal(sdks.length, 1);
      }
    });
  }

  describe("that is published and required", () => {
    let acme: Organization;
    let own: string;
    before(async () => {
      acme = await startOrganization();
      own = join(acme.engine.folder, "acme-graceful-termination");
      mkdirSync(own);
    });
    after(() => acme.close());

    it("is made by `pulumi policy new` from the template: three files", async () => {
      await acme.pulumi(["policy", "new", template, "--generate-only"], own);
      assert.deepEqual(readdirSync(own).sort(), ["PulumiPolicy.yaml", "index.ts", "package.json"]);
    });

    it("governs a stack with its own name, version, defaults and catalog", async () => {
      makeOwn(own);
      succeed("npm", ["install", "--loglevel", "error"], own, emptyHome(acme.engine.folder));
      await acme.pulumi(["policy", "publish", "acme"], own);
      acme.service.enabled.push({ name: "acme-graceful-termination", versionTag: "1.0.0" });
      const { output, events } = await acme.preview(join(root, "examples", "routes"), acme.newMachine());
      assert.match(output, /acme-graceful-termination@v1\.0\.0/);
      assert.ok(JSON.stringify(events).includes('"sleep":{"seconds":12}'), output);
    });
  });
});
