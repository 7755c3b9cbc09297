/** The sample manifests of the APISIX ingress controller 1.8.4: its samples, and the YAML in its documents. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Resource } from "../../src/kubernetes/resource";
import { printChain, resolveRoutes, type BlindSpot } from "../../src/routing";
import { goModuleFolder } from "../../tools/go-module";
import { fencedBlocks, readManifests } from "./manifests";
import { deployment, service, settings } from "./resources";

/** The name of a Service that the documents' authors left to the reader's cluster; undefined for another blind spot. */
function outside(spot: BlindSpot): string | undefined {
  return spot.code === "service-not-in-stack" ? spot.data.service.replace(/^Service /, "") : undefined;
}

/** Kinds that start a way. */
const isRoute = ({ kind }: Resource) => /^Apisix(Route|GlobalRule)$|^(HTTP|TCP|UDP|TLS)Route$|^Ingress$/.test(kind);

/** What a document shows on purpose, or by mistake. */
const expected = new Map([
  // An ApisixRoute whose spec is a list.
  ["design.md", { field: "spec.ingressClassName", resource: "ApisixRoute default/httpserver-route" }],
]);

function unexpected(name: string, spots: readonly BlindSpot[]): BlindSpot[] {
  return spots.filter(({ data }) => !isDeepStrictEqual(data, expected.get(name)));
}

describe("APISIX's own sample manifests", function () {
  this.timeout(150_000);
  let files: { name: string; resources: Resource[] }[] = [];

  before(function () {
    const folder = goModuleFolder("apisix-ingress-controller");
    if (folder === undefined) this.skip();
    files = [...readFolder(join(folder, "samples")), ...readFolder(join(folder, "docs"))].filter(({ resources }) =>
      resources.some(isRoute),
    );
  });

  it("are there", () => {
    assert.ok(files.length >= 25, `${files.length} files`);
  });

  it("lead to workloads, or to Services that the documents leave out", () => {
    for (const { name, resources } of files) {
      for (const spot of unexpected(name, resolveRoutes(resources, settings).blindSpots)) {
        assert.ok(outside(spot) !== undefined, `${name}: ${spot.code} ${JSON.stringify(spot.data)}`);
      }
    }
  });

  it("lead to the Services that the documents leave out, once these are there, without a blind spot", () => {
    for (const { name, resources } of files) {
      const missing: Resource[] = [];
      for (const spot of resolveRoutes(resources, settings).blindSpots) {
        const service = outside(spot);
        if (service !== undefined) missing.push(...standIn(service, resources));
      }
      const { workloads, blindSpots } = resolveRoutes([...resources, ...missing], settings);
      assert.deepEqual(unexpected(name, blindSpots), [], name);
      const routed = workloads.map(({ workload }) => workload.resource);
      for (const resource of missing) {
        if (resource.kind === "Deployment") assert.ok(routed.includes(resource), `${name}: ${resource.id}`);
      }
    }
  });

  it("have the chains that their authors had in mind", () => {
    const chains = (name: string) => {
      const file = files.find((each) => each.name === name);
      const { workloads } = resolveRoutes(file?.resources ?? [], settings);
      return workloads.flatMap((workload) => workload.chains.map(printChain));
    };
    assert.deepEqual(chains("httpbin-route.yaml"), [
      "ApisixRoute default/httpbin-route › Service default/httpbin:80 › Deployment default/httpbin-deployment",
    ]);
    assert.deepEqual(chains("match-stream-route-by-sni.md"), [
      "ApisixRoute default/redis-stream-route › Service default/redis-1:6379 › Deployment default/redis-1",
      "ApisixRoute default/redis-stream-route › Service default/redis-2:6379 › Deployment default/redis-2",
    ]);
  });
});

/** A Service with every port number and name that occurs in the manifests, and its Deployment. */
function standIn(name: string, resources: readonly Resource[]): Resource[] {
  const text = JSON.stringify(resources.map(({ body }) => body));
  const numbers = new Set([
    80,
    ...[...text.matchAll(/"(?:servicePort|port|number)":(\d+)/g)].map(([, port]) => Number(port)),
  ]);
  const names = [...text.matchAll(/"servicePort":"([^"]+)"/g)].map(([, port]) => port);
  const ports = [...numbers].map((port, i) => ({ port, name: names[i] ?? `p${port}` }));
  return [service(name, { app: name }, { ports }), deployment(name, { app: name })];
}

function readFolder(folder: string): { name: string; resources: Resource[] }[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(md|ya?ml)$/.test(entry.name))
    .map((entry) => {
      const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
      const blocks = entry.name.endsWith(".md") ? fencedBlocks(text).map((block) => block.text) : [text];
      return { name: entry.name, resources: blocks.flatMap((block, i) => readBlock(block, `${entry.name}-${i}`)) };
    });
}

/** The manifests of a block, also of one for the shell: `kubectl apply -f - <<EOF`. Other text holds none. */
function readBlock(text: string, id: string): Resource[] {
  const yaml = text.replace(/^.*<<.*EOF.*$|^EOF.*$|^(\$ )?kubectl .*$/gm, "---");
  try {
    return readManifests(yaml, id);
  } catch {
    return [];
  }
}
