/**
 * Bundles what runs without node_modules: the command line, for `npx` on a machine that has nothing else, and the pack
 * as one program, for the Pulumi CLI 3.255 and later.
 *
 *     dist/cli.js                 the command line, in the pack's own package
 *     build/cli/                  the command line alone, as a package without dependencies
 *     build/apisix-graceful-termination   the executable pack
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";

const root = join(__dirname, "..");
const at = (...path: string[]) => join(root, ...path);

interface Manifest {
  name: string;
  version: string;
  engines: Record<string, string>;
  [key: string]: unknown;
}
const manifest = JSON.parse(readFileSync(at("package.json"), "utf8")) as Manifest;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "cjs",
  // Old enough that a Node that is refused can read the file, and say so.
  target: "node14",
  legalComments: "eof",
  logLevel: "warning",
} satisfies BuildOptions;

async function bundleCli(): Promise<void> {
  const outfile = at("dist", "cli.js");
  // Half of what a short run takes is to read the program.
  await build({ ...common, entryPoints: ["src/cli/index.ts"], outfile, minify: true, lineLimit: 120 });
  chmodSync(outfile, 0o755);

  const folder = at("build", "cli");
  mkdirSync(folder, { recursive: true });
  const { version, license, repository, engines, keywords } = manifest;
  const own = {
    name: `${manifest.name}-cli`,
    version,
    description:
      "Finds workloads behind Apache APISIX that lose requests when their Pods terminate, in manifests and in CI",
    keywords,
    license,
    repository,
    // Whatever the package is called, the command is the same as the pack's.
    bin: { [manifest.name]: "cli.js" },
    files: ["cli.js"],
    engines,
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(own, undefined, 2)}\n`);
  for (const file of ["LICENSE", "README.md"]) copyFileSync(at(file), join(folder, file));
  copyFileSync(outfile, join(folder, "cli.js"));
}

/**
 * What the SDK loads for programs and for packs in TypeScript, and no pack in JavaScript ever calls: it makes up most of
 * a pack's start. A stub that is called after all throws.
 */
const stubbed = [
  /^typescript$/,
  /^ts-node$/,
  /^@npmcli\/arborist$/,
  /^@opentelemetry\//,
  /^@logdna\/tail-file$/,
  /\/tracing(\/index)?$/,
  /(^|\/)automation(\/index)?$/,
];

const executable: Plugin = {
  name: "executable pack",
  setup(bundle) {
    for (const filter of stubbed) {
      bundle.onResolve({ filter }, ({ path, importer }) =>
        importer.includes("node_modules") ? { path, namespace: "stub" } : undefined,
      );
    }
    bundle.onLoad({ filter: /.*/, namespace: "stub" }, ({ path }) => ({
      contents: `module.exports = stub; function stub() { throw new Error(${JSON.stringify(`${path} is not part of the executable pack`)}); }`,
    }));
    // There is one SDK in a bundle, and no node_modules to look for another.
    bundle.onLoad({ filter: /\/policies\/sdk\.ts$/ }, () => ({
      contents: `
        export { Server, status } from "@grpc/grpc-js";
        export { EnforcementLevel } from "@pulumi/pulumi/proto/analyzer_pb";
        import policy from "@pulumi/policy/package.json";
        import pulumi from "@pulumi/pulumi/package.json";
        export const versions = { "@pulumi/policy": policy.version.replace(/^v/, ""), "@pulumi/pulumi": pulumi.version };`,
      resolveDir: dirname(require.resolve("@pulumi/policy")),
    }));
    // The SDK takes the pack's version from the package.json of the working directory, which is the program's here.
    bundle.onLoad({ filter: /@pulumi\/policy\/policy\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const parts = text.split("require(`${cwd}/package.json`)");
      if (parts.length !== 2) throw new Error(`${path} reads the pack's version in a way that this build doesn't know`);
      return { contents: parts.join(JSON.stringify({ version: manifest.version })) };
    });
  },
};

async function bundlePack(): Promise<void> {
  const outfile = at("build", manifest.name);
  await build({
    ...common,
    entryPoints: ["tools/executable.ts"],
    outfile,
    banner: { js: "#!/usr/bin/env node" },
    plugins: [executable],
  });
  chmodSync(outfile, 0o755);
}

async function main(): Promise<void> {
  rmSync(at("build"), { recursive: true, force: true });
  await bundleCli();
  await bundlePack();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
