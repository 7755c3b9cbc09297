import type * as Yaml from "js-yaml";
import { unknown } from "./values";

/** The value of a text in YAML, as a ConfigMap holds it; unknown where it is none. */
export function parseYaml(text: string): unknown {
  // Loaded on first use: most stacks have no such text.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { load } = require("js-yaml") as typeof Yaml;
  try {
    return load(text);
  } catch {
    return unknown;
  }
}
