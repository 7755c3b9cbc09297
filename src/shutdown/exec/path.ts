/** Where programs are found. The image's own PATH finds `sleep`; one that was made for the container may not. */
import type { ParameterExpansionPart, SimpleExpansionPart, Word, WordPart } from "unbash";
import { unknown } from "../../kubernetes/values";
import type { Environment, Value } from "./state";

/** Stands for the image's PATH with something added. */
const imagePath = "\0path";

/** Are programs found by name? */
export function findsPrograms(environment: Environment): boolean {
  const path: Value | undefined = environment.get("PATH");
  if (path === undefined || path === imagePath) return true;
  if (path === unknown || path === null) return false;
  const folders = path.split(":");
  return folders.includes("/bin") || folders.includes("/usr/bin");
}

/** Does a new PATH hold the old one? */
export function usesPath(word: Word): boolean {
  const isPath = (part: SimpleExpansionPart | ParameterExpansionPart) =>
    part.type === "SimpleExpansion"
      ? part.text === "$PATH"
      : part.parameter === "PATH" && !part.operation && !part.prefix;
  const holds = (part: WordPart): boolean =>
    part.type === "DoubleQuoted"
      ? part.parts.some(holds)
      : (part.type === "SimpleExpansion" || part.type === "ParameterExpansion") && isPath(part);
  return word.parts?.some(holds) ?? false;
}

/** The old PATH, with something added. */
export function keptPath(variables: Environment): typeof unknown | string {
  return findsPrograms(variables) ? imagePath : unknown;
}
