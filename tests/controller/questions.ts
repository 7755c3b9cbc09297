/** What is asked of the real controller: the cases of tests/routing, the examples of docs/routing.md, its own samples. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { goModuleFolder } from "../../tools/go-module";
import { cases } from "../routing/cases";
import { fencedBlocks, readManifests } from "../routing/manifests";
import { settings } from "../routing/resources";
import type { Question } from "../support/controller";

/** Some that differ in kind, for every run. */
export const sample = [
  "ApisixRoute: all backends of all rules",
  "ApisixRoute: a port by name",
  "ApisixRoute: a subset takes only the Pods with its labels",
  "ApisixRoute: a missing port stops the whole route on 1.x, and its backend on 2.x",
  "ApisixUpstream: external node: an ExternalName Service that points back into the cluster",
  "plugins: a user's traffic-split beats that of several backends on 2.x, and loses on 1.x",
  "Ingress: svc-namespace moves all backends",
  "Ingress: plugin-config-name and auth-uri",
  "classes: ApisixRoute of another controller's IngressClass",
  "Gateway API: TCPRoute",
  "Gateway API: listeners that choose namespaces by label",
  "Gateway API: host names: one that matches is enough for 2.x, 1.x wants all",
];

/**
 * Where our answer isn't the controller's, and why that is left; none today. A test fails for one of these that has come
 * to agree.
 */
export const known: Record<string, string> = {};

export function questions(): Question[] {
  return [
    ...cases.map(({ name, given, settings: own }) => ({ name, given, settings: { ...settings, ...own } })),
    ...examples(),
    ...samples(),
  ];
}

function examples(): Question[] {
  const text = readFileSync(join(__dirname, "../../docs/routing.md"), "utf8");
  const blocks = fencedBlocks(text).filter(({ language, info }) => language === "yaml" && !/controller=2/.test(info));
  return blocks.map(({ text }, i) => ({
    name: `docs/routing.md: example ${i + 1}`,
    given: readManifests(text),
    settings,
  }));
}

/** The sample manifests of the controller's module that hold routes. */
function samples(): Question[] {
  const folder = goModuleFolder("apisix-ingress-controller");
  if (folder === undefined) return [];
  const files = readdirSync(join(folder, "samples"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => /\.ya?ml$/.test(file))
    .map((file) => ({
      name: `samples/${file}`,
      given: readManifests(readFileSync(join(folder, "samples", file), "utf8")),
      settings,
    }))
    .filter(({ given }) => given.some(({ kind }) => /^ApisixRoute$|^Ingress$|^(HTTP|TCP|UDP|TLS)Route$/.test(kind)));
}
