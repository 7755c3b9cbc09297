/** Manifests out of YAML text and Markdown documents. */
import { loadAll } from "js-yaml";
import { fromManifest, type Resource } from "../../src/kubernetes/resource";

/** All Kubernetes objects of a multi-document YAML text. */
export function readManifests(yaml: string, id = "manifest"): Resource[] {
  return loadAll(yaml)
    .map((manifest, i) => fromManifest(manifest, `${id}#${i}`))
    .filter((resource) => resource !== undefined);
}

/** The fenced blocks of a Markdown text: their language, what stands behind it, and their text. */
export function fencedBlocks(markdown: string): { language: string; info: string; text: string }[] {
  return [...markdown.matchAll(/^ *```(\w*)([^\n]*)\n([\s\S]*?)^ *```/gm)].map(
    ([, language = "", info = "", text = ""]) => ({ language, info, text }),
  );
}
