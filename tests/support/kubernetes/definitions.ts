/** The kinds of APISIX 1.x and of the Gateway API, as their projects define them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { goModuleFolder } from "../../../tools/go-module";
import type { KubernetesObject } from "./objects";

/**
 * Their CustomResourceDefinitions, from the Go modules of the projects.
 *
 * @param channel of the Gateway API: `experimental` has TCPRoute, UDPRoute and TLSRoute, too
 */
export function routeDefinitions(channel: "standard" | "experimental" = "standard"): KubernetesObject[] {
  const apisix = definitions("apisix-ingress-controller", ["samples", "deploy", "crd", "v1"], /^Apisix.*\.yaml$/);
  const gateway = definitions("gateway-api", ["config", "crd", channel], /\.yaml$/);
  assert.ok(apisix.length >= 7 && gateway.length >= 5);
  return [...apisix, ...gateway];
}

function definitions(module: string, folder: string[], file: RegExp): KubernetesObject[] {
  const root = goModuleFolder(module);
  assert.ok(root, `the Go module of ${module} can't be had`);
  const at = join(root, ...folder);
  const files = readdirSync(at).filter((name) => file.test(name));
  const objects = files.flatMap((name) => loadAll(readFileSync(join(at, name), "utf8")) as KubernetesObject[]);
  return objects.filter((object) => object?.kind === "CustomResourceDefinition");
}
